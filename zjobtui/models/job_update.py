"""How one observation changes what is known of one job."""

from dataclasses import dataclass, replace

from zjobtui.models.assessment import digest
from zjobtui.models.history import Event, EventKind
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.verdict import UNKNOWN, Kind
from zjobtui.models.watched_job import WatchedJob


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """The watch as it is now, the answer to keep (None when the one before still stands), and the timeline's news."""

    watch: WatchedJob
    response: Success | None = None
    entries: tuple[Event, ...] = ()


def apply_observation(watch: WatchedJob, observation: Observation, planned: float) -> JobUpdate:
    """Takes `observation` into `watch`; `planned` is the interval in seconds within which the next answer is promised.

    A failed call never touches the last good report, nor the interval that it promised, or old would look fresh. A
    final report stays: whatever Zuora says later that is not final too (running again, not found) is kept beside it as
    a contradiction, and shown. That Zuora does not know a job stands as well, until Zuora itself says something else.
    """
    if isinstance(observation, Failure):
        return _fold_missed(watch, observation, planned)
    return _fold_seen(watch, observation, planned)


def _fold_missed(watch: WatchedJob, missed: Failure, planned: float) -> JobUpdate:
    folded = replace(watch, problem=missed.problem, problem_at=missed.at)
    if missed.problem.kind is not ProblemKind.NOT_FOUND:
        return JobUpdate(watch if watch.verdict.kind is Kind.UNKNOWN else folded)
    folded = replace(folded, planned=planned)
    if watch.is_final:
        return _contradicted(watch, missed.at, "Zuora no longer knows this job; its last answer is kept.")
    if watch.verdict.kind is Kind.UNKNOWN:
        return JobUpdate(folded)
    entry = Event(watch.job, missed.at, EventKind.STATUS, UNKNOWN.sentence, Kind.UNKNOWN.value)
    return JobUpdate(replace(folded, changed_at=missed.at), entries=(entry,))


def _fold_seen(watch: WatchedJob, response: Success, planned: float) -> JobUpdate:
    new = digest(response.report)
    if watch.is_final and not new.is_final:
        return _contradicted(watch, response.at, f"Asked again, Zuora says {new.status}; the final answer is kept.")
    same = watch.digest == new
    folded = replace(
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
        return JobUpdate(folded, response if new.is_final else None)
    entry = Event(watch.job, response.at, EventKind.STATUS, new.verdict.sentence, new.verdict.kind.value)
    return JobUpdate(replace(folded, changed_at=response.at), response, (entry,))


def _contradicted(watch: WatchedJob, at: float, text: str) -> JobUpdate:
    folded = replace(watch, contradiction=text, problem=None, problem_at=at)
    if watch.contradiction == text:
        return JobUpdate(folded)
    return JobUpdate(folded, entries=(Event(watch.job, at, EventKind.CONTRADICTED, text),))
