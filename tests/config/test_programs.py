"""The user's notification command gets its text, and cannot block the program."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from zjobtui.config import programs
from zjobtui.config.programs import NOTIFICATIONS_AT_ONCE, NotifyCommand


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.01)


def own(code: str, *arguments: object, time_limit: float = 10.0, **environ: str) -> NotifyCommand:
    words = [sys.executable, "-c", f"import os, sys, time\n{code}", *map(str, arguments)]
    return NotifyCommand(words, {"PATH": os.environ["PATH"], **environ}, {"MY_SECRET"}, time_limit)


def test_the_command_reads_the_text_and_gets_no_secret(tmp_path: Path) -> None:
    code = "open(sys.argv[1] + '.new', 'w').write(sys.stdin.read() + repr(sorted(os.environ)))"
    code += "\nos.rename(sys.argv[1] + '.new', sys.argv[1])"
    command = own(
        code, tmp_path / "received", ZUORA_CLIENT_SECRET="s", ZUORA_BEARER_TOKEN="s", MY_SECRET="s", OTHER="o"
    )
    command.hand_over(json.dumps({"label": "CS-4390 é"}))
    until((tmp_path / "received").exists)
    received = (tmp_path / "received").read_text()
    assert '"CS-4390' in received
    assert "OTHER" in received
    assert "SECRET" not in received
    assert "BEARER" not in received


def test_a_failure_is_reported_until_a_run_succeeds(tmp_path: Path) -> None:
    command = own("sys.exit(3 if sys.stdin.read() == 'bad' else 0)")
    command.hand_over("bad")
    until(lambda: command.fault == "The command in [notify] failed with exit status 3.")
    command.hand_over("good")
    until(lambda: not command.fault)
    missing = NotifyCommand([str(tmp_path / "missing")], {})
    missing.hand_over("")
    until(lambda: missing.fault == "The command in [notify] could not be started: No such file or directory.")


def test_a_command_that_hangs_is_stopped() -> None:
    command = own("while True: print('x' * 99_999)", time_limit=0.3)
    command.hand_over("")
    until(lambda: "did not exit within 0.3s and was stopped" in command.fault)


def test_few_commands_run_at_once_and_a_full_queue_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "QUEUED", 3)
    (runs := tmp_path / "runs").mkdir()
    code = "open(f'{sys.argv[1]}/{os.getpid()}', 'w')\nwhile not os.path.exists(sys.argv[2]): time.sleep(0.01)"
    command = own(code, runs, tmp_path / "stop")
    for _ in range(NOTIFICATIONS_AT_ONCE):
        command.hand_over("")
    until(lambda: len(list(runs.iterdir())) == NOTIFICATIONS_AT_ONCE)
    for _ in range(programs.QUEUED):
        command.hand_over("")
    assert not command.fault
    command.hand_over("")
    assert "is too slow: 3 notifications are queued" in command.fault
    assert len(list(runs.iterdir())) == NOTIFICATIONS_AT_ONCE
    (tmp_path / "stop").touch()
    until(lambda: len(list(runs.iterdir())) == NOTIFICATIONS_AT_ONCE + programs.QUEUED)
