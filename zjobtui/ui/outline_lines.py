"""An outline as the lines of a pane: what is open unfolded, long texts wrapped, names in a column; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from zjobtui.formatting.outline import OutlineNode, Tone
from zjobtui.formatting.text_width import cells, wrap
from zjobtui.models.text import shorten
from zjobtui.ui.styled_line import Spans, fit_exact

_NAME_LIMIT = 24
_LEAST_TEXT = 16
_DEEPEST = 12
"""Levels that are indented; what lies deeper stands as if it lay there, so that it still has room."""


@dataclass(frozen=True, slots=True)
class RenderedLine:
    """A line of the pane: the key of what it belongs to, whether that can be opened or is open, and its spans."""

    key: str
    spans: Spans
    can_open: bool = False
    is_open: bool = False


def render_outline(
    lines: Iterable[OutlineNode], opened: Mapping[str, bool], width: int, depth: int = 0
) -> Iterator[RenderedLine]:
    """The outline in lines of `width` cells; `opened` holds what a person has opened or closed."""
    siblings = tuple(lines)
    names = [cells(line.name) for line in siblings if line.text and not _is_heading(line, depth)]
    column = min(max(names, default=0), _NAME_LIMIT, max(4, width - _LEAST_TEXT - 2 * depth))
    for line in siblings:
        is_open = bool(line.below) and opened.get(line.key, line.is_open)
        yield from _flat_one(line, column, depth, width, is_open=is_open)
        if is_open:
            yield from render_outline(line.below, opened, width, depth + 1)


def paragraph(key: str, text: str, tone: str, width: int) -> Iterator[RenderedLine]:
    """A text over as many lines as it needs."""
    return (RenderedLine(key, ((f" {part}", tone),)) for part in wrap(shorten(text), max(width - 2, 1)))


def _flat_one(line: OutlineNode, column: int, depth: int, width: int, *, is_open: bool) -> Iterator[RenderedLine]:
    marker = ("▾ " if is_open else "▸ ") if line.below else "  "
    indent = " " + "  " * min(depth, _DEEPEST)
    rows = _rows(line, column, width - cells(indent) - 2, heading=_is_heading(line, depth))
    for number, spans in enumerate(rows):
        prefix = (indent + (marker if number == 0 else "  "), "muted")
        yield RenderedLine(line.key, (prefix, *spans), can_open=number == 0 and bool(line.below), is_open=is_open)


def _rows(line: OutlineNode, column: int, room: int, *, heading: bool) -> Iterator[Spans]:
    """Name and text side by side; below each other where the name is wider than its column, or would break an id.

    Nothing is cut.
    """
    name, name_tone = shorten(line.name), "strong" if heading else "muted"
    column = cells(name) if heading else column
    pad = column + 2 if column else 0
    is_broken = room - pad < max(map(cells, shorten(line.text).split(" "))) <= room - 2
    if not line.text or cells(name) > column or room - pad < _LEAST_TEXT or is_broken:
        yield from (((part, name_tone),) for part in wrap(name, max(room, 2)))
        name, pad = "", 2
    if line.text:
        lead = fit_exact(name, pad)
        for part in _wrapped(shorten(line.text), max(room - pad, 2)):
            yield ((lead, name_tone), (part, line.tone.name.lower()))
            lead = " " * pad


def _wrapped(text: str, width: int) -> Iterator[str]:
    """The text in lines that all keep its indentation, as far as there is room for that."""
    words = text.lstrip(" ")
    indent = " " * min(len(text) - len(words), width // 2)
    return (indent + part for part in wrap(words, width - len(indent)))


def _is_heading(line: OutlineNode, depth: int) -> bool:
    return bool(line.below) and depth == 0


def blank() -> RenderedLine:
    """An empty line."""
    return RenderedLine("", (("", Tone.PLAIN.name.lower()),))
