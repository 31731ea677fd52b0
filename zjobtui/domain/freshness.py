"""How old the last good answer may grow before it must not look fresh any more."""

from zjobtui.domain.watch import Watch

STALE_AFTER = 3
"""Planned intervals without a good answer after which a row is stale."""

AHEAD = 60.0
"""Seconds by which the clock of another window may be ahead; an answer from later than that is of unknown age."""


def stale_at(watch: Watch) -> float | None:
    """When the row turns stale (seconds since the epoch, UTC); None for a final report, which stays true.

    A job that was never answered counts from when it was added.
    """
    if watch.is_final:
        return None
    return _known_since(watch) + STALE_AFTER * watch.planned


def is_stale(watch: Watch, now: float) -> bool:
    """Whether what the row shows is older than was promised, at `now` (seconds since the epoch, UTC)."""
    limit = stale_at(watch)
    return limit is not None and not (_known_since(watch) - AHEAD <= now <= limit)


def _known_since(watch: Watch) -> float:
    return watch.added_at if watch.answered_at is None else watch.answered_at
