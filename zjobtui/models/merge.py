"""Merge imported jobs into a watchlist without overwriting what is known here."""

from collections.abc import Callable, Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.models.history import Event, EventKind, History
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Success
from zjobtui.models.watched_job import WatchedJob, observation_order
from zjobtui.models.watchlist import Change, ObservedJob, Watchlist, fill_annotations, with_annotations


class ImportedJob(Struct, frozen=True):
    """A job from another watchlist, with its last response and its history if they are included.

    `removal` is the event of its removal or archiving if it is not on that list.
    """

    watch: WatchedJob
    response: Success | None = None
    timeline: History = ()
    removal: Event | None = None


class Merged(Struct, frozen=True):
    """The change, and how many jobs were new, merged, already known, or skipped since they were removed here."""

    change: Change
    new: int
    merged: int
    known: int
    skipped: int


LocalHistory = Callable[[JobRef], tuple[Success | None, History]]
"""Returns the last response and the history that are stored here of a job."""


def merge(
    watchlist: Watchlist, jobs: Iterable[ImportedJob], removed: Collection[JobRef], stored: LocalHistory, now: float
) -> Merged:
    """Merge imported jobs into a watchlist, at `now` (seconds since the epoch, UTC).

    Annotations here are kept. A final observation wins over one that is not final, otherwise the later one wins; one
    that is later than `now` does not count as later. Jobs that were removed from this list (`removed`) stay removed.
    New jobs that left the other list are removed or archived here, too.
    """
    imported = {job.watch.job: job for job in jobs}
    new = [job for ref, job in imported.items() if ref not in watchlist.watches and ref not in removed]
    joined = [_join(watch, imported[watch.job], stored, now) for watch in watchlist if watch.job in imported]
    changes = [_added(new), *(change for change in joined if change.must_commit_now or change.observed)]
    watches = {**watchlist.watches, **{watch.job: watch for change in changes for watch in change.watchlist}}
    whole = Change(
        Watchlist(watches),
        added=changes[0].added,
        removed=changes[0].removed,
        annotated=tuple(watch for change in changes for watch in change.annotated),
        observed=tuple(observed for change in changes for observed in change.observed),
        events=tuple(event for change in changes for event in change.events),
    )
    merged = len(changes) - 1
    return Merged(whole, len(new), merged, len(joined) - merged, len(imported) - len(new) - len(joined))


def _added(new: list[ImportedJob]) -> Change:
    return Change(
        Watchlist({job.watch.job: job.watch for job in new if job.removal is None}),
        added=tuple(job.watch for job in new),
        removed=tuple(job.watch for job in new if job.removal is not None),
        observed=tuple(ObservedJob(job.watch, job.response) for job in new if job.response),
        events=tuple(event for job in new for event in _timeline(job)),
    )


def _timeline(job: ImportedJob) -> History:
    """Return the history of a new job, at least that it was added, and how it left the other list."""
    watch, removal = job.watch, job.removal
    timeline = job.timeline or (Event(watch.job, watch.added_at, EventKind.ADDED, watch.added_by),)
    return timeline if removal is None or removal in timeline else (*timeline, removal)


def _join(ours: WatchedJob, imported: ImportedJob, stored: LocalHistory, now: float) -> Change:
    """Return the change of one job that is here already."""
    theirs = imported.watch
    written = fill_annotations(ours, theirs)
    is_later = observation_order(theirs, now) > observation_order(ours, now)
    later = replace(with_annotations(theirs, written), job=ours.job, added_at=ours.added_at, added_by=ours.added_by)
    watch = later if is_later else written
    response, timeline = stored(ours.job) if imported.response or is_later else (None, ())
    has_answer = imported.response is not None and (
        is_later or (response is None and imported.response.at == watch.last_answer_at)
    )
    last = max((event.at for event in timeline), default=ours.added_at)
    return Change(
        Watchlist({watch.job: watch}),
        annotated=(watch,) if written != ours else (),
        observed=(ObservedJob(watch, imported.response if has_answer else None),) if is_later or has_answer else (),
        events=tuple(event for event in imported.timeline if event.at > last) if is_later or has_answer else (),
    )
