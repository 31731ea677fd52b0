"""Request limits of a tenant, counted in fixed windows, and their headers."""

import math
from collections.abc import Iterable

from msgspec import Struct


class Limits(Struct, frozen=True):
    """Calls that a tenant may make in each window, by default those of production (Zuora's page on rate limits)."""

    minute: int = 50_000
    hour: int = 2_250_000
    day: int = 27_000_000
    second: int | None = None
    """Not a limit of Zuora: to test a client with a very low rate."""
    concurrency: int = 40
    tokens_a_minute: int = 100
    """Sign-ins from one address."""


PRODUCTION = Limits()
API_SANDBOX = Limits(minute=2_500, hour=5_000, day=10_000)


class MeterReading(Struct, frozen=True):
    """The result of counting a call: headers for the response, and seconds to wait if the call exceeds the limit."""

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
        """Calls left; below zero if the last call exceeded the limit."""
        return self.quota - self._used

    def reset(self, now: float) -> int:
        return max(1, math.ceil((self._period + 1) * self.seconds - now))


class Meter:
    """Count calls against quotas of `(calls, seconds)`; refused calls count, too."""

    def __init__(self, quotas: Iterable[tuple[int, int]]) -> None:
        self._windows = tuple(_Window(calls, seconds) for calls, seconds in quotas)
        self._policy = ", ".join(f"{window.quota};w={window.seconds}" for window in self._windows)

    def count(self, now: float) -> MeterReading:
        """Count one call at `now`, in seconds of any clock that starts near zero."""
        for window in self._windows:
            window.count(now)
        nearest = min(self._windows, key=lambda window: window.left / window.quota)
        reset = nearest.reset(now)
        headers = {
            "ratelimit-limit": f"{nearest.quota}, {self._policy}",
            "ratelimit-remaining": str(max(0, nearest.left)),
            "ratelimit-reset": str(reset),
        }
        return MeterReading(headers, reset if nearest.left < 0 else None)


def call_meter(limits: Limits) -> Meter:
    """Return the meter for the calls of a tenant."""
    second = [] if limits.second is None else [(limits.second, 1)]
    return Meter([*second, (limits.minute, 60), (limits.hour, 3_600), (limits.day, 86_400)])


def sign_in_meter(limits: Limits) -> Meter:
    """Return the meter for sign-ins; all of loopback is one address."""
    return Meter([(limits.tokens_a_minute, 60)])
