from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise, takewhile
from math import exp, inf, sqrt
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.delay import POPULATIONS, history, true_curve
from zjobtui.polling.durations import AGES, PRIOR, Curve, learn
from zjobtui.polling.inspection import (
    CHEAPEST,
    UNBOUNDED,
    USUAL,
    Bounds,
    Cost,
    Schedule,
    _foot,
    call_rate,
    cost,
    fit,
    plan,
)

pytestmark = pytest.mark.slow

PRICES = st.floats(min_value=0.1, max_value=1000)
JOB_AGES = st.floats(min_value=0, max_value=1e6)


def exponential(mean: float) -> Curve:
    return Curve.through(AGES, [exp(-min(age / mean, 600)) for age in AGES])


def calls_of(schedule: Schedule) -> Iterator[float]:
    age = 0.0
    while True:
        age = schedule.next_age(age)
        yield age


def at_as_many_calls(curve: Curve, calls: float, truth: Curve) -> float:
    """Mean delay of the schedule planned on a curve, at the price that makes so many calls in truth."""
    price = 0.2
    got = Cost(0, 0)
    for _ in range(8):
        got = cost(plan(curve, price, UNBOUNDED), truth)
        price *= (got.calls / calls) ** 2
    return got.delay * got.calls / calls


def test_without_memory_the_gap_is_constant_and_the_best_one() -> None:
    gaps = [
        b - a for a, b in pairwise(takewhile(lambda age: age < 60, calls_of(plan(exponential(20), 1.0, UNBOUNDED))))
    ]

    def cost_of(gap: float) -> float:
        ended = 1 - exp(-gap / 20)
        return (1.0 + gap - 20 * ended) / ended

    best = min((number / 100 for number in range(1, 3000)), key=cost_of)
    assert gaps == pytest.approx([best] * len(gaps), rel=0.03)


@pytest.mark.parametrize("floor", [0.1, 2])
def test_the_schedule_costs_as_little_as_an_exhaustive_search_on_a_fine_grid(floor: float) -> None:
    truth, price, fine = true_curve(POPULATIONS["normal, 20 ± 2 s"]), 0.1, [number / 10 for number in range(400)]
    steps = round(floor * 10)
    points = [truth.at(age) for age in fine]
    costs = [0.0] * len(fine)
    for here in range(len(fine) - 2, -1, -1):
        share, lived = points[here]
        costs[here] = price * share + min(
            (fine[then] - fine[here]) * share - (points[then][1] - lived) + costs[then]
            for then in range(min(here + steps, len(fine) - 1), len(fine))
        )
    calls, delay = cost(plan(truth, price, Bounds(floor, inf)))
    assert price * calls + delay == pytest.approx(costs[0], rel=0.01)


@pytest.mark.parametrize("price", [0.003, 0.03])
def test_a_grid_wider_than_the_gaps_costs_hardly_more_than_a_fine_one(price: float) -> None:
    population = POPULATIONS["log-normal 15 s, σ 0.6; 5 % stuck"]
    truth, coarse = true_curve(population), Curve.through(AGES, [1.0, *map(population.running, AGES[1:])])
    best, found = (cost(plan(curve, price, UNBOUNDED), truth) for curve in (truth, coarse))
    assert price * found.calls + found.delay <= 1.02 * (price * best.calls + best.delay)


@pytest.mark.parametrize("price", [0.003, 0.03, 1])
def test_a_plan_knows_what_it_costs(price: float) -> None:
    for name in ("log-normal 15 s, σ 0.6; 5 % stuck", "log-normal, median 20 s, σ 1.5"):
        schedule = plan(true_curve(POPULATIONS[name]), price, UNBOUNDED)
        calls, delay = cost(schedule)
        assert schedule.values[0] == pytest.approx(price * calls + delay, rel=0.02)


def test_cost_is_what_a_replay_of_many_jobs_finds() -> None:
    schedule, chance = plan(PRIOR, 1.0), Random(1)
    jobs = [chance.expovariate(1 / 30) for _ in range(20_000)]
    asked = list(takewhile(lambda age: age < 1000, calls_of(schedule)))
    calls = [bisect_left(asked, job) + 1 for job in jobs]
    delays = [asked[call - 1] - job for call, job in zip(calls, jobs, strict=True)]
    expected = cost(schedule, exponential(30))
    assert expected.calls == pytest.approx(sum(calls) / len(jobs), rel=0.02)
    assert expected.delay == pytest.approx(sum(delays) / len(jobs), rel=0.02)


@pytest.mark.parametrize("name", POPULATIONS)
def test_what_two_hundred_jobs_teach_comes_close_to_the_optimum_and_beats_a_fixed_interval(name: str) -> None:
    truth, chance = true_curve(POPULATIONS[name]), Random(3)
    durations = [max(0.01, POPULATIONS[name].draw(chance)) for _ in range(200)]
    curve = learn(history(durations, 0.05, UNBOUNDED, chance))
    mean = truth.lived[-1]
    calls = mean / 5 + 0.5
    delay = at_as_many_calls(curve, calls, truth)
    assert delay <= 1.15 * at_as_many_calls(truth, calls, truth)
    assert delay < 2.5


@pytest.mark.parametrize("name", POPULATIONS)
def test_without_history_the_schedule_is_no_worse_than_a_fixed_interval(name: str) -> None:
    truth = true_curve(POPULATIONS[name])
    for interval in (2, 5, 10):
        assert at_as_many_calls(PRIOR, truth.lived[-1] / interval + 0.5, truth) <= interval / 2


@given(PRICES, JOB_AGES, st.floats(min_value=0.1, max_value=10), st.floats(min_value=1, max_value=100))
def test_gaps_stay_within_the_bounds(price: float, age: float, floor: float, factor: float) -> None:
    bounds = Bounds(floor, floor * factor)
    gap = plan(PRIOR, price, bounds).next_age(age) - age
    assert bounds.floor - 1e-6 <= gap <= bounds.ceiling + 1e-6


@given(PRICES, JOB_AGES)
def test_without_bounds_the_next_call_still_lies_ahead(price: float, age: float) -> None:
    assert age < plan(PRIOR, price, UNBOUNDED).next_age(age) < inf


@settings(max_examples=10)
@given(PRICES, st.floats(min_value=1.05, max_value=100))
def test_a_dearer_call_means_fewer_calls_and_longer_delay(price: float, factor: float) -> None:
    cheap, dear = (cost(plan(PRIOR, one)) for one in (price, price * factor))
    assert dear.calls <= cheap.calls * 1.02
    assert dear.delay >= cheap.delay * 0.98


def test_a_stuck_job_is_asked_about_at_the_staleness_limit() -> None:
    schedule = plan(learn(history([20.0] * 200, 0.3, USUAL, Random(1))), 5.0)
    for age in (3600.0, 50_000.0, 1e6):
        assert schedule.next_age(age) - age == pytest.approx(60)


def test_a_schedule_asks_most_where_ends_are_likely() -> None:
    curve = learn(history([Random(seed).gauss(20, 2) for seed in range(200)], 0.2, UNBOUNDED, Random(1)))
    early, likely, late = (plan(curve, 0.2, UNBOUNDED).next_age(age) - age for age in (2, 20, 40))
    assert likely < 0.2 * early
    assert likely < 0.4 * late


def test_a_lone_young_job_is_asked_about_every_few_seconds() -> None:
    schedule = fit(PRIOR, [0.0], 50.0)
    assert schedule.price == CHEAPEST
    assert 3 < schedule.next_age(0) < 8


@settings(max_examples=25)
@given(st.lists(JOB_AGES, min_size=1, max_size=300), st.floats(min_value=0.01, max_value=100))
def test_running_jobs_keep_to_the_rate(ages: list[float], rate: float) -> None:
    assert call_rate(fit(PRIOR, ages, rate), ages) <= rate


def test_the_rate_is_used_when_it_is_scarce() -> None:
    ages = [Random(seed).expovariate(1 / 100) for seed in range(500)]
    assert call_rate(fit(PRIOR, ages, 12.0), ages) > 0.9 * 12


def test_where_the_rate_is_too_low_to_keep_rows_fresh_the_limit_is_stretched() -> None:
    schedule = fit(PRIOR, [1000.0] * 500, 2.0)
    assert schedule.bounds.ceiling == 500
    assert fit(PRIOR, [1000.0] * 100, 2.0).bounds == USUAL


def test_the_rate_is_that_of_the_calls_that_will_be_made() -> None:
    assert call_rate(plan(PRIOR, 1e6, Bounds(7, 7)), [0.0] * 70) == pytest.approx(10, rel=0.01)
    assert call_rate(plan(PRIOR, 1e6, Bounds(7, 7)), [5000.0, 1e7]) == pytest.approx(2 / 7, rel=0.01)
    assert call_rate(plan(PRIOR, 1e6, Bounds(170, 170)), [3600.0] * 170) == pytest.approx(1, rel=0.01)


def test_the_rate_sees_past_a_long_first_gap() -> None:
    schedule = plan(learn(history([Random(seed).gauss(20, 2) for seed in range(200)], 0.2, USUAL, Random(1))), 0.2)
    assert call_rate(schedule, [0.0]) > 1.5 / schedule.next_age(0)


def test_past_the_ages_that_were_planned_the_gap_grows_with_the_root_of_the_age() -> None:
    schedule = plan(PRIOR, 2.0, UNBOUNDED)
    assert schedule.next_age(1e6) - 1e6 == pytest.approx(sqrt(2 * 2.0 * 1e6))
    assert schedule.next_age(165_000) - 165_000 == pytest.approx(sqrt(2 * 2.0 * 165_000), rel=0.02)


def test_ages_that_nobody_reaches_cost_nothing() -> None:
    truth = Curve.through((0.0, 10.0, 20.0, 30.0), (1.0, 1.0, 0.0, 0.0))
    assert cost(plan(truth, 0.1, UNBOUNDED)).calls < 10


def test_the_foot_of_a_flat_parabola_is_its_middle() -> None:
    assert _foot((1, 2, 4), (5, 5, 5)) == 2
    assert _foot((1, 2, 4), ((1 - 2.5) ** 2, (2 - 2.5) ** 2, (4 - 2.5) ** 2)) == pytest.approx(2.5)
