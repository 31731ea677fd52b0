"""What happened between two watchlists, job by job; mere confirmations are nothing."""

from collections.abc import Iterator
from operator import is_

from zjobtui.domain.timeline import Event
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist


def differences(before: Watchlist, after: Watchlist) -> Iterator[tuple[Event, Watch]]:
    """Each event with the watch as it is afterwards, or as it last was; in the order of the watchlist."""
    if len(before) == len(after) and all(map(is_, before.watches, after.watches)):
        # The usual case, without hashing ten thousand ids several times a second.
        yield from ((event, new) for old, new in zip(before, after, strict=True) for event in _between(old, new))
        return
    for watch in after:
        known = before.get(watch.job)
        if known is None:
            yield Event.ADDED, watch
        else:
            yield from ((event, watch) for event in _between(known, watch))
    yield from ((Event.REMOVED, watch) for watch in before if watch.job not in after.watches)


def _between(known: Watch, watch: Watch) -> Iterator[Event]:
    if known is watch:
        return
    if known.digest != watch.digest or known.verdict != watch.verdict:
        yield Event.STATUS
    if watch.contradiction and known.contradiction != watch.contradiction:
        yield Event.CONTRADICTED
    if (known.label, known.tags, known.note) != (watch.label, watch.tags, watch.note):
        yield Event.LABELLED
