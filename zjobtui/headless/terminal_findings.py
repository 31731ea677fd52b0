"""What can be told of the terminal without sending it anything: size, colours, encoding, the way to the clipboard."""

import locale
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping

from zjobtui.headless.findings import Finding, State, judged

ABOUT = "Terminal"
LEAST = (80, 24)
TMUX_LIMIT = 2.0
"""Seconds that tmux may take to answer."""

_OSC52 = {
    "kitty": "yes, after asking",
    "ghostty": "yes",
    "wezterm": "yes",
    "foot": "yes",
    "alacritty": "yes",
    "iterm.app": "where its settings allow programs to use the clipboard",
    "apple_terminal": "",
    "vscode": "yes",
    "vte": "",
}
"""Terminals that name themselves, and whether they take what a program copies (OSC 52); empty is no."""


def terminal_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """What stands in the way of a good screen."""
    yield _size()
    yield _colours(environ)
    yield _encoding()
    yield from _clipboard(environ)
    if environ.get("TMUX"):
        yield from _tmux()


def _size() -> Finding:
    if not sys.stdout.isatty():
        return Finding(ABOUT, "size", State.FINE, "this output is no terminal")
    columns, rows = shutil.get_terminal_size()
    is_large = columns >= LEAST[0] and rows >= LEAST[1]
    advice = f"{LEAST[0]}x{LEAST[1]} and more shows everything"
    return judged(ABOUT, "size", f"{columns}x{rows}", advice, is_fine=is_large)


def _colours(environ: Mapping[str, str]) -> Finding:
    term = environ.get("TERM", "")
    if term in {"", "dumb", "unknown"}:
        advice = "export TERM=xterm-256color, or what your terminal is"
        return Finding(ABOUT, "colours", State.WRONG, f"TERM is “{term}”, on which no screen can be drawn", advice)
    if environ.get("NO_COLOR"):
        return Finding(ABOUT, "colours", State.FINE, f"none, as NO_COLOR wants; TERM={term}")
    if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or term.endswith("-direct"):
        return Finding(ABOUT, "colours", State.FINE, f"16 million; TERM={term}")
    number = "256" if "256" in term else "16"
    advice = "where the terminal has more: export COLORTERM=truecolor (ssh does not pass it on by itself)"
    return Finding(ABOUT, "colours", State.FINE, f"{number}; TERM={term}", advice)


def _encoding() -> Finding:
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if encoding.replace("-", "").lower() == "utf8":
        return Finding(ABOUT, "signs", State.FINE, "UTF-8: ✓ ✗ ◌ ● and wide characters such as 漢字 take 1 and 2 cells")
    return Finding(ABOUT, "signs", State.ATTENTION, f"the locale says {encoding}", "export LC_ALL=C.UTF-8")


def _clipboard(environ: Mapping[str, str]) -> Iterator[Finding]:
    if environ.get("STY") or (environ.get("TERM", "").startswith("screen") and not environ.get("TMUX")):
        yield Finding(
            ABOUT, "copying", State.ATTENTION, "screen passes no copied text on", "write a file with e instead"
        )
        return
    hints = [environ.get("TERM_PROGRAM", ""), environ.get("TERM", ""), "vte" if environ.get("VTE_VERSION") else ""]
    name = next((one for one in _OSC52 for hint in hints if one in hint.lower()), "")
    if not name:
        yield Finding(ABOUT, "copying", State.FINE, "goes to the terminal as OSC 52; whether it takes that is unknown")
    elif _OSC52[name]:
        yield Finding(ABOUT, "copying", State.FINE, f"{name} takes copied text: {_OSC52[name]}")
    else:
        advice = "write a file with e instead, or select with shift and the mouse"
        yield Finding(ABOUT, "copying", State.ATTENTION, f"{name} takes no copied text from programs", advice)


def _tmux() -> Iterator[Finding]:
    """The settings of tmux that decide whether copied text gets through; where it does not answer, nothing is said."""
    settings = {name: _tmux_setting(name) for name in ("set-clipboard", "allow-passthrough")}
    told = ", ".join(f"{name} {text}" for name, text in settings.items() if text)
    if told:
        is_open = settings["set-clipboard"] != "off"
        yield judged(ABOUT, "tmux", told, "in tmux: set -g set-clipboard on", is_fine=is_open)


def _tmux_setting(name: str) -> str:
    """A setting as tmux has it; a newer tmux keeps one with the window rather than with the server."""
    environ = {one: os.environ[one] for one in ("PATH", "HOME", "TMUX", "TMUX_TMPDIR") if one in os.environ}
    for options in ("-sv", "-gv", "-gwv"):
        try:
            said = subprocess.run(  # noqa: S603 - fixed words
                ["tmux", "show-options", options, name],  # noqa: S607 - as the user's path has it
                env=environ,
                capture_output=True,
                text=True,
                timeout=TMUX_LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        if said.returncode == 0 and said.stdout.strip():
            return said.stdout.strip()
    return ""
