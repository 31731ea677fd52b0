"""How long jobs run, learned from what polling saw of them."""

from collections.abc import Iterable
from itertools import pairwise
from math import ceil, exp, inf, log, nan
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.polling.survival import AGES, PRIOR, Curve, Lifetime, cell_of, fit_curve

QUARTER_OF_NORMAL = 0.6745
AGE = st.floats(min_value=0, max_value=1e7)
LIVES = st.lists(
    st.tuples(AGE, st.just(inf) | AGE, AGE).map(
        lambda ages: Lifetime(min(ages[:2]), max(ages[:2]), min(ages)),
    ),
    max_size=30,
)


def polled_every(seconds: float, durations: Iterable[float], chance: Random) -> list[Lifetime]:
    """What polling at an interval knows of jobs, each first polled somewhere in the first one."""
    lifetimes = []
    for duration in durations:
        first = chance.uniform(0, seconds)
        by = first + seconds * max(0, ceil((duration - first) / seconds))
        lifetimes.append(Lifetime(max(0.0, by - seconds), by))
    return lifetimes


def normal(count: int, chance: Random) -> list[float]:
    return [chance.gauss(20, 2) for _ in range(count)]


def farthest(one: Curve, other: Curve) -> float:
    """The largest difference of two curves."""
    return max(abs(a - b) for a, b in zip(one.surviving, other.surviving, strict=True))


def test_without_lifetimes_the_curve_is_the_prior() -> None:
    assert fit_curve([]).surviving == pytest.approx(PRIOR.surviving, rel=0.1)


def test_the_prior_has_a_start_then_a_steady_chance_to_end_and_then_a_heavy_tail() -> None:
    one, two, fifteen, twenty, thirty, hour, day = (PRIOR.at(age)[0] for age in (1, 2, 15, 20, 30, 3_600, 36_000))
    assert log(one / two) < 0.6 * log(fifteen / twenty) / 5
    assert twenty / fifteen == pytest.approx((thirty / twenty) ** 0.5, rel=0.01)
    assert day / hour == pytest.approx(1 / 10, rel=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_a_curve_is_found_through_intervals_wider_than_its_spread(seed: int) -> None:
    chance = Random(seed)
    curve = fit_curve(polled_every(5, normal(200, chance), chance))
    assert curve.quantile(0.5) == pytest.approx(20, abs=1)
    assert curve.quantile(0.75) - curve.quantile(0.25) < 5 + 2 * 2 * QUARTER_OF_NORMAL


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sigma", [0.5, 1.0, 1.5])
def test_log_normal_lifetimes_are_fitted(sigma: float, seed: int) -> None:
    chance = Random(seed)
    curve = fit_curve(polled_every(3, [chance.lognormvariate(log(20), sigma) for _ in range(300)], chance))
    for deviation, share in ((-QUARTER_OF_NORMAL, 0.25), (0, 0.5), (QUARTER_OF_NORMAL, 0.75), (1.645, 0.95)):
        assert curve.at(20 * exp(sigma * deviation))[0] == pytest.approx(1 - share, abs=0.08)


def test_a_night_with_the_program_closed_only_bounds_when_jobs_ended() -> None:
    chance = Random(3)
    lifetimes = polled_every(2, normal(100, chance), chance) + [Lifetime(16.0, 40_000.0)] * 10
    chance.shuffle(lifetimes)
    assert fit_curve(lifetimes).quantile(0.75) < 30


def test_running_jobs_count_with_the_age_they_have_reached() -> None:
    ended = polled_every(2, normal(150, Random(4)), Random(5))
    assert fit_curve(ended).at(200)[0] < 0.02
    assert fit_curve([*ended, *[Lifetime(200.0)] * 50]).at(150)[0] == pytest.approx(0.25, abs=0.02)


def test_young_running_jobs_do_not_affect_later_ages() -> None:
    ended = polled_every(2, normal(150, Random(4)), Random(5))
    young = fit_curve(ended + [Lifetime(1.0)] * 500)
    assert young.quantile(0.5) == pytest.approx(fit_curve(ended).quantile(0.5), rel=0.03)


def test_running_jobs_do_not_count_as_ended() -> None:
    assert fit_curve([Lifetime(100.0)] * 100).at(100)[0] > 0.9


def first_polled_within(seconds: float, durations: list[float]) -> list[Lifetime]:
    """What is known of jobs that start together, are polled first one after the other, and then each 3 s."""
    lifetimes = []
    for number, duration in enumerate(durations):
        first = seconds * number / len(durations)
        if duration > first:
            by = first + 3 * ceil((duration - first) / 3)
            lifetimes.append(Lifetime(by - 3, by, since=first))
    return lifetimes


def test_ends_between_calls_do_not_lengthen_lifetimes() -> None:
    found: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(5):
        chance = Random(seed)
        lifetimes = first_polled_within(12, [chance.lognormvariate(log(20), 1) for _ in range(1_000)])
        assert len(lifetimes) < 950
        found[True].append(fit_curve(lifetimes).quantile(0.5))
        found[False].append(fit_curve(life._replace(since=0.0) for life in lifetimes).quantile(0.5))
    assert sum(found[True]) / 5 == pytest.approx(20, abs=1)
    assert all(17 <= median <= 22 for median in found[True])
    assert min(found[False]) > 22


def test_jobs_first_polled_at_an_age_do_not_affect_earlier_ages() -> None:
    curve = fit_curve([Lifetime(1_000, 1_010, since=900)] * 300)
    assert curve.at(800)[0] == pytest.approx(fit_curve([]).at(800)[0], rel=0.1)
    assert curve.at(1_500)[0] < 0.05 * curve.at(800)[0]


def test_a_few_stuck_jobs_stay_apart_from_the_usual_ones() -> None:
    chance = Random(6)
    durations = [chance.uniform(1800, 7200) if number % 20 == 0 else chance.gauss(20, 4) for number in range(200)]
    curve = fit_curve(polled_every(5, durations, chance))
    assert curve.at(100)[0] - curve.at(1000)[0] < 0.015
    assert curve.at(1000)[0] - curve.at(9000)[0] > 0.03


def test_the_prior_fades_as_jobs_end() -> None:
    lifetimes = [Lifetime(100, 101)] * 200
    off = [abs(fit_curve(lifetimes[:count]).quantile(0.5) - 100) for count in (0, 3, 20, 200)]
    assert off == sorted(off, reverse=True)
    assert off[1] > 40
    assert off[-1] < 5


def test_the_order_of_lifetimes_does_not_matter() -> None:
    chance = Random(2)
    lifetimes = polled_every(4, normal(100, chance), chance) + [Lifetime(30.0)] * 20
    shuffled = chance.sample(lifetimes, len(lifetimes))
    assert fit_curve(shuffled).surviving == pytest.approx(fit_curve(lifetimes).surviving)


def test_beyond_the_observed_ages_half_of_the_jobs_live_twice_as_long() -> None:
    curve = fit_curve([Lifetime(18, 20)] * 200)
    for age in (1000.0, AGES[-1] / 2, AGES[-1], 1e6, 1e200):
        assert curve.at(2 * age)[0] == pytest.approx(curve.at(age)[0] / 2, rel=0.05)


def test_the_mean_time_lived_is_the_area_under_the_curve() -> None:
    for curve in (PRIOR, fit_curve([Lifetime(18, 20)] * 200)):
        for age in (0.3, 7.0, 25.0, 60.0):
            steps = [curve.at((number + 0.5) * age / 5_000)[0] for number in range(5_000)]
            assert curve.at(age)[1] == pytest.approx(sum(steps) * age / 5_000, rel=1e-4)


def test_quantiles_are_the_ages_by_which_shares_have_ended() -> None:
    for curve in (PRIOR, fit_curve([Lifetime(18, 20)] * 200)):
        for share in (0.0, 0.1, 0.5, 0.9, 0.99, 0.9999, 0.999999):
            age = curve.quantile(share)
            assert curve.at(age * 1.05)[0] <= 1 - share <= curve.at(age / 1.05)[0]


@given(AGE)
def test_every_age_is_in_its_cell(age: float) -> None:
    cell = cell_of(age)
    assert AGES[cell] <= age
    assert age < AGES[cell + 1] or cell == len(AGES) - 2


@given(LIVES)
def test_the_curve_always_falls_and_never_reaches_zero(lifetimes: list[Lifetime]) -> None:
    curve = fit_curve(lifetimes)
    assert curve.surviving[0] == 1
    assert curve.surviving[-1] > 0
    assert all(after <= before for before, after in pairwise(curve.surviving))
    assert all(after > before for before, after in pairwise(curve.integral))


@given(LIVES, AGE, AGE)
def test_between_the_cells_the_curve_falls_and_the_time_lived_grows(
    lifetimes: list[Lifetime], one: float, two: float
) -> None:
    curve, (early, late) = fit_curve(lifetimes), sorted((one, two))
    (before, lived_before), (after, lived_after) = curve.at(early), curve.at(late)
    assert 0 < after <= before * (1 + 1e-9)
    assert lived_before <= lived_after * (1 + 1e-9)
    assert lived_after - lived_before <= (late - early) * before * (1 + 1e-6) + 1e-6


ODD = [0.0, -3.0, 5.0, 7.0, 20.0, -1e300, 1e300, AGES[-1], AGES[-1] - 1e-9, inf, -inf, nan]


@given(st.lists(st.builds(Lifetime, *[st.sampled_from(ODD)] * 3), min_size=1, max_size=300))
def test_unusual_lifetimes_raise_no_error(odd: list[Lifetime]) -> None:
    curve = fit_curve(odd)
    assert curve.surviving[0] == 1
    assert all(0 < after <= before for before, after in pairwise(curve.surviving))
    assert all(before < after < inf for before, after in pairwise(curve.integral))
    assert 0 <= curve.quantile(0.5) < inf


@pytest.mark.parametrize("life", [Lifetime(0, 0), Lifetime(0, 0.001), Lifetime(1e5, 1e5), Lifetime(0), Lifetime(1e9)])
def test_many_equal_lifetimes_give_a_usable_curve(life: Lifetime) -> None:
    curve = fit_curve([life] * 300)
    assert curve.surviving[-1] > 0
    assert 0 <= curve.quantile(0.5) < inf
