"""Layout of an outline as lines of a pane: open groups, wrapped text, names in a column; pure functions."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from zjobtui.formatting.outline import OutlineNode, Tone
from zjobtui.models.text import shorten
from zjobtui.models.text_width import cells, wrap
from zjobtui.ui.styled_line import Spans, fit_exact

_MAX_NAME_WIDTH = 24
_MIN_TEXT_WIDTH = 16
_MAX_INDENT_LEVELS = 12
"""Levels that are indented; deeper ones are not indented further, to keep room for text."""


class RenderedLine(Struct, frozen=True):
    """A line of the pane: the key of its node, whether it can be opened and is open, its spans, node and level."""

    key: str
    spans: Spans
    can_open: bool = False
    is_open: bool = False
    node: OutlineNode | None = None
    depth: int = 0


def render_outline(
    lines: Iterable[OutlineNode], opened: Mapping[str, bool], width: int, depth: int = 0
) -> Iterator[RenderedLine]:
    """Yield the outline in lines of `width` cells; `opened` has the groups that the user opened or closed."""
    siblings = tuple(lines)
    names = [cells(line.name) for line in siblings if line.text and not _is_heading(line, depth)]
    column = min(max(names, default=0), _MAX_NAME_WIDTH, max(4, width - _MIN_TEXT_WIDTH - 2 * depth))
    for line in siblings:
        is_open = bool(line.children) and opened.get(line.key, line.is_open)
        yield from _render_node(line, column, depth, width, is_open=is_open)
        if is_open:
            yield from render_outline(line.children, opened, width, depth + 1)


def wrap_paragraph(key: str, text: str, tone: str, width: int) -> Iterator[RenderedLine]:
    """Yield a text in as many lines as it needs."""
    node = OutlineNode(key, "", text)
    return (RenderedLine(key, ((f" {part}", tone),), node=node) for part in wrap(shorten(text), max(width - 2, 1)))


def _render_node(line: OutlineNode, column: int, depth: int, width: int, *, is_open: bool) -> Iterator[RenderedLine]:
    marker = ("▾ " if is_open else "▸ ") if line.children else "  "
    indent = " " + "  " * min(depth, _MAX_INDENT_LEVELS)
    rows = _node_rows(line, column, width - cells(indent) - 2, heading=_is_heading(line, depth))
    for number, spans in enumerate(rows):
        prefix = (indent + (marker if number == 0 else "  "), "muted")
        can_open = number == 0 and bool(line.children)
        yield RenderedLine(line.key, (prefix, *spans), can_open=can_open, is_open=is_open, node=line, depth=depth)


def _node_rows(line: OutlineNode, column: int, room: int, *, heading: bool) -> Iterator[Spans]:
    """Yield name and text side by side, or the text below the name if that is too wide or an id would be wrapped."""
    name, name_tone = shorten(line.name), "strong" if heading else "muted"
    column = cells(name) if heading else column
    pad = column + 2 if column else 0
    breaks_word = room - pad < max(map(cells, shorten(line.text).split(" "))) <= room - 2
    if not line.text or cells(name) > column or room - pad < _MIN_TEXT_WIDTH or breaks_word:
        yield from (((part, name_tone),) for part in wrap(name, max(room, 2)))
        name, pad = "", 2
    if line.text:
        prefix = fit_exact(name, pad)
        for part in _wrap_indented(shorten(line.text), max(room - pad, 2)):
            yield ((prefix, name_tone), (part, line.tone.name.lower()))
            prefix = " " * pad


def _wrap_indented(text: str, width: int) -> Iterator[str]:
    """Yield the text in lines that all keep its indentation, as far as there is room."""
    words = text.lstrip(" ")
    indent = " " * min(len(text) - len(words), width // 2)
    return (indent + part for part in wrap(words, width - len(indent)))


def _is_heading(line: OutlineNode, depth: int) -> bool:
    return bool(line.children) and depth == 0


def blank_line() -> RenderedLine:
    """Return an empty line."""
    return RenderedLine("", (("", Tone.PLAIN.name.lower()),))
