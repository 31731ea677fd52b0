"""Edits of this window: the jobs that it removed, and what the edits that are not on disk come to.

Removed jobs are kept for when they come back, and for a store whose file was replaced.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from msgspec import Struct

from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import READ_FIELDS, WRITTEN_FIELDS, Change, Watchlist, merge_job

KEPT = 1_000
"""Removed jobs that are kept once their removal is stored, the last ones; the store has all of them."""

_written = attrgetter(*WRITTEN_FIELDS)


class RemovedJobs:
    """The jobs that this window removed, as they were then, until they come back; `now` is seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._removed: dict[JobRef, tuple[WatchedJob, Event]] = {}

    def update(self, change: Change) -> None:
        """Keep the jobs that a change removes, and forget those that it adds."""
        removals = change.removals
        self._removed |= {watch.job: (watch, removals[watch.job]) for watch in change.removed}
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
        """Return the watchlist, and the jobs not on it that this window removed or has uncommitted changes of.

        How and when another window removed the latter is not known: they count as removed now.
        """
        removed = dict(self._removed)
        for change in uncommitted:
            for watch in (*change.added, *change.annotated, *(observed.watch for observed in change.observed)):
                if watch.job not in watchlist.watches:
                    removal = Event(watch.job, self._now(), EventKind.REMOVED, "")
                    removed.setdefault(watch.job, (watch, removal))
        watches, events = zip(*removed.values(), strict=True) if removed else ((), ())
        return Change(watchlist, removed=watches, events=events)


class Unsaved(Struct, frozen=True):
    """Jobs with edits of the user that are not on disk: those that were added, changed, and removed or archived."""

    added: tuple[WatchedJob, ...] = ()
    changed: tuple[WatchedJob, ...] = ()
    removed: tuple[WatchedJob, ...] = ()


class _Edited(Struct):
    """A job over its edits: whether it is in the stored watchlist, is on the list now, and differs from what is stored.

    `removed` is the job as it was stored, if the first edit removed it.
    """

    watch: WatchedJob
    is_stored: bool
    is_listed: bool = True
    is_annotated: bool = False
    removed: WatchedJob | None = None

    @property
    def has_changed(self) -> bool:
        """Whether a listed job differs from what is stored."""
        is_rewritten = self.removed is not None and _written(self.removed) != _written(self.watch)
        return self.is_listed and (self.is_annotated or is_rewritten)


def unsaved_ids(changes: Iterable[Change]) -> str:
    """Return the jobs that uncommitted changes edit, for the log."""
    edited = (watch.job for change in changes for watch in (*change.added, *change.removed, *change.annotated))
    return ", ".join(f"{job.tenant}/{job.id.given}" for job in dict.fromkeys(edited)) or "observations"


def net_unsaved(changes: Iterable[Change]) -> Unsaved:
    """Return what differs from the stored watchlist after these uncommitted changes, oldest first.

    A job that was added and then removed does not differ, nor does one that was removed and restored as it was.
    """
    edited: dict[JobRef, _Edited] = {}
    for change in changes:
        for watch in change.removed:
            job = edited.setdefault(watch.job, _Edited(watch, is_stored=True, removed=watch))
            job.is_listed = False
        for watch in change.added:
            job = edited.setdefault(watch.job, _Edited(watch, is_stored=False))
            job.watch, job.is_listed = watch, True
        for watch in change.annotated if change.fields != READ_FIELDS else ():
            job = edited.setdefault(watch.job, _Edited(watch, is_stored=True))
            job.watch, job.is_annotated = watch, True
    return Unsaved(
        tuple(job.watch for job in edited.values() if not job.is_stored and job.is_listed),
        tuple(job.watch for job in edited.values() if job.is_stored and job.has_changed),
        tuple(job.watch for job in edited.values() if job.is_stored and not job.is_listed),
    )
