from itertools import pairwise
from math import inf, isclose
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zjobtui.polling import durations
from zjobtui.polling.durations import AGES, MEMORY, PRIOR, Curve, Lifetime, learn, recent

QUARTER_OF_NORMAL = 0.6745
AGE = st.floats(min_value=0, max_value=1e7)
LIFETIMES = st.lists(st.tuples(AGE, AGE).map(lambda ages: Lifetime(min(ages), max(ages))), max_size=30)


def polled_every(seconds: float, durations: list[float], chance: Random) -> list[Lifetime]:
    """What polling at an interval knows of the jobs, each first asked about somewhere in the first one."""
    first = [chance.uniform(0, seconds) for _ in durations]
    calls = [
        start + seconds * max(0, -(-(age - start) // seconds)) for start, age in zip(first, durations, strict=True)
    ]
    return [Lifetime(max(0.0, call - seconds), call) for call in calls]


def normal(count: int, chance: Random) -> list[float]:
    return [chance.gauss(20, 2) for _ in range(count)]


def test_nothing_learnt_is_the_prior() -> None:
    assert learn([]).running == pytest.approx(PRIOR.running)


def test_the_prior_has_a_steady_chance_to_end_and_then_a_heavy_tail() -> None:
    fifteen, twenty, thirty, hour, day = (PRIOR.at(age)[0] for age in (15, 20, 30, 3600, 36000))
    assert twenty / fifteen == pytest.approx((thirty / twenty) ** 0.5, rel=0.01)
    assert day / hour == pytest.approx(1 / 10, rel=0.05)


def test_the_spread_of_durations_is_found_through_intervals_wider_than_it() -> None:
    curve = learn(polled_every(5, normal(200, Random(1)), Random(2)))
    assert curve.quantile(0.5) == pytest.approx(20, abs=0.6)
    assert curve.quantile(0.75) - curve.quantile(0.25) == pytest.approx(2 * 2 * QUARTER_OF_NORMAL, abs=1.0)


def test_a_night_with_the_program_closed_tells_only_that_jobs_ended_in_it() -> None:
    chance = Random(3)
    ended = polled_every(2, normal(100, chance), chance)
    overnight = [Lifetime(16.0, 40_000.0) for _ in range(100)]
    shuffled = ended + overnight
    chance.shuffle(shuffled)
    assert learn(shuffled).quantile(0.75) < 30


def test_running_jobs_count_as_survivors_as_in_kaplan_and_meier() -> None:
    ended = polled_every(2, normal(150, Random(4)), Random(5))
    assert learn(ended).at(200)[0] < 0.02
    assert learn(ended, [200.0] * 50).at(150)[0] == pytest.approx(0.25, abs=0.01)


def test_running_jobs_that_are_young_say_nothing() -> None:
    ended = polled_every(2, normal(150, Random(4)), Random(5))
    young = learn(ended, [1.0] * 500)
    assert young.quantile(0.5) == pytest.approx(learn(ended).quantile(0.5), rel=0.01)


def test_a_few_stuck_jobs_stay_apart_from_the_usual_ones() -> None:
    chance = Random(6)
    durations = [chance.uniform(1800, 7200) if number % 20 == 0 else chance.gauss(20, 4) for number in range(200)]
    curve = learn(polled_every(5, durations, chance))
    assert curve.at(100)[0] - curve.at(1000)[0] < 0.01
    assert curve.at(1000)[0] - curve.at(9000)[0] > 0.04


def test_a_chance_gap_among_few_jobs_does_not_pass_for_an_age_at_which_none_ends() -> None:
    usual, stuck = [Lifetime(18, 20), Lifetime(20, 22)] * 9, range(4000, 7000, 300)
    curve = learn([lifetime for age in stuck for lifetime in (*usual, Lifetime(age, age + 10))])
    assert curve.at(1500)[0] - curve.at(3000)[0] > 1.5e-4


def test_the_prior_fades_as_jobs_end() -> None:
    lifetimes = [Lifetime(100, 101)] * 200
    off = [abs(learn(lifetimes[:count]).quantile(0.5) - 100) for count in (0, 3, 20, 200)]
    assert off == sorted(off, reverse=True)
    assert off[1] > 40
    assert off[-1] < 3


def test_learning_ends_where_shares_never_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    settled = learn([Lifetime(18, 20)] * 50)
    monkeypatch.setattr(durations, "_STILL", -1.0)
    assert learn([Lifetime(18, 20)] * 50).quantile(0.5) == pytest.approx(settled.quantile(0.5), rel=0.01)


def test_beyond_what_was_seen_half_of_the_jobs_live_twice_as_long() -> None:
    curve = learn([Lifetime(18, 20)] * 200)
    for age in (1000.0, AGES[-1], 1e6):
        assert curve.at(2 * age)[0] == pytest.approx(curve.at(age)[0] / 2, rel=0.05)


def test_only_the_latest_jobs_are_learnt_from() -> None:
    long_ago, lately = [Lifetime(20, 22)] * 50, [Lifetime(18, 20), Lifetime(24, 27)] * (MEMORY // 2)
    assert learn(long_ago + lately) == learn(lately)


def test_a_history_that_became_wrong_is_dropped_within_a_few_jobs() -> None:
    chance = Random(7)
    before = polled_every(5, normal(200, chance), chance)
    after = polled_every(5, [chance.uniform(60, 600) for _ in range(6)], chance)
    assert recent(before + after) == after
    assert learn(before + after).quantile(0.5) > 35


@pytest.mark.parametrize("seed", range(20))
def test_a_history_without_a_change_is_kept(seed: int) -> None:
    chance = Random(seed)
    ended = polled_every(5, [chance.lognormvariate(3, 1.5) for _ in range(200)], chance)
    assert recent(ended) == ended


def test_the_mean_time_lived_is_the_area_under_the_curve() -> None:
    curve = Curve.through((0.0, 10.0, 20.0, 30.0), (1.0, 1.0, 0.5, 0.0))
    steps = [curve.at(number / 1000)[0] for number in range(30_000)]
    assert curve.lived[-1] == pytest.approx(sum(steps) / 1000, rel=1e-3)
    assert curve.at(25)[0] == 0.25


def test_quantiles_are_the_ages_at_which_shares_have_ended() -> None:
    for share in (0.0, 0.1, 0.5, 0.9, 0.99, 0.9999, 0.999999):
        assert PRIOR.at(PRIOR.quantile(share))[0] == pytest.approx(1 - share, rel=0.01)


@settings(max_examples=25)
@given(LIFETIMES, st.lists(AGE, max_size=30))
def test_whatever_was_seen_the_curve_falls_and_never_reaches_zero(ended: list[Lifetime], running: list[float]) -> None:
    curve = learn(ended, running)
    assert curve.running[0] == 1
    assert curve.running[-1] > 0
    assert all(after <= before for before, after in pairwise(curve.running))
    assert all(after > before for before, after in pairwise(curve.lived))


@settings(max_examples=25)
@given(st.lists(st.sampled_from([(0, inf), (5, 5), (7, 3), (-3, -2), (1e300, inf)]), min_size=1, max_size=9))
def test_odd_lifetimes_do_no_harm(odd: list[tuple[float, float]]) -> None:
    curve = learn([Lifetime(*ages) for ages in odd], [-1.0, 1e300])
    assert isclose(curve.at(0)[0], 1)


@given(AGE, AGE)
def test_share_and_time_lived_never_go_back(one: float, other: float) -> None:
    (share, lived), (later_share, later_lived) = PRIOR.at(min(one, other)), PRIOR.at(max(one, other))
    assert later_share <= share
    assert later_lived >= lived
