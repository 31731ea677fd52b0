"""Outcome of waiting for a job, with its exit status."""

from collections.abc import Iterable
from enum import Enum

from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob


class Outcome(Enum):
    """Exit status and name, the worst first: results that need the user rank before unknown ones."""

    FAILED = (1, "failed")
    ATTENTION = (3, "needs attention")
    UNKNOWN = (4, "unknown to Zuora")
    SIGNED_OUT = (5, "signed out")
    CANNOT_BE_POLLED = (5, "cannot be polled")
    OPEN = (6, "not ended in time")
    DONE = (0, "done")

    def __init__(self, status: int, title: str) -> None:
        self.status = status
        self.title = title

    @property
    def is_verdict(self) -> bool:
        """Whether Zuora itself has said how the job ended."""
        return self not in {Outcome.SIGNED_OUT, Outcome.CANNOT_BE_POLLED, Outcome.OPEN}


_NEEDS_USER = {
    ProblemKind.SIGNED_OUT: Outcome.SIGNED_OUT,
    ProblemKind.FORBIDDEN: Outcome.CANNOT_BE_POLLED,
    ProblemKind.MISCONFIGURED: Outcome.CANNOT_BE_POLLED,
}
_OF_KIND = {
    VerdictKind.FAILED: Outcome.FAILED,
    VerdictKind.ATTENTION: Outcome.ATTENTION,
    VerdictKind.DONE: Outcome.DONE,
}


def outcome(watch: WatchedJob, tenant_problem: Problem | None, since: float) -> Outcome:
    """Return the outcome of a job after waiting since then; `tenant_problem` keeps its tenant from being polled.

    That Zuora does not know a job counts only if it was said since: an id may have been posted a moment ago.
    """
    if watch.is_final:
        return _OF_KIND.get(watch.verdict.kind, Outcome.OPEN)
    if watch.verdict.kind is VerdictKind.UNKNOWN and (watch.answered_at or 0.0) >= since:
        return Outcome.UNKNOWN
    own = watch.problem if (watch.problem_at or 0.0) >= since else None
    needs = [_NEEDS_USER[one.kind] for one in (tenant_problem, own) if one is not None and one.kind in _NEEDS_USER]
    return needs[0] if needs else Outcome.OPEN


def is_over(outcomes: Iterable[Outcome], *, for_any: bool) -> bool:
    """Return whether there is nothing left to wait for: all jobs have ended, or one has and that is enough."""
    all_outcomes = list(outcomes)
    return Outcome.OPEN not in all_outcomes or (for_any and any(outcome.is_verdict for outcome in all_outcomes))


def worst(outcomes: Iterable[Outcome], *, for_any: bool) -> Outcome:
    """Return the outcome of all together; if any is enough, that of those with a verdict, if there are such."""
    all_outcomes = list(outcomes)
    verdicts = [outcome for outcome in all_outcomes if outcome.is_verdict] if for_any else []
    return min(verdicts or all_outcomes, key=list(Outcome).index, default=Outcome.DONE)
