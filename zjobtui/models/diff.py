"""Differences between two watchlists, job by job; observations that only confirm are ignored."""

from collections.abc import Iterator
from operator import attrgetter

from zjobtui.models.history import EventKind
from zjobtui.models.notifications import changed_pairs
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import WRITTEN_FIELDS, Watchlist

_written = attrgetter(*WRITTEN_FIELDS)


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
