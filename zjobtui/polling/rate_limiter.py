"""Rate limiter of one tenant: its share of the limits, its hour and day, and what the host states or shows."""

from collections import deque
from collections.abc import Mapping
from math import exp, inf

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.tenant import TenantKind
from zjobtui.models.tenant_status import Limit
from zjobtui.polling.day_price import Supply

Windows = Mapping[int, int]
"""Calls that a tenant is granted, by the length in seconds of the window in which they are counted."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400

PRODUCTION_WINDOWS: Windows = {_MINUTE: 50_000, _HOUR: 2_250_000, _DAY: 27_000_000}
DEVELOPER_SANDBOX: Windows = {_MINUTE: 12_500, _HOUR: 25_000, _DAY: 50_000}
API_SANDBOX: Windows = {_MINUTE: 2_500, _HOUR: 5_000, _DAY: 10_000}
"""Zuora's published limits. A central sandbox has those of production; so does an unknown host until its headers state
less.
"""

_WINDOWS: Mapping[TenantKind, Windows] = {
    TenantKind.API_SANDBOX: API_SANDBOX,
    TenantKind.DEVELOPER_SANDBOX: DEVELOPER_SANDBOX,
}

SHARE = 0.1
"""The share of these limits that this program uses at most: all other clients of the tenant share the rest."""

BURST = 0.25
"""Seconds' worth of calls that may be sent at once: in any second at most 1.25 times the rate."""

CONCURRENCY = 10
"""Maximum calls in flight: 83 a second at 100 ms need nine. Zuora grants a tenant 40 of these calls at a time."""

CONCURRENCY_SHARE = 0.25
"""The share of the concurrency that a host grants (`Concurrency-Limit-Limit`) which this program uses at most."""

SAVED = 200.0
"""Maximum calls that can be saved up for a first sweep, if the hour or the day allows fewer per second."""

SLOWEST = 0.5
"""Lowest calls per second that throttling leads to; a host that wants fewer says so with `Retry-After`."""

HORIZONS = tuple(_HOUR * hours for hours in (1, 2, 4, 8, 16, 24))
"""Seconds ahead for which the remaining calls of the day are computed."""

RATE_WINDOW = 10.0
"""Seconds over which the rate of calls is measured."""

THROTTLE_MEMORY = 300.0
"""Seconds for which the rate at which the host throttled counts as its limit."""

_SOON = 300.0
"""Seconds over which saved calls are planned to be used."""

_RECENTLY = 5.0
"""Seconds over which the rate is averaged that counts as the recent one when the host throttles."""

_DROP, _RECOVERY = 0.7, 60.0
"""After throttling, the rate as a share of the recent one, and the seconds until it has reached that again."""

_ROUNDING = 1e-6
"""Waits in seconds that are due to rounding."""


class Limits(Struct, frozen=True):
    """Limits of a tenant's calls, per second, and in any hour and any day.

    Limits that the user has set are not lowered by what the host grants, only by what it has left.
    """

    per_second: float
    per_hour: float = inf
    per_day: float = inf
    is_rate_set: bool = False
    """Whether the user has set the calls per second."""
    is_day_set: bool = False
    """Whether the user has set the calls per day; the hour is then no limit."""

    def max_saved(self, others: int = 0) -> float:
        """Return the maximum calls that can be saved up: a quarter of what others leave of a day, half of an hour."""
        return max(1.0, min(SAVED, (self.per_day - others) / 4, self.per_hour / 2))

    def lowered_to(self, granted: "Limits") -> "Limits":
        """Return these limits with each that the user has not set lowered to what is granted."""
        lowered = self
        if not self.is_rate_set:
            lowered = replace(lowered, per_second=min(self.per_second, granted.per_second))
        if not self.is_day_set:
            per_hour, per_day = min(self.per_hour, granted.per_hour), min(self.per_day, granted.per_day)
            lowered = replace(lowered, per_hour=per_hour, per_day=per_day)
        return lowered


def limits_for(kind: TenantKind, daily_calls: int | None = None, calls_per_second: float | None = None) -> Limits:
    """Return the limits of a tenant: a tenth of those of its kind, or what the user has set."""
    limits = share_of(_WINDOWS.get(kind, PRODUCTION_WINDOWS))
    if calls_per_second is not None:
        limits = replace(limits, per_second=calls_per_second, is_rate_set=True)
    if daily_calls is not None:
        limits = replace(limits, per_hour=inf, per_day=daily_calls, is_day_set=True)
    return limits


def share_of(windows: Windows) -> Limits:
    """Return a tenth of what a tenant is granted per minute, hour and day; missing windows are as in production.

    It is at least one call in each: a host that grants no call sends no response, so 0 is a mistake.
    """
    granted = {**PRODUCTION_WINDOWS, **windows}
    minute, hour, day = (max(1.0, SHARE * granted[seconds]) for seconds in (_MINUTE, _HOUR, _DAY))
    return Limits(minute / _MINUTE, hour, day)


class RateLimiter:
    """Limit the calls of one tenant: check `wait` before each call, then `consume` it.

    Times are in seconds since the epoch, UTC. Two token buckets: `pace` limits any second to 1.25 times the rate,
    `saved` limits longer times to what the hour, the day and the host allow. When the host throttles, the rate drops
    and then approaches the old one again.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self.limits = limits
        self._own = limits
        self.concurrency = CONCURRENCY
        """Maximum calls in flight."""
        self._at = now
        self._pace = self._burst
        self._saved = limits.max_saved()
        self._hour = _Window(_HOUR, _MINUTE)
        self._day = _Window(_DAY, _HOUR)
        self._today, self._today_ends = 0, -inf  # calls of all windows, and when they no longer count
        self._uncounted = 0
        self.consumed = 0
        """Calls counted so far, without those refunded."""
        self._sent: deque[tuple[float, int]] = deque()
        self._opened_at = now
        self._recent_rate = 0.0  # calls per second over the last seconds
        self._window_fill = 0.0  # share of those seconds that has been measured
        self._throttle_rate, self._throttled_at = inf, -inf
        self._blocked_until = -inf
        self._stated, self._stated_until = inf, -inf

    def set_limits(self, limits: Limits) -> None:
        """Use other limits of the settings; calls that were made, and what the host has asked for, still count."""
        if limits != self._own:
            self.limits = self._own = limits

    def wait(self, now: float, *, is_read: bool = False) -> float:
        """Return the seconds until the next call is allowed, 0 for now; check again then: others may use calls.

        A read that the user asks for may use what is left of the hour and the day at once; polls wait longer for it.
        """
        self._refill(now)
        if self.limits.per_day - self.used_today(now) < 1:
            return max(self._blocked_until - now, (now // _HOUR + 1) * _HOUR - now)
        if self.limits.per_hour - self._hour.used(now) < 1:
            return max(self._blocked_until - now, (now // _MINUTE + 1) * _MINUTE - now)
        rate = self.rate(now)
        unsaved = 0.0 if is_read else max(1 - self._saved, 0.0)
        wait = max(max(1 - self._pace, 0.0) / self._pace_rate(now), unsaved / max(rate, 1 / _DAY))
        return max(0.0, self._blocked_until - now, self._at - now + wait if wait > _ROUNDING else 0.0)

    def wait_for_second(self, now: float) -> float | None:
        """Return the seconds after which the second of two calls that belong together may be sent.

        Only the calls per second delay it, so it can be counted now. None if the hour or the day has none left, or if
        the host wants no calls.
        """
        has_calls = self.limits.per_day - self.used_today(now) >= 1 and self.limits.per_hour - self._hour.used(now) >= 1
        return self.wait(now, is_read=True) if has_calls and self.paused_until(now) is None else None

    def consume(self, now: float, calls: int = 1) -> None:
        """Count calls that are sent now, whether or not they were allowed; failed calls count."""
        self._refill(now)
        self._pace -= calls
        self._saved -= calls
        self._recent_rate += calls / _RECENTLY
        self._hour.add(now, calls)
        self._day.add(now, calls)
        self._today += calls
        self._uncounted += calls
        self.consumed += calls
        self._forget_sent(now)
        self._sent.append((now, calls))

    def rate(self, now: float) -> float:
        """Return the sustained calls per second: the least of limit, rest of hour and day, and what the host grants.

        What is left of an hour or a day never runs out, since it is spent ever more slowly.
        """
        return max(0.0, min(self.limits.per_second, self._day_rate(now), self._hour_rate(now), self._host_rate(now)))

    def allowance(self, now: float) -> float:
        """Return the calls per second to plan with, above zero: the rate, and saved calls over the next five minutes.

        The next call is not counted among those.
        """
        self._refill(now)
        saved = max(0.0, self._saved - 1) / _SOON
        return max(min(self.rate(now) + saved, self._pace_rate(now)), 1 / _HOUR)

    def even_rate(self, now: float, calls: int) -> float:
        """Return the calls per second, above zero, at which so many calls can be sent evenly, using saved calls."""
        self._refill(now)
        saved, rate = max(0.0, self._saved), max(self.rate(now), 1 / _HOUR)
        return min(self._pace_rate(now), rate / (1 - saved / calls) if saved < calls else inf)

    def pause(self, now: float, seconds: float) -> None:
        """Allow no calls for so many seconds: the host asked for it."""
        self._blocked_until = max(self._blocked_until, now + seconds)

    def throttle(self, sent: float, now: float, seconds: float) -> None:
        """Record a 429 to a call sent at `sent`: no calls for `seconds`, then fewer.

        The rate drops to 0.7 of the recent one, once for all calls that were in flight, then returns to the rate at
        which the host throttled within a minute, stays near it, and only then rises further, ever faster: the curve of
        TCP CUBIC (RFC 9438, 4.2), so that throttling is met about once a minute.
        """
        if sent >= self._throttled_at:
            self._refill(now)
            recent = self._recent_rate / max(self._window_fill, 1 / _RECENTLY)
            self._throttle_rate = max(SLOWEST / _DROP, min(self.rate(now), recent))
            self._throttled_at = max(self._blocked_until, now + seconds)
        self.pause(now, seconds)

    def apply_headers(self, stated: RateLimits, now: float) -> None:
        """Apply what the headers of a response state: granted windows, calls left in one, calls in flight.

        The newest windows count, so that a mistake in one response lasts until the next states them. Half of what all
        clients have left is spread over the rest of the window. With nothing left, no calls are allowed before the
        reset (an hour at most). Calls left in windows under a minute are ignored.
        """
        granted = {seconds: calls for seconds, calls in stated.windows.items() if calls > 0}
        if granted:
            self.limits = self._own.lowered_to(share_of(granted))
        if stated.concurrent is not None:
            self.concurrency = min(CONCURRENCY, max(1, int(CONCURRENCY_SHARE * stated.concurrent)))
        if stated.window is None or stated.remaining is None or stated.reset is None or stated.window < _MINUTE:
            return
        until = now + min(stated.reset, _HOUR)
        if stated.remaining <= 0:
            self.pause(now, until - now)
            return
        self._refill(now)
        self._stated, self._stated_until = stated.remaining / 2 / max(stated.reset, 1), until

    def is_throttled(self, now: float) -> bool:
        """Return whether the host has throttled recently: calls are then sent one by one, and none are saved up."""
        return now - self._throttled_at < THROTTLE_MEMORY

    def paused_until(self, now: float) -> float | None:
        """Return until when the host wants no calls, or None."""
        return self._blocked_until if self._blocked_until > now else None

    def drain_uncounted(self) -> int:
        """Return the calls since the last call of this method, for the count of all windows."""
        uncounted, self._uncounted = self._uncounted, 0
        return uncounted

    def put_back_uncounted(self, calls: int) -> None:
        """Return calls that could not be added to the count of all windows to `drain_uncounted`."""
        self._uncounted += calls

    def refund(self, calls: int) -> None:
        """Refund calls that were counted but never sent: the source refused them, or polling has ended."""
        self._uncounted = max(0, self._uncounted - calls)
        self._today = max(0, self._today - calls)
        self.consumed -= calls
        self._saved += calls  # more than may be saved is dropped with the next refill
        self._hour.refund(calls)
        self._day.refund(calls)

    def set_daily_count(self, today: int, now: float) -> None:
        """Set the count of the day, UTC, of `now`, with the calls of other windows and earlier runs.

        Until the day ends, calls of this window are added to it. What other windows have sent since the count before
        counts for the hour, too. This run's calls in any 24 hours are counted besides, so that midnight grants no
        second day.
        """
        self._refill(now)
        counted = today + self._uncounted
        if now < self._today_ends and counted > self._today:
            self._hour.add(now, counted - self._today)
        self._today, self._today_ends = counted, (now // _DAY + 1) * _DAY

    def used_today(self, now: float) -> int:
        """Return this run's calls of the past 24 hours, or the calls of all windows today if these are more."""
        return max(self._today if now < self._today_ends else 0, self._day.used(now))

    def _used_by_others(self, now: float) -> int:
        """Return the calls of other windows and earlier runs today, as far as they are known."""
        return self.used_today(now) - self._day.used(now)

    def supply(self, now: float) -> list[Supply]:
        """Return the calls that the day allows within the hours ahead: what is left, and what comes free by then."""
        if self.limits.per_day == inf:
            return []
        others = self._used_by_others(now)
        midnight = (now // _DAY + 1) * _DAY - now
        return [
            Supply(
                seconds,
                max(
                    0.0,
                    self.limits.per_day - self._day.used_later(now + seconds) - (others if seconds < midnight else 0),
                ),
            )
            for seconds in HORIZONS
        ]

    def day_share(self, now: float) -> float:
        """Return the share of the day's calls that is used; 1 is all."""
        return 0.0 if self.limits.per_day == inf else self.used_today(now) / max(self.limits.per_day, 1)

    def calls_per_second(self, now: float) -> float:
        """Return the calls per second of the last ten seconds, including every kind of request."""
        self._forget_sent(now)
        seconds = min(max(now - self._opened_at, 1.0), RATE_WINDOW)
        return sum(calls for _, calls in self._sent) / seconds

    def limit(self, now: float) -> Limit:
        """Return the limit that allows the fewest calls now."""
        rates = {
            Limit.CALLS_PER_SECOND: self.limits.per_second,
            Limit.DAILY_CALLS: self._day_rate(now),
            Limit.HOURLY_CALLS: self._hour_rate(now),
            Limit.HOST: 0.0 if self._blocked_until > now else self._host_rate(now),
        }
        return min(rates, key=lambda limit: rates[limit])

    @property
    def _burst(self) -> float:
        return max(1.0, BURST * self.limits.per_second)

    def _day_rate(self, now: float) -> float:
        """Return the calls per second that what is left of the day allows."""
        return _lasting(self.limits.per_day, self.used_today(now), _DAY)

    def _hour_rate(self, now: float) -> float:
        """Return the calls per second that what is left of the hour allows."""
        return _lasting(self.limits.per_hour, self._hour.used(now), _HOUR)

    def _host_rate(self, now: float) -> float:
        """Return the calls per second that the host allows: after throttling, and by what its headers stated."""
        since = max(0.0, now - self._throttled_at) / _RECOVERY
        limit = inf if self._throttle_rate == inf else self._throttle_rate * (1 + (1 - _DROP) * (since - 1) ** 3)
        return min(limit, self._stated if now < self._stated_until else inf)

    def _pace_rate(self, now: float) -> float:
        return max(1 / _HOUR, min(self.limits.per_second, self._host_rate(now)))

    def _forget_sent(self, now: float) -> None:
        """Drop calls older than `RATE_WINDOW`."""
        while self._sent and self._sent[0][0] <= now - RATE_WINDOW:
            self._sent.popleft()

    def _refill(self, now: float) -> None:
        """Advance the buckets to `now`; while the host limits the rate none are saved up, so that calls are even."""
        is_held = self._host_rate(now) < self.limits.per_second
        passed = max(0.0, now - self._at)
        saved = 1.0 if is_held else self.limits.max_saved(self._used_by_others(now))
        self._saved = min(saved, self._saved + self.rate(now) * passed)
        self._pace = min(1.0 if is_held else self._burst, self._pace + self._pace_rate(now) * passed)
        decay = exp(-passed / _RECENTLY)
        self._recent_rate, self._window_fill = self._recent_rate * decay, 1 - (1 - self._window_fill) * decay
        self._at = max(self._at, now)


def _lasting(granted: float, used: float, length: float) -> float:
    """Return the calls per second for what is left of a window of `length` seconds.

    A fifth of the calls is sent evenly, as if the window were a quarter as long, then ever fewer, so that it never runs
    out.
    """
    return min(4 * granted, 5 * (granted - used)) / length


class _Window:
    """Calls in the last `length` seconds, counted in slots of `slot` seconds; the oldest slot counts in full."""

    def __init__(self, length: int, slot: int) -> None:
        self._length, self._slot = length, slot
        self._calls: deque[list[int]] = deque()
        self._sum = 0

    def add(self, now: float, calls: int) -> None:
        slot = int(now // self._slot)
        if not self._calls or self._calls[-1][0] < slot:
            self._calls.append([slot, 0])
        self._calls[-1][1] += calls
        self._sum += calls

    def refund(self, calls: int) -> None:
        """Remove so many calls, the newest first."""
        while self._calls and calls > 0:
            refunded = min(calls, self._calls[-1][1])
            self._calls[-1][1] -= refunded
            self._sum -= refunded
            calls -= refunded
            if not self._calls[-1][1]:
                self._calls.pop()

    def used_later(self, now: float) -> int:
        """Return the calls made so far that still count at a later time."""
        oldest = (now - self._length) // self._slot
        return sum(calls for slot, calls in self._calls if slot >= oldest)

    def used(self, now: float) -> int:
        oldest = (now - self._length) // self._slot
        while self._calls and self._calls[0][0] < oldest:
            self._sum -= self._calls.popleft()[1]
        return self._sum
