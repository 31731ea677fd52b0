"""The batches of the newest watchlist, counted again only where jobs have changed."""

from collections.abc import Iterable
from math import inf

from zjobtui.models.batches import SMALLEST, BatchProgress, progress_of, time_until_95_percent
from zjobtui.models.diff import changed_pairs
from zjobtui.models.job import JobRef
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist

RANGE_SECONDS = 5.0
"""Seconds for which an estimated time is kept: estimating takes 50 ms of 5,000 jobs."""


class BatchTracker:
    """How far the batches of a watchlist are; `update` takes the next watchlist."""

    def __init__(self, watchlist: Watchlist) -> None:
        self._watchlist = Watchlist({})
        self._jobs: dict[str, dict[JobRef, WatchedJob]] = {}
        self._known: dict[str, BatchProgress] = {}
        self._ranges: dict[str, tuple[float, tuple[float, float] | None]] = {}
        self.update(watchlist)

    def update(self, watchlist: Watchlist) -> tuple[BatchProgress, ...]:
        """Take the next watchlist; return the batches whose last running job has ended since the one before.

        A batch whose last running job was removed is not returned, as for the notification.
        """
        before, self._watchlist = self._watchlist, watchlist
        if before is watchlist:
            return ()
        pairs = tuple(changed_pairs(before, watchlist))
        is_same = len(before) == len(watchlist) and all(old and old.batch == new.batch for old, new in pairs)
        if is_same:
            for _, new in pairs:
                if new.batch:
                    self._jobs[new.batch][new.job] = new
                    self._known.pop(new.batch, None)
        else:
            self._group()
        ended = dict.fromkeys(new.batch for old, new in pairs if old is not None and _has_ended(old, new))
        return tuple(batch for name in ended if (batch := self.get(name)) is not None and batch.has_ended)

    def get(self, name: str) -> BatchProgress | None:
        """Return the batch of this name; None if fewer than two jobs are in it."""
        jobs = self._jobs.get(name, {})
        if len(jobs) < SMALLEST:
            return None
        if name not in self._known:
            self._known[name] = progress_of(name, jobs.values())
        return self._known[name]

    def newest_first(self) -> tuple[BatchProgress, ...]:
        """Return the batches: those that are running first, then those that have ended, the newest of each first."""
        found = [batch for name in self._jobs if (batch := self.get(name)) is not None]
        found.reverse()  # of those that were added at the same time, the last one is the newest
        return tuple(sorted(found, key=lambda batch: (batch.has_ended, -batch.started_at)))

    def newest_running(self, tenant: str = "") -> BatchProgress | None:
        """Return the running batch that was added last, if a tenant is given, of those with jobs in it; else None."""
        return next((batch for batch in self.newest_first() if not batch.has_ended and batch.is_in(tenant)), None)

    def others(self) -> tuple[WatchedJob, ...]:
        """Return the jobs that are in no batch, in the order of adding."""
        alone = {name for name, jobs in self._jobs.items() if len(jobs) < SMALLEST}
        return tuple(watch for watch in self._watchlist if not watch.batch or watch.batch in alone)

    def time_left(self, batch: BatchProgress) -> tuple[float, float] | None:
        """Return the range of seconds until 95 % will have ended, as last estimated; None if it is not known."""
        return None if batch.has_ended else self._ranges.get(batch.name, (0.0, None))[1]

    def estimate(self, shown: Iterable[BatchProgress], now: float) -> None:
        """Estimate the time of one of the running batches shown, of that whose estimate is the oldest, if it is due."""
        running = [batch.name for batch in shown if not batch.has_ended and batch.name in self._jobs]
        name = min(running, key=lambda name: self._ranges.get(name, (-inf, None))[0], default=None)
        if name is None or 0 <= now - self._ranges.get(name, (-inf, None))[0] < RANGE_SECONDS:
            return
        jobs = self._jobs[name].values()
        self._ranges[name] = (now, time_until_95_percent(jobs, self._watchlist, now))

    def _group(self) -> None:
        self._jobs, self._known = {}, {}
        for watch in self._watchlist:
            if watch.batch:
                self._jobs.setdefault(watch.batch, {})[watch.job] = watch
        self._ranges = {name: known for name, known in self._ranges.items() if name in self._jobs}


def _has_ended(old: WatchedJob, new: WatchedJob) -> bool:
    return old.verdict.kind is VerdictKind.RUNNING and new.verdict.kind is not VerdictKind.RUNNING
