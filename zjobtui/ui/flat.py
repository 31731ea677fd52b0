"""An outline as the lines of a pane: what is open unfolded, long texts wrapped, names in a column; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from zjobtui.ui.spans import Spans, fitted
from zjobtui.wording.cells import cells, wrap
from zjobtui.wording.outline import Line, Tone

_NAME_LIMIT = 24
_LEAST_TEXT = 16
_WRAP_LIMIT = 40


@dataclass(frozen=True, slots=True)
class FlatLine:
    """A line of the pane: the key of what it belongs to, whether that can be opened or is open, and its spans."""

    key: str
    spans: Spans
    can_open: bool = False
    is_open: bool = False


def flat(lines: Iterable[Line], opened: Mapping[str, bool], width: int, depth: int = 0) -> Iterator[FlatLine]:
    """The outline in lines of `width` cells; `opened` holds what a person has opened or closed."""
    siblings = tuple(lines)
    names = [cells(line.name) for line in siblings if line.text and not _is_heading(line, depth)]
    column = min(max(names, default=0), _NAME_LIMIT, max(4, width - _LEAST_TEXT - 2 * depth))
    for line in siblings:
        is_open = bool(line.below) and opened.get(line.key, line.is_open)
        yield from _flat_one(line, column, depth, width, is_open=is_open)
        if is_open:
            yield from flat(line.below, opened, width, depth + 1)


def paragraph(key: str, text: str, tone: str, width: int) -> Iterator[FlatLine]:
    """A text over as many lines as it needs."""
    return (FlatLine(key, ((f" {part}", tone),)) for part in wrap(text, max(width - 2, 1)))


def _flat_one(line: Line, column: int, depth: int, width: int, *, is_open: bool) -> Iterator[FlatLine]:
    marker = ("▾ " if is_open else "▸ ") if line.below else "  "
    heading = _is_heading(line, depth)
    name = line.name if heading else fitted(line.name, column)
    prefix = f" {'  ' * depth}{marker}"
    room = width - cells(prefix) - cells(name) - 3
    parts = wrap(line.text, max(room, _LEAST_TEXT))[:_WRAP_LIMIT] if line.text else [""]
    name_tone = "strong" if heading else "muted"
    first = ((prefix, "muted"), (f"{name}  ", name_tone), (parts[0], line.tone.name.lower()))
    yield FlatLine(line.key, first, can_open=bool(line.below), is_open=is_open)
    pad = " " * (cells(prefix) + cells(name) + 2)
    for part in parts[1:]:
        yield FlatLine(line.key, ((pad, "plain"), (part, line.tone.name.lower())))


def _is_heading(line: Line, depth: int) -> bool:
    return bool(line.below) and depth == 0


def blank() -> FlatLine:
    """An empty line."""
    return FlatLine("", (("", Tone.PLAIN.name.lower()),))
