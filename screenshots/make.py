"""Makes the pictures of this folder: `python -m screenshots.make`, always the same for the same code.

The monitor runs on the simulator's jobs with a fixed seed and a clock that stands still.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.scripted import ScriptedEngine
from tests.support.world import watched_world
from zjobtui.domain.tenant import Tenant, TenantKind
from zjobtui.domain.watchlist import Watchlist
from zjobtui.polling.ports import State
from zjobtui.ui import monitor
from zjobtui.ui.app import MonitorApp
from zjobtui.ui.job_list import JobList

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its file, its size, which job of the world is selected, and the keys pressed before it is taken."""

    name: str
    size: tuple[int, int]
    job: int
    keys: tuple[str, ...] = ()
    has_several: bool = False
    """Whether three tenants are watched."""


PICTURES = (
    Picture("list-and-detail", (140, 40), 2),
    Picture("three-hundred-subscriptions", (140, 40), 4, ("tab", *["down"] * 6, "enter")),
    Picture("preview", (140, 40), 3),
    Picture("failure", (140, 40), 1),
    Picture("timeline", (140, 40), 1, ("2",)),
    Picture("raw", (140, 40), 2, ("3", "tab", "slash", *"status", "enter", "n")),
    Picture("narrow", (80, 24), 2),
    Picture("help", (100, 30), 2, ("question_mark",)),
    Picture("three-tenants", (140, 40), 2, has_several=True),
)


ONE = Tenant(name="env", base_url="http://127.0.0.1", title="EU API sandbox", kind=TenantKind.API_SANDBOX)
SEVERAL = (
    Tenant(name="eu", base_url="http://127.0.0.1", title="EU production", kind=TenantKind.PRODUCTION),
    Tenant(name="us", base_url="http://127.0.0.1", title="US API sandbox", kind=TenantKind.API_SANDBOX),
    Tenant(name="uat", base_url="http://127.0.0.1", title="UAT", kind=TenantKind.OTHER, colour="orange"),
)


def together(engines: Sequence[ScriptedEngine]) -> ScriptedEngine:
    """The first engine, with all that the others have watched."""
    first, *others = engines
    for other in others:
        first.archive.answers |= other.archive.answers
        first.archive.replaced |= other.archive.replaced
        first.archive.entries += other.archive.entries
        watches = {**first.state.watchlist.watches, **other.state.watchlist.watches}
        first.state = State(Watchlist(watches), {**first.state.pulses, **other.state.pulses})
    return first


async def take(picture: Picture) -> None:
    """Takes one picture."""
    tenants = SEVERAL if picture.has_several else (ONE,)
    worlds = [watched_world(40 // len(tenants), 64.0, 7 + place, one.name) for place, one in enumerate(tenants)]
    engine = together(worlds)
    app = MonitorApp(engine, engine.archive, tenants, engine.clock)
    async with app.run_test(size=picture.size) as pilot:
        await pilot.pause()
        wanted = list(engine.state.watchlist)[picture.job].job
        rows = app.screen.query_one(JobList)
        while rows.selected is not None and rows.selected.job != wanted:
            await pilot.press("down")
        await pilot.pause()
        await pilot.press(*picture.keys)
        await app.workers.wait_for_complete()
        await pilot.pause()
        (FOLDER / f"{picture.name}.svg").write_text(app.export_screenshot(title="zjobtui"), encoding="utf-8")


def main() -> None:
    """Takes all pictures, in one time zone wherever it runs."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    # However slow the machine is, the cursor rests on no job on its way.
    monitor.ATTEND_AFTER = 1_000.0
    for picture in PICTURES:
        asyncio.run(take(picture))


if __name__ == "__main__":
    main()
