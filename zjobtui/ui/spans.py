"""Lines of text with a style name for each part, and which cells of a line differ from those drawn before."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

Span: TypeAlias = tuple[str, str]
"""A text and the name of its style."""

Spans: TypeAlias = tuple[Span, ...]

FLAT = frozenset({"", "key", "plain", "muted", "good", "waiting", "attention", "bad", "strong", "stale"})
"""Styles that change nothing but the letters themselves, so that a blank looks the same in each."""

GAP = 6
"""Equal cells between two changes that are sent again rather than jumped over: a jump costs as many bytes."""


def strip_of(spans: Spans, width: int, style: Callable[[str], Style], fill: str = "") -> Strip:
    """The spans as a strip of just `width` cells, the rest filled in the style `fill`."""
    segments = [Segment(text, style(name)) for text, name in spans]
    return Strip(segments, length_of(spans)).adjust_cell_length(width, style(fill))


def length_of(spans: Iterable[Span]) -> int:
    """Return the cells that the spans take, by the rule of `wording/cells.py`."""
    return sum(cell_len(text) for text, _ in spans)


def fitted(text: str, width: int) -> str:
    """The text in just `width` cells as the terminal counts them, with an ellipsis where it is cut."""
    if cell_len(text) > width > 0:
        return set_cell_size(text, width - 1) + "…"
    return set_cell_size(text, width)


def within(spans: Spans, width: int) -> Spans:
    """The spans in at most `width` cells, with an ellipsis where more than blanks is cut."""
    room = width
    for place, (text, name) in enumerate(spans):
        if cell_len(text) >= room:
            whole = "".join((text, *(more for more, _ in spans[place + 1 :]))).rstrip()
            return (*spans[:place], (fitted(whole, room), name)) if room > 0 else spans[:place]
        room -= cell_len(text)
    return spans


def changed_regions(old: Spans, new: Spans, y: int) -> list[Region]:
    """The parts of line `y` whose cells differ between two versions of it."""
    before, after = _by_cell(old), _by_cell(new)
    longest = max(len(before), len(after))
    before += [_NOTHING] * (longest - len(before))
    after += [_NOTHING] * (longest - len(after))
    differing = [x for x in range(longest) if before[x] != after[x]]
    return [Region(start, y, end - start + 1, 1) for start, end in _joined(differing)]


_NOTHING = ("", "")


def _by_cell(spans: Spans) -> list[Span]:
    """What each cell shows: of a blank no style that is not seen.

    The halves of a wide character differ, so that a change never begins or ends within one.
    """
    by_cell: list[Span] = []
    width = 0
    for character, name in ((character, name) for text, name in spans for character in text):
        own = 1 if character.isascii() else cell_len(character)
        if own:
            width = own
            seen = "" if character == " " and name in FLAT else name
            by_cell += [(character, seen), (f"{character}…", name)][:own]
        else:
            marked = len(by_cell) - width
            by_cell[marked:] = [(f"{shown}{character}", name) for shown, _ in by_cell[marked:]]
    return by_cell


def _joined(positions: Sequence[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for x in positions:
        if ranges and x - ranges[-1][1] <= GAP:
            ranges[-1] = (ranges[-1][0], x)
        else:
            ranges.append((x, x))
    return ranges
