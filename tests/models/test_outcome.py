import pytest
from msgspec.structs import replace

from tests.support.building import (
    NOW,
    PROCESSING,
    apply_observations,
    done,
    failed,
    missed,
    order_report,
    seen,
    watch,
    watchlist,
)
from zjobtui.models.observation import Observation
from zjobtui.models.outcome import Outcome, is_over, outcome, worst
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.watched_job import WatchedJob

PENDING = order_report(order_status="Pending")


def after(observation: Observation) -> WatchedJob:
    return apply_observations(watchlist(watch(1)), [(watch(1).job, observation, 5.0)]).observed[0].watch


@pytest.mark.parametrize(
    ("observation", "came_out"),
    [
        (done(NOW), Outcome.DONE),
        (failed(NOW), Outcome.FAILED),
        (seen(PENDING), Outcome.ATTENTION),
        (seen(PROCESSING), Outcome.OPEN),
        (missed(ProblemKind.NOT_FOUND), Outcome.UNKNOWN),
        (missed(ProblemKind.FORBIDDEN), Outcome.CANNOT_BE_POLLED),
        (missed(ProblemKind.TIMED_OUT), Outcome.OPEN),
    ],
)
def test_the_response_of_zuora_decides(observation: Observation, came_out: Outcome) -> None:
    assert outcome(after(observation), None, NOW) is came_out


def test_responses_before_the_wait_count_only_if_they_are_final() -> None:
    assert outcome(after(missed(ProblemKind.NOT_FOUND)), None, NOW + 1) is Outcome.OPEN
    assert outcome(after(missed(ProblemKind.FORBIDDEN)), None, NOW + 1) is Outcome.OPEN
    assert outcome(after(failed(NOW)), None, NOW + 1) is Outcome.FAILED


def test_a_signed_out_tenant_does_not_affect_known_outcomes() -> None:
    refused = Problem(ProblemKind.SIGNED_OUT)
    assert outcome(watch(1), refused, NOW) is Outcome.SIGNED_OUT
    assert outcome(after(done(NOW)), refused, NOW) is Outcome.DONE
    assert outcome(watch(1), replace(refused, kind=ProblemKind.UNREACHABLE), NOW) is Outcome.OPEN


def test_the_worst_outcome_is_one_that_certainly_needs_the_user() -> None:
    order = [Outcome.FAILED, Outcome.ATTENTION, Outcome.UNKNOWN, Outcome.SIGNED_OUT, Outcome.OPEN, Outcome.DONE]
    for number, one in enumerate(order):
        assert worst(reversed(order[number:]), for_any=False) is one
    assert [one.status for one in order] == [1, 3, 4, 5, 6, 0]


def test_with_any_one_verdict_ends_the_wait_and_running_jobs_do_not_count() -> None:
    assert not is_over([Outcome.DONE, Outcome.OPEN], for_any=False)
    assert is_over([Outcome.DONE, Outcome.OPEN], for_any=True)
    assert worst([Outcome.DONE, Outcome.OPEN, Outcome.SIGNED_OUT], for_any=True) is Outcome.DONE
    assert not is_over([Outcome.SIGNED_OUT, Outcome.OPEN], for_any=True)
    assert is_over([Outcome.SIGNED_OUT], for_any=True)
    assert worst([Outcome.SIGNED_OUT, Outcome.OPEN], for_any=True) is Outcome.SIGNED_OUT
