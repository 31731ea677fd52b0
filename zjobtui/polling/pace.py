"""When to ask about a job again: the schedule that fits what a tenant's own jobs teach and what its budget allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from zjobtui.domain.problem import ProblemKind
from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch
from zjobtui.polling.durations import PRIOR, Lifetime, learn
from zjobtui.polling.inspection import CHEAPEST, Bounds, Schedule, fit, plan

STALENESS_LIMIT = 60.0
"""Seconds after which even a job of which nothing is expected is asked about again, where the budget allows."""

ATTENDED_INTERVAL, ATTENDED_SHARE = 2.0, 0.2
"""Seconds between two calls about the selected job, if that takes no more than this share of the calls that may be
planned with; otherwise what the share gives. With its own turns the job stays at about a quarter."""

LEAST_PROMISE = 5.0
"""Seconds: the shortest interval that a row's freshness is measured by, however often it is really asked about."""

SPREAD_RATE = 20.0
"""Calls a second at which jobs that come together are first asked about, where the budget allows."""

_JITTER = 0.05
_ODD = frozenset({ProblemKind.UNREADABLE, ProblemKind.TOO_LARGE, ProblemKind.REFUSED, ProblemKind.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Pace:
    """A schedule and the limits around it; the same for all jobs of a tenant, since a running job tells no type."""

    schedule: Schedule
    staleness_limit: float = STALENESS_LIMIT

    @property
    def ceiling(self) -> float:
        """Seconds between two calls at most, stretched beyond the staleness limit where the budget is too small."""
        return self.schedule.bounds.ceiling

    def interval(self, watch: Watch, now: float) -> float:
        """Seconds until this job should be asked about again; `now` in seconds since the epoch.

        A job's age counts from when it was added: Zuora tells no start. One that Zuora does not know, or whose answers
        cannot be used, is asked about at the ceiling.
        """
        if _is_odd(watch):
            return self.ceiling
        age = max(0.0, now - watch.added_at)
        return self.schedule.next_age(age) - age

    def attended_interval(self, watch: Watch, rate: float) -> float:
        """Seconds between two calls about the selected job, at `rate` calls per second for all jobs."""
        return self.ceiling if _is_odd(watch) else max(ATTENDED_INTERVAL, 1 / (ATTENDED_SHARE * rate))


FIRST_PACE = Pace(plan(PRIOR, CHEAPEST))
"""The pace before anything is known."""


def fit_pace(watches: Iterable[Watch], now: float, rate: float, staleness_limit: float = STALENESS_LIMIT) -> Pace:
    """The pace for these watches of one tenant at `rate` calls per second.

    Jobs that ended while they were watched teach how long jobs take, those still running what that leaves open.
    """
    known = list(watches)
    running = [max(0.0, now - watch.added_at) for watch in known if not watch.is_final]
    ended = sorted((w for w in known if w.ended_at is not None), key=lambda watch: watch.ended_at or 0.0)
    lifetimes = [lifetime for watch in ended if (lifetime := _lifetime(watch)) is not None]
    bounds = Bounds(ceiling=staleness_limit)
    return Pace(fit(learn(lifetimes, running), running, rate, bounds), staleness_limit)


def jittered(seconds: float, chance: Random) -> float:
    """The interval, up to a twentieth shorter or longer, so that jobs added together drift apart."""
    return seconds * chance.uniform(1 - _JITTER, 1 + _JITTER)


def spread(count: int, rate: float, chance: Random) -> list[float]:
    """Delays for `count` first calls, at most `rate` a second: one slot each, placed within its slot by chance."""
    slot = 1 / min(rate, SPREAD_RATE)
    return [slot * (number + chance.random()) for number in range(count)]


def promised(interval: float) -> float:
    """The interval by which freshness is measured, in seconds."""
    return max(interval, LEAST_PROMISE)


def _is_odd(watch: Watch) -> bool:
    """Whether Zuora does not know it, or its answers cannot be used."""
    return watch.verdict.kind is Kind.UNKNOWN or (watch.problem is not None and watch.problem.kind in _ODD)


def _lifetime(watch: Watch) -> Lifetime | None:
    """Between which ages a job ended; None for one that had ended when it was first asked about."""
    if watch.ended_at is None or watch.unfinished_at is None or watch.ended_at <= watch.unfinished_at:
        return None
    after = max(0.0, watch.unfinished_at - watch.added_at)
    return Lifetime(after, max(watch.ended_at - watch.added_at, after + 0.001))
