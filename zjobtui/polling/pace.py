"""When to ask about a job again: pure, so that it can be tested and replaced without a clock."""

from random import Random

from zjobtui.domain.problem import ProblemKind
from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch

INTERVAL = 5.0
"""Seconds between two calls about a running job."""

UNKNOWN_INTERVAL = 60.0
"""Seconds between two calls about a job that Zuora does not know, or whose answers cannot be used."""

ATTENDED_INTERVAL = 2.0
"""Seconds between two calls about the job that a person looks at."""

_JITTER = 0.1
_ODD = frozenset({ProblemKind.UNREADABLE, ProblemKind.TOO_LARGE, ProblemKind.REFUSED, ProblemKind.FORBIDDEN})


def interval(watch: Watch) -> float:
    """Seconds until this job should be asked about again."""
    is_odd = watch.problem is not None and watch.problem.kind in _ODD
    return UNKNOWN_INTERVAL if is_odd or watch.verdict.kind is Kind.UNKNOWN else INTERVAL


def jittered(seconds: float, chance: Random) -> float:
    """The interval, up to a tenth shorter or longer, so that jobs added together drift apart."""
    return seconds * chance.uniform(1 - _JITTER, 1 + _JITTER)


def spread(count: int, seconds: float, chance: Random) -> list[float]:
    """Delays for `count` first calls: one slot each, evenly over `seconds`, placed within its slot by chance."""
    slot = seconds / max(count, 1)
    return [slot * (number + chance.random()) for number in range(count)]
