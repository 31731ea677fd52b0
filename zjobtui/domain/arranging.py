"""In which order watches are shown; pure, and the same for the screen and for print."""

from collections.abc import Iterable

from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch

_RANKS = {Kind.FAILED: 0, Kind.ATTENTION: 0, Kind.UNKNOWN: 1, Kind.WAITING: 2, Kind.DONE: 3}


def by_urgency(watches: Iterable[Watch]) -> tuple[Watch, ...]:
    """What needs a person first, the newest of it on top; then what waits, the longest first; then what is done."""
    return tuple(sorted(watches, key=_urgency))


def _urgency(watch: Watch) -> tuple[int, float]:
    rank = _RANKS[watch.verdict.kind]
    if rank == _RANKS[Kind.WAITING]:
        return rank, watch.added_at
    return rank, -(watch.ended_at or watch.changed_at or watch.added_at)
