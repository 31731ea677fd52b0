"""Differences between two watchlists, job by job; observations that only confirm are ignored."""

from collections.abc import Iterator
from itertools import repeat
from operator import attrgetter

from zjobtui.models.history import EventKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import WRITTEN_FIELDS, Watchlist

_written = attrgetter(*WRITTEN_FIELDS)


def changed_pairs(before: Watchlist, after: Watchlist) -> Iterator[tuple[WatchedJob | None, WatchedJob]]:
    """Yield jobs that have changed, each with its former state.

    A watchlist keeps its order, so the two are compared side by side; a job is looked up only if they differ.
    """
    others = before if len(before) == len(after) else repeat(None)
    for old, new in zip(others, after, strict=False):
        if old is not new:
            known = old if old is not None and old.job == new.job else before.get(new.job)
            if known is not new:
                yield known, new


def differences(before: Watchlist, after: Watchlist) -> Iterator[tuple[EventKind, WatchedJob]]:
    """Yield each event with the job as it is afterwards, or as it last was; in the order of the watchlist."""
    added = 0
    for known, watch in changed_pairs(before, after):
        added += known is None
        yield from ((event, watch) for event in (_between(known, watch) if known else (EventKind.ADDED,)))
    if len(before) + added > len(after):
        yield from ((EventKind.REMOVED, watch) for watch in before if watch.job not in after.watches)


def _between(known: WatchedJob, watch: WatchedJob) -> Iterator[EventKind]:
    if known.digest != watch.digest or known.verdict != watch.verdict:
        yield EventKind.STATUS
    if watch.contradiction and known.contradiction != watch.contradiction:
        yield EventKind.CONTRADICTED
    if _written(known) != _written(watch):
        yield EventKind.LABELLED
