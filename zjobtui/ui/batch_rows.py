"""Batches in one line each (name, number of jobs, and as much as fits of counts, times and a bar); folded batches."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from msgspec import Struct
from rich.cells import cell_len

from zjobtui.formatting.batches import TimeLeft, count_bar, range_text, took_text
from zjobtui.formatting.job import VERDICT_TONES
from zjobtui.formatting.symbols import GLYPHS, WORDS
from zjobtui.models.batches import BatchProgress
from zjobtui.models.durations import stepped
from zjobtui.models.job import JobRef
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.columns import MARK_SIGN, UNREAD_SIGN
from zjobtui.ui.styled_line import Spans, cell_length, fit_exact

_FOLD_SIGN = "▸"
"""Before a batch that is one row of the list."""

_URGENT = (VerdictKind.FAILED, VerdictKind.ATTENTION)

_DOT = " · "

_LONGEST_NAME, _SHORTEST_NAME, _SHORTEST_BAR, _LONGEST_BAR = 30, 11, 6, 30
"""Cells of the name and of the bar."""

_TIMES_WIDTH, _LEAST_TIMES = 22, 5
"""Cells reserved for the times, so that nothing moves as they change: `1m50s · 30s–1m15s left`; and the fewest."""


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
        max((len(_number(batch)) for batch in batches), default=0),
        {kind: len(f"{number:,}") for kind, number in counts.items() if number},
    )


class _Layout(Struct, frozen=True):
    """The widths of name, bar and times, and the verdicts whose counts are shown: the same for rows that line up."""

    name: int
    bar: int
    times: int
    kinds: Collection[VerdictKind]


def _layout(width: int, common: CommonWidths) -> _Layout:
    """Return what fits: the name is cut before anything is left out, first the bar, then the times, then counts."""
    least_name = min(common.name, _SHORTEST_NAME, max(width - common.number, 0))
    room = width - common.number - least_name
    everything = tuple(common.counts)
    choices = (everything, tuple(kind for kind in everything if kind in _URGENT), ())
    kinds = next(kinds for kinds in choices if _counts_width(kinds, common) <= room or not kinds)
    room -= _counts_width(kinds, common)
    times = min(_TIMES_WIDTH, room - 2)
    times = times if kinds == everything and times >= _LEAST_TIMES else 0
    room -= times + 2 if times else 0
    least_bar = _SHORTEST_BAR + 1 if room > _SHORTEST_BAR else 0
    name = least_name + max(0, min(common.name - least_name, room - least_bar))
    bar = min(room - (name - least_name) - 1, _LONGEST_BAR) if least_bar else 0
    return _Layout(name, bar, times, kinds)


def _counts_width(kinds: Iterable[VerdictKind], common: CommonWidths) -> int:
    return sum(common.counts[kind] + 4 for kind in kinds)


def batch_row(progress: BatchProgress, times: str, width: int, common: CommonWidths) -> Spans:
    """Return a batch in at most `width` cells; `times` is that of `times_text`.

    All parts line up with those of other batches with these `common` widths, and the times are at the end. A batch of
    which a filter shows a part has the number of these jobs in place of a bar, which would be theirs alone.
    """
    layout = _layout(width, common)
    name, number = fit_exact(progress.name, layout.name), _number(progress)
    if layout.bar and progress.whole is None:
        bar: Spans = ((" ", "plain"), *batch_bar_spans(progress, layout.bar), (number.rjust(common.number), "plain"))
    else:
        bar = ((number.rjust(common.number + (layout.bar + 1 if layout.bar else 0)), "plain"),)
    numbers = ((kind, progress.counts[kind], common.counts[kind]) for kind in layout.kinds)
    counts = tuple(
        (f"  {GLYPHS[kind]} {number:>{digits},}" if number else " " * (digits + 4), VERDICT_TONES[kind].name.lower())
        for kind, number, digits in numbers
    )
    row: Spans = ((name, "strong"), *bar, *counts)
    while cell_len(times) > layout.times:
        times = times.rpartition(_DOT)[0]
    return (*row, (times.rjust(width - cell_length(row)), "muted")) if layout.times else row


def _number(progress: BatchProgress) -> str:
    if progress.whole is not None:
        return f" {progress.total:,} of {progress.whole.total:,} shown"
    return f" {progress.ended:,}/{progress.total:,}"


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
    stale = f"{number:,} stale" if (number := progress.stale(now)) else ""
    left = f"{range_text(*time_left)} left" if time_left is not None else ""
    return _DOT.join(part for part in (stale, stepped(progress.elapsed(now)), left) if part)


class Folds:
    """The folded batches: each is one row of the list, that of its first job."""

    def __init__(self, batches: Mapping[JobRef, BatchProgress] | None = None) -> None:
        self._batches = batches or {}

    def __bool__(self) -> bool:
        return bool(self._batches)

    @property
    def batches(self) -> Collection[BatchProgress]:
        """The batches."""
        return self._batches.values()

    @cached_property
    def _common_widths(self) -> CommonWidths:
        """The widths with which the rows of the batches line up."""
        return common_widths(self._batches.values())

    def render(
        self, batch: BatchProgress, time_left: TimeLeft, now: float, width: int, marked: Collection[JobRef]
    ) -> Spans:
        """Return the row of a folded batch, starting with the signs for marked or unread, and for folded."""
        if all(watch.job in marked for watch in batch.jobs):
            sign = MARK_SIGN
        else:
            sign = UNREAD_SIGN if any(watch.is_unread for watch in batch.jobs) else " "
        times = times_text(batch, time_left, now)
        line = batch_row(batch, times, width - 3, self._common_widths)
        return ((sign, "key"), (f"{_FOLD_SIGN} ", "strong"), *line)

    def batch_of(self, row: WatchedJob | None) -> BatchProgress | None:
        """Return the batch in the row of this job; None if that is the row of the job alone."""
        return self._batches.get(row.job) if self._batches and row is not None else None

    def jobs_of_row(self, row: WatchedJob) -> tuple[WatchedJob, ...]:
        """Return the jobs of a row: one, or those of a folded batch."""
        batch = self.batch_of(row)
        return batch.jobs if batch is not None else (row,)

    def jobs_of_rows(self, rows: Iterable[WatchedJob]) -> Iterable[WatchedJob]:
        """Return the jobs of rows, in order."""
        return (job for row in rows for job in self.jobs_of_row(row)) if self._batches else rows

    def find_row(self, job: JobRef) -> JobRef:
        """Return the job in whose row a job is."""
        return next((row for row, batch in self._batches.items() if any(one.job == job for one in batch.jobs)), job)
