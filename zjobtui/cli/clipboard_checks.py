"""Checks of `doctor` for copying and desktop notifications: what the terminal, tmux and the desktop accept."""

import os
from collections.abc import Iterator, Mapping

from zjobtui.cli.check import Check, CheckStatus, make_check
from zjobtui.ui.clipboard import clipboard_program
from zjobtui.ui.tmux import Tmux, check_buffer, read_tmux

TERMINAL = "Terminal"

_OSC52 = {
    "kitty": "yes, after a confirmation",
    "ghostty": "yes",
    "wezterm": "yes",
    "foot": "yes",
    "alacritty": "yes",
    "iterm.app": "if its settings allow programs to use the clipboard",
    "apple_terminal": "",
    "vscode": "yes",
    "vte": "",
}
"""Terminals that can be recognized, and whether they accept copied text (OSC 52); empty means no."""


def clipboard_check(environ: Mapping[str, str]) -> Check:
    """Check where a copied text goes outside of tmux on this machine."""
    program = clipboard_program(environ)
    of_program = f"copied text goes to the clipboard ({program[0]}), and to the terminal as OSC 52" if program else ""
    term = environ.get("TERM", "")
    advice = "save to a file instead (the last choice of y), or select text with shift and the mouse"
    if not program and term == "linux":
        text = "the Linux console has no clipboard"
        return Check(TERMINAL, "copying", CheckStatus.ATTENTION, text, advice)
    if not program and not environ.get("STY") and term.startswith(("screen", "tmux")):
        text = f"TERM is {term}: copied text is sent as OSC 52 to a tmux or GNU screen on another machine"
        advice = "tmux there needs: set -g set-clipboard on; GNU screen does not pass it on, save to a file instead"
        return Check(TERMINAL, "copying", CheckStatus.ATTENTION, text, advice)
    hints = [environ.get("TERM_PROGRAM", ""), term, "vte" if environ.get("VTE_VERSION") else ""]
    terminal = next((name for name in _OSC52 for hint in hints if name in hint.lower()), "")
    if of_program:
        return Check(TERMINAL, "copying", CheckStatus.FINE, of_program)
    if not terminal:
        way = "through GNU screen to the terminal" if environ.get("STY") else "to the terminal"
        text = f"copied text is sent {way} as OSC 52; it is not known whether this terminal accepts it"
        return Check(TERMINAL, "copying", CheckStatus.FINE, text)
    if _OSC52[terminal]:
        return Check(TERMINAL, "copying", CheckStatus.FINE, f"{terminal} accepts copied text: {_OSC52[terminal]}")
    return Check(TERMINAL, "copying", CheckStatus.ATTENTION, f"{terminal} does not accept copied text", advice)


def tmux_checks(environ: Mapping[str, str], osc: str) -> Iterator[Check]:
    """Copy a test text to a tmux buffer, and check what tmux passes on to the terminal."""
    tmux = read_tmux(environ)
    if tmux is None:
        text = "tmux does not respond; copied text is sent as OSC 52, which tmux accepts only with set-clipboard on"
        yield Check(TERMINAL, "copying", CheckStatus.ATTENTION, text, "check TMUX, and that tmux is in PATH")
        return
    settings = f"set-clipboard {tmux.set_clipboard}"
    settings += f", allow-passthrough {tmux.passthrough}" if tmux.passthrough else ""
    yield Check(TERMINAL, "tmux", CheckStatus.FINE, f"version {tmux.version}, {settings}")
    yield _tmux_copy_check(tmux, check_buffer(environ, f"zjobtui-doctor-{os.getpid()}"))
    if osc != "off":
        advice = "in tmux: set -g allow-passthrough on (or all, also for hidden panes); the bell rings instead"
        text = "[notify] osc: " + ("desktop notifications pass" if tmux.passes_through else "tmux blocks notifications")
        yield make_check(TERMINAL, "notifications", text, advice, is_fine=tmux.passes_through)


def _tmux_copy_check(tmux: Tmux, error: str) -> Check:
    """Return what copying in tmux reaches; `error` is why the test of the buffer failed."""
    buffer = f"a test text could not be copied to a tmux buffer: {error}" if error else "the tmux buffer works (tested)"
    if not tmux.terminal:
        text = f"{buffer}; no terminal is attached to tmux"
        return Check(TERMINAL, "copying", CheckStatus.ATTENTION if error else CheckStatus.FINE, text)
    if not tmux.takes_clipboard:
        text = f"{buffer}; tmux does not know how to copy to the clipboard of the terminal ({tmux.terminal})"
        advice = f"in tmux: set -as terminal-features ',{tmux.terminal}:clipboard', then attach again"
        is_sent = tmux.passes_through
        return make_check(TERMINAL, "copying", text, advice, is_fine=is_sent and not error)
    text = f"{buffer}, and tmux sends copied text to the terminal's clipboard ({tmux.terminal}) as OSC 52"
    return make_check(TERMINAL, "copying", text, "see the error", is_fine=not error)
