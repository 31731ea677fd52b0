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
def test_what_zuora_says_decides(observation: Observation, came_out: Outcome) -> None:
    assert outcome(after(observation), None, NOW) is came_out


def test_what_was_said_before_one_waited_does_not_count_unless_it_was_final() -> None:
    assert outcome(after(missed(ProblemKind.NOT_FOUND)), None, NOW + 1) is Outcome.OPEN
    assert outcome(after(missed(ProblemKind.FORBIDDEN)), None, NOW + 1) is Outcome.OPEN
    assert outcome(after(failed(NOW)), None, NOW + 1) is Outcome.FAILED


def test_a_tenant_that_is_signed_out_says_nothing_about_what_is_known_already() -> None:
    refused = Problem(ProblemKind.SIGNED_OUT)
    assert outcome(watch(1), refused, NOW) is Outcome.SIGNED_OUT
    assert outcome(after(done(NOW)), refused, NOW) is Outcome.DONE
    assert outcome(watch(1), replace(refused, kind=ProblemKind.UNREACHABLE), NOW) is Outcome.OPEN


def test_the_worst_is_what_surely_needs_a_person() -> None:
    order = [Outcome.FAILED, Outcome.ATTENTION, Outcome.UNKNOWN, Outcome.SIGNED_OUT, Outcome.OPEN, Outcome.DONE]
    for number, one in enumerate(order):
        assert worst(reversed(order[number:]), for_any=False) is one
    assert [one.status for one in order] == [1, 3, 4, 5, 6, 0]


def test_where_any_is_enough_one_verdict_ends_it_and_what_is_open_does_not_count() -> None:
    assert not is_over([Outcome.DONE, Outcome.OPEN], for_any=False)
    assert is_over([Outcome.DONE, Outcome.OPEN], for_any=True)
    assert worst([Outcome.DONE, Outcome.OPEN, Outcome.SIGNED_OUT], for_any=True) is Outcome.DONE
    assert not is_over([Outcome.SIGNED_OUT, Outcome.OPEN], for_any=True)
    assert is_over([Outcome.SIGNED_OUT], for_any=True)
    assert worst([Outcome.SIGNED_OUT, Outcome.OPEN], for_any=True) is Outcome.SIGNED_OUT
