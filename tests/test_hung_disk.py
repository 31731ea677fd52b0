"""The disk of the store hangs: the program still ends when the user quits, and names what it could not save."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import environment
from tests.support.program import pointed_at, stored
from tests.support.terminal import Terminal
from zjobtui.simulator.server import Simulator, running

HANGING = """
import pathlib, threading, sys
from zjobtui.storage.store import Store
name, hangs = sys.argv.pop(), pathlib.Path(sys.argv.pop())
method = getattr(Store, name)

def hang(*args, **options):
    if hangs.exists():
        threading.Event().wait()
    return method(*args, **options)

setattr(Store, name, hang)
from zjobtui.__main__ import main
main()
"""
"""The program, whose store hangs in one method as soon as a file exists."""

SIGNALLED = """
import os, signal
from zjobtui.bootstrap import engine

def ignore_signals(ignore=engine.ignore_signals):
    os.kill(os.getpid(), signal.SIGTERM)
    return ignore()

engine.ignore_signals = ignore_signals
"""
"""Sends a signal after the end of the screen, before polling ends."""

LIMIT = 8.0
"""Seconds in which the program must have ended."""


@pytest.fixture(scope="module")
def served() -> Iterator[Simulator]:
    with running(jobs=40, seed=7, clock=lambda: 0.0) as simulator:
        yield simulator


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "keys"),
    [
        ("apply", ("q",)),
        ("last_response", ("j", "q")),
        ("last_response", ("j", "ctrl+q")),
        ("close", ("q",)),
    ],
)
def test_the_program_ends_within_seconds_if_the_store_hangs(
    method: str, keys: tuple[str, ...], tmp_path: Path, served: Simulator
) -> None:
    stored(tmp_path, served, count=3)
    hangs, given = tmp_path / "hangs", served.job_ids[20]
    command = [sys.executable, "-c", HANGING, str(hangs), method]
    with Terminal(command, env=pointed_at(served, tmp_path)) as terminal:
        terminal.wait_for(lambda text: "Jobs · 3" in text and text.rstrip().endswith("q quit"), 20)
        hangs.touch()
        if method == "apply":
            terminal.paste(f"job {given}")
            terminal.wait_for("1 new job")
            terminal.press("enter")
            terminal.wait_for("Jobs · 4")
        terminal.press(*keys)
        began = time.monotonic()
        assert terminal.wait_exit(LIMIT + 10) == 0
        assert time.monotonic() - began <= LIMIT
        assert terminal.modes() == frozenset()
        if method == "apply":
            assert given in terminal.text()


@pytest.mark.slow
def test_a_signal_after_the_end_of_the_screen_does_not_hide_what_is_unsaved(tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served, count=3)
    hangs, given = tmp_path / "hangs", served.job_ids[20]
    command = [sys.executable, "-c", SIGNALLED + HANGING, str(hangs), "apply"]
    with Terminal(command, env=pointed_at(served, tmp_path)) as terminal:
        terminal.wait_for(lambda text: "Jobs · 3" in text and text.rstrip().endswith("q quit"), 20)
        hangs.touch()
        terminal.paste(f"job {given}")
        terminal.wait_for("1 new job")
        terminal.press("enter")
        terminal.wait_for("Jobs · 4")
        terminal.press("q")
        assert terminal.wait_exit(LIMIT + 10) == 0
        assert given in terminal.text()


STUCK = """
import os, sys
from zjobtui.storage.store import Store
Store.apply = lambda *_, **__: os.system("sleep 60")  # a call in which no handler of Python runs
from zjobtui.__main__ import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("words", [("add", "-"), ("add", "--follow", "-")], ids=lambda words: words[1])
def test_a_signal_ends_a_command_whose_disk_hangs_and_its_ids_are_named(
    words: tuple[str, ...], tmp_path: Path, served: Simulator
) -> None:
    stored(tmp_path, served, count=3)
    given, pipe = served.job_ids[20], subprocess.PIPE
    command, env = [sys.executable, "-c", STUCK, *words], environment(pointed_at(served, tmp_path))
    with subprocess.Popen(command, env=env, stdin=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        assert process.stdin is not None
        process.stdin.write(f"job {given}\n")
        process.stdin.close()
        time.sleep(1.5)
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(2 * LIMIT) == 143
        finally:
            os.killpg(process.pid, signal.SIGKILL)
        assert process.stderr is not None
        assert given in process.stderr.read()
