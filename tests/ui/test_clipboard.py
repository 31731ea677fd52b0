"""Programs that set the clipboard of a display: what they get, and what is left of them."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from zjobtui.ui import clipboard
from zjobtui.ui.clipboard import copy_text

SERVING = """#!/bin/sh
cat >{folder}/copied
env >{folder}/env
sleep 60 &
echo $! >{folder}/pid
"""


def install(folder: Path, name: str, script: str) -> dict[str, str]:
    """Write a clipboard program, and return the environment in which it is found."""
    (folder / name).write_text(script.format(folder=folder), encoding="utf-8")
    (folder / name).chmod(0o700)
    return {"PATH": f"{folder}:{os.defpath}", "ZUORA_CLIENT_SECRET": "sentinel-51aa"}


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An xclip that leaves a process behind, as the real one does to serve the selection."""
    yield install(tmp_path, "xclip", SERVING)
    if (tmp_path / "pid").exists():
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_xclip_gets_the_text_and_keeps_serving_it(tmp_path: Path, serving: dict[str, str]) -> None:
    started = time.monotonic()
    copied = copy_text("O-1 ✗", {**serving, "DISPLAY": ":0"})
    assert time.monotonic() - started < 1.5, "its process is not awaited"
    assert copied.done == "copied to the clipboard (xclip) and sent to the terminal by OSC 52."
    assert copied.sequence
    assert (tmp_path / "copied").read_text(encoding="utf-8") == "O-1 ✗"
    pid = int((tmp_path / "pid").read_text())
    os.kill(pid, 0)
    assert os.getsid(pid) != os.getsid(0), "the end of the terminal does not end it"
    variables = (tmp_path / "env").read_text(encoding="utf-8")
    assert "DISPLAY=:0" in variables
    assert "sentinel-51aa" not in variables


def test_a_text_of_any_length_is_sent_to_the_program(tmp_path: Path, serving: dict[str, str]) -> None:
    copied = copy_text("x" * 200_000, {**serving, "DISPLAY": ":0"})
    assert copied.sequence == ""
    assert copied.done.startswith("copied to the clipboard (xclip) only: 200,000 bytes are more than the 74,994")
    assert (tmp_path / "copied").stat().st_size == 200_000


def test_a_program_that_hangs_or_fails_is_killed_silently(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "PROGRAM_TIME_LIMIT", 0.1)
    environ = install(tmp_path, "wl-copy", "#!/bin/sh\necho $$ >{folder}/pid\nexec sleep 60\n")
    copied = copy_text("O-1", {**environ, "WAYLAND_DISPLAY": "wayland-0"})
    assert copied.done.startswith("sent to the terminal by OSC 52. If nothing arrives")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_without_a_display_no_program_is_run(serving: dict[str, str]) -> None:
    assert copy_text("O-1", serving).done.startswith("sent to the terminal by OSC 52.")
