"""The visible content of a terminal, from the bytes that a program writes: normal and alternate screen."""

import codecs
import re
import unicodedata
from contextlib import suppress
from itertools import filterfalse
from typing import Any

import pyte
from wcwidth import wcwidth

_STRING = r"[\]PX^_][^\x07\x18\x1a\x1b\x9c]*"
_MISREAD = re.compile(
    rf"\x1b(?:{_STRING}(?:[\x07\x18\x1a\x9c]|\x1b\\|(?=\x1b[^\\]))"  # OSC, DCS, SOS, PM, APC
    r"|\[[<=>][0-?]*[ -/]*[@-~]"  # the kitty keyboard protocol, secondary device attributes
    r"|\[\?[0-?]*(?:[ -/]+[@-~]|[@-gi-km-~])"  # any private one that is not a mode
    r"|\[[0-?]*[ -/]+[@-~]"  # an intermediate byte
    r"|\[[0-9;]*:[0-?]*[@-~])"  # SGR with sub-parameters
)
_SCREEN_SWITCH = re.compile(r"(\x1b\[\?(?:47|1047|1049)[hl])")
_UNFINISHED = re.compile(rf"\x1b(?:\[[0-?]*[ -/]*|{_STRING}\x1b?)?\Z")
_BEFORE_ESCAPE = re.compile(r"(?=\x1b)")


class Display:
    """Both screens of a terminal; rows and columns count from 0."""

    def __init__(self, columns: int, rows: int) -> None:
        self._normal = pyte.Screen(columns, rows)
        self._alternate = pyte.Screen(columns, rows)
        self._streams = {id(screen): pyte.Stream(screen) for screen in (self._normal, self._alternate)}
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self.screen: Any = self._normal
        """The `pyte.Screen` that is visible."""

    def feed(self, data: bytes) -> None:
        """Draw the output of the program; an incomplete sequence is kept for the next call."""
        text = self._pending + self._decoder.decode(data)
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._pending = text[end:]
        for part in _SCREEN_SWITCH.split(_MISREAD.sub("", text[:end])):
            if _SCREEN_SWITCH.fullmatch(part):
                self._show(alternate=part.endswith("h"))
            else:
                self._draw(part)

    def resize(self, columns: int, rows: int) -> None:
        """Resize both screens."""
        for screen in (self._normal, self._alternate):
            screen.resize(rows, columns)

    def text(self) -> str:
        """Return all rows without trailing blanks."""
        return "\n".join("".join(self.cells(row)).rstrip() for row in range(self.screen.lines))

    def cells(self, row: int) -> list[str]:
        """Return one string for each column, empty for the second cell of a wide character."""
        line = self.screen.buffer[row]
        return [str(line[column].data) for column in range(self.screen.columns)]

    def _show(self, *, alternate: bool) -> None:
        if alternate and self.screen is self._normal:
            self._alternate.reset()
        self.screen = self._alternate if alternate else self._normal

    def _draw(self, text: str) -> None:
        stream = self._streams[id(self.screen)]
        text = text if text.isascii() else "".join(filterfalse(_stops_pyte, text))
        # One sequence at a time: pyte drops the rest of what it is fed when one of them is beyond it.
        for piece in _BEFORE_ESCAPE.split(text):
            with suppress(Exception):
                stream.feed(piece)


def _stops_pyte(character: str) -> bool:
    """Return whether pyte would drop the following text: a zero-width character that is not combining."""
    return character > "\u02ff" and wcwidth(character) == 0 and not unicodedata.combining(character)
