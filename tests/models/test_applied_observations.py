import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import NOW, PROCESSING, done, failed, missed, order_report, seen, watch
from zjobtui.models.assessment import apply_observation
from zjobtui.models.history import Event, EventKind
from zjobtui.models.observation import Failure, Observation
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.report import Report
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, is_stale

NOT_FOUND = ProblemKind.NOT_FOUND
PLANNED = 5.0


def after(*observations: Observation) -> WatchedJob:
    """A job after these observations, one after the other."""
    one = watch()
    for observation in observations:
        one = apply_observation(one, observation, PLANNED).watch
    return one


def test_a_new_job_waits_for_its_first_response() -> None:
    assert (watch().verdict.kind, watch().verdict.sentence) == (VerdictKind.RUNNING, "No response yet.")
    assert (watch().answered_at, watch().last_call_at, watch().is_final) == (None, 0.0, False)


def test_the_first_response_is_kept_and_recorded() -> None:
    folded = apply_observation(watch(), seen(PROCESSING, NOW + 2), 7.0)
    assert folded.response == seen(PROCESSING, NOW + 2)
    assert folded.events == (Event(watch().job, NOW + 2, EventKind.STATUS, "Zuora is working on it.", "running"),)
    one = folded.watch
    assert (one.last_answer_at, one.changed_at, one.last_running_at, one.planned) == (NOW + 2, NOW + 2, NOW + 2, 7.0)
    assert (one.answered_at, one.last_call_at, one.ended_at) == (NOW + 2, NOW + 2, None)


def test_an_equal_response_only_confirms() -> None:
    folded = apply_observation(after(seen(PROCESSING, NOW)), seen(PROCESSING, NOW + 5), PLANNED)
    assert (folded.response, folded.events) == (None, ())
    assert (folded.watch.last_answer_at, folded.watch.last_running_at, folded.watch.changed_at) == (
        NOW + 5,
        NOW + 5,
        NOW,
    )


def test_the_end_lies_between_the_last_response_before_it_and_the_first_after_it() -> None:
    one = after(seen(PROCESSING, NOW), seen(PROCESSING, NOW + 5), done(NOW + 10), done(NOW + 99))
    assert (one.last_running_at, one.ended_at, one.last_answer_at) == (NOW + 5, NOW + 10, NOW + 99)
    assert one.is_final


def test_a_job_that_ended_before_it_was_watched_has_no_earliest_end() -> None:
    one = after(done(NOW + 1))
    assert (one.last_running_at, one.ended_at) == (None, NOW + 1)


def test_a_repeated_final_response_is_kept_without_an_event() -> None:
    folded = apply_observation(after(done(NOW)), done(NOW + 60), PLANNED)
    assert (folded.response, folded.events) == (done(NOW + 60), ())


@pytest.mark.parametrize("kind", [kind for kind in ProblemKind if kind is not NOT_FOUND])
@pytest.mark.parametrize("before", [(), (seen(PROCESSING),), (failed(),)], ids=["new", "running", "final"])
def test_a_failed_call_never_changes_the_last_response(before: tuple[Observation, ...], kind: ProblemKind) -> None:
    one = after(*before)
    folded = apply_observation(one, missed(kind, NOW + 5), 9.0)
    assert (folded.response, folded.events) == (None, ())
    assert folded.watch == replace(one, problem=Problem(kind, "no answer"), problem_at=NOW + 5)
    assert (folded.watch.verdict, folded.watch.answered_at) == (one.verdict, one.answered_at)
    assert folded.watch.planned == one.planned
    assert folded.watch.last_call_at == NOW + 5


def test_a_successful_response_clears_the_problem() -> None:
    one = after(seen(PROCESSING, NOW), missed(at=NOW + 5), seen(PROCESSING, NOW + 10))
    assert (one.problem, one.problem_at, one.last_answer_at) == (None, None, NOW + 10)


def test_a_job_that_zuora_does_not_know_is_recorded_once() -> None:
    first = apply_observation(after(seen(PROCESSING, NOW)), missed(NOT_FOUND, NOW + 5), PLANNED)
    again = apply_observation(first.watch, missed(NOT_FOUND, NOW + 10), PLANNED)
    assert first.watch.verdict.kind is again.watch.verdict.kind is VerdictKind.UNKNOWN
    assert [(event.event, event.verdict) for event in first.events] == [(EventKind.STATUS, "unknown to Zuora")]
    assert again.events == ()
    assert (first.watch.changed_at, again.watch.changed_at, again.watch.answered_at) == (NOW + 5, NOW + 5, NOW + 10)


@pytest.mark.parametrize("kind", [ProblemKind.TIMED_OUT, ProblemKind.SERVER_ERROR])
def test_an_unknown_job_stays_unknown_after_a_failed_call_and_becomes_stale(kind: ProblemKind) -> None:
    one = after(missed(NOT_FOUND, NOW), missed(kind, NOW + 5), missed(kind, NOW + 10))
    assert (one.verdict.kind, one.answered_at) == (VerdictKind.UNKNOWN, NOW)
    assert [is_stale(one, NOW + seconds) for seconds in (14, 16)] == [False, True]
    assert apply_observation(one, missed(NOT_FOUND, NOW + 10), PLANNED).events == ()


def test_a_job_that_zuora_knows_again_is_recorded_even_with_an_equal_response() -> None:
    folded = apply_observation(
        after(seen(PROCESSING, NOW), missed(NOT_FOUND, NOW + 5)), seen(PROCESSING, NOW + 9), PLANNED
    )
    assert [event.text for event in folded.events] == ["Zuora is working on it."]
    assert folded.watch.verdict.kind is VerdictKind.RUNNING


@pytest.mark.parametrize(
    ("later", "text"),
    [
        (
            seen(PROCESSING, NOW + 50),
            "When the job was polled again, Zuora returned Processing; the final response is kept.",
        ),
        (
            seen(Report(status="Queued"), NOW + 50),
            "When the job was polled again, Zuora returned Queued; the final response is kept.",
        ),
        (missed(NOT_FOUND, NOW + 50), "Zuora no longer knows this job; its last response is kept."),
    ],
    ids=["running again", "queued", "unknown"],
)
@pytest.mark.parametrize("final", [done(), failed()], ids=["done", "failed"])
def test_a_final_response_stays_and_a_contradiction_is_recorded_once(
    final: Observation, later: Observation, text: str
) -> None:
    one = after(final, missed(at=NOW + 20))
    folded = apply_observation(one, later, PLANNED)
    assert folded.response is None
    assert folded.events == (Event(one.job, NOW + 50, EventKind.CONTRADICTED, text),)
    assert (folded.watch.digest, folded.watch.last_answer_at, folded.watch.ended_at) == (one.digest, NOW, NOW)
    assert (folded.watch.verdict, folded.watch.contradiction) == (one.verdict, text)
    assert folded.watch.problem is None
    assert folded.watch.last_call_at == NOW + 50
    assert apply_observation(folded.watch, later, PLANNED).events == ()


def test_a_later_final_response_replaces_an_earlier_one_and_ends_a_contradiction() -> None:
    pending = seen(order_report(order_status="Pending"), NOW)
    folded = apply_observation(after(pending, seen(PROCESSING, NOW + 5)), done(NOW + 10), PLANNED)
    assert (folded.watch.verdict.kind, folded.watch.contradiction) == (VerdictKind.DONE, "")
    assert (folded.watch.ended_at, folded.watch.last_answer_at, folded.watch.changed_at) == (NOW, NOW + 10, NOW + 10)
    assert [event.verdict for event in folded.events] == ["done"]


EVERY_KIND: tuple[Observation, ...] = (
    seen(PROCESSING),
    seen(Report(status="Queued")),
    done(),
    failed(),
    seen(order_report(order_status="Pending")),
    *(missed(kind) for kind in ProblemKind),
)
OBSERVATIONS = st.lists(st.sampled_from(EVERY_KIND)).map(
    lambda some: [replace(one, at=NOW + number) for number, one in enumerate(some)]
)


@given(OBSERVATIONS)
def test_a_final_job_stays_final_after_any_observation(observations: list[Observation]) -> None:
    one = watch()
    for observation in observations:
        folded = apply_observation(one, observation, PLANNED)
        after_it = folded.watch
        assert after_it.is_final >= one.is_final
        assert after_it.last_call_at >= one.last_call_at
        assert (after_it.ended_at is not None) == after_it.is_final
        assert one.ended_at in (None, after_it.ended_at)
        if isinstance(observation, Failure):
            assert (after_it.digest, after_it.last_answer_at, folded.response) == (one.digest, one.last_answer_at, None)
        if after_it.digest != one.digest:
            assert folded.response == observation
            assert len(folded.events) == 1
        one = after_it
