"""The line to one tenant: whether it may be used now, what it has cost, and how it is doing."""

from collections import deque
from dataclasses import replace
from random import Random

from zjobtui.clock import Clock
from zjobtui.domain.observation import Missed, Observation
from zjobtui.domain.pulse import Pulse
from zjobtui.polling.outage import Failures, after

RATE_WINDOW = 10.0
"""Seconds over which the rate of calls is counted."""


class Line:
    """Keeps the budget and the failures of one tenant. Times are the boot clock's."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._failures = Failures()
        self._answered_at: float | None = None
        self._sent: deque[tuple[float, int]] = deque()

    @property
    def is_down(self) -> bool:
        """Whether the tenant as a whole cannot be asked, so that one probe is all that is sent."""
        return self._failures.outage is not None

    def opens_at(self, now: float) -> float:
        """When the next call may be sent: now, or later."""
        outage = self._failures.outage
        return max(now, outage.probe_at) if outage else now

    def rate(self, now: float) -> float:  # noqa: ARG002 - as yet
        """Calls per second that may be planned with."""
        return 10.0

    def spend(self, now: float) -> None:
        """A call is sent."""
        self._sent.append((now, 1))

    def heard(self, observation: Observation, now: float, requests: int) -> None:
        """What came of a call, and how many requests it took with tokens and repeats."""
        if requests > 1:
            self._sent.append((now, requests - 1))
        self._failures = after(self._failures, observation, now, self._chance)
        if not isinstance(observation, Missed):
            self._answered_at = observation.at

    def try_at_once(self, now: float) -> None:
        """A person has asked: the next probe need not wait."""
        if self._failures.outage is not None:
            self._failures = replace(self._failures, outage=replace(self._failures.outage, probe_at=now))

    def pulse(self, tenant: str, clock: Clock, *, is_paused: bool, is_following: bool, ceiling: float) -> Pulse:
        """How it is doing, in the wall clock's time."""
        outage, now = self._failures.outage, clock.boot()
        return Pulse(
            tenant=tenant,
            answered_at=self._answered_at,
            problem=outage.problem if outage else None,
            down_since=outage.since if outage else None,
            next_try_at=clock.now() + max(0.0, outage.probe_at - now) if outage else None,
            is_paused=is_paused,
            is_following=is_following,
            ceiling=ceiling,
            calls_per_second=self._calls_per_second(now),
        )

    def _calls_per_second(self, now: float) -> float:
        while self._sent and self._sent[0][0] < now - RATE_WINDOW:
            self._sent.popleft()
        return sum(requests for _, requests in self._sent) / RATE_WINDOW
