"""The test terminal shows what a user would see, and finds control characters from outside."""

import signal
import sys
import time
from pathlib import Path

import pytest

from tests.support.display import Display
from tests.support.escapes import modes_left_on, uncontrolled
from tests.support.keys import key_bytes
from tests.support.process import stop_inheriting_ignored_signals
from tests.support.terminal import Terminal

APP = """
from textual.app import App
from textual.widgets import Input
class Small(App):
    def compose(self): yield Input("{}")
Small().run()
"""
ECHO = """
import os, signal, sys, tty
tty.setraw(0)
signal.signal(signal.SIGWINCH, lambda *_: print(os.get_terminal_size(), end="\\r\\n", flush=True))
print("ready", end="\\r\\n", flush=True)
while (data := os.read(0, 1000)) and data != b"\\x11":
    print(data, end="\\r\\n", flush=True)
"""


HOSTILE = (
    *("\x1b", "\x1b[2J", "\x1b]52;c;aGk=\x07", "\x1b]8;;http://x\x1b\\", "\x1bP", "\x1b[1;1r", "\x1b[99m", "\x9b31m"),
    *("\x00", "\x7f", "\t", "\r\n", "\n", "\x85"),
    *("\u202e", "\u2066", "\u200b", "\u200d", "\u2028", "\ufeff", "\ufe0f", "\u3164", "\U000e0041"),
)


def python(code: str) -> Terminal:
    return Terminal([sys.executable, "-c", code], 80, 24)


def test_a_terminal_shows_the_output_and_returns_the_exit_status() -> None:
    with Terminal(["/bin/sh", "-c", "stty size; printf '%s' \"$WORD\"; exit 3"], 60, 20, {"WORD": "漢字"}) as terminal:
        assert terminal.wait_exit() == 3
        assert terminal.text().rstrip() == "20 60\n漢字"
        assert terminal.display.cells(1)[:5] == ["漢", "", "字", "", " "]
        assert terminal.row(0).startswith("20 60 ")
        assert terminal.raw.startswith(b"20 60\r\n")


def test_keys_pastes_and_sizes_reach_the_program() -> None:
    with python(ECHO) as terminal:
        terminal.wait_for("ready")
        for key in ("down", "esc", "shift+tab", "f5", "j", "ctrl+a"):
            terminal.press(key)
            terminal.wait_for(repr(key_bytes(key)))
        terminal.paste("a b")
        terminal.wait_for(r"b'\x1b[200~a b\x1b[201~'")
        terminal.resize(100, 30)
        terminal.wait_for(lambda text: "columns=100, lines=30" in text)
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
    with pytest.raises(KeyError):
        key_bytes("pgdown")


def test_a_failed_wait_shows_the_screen_and_the_end_of_the_program() -> None:
    with Terminal(["/bin/sh", "-c", "echo only this; exit 4"]) as terminal:
        with pytest.raises(AssertionError, match=r"never saw 'that'.*ended with 4:\nonly this"):
            terminal.wait_for("that")
        with pytest.raises(AssertionError, match="still saw 'only'"):
            terminal.wait_until_gone("only", 0.1)
    with Terminal(["/bin/sleep", "60"]) as terminal, pytest.raises(AssertionError, match="did not end"):
        terminal.wait_exit(0.1)
    assert not Path(f"/proc/{terminal.pid}").exists()


@pytest.mark.slow
def test_modes_and_attributes_show_whether_the_terminal_was_restored() -> None:
    with python(APP.format("hello")) as terminal:
        terminal.wait_for("hello")
        terminal.bytes_within(0.2)
        assert {"alternate screen", "mouse clicks", "cursor hidden", "keyboard protocol"} <= terminal.modes()
        assert terminal.attributes() != terminal.attributes_before
        assert terminal.memory() > 5
        assert 0 < terminal.cpu() < 10
        assert terminal.threads() >= 2
        assert terminal.open_files() >= 3
        terminal.press("ctrl+q")
        assert terminal.wait_exit() == 0
        assert terminal.modes() == frozenset()
        assert terminal.attributes() == terminal.attributes_before
        assert uncontrolled(terminal.raw) == []
        assert "hello" not in terminal.text()


def test_a_program_starts_with_default_signals_although_the_tests_ignored_one() -> None:
    code = "import signal; print(*(signal.getsignal(number).name for number in (signal.SIGUSR1, signal.SIGHUP)))"
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    stop_inheriting_ignored_signals()
    try:
        with python(code) as terminal:
            assert terminal.wait_exit() == 0
            assert terminal.text().split() == ["SIG_DFL", "SIG_DFL"]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_signal_ends_a_program_before_it_restored_anything() -> None:
    with python(APP.format("hello")) as terminal:
        terminal.wait_for("hello")
        terminal.signal(signal.SIGKILL)
        assert terminal.wait_exit() == -signal.SIGKILL
        assert "alternate screen" in terminal.modes()
        assert terminal.attributes() != terminal.attributes_before


def test_hostile_text_that_textual_does_not_filter_is_found() -> None:
    with python(APP.format("ab\\x1b]8;;x\\x1b\\\\cd")) as terminal:
        terminal.wait_for("cd")
        terminal.press("ctrl+q")
        terminal.wait_exit()
        assert any(sequence.startswith("\x1b]8") for sequence in uncontrolled(terminal.raw))


def test_a_lost_terminal_sends_the_signal_or_the_end_of_input() -> None:
    with Terminal(["/bin/cat"]) as terminal:
        terminal.send(b"there\r")
        terminal.wait_for("there\nthere")
        terminal.hang_up()
        assert terminal.wait_exit() == -signal.SIGHUP
    with Terminal(["/bin/cat"], ignoring_hangup=True) as terminal:
        terminal.send(b"there\r")
        terminal.wait_for("there\nthere")
        terminal.hang_up()
        assert terminal.wait_exit() >= 0


@pytest.mark.slow
def test_no_output_is_read_between_calls() -> None:
    with Terminal(["/bin/sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo done"]) as terminal:
        time.sleep(0.2)
        assert terminal.is_running
        assert terminal.raw == b""
        assert terminal.bytes_within(5) > 300_000
        terminal.wait_for("done")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_every_control_character_is_found(hostile: str) -> None:
    frame = "\x1b[?1049h\x1b[1;1H\x1b[1;38;2;1;2;3m│ é漢{}x\x1b[0m\r\n\x1b[2;1Hlast"
    assert uncontrolled(frame.format("").encode()) == []
    assert uncontrolled(frame.format("e\u0301").encode() + b"\x1b[38;2") == []
    assert uncontrolled(frame.format(hostile).encode())[0].startswith(hostile[0])


def test_clipboard_sequences_are_accepted_only_if_the_test_says_so() -> None:
    assert uncontrolled(b"\x1b]52;c;aGk=\x07", clipboard=True) == []
    assert uncontrolled(b"one\r\ntwo\r\n") == []
    assert uncontrolled(b"a\x9bb") == ["\udc9bb"]


def test_modes_are_counted_as_the_terminal_counts_them() -> None:
    assert modes_left_on(b"\x1b[?1000;1006h\x1b[?25l\x1b[?7l") == {
        "mouse clicks", "mouse in SGR form", "cursor hidden", "no line wrap"
    }  # fmt: skip
    assert modes_left_on(b"\x1b[?25l\x1b[?2026h\x1b[?2026l\x1b[?25h") == frozenset()
    assert modes_left_on(b"\x1b[?1049h\x1b[>1u\x1b[?1049l\x1b[<u") == {"keyboard protocol"}
    assert modes_left_on(b"\x1b[>1u\x1b[>3u\x1b[<u") == {"keyboard protocol"}
    assert modes_left_on(b"\x1b[<u\x1b[>1u") == {"keyboard protocol"}
    assert modes_left_on(b"\x1b[?1049h\x1b[>1u\x1bc") == frozenset()


def test_a_display_draws_the_same_however_the_bytes_are_split() -> None:
    misread = "\x1b[>25u\x1b[<u\x1b[=1u\x1b[?2026$p\x1b]22;default\x07\x1bPq1\x1b\\\x1b[4:3m\x1b[0 q\x1b[?5n"
    written = f"before\x1b[?1049h\x1b[1;1Hé{misread}漢{misread}!".encode()
    for cut in range(len(written)):
        display = Display(20, 3)
        display.feed(written[:cut])
        display.feed(written[cut:])
        assert display.text() == "é漢!\n\n"
        display.feed(b"\x1b[?1049l")
        assert display.text() == "before\n\n"
