"""What a person sees of the bytes that a program writes: the normal and the alternate screen of one terminal."""

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
    """The screens; rows and columns count from 0."""

    def __init__(self, columns: int, rows: int) -> None:
        self._normal = pyte.Screen(columns, rows)
        self._alternate = pyte.Screen(columns, rows)
        self._streams = {id(screen): pyte.Stream(screen) for screen in (self._normal, self._alternate)}
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self.screen: Any = self._normal
        """The `pyte.Screen` that is seen now."""

    def feed(self, data: bytes) -> None:
        """Draws what the program wrote; a sequence that is cut in two waits for its end."""
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
        """Both screens take the new size."""
        for screen in (self._normal, self._alternate):
            screen.resize(rows, columns)

    def text(self) -> str:
        """All rows, without the blanks at their ends."""
        return "\n".join(row.rstrip() for row in self.screen.display)

    def cells(self, row: int) -> list[str]:
        """One string a column; empty where a wide character goes on."""
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
    """Whether pyte drops what follows: a character without width that it does not take for a combining one."""
    return character > "\u02ff" and wcwidth(character) == 0 and not unicodedata.combining(character)
