"""When the expected delay of a job reaches the price of a call."""

from itertools import pairwise
from math import inf, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.polling.survival import (
    AGES,
    CHEAPEST,
    PRIOR,
    SHORTEST_INTERVAL_SECONDS,
    STALENESS_LIMIT,
    Curve,
    Intervals,
    Lifetime,
    expected_delay,
    fit_curve,
)


def curve_of(durations: list[float], every: float = 3.0) -> Curve:
    """The curve that is learned from jobs polled at an interval, each first somewhere in the first one."""
    lifetimes = []
    for duration in durations:
        first = _chance.uniform(0, every)
        last = first + (duration - first) // every * every
        lifetimes.append(Lifetime(max(0.0, last), last + every))
    return fit_curve(lifetimes)


_chance = Random(1)
LEARNT = {
    "the prior": PRIOR,
    "normal": curve_of([_chance.gauss(20, 2) for _ in range(300)]),
    "log-normal": curve_of([_chance.lognormvariate(log(20), 1) for _ in range(300)]),
    "Pareto": curve_of([10 * _chance.paretovariate(1.2) for _ in range(300)]),
    "some stuck": curve_of([7_200 if number % 20 == 0 else _chance.gauss(20, 2) for number in range(300)]),
}
CURVES = {
    **LEARNT,
    "over at once": fit_curve([Lifetime(0, 0.5)] * 300),
    "running for ever": fit_curve([Lifetime(1e6)] * 300),
}
AGE = st.one_of(st.floats(min_value=0, max_value=100), st.floats(min_value=0, max_value=1e6))
CURVE = st.sampled_from([*CURVES.values()])


def summed(curve: Curve, seen: float, age: float) -> float:
    """V(seen, age) from its definition: at each moment, the chance that the job has been over by then."""
    steps, share = 4_000, curve.at(seen)[0]
    width = (age - seen) / steps
    return sum(1 - curve.at(seen + (number + 0.5) * width)[0] / share for number in range(steps)) * width


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize(
    ("seen", "age"), [(0, 0.3), (0, 4), (0, 60), (7, 9), (19, 21), (25, 90), (1_000, 1_400), (1e5, 3e5)]
)
def test_the_expected_delay_is_the_area_above_the_curve(name: str, seen: float, age: float) -> None:
    curve = CURVES[name]
    assert expected_delay(curve, seen, age) == pytest.approx(summed(curve, seen, age), rel=0.01, abs=1e-4)


@given(CURVE, st.floats(min_value=0, max_value=300), st.floats(min_value=0.01, max_value=300))
def test_the_expected_delay_equals_the_numerical_sum(curve: Curve, seen: float, passed: float) -> None:
    steps, share = 300, curve.at(seen)[0]
    width = passed / steps
    over = [1 - curve.at(seen + number * width)[0] / share for number in range(steps + 1)]
    assert width * sum(over[:-1]) - 1e-6 <= expected_delay(curve, seen, seen + passed) <= width * sum(over[1:]) + 1e-6


@given(CURVE, AGE, AGE, AGE)
def test_the_expected_delay_grows_with_age_and_stays_below_the_time_passed(
    curve: Curve, seen: float, some: float, more: float
) -> None:
    early = expected_delay(curve, seen, seen + some)
    late = expected_delay(curve, seen, seen + some + more)
    rounding = 1e-6 * (1 + seen + some + more)
    assert -rounding <= early <= late + rounding
    assert late <= some + more + rounding


def test_a_job_that_was_just_polled_has_no_delay() -> None:
    assert all(expected_delay(curve, age, age) == 0 for curve in CURVES.values() for age in (0.0, 20.0, 1e6))


def exact(curve: Curve, age: float, price: float) -> float:
    """When the expected delay reaches the price, by bisection."""
    low, high = 0.0, 1e9
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if expected_delay(curve, age, age + middle) < price else (low, middle)
    return high


@pytest.mark.parametrize("name", LEARNT)
@pytest.mark.parametrize("price", [CHEAPEST, 0.2, 1.0, 5.0, 60.0, 600.0])
def test_an_interval_ends_where_the_expected_delay_reaches_the_price(name: str, price: float) -> None:
    intervals = Intervals(LEARNT[name], price, ceiling=inf)
    for age in (0, 0.4, 1, 2, 5, 7.7, 10, 13, 16, 18, 19, 20, 21, 22, 25, 28, 31, 40, 100, 333, 1_000, 5e3, 2e4, 1e6):
        wanted = max(SHORTEST_INTERVAL_SECONDS, exact(LEARNT[name], age, price))
        assert intervals.after(age) == pytest.approx(wanted, rel=0.12, abs=0.03 * age), age


@pytest.mark.parametrize("name", LEARNT)
@pytest.mark.parametrize("price", [0.2, 1.0, 5.0, 60.0])
def test_at_most_ages_the_expected_delay_is_within_a_few_percent_of_the_price(name: str, price: float) -> None:
    intervals = Intervals(LEARNT[name], price, ceiling=inf)
    ages = [age * 1.02 for age in AGES if intervals.after(age) > SHORTEST_INTERVAL_SECONDS]
    off = sorted(abs(expected_delay(LEARNT[name], age, age + intervals.after(age)) / price - 1) for age in ages)
    assert off[len(off) // 2] < 0.03
    assert off[int(0.9 * len(off))] < 0.1


@given(CURVE, AGE, st.floats(min_value=1e-3, max_value=1e9), st.floats(min_value=1, max_value=1e6))
def test_every_interval_lies_between_the_bounds(curve: Curve, age: float, price: float, ceiling: float) -> None:
    assert SHORTEST_INTERVAL_SECONDS <= Intervals(curve, price, ceiling).after(age) <= ceiling


@pytest.mark.parametrize("age", [0.0, 1e300, inf])
def test_unusual_ages_have_an_interval(age: float) -> None:
    assert SHORTEST_INTERVAL_SECONDS <= Intervals().after(age) <= STALENESS_LIMIT


@given(CURVE, AGE, st.floats(min_value=CHEAPEST, max_value=1e4), st.floats(min_value=1.0, max_value=10))
def test_a_higher_price_gives_a_longer_interval(curve: Curve, age: float, price: float, times: float) -> None:
    cheap, dear = Intervals(curve, price, inf), Intervals(curve, price * times, inf)
    assert cheap.after(age) <= dear.after(age) * (1 + 1e-9)


@pytest.mark.parametrize("name", CURVES)
def test_a_job_that_was_polled_later_is_polled_later_again(name: str) -> None:
    for price in (CHEAPEST, 1.0, 30.0):
        intervals = Intervals(CURVES[name], price, inf)
        due = [age + intervals.after(age) for age in AGES]
        assert all(before <= after * (1 + 1e-9) for before, after in pairwise(due))


def test_if_all_jobs_last_twenty_seconds_calls_concentrate_there() -> None:
    intervals, age, calls = Intervals(CURVES["normal"], 0.2), 0.0, list[float]()
    while age < 30:
        age += intervals.after(age)
        calls.append(age)
    assert sum(2 < call < 14 for call in calls) <= 1
    assert sum(16 <= call < 24 for call in calls) >= 4


def test_the_cheapest_calls_are_two_to_three_seconds_apart_at_first() -> None:
    assert 2 <= Intervals().after(20) <= Intervals().after(0) <= 3.5
