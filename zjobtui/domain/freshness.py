"""How old the last good answer may grow before it must not look fresh any more."""

from zjobtui.domain.watch import Watch

STALE_AFTER = 3
"""Planned intervals without a good answer after which a row is stale."""


def stale_at(watch: Watch) -> float | None:
    """When the row turns stale (seconds since the epoch, UTC); None for a final report, which stays true.

    A job that was never answered counts from when it was added.
    """
    if watch.is_final:
        return None
    return (watch.added_at if watch.answered_at is None else watch.answered_at) + STALE_AFTER * watch.planned


def is_stale(watch: Watch, now: float) -> bool:
    """Whether what the row shows is older than was promised, at `now` (seconds since the epoch, UTC)."""
    limit = stale_at(watch)
    return limit is not None and now > limit
