"""Days in a terminal: polling goes on whether or not anybody reads what it shows."""

import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.program import pointed_at, started, stored
from tests.support.terminal import Terminal
from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch
from zjobtui.simulator.running import running
from zjobtui.simulator.server import Simulator
from zjobtui.storage.places import STORE_NAME
from zjobtui.storage.store import open_store
from zjobtui.zuora.wire import read_report

JOBS = 8


def clog(terminal: Terminal) -> None:
    """Makes the program draw more than a terminal that nobody reads takes."""
    for number in range(40):
        terminal.resize(140 + number % 2, 40)
        time.sleep(0.02)


def on_disk(folder: Path) -> list[Watch]:
    store, watchlist = open_store(folder / STORE_NAME, read_report)
    with closing(store):
        return list(watchlist)


def polls_within(served: Simulator, seconds: float) -> int:
    before = served.requests.total
    time.sleep(seconds)
    return served.requests.total - before


def live_unread(folder: Path, seconds: float) -> float:
    """Stops reading for `seconds`, while jobs end; returns seconds until the screen is right when it is read again."""
    world = [0.0]
    with running(jobs=40, seed=7, clock=lambda: world[0]) as served:
        stored(folder, served, count=JOBS)
        with started(pointed_at(served, folder)) as terminal:
            terminal.wait_for("calls/s", 20)
            terminal.bytes_within(3)
            before = served.requests.total
            terminal.bytes_within(shorter := min(seconds, 60))
            planned = (served.requests.total - before) * seconds / shorter
            clog(terminal)
            assert polls_within(served, seconds) >= 0.95 * planned - 3
            world[0] = 1e5
            end = time.monotonic() + 70
            while any(watch.verdict.kind is Kind.WAITING for watch in on_disk(folder)):
                assert time.monotonic() < end, on_disk(folder)
                time.sleep(0.2)
            done = sum(watch.verdict.kind is Kind.DONE for watch in on_disk(folder))
            took = terminal.wait_for(f"✓ {done} done", 20)
            terminal.press("q")
            assert terminal.wait_exit() == 0
            return took


def test_l2_for_seconds_nobody_reads_and_polling_goes_on(tmp_path: Path) -> None:
    live_unread(tmp_path, 3)


@pytest.mark.long
def test_l2_for_ten_minutes_nobody_reads_and_the_screen_is_right_within_two_seconds(tmp_path: Path) -> None:
    assert live_unread(tmp_path, 600) <= 2
