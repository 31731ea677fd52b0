from collections.abc import Iterator
from fractions import Fraction
from math import exp
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import NOW, watch
from zjobtui.models.digest import Digest
from zjobtui.models.duration_stats import FEWEST, NARROW, DurationStats, RunTime, duration_stats, run_time
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob

DONE = Digest("Completed", Verdict(VerdictKind.DONE, "Done."))


def ended(number: int, seconds: float, gap: float = 0.0, tenant: str = "env") -> WatchedJob:
    """A job that ended between two calls, `gap` seconds apart, around `seconds` after it was added."""
    at = NOW + seconds
    return watch(number, tenant=tenant, digest=DONE, last_running_at=at - gap / 2, ended_at=at + gap / 2)


def running(seconds: float, number: int = 1) -> WatchedJob:
    return watch(number, last_running_at=NOW + seconds)


def stats_of(own: WatchedJob, *others: WatchedJob) -> DurationStats:
    stats = duration_stats(own, others)
    assert stats is not None
    return stats


def test_a_duration_ends_midway_between_the_calls_around_the_end() -> None:
    assert run_time(ended(1, 20.0, gap=4.0)) == RunTime(18.0, 20.0)
    assert run_time(running(20.0)) == RunTime(20.0)
    assert run_time(watch(1)) is run_time(running(0.0)) is None
    assert run_time(replace(ended(1, 20.0), last_running_at=None)) is None
    assert run_time(replace(ended(1, 20.0), ended_at=NOW)) is None


@pytest.mark.parametrize(
    ("after", "by", "is_known"),
    [
        (0.0, NARROW, True),
        (0.0, NARROW + 1, False),
        (20.0, 55.0, True),
        (20.0, 61.0, False),
        (20.0, 4 * 3_600.0, False),
        (3_600.0, 3_900.0, True),
    ],
)
def test_an_unobserved_end_gives_only_a_minimum_duration(after: float, by: float, is_known: bool) -> None:
    assert run_time(ended(1, (after + by) / 2, gap=by - after)) == RunTime(
        after, (after + by) / 2 if is_known else None
    )


def test_too_few_jobs_give_no_statistics() -> None:
    others = [ended(number, 10.0 * number) for number in range(2, 2 + FEWEST)]
    strangers = [ended(number, 1.0, tenant="other") for number in range(50)]
    known_late = [replace(ended(number, 1.0), last_running_at=None) for number in range(50, 90)]
    unseen = [ended(number, 7_200.0, gap=14_400.0) for number in range(90, 130)]
    assert duration_stats(ended(1, 35.0), [*others[1:], *strangers, *known_late, *unseen]) is None
    assert duration_stats(ended(1, 35.0), [*others, *strangers, *known_late, ended(1, 35.0)]) is not None


def test_median_and_share_are_those_of_the_other_jobs_of_the_tenant() -> None:
    others = [ended(number, float(number)) for number in range(2, 102)]
    stats = stats_of(ended(1, 98.5), *others, ended(1, 98.5))
    assert (stats.count, stats.median, stats.nearly_all, stats.longer_than, stats.is_over) == (
        100,
        51.0,
        96.0,
        97,
        True,
    )


def test_a_running_job_has_outlasted_jobs_with_shorter_durations() -> None:
    others = [ended(number, 10.0 * number) for number in range(2, 12)]
    stats = stats_of(running(75.0), *others)
    assert (stats.longer_than, stats.is_over) == (60, False)
    assert stats_of(watch(1), *others).longer_than is None


def test_a_job_with_an_unobserved_end_is_not_compared() -> None:
    others = [ended(number, 10.0 * number) for number in range(2, 12)]
    assert stats_of(ended(1, 7_200.0, gap=14_400.0), *others).longer_than is None


def test_running_jobs_older_than_all_ended_ones_make_the_median_unknown() -> None:
    first = [ended(number, 4.0 + number, gap=2.0) for number in range(2, 8)]
    stats = stats_of(watch(1), *first, *(running(30.0 + number, number) for number in range(20, 40)))
    assert (stats.count, stats.running, stats.median, stats.nearly_all) == (6, 20, None, None)
    assert 50 < stats.known_to < 70


def test_jobs_that_have_just_started_do_not_affect_the_statistics() -> None:
    others = [ended(number, 10.0 * number) for number in range(2, 12)]
    stats = stats_of(running(75.0), *others, *(running(5.0, number) for number in range(20, 40)))
    assert (stats.median, stats.nearly_all, stats.longer_than) == (60.0, 110.0, 60)


SECONDS = st.floats(0, 1e6)


@given(st.lists(SECONDS, min_size=FEWEST, max_size=40), SECONDS)
def test_half_and_nearly_all_jobs_ended_by_the_shown_times(spans: list[float], own: float) -> None:
    stats = stats_of(ended(1, own), *(ended(number, one) for number, one in enumerate(spans, 2)))
    assert stats.median is not None
    assert stats.nearly_all is not None
    real = [(NOW + one) - NOW for one in spans]
    assert sum(one <= stats.median for one in real) * 2 >= len(real)
    assert sum(one < stats.median for one in real) * 2 <= len(real)
    assert sum(one <= stats.nearly_all for one in real) >= 0.95 * len(real)
    assert stats.longer_than is not None
    assert stats.longer_than <= 100 * sum(one < (NOW + own) - NOW for one in real) / len(real) < stats.longer_than + 1


AGES = st.integers(1, 12)


@given(st.lists(AGES, min_size=FEWEST, max_size=14), st.lists(AGES, max_size=14))
def test_running_jobs_count_as_in_the_kaplan_meier_estimator(ends: list[int], ages: list[int]) -> None:
    """The calls around an end are as close as possible, so that a job is at risk up to its age."""
    share, known = Fraction(1), {}
    for age in sorted(set(ends)):
        at_risk = sum(one >= age for one in (*ends, *ages))
        if at_risk < FEWEST * share:
            break
        share *= 1 - Fraction(ends.count(age), at_risk)
        known[age] = share
    stats = stats_of(
        watch(1),
        *(ended(number, float(age)) for number, age in enumerate(ends, 2)),
        *(running(float(age), number) for number, age in enumerate(ages, 50)),
    )
    assert stats.median == next((age for age, left in known.items() if 2 * left <= 1), None)
    assert stats.nearly_all == next((age for age, left in known.items() if 20 * left <= 1), None)
    assert stats.known_to == max(age for age in (*ends, *ages) if age in {*known} or _has_few(age, share, ends, ages))


def _has_few(age: int, share: Fraction, ends: list[int], ages: list[int]) -> bool:
    return sum(one >= age for one in (*ends, *ages)) >= FEWEST * share


def polled(lives: list[float], until: float, chance: Random, added: list[float]) -> Iterator[WatchedJob]:
    """Jobs that were polled every 2 s up to then, each at different moments."""
    for number, (took, at) in enumerate(zip(lives, added, strict=True), 2):
        calls = [at + chance.random() * 2]
        while calls[-1] + 2 <= until and calls[-1] < at + took:
            calls.append(calls[-1] + 2)
        seen = [call for call in calls if call < at + took]
        one = watch(number, added_at=NOW + at, last_running_at=NOW + seen[-1] if seen else None)
        yield replace(one, digest=DONE, ended_at=NOW + calls[-1]) if calls[-1] >= at + took else one


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 1.0])
def test_the_first_jobs_of_a_batch_to_end_do_not_make_the_usual_time_too_short(share: float) -> None:
    for seed in range(20):
        chance = Random(seed)
        lives = [20 * exp(chance.gauss(0, 0.8)) for _ in range(100)]
        until = sorted(lives)[int(100 * share) - 1] + 2
        stats = duration_stats(watch(1), polled(lives, until, chance, [0.0] * 100))
        assert share < 0.6 or (stats is not None and stats.median is not None)
        if stats is not None and stats.median is not None:
            assert stats.median == pytest.approx(median(lives), rel=0.25), (seed, stats)
        elif stats is not None:
            assert stats.known_to < 1.1 * median(lives)
