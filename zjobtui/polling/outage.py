"""Whether a tenant as a whole can be asked at all, told from the calls that failed."""

from dataclasses import dataclass
from random import Random

from zjobtui.domain.observation import Missed, Observation
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.polling.backoff import Backoff, failed

PATIENCE = 3
"""Failed calls in a row after which timeouts, dropped connections and server errors are the tenant's own."""

_AT_ONCE = frozenset({ProblemKind.SIGNED_OUT, ProblemKind.UNTRUSTED, ProblemKind.REDIRECTED})
_IN_A_ROW = frozenset({ProblemKind.TIMED_OUT, ProblemKind.UNREACHABLE, ProblemKind.SERVER_ERROR})


@dataclass(frozen=True, slots=True)
class Outage:
    """A tenant that cannot be asked: why, since when (seconds since the epoch, UTC), and when it is probed."""

    problem: Problem
    since: float
    backoff: Backoff


@dataclass(frozen=True, slots=True)
class Failures:
    """How many calls failed in a row, and the outage that they make, if any."""

    count: int = 0
    outage: Outage | None = None


def after(failures: Failures, observation: Observation, now: float, chance: Random, patience: float = 0.0) -> Failures:
    """The failures after an observation; `patience` in seconds is what the host asked for.

    One good word from the host ends the outage; that it is throttling is such a word. While it lasts, single probes
    follow, ever further apart.
    """
    kind = observation.problem.kind if isinstance(observation, Missed) else None
    if not isinstance(observation, Missed) or kind not in _AT_ONCE | _IN_A_ROW:
        return Failures()
    count = failures.count + 1
    if failures.outage is None and count < PATIENCE and kind not in _AT_ONCE:
        return Failures(count)
    backoff = failed(failures.outage.backoff if failures.outage else None, now, chance, patience)
    since = failures.outage.since if failures.outage else observation.at
    return Failures(count, Outage(observation.problem, since, backoff))
