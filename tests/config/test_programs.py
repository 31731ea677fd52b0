"""The user's own program gets what it is told, and nothing that it does harms anybody."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from zjobtui.config import programs
from zjobtui.config.programs import AT_ONCE, NotifyCommand


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.01)


def own(code: str, *arguments: object, time_limit: float = 10.0, **environ: str) -> NotifyCommand:
    words = [sys.executable, "-c", f"import os, sys, time\n{code}", *map(str, arguments)]
    return NotifyCommand(words, {"PATH": os.environ["PATH"], **environ}, {"MY_SECRET"}, time_limit)


def test_the_program_reads_the_text_and_sees_no_secret(tmp_path: Path) -> None:
    code = "open(sys.argv[1] + '.new', 'w').write(sys.stdin.read() + repr(sorted(os.environ)))"
    code += "\nos.rename(sys.argv[1] + '.new', sys.argv[1])"
    command = own(code, tmp_path / "told", ZUORA_CLIENT_SECRET="s", ZUORA_BEARER_TOKEN="s", MY_SECRET="s", OTHER="o")
    command.hand_over(json.dumps({"label": "CS-4390 é"}))
    until((tmp_path / "told").exists)
    told = (tmp_path / "told").read_text()
    assert '"CS-4390' in told
    assert "OTHER" in told
    assert "SECRET" not in told
    assert "BEARER" not in told


def test_how_a_run_failed_is_told_and_forgotten_after_one_that_did_not(tmp_path: Path) -> None:
    command = own("sys.exit(3 if sys.stdin.read() == 'bad' else 0)")
    command.hand_over("bad")
    until(lambda: command.fault == "The command in [notify] failed with exit status 3.")
    command.hand_over("good")
    until(lambda: not command.fault)
    missing = NotifyCommand([str(tmp_path / "missing")], {})
    missing.hand_over("")
    until(lambda: missing.fault == "The command in [notify] could not be started: No such file or directory.")


def test_a_program_that_hangs_is_stopped_whatever_it_prints() -> None:
    command = own("while True: print('x' * 99_999)", time_limit=0.3)
    command.hand_over("")
    until(lambda: "did not end within 0.3 seconds and was stopped" in command.fault)


def test_few_run_at_once_and_what_cannot_wait_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "QUEUED", 3)
    (runs := tmp_path / "runs").mkdir()
    code = "open(f'{sys.argv[1]}/{os.getpid()}', 'w')\nwhile not os.path.exists(sys.argv[2]): time.sleep(0.01)"
    command = own(code, runs, tmp_path / "stop")
    for _ in range(AT_ONCE):
        command.hand_over("")
    until(lambda: len(list(runs.iterdir())) == AT_ONCE)
    for _ in range(programs.RUNNING):
        command.hand_over("")
    assert not command.fault
    command.hand_over("")
    assert "is too slow: 3 jobs wait for it" in command.fault
    assert len(list(runs.iterdir())) == AT_ONCE
    (tmp_path / "stop").touch()
    until(lambda: len(list(runs.iterdir())) == AT_ONCE + programs.RUNNING)
