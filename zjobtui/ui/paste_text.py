"""The text of a paste: gathered piece by piece, without what only a terminal understands, and of bounded size."""

import re

KEPT_WHOLE = 1 << 20
"""Characters up to which all of a paste is kept; of what follows only lines that can hold an id."""

KEPT_OF_REST = 4 << 20
"""Characters of such lines that are kept; the rest is dropped."""

_CHUNK = 1 << 16
_C1 = {0x90: "\x1bP", 0x98: "\x1bX", 0x9B: "\x1b[", 0x9C: "\x1b\\", 0x9D: "\x1b]", 0x9E: "\x1b^", 0x9F: "\x1b_"}
_SEQUENCE = re.compile(
    r"\x1b\[[ -?]*[@-~]"  # CSI: colours, moves
    r"|\x1b[\]PX^_][^\x07\x1b\r\n]{0,4096}(?:\x07|\x1b\\)"  # OSC, DCS, SOS, PM, APC: titles, links
    r"|\x1b[ -/]+[0-~]"  # character sets
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MAY_HOLD_ID = re.compile("[0-9a-fA-F]{8}")
_BOUNDARY = re.compile(r"[\s,\"'|][^\s,\"'|]*\Z")


def strip_controls(text: str) -> str:
    """The text without escape sequences and control characters; lines and tabs stay."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text.translate(_C1)))


class PasteText:
    """Takes pieces of text; gives what is kept of them."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._size = 0
        self._rest = ""

    def add(self, piece: str) -> None:
        """Takes the next piece."""
        self._rest += piece
        if len(self._rest) >= _CHUNK:
            cut = max(self._rest.rfind("\n"), self._rest.rfind("\r")) + 1
            if cut < _CHUNK // 2:
                boundary = _BOUNDARY.search(self._rest, len(self._rest) - 4_096)
                cut = boundary.start() + 1 if boundary else len(self._rest)
            self._keep(self._rest[:cut])
            self._rest = self._rest[cut:]

    def text(self) -> str:
        """All that is kept so far."""
        self._keep(self._rest)
        self._rest = ""
        return "".join(self._kept)

    def _keep(self, raw: str) -> None:
        text = strip_controls(raw)
        if self._size + len(text) > KEPT_WHOLE:
            text = "".join(line for line in text.splitlines(keepends=True) if _MAY_HOLD_ID.search(line))
        if text and self._size + len(text) <= KEPT_WHOLE + KEPT_OF_REST:
            self._kept.append(text)
            self._size += len(text)
