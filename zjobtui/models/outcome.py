"""How waiting for a job came out, and the exit status that says so."""

from collections.abc import Iterable
from enum import Enum

from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob


class Outcome(Enum):
    """Exit status and name, the worst first: what surely needs a person comes before what is merely not known."""

    FAILED = (1, "failed")
    ATTENTION = (3, "needs attention")
    UNKNOWN = (4, "unknown to Zuora")
    SIGNED_OUT = (5, "signed out")
    OPEN = (6, "not ended in time")
    DONE = (0, "done")

    def __init__(self, status: int, title: str) -> None:
        self.status = status
        self.title = title

    @property
    def is_verdict(self) -> bool:
        """Whether Zuora itself has said how the job came out."""
        return self not in {Outcome.SIGNED_OUT, Outcome.OPEN}


_NEEDS_USER = {ProblemKind.SIGNED_OUT, ProblemKind.FORBIDDEN, ProblemKind.MISCONFIGURED}
_OF_KIND = {Kind.FAILED: Outcome.FAILED, Kind.ATTENTION: Outcome.ATTENTION, Kind.DONE: Outcome.DONE}


def outcome(watch: WatchedJob, line: Problem | None, since: float) -> Outcome:
    """How a job stands for one who has waited since then; `line` is what keeps its tenant from being asked.

    That Zuora does not know a job counts only when it was said since: an id may have been posted a moment ago.
    """
    if watch.is_final:
        return _OF_KIND.get(watch.verdict.kind, Outcome.OPEN)
    if watch.verdict.kind is Kind.UNKNOWN and (watch.answered_at or 0.0) >= since:
        return Outcome.UNKNOWN
    own = watch.problem if (watch.problem_at or 0.0) >= since else None
    kinds = {problem.kind for problem in (line, own) if problem is not None}
    return Outcome.OPEN if kinds.isdisjoint(_NEEDS_USER) else Outcome.SIGNED_OUT


def is_over(outcomes: Iterable[Outcome], *, for_any: bool) -> bool:
    """Whether there is nothing left to wait for: all have come out, or one has and that is enough."""
    known = list(outcomes)
    return Outcome.OPEN not in known or (for_any and any(one.is_verdict for one in known))


def worst(outcomes: Iterable[Outcome], *, for_any: bool) -> Outcome:
    """The outcome of all together; where any is enough, that of those which Zuora has told of, if there are such."""
    known = list(outcomes)
    told = [one for one in known if one.is_verdict] if for_any else []
    return min(told or known, key=list(Outcome).index, default=Outcome.DONE)
