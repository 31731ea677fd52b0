"""A tenant's request limits, counted in fixed windows; knows no HTTP but the text of its own headers."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls that a tenant gets in each window, by default those of production (Zuora's page on rate limits)."""

    minute: int = 50_000
    hour: int = 2_250_000
    day: int = 27_000_000
    second: int | None = None
    """Not one of Zuora's: to see a client held very short."""
    concurrency: int = 40
    tokens_a_minute: int = 100
    """Sign-ins from one address."""


PRODUCTION = Limits()
API_SANDBOX = Limits(minute=2_500, hour=5_000, day=10_000)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter said of one call: the headers it goes with, and seconds to wait where it was one too many."""

    headers: dict[str, str]
    retry_after: int | None = None


class _Window:
    def __init__(self, quota: int, seconds: int) -> None:
        self.quota, self.seconds = quota, seconds
        self._period, self._used = 0, 0

    def count(self, now: float) -> None:
        period = int(now // self.seconds)
        self._used = 1 if period != self._period else self._used + 1
        self._period = period

    @property
    def left(self) -> int:
        """Calls left; below zero when the last one was too many."""
        return self.quota - self._used

    def reset(self, now: float) -> int:
        return max(1, math.ceil((self._period + 1) * self.seconds - now))


class Meter:
    """Counts calls against quotas of `(calls, seconds)`; a refused call counts too."""

    def __init__(self, quotas: Iterable[tuple[int, int]]) -> None:
        self._windows = tuple(_Window(calls, seconds) for calls, seconds in quotas)
        self._policy = ", ".join(f"{window.quota};w={window.seconds}" for window in self._windows)

    def take(self, now: float) -> Reading:
        """Counts one call at `now`, in seconds of any clock that starts near zero."""
        for window in self._windows:
            window.count(now)
        nearest = min(self._windows, key=lambda window: window.left / window.quota)
        reset = nearest.reset(now)
        headers = {
            "ratelimit-limit": f"{nearest.quota}, {self._policy}",
            "ratelimit-remaining": str(max(0, nearest.left)),
            "ratelimit-reset": str(reset),
        }
        return Reading(headers, reset if nearest.left < 0 else None)


def calls(limits: Limits) -> Meter:
    """The meter of a tenant's calls."""
    second = [] if limits.second is None else [(limits.second, 1)]
    return Meter([*second, (limits.minute, 60), (limits.hour, 3_600), (limits.day, 86_400)])


def sign_ins(limits: Limits) -> Meter:
    """The meter of sign-ins; all of loopback is one address."""
    return Meter([(limits.tokens_a_minute, 60)])
