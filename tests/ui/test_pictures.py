"""Snapshots of the screen; after an intended change, check them and run pytest with --snapshot-update."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from tests.support.screen_harness import TENANT
from tests.support.world import watched_world
from zjobtui.ui.app import MonitorApp
from zjobtui.ui.job_list import JobList

pytestmark = pytest.mark.slow

PICTURES = {
    "list_and_detail": ((140, 40), 2, ()),
    "narrow": ((80, 24), 2, ()),
    "timeline": ((140, 40), 1, ("2",)),
    "raw": ((140, 40), 2, ("3", "tab", "slash", *"status", "enter", "n")),
    "preview": ((140, 40), 3, ()),
    "failure": ((140, 40), 1, ()),
    "three_hundred_subscriptions": ((140, 40), 4, ("tab", *["down"] * 6, "enter")),
    "help": ((100, 40), 2, ("question_mark",)),
    "add": ((100, 30), 2, ("a", *"bc24f31")),
}

Compare = Callable[..., bool]


@pytest.mark.parametrize("name", PICTURES)
def test_the_screen_looks_as_it_did(name: str, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.ui.detail_controller.SELECTION_DELAY", 1_000.0)
    size, job, keys = PICTURES[name]
    engine = watched_world(jobs=40, elapsed=64.0)
    wanted = list(engine.state.watchlist)[job].job

    async def set_up(pilot: Pilot[int]) -> None:
        await pilot.pause()
        rows = pilot.app.screen.query_one(JobList)
        rows.go_to(next(place for place, watch in enumerate(rows.watches) if watch.job == wanted))
        await pilot.app.workers.wait_for_complete()
        for key in keys:
            await pilot.press(key)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    app = MonitorApp(engine, engine.archive, (TENANT,), engine.clock)
    assert snap_compare(app, terminal_size=size, run_before=set_up)
