"""A batch in one line: its name, its number of jobs, and as much as fits of counts, times and a bar."""

from collections.abc import Mapping

from rich.cells import cell_len

from zjobtui.formatting.batches import TimeLeft, progress_bar, range_text
from zjobtui.formatting.job import TONES
from zjobtui.formatting.symbols import GLYPHS, WORDS
from zjobtui.models.batches import BatchProgress
from zjobtui.models.durations import format_duration
from zjobtui.models.verdict import Kind
from zjobtui.models.why import stepped
from zjobtui.ui.styled_line import Spans, cell_length, fit_exact

_URGENT = (Kind.FAILED, Kind.ATTENTION)

_LONGEST_NAME, _SHORTEST_BAR, _LONGEST_BAR = 30, 6, 30
"""Cells of the name and of the bar."""


def batch_row(progress: BatchProgress, times: str, width: int) -> Spans:
    """Return a batch in at most `width` cells; `times` is that of `times_text`."""
    number = f" {progress.ended:,}/{progress.total:,}"
    name_width = min(cell_len(progress.name), _LONGEST_NAME)
    room = width - cell_len(number) - name_width - 1
    counts, urgent = count_spans(progress.counts), count_spans({kind: progress.counts[kind] for kind in _URGENT})
    candidates = ((*counts, (f"  {times}", "muted")), counts, urgent)
    rest = next((spans for spans in candidates if cell_length(spans) <= room), ())
    bar_width = min(room - cell_length(rest) - 1, _LONGEST_BAR)
    bar = ((" ", "plain"), *bar_spans(progress, bar_width)) if bar_width >= _SHORTEST_BAR else ()
    name = fit_exact(progress.name, min(name_width, max(width - cell_len(number), 0)))
    return ((name, "strong"), *bar, (number, "plain"), *rest)


def bar_spans(progress: BatchProgress, width: int) -> Spans:
    """Return a bar of `width` cells in which what has ended has the colours of its verdicts, as far as cells go."""
    text, ended, at = progress_bar(progress.ended, progress.total, width), 0, 0
    spans = []
    for kind in Kind:
        if kind is not Kind.RUNNING and progress.counts[kind]:
            ended += progress.counts[kind]
            end = -(-ended * width // progress.total)
            spans.append((text[at:end], TONES[kind].name.lower()))
            at = end
    return (*spans, (text[at:], "muted"))


def count_spans(counts: Mapping[Kind, int], *, in_words: bool = False) -> Spans:
    """Return the numbers by verdict with their glyphs, without zeros."""
    return tuple(
        (f"  {GLYPHS[kind]} {number:,}{f' {WORDS[kind]}' if in_words else ''}", TONES[kind].name.lower())
        for kind, number in counts.items()
        if number
    )


def times_text(progress: BatchProgress, time_left: TimeLeft, now: float) -> str:
    """Return elapsed time, in steps, and time left; of a batch that has ended, how long it took.

    How many of its jobs are stale comes first.
    """
    if progress.has_ended:
        return f"took {format_duration(progress.elapsed(now))}"
    stale = f"{number:,} stale · " if (number := progress.stale(now)) else ""
    left = f" · {range_text(*time_left)} left" if time_left is not None else ""
    return f"{stale}{stepped(progress.elapsed(now))}{left}"
