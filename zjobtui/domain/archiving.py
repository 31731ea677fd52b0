"""Which jobs leave the list by themselves: those that have ended and were looked at, long ago."""

from collections.abc import Iterable

from zjobtui.domain.job import Job
from zjobtui.domain.watch import Watch

ARCHIVE_AFTER = 30 * 86_400.0
"""Seconds for which a finished job stays on the list, unless a person says otherwise."""


def due(watches: Iterable[Watch], now: float, after: float) -> tuple[Job, ...]:
    """The jobs that ended, and were last looked at, more than `after` seconds ago."""
    return tuple(watch.job for watch in watches if may_be_archived(watch) and now - _last_touched(watch) > after)


def may_be_archived(watch: Watch) -> bool:
    """Whether nothing more is to come of a job, and a person knows."""
    return watch.is_final and not watch.is_unseen


def _last_touched(watch: Watch) -> float:
    return max(watch.ended_at or 0.0, watch.acknowledged_at or 0.0, watch.added_at)
