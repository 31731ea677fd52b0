"""Copying text by every way that can work here: tmux, a program of the desktop, and OSC 52 through the terminal."""

import base64
import shutil
import sys
from collections.abc import Mapping, Sequence

from msgspec import Struct

from zjobtui.config.programs import feed_command
from zjobtui.ui.tmux import Tmux, load_buffer, read_tmux

OSC52_CHARACTERS = 74_994
"""Bytes of text: xterm and tmux accept 100,000 characters, base64 and frame included (k9s has the same limit)."""

PROGRAM_TIME_LIMIT = 2.0
"""Seconds that a clipboard program may take; one for a display that is gone may never exit."""

_SCREEN_CHUNK = 76
"""Bytes in one DCS string of GNU screen, which ends it at 768; kept well below."""

_PROGRAMS = {
    "WAYLAND_DISPLAY": (("wl-copy", "--type", "text/plain"),),
    "DISPLAY": (("xclip", "-selection", "clipboard", "-in"), ("xsel", "--clipboard", "--input")),
}
"""Programs that set the clipboard of a display, by the variable that names the display.

X11 and Wayland keep no copy: these programs leave a process behind that holds the text until something else is copied.
"""

_PROGRAM_NEEDS = ("PATH", "HOME", "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "LC_ALL", "LANG")
"""The environment of these programs, which outlive this one and need no secret."""


class Copied(Struct, frozen=True):
    """What became of a copy. `sequence` must still be written to the terminal.

    `done` completes a sentence such as “Job id …”; if it is empty, nothing was copied, and `problem` says why.
    """

    sequence: str = ""
    done: str = ""
    problem: str = ""


def copy_text(text: str, environ: Mapping[str, str]) -> Copied:
    """Copy a text to every clipboard within reach; the caller writes the returned sequence. May block for seconds."""
    size = len(text.encode("utf-8", errors="replace"))
    is_long = size > OSC52_CHARACTERS
    places: list[str] = []
    is_sent_by_tmux, sequence = False, ""
    if environ.get("TMUX"):
        tmux = read_tmux(environ)
        is_sent_by_tmux, is_in_buffer = _copy_to_tmux(text, environ, tmux, is_long=is_long)
        places += ["the tmux buffer"] * is_in_buffer
        if not is_sent_by_tmux and not is_long:
            sequence = _sequences_in_tmux(text, tmux, is_in_buffer=is_in_buffer)
    elif not is_long:
        sequence = _wrap_for_screen(_osc52(text), environ)
    if (words := clipboard_program(environ)) and not _run_program(words, text, environ):
        places.append(f"the clipboard ({words[0]})")
    limit = f"{size:,} bytes are more than the {OSC52_CHARACTERS:,} that terminals accept" if is_long else ""
    return Copied(sequence, _done_text(places, sequence, limit, is_sent_by_tmux=is_sent_by_tmux), limit or _NO_WAY)


def clipboard_program(environ: Mapping[str, str]) -> Sequence[str]:
    """Return the words of the program that sets the clipboard of the display; empty if there is none."""
    if sys.platform == "darwin" and not environ.get("SSH_CONNECTION"):
        return ("pbcopy",)
    found = (words for name, programs in _PROGRAMS.items() if environ.get(name) for words in programs)
    return next((words for words in found if shutil.which(words[0], path=environ.get("PATH"))), ())


def wrap_for_tmux(sequence: str) -> str:
    """Return the sequence in the frame that tmux passes on to the terminal if `allow-passthrough` is on."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def notification_sequence(line: str, osc: str, environ: Mapping[str, str]) -> str:
    """Return the sequence that shows a clean line on the desktop, wrapped for tmux or screen; `osc` is 9 or 777."""
    command = f"9;zjobtui: {line}" if osc == "9" else f"777;notify;zjobtui;{line}"
    sequence = f"\x1b]{command}\a"
    return wrap_for_tmux(sequence) if environ.get("TMUX") else _wrap_for_screen(sequence, environ)


_NO_WAY = "tmux does not respond, or does not accept copied text"


def _copy_to_tmux(text: str, environ: Mapping[str, str], tmux: Tmux | None, *, is_long: bool) -> tuple[bool, bool]:
    """Return whether tmux sent the text to its terminal, and whether it is in the tmux buffer."""
    if tmux is None:
        return False, False
    if tmux.takes_clipboard and not is_long and not load_buffer(text, environ, to_terminal=True):
        return True, True
    return False, not load_buffer(text, environ, to_terminal=False)  # tmux before 3.2 has no -w


def _sequences_in_tmux(text: str, tmux: Tmux | None, *, is_in_buffer: bool) -> str:
    """Return what to write in tmux if it has not sent the text itself; empty if that cannot work."""
    sequence = _osc52(text)
    if tmux is None:
        return sequence
    bare = sequence if tmux.set_clipboard == "on" and not is_in_buffer else ""
    return bare + (wrap_for_tmux(sequence) if tmux.passes_through else "")


def _done_text(places: Sequence[str], sequence: str, limit: str, *, is_sent_by_tmux: bool) -> str:
    """Return what was done, as in “copied to the tmux buffer and sent to the terminal's clipboard”."""
    copied = f"copied to {' and '.join(places)}" if places else ""
    if is_sent_by_tmux:
        return f"{copied} and sent to the terminal's clipboard."
    if sequence:
        sent = "sent to the terminal by OSC 52"
        return f"{copied} and {sent}." if places else f"{sent}. If nothing arrives, see zjobtui doctor."
    if not copied:
        return ""
    if limit:
        return f"{copied} only: {limit}."
    return f"{copied}. Nothing was sent to the terminal: see zjobtui doctor." if "(" not in copied else f"{copied}."


def _run_program(words: Sequence[str], text: str, environ: Mapping[str, str]) -> str:
    needed = {"LC_CTYPE": "UTF-8"} if words[0] == "pbcopy" else {}
    needed |= {name: environ[name] for name in _PROGRAM_NEEDS if name in environ}
    return feed_command(words, needed, text, PROGRAM_TIME_LIMIT)[1]


def _osc52(text: str) -> str:
    return f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', errors='replace')).decode('ascii')}\a"


def _wrap_for_screen(sequence: str, environ: Mapping[str, str]) -> str:
    if not environ.get("STY"):
        return sequence
    chunks = [sequence[start : start + _SCREEN_CHUNK] for start in range(0, len(sequence), _SCREEN_CHUNK)]
    return "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks)
