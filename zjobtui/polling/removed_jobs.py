"""What this window knows of jobs that it removed: for when they come back, and for a store whose file was replaced."""

from collections.abc import Callable, Iterable, Sequence

from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Watchlist, merge_job

KEPT = 1_000
"""Jobs that are kept once their removal is stored, the last ones; the store has all of them."""


class RemovedJobs:
    """The jobs that this window removed, as they were then, until they come back; `now` is seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._removed: dict[JobRef, tuple[WatchedJob, Event]] = {}

    def update(self, change: Change) -> None:
        """Keep the jobs that a change removes, and forget those that it adds."""
        removals = {event.job: event for event in change.events}
        for watch in change.removed:
            self._removed[watch.job] = watch, removals.get(watch.job) or self._removal(watch)
        self.forget(change.added)

    def forget(self, watches: Iterable[WatchedJob]) -> None:
        """Forget jobs that have come back."""
        for watch in watches:
            self._removed.pop(watch.job, None)

    def trim(self) -> None:
        """Keep only the last `KEPT` jobs; to be called while all removals are stored."""
        for job in tuple(self._removed)[:-KEPT]:
            del self._removed[job]

    def recall(
        self,
        jobs: Iterable[JobRef],
        undone: Iterable[WatchedJob],
        stored: Iterable[WatchedJob],
        uncommitted: Iterable[Change],
    ) -> tuple[WatchedJob, ...]:
        """Return what is known of jobs that come back: by this window, by the steps `undone`, and by the store.

        A job whose removal is among the `uncommitted` changes is as this window knows it: the store has less of it.
        """
        wanted = dict.fromkeys(jobs)
        own = {watch.job: watch for watch in undone} | {
            job: self._removed[job][0] for job in wanted if job in self._removed
        }
        pending = {watch.job for change in uncommitted for watch in change.removed}
        theirs = {watch.job: watch for watch in stored if watch.job not in pending or watch.job not in own}
        both = {job: merge_job(own[job], theirs[job], self._now()) for job in own.keys() & theirs.keys()}
        known = own | theirs | both
        return tuple(known[job] for job in wanted if job in known)

    def as_known(self, watchlist: Watchlist, uncommitted: Sequence[Change]) -> Change:
        """Return the watchlist, and the jobs not on it that this window removed or has uncommitted changes of."""
        removed = dict(self._removed)
        for change in uncommitted:
            for watch in (*change.added, *change.annotated, *(observed.watch for observed in change.observed)):
                if watch.job not in watchlist.watches:
                    removed.setdefault(watch.job, (watch, self._removal(watch)))
        watches, events = zip(*removed.values(), strict=True) if removed else ((), ())
        return Change(watchlist, removed=watches, events=events)

    def _removal(self, watch: WatchedJob) -> Event:
        return Event(watch.job, self._now(), EventKind.REMOVED, "")
