"""The line to one tenant: whether it may be used now, what it has cost, and how it is doing."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from math import inf
from random import Random

from zjobtui.domain.observation import Missed, Observation
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.pulse import Pulse
from zjobtui.domain.tenant import TenantKind
from zjobtui.polling import budget
from zjobtui.polling.backoff import patience
from zjobtui.polling.budget import Limits, Windows
from zjobtui.polling.outage import Failures, after

MOST, MOST_AT_ONCE = 5.0, 200.0
"""Calls per second that are planned with at most, however much a tenant grants: nobody reads faster, and each costs a
thousandth of a core for a second. So many can be saved up for a start."""

RATE_WINDOW = 60.0
"""Seconds over which the rate of calls is counted: jobs that came together are asked about in waves."""

WALL_MEMORY = 300.0
"""Seconds for which a wall that the host has shown is taken for one."""

_WINDOWS: Mapping[TenantKind, Windows] = {
    TenantKind.API_SANDBOX: budget.API_SANDBOX,
    TenantKind.DEVELOPER_SANDBOX: budget.DEVELOPER_SANDBOX,
}
_THROTTLED = Problem(ProblemKind.THROTTLED, "the host asked for patience")


def limits_for(kind: TenantKind, daily_calls: int | None = None) -> Limits:
    """What a tenant's calls are held to: a share of what its kind is granted, or the number a day that a person set.

    At most a twentieth of a day goes at once.
    """
    limits = budget.share_of(_WINDOWS.get(kind, budget.PRODUCTION))
    limits = replace(limits, per_second=min(limits.per_second, MOST), burst=min(limits.burst, MOST_AT_ONCE))
    if daily_calls is None:
        return limits
    return replace(limits, per_day=daily_calls, burst=max(1.0, min(limits.burst, daily_calls / 20)))


class Line:
    """Keeps the budget and the failures of one tenant. Times are in seconds since the epoch, UTC."""

    def __init__(self, limits: Limits, now: float, chance: Random) -> None:
        self._budget = budget.opened(limits, now)
        self._chance = chance
        self._failures = Failures()
        self._answered_at: float | None = None
        self._opened_at = now
        self._sent: deque[tuple[float, int]] = deque()
        self._uncounted = 0

    @property
    def is_down(self) -> bool:
        """Whether the tenant as a whole cannot be asked, so that one probe is all that is sent."""
        return self._failures.outage is not None

    def opens_at(self, now: float) -> float:
        """When the next call may be sent: now, or later."""
        outage = self._failures.outage
        return max(now + budget.wait(self._budget, now), outage.backoff.probe_at if outage else now)

    def rate(self, now: float) -> float:
        """Calls per second that may be planned with."""
        return budget.allowance(self._budget, now)

    def even_rate(self, now: float, calls: int) -> float:
        """Calls per second at which so many that come at once can go evenly."""
        return budget.even_rate(self._budget, now, calls)

    def is_walled(self, now: float) -> bool:
        """Whether the host has throttled lately, so that calls go one by one and none can be saved up."""
        return now - self._budget.wall_at < WALL_MEMORY

    def spend(self, now: float, calls: int = 1) -> None:
        """Calls are sent, whatever comes of them."""
        self._budget = budget.spend(self._budget, now, calls)
        self._sent.append((now, calls))
        self._uncounted += calls

    def heard(self, observation: Observation, sent: float, now: float) -> None:
        """What came of a call that went out at `sent`."""
        headers = observation.call.limits
        self._budget = budget.heard(self._budget, now, budget.read(headers))
        asked = patience(dict(headers).get("retry-after"), now)
        if _is_throttled(observation):
            # A host that is down altogether has shown no wall, only how long it wants to be left alone.
            slow = budget.shut if self.is_down else partial(budget.throttled, sent=sent)
            self._budget = slow(self._budget, now=now, patience=asked)
        self._failures = after(self._failures, observation, now, self._chance)
        if not isinstance(observation, Missed):
            self._answered_at = observation.at

    def take_uncounted(self) -> int:
        """Calls since the last time that this was asked, for the day's count."""
        uncounted, self._uncounted = self._uncounted, 0
        return uncounted

    def counted(self, today: int, now: float) -> None:
        """Takes the day's count, with what other windows spent."""
        self._budget = budget.counted(self._budget, now, today + self._uncounted)

    def try_at_once(self, now: float) -> None:
        """A person has asked: the next probe need not wait; what the host asked for stands."""
        if (outage := self._failures.outage) is not None:
            at_once = replace(outage, backoff=replace(outage.backoff, probe_at=now))
            self._failures = replace(self._failures, outage=at_once)

    def pulse(self, tenant: str, now: float) -> Pulse:
        """How it is doing."""
        problem, since, opens_at = None, None, None
        if (outage := self._failures.outage) is not None:
            problem, since, opens_at = outage.problem, outage.since, self.opens_at(now)
        elif self._budget.shut_until > now:
            problem, since, opens_at = _THROTTLED, None, self._budget.shut_until
        return Pulse(
            tenant=tenant,
            answered_at=self._answered_at,
            problem=problem,
            down_since=since,
            next_try_at=opens_at,
            calls_per_second=self._calls_per_second(now),
            day_share=self._day_share(now),
        )

    def _calls_per_second(self, now: float) -> float:
        while self._sent and self._sent[0][0] < now - RATE_WINDOW:
            self._sent.popleft()
        seconds = min(max(now - self._opened_at, 1.0), RATE_WINDOW)
        return sum(calls for _, calls in self._sent) / seconds

    def _day_share(self, now: float) -> float:
        per_day = self._budget.limits.per_day
        return 0.0 if per_day == inf else budget.used(self._budget, now) / max(per_day, 1)


def _is_throttled(observation: Observation) -> bool:
    if not isinstance(observation, Missed):
        return False
    return observation.problem.kind is ProblemKind.THROTTLED or observation.call.http_status == 503
