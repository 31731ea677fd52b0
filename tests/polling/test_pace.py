"""When the next call about a job is due, and what the tenant's jobs teach of that."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.polling import watches
from tests.support.virtual_time import START
from zjobtui.domain.digest import Digest
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.verdict import Kind, Verdict
from zjobtui.domain.watch import Watch
from zjobtui.polling.pace import (
    ATTENDED_INTERVAL,
    FIRST_PACE,
    LEAST_PROMISE,
    STALENESS_LIMIT,
    Pace,
    fit_pace,
    jittered,
    promised,
    spread,
)

RUNNING = watches(1)[0]
NOW = START + 3_600
FINAL = Digest("Completed", Verdict(Kind.DONE, "It is done."))


def ended(count: int, after: float) -> list[Watch]:
    """Jobs that ended `after` seconds after they were added, and were last seen running a second before."""
    return [
        replace(
            watch,
            digest=FINAL,
            unfinished_at=watch.added_at + after - 1,
            ended_at=watch.added_at + after + number / count,
        )
        for number, watch in enumerate(watches(count))
    ]


@given(st.floats(min_value=0, max_value=1e7))
def test_every_interval_lies_between_the_bounds(age: float) -> None:
    interval = FIRST_PACE.interval(RUNNING, START + age)
    assert 1.9 <= interval <= STALENESS_LIMIT + 0.1


@pytest.mark.parametrize(("rate", "interval"), [(5.0, ATTENDED_INTERVAL), (2.5, 2.0), (1.0, 5.0), (0.01, 500.0)])
def test_the_job_that_a_person_looks_at_gets_a_fifth_of_the_planned_calls(rate: float, interval: float) -> None:
    assert FIRST_PACE.attended_interval(RUNNING, rate) == interval


def test_a_job_that_is_older_than_the_clock_says_is_new() -> None:
    assert FIRST_PACE.interval(RUNNING, START - 3_600) == FIRST_PACE.interval(RUNNING, START)


@pytest.mark.parametrize(
    "kind", [ProblemKind.UNREADABLE, ProblemKind.TOO_LARGE, ProblemKind.REFUSED, ProblemKind.FORBIDDEN]
)
def test_a_job_whose_answers_cannot_be_used_waits_for_the_ceiling(kind: ProblemKind) -> None:
    odd = replace(RUNNING, problem=Problem(kind), problem_at=START)
    assert FIRST_PACE.interval(odd, START) == FIRST_PACE.attended_interval(odd, 5.0) == FIRST_PACE.ceiling


def test_a_job_that_zuora_does_not_know_waits_for_the_ceiling() -> None:
    unknown = replace(RUNNING, problem=Problem(ProblemKind.NOT_FOUND), problem_at=START)
    assert FIRST_PACE.interval(unknown, START) == FIRST_PACE.ceiling


def calls_between(pace: Pace, first: float, last: float) -> int:
    """How often a job would be asked about between two ages in seconds."""
    age, calls = 0.0, 0
    while age < last:
        age += pace.interval(RUNNING, START + age)
        calls += first <= age < last
    return calls


def test_where_all_jobs_took_twenty_seconds_calls_gather_there() -> None:
    taught = fit_pace([*ended(100, 20), *watches(20)], START + 5, 2.0)
    assert calls_between(taught, 18, 24) > 2 * calls_between(taught, 4, 16)


def test_the_fewer_calls_there_are_the_longer_the_intervals() -> None:
    running = [replace(watch, added_at=NOW - 600) for watch in watches(50)]
    much, little = (fit_pace(running, NOW, rate) for rate in (10.0, 1.0))
    assert much.interval(RUNNING, START + 600) < little.interval(RUNNING, START + 600)


def test_where_the_budget_is_too_small_the_ceiling_is_stretched() -> None:
    stretched = fit_pace(watches(200), NOW, 0.1)
    assert stretched.ceiling > 10 * STALENESS_LIMIT
    assert stretched.staleness_limit == STALENESS_LIMIT


def test_a_person_sets_the_longest_interval() -> None:
    assert fit_pace(watches(3), START + 1e6, 5.0, staleness_limit=20).interval(RUNNING, START + 1e6) <= 20.1


def test_a_job_that_had_ended_when_it_was_first_asked_about_teaches_nothing() -> None:
    unwitnessed = [replace(watch, unfinished_at=None) for watch in ended(100, 20)]
    backwards = [replace(watch, unfinished_at=watch.ended_at) for watch in ended(100, 20)]
    expected = fit_pace(watches(5), START + 5, 2.0)
    assert fit_pace([*unwitnessed, *watches(5)], START + 5, 2.0) == expected
    assert fit_pace([*backwards, *watches(5)], START + 5, 2.0) == expected


@given(st.floats(min_value=0.1, max_value=1e5), st.integers(min_value=0, max_value=2**32))
def test_jitter_is_a_twentieth(seconds: float, seed: int) -> None:
    assert 0.95 * seconds <= jittered(seconds, Random(seed)) <= 1.05 * seconds


@given(st.integers(min_value=0, max_value=2**32), st.sampled_from([0.5, 5.0, 80.0]))
def test_r6_five_hundred_first_calls_are_spread_evenly(seed: int, rate: float) -> None:
    delays = spread(500, rate, Random(seed))
    per_second = min(rate, 20)
    assert max(Counter(int(delay) for delay in delays).values()) <= 2 * max(per_second, 1)
    assert delays == sorted(delays)
    assert 0 <= delays[0] <= delays[-1] <= 500 / per_second


def test_what_is_asked_about_all_the_time_is_not_stale_after_a_breath() -> None:
    assert promised(2.0) == LEAST_PROMISE
    assert promised(30.0) == 30.0
