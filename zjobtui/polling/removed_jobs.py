"""What this window knows of jobs that it removed: for when they come back, and for a store whose file was replaced."""

from collections.abc import Callable, Iterable, Sequence

from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Watchlist


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

    def recall(
        self, jobs: Iterable[JobRef], stored: Iterable[WatchedJob], uncommitted: Iterable[Change]
    ) -> tuple[WatchedJob, ...]:
        """Return what is known of jobs that come back, of which the store has `stored`.

        A job whose removal is among the `uncommitted` changes is not among the removed ones of the store yet.
        """
        pending = {watch.job for change in uncommitted for watch in change.removed}
        recalled = {watch.job: watch for watch in stored}
        for job in jobs:
            if job in self._removed and (job in pending or job not in recalled):
                recalled[job] = self._removed[job][0]
        return tuple(recalled.values())

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
