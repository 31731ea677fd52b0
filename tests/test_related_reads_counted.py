"""Related objects in the whole program: every kind of problem of the demo, and each read counted at the simulator."""

import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.test_wait import late_clock
from tests.support.program import pointed_at, started, stored
from tests.support.terminal import Terminal
from zjobtui.cli.demo import OFF, demo_ids
from zjobtui.config.paths import STORE_NAME
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.simulator.scenarios import SCENARIOS, Outcome
from zjobtui.simulator.server import Simulator, running
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

pytestmark = pytest.mark.slow

PLACES = {part.outcome: place for place, part in reversed(list(enumerate(SCENARIOS)))}


def reads(served: Simulator) -> dict[str, int]:
    """Return the reads of objects so far, by kind."""
    counted = served.requests.by_route.items()
    return {route.split("/")[2]: count for route, count in counted if route.endswith("/{key}")}


def show(terminal: Terminal, job_id: str) -> None:
    """Filter by a job, and focus its detail."""
    terminal.press("escape", "escape", "/", *job_id[:8], "enter")
    terminal.wait_for(lambda text: f"filter: {job_id[:8]}" in text and f"─ {job_id} ─" in text)
    terminal.press("tab")


def read_from_view(terminal: Terminal, name: str) -> None:
    """Open the view, which reads the order, and press enter on the only line with this name."""
    terminal.press("5")
    terminal.wait_for("Read at ")
    terminal.press("/", *name)
    terminal.wait_for(f"“{name}”")
    terminal.press("enter", "end", "enter")


def test_each_read_is_requested_and_each_problem_of_the_demo_is_shown(tmp_path: Path) -> None:
    with running(jobs=40, seed=7, clock=late_clock(), faults=OFF) as served:
        ids = demo_ids(served)
        stored(tmp_path, served, count=39)
        store, watchlist = open_store(tmp_path / STORE_NAME, read_report)
        with closing(store):
            store.apply(watchlist.add([WatchedJob(job=JobRef("env", ids[-1]), added_at=time.time(), added_by="test")]))
        with started(pointed_at(served, tmp_path), size=(180, 60)) as terminal:
            terminal.wait_for("5 running", 20)
            terminal.press("]", "]", "]", "]", "J", "J", "K", "1")
            assert reads(served) == {}

            show(terminal, ids[PLACES[Outcome.ORDER_PENDING]].given)
            terminal.press("5")
            terminal.wait_for("no customer acceptance date on action 1")
            assert reads(served) == {"orders": 1}

            terminal.press("1")
            for outcome, name, shown in (
                (Outcome.PAYMENT_ERROR, "payment p-", "NotSubmitted"),
                (Outcome.WRITE_OFF_FAILED, "invoice inv", "tax TaxEngineError"),
                (Outcome.REFUND_ERROR, "credit memo cm", "the feature that it"),
            ):
                show(terminal, ids[PLACES[outcome]].given)
                read_from_view(terminal, name)
                terminal.wait_for(shown)
                terminal.press("escape", "1")
            assert reads(served) == {"orders": 4, "payments": 1, "invoices": 1, "credit-memos": 1}

            show(terminal, ids[-1].given)
            terminal.press("5")
            terminal.wait_for("Zuora did not find invoice")
            assert reads(served)["invoices"] == 2
