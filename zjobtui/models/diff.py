"""What happened between two watchlists, job by job; mere confirmations are nothing."""

from collections.abc import Iterator

from zjobtui.models.history import Event
from zjobtui.models.notifications import altered
from zjobtui.models.watched_job import Watch
from zjobtui.models.watchlist import Watchlist


def differences(before: Watchlist, after: Watchlist) -> Iterator[tuple[Event, Watch]]:
    """Each event with the watch as it is afterwards, or as it last was; in the order of the watchlist."""
    added = 0
    for known, watch in altered(before, after):
        added += known is None
        yield from ((event, watch) for event in (_between(known, watch) if known else (Event.ADDED,)))
    if len(before) + added > len(after):
        yield from ((Event.REMOVED, watch) for watch in before if watch.job not in after.watches)


def _between(known: Watch, watch: Watch) -> Iterator[Event]:
    if known.digest != watch.digest or known.verdict != watch.verdict:
        yield Event.STATUS
    if watch.contradiction and known.contradiction != watch.contradiction:
        yield Event.CONTRADICTED
    if (known.label, known.tags, known.note) != (watch.label, watch.tags, watch.note):
        yield Event.LABELLED
