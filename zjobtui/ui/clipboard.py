"""Hands text to the terminal for its clipboard (OSC 52) or the desktop (OSC 9, 777), through tmux and screen."""

import base64
from collections.abc import Mapping

LIMIT = 74_994
"""Bytes of text: 100,000 characters in base64 and around it are what xterm and tmux take (k9s uses the same)."""

_SCREEN_CHUNK = 76
"""Bytes of one piece inside GNU screen's own string, which ends at 768; kept well below."""


def sequence(text: str, environ: Mapping[str, str]) -> str | None:
    """The bytes to write, wrapped for tmux or screen where one of them stands between; None for a text too long."""
    data = text.encode("utf-8", errors="replace")
    if len(data) > LIMIT:
        return None
    return _through(f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\a", environ)


def notification(line: str, osc: str, environ: Mapping[str, str]) -> str:
    """What makes a terminal show one clean line on the desktop; `osc` is 9 or 777."""
    told = f"9;zjobtui: {line}" if osc == "9" else f"777;notify;zjobtui;{line}"
    return _through(f"\x1b]{told}\a", environ)


def _through(copied: str, environ: Mapping[str, str]) -> str:
    """The sequence, wrapped for tmux or screen where one of them stands between."""
    if environ.get("TMUX"):
        return "\x1bPtmux;" + copied.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY"):
        pieces = [copied[start : start + _SCREEN_CHUNK] for start in range(0, len(copied), _SCREEN_CHUNK)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return copied
