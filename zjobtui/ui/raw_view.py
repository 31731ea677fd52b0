"""A body as the rows of a pane, wrapped at once and coloured only when it is drawn, with what is looked for marked."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, overload

from zjobtui.formatting.text_width import cells, wrap
from zjobtui.models.text import shorten
from zjobtui.ui.outline_lines import RenderedLine
from zjobtui.ui.styled_line import Spans

_STRING = r'"(?:[^"\\]|\\.)*+(?:"|\\?$)'
"""A text in quotation marks, the last of which is missing where the line is cut."""

_TOKENS = re.compile(
    rf"(?P<strong>{_STRING})(?=:)|(?P<good>{_STRING})|(?P<waiting>-?\d[\w.+-]*)|(?P<key>\b(?:true|false|null)\b)"
)
"""The parts of a line of JSON, each named by its style: keys, strings, numbers, words."""

_SIGNS = {"+": "good", "-": "bad", "⋯": "muted"}


class _Row(NamedTuple):
    """A part of a line: the line's number, where the part starts and ends in it, and how far it is indented."""

    line: int
    start: int
    end: int
    indent: int


class RawRows(Sequence[RenderedLine]):
    """Lines, each with its sign, below a head. `stops` has the place of each match of `words`, whatever its case."""

    def __init__(self, head: Iterable[RenderedLine], lines: Iterable[tuple[str, str]], width: int, words: str) -> None:
        self._head = list(head)
        self._lines = [(sign, shorten(text)) for sign, text in lines]
        words = words.strip()
        self._words = re.compile(re.escape(words), re.IGNORECASE) if words else None
        self._rows: list[_Row] = []
        self.stops: list[int] = []
        for number, (sign, text) in enumerate(self._lines):
            rows = list(_rows(number, text, width - 2 - 2 * bool(sign)))
            for match in self._words.finditer(text) if self._words else ():
                row = max(0, bisect_right(rows, match.start(), key=lambda row: row.start) - 1)
                self.stops.append(len(self._head) + len(self._rows) + row)
            self._rows += rows

    def __len__(self) -> int:
        return len(self._head) + len(self._rows)

    @overload
    def __getitem__(self, index: int) -> RenderedLine: ...
    @overload
    def __getitem__(self, index: slice) -> list[RenderedLine]: ...
    def __getitem__(self, index: int | slice) -> RenderedLine | list[RenderedLine]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if index < len(self._head):
            return self._head[index]
        row = self._rows[index - len(self._head)]
        return RenderedLine(f"raw/{row.line}", self._painted(row))

    def _painted(self, row: _Row) -> Spans:
        sign, text = self._lines[row.line]
        tones = [_SIGNS.get(sign, "muted")] * len(text)
        if sign != "⋯":
            _paint(tones, ((one.span(), one.lastgroup or "") for one in _TOKENS.finditer(text)))
        if self._words is not None:
            _paint(tones, ((one.span(), "match") for one in self._words.finditer(text)))
        lead = (f" {sign} " if sign else " ") + " " * row.indent
        shown = zip(text[row.start : row.end], tones[row.start : row.end], strict=True)
        parts = groupby(shown, key=lambda pair: pair[1])
        return ((lead, _SIGNS.get(sign, "muted")), *(("".join(c for c, _ in part), tone) for tone, part in parts))


def _paint(tones: list[str], parts: Iterable[tuple[tuple[int, int], str]]) -> None:
    for (start, end), tone in parts:
        tones[start:end] = [tone] * (end - start)


def _rows(number: int, text: str, width: int) -> Iterator[_Row]:
    """The rows of a line, all indented as it is, as far as there is room for that."""
    if cells(text) <= width:
        yield _Row(number, 0, len(text), 0)
        return
    end = len(text) - len(text.lstrip(" "))
    indent = min(end, width // 2)
    for part in wrap(text[end:], max(width - indent, 2)):
        start = text.index(part, end)
        end = start + len(part)
        yield _Row(number, start, end, indent)
