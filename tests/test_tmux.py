"""Copying and desktop notifications in a real tmux with a terminal attached, and what `doctor` says about them."""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.process import environment
from tests.support.terminal import Terminal
from zjobtui.ui.clipboard import OSC52_CHARACTERS, copy_text
from zjobtui.ui.tmux import read_tmux

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]

COPIED = re.compile(rb"\x1b\]52;[a-z]*;([A-Za-z0-9+/=]+)(?:\x07|\x1b\\)")


class TmuxServer:
    """A separate tmux server with tmux's default settings and one terminal attached to it."""

    def __init__(self, folder: Path, *commands: str, term: str = "xterm-256color", program: str = "cat") -> None:
        self.folder = folder
        self._words = ["tmux", "-f", "/dev/null", "-S", str(folder / "socket")]
        self._env = environment({"HOME": str(folder), "TERM": term})
        self.run("new-session", "-d", "-x", "100", "-y", "30", program)
        for command in commands:
            self.run(*command.split())
        words = [*self._words, "attach"]
        self.terminal = Terminal(words, 100, 30, env={"HOME": str(folder), "TERM": term})

    def run(self, *words: str) -> str:
        """Run a tmux command and return what it prints."""
        done = subprocess.run([*self._words, *words], env=self._env, capture_output=True, text=True, check=True)
        return done.stdout.rstrip("\n")

    def inside(self) -> Mapping[str, str]:
        """Return the environment of a program in the pane."""
        pid, pane = self.run("display-message", "-p", "#{pid} #{pane_id}").split()
        return {**self._env, "TMUX": f"{self.folder}/socket,{pid},0", "TMUX_PANE": pane}

    def buffers(self) -> list[str]:
        """Return the beginnings of all paste buffers."""
        return self.run("list-buffers", "-F", "#{buffer_sample}").splitlines()

    def received(self) -> list[str]:
        """Return what the terminal was sent for its clipboard."""
        self.terminal.bytes_within(0.3)
        return [base64.b64decode(text).decode() for text in COPIED.findall(self.terminal.raw)]


@contextmanager
def tmux(folder: Path, *commands: str, term: str = "xterm-256color", program: str = "cat") -> Iterator[TmuxServer]:
    server = TmuxServer(folder, *commands, term=term, program=program)
    try:
        with server.terminal:
            server.terminal.wait_for("[0]")
            yield server
    finally:
        server.run("kill-server")


def doctor(environ: Mapping[str, str], *arguments: str) -> dict[str, tuple[str, str]]:
    """Return state and text of each check of the terminal."""
    words = [sys.executable, "-m", "zjobtui", "doctor", "--offline", "--json", *arguments]
    done = subprocess.run(words, env=dict(environ), capture_output=True, text=True, check=False)
    checks = json.loads(done.stdout)["findings"]
    return {check["check"]: (check["state"], check["text"]) for check in checks if check["about"] == "Terminal"}


def test_with_the_default_settings_a_copy_reaches_the_buffer_and_the_terminal(tmp_path: Path) -> None:
    with tmux(tmp_path) as server:
        settings = read_tmux(server.inside())
        assert settings is not None
        assert (settings.set_clipboard, settings.passthrough) == ("external", "off")
        copied = copy_text("O-1\nO-2 ✗", server.inside())
        assert copied.done == "copied to the tmux buffer and sent to the terminal's clipboard."
        assert copied.sequence == ""
        assert server.run("show-buffer") == "O-1\nO-2 ✗"
        assert server.received() == ["O-1\nO-2 ✗"]
        state, text = doctor(server.inside())["copying"]
        assert state == "fine"
        assert text.startswith("the tmux buffer works (tested), and tmux sends copied text to the terminal's clipboard")
        assert len(server.buffers()) == 1, "the test buffer is deleted"


def test_a_long_text_reaches_the_buffer_only(tmp_path: Path) -> None:
    with tmux(tmp_path) as server:
        copied = copy_text("x" * (OSC52_CHARACTERS + 1), server.inside())
        assert copied.done.startswith("copied to the tmux buffer only: 74,995 bytes are more than the 74,994")
        assert len(server.run("show-buffer")) == OSC52_CHARACTERS + 1
        assert server.received() == []


@pytest.mark.parametrize("passthrough", ["off", "on"])
def test_without_clipboard_support_in_tmux_the_copy_is_passed_through_or_reported(
    tmp_path: Path, passthrough: str
) -> None:
    with tmux(tmp_path, f"set -g allow-passthrough {passthrough}", term="vt100") as server:
        copied = copy_text("O-1", server.inside())
        state, text = doctor(server.inside())["copying"]
        assert "tmux does not know how to copy to the clipboard of the terminal (vt100)" in text
        if passthrough == "on":
            assert copied.done == "copied to the tmux buffer and sent to the terminal by OSC 52."
            assert copied.sequence.startswith("\x1bPtmux;\x1b\x1b]52;c;")
            assert state == "fine"
        else:
            assert copied.done.startswith("copied to the tmux buffer. Nothing was sent to the terminal")
            assert copied.sequence == ""
            assert state == "attention"
        assert server.buffers() == ["O-1"]


def test_without_a_tmux_that_responds_the_text_is_sent_as_osc_52() -> None:
    copied = copy_text("O-1", {"TMUX": "/nowhere/socket,1,0", "PATH": os.environ["PATH"]})
    assert copied.sequence == f"\x1b]52;c;{base64.b64encode(b'O-1').decode()}\x07"
    assert copied.done == "sent to the terminal by OSC 52. If nothing arrives, see zjobtui doctor."


def demo(folder: Path, *arguments: str) -> str:
    """Return the shell command of the demo; its files stay in the folder."""
    places = {"HOME": folder, "ZJOBTUI_DATA_DIR": folder / "data", "ZJOBTUI_CONFIG": folder / "config.toml"}
    variables = [f"{name}={path}" for name, path in places.items()]
    words = ["env", f"PYTHONPATH={os.getcwd()}", *variables, sys.executable, "-m", "zjobtui", "demo", *arguments]  # noqa: PTH109
    return shlex.join(words)


def test_y_in_the_monitor_within_tmux_copies_the_job_id(tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch()
    with tmux(tmp_path, program=demo(tmp_path)) as server:
        server.terminal.wait_for("calls/s", 20)
        server.terminal.press("y")
        server.terminal.wait_for("Copy from")
        server.terminal.press("enter")
        server.terminal.wait_for("copied to the tmux buffer and sent to the terminal's clipboard")
        copied = server.run("show-buffer")
        assert re.fullmatch("[0-9a-f]{32}", copied)
        assert server.received() == [copied]
        server.terminal.press("y")
        server.terminal.wait_for("Copy from")
        server.terminal.press("end", "enter")
        server.terminal.wait_for("Save to file")
        assert not list(tmp_path.glob("data/exports/*"))
        server.terminal.press("enter")
        server.terminal.wait_for("Saved to")
        server.terminal.press("q")


@pytest.mark.parametrize("passthrough", ["off", "on"])
def test_a_desktop_notification_passes_or_the_bell_rings(tmp_path: Path, passthrough: str) -> None:
    (tmp_path / "config.toml").write_text('[screen]\nbell = false\n[notify]\nosc = "9"\n', encoding="utf-8")
    setting = f"set -g allow-passthrough {passthrough}"
    with tmux(tmp_path, setting, program=f"sleep 0.5; {demo(tmp_path, '--jobs', '20')}") as server:
        notification = b"\x1b]9;zjobtui: "
        expected = notification if passthrough == "on" else b"\a"
        server.terminal.wait_for("Jobs · ", 20)
        raw = b""
        for _ in range(150):
            server.terminal.bytes_within(0.2)
            raw = re.sub(rb"\x1b\]0;[^\a]*\a", b"", server.terminal.raw)
            if expected in raw:
                break
        assert expected in raw
        assert (notification in raw) == (passthrough == "on")
        config = {"ZJOBTUI_CONFIG": str(tmp_path / "config.toml"), "ZJOBTUI_DATA_DIR": str(tmp_path / "data")}
        state, text = doctor({**server.inside(), **config})["notifications"]
        assert state == ("fine" if passthrough == "on" else "attention")
        assert ("blocks" in text) == (passthrough == "off")
        server.terminal.press("q")
