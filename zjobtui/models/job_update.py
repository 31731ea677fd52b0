"""Apply one observation to what is known of one job."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from zjobtui.models.assessment import digest
from zjobtui.models.history import Event, EventKind
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.verdict import UNKNOWN, Kind
from zjobtui.models.watched_job import WatchedJob


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """The job as it is now, the response to store (None if the stored one still stands), and new events."""

    watch: WatchedJob
    response: Success | None = None
    entries: tuple[Event, ...] = ()


def apply_observation(
    watch: WatchedJob, observation: Observation, planned: float, expected: Collection[str] = ()
) -> JobUpdate:
    """Apply an observation to a job; the next response is promised within `planned` seconds.

    `expected` are the statuses besides Completed in which an order of its tenant needs no attention.

    A failed call never changes the last good report, nor the interval that it promised, or old would look fresh. A
    final report stays: whatever Zuora says later that is not final too (running again, not found) is stored with it as
    a contradiction, and shown. That Zuora does not know a job stands as well, until Zuora itself says something else.
    """
    if isinstance(observation, Failure):
        return _apply_failure(watch, observation, planned)
    return _apply_success(watch, observation, planned, expected)


def _apply_failure(watch: WatchedJob, failure: Failure, planned: float) -> JobUpdate:
    updated = replace(watch, problem=failure.problem, problem_at=failure.at)
    if failure.problem.kind is not ProblemKind.NOT_FOUND:
        return JobUpdate(watch if watch.verdict.kind is Kind.UNKNOWN else updated)
    checked_at = failure.at if failure.is_no_operation else watch.operation_checked_at
    updated = replace(updated, planned=planned, operation_checked_at=checked_at)
    if watch.is_final:
        return _contradicted(watch, failure.at, "Zuora no longer knows this job; its last response is kept.")
    if watch.verdict.kind is Kind.UNKNOWN:
        return JobUpdate(updated)
    entry = Event(watch.job, failure.at, EventKind.STATUS, UNKNOWN.sentence, Kind.UNKNOWN.value)
    return JobUpdate(replace(updated, changed_at=failure.at), entries=(entry,))


def _apply_success(watch: WatchedJob, response: Success, planned: float, expected: Collection[str]) -> JobUpdate:
    new = digest(response.report, expected)
    if watch.is_final and not new.is_final:
        return _contradicted(
            watch, response.at, f"When polled again, Zuora returned {new.status}; the final response is kept."
        )
    same = watch.digest == new
    updated = replace(
        watch,
        digest=watch.digest if same else new,
        last_answer_at=response.at,
        problem=None,
        problem_at=None,
        contradiction="",
        planned=planned,
        last_running_at=watch.last_running_at if new.is_final else response.at,
        ended_at=response.at if new.is_final and watch.ended_at is None else watch.ended_at,
    )
    if same and watch.verdict.kind is not Kind.UNKNOWN:
        return JobUpdate(updated, response if new.is_final else None)
    entry = Event(watch.job, response.at, EventKind.STATUS, new.verdict.sentence, new.verdict.kind.value)
    return JobUpdate(replace(updated, changed_at=response.at), response, (entry,))


def _contradicted(watch: WatchedJob, at: float, text: str) -> JobUpdate:
    updated = replace(watch, contradiction=text, problem=None, problem_at=at)
    if watch.contradiction == text:
        return JobUpdate(updated)
    return JobUpdate(updated, entries=(Event(watch.job, at, EventKind.CONTRADICTED, text),))
