"""How many calls a tenant may get, as pure state: its day, its bucket, its wall; knows no clock and sends nothing."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import exp, inf
from typing import Any

Windows = Mapping[int, int]
"""Calls that a tenant is granted, by the seconds of the window in which they are counted."""

PRODUCTION: Windows = {60: 50_000, 3_600: 2_250_000, 86_400: 27_000_000}
DEVELOPER_SANDBOX: Windows = {60: 12_500, 3_600: 25_000, 86_400: 50_000}
API_SANDBOX: Windows = {60: 2_500, 3_600: 5_000, 86_400: 10_000}
"""Zuora's published limits; a central sandbox has those of production."""

SHARE = 0.1
"""The part of them that this program takes at most: everyone else on the tenant lives on the rest."""

SLOWEST = 0.5
"""Calls per second that throttling leaves at the least; a host that wants fewer says so with `Retry-After`."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_EASE = 6.0 * _HOUR
"""Seconds over which what is left of the day is planned to last: a day's work gets three quarters, none gets all."""

_SOON = 300.0
_LATELY = 5.0
_DROP, _RECOVERY = 0.7, 60.0
_ROUNDING = 1e-6
_QUOTA = re.compile(r"\s*([0-9]{1,15})\s*(?:;\s*w\s*=\s*([0-9]{1,15})\s*)?")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a tenant's calls are held to: a rate per second, a burst, and a number in any 24 hours."""

    per_second: float
    burst: float
    per_day: float = inf


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer's headers said: how many calls `remaining` in one window until its `reset` in seconds.

    `window` is that window's length in seconds, `windows` are all that were named. None or empty is what was not said.
    """

    window: int | None = None
    remaining: int | None = None
    reset: int | None = None
    windows: Windows = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Budget:
    """The calls of one tenant; make it with `opened`. All times are in seconds on one clock that never steps back.

    `tokens` are the calls that could go at once, `flow` the calls per second lately and `seen` how much of that while
    has been seen, all as of `at`. `spent` has the calls of the past day by the hour; `today` is the day's count as it
    was kept and shared at `counted_at`. `wall` is the rate at which the host last throttled, at `wall_at`. Nothing goes
    before `shut_until`, and up to `tight_until` no more than `tight` a second.
    """

    limits: Limits
    tokens: float
    at: float
    flow: float = 0.0
    seen: float = 0.0
    spent: tuple[tuple[int, int], ...] = ()
    today: int = 0
    counted_at: float = -inf
    wall: float = inf
    wall_at: float = -inf
    shut_until: float = -inf
    tight: float = inf
    tight_until: float = -inf


def share_of(windows: Windows, share: float = SHARE) -> Limits:
    """A share of what a tenant is granted in its minute, hour and day; what is not named is as in production."""
    granted = {**PRODUCTION, **windows}
    minute, hour, day = (share * granted[seconds] for seconds in (_MINUTE, _HOUR, _DAY))
    return Limits(min(minute / _MINUTE, hour / _HOUR), max(1.0, min(minute, day / 20)), day)


def opened(limits: Limits, now: float, today: int = 0) -> Budget:
    """A budget with its burst unspent; `today` is what the tenant's day has cost before."""
    return Budget(limits, limits.burst, now, today=today, counted_at=now)


def counted(budget: Budget, now: float, today: int) -> Budget:
    """The budget when the day's count is known: all calls of a day, those of other windows and earlier runs included.

    It holds for an hour. This run's calls in any 24 hours are counted besides, so that midnight grants no second day.
    """
    return replace(budget, today=today, counted_at=now)


def used(budget: Budget, now: float) -> int:
    """Calls of the past 24 hours, or the day's count where that is more."""
    today = budget.today if now - budget.counted_at < _HOUR else 0
    return max(today, sum(calls for _, calls in _past_day(budget, now)))


def rate(budget: Budget, now: float) -> float:
    """Calls per second that can go on: the least of the tenant's share, its day, its wall, and what is left to all.

    The day's rest lasts, however it is spent, since it is spent ever slower: a sixth of it an hour.
    """
    day = max(0.0, budget.limits.per_day - used(budget, now)) / _EASE
    return min(budget.limits.per_second, day, _held(budget, now))


def allowance(budget: Budget, now: float) -> float:
    """Calls per second that a pace may plan with, above zero: the rate, and saved calls over the next five minutes.

    The call that may go next is not one of those.
    """
    return max(rate(budget, now) + max(0.0, _filled(budget, now) - 1) / _SOON, 1 / _HOUR)


def even_rate(budget: Budget, now: float, calls: int) -> float:
    """Calls per second, above zero, at which so many can go evenly, what is saved up among them; else infinite."""
    saved = max(0.0, _filled(budget, now))
    return max(rate(budget, now), 1 / _HOUR) / (1 - saved / calls) if saved < calls else inf


def wait(budget: Budget, now: float) -> float:
    """Seconds until one more call may go; 0 when it may go now. Ask again then: what others spend moves it."""
    hours = (now // _HOUR + 1) * _HOUR - now if budget.limits.per_day - used(budget, now) < 1 else 0.0
    missing = 1 - _filled(budget, now)
    refill = missing / rate(budget, now) if missing > _ROUNDING and not hours else 0.0
    return max(0.0, budget.shut_until - now, hours, refill)


def spend(budget: Budget, now: float, calls: int = 1) -> Budget:
    """The budget after calls that went out now, whether or not they were allowed; failed ones count."""
    hours = dict(_past_day(budget, now))
    hours[int(now // _HOUR)] = hours.get(int(now // _HOUR), 0) + calls
    return _advanced(budget, now, calls, spent=tuple(hours.items()))


def shut(budget: Budget, now: float, patience: float) -> Budget:
    """The budget of a host that asked for nothing during `patience` seconds."""
    return _advanced(budget, now, shut_until=max(budget.shut_until, now + patience))


def throttled(budget: Budget, sent: float, now: float, patience: float) -> Budget:
    """The budget after a 429 or 503 to a call that went out at `sent`: nothing for `patience` seconds, then slower.

    The rate drops to 0.7 of what went lately, once for all calls that were under way, then comes back to where the wall
    was within a minute, stays near it, and only then goes on to look for more, ever faster: the curve of TCP CUBIC
    (RFC 9438, 4.2), so that the wall is met about once a minute. A host that is down altogether needs a backoff.
    """
    waiting = shut(budget, now, patience)
    if sent < budget.wall_at:
        return waiting
    budget = _advanced(budget, now)
    wall = max(SLOWEST / _DROP, min(rate(budget, now), budget.flow / max(budget.seen, 1 / _LATELY)))
    return replace(waiting, wall=wall, wall_at=waiting.shut_until)


def heard(budget: Budget, now: float, reading: Reading) -> Budget:
    """The budget after what an answer's headers said: half of what all have left is spread over the window's rest.

    With nothing left, nothing goes before the reset (an hour at most). Windows under a minute are left to the wall.
    """
    if reading.window is None or reading.remaining is None or reading.reset is None or reading.window < _MINUTE:
        return budget
    until = now + min(reading.reset, _HOUR)
    if reading.remaining <= 0:
        return shut(budget, now, until - now)
    return _advanced(budget, now, tight=reading.remaining / 2 / max(reading.reset, 1), tight_until=until)


def read(headers: Iterable[tuple[str, str]]) -> Reading:
    """The rate limit headers of an answer, in any case and order; what cannot be read is left out.

    Zuora sends `ratelimit-limit: 50000, 50000;w=60, 2250000;w=3600` (first the quota nearest exhaustion),
    `ratelimit-remaining`, and `ratelimit-reset` in seconds.
    """
    said = {name.lower(): text for name, text in headers}
    quotas = [
        match.groups() for item in said.get("ratelimit-limit", "").split(",") if (match := _QUOTA.fullmatch(item))
    ]
    windows = {int(seconds): int(quota) for quota, seconds in quotas if seconds}
    nearest = [seconds for seconds, quota in windows.items() if quota == int(quotas[0][0])]
    return Reading(
        min(nearest, default=None),
        _whole(said.get("ratelimit-remaining", "")),
        _whole(said.get("ratelimit-reset", "")),
        windows,
    )


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\s*[0-9]{1,15}\s*", text) else None


def _past_day(budget: Budget, now: float) -> list[tuple[int, int]]:
    oldest = (now - _DAY) // _HOUR
    return [(hour, calls) for hour, calls in budget.spent if hour >= oldest]


def _held(budget: Budget, now: float) -> float:
    """Calls per second that the host leaves: by its wall, and by what it said."""
    since = max(0.0, now - budget.wall_at) / _RECOVERY
    wall = budget.wall * (1 + (1 - _DROP) * (since - 1) ** 3)
    return min(wall, budget.tight if now < budget.tight_until else inf)


def _filled(budget: Budget, now: float) -> float:
    """Tokens now; while the host holds the rate down, none are saved up, so that calls go evenly."""
    burst = budget.limits.burst if _held(budget, now) >= budget.limits.per_second else 1.0
    return min(burst, budget.tokens + rate(budget, now) * max(0.0, now - budget.at))


def _advanced(budget: Budget, now: float, calls: int = 0, **changes: Any) -> Budget:  # noqa: ANN401 - as `replace` takes them
    """The budget at `now`, after calls that go out then."""
    at = max(budget.at, now)
    kept = exp((budget.at - at) / _LATELY)
    flow, seen = budget.flow * kept, 1 - (1 - budget.seen) * kept
    tokens, flow = _filled(budget, now) - calls, flow + calls / _LATELY
    return replace(budget, tokens=tokens, at=at, flow=flow, seen=seen, **changes)
