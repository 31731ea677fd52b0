"""Signals at any moment end the program quietly, with its children, and leave the terminal as it was."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.process import environment
from tests.support.program import PROGRAM
from tests.support.terminal import Terminal
from zjobtui.signals import raise_on_signals

SIGNALLED_LATER = """
import os, sys, threading, zjobtui.__main__
number, delay = int(sys.argv.pop(1)), float(sys.argv.pop(1))
threading.Timer(delay, os.kill, (os.getpid(), number)).start() if delay else None
if not delay:
    zjobtui.__main__.import_module = lambda _: os.kill(os.getpid(), number)
zjobtui.__main__.main()
"""
"""The program, with a signal so many seconds after its first line."""

MOMENTS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.9)
ENV = {"ZUORA_BASE_URL": "http://127.0.0.1:1", "ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": "sentinel"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {**ENV, "HOME": str(tmp_path), "ZJOBTUI_DATA_DIR": str(tmp_path / "data")}


def quick(*moments: float) -> list[object]:
    """Mark all moments but these as slow."""
    return [one if one in moments else pytest.param(one, marks=pytest.mark.slow) for one in MOMENTS]


def in_seconds(delay: float, number: int, *words: str) -> list[str]:
    return [sys.executable, "-c", SIGNALLED_LATER, str(int(number)), str(delay), *words]


@pytest.mark.parametrize("delay", quick(0.0, 0.06))
@pytest.mark.parametrize(
    "words",
    [
        ("ls",),
        *(
            pytest.param(words, marks=pytest.mark.slow)
            for words in (("wait", "1bc24f315d7b48d3a20245bfe73bdceb"), ("watch",), ("doctor",), ("--help",))
        ),
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize(
    "number", [signal.SIGINT, *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGTERM, signal.SIGHUP))]
)
def test_a_command_ends_quietly_at_any_moment(
    env: dict[str, str], number: int, words: tuple[str, ...], delay: float
) -> None:
    command = in_seconds(delay, number, *words)
    done = subprocess.run(command, env=environment(env), capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 128 + number or (words[0] in {"ls", "doctor", "--help"} and done.returncode in {0, 1})
    assert "Traceback" not in done.stderr
    assert "KeyboardInterrupt" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("delay", MOMENTS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", [(), ("demo",)], ids=["monitor", "demo"])
def test_the_monitor_ends_quietly_at_any_moment_of_its_start(
    env: dict[str, str], number: int, delay: float, words: tuple[str, ...], tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with Terminal(in_seconds(delay, number, *words), env=env | {"TMPDIR": str(temporary)}) as terminal:
        assert terminal.wait_exit() == 128 + number
        assert b"Traceback" not in terminal.raw
        assert b"Exception" not in terminal.raw
        assert terminal.modes() == frozenset()
        assert terminal.attributes() == terminal.attributes_before
    assert list(temporary.glob("*/watchlist.sqlite3")) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [("wait", "1bc24f315d7b48d3a20245bfe73bdceb"), ("watch",), ("simulate", "--port", "0")],
    ids=lambda words: words[0],
)
def test_many_signals_end_a_command_as_quietly_as_one(env: dict[str, str], words: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [*PROGRAM, *words], env=environment(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        time.sleep(1.0)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.002)
        assert process.wait() == 130 or (words[0] == "simulate" and process.wait() == 0)
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_a_signal_interrupts_once_and_not_while_signals_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    ended: list[int] = []
    monkeypatch.setattr("zjobtui.signals.exit_now", ended.append)

    def work() -> None:
        with raise_on_signals() as hold:
            try:
                with hold():
                    signal.raise_signal(signal.SIGTERM)
                    signal.raise_signal(signal.SIGINT)
                    done.append("held")
            finally:
                signal.raise_signal(signal.SIGINT)
                done.append("released" if not ended else "ended")
                monkeypatch.setattr("zjobtui.signals.RELEASE_LIMIT", -1.0)
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="143"):
        work()
    assert done == ["held", "released"]
    assert ended == [143], "it may hang"


def test_a_signal_at_the_very_end_does_not_change_the_exit_status() -> None:
    late = """
import os, signal, sys
from zjobtui.signals import exit_on_signals

class Late:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGINT):
        kill(pid, number)

exit_on_signals()
sys.late = Late()  # deleted with the modules, after Python has set the default actions again
sys.exit(3)
"""
    assert subprocess.run([sys.executable, "-c", late], timeout=20, check=False).returncode == 3


@pytest.mark.slow
def test_many_signals_end_the_monitor_as_quietly_as_one(env: dict[str, str]) -> None:
    with Terminal(PROGRAM, env=env) as terminal:
        terminal.wait_for("q quit")
        while terminal.is_running:
            terminal.signal(signal.SIGINT)
            terminal.bytes_within(0.002)
        assert terminal.wait_exit() == 130
        assert b"Traceback" not in terminal.raw
        assert terminal.modes() == frozenset()
        assert terminal.attributes() == terminal.attributes_before


AT_THE_END = """
import asyncio, os, signal, sys, threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from zjobtui.ui.terminal_app import TerminalApp
from zjobtui.ui.themes import Appearance

def end():
    os.kill(os.getpid(), signal.SIGTERM)

class Executor(ThreadPoolExecutor):
    def shutdown(self, wait=True, **options):
        if not wait:  # called while the event loop closes, after it has closed its pipe
            end()
        super().shutdown(wait, **options)

class App(TerminalApp):
    CSS_PATH = None

    def on_ready(self):
        asyncio.get_running_loop().set_default_executor(Executor())
        self.exit(3)

    def on_unmount(self):
        for _ in range(1000):
            end()

with ExitStack() as ending:
    status = App(Appearance()).run_guarded(lambda: "", ending)
    print(f"{threading.active_count()} threads")
sys.exit(status)
"""
"""A screen that gets a thousand signals before its event loop closes, and one while it closes."""


def test_many_signals_while_the_event_loop_ends_print_nothing_and_start_no_threads(env: dict[str, str]) -> None:
    with Terminal([sys.executable, "-c", AT_THE_END], env=env) as terminal:
        assert terminal.wait_exit() == 143
        assert terminal.text().split() == ["3", "threads"]
        assert terminal.modes() == frozenset()
        assert terminal.attributes() == terminal.attributes_before


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_doctor_ends_at_once_while_a_secret_is_fetched_and_its_command_with_it(
    env: dict[str, str], number: int, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    (tmp_path / "c.toml").write_text(
        '[tenants.eu]\nurl = "http://127.0.0.1:1"\nclient_id = "id"\n'
        f'secret_command = ["sh", "-c", "echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 60"]\n'
    )
    command = [*PROGRAM, "doctor"]
    mine = environment({"HOME": env["HOME"], "ZJOBTUI_CONFIG": str(tmp_path / "c.toml")})
    with subprocess.Popen(command, env=mine, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_until(pid.exists)
        time.sleep(0.1)
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 128 + number
        assert time.monotonic() - began < 1
        assert process.stderr is not None
        assert process.stderr.read() == b""
    wait_until(lambda: not is_running(int(pid.read_text())))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_is_not_read_is_restored(env: dict[str, str], number: signal.Signals) -> None:
    with Terminal(PROGRAM, env=env) as terminal:
        terminal.wait_for("q quit")
        for _ in range(60):
            terminal.press("ctrl+l")
            time.sleep(0.02)
        terminal.signal(number)
        wait_until(lambda: not terminal.is_running)
        assert terminal.attributes() == terminal.attributes_before
        assert terminal.wait_exit() == 128 + number
        assert terminal.modes() == frozenset()


def state(terminal: Terminal) -> str:
    return Path(f"/proc/{terminal.pid}/stat").read_text().rpartition(")")[2].split()[0]


def come_back(terminal: Terminal) -> None:
    """Continue the program until it stays running, as a user does with `fg`."""
    for _ in range(5):
        terminal.signal(signal.SIGCONT)
        terminal.bytes_within(0.3)
        if state(terminal) != "T":
            return
    raise AssertionError("it does not continue")


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.0, 0.001, 0.01])
def test_a_storm_of_suspensions_leaves_screen_and_terminal_intact(env: dict[str, str], pause: float) -> None:
    with Terminal(PROGRAM, env=env) as terminal:
        terminal.wait_for("q quit")
        for number in range(100):
            terminal.signal(signal.SIGTSTP)
            terminal.bytes_within(pause)
            if number % 3:
                terminal.signal(signal.SIGCONT)
                terminal.bytes_within(pause)
        come_back(terminal)
        terminal.press("ctrl+l")
        terminal.wait_for("q quit")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.modes() == frozenset()
        assert terminal.attributes() == terminal.attributes_before


@pytest.mark.slow
@pytest.mark.parametrize("delay", MOMENTS)
def test_a_storm_of_suspensions_at_the_start_leaves_the_terminal_intact(env: dict[str, str], delay: float) -> None:
    with Terminal(PROGRAM, env=env) as terminal:
        terminal.bytes_within(delay)
        for _ in range(100):
            terminal.signal(signal.SIGTSTP)
            terminal.signal(signal.SIGCONT)
            terminal.bytes_within(0.002)
        come_back(terminal)
        terminal.wait_for("q quit")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == 128 + signal.SIGTERM
        assert terminal.modes() == frozenset()
        assert terminal.attributes() == terminal.attributes_before
        assert b"Traceback" not in terminal.raw


SUSPENDED_WHILE_STARTING = """
import os, pathlib, signal, sys, time
from textual.drivers.linux_driver import LinuxDriver
import zjobtui.__main__

initialize, marker = LinuxDriver.__init__, pathlib.Path(sys.argv.pop(1))

def initialize_slowly(driver, *args, **options):
    initialize(driver, *args, **options)
    for _ in range(20):
        os.kill(os.getpid(), signal.SIGTSTP)
        time.sleep(0.001)
    marker.touch()

LinuxDriver.__init__ = initialize_slowly
zjobtui.__main__.main()
"""
"""The program, suspended many times between the moments at which Textual and zjobtui set their handlers."""


@pytest.mark.parametrize("log", ["", "log.txt"])
@pytest.mark.parametrize("words", [(), ("demo",)])
def test_ctrl_z_pressed_many_times_at_the_start_suspends_once(
    env: dict[str, str], tmp_path: Path, words: tuple[str, ...], log: str
) -> None:
    command = [sys.executable, "-c", SUSPENDED_WHILE_STARTING, str(marker := tmp_path / "marker"), *words]
    with Terminal(command, env={**env, "ZJOBTUI_LOG": log and str(tmp_path / log)}) as terminal:
        wait_until(marker.exists)
        wait_until(lambda: bool(terminal.bytes_within(0.01) + 1) and state(terminal) == "T")
        terminal.signal(signal.SIGCONT)
        terminal.wait_for("q quit")
        assert state(terminal) != "T"


@pytest.mark.slow
def test_ctrl_z_pressed_many_times_suspends_once(env: dict[str, str]) -> None:
    with Terminal(PROGRAM, env=env) as terminal:
        terminal.wait_for("q quit")
        terminal.press(*["ctrl+z"] * 12)
        wait_until(lambda: bool(terminal.bytes_within(0.01) + 1) and state(terminal) == "T")
        terminal.bytes_within(0.3)
        assert "alternate screen" not in terminal.modes()
        assert terminal.attributes() == terminal.attributes_before
        come_back(terminal)
        terminal.wait_for("q quit")
        terminal.signal(signal.SIGTSTP)
        terminal.signal(signal.SIGTERM)
        terminal.signal(signal.SIGCONT)
        terminal.bytes_within(0.2)
        terminal.signal(signal.SIGCONT)
        assert terminal.wait_exit() == 143
        assert terminal.modes() == frozenset()
        assert terminal.attributes() == terminal.attributes_before


NOTIFYING = """
import os, pathlib, signal, sys, time
from zjobtui.config.programs import NotifyCommand
from zjobtui.signals import exit_on_signals

exit_on_signals()
pid = pathlib.Path(sys.argv[1])
command = NotifyCommand(["sh", "-c", f"echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 60"], dict(os.environ))
command.hand_over("{}")
while not pid.exists():
    time.sleep(0.01)
time.sleep(0.1)
exec(sys.argv[2])
"""


@pytest.mark.parametrize(
    ("way", "status"),
    [
        ("", 0),
        ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)", 143),
        ("os.kill(os.getpid(), signal.SIGINT); time.sleep(5)", 130),
    ],
)
def test_a_notify_command_that_hangs_ends_with_the_program(way: str, status: int, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    command = [sys.executable, "-c", NOTIFYING, str(pid), way]
    assert subprocess.run(command, check=False, timeout=20).returncode == status
    wait_until(lambda: not is_running(int(pid.read_text())))


UNREAD = """
import os, signal, time
from zjobtui import signals
from zjobtui.cli.common import name_on_exit

signals.STUCK_LIMIT, signals.LAST_CALLS_LIMIT = 0.3, 0.1
signals.exit_on_signals()
os.set_blocking(2, False)
try:
    while True:
        os.write(2, b"x" * 65_536)
except BlockingIOError:
    os.set_blocking(2, True)
with name_on_exit(lambda: ["00000001"]):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)
"""


def test_a_signal_ends_a_command_whose_output_is_not_read() -> None:
    """It has ids to name, and the pager that gets them waits for a key."""
    with subprocess.Popen([sys.executable, "-c", UNREAD], stderr=subprocess.PIPE) as process:
        try:
            assert process.wait(20) == 143
        finally:
            process.kill()
