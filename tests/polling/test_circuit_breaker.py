"""When a tenant counts as down, and when it is tried again."""

from random import Random

import pytest

from tests.support.building import watch
from tests.support.sources import DONE
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import TRANSIENT, Problem, ProblemKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.circuit_breaker import (
    BRIEF,
    BRIEF_CAP,
    CAP,
    FAILURES,
    RESTART,
    CircuitBreaker,
    outage_of_polling_window,
    stored_outage,
)

TIMED_OUT = Problem(ProblemKind.TIMED_OUT, "no")
FAILING = sorted(TRANSIENT, key=lambda kind: kind.name)
REFUSING = [ProblemKind.SIGNED_OUT, ProblemKind.MISCONFIGURED, ProblemKind.UNTRUSTED, ProblemKind.REDIRECTED]
ABOUT_ONE_JOB = [kind for kind in ProblemKind if kind not in {*FAILING, *REFUSING}]


def missed(at: float, kind: ProblemKind = ProblemKind.UNREACHABLE) -> Observation:
    return Failure(Problem(kind, "no"), at)


def failed_call(at: float, since: float) -> WatchedJob:
    """A job whose last good response was at `since`, and about which a call failed later."""
    return watch(int(at), problem=Problem(ProblemKind.UNREACHABLE, "no"), problem_at=at, last_answer_at=since)


def opened(chance: Random, at: float = 0.0, kind: ProblemKind = ProblemKind.UNREACHABLE) -> CircuitBreaker:
    """A breaker that has just opened."""
    breaker = CircuitBreaker(chance)
    for _ in range(FAILURES):
        breaker.record(missed(at, kind), at - 0.1, at)
    return breaker


def outage(seconds: float, chance: Random, latency: float = 0.05) -> list[float]:
    """The times of the probes in an outage of so many seconds, and of the first one after it."""
    breaker, probes = opened(chance), [0.0]
    while probes[-1] < seconds:
        sent = max(breaker.probe_at, probes[-1] + latency)
        probes.append(sent)
        breaker.record(missed(sent + latency), sent, sent + latency)
    return probes[1:]


@pytest.mark.parametrize("kind", FAILING)
def test_three_failed_calls_in_a_row_open_the_breaker(kind: ProblemKind) -> None:
    breaker = CircuitBreaker(Random(1))
    for at in range(FAILURES):
        assert not breaker.is_open
        breaker.record(missed(at, kind), at - 0.1, at)
    assert breaker.is_open
    assert breaker.problem == Problem(kind, "no")
    assert breaker.since == FAILURES - 1


@pytest.mark.parametrize("kind", REFUSING)
def test_one_refusal_opens_the_breaker(kind: ProblemKind) -> None:
    breaker = CircuitBreaker(Random(1))
    breaker.record(missed(5, kind), 4.9, 5)
    assert breaker.is_open
    assert breaker.since == 5


def test_failures_of_several_kinds_open_the_breaker_and_the_last_one_is_shown() -> None:
    breaker = CircuitBreaker(Random(1))
    for at, kind in enumerate(FAILING[:FAILURES]):
        breaker.record(missed(at, kind), at - 0.1, at)
    assert breaker.problem == Problem(FAILING[FAILURES - 1], "no")


@pytest.mark.parametrize("kind", REFUSING)
def test_a_problem_that_the_user_must_correct_has_its_own_start_time(kind: ProblemKind) -> None:
    breaker = opened(Random(1), at=5)
    breaker.record(missed(60, kind), 59, 60)
    breaker.record(missed(90, kind), 89, 90)
    assert (breaker.problem, breaker.since) == (Problem(kind, "no"), 60)
    breaker.record(missed(120), 119, 120)
    assert (breaker.problem, breaker.since) == (Problem(ProblemKind.UNREACHABLE, "no"), 120)


@pytest.mark.parametrize("between", [Success(DONE, 2.0), *(missed(2.0, kind) for kind in ABOUT_ONE_JOB)])
def test_failures_with_other_responses_between_them_leave_the_breaker_closed(between: Observation) -> None:
    breaker = CircuitBreaker(Random(1))
    for at in range(20):
        breaker.record(missed(at) if at % FAILURES else between, at - 0.1, at)
        assert not breaker.is_open


@pytest.mark.parametrize("word", [Success(DONE, 2.0), *(missed(2.0, kind) for kind in ABOUT_ONE_JOB)])
def test_one_response_that_is_not_about_the_tenant_closes_the_breaker(word: Observation) -> None:
    breaker = opened(Random(1))
    breaker.record(word, 1.9, 2)
    assert not breaker.is_open
    assert (breaker.problem, breaker.since) == (None, None)
    for at in (3, 4):
        breaker.record(missed(at), at - 0.1, at)
        assert not breaker.is_open


def test_requests_that_were_in_flight_when_it_opened_do_not_lengthen_the_wait() -> None:
    breaker = opened(Random(1), at=10)
    probe_at = breaker.probe_at
    for number in range(40):
        breaker.record(missed(10.1 + number, ProblemKind.TIMED_OUT), 9.95, 10.1 + number)
    assert breaker.probe_at == probe_at


def test_requests_that_were_in_flight_when_a_probe_failed_do_not_lengthen_the_wait() -> None:
    breaker = opened(Random(1))
    breaker.record(missed(21), 20, 21)
    probe_at = breaker.probe_at
    for number in range(10):
        breaker.record(missed(21 + number), 20.5, 21 + number)
    assert breaker.probe_at == probe_at


def test_an_outage_has_its_start_time() -> None:
    breaker = opened(Random(1), at=5)
    breaker.record(missed(50), 49, 50)
    assert breaker.since == 5


def test_an_outage_continues_after_a_restart_until_a_call_succeeds() -> None:
    jobs = [failed_call(50, since=5), failed_call(70, since=8), failed_call(61, since=9)]
    breaker = CircuitBreaker(Random(1))
    breaker.earlier = stored_outage(jobs, 100)
    since = [breaker.down_since]
    for at in (101, 102, 103):
        breaker.record(missed(at), at - 0.1, at)
    since.append(breaker.down_since)
    breaker.record(Success(DONE, 111), 110, 111)
    for at in (121, 122, 123):
        breaker.record(missed(at), at - 0.1, at)
    assert [*since, breaker.down_since] == [None, 50, 123]
    breaker = CircuitBreaker(Random(1))
    breaker.earlier = stored_outage(jobs, 100)
    breaker.record(missed(101, ProblemKind.SIGNED_OUT), 100.5, 101)
    assert breaker.down_since == 101, "another reason is another outage"


@pytest.mark.parametrize(
    ("jobs", "now"),
    [
        ((), 100),
        ((watch(1),), 100),
        ((watch(1, last_answer_at=60.0),), 100),
        ((watch(1, last_answer_at=60.0), watch(2, problem=TIMED_OUT, problem_at=50.0)), 100),
        ((watch(2, problem=Problem(ProblemKind.FORBIDDEN, ""), problem_at=50.0),), 100),
        ((watch(2, problem=TIMED_OUT, problem_at=50.0),), 50 + RESTART),
    ],
)
def test_an_outage_does_not_continue_after_a_success_or_a_long_time_off(
    jobs: tuple[WatchedJob, ...], now: float
) -> None:
    assert stored_outage(jobs, now) is None


@pytest.mark.parametrize(
    ("jobs", "is_outage"),
    [
        ((failed_call(70, since=5), failed_call(70, since=5), failed_call(70, since=5)), True),
        ((failed_call(70, since=5), watch(1, last_answer_at=60.0), watch(2, last_answer_at=60.0)), False),
        ((failed_call(70, since=5),), True),
        ((watch(2, problem=Problem(ProblemKind.SIGNED_OUT, ""), problem_at=70.0),), False),
    ],
)
def test_several_failed_calls_of_another_window_are_its_outage(jobs: tuple[WatchedJob, ...], is_outage: bool) -> None:
    assert (outage_of_polling_window(jobs, 100) is not None) is is_outage


def test_ten_minutes_cost_few_calls_and_are_over_within_a_minute() -> None:
    for seed in range(1_000):
        probes = outage(600, Random(seed))
        assert len(probes) <= 40 - FAILURES
        assert probes[-1] <= 600 + CAP


@pytest.mark.parametrize("seconds", [0.1, 0.3, 1, 3, 5, 7, 9, 10])
def test_after_a_short_outage_a_probe_is_sent_within_five_seconds(seconds: float) -> None:
    for seed in range(300):
        assert outage(seconds, Random(seed))[-1] <= seconds + 5


@pytest.mark.parametrize("seconds", [11, 13, 20, 60, 300])
def test_after_any_outage_a_probe_is_sent_within_a_minute(seconds: float) -> None:
    for seed in range(100):
        assert outage(seconds, Random(seed))[-1] <= seconds + CAP + 0.1


def test_waits_are_random_between_zero_and_a_limit_that_doubles() -> None:
    for probes, limit in ((1, 2), (2, 4), (4, 16), (5, 32), (6, CAP), (2_000, CAP)):
        waits = []
        for seed in range(500):
            breaker = opened(Random(seed), at=-1_000)
            breaker._probes = probes - 1
            breaker.record(missed(100), 99, 100)
            waits.append(breaker.probe_at - 100)
        assert 0 <= min(waits) < 0.05 * limit
        assert 0.95 * limit < max(waits) <= limit
        assert sum(waits) / 500 == pytest.approx(limit / 2, rel=0.1)


def test_at_the_start_of_an_outage_waits_are_short() -> None:
    for seed in range(100):
        breaker = opened(Random(seed))
        for number in range(1, 12):
            breaker.record(missed(number), number - 0.1, number)
            assert 0 <= breaker.probe_at - number <= BRIEF_CAP
        assert number < BRIEF


def test_retry_after_of_the_host_is_respected() -> None:
    breaker = CircuitBreaker(Random(1))
    for at in range(FAILURES):
        breaker.record(missed(at), at - 0.1, at, retry_after=300)
    assert breaker.probe_at == 2 + 300


def test_the_user_can_retry_at_once() -> None:
    breaker = opened(Random(1), at=-1_000)
    for number in range(10):
        breaker.record(missed(100 + number), 99.9 + number, 100 + number)
    breaker.probe_now(110)
    assert breaker.is_open
    assert breaker.probe_at <= 110
    breaker.probe_now(120)
    assert breaker.probe_at <= 110


def test_retrying_a_tenant_that_is_up_changes_nothing() -> None:
    breaker = CircuitBreaker(Random(1))
    breaker.probe_now(5)
    assert not breaker.is_open
