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

_AT_ONCE = TENANT_WIDE - {ProblemKind.TIMED_OUT, ProblemKind.SERVER_ERROR, ProblemKind.UNREACHABLE}


@dataclass(frozen=True, slots=True)
class Outage:
    """A tenant that cannot be asked: why, since when (epoch), and when to probe (the loop's clock, seconds)."""

    problem: Problem
    since: float
    probe_at: float
    probes: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """The line to a tenant: how many calls failed in a row, and the outage it is in, if any."""

    failures: int = 0
    outage: Outage | None = None


def after(line: Line, observation: Observation, now: float, chance: Random, retry_after: float = 0.0) -> Line:
    """The line after an observation; `now` by the loop's clock, `retry_after` in seconds as the host asked.

    One good word from the host ends the outage. While it lasts, probes follow with full jitter, ever further apart.
    """
    if not isinstance(observation, Missed) or observation.problem.kind not in TENANT_WIDE:
        return Line()
    failures = line.failures + 1
    if line.outage is None and failures < PATIENCE and observation.problem.kind not in _AT_ONCE:
        return Line(failures)
    probes = line.outage.probes + 1 if line.outage else 0
    since = line.outage.since if line.outage else observation.at
    delay = max(retry_after, chance.uniform(0, min(CAP, BASE * 2.0 ** min(probes, 10))))
    return Line(failures, Outage(observation.problem, since, now + delay, probes))
