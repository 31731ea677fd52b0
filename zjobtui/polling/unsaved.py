"""What the changes that are not on disk come to, for the user and for the log."""

from collections.abc import Iterable
from operator import attrgetter

from msgspec import Struct

from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import READ_FIELDS, WRITTEN_FIELDS, Change

_written = attrgetter(*WRITTEN_FIELDS)


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
