"""Platforms other than Linux, as far as they can be imitated on it."""

import os
import pty
import select
import subprocess
import sys
import threading
import time

import pytest

from zjobtui.ui import terminal_guard

WINDOWS = """
import signal, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "termios", "pwd", "grp", "resource", "tty", "pty"):
            raise ModuleNotFoundError(name)

for name in ("fcntl", "termios", "pwd", "grp", "resource"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Missing())
del signal.SIGHUP
sys.platform = "win32"
from zjobtui.__main__ import main
for arguments in sys.argv[1:]:
    sys.argv = ["zjobtui", *arguments.split()]
    try:
        main()
    except SystemExit as end:
        print(end.code)
"""


def test_on_windows_every_command_is_one_sentence() -> None:
    command = [sys.executable, "-c", WINDOWS, "", "ls", "add x", "doctor --json", "--help", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    sentence = "zjobtui does not run on Windows, which lacks fcntl and termios."
    assert [line.partition(" Run it in WSL")[0] for line in done.stderr.splitlines()] == [sentence] * 6
    assert done.stdout.split() == ["2"] * 6


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_lost_terminal_is_noticed(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(terminal_guard, "LOOK_EVERY", 0.005)
    if platform == "darwin":
        monkeypatch.delattr(select, "poll")  # it reports an error for every terminal there
    master, slave = pty.openpty()
    watcher = threading.Thread(target=terminal_guard.wait_for_loss, args=(slave, threading.Event()), daemon=True)
    watcher.start()
    watcher.join(0.05)
    assert watcher.is_alive()
    os.close(master)
    watcher.join(5)
    assert not watcher.is_alive()
    os.close(slave)


def test_a_terminal_is_not_watched_after_the_end_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    master, slave = pty.openpty()
    ended = threading.Event()
    ended.set()
    start = time.monotonic()
    terminal_guard.wait_for_loss(slave, ended)
    assert time.monotonic() - start < terminal_guard.LOOK_EVERY
    os.close(master)
    os.close(slave)
