"""Lines of text with a style name for each part."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import takewhile
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_TOKEN = re.compile(r"[^\s,()]+")
_LINK = "\n"
"""Separates the name of a style and a URL; no name contains it, and no URL of `zuora_links` does."""

Span: TypeAlias = tuple[str, str]
"""A text and the name of its style, which may be followed by a URL; see `link_spans`."""

Spans: TypeAlias = tuple[Span, ...]


def to_strip(spans: Spans, width: int, style: Callable[[str], Style], fill: str = "") -> Strip:
    """Return the spans as a strip of exactly `width` cells, the rest filled in the style `fill`."""
    segments = [Segment(text, style(name)) for text, name in spans]
    return Strip(segments, cell_length(spans)).adjust_cell_length(width, style(fill)).simplify()


def link_spans(spans: Spans, urls: Mapping[str, str]) -> Spans:
    """Return the spans with each word that is a key of `urls` as a span of its own, which links to the URL."""
    return tuple(part for span in spans for part in _link_span(*span, urls))


def _link_span(text: str, name: str, urls: Mapping[str, str]) -> Iterator[Span]:
    end = 0
    for match in _TOKEN.finditer(text):
        if (url := urls.get(match.group())) is not None:
            if match.start() > end:
                yield text[end : match.start()], name
            yield match.group(), f"{name}{_LINK}{url}"
            end = match.end()
    if end < len(text) or not text:
        yield text[end:], name


def split_link(name: str) -> tuple[str, str]:
    """Return the name of a style and the URL of a link, "" if there is none."""
    style, _, url = name.partition(_LINK)
    return style, url


def cell_length(spans: Iterable[Span]) -> int:
    """Return the number of cells of the spans, by the same rule as `formatting/text_width.py`."""
    return sum(cell_len(text) for text, _ in spans)


def changed_cells(old: Spans, new: Spans) -> range:
    """Return the cells from the first to the last span in which two lines differ; none starts with a combining mark."""
    start = cell_length(same for same, _ in takewhile(_is_pair, zip(old, new, strict=False)))
    before, now = cell_length(old), cell_length(new)
    if before != now:
        return range(start, max(before, now))
    same_end = takewhile(_is_pair, zip(reversed(old), reversed(new), strict=False))
    return range(start, now - cell_length(same for same, _ in same_end))


def _is_pair(spans: tuple[Span, Span]) -> bool:
    return spans[0] == spans[1]


def fit_exact(text: str, width: int) -> str:
    """Return the text in exactly `width` cells, with an ellipsis if it is cut."""
    if cell_len(text) > width > 0:
        kept = set_cell_size(text, width - 1)
        return kept + (" " if kept.rstrip().endswith("…") else "…")
    return set_cell_size(text, width)


def truncate(spans: Spans, width: int) -> Spans:
    """Return the spans in at most `width` cells, with an ellipsis if more than blanks is cut."""
    room = width
    for place, (text, name) in enumerate(spans):
        if cell_len(text) >= room:
            whole = "".join((text, *(rest for rest, _ in spans[place + 1 :]))).rstrip()
            return (*spans[:place], (fit_exact(whole, room), name)) if room > 0 else spans[:place]
        room -= cell_len(text)
    return spans
