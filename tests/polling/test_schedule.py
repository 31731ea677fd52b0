"""When each job is due: the queue, the price of a call, and what is learned from the jobs."""

from collections import Counter
from collections.abc import Iterable
from math import inf, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.polling import job, watches
from tests.support.virtual_time import START
from zjobtui.models.digest import Digest
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.schedule import JOB_RETRY_SECONDS, MEMORY, Schedule, latest_of, lifetimes
from zjobtui.polling.survival import (
    CHEAPEST,
    PRIOR,
    SHORTEST_INTERVAL_SECONDS,
    STALENESS_LIMIT,
    Lifetime,
    expected_delay,
    fit_curve,
)

DONE = Digest("Completed", Verdict(VerdictKind.DONE, "It is done."))
PROCESSING = Digest("Processing", Verdict(VerdictKind.RUNNING, "It runs."))
NOW = START + 3_600
ODD = [ProblemKind.UNREADABLE, ProblemKind.TOO_LARGE, ProblemKind.REFUSED, ProblemKind.FORBIDDEN]


def numbered(number: int, **known: object) -> WatchedJob:
    return replace(WatchedJob(job=job(number), added_at=START), **known)


def running(number: int, age: float, unseen: float, now: float = NOW) -> WatchedJob:
    """A job of this age at `now`, last seen running so many seconds before."""
    seen = now - unseen
    return numbered(number, added_at=now - age, digest=PROCESSING, last_answer_at=seen, last_running_at=seen)


def ended(count: int, lived: Iterable[float], every: float = 3.0, start: float = START) -> list[WatchedJob]:
    """Jobs that ended at these ages, as polling at an interval saw it."""
    return [
        replace(
            watch,
            digest=DONE,
            last_running_at=watch.added_at + age // every * every,
            last_answer_at=watch.added_at + (age // every + 1) * every,
            ended_at=watch.added_at + (age // every + 1) * every,
        )
        for watch, age in zip(watches(count, added_at=start), lived, strict=False)
    ]


def fitted(
    known: Iterable[WatchedJob], rate: float, now: float = NOW, staleness_limit: float = STALENESS_LIMIT
) -> Schedule:
    schedule = Schedule(staleness_limit)
    schedule.fit(known, now, rate)
    return schedule


# --- the queue ---------------------------------------------------------------------------------------------------


def test_jobs_are_taken_in_the_order_of_due_times_and_then_of_insertion() -> None:
    schedule = Schedule()
    for number, due in enumerate([5.0, 3.0, 4.0, 3.0, 9.0]):
        schedule.put(job(number), due)
    assert schedule.next_due() == 3.0
    assert schedule.take(2.9) is None
    assert [schedule.take(5.0) for _ in range(5)] == [job(1), job(3), job(2), job(0), None]
    assert (len(schedule), schedule.next_due()) == (1, 9.0)


def test_a_job_that_is_put_again_is_due_only_at_the_new_time() -> None:
    schedule = Schedule()
    for due in (5.0, 3.0, 7.0, 3.0, 7.0):
        schedule.put(job(0), due)
    assert len(schedule) == 1
    assert schedule.due(job(0)) == schedule.next_due() == 7.0
    assert schedule.take(6.9) is None
    assert [schedule.take(100.0), schedule.take(100.0)] == [job(0), None]
    assert schedule.next_due() is None


def test_jobs_that_are_dropped_are_not_taken_until_they_are_put_again() -> None:
    schedule = Schedule()
    for number in range(4):
        schedule.put(job(number), float(number))
    schedule.drop(job(0))
    schedule.drop(job(9))
    schedule.drop_all_but({job(0), job(2), job(3)})
    assert job(1) not in schedule
    assert schedule.due(job(1)) is None
    schedule.put(job(0), 2.5)
    assert [schedule.take(9.0) for _ in range(4)] == [job(2), job(0), job(3), None]


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "put", "take", "drop"]), st.integers(0, 5), st.integers(0, 9)), max_size=60
    )
)
def test_the_queue_behaves_like_a_dictionary_sorted_by_time(steps: list[tuple[str, int, int]]) -> None:
    schedule, model = Schedule(), dict[int, float]()
    for step, number, time in steps:
        if step == "put":
            schedule.put(job(number), float(time))
            model[number] = float(time)
        elif step == "drop":
            schedule.drop(job(number))
            model.pop(number, None)
        else:
            taken = schedule.take(float(time))
            if taken is None:
                assert min(model.values(), default=inf) > time
            else:
                (found,) = (one for one in model if job(one) == taken)
                assert model.pop(found) == min([*model.values(), time], default=time) or found not in model
        assert schedule.next_due() == min(model.values(), default=None)
        assert len(schedule) == len(model)
    assert Counter(iter(lambda: schedule.take(10.0), None)) == Counter(job(number) for number in model)


def test_a_queue_whose_jobs_are_put_off_again_and_again_does_not_grow() -> None:
    schedule = Schedule()
    for time in range(2_000):
        for number in range(10):
            schedule.put(job(number), 1e6 + time)
    assert len(schedule._heap) <= 200
    assert len({schedule.take(inf) for _ in range(10)}) == 10


# --- the price ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 10, 30])
def test_with_plenty_of_calls_the_price_is_lowest(count: int) -> None:
    schedule = fitted([running(number, 40, 2) for number in range(count)], 83)
    assert schedule.intervals.price == CHEAPEST
    assert schedule.intervals.ceiling == STALENESS_LIMIT
    assert not schedule.is_stretched


def test_with_few_calls_the_jobs_with_the_largest_expected_delay_get_them() -> None:
    chance = Random(1)
    known = [running(number, age := chance.uniform(1, 200), chance.uniform(0, age)) for number in range(200)]
    for rate in (2.0, 10.0, 40.0):
        schedule = fitted(known, rate)
        ahead = schedule.fit_at - NOW
        worth = {
            one.job: expected_delay(PRIOR, (one.last_running_at or 0) - one.added_at, NOW + ahead - one.added_at)
            for one in known
        }
        chosen = sorted(worth, key=lambda one: -worth[one])[: round(rate * ahead)]
        assert schedule.is_stretched
        due = {one.job for one in known if schedule.next_call(one, one.last_running_at or 0) <= NOW + ahead + 0.05}
        # A ceiling applies to the oldest ones, too; and an interval is right within a few percent.
        assert len(set(chosen) & due) >= 0.9 * len(chosen)
        spared = [one for one in known if one.job not in due]
        assert max(worth[one.job] for one in spared) <= 1.1 * schedule.intervals.price


def test_the_fewer_calls_there_are_the_longer_the_intervals() -> None:
    known = [running(number, 300 + number, 30 * number / 50) for number in range(50)]
    prices, intervals = [], []
    for rate in (83.0, 10.0, 1.0, 0.1, 0.01):
        schedule = fitted(known, rate)
        prices.append(schedule.intervals.price)
        intervals.append(schedule.mean_interval)
    assert prices == sorted(prices)
    assert intervals == sorted(intervals)
    assert intervals[-1] > 15 * intervals[0]


def test_new_jobs_come_first_and_the_others_wait() -> None:
    known = [running(number, 40, 3) for number in range(100)]
    new = [replace(watch, added_at=NOW) for watch in watches(600)[100:]]
    alone, beside = fitted(known, 50), fitted(known + new, 50)
    wait = expected_delay(PRIOR, 37, 37 + 3 + 500 / 50)
    assert beside.intervals.price >= 0.9 * wait
    assert beside.intervals.price > 2 * alone.intervals.price


def test_if_all_jobs_are_new_the_price_is_their_wait_for_each_other() -> None:
    new = watches(1_000, added_at=NOW)
    assert fitted(new, 50).intervals.price == pytest.approx(expected_delay(PRIOR, 0, 20), rel=0.02)
    assert fitted(watches(5, added_at=NOW), 50).intervals.price == CHEAPEST


@pytest.mark.parametrize("failing", [1, 50])
@pytest.mark.parametrize(("rate", "count"), [(0.05, 20), (83.0, 60)])
def test_jobs_that_always_fail_do_not_raise_the_price_for_others(failing: int, rate: float, count: int) -> None:
    good = [running(number, 4_000, 4_000 * 0.01 * number / count) for number in range(count)]
    bad = [
        replace(
            running(count + number, 90_000, 86_000), problem=Problem(ProblemKind.TIMED_OUT), problem_at=NOW - number % 5
        )
        for number in range(failing)
    ]
    with_good = [running(count + number, 90_000, number % 5) for number in range(failing)]
    assert fitted(good + bad, rate).intervals.price == fitted(good + with_good, rate).intervals.price


def test_the_ceiling_is_raised_until_it_takes_half_of_the_calls() -> None:
    old = [running(number, 1e7, 10) for number in range(200)]
    assert fitted(old, 0.1).intervals.ceiling == 4_000
    assert fitted(old, 6.7).intervals.ceiling == STALENESS_LIMIT
    assert fitted(old, 6.6).intervals.ceiling > STALENESS_LIMIT
    assert fitted(old, 0.1).staleness_limit == STALENESS_LIMIT


def test_finished_jobs_use_no_calls() -> None:
    known = [running(number, 40, 3) for number in range(20)]
    over = [replace(watch, job=job(100 + number)) for number, watch in enumerate(ended(500, [10.0] * 500))]
    alone, beside = Schedule(), Schedule()
    for schedule, listed in ((alone, known), (beside, known + over)):
        schedule._learned_at, schedule._ended = NOW, len(listed) - 20
        schedule.fit(listed, NOW, 1)
    assert beside.intervals == alone.intervals
    assert beside.mean_interval == alone.mean_interval > 0
    assert fitted(over, 1).mean_interval == 0


def test_the_settings_determine_the_longest_interval() -> None:
    known = [running(number, 1e6, 3) for number in range(3)]
    assert fitted(known, 83, staleness_limit=20).interval(known[0], NOW) == 20
    assert fitted(known, 83, staleness_limit=2).interval(known[0], NOW) == 2


def test_a_fit_returns_whether_the_intervals_have_changed_notably() -> None:
    known = [running(number, 3_000, 3) for number in range(20)]
    schedule = Schedule()
    assert schedule.fit(known, NOW, 83)
    assert not schedule.fit(known, NOW + 1, 83)
    assert schedule.fit(known, NOW + 2, 0.1)
    assert schedule.fit(known, NOW + 62, 0.1)  # the curve has been learned again


def test_times_of_a_clock_that_was_ahead_do_not_affect_the_price() -> None:
    ahead = [running(number, 100, -3_600) for number in range(50)]
    schedule = fitted(ahead, 0.5)
    assert schedule.intervals.price == CHEAPEST
    assert fitted([running(0, -50, -60)], 83).interval(running(0, -50, -60), NOW) <= STALENESS_LIMIT


# --- intervals ---------------------------------------------------------------------------------------------------


@given(st.floats(min_value=-1e7, max_value=1e9), st.floats(min_value=1 / 3_600, max_value=1e4))
def test_every_interval_lies_between_the_bounds(age: float, rate: float) -> None:
    schedule = fitted([running(number, 50, 5) for number in range(30)], rate)
    watch = numbered(0, added_at=NOW - age)
    assert SHORTEST_INTERVAL_SECONDS <= schedule.interval(watch, NOW) <= schedule.intervals.ceiling
    assert schedule.next_call(watch, NOW) == NOW + schedule.interval(watch, NOW)


def test_hardly_any_poll_is_planned_where_no_end_is_expected() -> None:
    chance = Random(2)
    known = ended(300, [chance.gauss(20, 2) for _ in range(300)])
    for rate in (83.0, 2.0):
        schedule = fitted([*known[20:], *[running(number, 5, 1) for number in range(20)]], rate)
        born, age, calls = numbered(0, added_at=NOW), 0.0, list[float]()
        while age < 30:
            age += schedule.interval(born, NOW + age)
            calls.append(age)
        assert sum(2 <= call <= 14 for call in calls) <= 1
        assert sum(15 <= call <= 25 for call in calls) >= 3


@pytest.mark.parametrize("kind", ODD)
def test_a_job_whose_responses_cannot_be_used_waits_for_the_longest_interval(kind: ProblemKind) -> None:
    odd = numbered(0, added_at=NOW - 1, problem=Problem(kind), problem_at=NOW)
    assert Schedule().interval(odd, NOW) == STALENESS_LIMIT


def test_a_job_that_zuora_does_not_know_waits_for_the_longest_interval() -> None:
    unknown = numbered(0, added_at=NOW - 1, problem=Problem(ProblemKind.NOT_FOUND), problem_at=NOW)
    assert Schedule().interval(unknown, NOW) == STALENESS_LIMIT


def test_a_job_that_zuora_does_not_know_is_polled_ever_more_rarely_at_last_once_a_day() -> None:
    unknown = numbered(0, added_at=NOW - 1, problem=Problem(ProblemKind.NOT_FOUND), problem_at=NOW, changed_at=NOW)
    schedule, at, gaps = Schedule(), NOW, list[float]()
    while at < NOW + 8 * 86_400:
        gaps.append(schedule.interval(unknown, at))
        at += gaps[-1]
    assert gaps == sorted(gaps)
    assert gaps[-1] == 86_400
    assert len(gaps) < 30


@pytest.mark.parametrize("kind", [*ODD, ProblemKind.NOT_FOUND])
def test_jobs_that_wait_for_the_longest_interval_do_not_affect_the_price(kind: ProblemKind) -> None:
    odd = [
        replace(running(number, 9_000, 5_000), problem=Problem(kind), problem_at=NOW - 30) for number in range(30, 90)
    ]
    good = [running(number, 40, 3) for number in range(30)]
    assert fitted(good + odd, 83).intervals.price == fitted(good, 83).intervals.price


def retries(schedule: Schedule, watch: WatchedJob, failures: int) -> list[float]:
    return [schedule.retry(watch, NOW, failures, Random(seed)) - NOW for seed in range(200)]


@pytest.mark.parametrize("age", [1.0, 600.0, 1e7])
def test_a_failed_call_is_retried_soon_then_ever_later_up_to_the_interval(age: float) -> None:
    schedule, watch = Schedule(), numbered(0, added_at=NOW - age)
    interval = schedule.interval(watch, NOW)
    for failures, wait in ((1, JOB_RETRY_SECONDS), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 64), (3_000, inf)):
        waits = retries(schedule, watch, failures)
        assert max(waits) == pytest.approx(min(wait, interval), rel=0.02)
        assert min(waits) == pytest.approx(min(wait, interval) / 2, rel=0.02)


@given(st.floats(min_value=0, max_value=1e7), st.integers(min_value=1, max_value=10**6))
def test_no_failed_call_is_retried_later_than_its_interval(age: float, failures: int) -> None:
    schedule, watch = Schedule(), numbered(0, added_at=NOW - age)
    wait = schedule.retry(watch, NOW, failures, Random(1)) - NOW
    assert 0 < wait <= schedule.interval(watch, NOW) + 1e-6


def test_with_few_calls_retries_are_few_too() -> None:
    scarce = fitted([running(number, 1e5, 3) for number in range(500)], 0.05)
    old = numbered(0, added_at=NOW - 1e5)
    assert min(retries(scarce, old, 1)) >= scarce.interval(old, NOW) / 16 > 5


# --- learning ----------------------------------------------------------------------------------------------------


def test_a_lifetime_is_known_between_two_responses() -> None:
    (watch,) = ended(1, [20.0], every=6)
    assert lifetimes([watch], NOW, {}) == [Lifetime(18, 24, 0)]
    assert lifetimes([watch], NOW, {watch.job: START + 6}) == [Lifetime(18, 24, 6)]
    assert lifetimes([running(0, 100, 7)], NOW, {}) == [Lifetime(93, inf, 0)]
    assert lifetimes(watches(1), NOW, {}) == []


def test_a_job_that_had_ended_at_the_first_poll_gives_no_lifetime() -> None:
    unwitnessed = [replace(watch, last_running_at=None) for watch in ended(100, [20.0] * 100)]
    backwards = [replace(watch, last_running_at=watch.ended_at) for watch in ended(100, [20.0] * 100)]
    unended = [replace(watch, ended_at=None) for watch in ended(100, [20.0] * 100)]
    for known in (unwitnessed, backwards, unended):
        assert lifetimes(known, NOW, {}) == []
        assert fitted(known, 1).intervals.curve == fit_curve([])


def test_times_from_a_clock_that_was_ahead_give_no_lifetime() -> None:
    assert lifetimes([running(0, 100, -3_600)], NOW, {}) == []
    (early,) = ended(1, [20.0])
    born_later = replace(early, added_at=(early.ended_at or 0) + 50)
    assert all(0 <= life.since <= life.after < life.by for life in lifetimes([born_later], NOW, {}))


def test_only_the_newest_jobs_give_lifetimes() -> None:
    before = ended(400, [500.0] * 400, start=START - 10_000)
    lately = [replace(watch, job=job(1_000 + number)) for number, watch in enumerate(ended(MEMORY, [20.0] * MEMORY))]
    mixed = [*before, *lately]
    Random(1).shuffle(mixed)
    assert sorted(lifetimes(latest_of(mixed), NOW, {})) == sorted(lifetimes(lately, NOW, {}))
    assert len(latest_of(mixed)) == MEMORY
    assert fitted(mixed, 1).intervals.curve.quantile(0.5) < 30


def test_jobs_first_seen_running_at_an_age_do_not_affect_earlier_ages() -> None:
    """A batch whose first responses come only after up to 12 s, so that the shortest runs are never seen."""
    chance, schedule, now = Random(1), Schedule(), START
    born = watches(300)
    lived = [chance.lognormvariate(log(20), 1) for _ in born]
    known = list(born)
    for step in range(40):
        now = START + 3 * step
        for number in range(len(born)):
            if now < START + 12 * number / 300 or known[number].is_final:
                continue
            if now - START < lived[number]:
                known[number] = replace(known[number], digest=PROCESSING, last_answer_at=now, last_running_at=now)
            else:
                known[number] = replace(known[number], digest=DONE, last_answer_at=now, ended_at=now)
        schedule.fit(known, now, 83)
    schedule._learned_at = -inf
    schedule.fit(known, now + 1, 83)
    witnessed = [watch for watch in known if watch.last_running_at is not None]
    assert len(witnessed) < 290
    ignored = fit_curve(lifetimes(known, now + 1, {}))
    assert schedule.intervals.curve.quantile(0.5) < ignored.quantile(0.5) - 1
    assert schedule.intervals.curve.quantile(0.5) == pytest.approx(20, abs=4)


def test_lifetimes_are_fitted_seconds_after_an_end_and_otherwise_each_minute() -> None:
    known = [running(number, 100, 3) for number in range(30)]
    schedule = fitted(known, 83)
    first = schedule.intervals.curve
    schedule.fit(known, NOW + 59, 83)
    assert schedule.intervals.curve is first
    schedule.fit(known, NOW + 60, 83)
    second = schedule.intervals.curve
    assert second is not first
    known[0] = replace(known[0], digest=DONE, ended_at=NOW + 61)
    schedule.fit(known, NOW + 62, 83)
    assert schedule.intervals.curve is second
    schedule.fit(known, NOW + 65, 83)
    assert schedule.intervals.curve is not second
