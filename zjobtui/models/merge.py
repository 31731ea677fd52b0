"""Takes jobs that were carried over from another watchlist into this one, without overwriting what is known here."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from zjobtui.models.history import Event, EventKind, History
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Success
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Observed, Watchlist


@dataclass(frozen=True, slots=True)
class ImportedJob:
    """A watch from elsewhere, with its last answer and its timeline where those came along."""

    watch: WatchedJob
    response: Success | None = None
    timeline: History = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """The change, and how many jobs were new, merged into what was here, known already, or taken off the list here."""

    change: Change
    new: int
    merged: int
    known: int
    off: int


LocalHistory = Callable[[JobRef], tuple[Success | None, History]]
"""The last answer and the timeline that are kept of a job here."""


def merge(watchlist: Watchlist, carried: Iterable[ImportedJob], off: Collection[JobRef], kept: LocalHistory) -> Merged:
    """What a person wrote here stands, and so does the later observation, a final one before any other.

    Jobs that somebody took off this list (`off`) stay off it.
    """
    given = {one.watch.job: one for one in carried}
    new = [one for job, one in given.items() if job not in watchlist.watches and job not in off]
    joined = [_join(watch, given[watch.job], kept) for watch in watchlist if watch.job in given]
    changes = [_added(new), *(change for change in joined if change.must_commit_now or change.observed)]
    watches = {**watchlist.watches, **{one.job: one for change in changes for one in change.watchlist}}
    whole = Change(
        Watchlist(watches),
        added=changes[0].added,
        annotated=tuple(one for change in changes for one in change.annotated),
        observed=tuple(one for change in changes for one in change.observed),
        entries=tuple(one for change in changes for one in change.entries),
    )
    merged = len(changes) - 1
    return Merged(whole, len(new), merged, len(joined) - merged, len(given) - len(new) - len(joined))


def _added(new: list[ImportedJob]) -> Change:
    watches = tuple(one.watch for one in new)
    entries = tuple(entry for one in new for entry in one.timeline or (_beginning(one.watch),))
    observed = tuple(Observed(one.watch, one.response) for one in new if one.response)
    return Change(Watchlist({one.job: one for one in watches}), added=watches, observed=observed, entries=entries)


def _beginning(watch: WatchedJob) -> Event:
    return Event(watch.job, watch.added_at, EventKind.ADDED, watch.added_by)


def _join(ours: WatchedJob, given: ImportedJob, kept: LocalHistory) -> Change:
    """One job that is here already, as a change of its own."""
    theirs = given.watch
    written = _with_their_words(ours, theirs)
    is_later = (theirs.is_final, theirs.last_call_at) > (ours.is_final, ours.last_call_at)
    watch = _with_our_words(theirs, written) if is_later else written
    response, timeline = kept(ours.job) if given.response or is_later else (None, ())
    has_answer = given.response is not None and (
        is_later or (response is None and given.response.at == watch.last_answer_at)
    )
    last = max((entry.at for entry in timeline), default=ours.added_at)
    return Change(
        Watchlist({watch.job: watch}),
        annotated=(watch,) if written != ours else (),
        observed=(Observed(watch, given.response if has_answer else None),) if is_later or has_answer else (),
        entries=tuple(entry for entry in given.timeline if entry.at > last) if is_later or has_answer else (),
    )


def _with_their_words(ours: WatchedJob, theirs: WatchedJob) -> WatchedJob:
    return replace(
        ours,
        label=ours.label or theirs.label,
        tags=ours.tags or theirs.tags,
        note=ours.note or theirs.note,
        read_at=theirs.read_at if ours.read_at is None else ours.read_at,
    )


def _with_our_words(theirs: WatchedJob, ours: WatchedJob) -> WatchedJob:
    return replace(
        theirs,
        job=ours.job,
        added_at=ours.added_at,
        added_by=ours.added_by,
        label=ours.label,
        tags=ours.tags,
        note=ours.note,
        read_at=ours.read_at,
    )
