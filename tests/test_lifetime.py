"""Days in a terminal: polling continues whether or not its output is read."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.program import pointed_at, started, stored
from tests.support.terminal import Terminal
from zjobtui.config.paths import STORE_NAME
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.simulator.server import Simulator, running
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

JOBS = 8


def clog(terminal: Terminal) -> None:
    """Make the program draw more than an unread terminal buffers."""
    for number in range(40):
        terminal.resize(140 + number % 2, 40)
        time.sleep(0.02)


def run_io(folder: Path) -> list[WatchedJob]:
    store, watchlist = open_store(folder / STORE_NAME, read_report)
    with closing(store):
        return list(watchlist)


def until_asked(terminal: Terminal, served: Simulator) -> None:
    """Stop reading, and wait until there were half as many calls as there are jobs."""
    clog(terminal)
    wanted, end = served.requests.total + JOBS // 2, time.monotonic() + 30
    while served.requests.total < wanted:
        assert time.monotonic() < end, served.requests
        time.sleep(0.02)


def for_ten_minutes(terminal: Terminal, served: Simulator) -> None:
    """Stop reading, and expect the calls of a second program whose output is read."""
    with TemporaryDirectory() as folder, running(jobs=40, seed=7, clock=lambda: 0.0) as other:
        stored(Path(folder), other, count=JOBS)
        with started(pointed_at(other, Path(folder))) as twin:
            twin.wait_for("calls/s", 20)
            clog(terminal)
            before = served.requests.total, other.requests.total
            twin.bytes_within(600)
            calls, planned = served.requests.total - before[0], other.requests.total - before[1]
    assert calls >= 0.95 * planned >= 100


def live_unread(folder: Path, stop_reading: Callable[[Terminal, Simulator], None]) -> float:
    """Jobs end while nothing is read; return the seconds until the screen is right when it is read again."""
    world = [0.0]
    with running(jobs=40, seed=7, clock=lambda: world[0]) as served:
        stored(folder, served, count=JOBS)
        with started(pointed_at(served, folder)) as terminal:
            terminal.wait_for("calls/s", 20)
            stop_reading(terminal, served)
            world[0] = 1e5
            end = time.monotonic() + 70
            while any(watch.verdict.kind is VerdictKind.RUNNING for watch in run_io(folder)):
                assert time.monotonic() < end, run_io(folder)
                time.sleep(0.05)
            done = sum(watch.verdict.kind is VerdictKind.DONE for watch in run_io(folder))
            took = terminal.wait_for(f"✓ {done} done", 20)
            terminal.press("q")
            assert terminal.wait_exit() == 0
            return took


@pytest.mark.slow
def test_polling_continues_while_the_terminal_is_not_read(tmp_path: Path) -> None:
    live_unread(tmp_path, until_asked)


@pytest.mark.long
def test_the_screen_is_correct_two_seconds_after_ten_minutes_of_an_unread_terminal(tmp_path: Path) -> None:
    assert live_unread(tmp_path, for_ten_minutes) <= 2
