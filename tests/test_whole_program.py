"""The program as users run it: a separate process on its own terminal, with the simulator over HTTP."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import environment
from tests.support.program import PROGRAM, pointed_at, started, stored
from tests.support.terminal import Terminal
from zjobtui.simulator.middleware import TOKEN_PATH
from zjobtui.simulator.server import Simulator, running

SENTINEL = "sentinel-7f3e9c"

WAYS_OUT = {
    "q": lambda terminal: terminal.press("q"),
    "ctrl+q": lambda terminal: terminal.press("ctrl+q"),
    "SIGTERM": lambda terminal: terminal.signal(signal.SIGTERM),
    "SIGHUP": lambda terminal: terminal.signal(signal.SIGHUP),
    "SIGINT": lambda terminal: terminal.signal(signal.SIGINT),
}
STATUS = {"q": 0, "ctrl+q": 0, "SIGTERM": 143, "SIGHUP": 129, "SIGINT": 130}

CRASHES = {
    "a key": "Monitor.toggle_pause = fail",
    "a worker": "JobDetail.show = fail",
    "a timer": "Monitor._tick = fail",
    "the filter of input": "FilteredDriver._feed = fail",
    "Textual's parser": "XTermParser.feed = fail",
}
CRASHING = f"""
import sys
from textual._xterm_parser import XTermParser
from zjobtui.cli.main import main
from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.monitor import Monitor
from zjobtui.ui.terminal_io import FilteredDriver

def fail(self, *_, **__):
    secret = "{SENTINEL}"
    raise RuntimeError("it broke")

{{patch}}
sys.argv = ["zjobtui"]
main()
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Simulator]:
    """A tenant whose jobs end ten times as fast as others."""
    with running(jobs=40, seed=7, clock=lambda: 10 * time.monotonic()) as simulator:
        yield simulator


def assert_left_as_found(terminal: Terminal) -> None:
    assert terminal.modes() == frozenset()
    assert terminal.attributes() == terminal.attributes_before


def leave(way: str, folder: Path, served: Simulator) -> None:
    with started(pointed_at(served, folder)) as terminal:
        WAYS_OUT[way](terminal)
        assert terminal.wait_exit(5) == STATUS[way]
        assert_left_as_found(terminal)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_exit_restores_the_terminal(way: str, tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served)
    leave(way, tmp_path, served)


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_exit_restores_the_terminal_fifty_times(way: str, tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served)
    for _ in range(50):
        leave(way, tmp_path, served)


def crash(patch: str, folder: Path, served: Simulator) -> None:
    command = [sys.executable, "-c", CRASHING.format(patch=patch)]
    with Terminal(command, env=pointed_at(served, folder)) as terminal:
        terminal.bytes_within(0.3)
        end = time.monotonic() + 10
        while terminal.is_running and time.monotonic() < end:
            if "Jobs · " in terminal.text():
                terminal.press("p")
            terminal.bytes_within(0.2)
        assert terminal.wait_exit(1) == 1
        assert_left_as_found(terminal)
        assert "RuntimeError: it broke" in terminal.text()
        assert SENTINEL.encode() not in terminal.raw
        assert served.client_secret.encode() not in terminal.raw


@pytest.mark.parametrize(
    "where", [one if one == "a key" else pytest.param(one, marks=pytest.mark.slow) for one in CRASHES]
)
def test_a_crash_restores_the_terminal_and_reveals_no_secret(where: str, tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served)
    crash(CRASHES[where], tmp_path, served)


@pytest.mark.long
@pytest.mark.parametrize("where", CRASHES)
def test_fifty_crashes_restore_the_terminal(where: str, tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served)
    for _ in range(50):
        crash(CRASHES[where], tmp_path, served)


def lose_the_terminal(folder: Path, served: Simulator, *, ignoring_hangup: bool) -> None:
    env = pointed_at(served, folder)
    with Terminal(PROGRAM, env=env, ignoring_hangup=ignoring_hangup) as terminal:
        terminal.wait_for("Jobs · ", 20)
        before = spent = terminal.cpu()
        terminal.hang_up()
        end = time.monotonic() + 5
        while terminal.is_running and time.monotonic() < end:
            spent = terminal.cpu()
            time.sleep(0.05)
        assert not terminal.is_running
        assert spent - before <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("ignoring_hangup", [False, True])
def test_a_lost_terminal_ends_the_program_in_time(tmp_path: Path, served: Simulator, ignoring_hangup: bool) -> None:
    stored(tmp_path, served)
    lose_the_terminal(tmp_path, served, ignoring_hangup=ignoring_hangup)


@pytest.mark.long
@pytest.mark.parametrize("ignoring_hangup", [False, True])
def test_a_hundred_lost_terminals_end_the_program_in_time(
    tmp_path: Path, served: Simulator, ignoring_hangup: bool
) -> None:
    stored(tmp_path, served)
    for _ in range(100):
        lose_the_terminal(tmp_path, served, ignoring_hangup=ignoring_hangup)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def lose_the_network(folder: Path, served: Simulator, *keys: str, seconds: float) -> None:
    """Start without a server, then with one; `keys` are pressed when it is back."""
    port = free_port()
    stored(folder, served, age=600)
    env = {**pointed_at(served, folder), "ZUORA_BASE_URL": f"http://127.0.0.1:{port}"}
    with started(env) as terminal:
        terminal.wait_for("Jobs · 40 ")
        assert terminal.text().count("no response yet") > 30
        terminal.wait_for("✗ cannot be reached")
        with running(jobs=40, seed=7, port=port):
            terminal.press(*keys)
            terminal.wait_for("calls/s", seconds)
            terminal.wait_until_gone("no response yet", seconds)
            terminal.press("q")
            assert terminal.wait_exit() == 0


@pytest.mark.slow
def test_without_a_network_the_stored_watchlist_is_shown_as_stale_and_recovers(
    tmp_path: Path, served: Simulator
) -> None:
    lose_the_network(tmp_path, served, "r", seconds=15)


@pytest.mark.long
def test_a_network_that_returns_is_used_without_a_key_press(tmp_path: Path, served: Simulator) -> None:
    lose_the_network(tmp_path, served, seconds=65)


@pytest.mark.slow
def test_a_wrong_secret_is_reported_and_neither_shown_nor_stored_nor_retried(tmp_path: Path) -> None:
    with running(jobs=40, seed=7) as served:
        stored(tmp_path, served)
        with started(pointed_at(served, tmp_path, ZUORA_CLIENT_SECRET=SENTINEL)) as terminal:
            terminal.wait_for("✗ signed out since")
            terminal.bytes_within(1.2)
            assert served.requests.by_route[f"POST {TOKEN_PATH}"] == 1
            terminal.press("r")
            terminal.wait_for("Refreshing")
            terminal.press("q")
            assert terminal.wait_exit() == 0
            assert SENTINEL.encode() not in terminal.raw
            assert served.requests.by_route[f"POST {TOKEN_PATH}"] <= 2
    kept = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert kept
    assert not any(SENTINEL.encode() in content for content in kept)


COLOUR = re.compile(rb"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m")


@pytest.mark.parametrize("arguments", [[], ["demo"]])
def test_without_a_terminal_the_program_says_so(arguments: list[str], tmp_path: Path, served: Simulator) -> None:
    done = subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(pointed_at(served, tmp_path)),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert b"needs a terminal" in done.stderr
    assert done.stdout == b""


def wait_until_stopped(terminal: Terminal) -> None:
    end = time.monotonic() + 5
    while Path(f"/proc/{terminal.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "T":
        assert time.monotonic() < end, "it was not suspended"
        terminal.bytes_within(0.01)


def suspend_and_come_back(terminal: Terminal) -> None:
    terminal.signal(signal.SIGTSTP)
    wait_until_stopped(terminal)
    terminal.signal(signal.SIGCONT)
    terminal.bytes_within(0.03)


@pytest.mark.slow
def test_a_suspended_program_releases_the_terminal_and_redraws_when_it_continues(
    tmp_path: Path, served: Simulator
) -> None:
    stored(tmp_path, served)
    with started(pointed_at(served, tmp_path)) as terminal:
        for _ in range(10):
            suspend_and_come_back(terminal)
        terminal.wait_for(lambda text: "╭─ Jobs · 40" in text and text.rstrip().endswith("q quit"))
        terminal.press("ctrl+z")
        wait_until_stopped(terminal)
        terminal.wait_until_gone("Jobs · 40")
        assert "alternate screen" not in terminal.modes()
        assert terminal.attributes() == terminal.attributes_before
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("Jobs · 40")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert_left_as_found(terminal)


@pytest.mark.long
def test_a_thousand_resizes_and_suspensions_leave_the_screen_intact(tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served)
    with started(pointed_at(served, tmp_path)) as terminal:
        for number in range(1_000):
            terminal.resize(1 + number * 37 % 500, 1 + number * 53 % 200)
            terminal.bytes_within(0.01)
        for _ in range(1_000):
            suspend_and_come_back(terminal)
        terminal.resize(140, 40)
        terminal.wait_for(lambda text: "Jobs · 40" in text and max(map(len, text.splitlines())) == 140)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert_left_as_found(terminal)
