"""A batch in one line: its name, its number of jobs, and as much as fits of counts, times and a bar."""

from collections.abc import Collection, Mapping

from msgspec import Struct
from rich.cells import cell_len

from zjobtui.formatting.batches import TimeLeft, count_bar, range_text, took_text
from zjobtui.formatting.job import VERDICT_TONES
from zjobtui.formatting.symbols import GLYPHS, WORDS
from zjobtui.models.batches import BatchProgress
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.why import stepped
from zjobtui.ui.styled_line import Spans, cell_length, fit_exact

_URGENT = (VerdictKind.FAILED, VerdictKind.ATTENTION)

_LONGEST_NAME, _SHORTEST_NAME, _SHORTEST_BAR, _LONGEST_BAR = 30, 12, 6, 30
"""Cells of the name and of the bar."""

_TIMES_WIDTH = 22
"""Cells reserved for the times before the bar gets more than its minimum: `1m50s · 30s–1m15s left`."""


class CommonWidths(Struct, frozen=True):
    """Widths of the parts that line up the rows of several batches: name, number of jobs, number by verdict."""

    name: int
    number: int
    counts: Mapping[VerdictKind, int]


def common_widths(batches: Collection[BatchProgress]) -> CommonWidths:
    """Return the widths that names and numbers of all these batches fit in; a verdict without jobs has no width."""
    counts = {kind: max((batch.counts[kind] for batch in batches), default=0) for kind in VerdictKind}
    return CommonWidths(
        min(max((cell_len(batch.name) for batch in batches), default=0), _LONGEST_NAME),
        max((len(_number(batch)) - (_SHORTEST_BAR if batch.whole else 0) for batch in batches), default=0),
        {kind: len(f"{number:,}") for kind, number in counts.items() if number},
    )


def batch_row(progress: BatchProgress, times: str, width: int, common: CommonWidths | None = None) -> Spans:
    """Return a batch in at most `width` cells; `times` is that of `times_text`.

    A batch of which a filter shows a part has the number of these jobs in place of a bar, which would be theirs alone.
    The name is cut before anything is left out. With `common` widths all parts line up with those of other batches, and
    the times are at the end, if all fits.
    """
    if common is not None and (lined_up := _lined_up(progress, times, width, common)):
        return lined_up
    number, full_name = _number(progress), min(cell_len(progress.name), _LONGEST_NAME)
    least_name = min(full_name, _SHORTEST_NAME)
    counts, urgent = count_spans(progress.counts), count_spans({kind: progress.counts[kind] for kind in _URGENT})
    candidates = ((*counts, (f"  {times}", "muted")), counts, (*urgent, (f"  {times}", "muted")), urgent)
    room = width - cell_len(number) - least_name
    rest = next((spans for spans in candidates if cell_length(spans) <= room), ())
    room -= cell_length(rest)
    least_bar = 0 if progress.whole or room <= _SHORTEST_BAR else _SHORTEST_BAR + 1
    name_width = min(full_name, least_name + max(0, room - least_bar))
    bar_width = min(room - (name_width - least_name) - 1, _LONGEST_BAR) if least_bar else 0
    bar = ((" ", "plain"), *batch_bar_spans(progress, bar_width)) if bar_width else ()
    name = fit_exact(progress.name, min(name_width, max(width - cell_len(number), 0)))
    return ((name, "strong"), *bar, (number, "plain"), *rest)


def _number(progress: BatchProgress) -> str:
    if progress.whole is not None:
        return f" {progress.total:,} of {progress.whole.total:,} shown"
    return f" {progress.ended:,}/{progress.total:,}"


def _lined_up(progress: BatchProgress, times: str, width: int, common: CommonWidths) -> Spans:
    """Return a batch in exactly `width` cells with all its parts; nothing if they do not fit."""
    numbers = ((kind, progress.counts[kind], digits) for kind, digits in common.counts.items())
    counts = tuple(
        (f"  {GLYPHS[kind]} {number:>{digits},}" if number else " " * (digits + 4), VERDICT_TONES[kind].name.lower())
        for kind, number, digits in numbers
    )
    room = width - common.number - cell_length(counts) - 1
    others = _SHORTEST_BAR + 2 + max(_TIMES_WIDTH, cell_len(times))
    name_width = max(min(common.name, room - others), min(common.name, _SHORTEST_NAME))
    room -= name_width
    bar_width = max(min(room - _TIMES_WIDTH - 2, _LONGEST_BAR), _SHORTEST_BAR)
    gap = room - bar_width - cell_len(times)
    if gap <= 1:
        return ()
    name, number = fit_exact(progress.name, name_width), _number(progress)
    if progress.whole is not None:
        begin: Spans = ((" " + number.rjust(bar_width + common.number), "plain"),)
    else:
        begin = ((" ", "plain"), *batch_bar_spans(progress, bar_width), (number.rjust(common.number), "plain"))
    return ((name, "strong"), *begin, *counts, (" " * gap + times, "muted"))


def batch_bar_spans(progress: BatchProgress, width: int) -> Spans:
    """Return a bar of `width` cells; the part of the ended jobs has the colours of their verdicts."""
    text, ended, at = count_bar(progress.ended, progress.total, width), 0, 0
    spans = []
    for kind in VerdictKind:
        if kind is not VerdictKind.RUNNING and progress.counts[kind]:
            ended += progress.counts[kind]
            end = -(-ended * width // progress.total)
            spans.append((text[at:end], VERDICT_TONES[kind].name.lower()))
            at = end
    return (*spans, (text[at:], "muted"))


def count_spans(counts: Mapping[VerdictKind, int], *, in_words: bool = False) -> Spans:
    """Return the numbers by verdict with their glyphs, without zeros."""
    return tuple(
        (f"  {GLYPHS[kind]} {number:,}{f' {WORDS[kind]}' if in_words else ''}", VERDICT_TONES[kind].name.lower())
        for kind, number in counts.items()
        if number
    )


def times_text(progress: BatchProgress, time_left: TimeLeft, now: float) -> str:
    """Return elapsed time, in steps, and time left; of a batch that has ended, how long it took.

    How many of its jobs are stale comes first. Of a batch of which a filter shows a part, nothing is returned.
    """
    if progress.whole is not None:
        return ""
    if progress.has_ended:
        return took_text(progress, now)
    stale = f"{number:,} stale · " if (number := progress.stale(now)) else ""
    left = f" · {range_text(*time_left)} left" if time_left is not None else ""
    return f"{stale}{stepped(progress.elapsed(now))}{left}"
