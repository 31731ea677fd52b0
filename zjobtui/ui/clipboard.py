"""Escape sequences for the terminal's clipboard (OSC 52) and desktop notifications (OSC 9, 777)."""

import base64
from collections.abc import Mapping

LIMIT = 74_994
"""Bytes of text: xterm and tmux accept 100,000 characters, base64 and frame included (k9s has the same limit)."""

_SCREEN_CHUNK = 76
"""Bytes in one DCS string of GNU screen, which ends it at 768; kept well below."""


def copy_sequence(text: str, environ: Mapping[str, str]) -> str | None:
    """Return the sequence that copies a text, wrapped for tmux or screen; None if the text is too long."""
    data = text.encode("utf-8", errors="replace")
    if len(data) > LIMIT:
        return None
    return _wrap(f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\a", environ)


def notification_sequence(line: str, osc: str, environ: Mapping[str, str]) -> str:
    """Return the sequence that shows a clean line on the desktop; `osc` is 9 or 777."""
    command = f"9;zjobtui: {line}" if osc == "9" else f"777;notify;zjobtui;{line}"
    return _wrap(f"\x1b]{command}\a", environ)


def _wrap(sequence: str, environ: Mapping[str, str]) -> str:
    """Return the sequence, wrapped to pass through tmux or screen."""
    if environ.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY"):
        chunks = [sequence[start : start + _SCREEN_CHUNK] for start in range(0, len(sequence), _SCREEN_CHUNK)]
        return "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks)
    return sequence
