"""Whether a tenant as a whole can be asked at all, and when to try again when it cannot."""

from dataclasses import dataclass
from random import Random

from zjobtui.domain.observation import Missed, Observation
from zjobtui.domain.problem import TENANT_WIDE, Problem, ProblemKind

CAP = 60.0
"""Seconds between two probes at most (Zuora's advice: full jitter, base 1 s, cap 60 s)."""

BASE = 1.0

PATIENCE = 3
"""Failed calls in a row after which timeouts, dropped connections and server errors are the tenant's own."""

_AT_ONCE = TENANT_WIDE - {
    ProblemKind.THROTTLED,
    ProblemKind.TIMED_OUT,
    ProblemKind.SERVER_ERROR,
    ProblemKind.UNREACHABLE,
}


@dataclass(frozen=True, slots=True)
class Outage:
    """A tenant that cannot be asked: why, since when (epoch), and when to probe (the boot clock, seconds)."""

    problem: Problem
    since: float
    probe_at: float
    probes: int = 0


@dataclass(frozen=True, slots=True)
class Failures:
    """How many calls failed in a row, and the outage that they make, if any."""

    count: int = 0
    outage: Outage | None = None


def after(failures: Failures, observation: Observation, now: float, chance: Random) -> Failures:
    """The failures after an observation; `now` by the boot clock.

    One good word from the host ends the outage. While it lasts, probes follow with full jitter, ever further apart.
    """
    if not isinstance(observation, Missed) or observation.problem.kind not in TENANT_WIDE:
        return Failures()
    count = failures.count + 1
    if failures.outage is None and count < PATIENCE and observation.problem.kind not in _AT_ONCE:
        return Failures(count)
    probes = failures.outage.probes + 1 if failures.outage else 0
    since = failures.outage.since if failures.outage else observation.at
    delay = chance.uniform(0, min(CAP, BASE * 2.0 ** min(probes, 10)))
    return Failures(count, Outage(observation.problem, since, now + delay, probes))
