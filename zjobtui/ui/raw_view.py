"""Rows of a response body, wrapped at once and coloured when drawn, with search matches highlighted."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, overload

from zjobtui.formatting.outline import OutlineNode
from zjobtui.models.text import shorten
from zjobtui.models.text_width import cells, wrap
from zjobtui.ui.outline_lines import RenderedLine
from zjobtui.ui.styled_line import Spans

_STRING = r'"(?:[^"\\]|\\.)*+(?:"|\\?$)'
"""A quoted string; its closing quote is missing if the line was cut."""

_TOKENS = re.compile(
    rf"(?P<strong>{_STRING})(?=:)|(?P<good>{_STRING})|(?P<running>-?\d[\w.+-]*)|(?P<key>\b(?:true|false|null)\b)"
)
"""Tokens of a line of JSON, each named by its style: keys, strings, numbers, literals."""

_SIGNS = {"+": "good", "-": "bad", "⋯": "muted"}


class _Row(NamedTuple):
    """A part of a line: the line number, its start and end in the line, and the indentation."""

    line: int
    start: int
    end: int
    indent: int


class RawRows(Sequence[RenderedLine]):
    """Lines with their signs, below a head. `matches` has the row of each match of `search`, ignoring case."""

    def __init__(self, head: Iterable[RenderedLine], lines: Iterable[tuple[str, str]], width: int, search: str) -> None:
        self._head = list(head)
        self._lines = [(sign, shorten(text)) for sign, text in lines]
        search = search.strip()
        self._search = re.compile(re.escape(search), re.IGNORECASE) if search else None
        self._rows: list[_Row] = []
        self.matches: list[int] = []
        for number, (sign, text) in enumerate(self._lines):
            rows = list(_rows(number, text, width - 2 - 2 * bool(sign)))
            for match in self._search.finditer(text) if self._search else ():
                row = max(0, bisect_right(rows, match.start(), key=lambda row: row.start) - 1)
                self.matches.append(len(self._head) + len(self._rows) + row)
            self._rows += rows

    def __len__(self) -> int:
        return len(self._head) + len(self._rows)

    @overload
    def __getitem__(self, index: int) -> RenderedLine: ...
    @overload
    def __getitem__(self, index: slice) -> list[RenderedLine]: ...
    def __getitem__(self, index: int | slice) -> RenderedLine | list[RenderedLine]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        if index < len(self._head):
            return self._head[index]
        row = self._rows[index - len(self._head)]
        key = f"raw/{row.line}"
        return RenderedLine(key, self._paint_row(row), node=OutlineNode(key, "", self._lines[row.line][1].strip()))

    def _paint_row(self, row: _Row) -> Spans:
        sign, text = self._lines[row.line]
        tones = [_SIGNS.get(sign, "muted")] * len(text)
        if sign != "⋯":
            _apply_tones(tones, ((token.span(), token.lastgroup or "") for token in _TOKENS.finditer(text)))
        if self._search is not None:
            _apply_tones(tones, ((match.span(), "match") for match in self._search.finditer(text)))
        prefix = (f" {sign} " if sign else " ") + " " * row.indent
        shown = zip(text[row.start : row.end], tones[row.start : row.end], strict=True)
        parts = groupby(shown, key=lambda pair: pair[1])
        return ((prefix, _SIGNS.get(sign, "muted")), *(("".join(c for c, _ in part), tone) for tone, part in parts))


def _apply_tones(tones: list[str], parts: Iterable[tuple[tuple[int, int], str]]) -> None:
    for (start, end), tone in parts:
        tones[start:end] = [tone] * (end - start)


def _rows(number: int, text: str, width: int) -> Iterator[_Row]:
    """Yield the rows of a line, all with its indentation, as far as there is room."""
    if cells(text) <= width:
        yield _Row(number, 0, len(text), 0)
        return
    end = len(text) - len(text.lstrip(" "))
    indent = min(end, width // 2)
    for part in wrap(text[end:], max(width - indent, 2)):
        start = text.index(part, end)
        end = start + len(part)
        yield _Row(number, start, end, indent)
