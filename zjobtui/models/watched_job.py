"""Watched job: everything known about it, how fresh that is, and when it is archived."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.models.digest import OPERATION, Digest
from zjobtui.models.job import JobRef
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.verdict import NOT_ASKED, UNKNOWN, Verdict, VerdictKind


class WatchedJob(Struct, frozen=True, kw_only=True):
    """A watched job. All times are seconds since the epoch, UTC.

    `batch` is the name of the jobs that it was added with, empty if it was added alone.

    `digest` and `last_answer_at` are of the last good response. `problem` is what the last call met, if it was not
    good, and `problem_at` when a call last brought something else than a good response. That Zuora does not know the
    job is kept, with its time, while later calls fail in another way. `last_running_at` is when the
    job was last seen running, `ended_at` when it was first seen ended, so the end lies between. `planned` is the
    interval in seconds within which the next response was promised. `read_at` is when the user last looked at the job.
    `operation_checked_at` is when Zuora, which did not know the job, said that it is not an operation job either; it is
    asked that once.
    """

    job: JobRef
    added_at: float
    added_by: str = ""
    label: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    batch: str = ""
    read_at: float | None = None
    digest: Digest | None = None
    last_answer_at: float | None = None
    last_running_at: float | None = None
    ended_at: float | None = None
    changed_at: float | None = None
    problem: Problem | None = None
    problem_at: float | None = None
    contradiction: str = ""
    planned: float = 5.0
    operation_checked_at: float | None = None

    @property
    def is_final(self) -> bool:
        """Whether a report has ended this job; it is then polled only at the user's request."""
        return self.digest is not None and self.digest.is_final

    @property
    def verdict(self) -> Verdict:
        """The verdict of the last report, unless Zuora has since said that it does not know the job."""
        if self.digest is not None and self.digest.is_final:
            return self.digest.verdict
        if self.problem is not None and self.problem.kind is ProblemKind.NOT_FOUND:
            return UNKNOWN
        return self.digest.verdict if self.digest is not None else NOT_ASKED

    @property
    def is_operation(self) -> bool:
        """Whether it is an operation job, which is polled at another address."""
        return self.digest is not None and self.digest.kind == OPERATION

    @property
    def is_unread(self) -> bool:
        """Whether the verdict is more than running, and the user has not looked at the job since it changed."""
        if self.verdict.kind is VerdictKind.RUNNING:
            return False
        return self.read_at is None or (self.changed_at or 0.0) > self.read_at

    @property
    def answered_at(self) -> float | None:
        """When Zuora last said anything about this job: a report, or that it does not know it."""
        if self.problem is not None and self.problem.kind is ProblemKind.NOT_FOUND:
            return self.problem_at
        return self.last_answer_at

    @property
    def last_call_at(self) -> float:
        """When a call about it last ended; 0 if none has. Failed calls after Zuora did not know it do not count."""
        return max(self.last_answer_at or 0.0, self.problem_at or 0.0)

    def differs_only_in_times(self, other: "WatchedJob") -> bool:
        """Return whether the other is the same running job after good responses that changed only times."""
        same = replace(
            self, last_answer_at=other.last_answer_at, last_running_at=other.last_running_at, planned=other.planned
        )
        return not self.is_final and self.problem is None and same == other

    @property
    def name(self) -> str:
        """The label, or the id."""
        return self.label or self.job.id.given


def had_ended(watch: WatchedJob) -> bool:
    """Return whether the job had ended when it was first polled: when it ended, and how long it took, nobody knows."""
    return watch.is_final and watch.last_running_at is None


STALE_AFTER = 3
"""Planned intervals without a good response after which a row is stale."""

LONGEST_PROMISE = 86_400.0
"""Longest interval in seconds within which a response can be promised: a row that nothing is heard of turns stale."""

CLOCK_AHEAD_SECONDS = 60.0
"""Seconds by which the clock of another window may be ahead; a later response is of unknown age."""


def stale_at(watch: WatchedJob) -> float | None:
    """Return when the row turns stale (seconds since the epoch, UTC); None for a final report, which stays true.

    A job without any response counts from when it was added.
    """
    if watch.is_final:
        return None
    return _known_since(watch) + STALE_AFTER * watch.planned


def is_stale(watch: WatchedJob, now: float) -> bool:
    """Return whether what the row shows is older than was promised, at `now` (seconds since the epoch, UTC)."""
    limit = stale_at(watch)
    return limit is not None and not (_known_since(watch) - CLOCK_AHEAD_SECONDS <= now <= limit)


def observation_order(watch: WatchedJob, now: float) -> tuple[bool, float]:
    """Return the key by which the last observation of a job is found: a final one, otherwise the latest one.

    An observation that is later than `now` (seconds since the epoch, UTC) was made while a clock was ahead. When it was
    made is not known, so any other is taken for later: it must not hold up new ones until its time has come.
    """
    return watch.is_final, watch.last_call_at if watch.last_call_at <= now + CLOCK_AHEAD_SECONDS else 0.0


def _known_since(watch: WatchedJob) -> float:
    return watch.added_at if watch.answered_at is None else watch.answered_at


ARCHIVE_AFTER = 30 * 86_400.0
"""Seconds for which a finished job stays on the list, by default."""


def due_for_archive(watches: Iterable[WatchedJob], now: float, after: float) -> tuple[JobRef, ...]:
    """Return the jobs that ended, and were last read, more than `after` seconds ago."""
    return tuple(watch.job for watch in watches if may_be_archived(watch) and now - _last_touched(watch) > after)


def may_be_archived(watch: WatchedJob) -> bool:
    """Return whether a job has ended and was read."""
    return watch.is_final and not watch.is_unread


def _last_touched(watch: WatchedJob) -> float:
    return max(watch.ended_at or 0.0, watch.read_at or 0.0, watch.added_at)
