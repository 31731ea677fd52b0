import heapq
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.polling.budget import (
    API_SANDBOX,
    DEVELOPER_SANDBOX,
    PRODUCTION,
    SLOWEST,
    Budget,
    Limits,
    Reading,
    allowance,
    counted,
    heard,
    opened,
    rate,
    share_of,
    shut,
    spend,
    throttled,
    used,
    wait,
)

DAY, HOUR = 86_400, 3_600
PLENTY = Limits(per_second=50, burst=100)


def greedy(budget: Budget, start: float, seconds: float) -> list[float]:
    """When calls go if there is always one to make."""
    now, calls = start, []
    while now < start + seconds:
        if delay := wait(budget, now):
            now += delay
        else:
            budget = spend(budget, now)
            calls.append(now)
    return calls


def fixed_windows(cap: int) -> Callable[[float], bool]:
    """A server that takes so many calls in each second of its clock."""
    counts: dict[int, int] = {}

    def takes(now: float) -> bool:
        counts[int(now)] = counts.get(int(now), 0) + 1
        return counts[int(now)] <= cap

    return takes


def sliding_window(cap: int) -> Callable[[float], bool]:
    """A server that takes so many calls in any one second."""
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
    """What comes of 500 impatient jobs against a server that throttles, with answers in 50 to 150 ms."""
    budget, now, calls = opened(share_of(PRODUCTION), 0), 0.0, list[Call]()
    under_way: list[tuple[float, int]] = []
    while now < seconds:
        while under_way and under_way[0][0] <= now:
            call = calls[heapq.heappop(under_way)[1]]
            if not call.is_taken:
                budget = throttled(budget, call.sent, now, 1.0)
        delay = wait(budget, now)
        if delay == 0 and len(under_way) < concurrency:
            latency = chance.uniform(0.05, 0.15)
            budget = spend(budget, now)
            heapq.heappush(under_way, (now + latency, len(calls)))
            calls.append(Call(now, takes(now + latency / 2)))
        else:
            soonest = now + delay if len(under_way) < concurrency else seconds
            now = min(soonest, under_way[0][0]) if under_way else soonest
    return calls


@pytest.mark.parametrize("server", [fixed_windows, sliding_window])
@pytest.mark.parametrize("seed", range(3))
def test_a_server_that_takes_two_calls_a_second_is_used_well_and_seldom_overrun(
    server: Callable[[int], Callable[[float], bool]], seed: int
) -> None:
    calls = [call for call in against(server(2), 360, Random(seed)) if call.sent >= 60]
    taken = sum(call.is_taken for call in calls)
    assert len(calls) - taken <= 0.02 * len(calls)
    assert taken >= 0.8 * 2 * 300


def test_when_the_wall_is_gone_the_rate_comes_back_within_minutes() -> None:
    budget = throttled(spend(opened(PLENTY, -60), 0, 10), 0, 0.1, 1)
    assert rate(budget, 1.1) < 2
    assert rate(budget, 600) == PLENTY.per_second


def test_near_the_wall_the_rate_stays_for_long() -> None:
    budget = throttled(spend(opened(PLENTY, -60), 0, 100), 0, 0, 1)
    wall = budget.wall
    assert wall == pytest.approx(20, rel=1e-4)
    assert [rate(budget, 1 + after) / wall for after in (0, 30, 60, 90)] == pytest.approx([0.7, 0.9625, 1, 1.0375])


def test_calls_of_a_while_ago_say_nothing_of_where_the_wall_is() -> None:
    budget = spend(spend(opened(PLENTY, 0), 0, 100), 60)
    assert throttled(budget, 60, 60.1, 1).wall < 1


def test_a_wall_that_is_met_soon_after_the_start_is_taken_to_be_where_the_rate_was() -> None:
    budget = opened(PLENTY, 0)
    for tenth in range(10):
        budget = spend(budget, tenth / 10, 2)
    assert throttled(budget, 0.9, 1.0, 1).wall == pytest.approx(20, rel=0.15)


def test_a_host_that_asks_for_patience_alone_shows_no_wall() -> None:
    budget = shut(opened(PLENTY, 0), 10, 5)
    assert wait(budget, 10) == 5
    assert rate(budget, 15) == PLENTY.per_second


def test_calls_that_were_under_way_when_the_wall_was_met_slow_down_no_further() -> None:
    once = throttled(spend(opened(PLENTY, 0), 0, 100), 0.0, 0.1, 1)
    again = throttled(once, 0.05, 0.2, 1)
    assert again.wall == once.wall
    assert wait(again, 0.2) >= 1


def test_throttling_alone_never_stops_the_calls() -> None:
    budget = opened(PLENTY, 0)
    for second in range(0, 100, 2):
        budget = throttled(budget, second, second, 1)
    assert rate(budget, 99) == pytest.approx(SLOWEST)


def test_while_the_rate_is_held_down_calls_go_evenly() -> None:
    budget = throttled(spend(opened(PLENTY, -60), 0, 100), 0, 0, 1)
    calls = greedy(budget, 0, 20)
    assert min(b - a for a, b in pairwise(calls)) > 0.04


@given(st.floats(min_value=1, max_value=3600), st.floats(min_value=0, max_value=3600))
def test_nothing_goes_before_the_host_is_ready_again(patience: float, shorter: float) -> None:
    budget = throttled(throttled(opened(PLENTY, 50), 50, 60, patience), 50, 60, min(shorter, patience))
    calls = greedy(budget, 60, patience + 10)
    assert calls[0] >= 60 + patience - 1e-6


@pytest.mark.parametrize(("windows", "start"), [(API_SANDBOX, 0.0), (API_SANDBOX, 1_795_435_377.0)])
def test_any_day_stays_within_a_tenth_of_the_limit_and_uses_most_of_it(windows: dict[int, int], start: float) -> None:
    calls = greedy(opened(share_of(windows), start), start, 3 * DAY)
    budget = windows[DAY] / 10
    assert max(bisect_left(calls, call + DAY) - place for place, call in enumerate(calls)) <= budget
    assert len(calls) >= 0.85 * 3 * budget


def test_what_is_left_of_a_day_lasts() -> None:
    calls = greedy(opened(share_of(API_SANDBOX), 0), 0, DAY)
    for hour in range(24):
        assert sum(hour * HOUR <= call < (hour + 1) * HOUR for call in calls) > 0


def test_what_others_spent_is_counted_for_the_day() -> None:
    fresh = opened(share_of(API_SANDBOX), 0)
    assert used(counted(fresh, 10, 1000), 20) == 1000
    assert wait(counted(fresh, 10, 1000), 20) == HOUR - 20
    assert used(opened(share_of(API_SANDBOX), 0, 700), 20) == 700


def test_an_old_count_of_the_day_is_not_held_against_the_next_one() -> None:
    budget = spend(counted(opened(share_of(API_SANDBOX), 0), 10, 1000), 20, 3)
    assert used(budget, 11 + HOUR) == 3


def test_calls_of_more_than_a_day_ago_are_forgotten() -> None:
    budget = spend(spend(opened(PLENTY, 0), 0, 5), 12 * HOUR, 7)
    assert used(budget, 13 * HOUR) == 12
    assert used(budget, 26 * HOUR) == 7
    assert spend(budget, 26 * HOUR).spent == ((12, 7), (26, 1))


def test_a_burst_goes_at_once_and_then_the_rate_holds() -> None:
    calls = greedy(opened(PLENTY, 0), 0, 10)
    assert sum(call == 0 for call in calls) == 100
    assert len(calls) == pytest.approx(100 + 10 * 50, abs=2)


def test_calls_that_went_without_leave_are_made_up_for() -> None:
    assert wait(spend(opened(PLENTY, 0), 0, 150), 0) == pytest.approx(51 / 50)


def test_a_clock_that_stands_or_steps_back_fills_nothing() -> None:
    budget = spend(opened(PLENTY, 100), 100, 100)
    assert wait(budget, 100) == pytest.approx(1 / 50)
    assert wait(spend(budget, 90), 100) == pytest.approx(2 / 50)


def test_a_pace_may_plan_with_the_rate_and_what_is_saved() -> None:
    budget = opened(PLENTY, 0)
    assert allowance(budget, 0) == pytest.approx(50 + 99 / 300)
    assert allowance(spend(budget, 0, 400), 0) == 50
    assert 0 < allowance(spend(opened(share_of(API_SANDBOX), 0), 0, 5000), 0) < 0.001


@pytest.mark.parametrize(
    ("windows", "per_second", "per_day"),
    [(PRODUCTION, 62.5, 2_700_000), (DEVELOPER_SANDBOX, 0.694, 5_000), (API_SANDBOX, 0.139, 1_000)],
)
def test_a_tenth_of_what_is_granted(windows: dict[int, int], per_second: float, per_day: float) -> None:
    limits = share_of(windows)
    assert limits.per_second == pytest.approx(per_second, rel=0.01)
    assert limits.per_day == per_day
    assert limits.burst <= per_day / 20


def test_a_window_that_is_not_named_is_as_in_production() -> None:
    assert share_of({}) == share_of(PRODUCTION)
    assert share_of({1: 2, 60: 600}).per_second == 1


def test_half_of_what_all_have_left_is_spread_over_the_rest_of_the_window() -> None:
    budget = heard(opened(PLENTY, 0), 0, Reading(window=60, remaining=40, reset=20))
    assert rate(budget, 1) == 1
    assert len(greedy(budget, 0, 20)) <= 21
    assert rate(budget, 21) == 50


def test_with_nothing_left_nothing_goes_before_the_reset() -> None:
    assert wait(heard(opened(PLENTY, 0), 0, Reading(window=60, remaining=0, reset=20)), 0) == 20
    assert wait(heard(opened(PLENTY, 0), 0, Reading(window=DAY, remaining=0, reset=DAY)), 0) == HOUR


def test_a_reset_does_not_cut_short_what_the_host_asked_for() -> None:
    budget = throttled(opened(PLENTY, 0), 0, 0, 300)
    assert wait(heard(budget, 0, Reading(window=60, remaining=0, reset=20)), 0) == 300


@pytest.mark.parametrize(
    "reading",
    [Reading(), Reading(1, 0, 1), Reading(60, None, 5), Reading(60, 5, None), Reading(None, 0, 5)],
)
def test_what_says_nothing_changes_nothing(reading: Reading) -> None:
    assert heard(opened(PLENTY, 0), 0, reading) == opened(PLENTY, 0)
