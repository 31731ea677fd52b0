"""A body as the rows of a pane, wrapped at once and coloured only when it is drawn, with what is looked for marked."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, overload

from zjobtui.domain.text import shorten
from zjobtui.ui.flat import FlatLine
from zjobtui.ui.spans import Spans
from zjobtui.wording.cells import cells, wrap

_STRING = r'"(?:[^"\\]|\\.)*"'
_TOKENS = re.compile(
    rf"(?P<strong>{_STRING})(?=:)|(?P<good>{_STRING})|(?P<waiting>-?\d[\w.+-]*)|(?P<key>\b(?:true|false|null)\b)"
)
"""The parts of a line of JSON, each named by its style: keys, strings, numbers, words."""

_SIGNS = {"+": "good", "-": "bad", "⋯": "muted"}


class _Row(NamedTuple):
    """A part of a line: the line's number, and where the part starts and ends in it."""

    line: int
    start: int
    end: int


class RawRows(Sequence[FlatLine]):
    """Lines, each with its sign, below a head. `stops` has the place of each match of `words`, whatever its case."""

    def __init__(self, head: Iterable[FlatLine], lines: Iterable[tuple[str, str]], width: int, words: str) -> None:
        self._head = list(head)
        self._lines = [(sign, shorten(text)) for sign, text in lines]
        self._words = re.compile(re.escape(words), re.IGNORECASE) if words else None
        self._rows: list[_Row] = []
        self.stops: list[int] = []
        for number, (sign, text) in enumerate(self._lines):
            rows = [_Row(number, start, end) for start, end in _parts(text, width - 2 - 2 * bool(sign))]
            for match in self._words.finditer(text) if self._words else ():
                row = bisect_right(rows, match.start(), key=lambda row: row.start) - 1
                self.stops.append(len(self._head) + len(self._rows) + row)
            self._rows += rows

    def __len__(self) -> int:
        return len(self._head) + len(self._rows)

    @overload
    def __getitem__(self, index: int) -> FlatLine: ...
    @overload
    def __getitem__(self, index: slice) -> list[FlatLine]: ...
    def __getitem__(self, index: int | slice) -> FlatLine | list[FlatLine]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if index < len(self._head):
            return self._head[index]
        row = self._rows[index - len(self._head)]
        return FlatLine(f"raw/{row.line}", self._painted(row))

    def _painted(self, row: _Row) -> Spans:
        sign, text = self._lines[row.line]
        tones = [_SIGNS.get(sign, "muted")] * len(text)
        if sign != "⋯":
            _paint(tones, ((one.span(), one.lastgroup or "") for one in _TOKENS.finditer(text)))
        if self._words is not None:
            _paint(tones, ((one.span(), "match") for one in self._words.finditer(text)))
        indent = " " * (min(len(text) - len(text.lstrip(" ")), 24) if row.start else 0)
        lead = f" {sign} {indent}" if sign else f" {indent}"
        shown = zip(text[row.start : row.end], tones[row.start : row.end], strict=True)
        parts = groupby(shown, key=lambda pair: pair[1])
        return ((lead, _SIGNS.get(sign, "muted")), *(("".join(c for c, _ in part), tone) for tone, part in parts))


def _paint(tones: list[str], parts: Iterable[tuple[tuple[int, int], str]]) -> None:
    for (start, end), tone in parts:
        tones[start:end] = [tone] * (end - start)


def _parts(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Where the rows of a line start and end; those after the first are indented as the line is."""
    if cells(text) <= width:
        yield 0, len(text)
        return
    margin = len(text) - len(text.lstrip(" "))
    end, is_first = margin, True
    for part in wrap(text[margin:], max(width - min(margin, 24), 2)):
        start = text.index(part, end)
        end = start + len(part)
        yield (0 if is_first else start), end
        is_first = False
