"""Failures by reason: the jobs that failed or need attention, grouped by what failed alike."""

from collections.abc import Iterable

from msgspec import Struct

from zjobtui.models.advice import Advice, advise
from zjobtui.models.advice_rules import UNNAMED
from zjobtui.models.digest import Digest
from zjobtui.models.failure_key import alike_term, failure_key
from zjobtui.models.watched_job import WatchedJob


class FailureGroup(Struct, frozen=True):
    """Jobs with the same code and, but for names and numbers, the same message; times are seconds since the epoch.

    `message` is that of the job that ended last; `share` is the part of all failures, from 0 to 1.
    """

    title: str
    code: str
    message: str
    share: float
    first_at: float
    last_at: float
    advice: Advice
    jobs: tuple[WatchedJob, ...]
    term: str
    """The filter term that matches exactly the jobs of this group."""

    @property
    def count(self) -> int:
        """Number of jobs."""
        return len(self.jobs)

    @property
    def has_completed(self) -> bool:
        """Whether the jobs completed, and what they made needs attention: no other try is meant."""
        digest = self.jobs[0].digest
        return digest is not None and digest.status == "Completed"

    @property
    def is_transient(self) -> bool | None:
        """Whether another try can succeed; None if that is not known."""
        return self.advice.is_transient


def failure_groups(watches: Iterable[WatchedJob]) -> tuple[FailureGroup, ...]:
    """Return the groups of jobs that failed or need attention, the biggest first, then the latest."""
    groups: dict[tuple[str, str, str], list[tuple[WatchedJob, Digest]]] = {}
    for watch in watches:
        digest = watch.digest
        if digest is not None and (key := failure_key(digest)) is not None:
            groups.setdefault(key, []).append((watch, digest))
    failed = sum(map(len, groups.values()))
    made = (_group(key, members, failed) for key, members in groups.items())
    return tuple(sorted(made, key=lambda group: (-group.count, -group.last_at)))


def _group(key: tuple[str, str, str], members: list[tuple[WatchedJob, Digest]], failed: int) -> FailureGroup:
    times = [_failed_at(watch) for watch, _ in members]
    _, newest = members[times.index(max(times))]
    advice = advise(newest)
    title = advice.title if advice.title != UNNAMED else newest.why or UNNAMED
    return FailureGroup(
        title=title,
        code=newest.code,
        message=newest.message or newest.verdict.sentence,
        share=len(members) / failed,
        first_at=min(times),
        last_at=max(times),
        advice=advice,
        jobs=tuple(watch for watch, _ in members),
        term=alike_term(title, key),
    )


def _failed_at(watch: WatchedJob) -> float:
    return watch.ended_at or watch.changed_at or watch.added_at
