"""How long jobs of a tenant usually take, and how one of them stands to that."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

from zjobtui.domain.watch import Watch

FEWEST = 5
"""Ended jobs under which nothing is said of what is usual."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What `count` other jobs took, in seconds, and the percentage of them that took less than this one, or None.

    For a job that still runs it is the percentage that it has outlasted so far.
    """

    count: int
    median: float
    nearly_all: float
    """The time within which 95 % of them had ended."""
    longer_than: int | None
    is_over: bool


def usual(watch: Watch, watches: Iterable[Watch]) -> Usual | None:
    """What other jobs of the same tenant took; None where fewer than `FEWEST` of them ended while they were watched."""
    others = (other for other in watches if other.job.tenant == watch.job.tenant and other.job != watch.job)
    spans = sorted(span for other in others if (span := took(other)) is not None)
    if len(spans) < FEWEST:
        return None
    own = took(watch)
    if own is None and watch.unfinished_at is not None and not watch.is_final:
        own = max(0.0, watch.unfinished_at - watch.added_at)
    outlasted = None if own is None else floor(100 * bisect_left(spans, own) / len(spans))
    return Usual(len(spans), _share(spans, 0.5), _share(spans, 0.95), outlasted, watch.is_final)


def took(watch: Watch) -> float | None:
    """Seconds from a job's adding to its end, which lies between two calls: the middle of them.

    None for one that runs, and for one that had ended when it was first asked about: it may have ended long before.
    """
    if watch.ended_at is None or watch.unfinished_at is None or watch.ended_at < watch.unfinished_at:
        return None
    return max(0.0, (watch.unfinished_at + watch.ended_at) / 2 - watch.added_at)


def _share(spans: list[float], share: float) -> float:
    """The shortest of the times within which at least this share had ended."""
    return spans[ceil(share * len(spans)) - 1]
