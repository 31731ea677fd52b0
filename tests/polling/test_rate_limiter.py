"""How many calls a tenant gets: never more than its share, most of it if needed, less if the host says so."""

import heapq
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.tenant import TenantKind
from zjobtui.models.tenant_status import Limit
from zjobtui.polling.rate_limiter import (
    API_SANDBOX,
    CONCURRENCY,
    DEVELOPER_SANDBOX,
    PRODUCTION_WINDOWS,
    SLOWEST,
    THROTTLE_MEMORY,
    Limits,
    RateLimiter,
    Windows,
    limits_for,
    share_of,
)

HOUR, DAY = 3_600, 86_400
PLENTY = Limits(per_second=50)


def greedy(limiter: RateLimiter, start: float, seconds: float) -> list[float]:
    """The times of calls if there is always one to make."""
    now, calls = start, []
    while now < start + seconds:
        if delay := limiter.wait(now):
            now += delay
        else:
            limiter.consume(now)
            calls.append(now)
    return calls


def most_within(calls: Sequence[float], seconds: float) -> int:
    """The most calls in any period of so many seconds."""
    return max((bisect_left(calls, call + seconds) - place for place, call in enumerate(calls)), default=0)


def throttled(limits: Limits = PLENTY, calls: int = 100) -> RateLimiter:
    """A limiter that was throttled at time 0, after so many calls in the seconds before."""
    limiter = RateLimiter(limits, -60)
    limiter.consume(0, calls)
    limiter.throttle(0, 0, 1)
    return limiter


# --- any second, hour, day ---------------------------------------------------------------------------------------


@given(st.floats(min_value=0.3, max_value=90), st.lists(st.floats(min_value=0, max_value=4), max_size=8))
def test_any_second_has_at_most_the_rate_and_a_quarter(per_second: float, pauses: list[float]) -> None:
    limiter, now, calls = RateLimiter(Limits(per_second), 0), 0.0, list[float]()
    for pause in [*pauses, 0.0]:
        now += pause
        calls += greedy(limiter, now, 1.5)
        now += 1.5
    burst = max(1.0, per_second / 4)
    assert most_within(calls, 1 - 1e-6) <= per_second + burst + 1e-3


def test_after_a_rest_a_burst_of_a_quarter_second_is_allowed_and_then_the_rate_holds() -> None:
    calls = greedy(RateLimiter(PLENTY, 0), 0, 10)
    assert sum(call == 0 for call in calls) == 12
    assert len(calls) == pytest.approx(12 + 10 * 50, abs=2)


@pytest.mark.parametrize("start", [0.0, 1_795_435_377.0])
@pytest.mark.parametrize("windows", [API_SANDBOX, pytest.param(DEVELOPER_SANDBOX, marks=pytest.mark.slow)])
def test_any_hour_and_any_day_stay_within_a_tenth_of_the_limit_and_use_most_of_it(
    windows: Windows, start: float
) -> None:
    calls = greedy(RateLimiter(share_of(windows), start), start, 3 * DAY)
    assert most_within(calls, DAY) <= windows[DAY] / 10
    assert most_within(calls, HOUR) <= windows[HOUR] / 10
    assert len(calls) >= 0.85 * 3 * windows[DAY] / 10


def test_a_low_hourly_limit_is_kept_even_if_the_day_has_plenty() -> None:
    calls = greedy(RateLimiter(Limits(10, per_hour=120), 0), 0, 5 * HOUR)
    assert most_within(calls, HOUR) <= 120
    assert len(calls) >= 0.85 * 5 * 120


@pytest.mark.parametrize("daily_calls", [1, 2, 5, 300])
def test_a_daily_limit_of_the_user_is_kept_and_used(daily_calls: int) -> None:
    limits = limits_for(TenantKind.PRODUCTION, daily_calls=daily_calls)
    calls = greedy(RateLimiter(limits, 0), 0, 4 * DAY)
    assert most_within(calls, DAY) <= daily_calls
    assert len(calls) >= 0.85 * 4 * daily_calls - 1


def test_the_remaining_calls_of_a_day_last() -> None:
    calls = greedy(RateLimiter(share_of(API_SANDBOX), 0), 0, DAY)
    assert all(any(hour * HOUR <= call < (hour + 1) * HOUR for call in calls) for hour in range(24))


def test_a_rest_saves_calls_for_a_sweep_but_not_for_a_second_day() -> None:
    limits = share_of(API_SANDBOX)
    limiter = RateLimiter(limits, 0)
    assert len(greedy(limiter, 20 * HOUR, 60)) == pytest.approx(limits.max_saved(), abs=4)
    assert limits.max_saved() == 200
    assert Limits(83, per_day=300).max_saved() == 75
    assert Limits(83).max_saved() == 200
    assert Limits(83, per_day=3).max_saved() == 1


def test_with_no_calls_left_nothing_is_sent_and_the_loop_sleeps() -> None:
    limiter = RateLimiter(limits_for(TenantKind.PRODUCTION, daily_calls=1), 0)
    limiter.consume(1)
    now, waits = 1.0, 0
    while delay := limiter.wait(now):
        assert delay > 1
        now, waits = now + delay, waits + 1
        assert limiter.allowance(now) > 0
        assert limiter.even_rate(now, 10) > 0
    assert now >= DAY
    assert waits <= 26


def test_calls_beyond_the_rate_are_compensated_by_waiting() -> None:
    limiter = RateLimiter(PLENTY, 0)
    limiter.consume(0, 112)
    assert limiter.wait(0) == pytest.approx(100.5 / 50)


def test_a_clock_that_stops_or_steps_back_grants_no_calls() -> None:
    limiter = RateLimiter(PLENTY, 100)
    limiter.consume(100, 13)
    wait = limiter.wait(100)
    assert wait > 0
    assert limiter.wait(100) == wait
    limiter.consume(90)
    assert limiter.wait(90) == pytest.approx(10 + wait + 1 / 50)
    assert limiter.wait(100) == pytest.approx(wait + 1 / 50)
    assert limiter.wait(100 + wait + 1 / 50) == 0


def test_a_clock_that_steps_forward_by_a_day_grants_no_burst() -> None:
    limiter = RateLimiter(PLENTY, 0)
    greedy(limiter, 0, 5)
    assert len(greedy(limiter, DAY, 1 - 1e-6)) <= 50 + 12.5


# --- shares and settings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "per_second", "per_day"),
    [
        (TenantKind.PRODUCTION, 83.3, 2_700_000),
        (TenantKind.CENTRAL_SANDBOX, 83.3, 2_700_000),
        (TenantKind.DEVELOPER_SANDBOX, 20.8, 5_000),
        (TenantKind.API_SANDBOX, 4.17, 1_000),
    ],
)
def test_a_tenant_gets_a_tenth_of_the_limits_of_its_kind(kind: TenantKind, per_second: float, per_day: float) -> None:
    limits = limits_for(kind)
    assert limits.per_second == pytest.approx(per_second, rel=0.01)
    assert limits.per_day == per_day
    assert not limits.is_rate_set
    assert not limits.is_day_set


def test_calls_per_second_of_the_settings_replaces_the_share_of_a_minute() -> None:
    limits = limits_for(TenantKind.API_SANDBOX, calls_per_second=0.5)
    assert (limits.per_second, limits.per_day) == (0.5, 1_000)
    assert len(greedy(RateLimiter(limits, 0), 0, 100)) <= 0.5 * 100 + 1
    assert limits_for(TenantKind.API_SANDBOX, calls_per_second=40).per_second == 40


def test_daily_calls_of_the_settings_replaces_the_shares_of_hour_and_day() -> None:
    limits = limits_for(TenantKind.API_SANDBOX, daily_calls=20_000)
    assert (limits.per_hour, limits.per_day) == (inf, 20_000)


def test_an_unnamed_window_has_the_limits_of_production() -> None:
    assert share_of({}) == share_of(PRODUCTION_WINDOWS)
    assert share_of({1: 2, 60: 600}).per_second == 1


# --- a host that throttles ---------------------------------------------------------------------------------------


def fixed_windows(cap: int) -> Callable[[float], bool]:
    """A server that accepts so many calls in each second of its clock."""
    counts: dict[int, int] = {}

    def takes(now: float) -> bool:
        counts[int(now)] = counts.get(int(now), 0) + 1
        return counts[int(now)] <= cap

    return takes


def sliding_window(cap: int) -> Callable[[float], bool]:
    """A server that accepts so many calls in any second."""
    taken: deque[float] = deque(maxlen=cap)

    def takes(now: float) -> bool:
        if len(taken) == cap and taken[0] > now - 1:
            return False
        taken.append(now)
        return True

    return takes


@dataclass(frozen=True)
class Call:
    sent: float
    is_taken: bool


def against(takes: Callable[[float], bool], seconds: float, chance: Random, concurrency: int = 10) -> list[Call]:
    """The result of 500 impatient jobs against a server that throttles and responds in 50 to 150 ms."""
    limiter, now, calls = RateLimiter(share_of(PRODUCTION_WINDOWS), 0), 0.0, list[Call]()
    in_flight: list[tuple[float, int]] = []
    while now < seconds:
        while in_flight and in_flight[0][0] <= now:
            call = calls[heapq.heappop(in_flight)[1]]
            if not call.is_taken:
                limiter.throttle(call.sent, now, 1.0)
        delay = limiter.wait(now)
        if delay == 0 and len(in_flight) < concurrency:
            latency = chance.uniform(0.05, 0.15)
            limiter.consume(now)
            heapq.heappush(in_flight, (now + latency, len(calls)))
            calls.append(Call(now, takes(now + latency / 2)))
        else:
            soonest = now + delay if len(in_flight) < concurrency else seconds
            now = min(soonest, in_flight[0][0]) if in_flight else soonest
    return calls


@pytest.mark.parametrize("server", [fixed_windows, sliding_window])
@pytest.mark.parametrize(("cap", "seed"), [(2, 0), (2, 1), (2, 2), (10, 0)])
def test_a_server_with_a_low_rate_limit_is_used_well_and_rarely_exceeded(
    server: Callable[[int], Callable[[float], bool]], cap: int, seed: int
) -> None:
    calls = [call for call in against(server(cap), 360, Random(seed)) if call.sent >= 60]
    taken = sum(call.is_taken for call in calls)
    assert len(calls) - taken <= 0.02 * len(calls)
    assert taken >= 0.8 * cap * 300


def test_the_rate_stays_near_the_wall_and_recovers_within_minutes() -> None:
    limiter = throttled()
    wall = limiter.rate(61)
    assert wall == pytest.approx(20, rel=1e-3)
    assert [limiter.rate(1 + after) / wall for after in (0, 30, 60, 90)] == pytest.approx([0.7, 0.9625, 1, 1.0375])
    assert limiter.rate(600) == 50


def test_old_calls_do_not_affect_where_the_wall_is() -> None:
    limiter = RateLimiter(PLENTY, 0)
    limiter.consume(0, 100)
    limiter.consume(60)
    limiter.throttle(60, 60.1, 1)
    assert limiter.rate(62) < 1


def test_a_wall_soon_after_the_start_is_set_to_the_current_rate() -> None:
    limiter = RateLimiter(PLENTY, 0)
    for tenth in range(10):
        limiter.consume(tenth / 10, 2)
    limiter.throttle(0.9, 1.0, 1)
    assert limiter.rate(62) == pytest.approx(20, rel=0.15)


def test_calls_in_flight_at_the_wall_do_not_lower_the_rate_further() -> None:
    limiter = throttled()
    once = limiter.rate(5)
    limiter.throttle(-0.05, 0.2, 1)
    limiter.throttle(0.5, 0.9, 1)  # sent before the wait was over
    assert limiter.rate(5) == once
    assert limiter.wait(0.2) >= 1


def test_throttling_alone_never_stops_the_calls() -> None:
    limiter = RateLimiter(PLENTY, 0)
    for second in range(0, 100, 2):
        limiter.throttle(second, second, 1)
    assert limiter.rate(99) == pytest.approx(SLOWEST)
    assert greedy(limiter, 99, 10)


def test_while_the_rate_is_reduced_calls_are_evenly_spaced() -> None:
    calls = greedy(throttled(), 0, 20)
    assert min(b - a for a, b in pairwise(calls)) > 0.04


def test_a_wall_is_remembered_for_five_minutes() -> None:
    limiter = throttled()
    assert limiter.is_throttled(THROTTLE_MEMORY)
    assert not limiter.is_throttled(THROTTLE_MEMORY + 2)
    assert not RateLimiter(PLENTY, 0).is_throttled(0)


def test_retry_after_alone_sets_no_wall() -> None:
    limiter = RateLimiter(PLENTY, 0)
    limiter.pause(10, 5)
    assert limiter.wait(10) == 5
    assert (limiter.paused_until(10), limiter.paused_until(15)) == (15, None)
    assert limiter.rate(15) == 50


@given(st.floats(min_value=1, max_value=3_600), st.floats(min_value=0, max_value=3_600))
def test_no_call_is_sent_before_retry_after_ends(patience: float, shorter: float) -> None:
    limiter = RateLimiter(PLENTY, 50)
    limiter.throttle(50, 60, patience)
    limiter.throttle(50, 60, min(shorter, patience))
    calls = greedy(limiter, 60, patience + 10)
    assert calls[0] >= 60 + patience - 1e-6


# --- what headers say --------------------------------------------------------------------------------------------


def test_half_of_the_remaining_quota_is_spread_over_the_rest_of_the_window() -> None:
    limiter = RateLimiter(PLENTY, 0)
    limiter.apply_headers(RateLimits(window=60, remaining=40, reset=20), 0)
    assert limiter.rate(1) == 1
    assert len(greedy(limiter, 0, 20)) <= 22
    assert limiter.rate(21) == 50


@pytest.mark.parametrize(("window", "reset", "wait"), [(60, 20, 20), (DAY, DAY, HOUR), (HOUR, 10**15, HOUR)])
def test_without_remaining_quota_no_call_is_sent_before_the_reset(window: int, reset: int, wait: float) -> None:
    limiter = RateLimiter(PLENTY, 0)
    limiter.apply_headers(RateLimits(window=window, remaining=0, reset=reset), 0)
    assert limiter.wait(0) == wait


def test_a_reset_does_not_shorten_retry_after() -> None:
    limiter = RateLimiter(PLENTY, 0)
    limiter.throttle(0, 0, 300)
    limiter.apply_headers(RateLimits(window=60, remaining=0, reset=20), 0)
    assert limiter.wait(0) == 300


@pytest.mark.parametrize(
    "headers",
    [
        RateLimits(),
        RateLimits(window=1, remaining=0, reset=1),
        RateLimits(window=60, reset=5),
        RateLimits(window=60, remaining=5),
        RateLimits(remaining=0, reset=5),
        RateLimits(window=60, remaining=10**15, reset=0),
        RateLimits(windows={60: 10**15, 3_600: 10**15}),
    ],
)
def test_headers_with_enough_quota_or_none_delay_no_call(headers: RateLimits) -> None:
    limiter = RateLimiter(PLENTY, 0)
    limiter.apply_headers(headers, 0)
    assert (limiter.wait(0), limiter.rate(0), limiter.concurrency) == (0, 50, CONCURRENCY)


def test_granted_windows_lower_the_share_and_never_raise_it() -> None:
    limiter = RateLimiter(share_of(API_SANDBOX), 0)
    limiter.apply_headers(RateLimits(windows={60: 600, HOUR: 1_000}), 0)
    assert (limiter.limits.per_second, limiter.limits.per_hour, limiter.limits.per_day) == (1, 100, 1_000)
    limiter.apply_headers(RateLimits(windows={60: 50_000, HOUR: 50_000}), 0)
    assert limiter.limits == share_of(API_SANDBOX)


@pytest.mark.parametrize("windows", [{DAY: 0}, {DAY: -5}, {60: 0, HOUR: 0}, {}])
def test_a_window_that_grants_no_calls_is_ignored(windows: dict[int, int]) -> None:
    limiter = RateLimiter(share_of(PRODUCTION_WINDOWS), 0)
    limiter.apply_headers(RateLimits(windows=windows), 0)
    assert limiter.limits == share_of(PRODUCTION_WINDOWS)


def test_one_unusual_response_lowers_the_share_until_the_next_one() -> None:
    limiter = RateLimiter(share_of(PRODUCTION_WINDOWS), 0)
    limiter.consume(0, 60)
    limiter.apply_headers(RateLimits(windows={DAY: 500}), 0)
    assert limiter.wait(1) > 0
    limiter.apply_headers(RateLimits(windows={DAY: 27_000_000}), 1)
    assert limiter.wait(1) == 0
    assert limiter.day_share(1) < 0.001


def test_calls_that_were_not_sent_are_refunded() -> None:
    limiter = RateLimiter(share_of(API_SANDBOX), 0)
    limiter.consume(0, 150)
    limiter.consume(120, 30)
    saved = limiter.allowance(120)
    limiter.refund(40)
    assert limiter.used_today(120) == 140
    assert limiter.drain_uncounted() == 140
    assert limiter.allowance(120) > saved
    limiter.refund(1_000)
    assert limiter.used_today(120) == 0


def test_granted_windows_do_not_lower_the_limit_of_the_user() -> None:
    limits = limits_for(TenantKind.PRODUCTION, calls_per_second=5)
    limiter = RateLimiter(limits, 0)
    limiter.apply_headers(RateLimits(windows={60: 60}), 0)
    assert limiter.limits == limits
    limiter.apply_headers(RateLimits(window=60, remaining=40, reset=20, windows={60: 60}), 0)
    assert limiter.rate(1) == 1


@pytest.mark.parametrize(
    ("calls_per_second", "daily_calls", "expected"),
    [
        (2.0, None, (2.0, 500, 1_000)),
        (None, 20_000, (pytest.approx(4.17, rel=0.01), inf, 20_000)),
        (2.0, 20_000, (2.0, inf, 20_000)),
        (None, None, (pytest.approx(4.17, rel=0.01), 500, 1_000)),
    ],
)
def test_a_configured_limit_leaves_the_others_to_the_host(
    calls_per_second: float | None, daily_calls: int | None, expected: tuple[float, float, float]
) -> None:
    limiter = RateLimiter(limits_for(TenantKind.OTHER, daily_calls, calls_per_second), 0)
    limiter.apply_headers(RateLimits(windows=API_SANDBOX), 0)
    assert (limiter.limits.per_second, limiter.limits.per_hour, limiter.limits.per_day) == expected


@pytest.mark.parametrize("granted", [1, 9])
@pytest.mark.parametrize("window", [60, HOUR, DAY])
def test_a_host_that_grants_next_to_nothing_gets_one_call_a_window(window: int, granted: int) -> None:
    limiter = RateLimiter(share_of(PRODUCTION_WINDOWS), 0)
    limiter.apply_headers(RateLimits(windows={window: granted}), 0)
    calls = greedy(limiter, 0, 4 * window)
    assert 3 <= len(calls) <= 5


@pytest.mark.parametrize(("granted", "in_flight"), [(200, 10), (40, 10), (20, 5), (4, 1), (1, 1), (0, 1)])
def test_a_quarter_of_the_granted_concurrency_is_used(granted: int, in_flight: int) -> None:
    limiter = RateLimiter(PLENTY, 0)
    limiter.apply_headers(RateLimits(concurrent=granted), 0)
    assert limiter.concurrency == in_flight
    limiter.apply_headers(RateLimits(), 0)
    assert limiter.concurrency == in_flight


# --- counting ----------------------------------------------------------------------------------------------------


def test_calls_of_other_windows_count_for_the_day() -> None:
    limiter = RateLimiter(share_of(API_SANDBOX), 0)
    limiter.set_daily_count(1_000, 10)
    assert limiter.used_today(20) == 1_000
    assert limiter.wait(20) == HOUR - 20
    assert limiter.day_share(20) == 1


def test_calls_of_this_window_count_once() -> None:
    limiter = RateLimiter(share_of(API_SANDBOX), 0)
    limiter.consume(1, 30)
    assert limiter.drain_uncounted() == 30
    assert limiter.drain_uncounted() == 0
    limiter.consume(2, 5)
    limiter.set_daily_count(130, 3)  # the 30 are in it, the 5 are not yet
    assert limiter.used_today(3) == 135


def test_the_count_of_a_day_does_not_apply_to_the_next_one() -> None:
    limiter = RateLimiter(share_of(API_SANDBOX), 0)
    limiter.set_daily_count(1_000, 10)
    limiter.consume(20, 3)
    assert limiter.used_today(DAY - 1) == 1_003
    assert limiter.used_today(DAY) == 3


@pytest.mark.parametrize("seconds", [10, 2 * HOUR])
def test_the_share_of_a_day_is_kept_while_calls_cannot_be_counted(seconds: float) -> None:
    limiter = RateLimiter(limits_for(TenantKind.API_SANDBOX), 10)
    limiter.set_daily_count(990, 10)
    assert len(greedy(limiter, 10, seconds)) <= 10


def test_calls_that_other_windows_leave_are_not_all_sent_at_once() -> None:
    limiter = RateLimiter(limits_for(TenantKind.API_SANDBOX), 10)
    limiter.set_daily_count(960, 10)
    assert 1 <= len(greedy(limiter, 10, 60)) <= 12


def test_windows_that_poll_in_turn_share_an_hour_and_a_day() -> None:
    """Each adds its calls to the count of the store, and reads it, every ten seconds."""
    windows, counted, calls = [RateLimiter(limits_for(TenantKind.API_SANDBOX), 0) for _ in range(2)], 0, list[float]()
    for turn in range(23 * 360):
        for window in (*windows, windows[0]):
            counted += window.drain_uncounted()
            window.set_daily_count(counted, turn * 10)
        calls += greedy(windows[turn // 30 % 2], turn * 10, 10)
    assert most_within(calls, HOUR) <= 500
    assert 900 <= len(calls) <= 1_000


def test_midnight_does_not_refund_calls_of_this_run() -> None:
    limiter = RateLimiter(share_of(API_SANDBOX), DAY - 600)
    limiter.consume(DAY - 600, 900)
    limiter.set_daily_count(0, DAY + 1)
    assert limiter.used_today(DAY + 1) == 900
    assert limiter.used_today(2 * DAY + HOUR) == 0


def test_calls_per_second_are_those_of_the_last_ten_seconds() -> None:
    limiter = RateLimiter(PLENTY, 0)
    for half in range(40):
        limiter.consume(half / 2)
        assert limiter.calls_per_second(half / 2) <= 3
    assert limiter.calls_per_second(20) == pytest.approx(1.9)
    assert limiter.calls_per_second(25) == pytest.approx(0.9)
    assert limiter.calls_per_second(40) == 0
    assert RateLimiter(PLENTY, 5).calls_per_second(5) == 0


def test_old_calls_are_dropped_even_if_the_rate_is_never_read() -> None:
    limiter = RateLimiter(PLENTY, 0)
    for second in range(1_000):
        limiter.consume(second)
    assert len(limiter._sent) <= 11


def test_the_calls_for_planning_are_the_rate_and_the_saved_calls() -> None:
    limiter = RateLimiter(limits_for(TenantKind.API_SANDBOX), 0)
    assert limiter.allowance(0) == pytest.approx(4_000 / DAY + 199 / 300)
    limiter.consume(0, 200)
    assert limiter.allowance(0) == pytest.approx(4_000 / DAY)
    limiter.consume(0, 5_000)
    assert 0 < limiter.allowance(0) < 0.001


def test_saved_calls_serve_jobs_that_are_added_at_once() -> None:
    limiter = RateLimiter(limits_for(TenantKind.API_SANDBOX), 0)
    per_second, long_run = limiter.limits.per_second, 4_000 / DAY
    assert limiter.even_rate(0, 1) == limiter.even_rate(0, 200) == per_second
    assert limiter.even_rate(0, 400) == pytest.approx(2 * long_run)
    limiter.consume(0, 200)
    assert limiter.even_rate(0, 100) == pytest.approx(long_run)


def test_the_supply_of_a_day_is_what_is_left_and_what_becomes_free() -> None:
    limiter = RateLimiter(limits_for(TenantKind.API_SANDBOX), 0)
    limiter.consume(0, 300)
    limiter.consume(6 * HOUR, 200)
    assert dict(limiter.supply(6 * HOUR))[16 * HOUR] == 500
    within = dict(limiter.supply(12 * HOUR))
    assert within[8 * HOUR] == 500
    assert within[16 * HOUR] == 800
    assert within[24 * HOUR] == 1_000


def test_calls_of_other_windows_become_free_at_midnight() -> None:
    limiter = RateLimiter(limits_for(TenantKind.API_SANDBOX), 20 * HOUR)
    limiter.set_daily_count(600, 20 * HOUR)
    within = dict(limiter.supply(20 * HOUR))
    assert (within[2 * HOUR], within[8 * HOUR]) == (400, 1_000)


def test_without_a_daily_limit_there_is_no_daily_supply() -> None:
    assert RateLimiter(Limits(5), 0).supply(0) == []


def test_the_current_limit_is_named() -> None:
    assert RateLimiter(PLENTY, 0).limit(0) is Limit.CALLS_PER_SECOND
    assert RateLimiter(limits_for(TenantKind.API_SANDBOX), 0).limit(0) is Limit.DAILY_CALLS
    assert RateLimiter(limits_for(TenantKind.PRODUCTION, daily_calls=300), 0).limit(0) is Limit.DAILY_CALLS
    by_hour = RateLimiter(limits_for(TenantKind.DEVELOPER_SANDBOX), 0)
    by_hour.consume(0, 2_450)
    assert by_hour.limit(1) is Limit.HOURLY_CALLS, "50 are left for the hour, 2,550 for the day"
    assert by_hour.limit(2 * HOUR) is Limit.DAILY_CALLS
    limiter = throttled()
    assert limiter.limit(0.5) is limiter.limit(10) is Limit.HOST
    assert limiter.limit(600) is Limit.CALLS_PER_SECOND
    limiter.apply_headers(RateLimits(window=60, remaining=4, reset=60), 700)
    assert limiter.limit(701) is Limit.HOST
    limiter.pause(1_000, 10)
    assert limiter.limit(1_001) is Limit.HOST


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["spend", "throttle", "pause", "remaining", "windows", "count", "back"]),
            st.integers(min_value=0, max_value=10**15),
            st.floats(min_value=0, max_value=1e5),
        ),
        max_size=20,
    ),
    st.sampled_from([None, 1, 7, 27_000_000]),
    st.sampled_from([None, 0.01, 0.3, 833.0]),
)
def test_a_call_is_always_allowed_eventually(
    events: list[tuple[str, int, float]], daily_calls: int | None, calls_per_second: float | None
) -> None:
    limiter = RateLimiter(limits_for(TenantKind.PRODUCTION, daily_calls, calls_per_second), 0)
    now = 0.0
    for event, number, seconds in events:
        now += seconds if event != "back" else -seconds
        if event == "spend":
            limiter.consume(now, number % 50)
        elif event == "throttle":
            limiter.throttle(now - 1, now, min(seconds, HOUR))
        elif event == "pause":
            limiter.pause(now, min(seconds, HOUR))
        elif event == "remaining":
            limiter.apply_headers(RateLimits(window=HOUR, remaining=number, reset=int(seconds)), now)
        elif event == "windows":
            limiter.apply_headers(RateLimits(windows={60: number % 100_000, DAY: number}), now)
        elif event == "count":
            limiter.set_daily_count(number % 1_000, now)
        assert limiter.wait(now) < inf
        assert 1 / HOUR <= limiter.allowance(now) < inf
        assert 0 < limiter.even_rate(now, 1 + number % 9_000) < inf
        assert limiter.limit(now) in Limit
        assert 0 <= limiter.calls_per_second(now) < inf
        assert 0 <= limiter.day_share(now) < inf
    for _ in range(2_000):
        wait = limiter.wait(now)
        if wait == 0:
            return
        now += wait
    raise AssertionError(f"still waiting at {now}")
