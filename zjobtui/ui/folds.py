"""Folded batches: each is one row of the list, that of its first job."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from zjobtui.formatting.batches import TimeLeft
from zjobtui.models.batches import BatchProgress
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.batch_row import CommonWidths, batch_row, common_widths, times_text
from zjobtui.ui.columns import MARK_SIGN, UNREAD_SIGN
from zjobtui.ui.styled_line import Spans

FOLD_SIGN = "▸"
"""Before a batch that is one row."""


class Folds:
    """The folded batches, by the job in whose row each is."""

    def __init__(self, batches: Mapping[JobRef, BatchProgress] | None = None) -> None:
        self._batches = batches or {}

    def __bool__(self) -> bool:
        return bool(self._batches)

    @property
    def batches(self) -> Collection[BatchProgress]:
        """The batches."""
        return self._batches.values()

    @cached_property
    def common_widths(self) -> CommonWidths:
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
        line = batch_row(batch, times, width - 3, self.common_widths)
        return ((sign, "key"), (f"{FOLD_SIGN} ", "strong"), *line)

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
