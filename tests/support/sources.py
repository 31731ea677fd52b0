"""A tenant and a store in memory for tests of the poller: their responses are a function of virtual time."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.support.virtual_time import START, wall
from zjobtui.models.call_log import CallKind
from zjobtui.models.digest import ExpectedStatuses
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Call, Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.related import ReadResult, Reference, Related
from zjobtui.models.related_details import OrderDetails
from zjobtui.models.report import OrderResult, Report
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, ExternalChanges, fill_annotations, with_annotations
from zjobtui.zuora.headers import read_rate_limits

DONE = Report(status="Completed", result=OrderResult(order_number="O-1", order_status="Completed"), raw="{}")


@dataclass
class Asked:
    """One call: its time (seconds since the epoch), its job, and whether it succeeded."""

    at: float
    job: JobId
    was_good: bool


@dataclass
class TimedSource:
    """Jobs that end at given times; `trouble` returns the problem of a call, and `latency` its duration.

    `trouble`, `limits` and `asked` go by the time that the machine is awake; `now` is the clock of responses.
    """

    ends: dict[JobId, float] = field(default_factory=dict)
    latency: float = 0.05
    trouble: Callable[[float, JobId], Problem | None] = lambda _at, _job: None
    limits: Callable[[float], tuple[tuple[str, str], ...]] = lambda _at: ()
    kinds: list[CallKind] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    operations_asked: list[JobId] = field(default_factory=list)
    operation: Callable[[JobId], Observation] = lambda _: Failure(Problem(ProblemKind.NOT_FOUND), wall())
    read: list[Reference] = field(default_factory=list)
    related: Callable[[Reference], ReadResult] = lambda reference: Related(reference, OrderDetails(), wall())
    requests: int = 0
    signed_in_again: int = 0
    renewed: int = 0
    now: Callable[[], float] = wall
    failed_status: int | None = 200

    async def observe(self, job_id: JobId, kind: CallKind = CallKind.POLL, /) -> Observation:
        self.requests += 1
        self.sent.append(wall() - START)
        await asyncio.sleep(self.latency)
        self.kinds.append(kind)
        at = wall()
        problem = self.trouble(at, job_id)
        self.asked.append(Asked(at - self.latency, job_id, problem is None))
        headers, now = self.limits(at), self.now()
        rate_limits = read_rate_limits(headers, now)
        status = 200 if problem is None else self.failed_status
        call = Call(http_status=status, latency=self.latency, limits=headers, rate_limits=rate_limits)
        if problem is not None:
            return Failure(problem, now, call)
        is_done = now >= self.ends.get(job_id, float("inf"))
        return Success(DONE if is_done else Report(status="Processing"), now, call)

    async def observe_operation(self, job_id: JobId, kind: CallKind = CallKind.POLL, /) -> Observation:
        self.requests += 1
        self.sent.append(wall() - START)
        self.kinds.append(kind)
        self.operations_asked.append(job_id)
        return self.operation(job_id)

    async def read_related(self, reference: Reference, /) -> ReadResult:
        self.requests += 1
        self.read.append(reference)
        await asyncio.sleep(self.latency)
        return self.related(reference)

    def renew_connections(self) -> None:
        self.renewed += 1

    def sign_in_again(self) -> None:
        self.signed_in_again += 1

    async def aclose(self) -> None:
        pass


@dataclass
class MemoryStore:
    """Keeps what is committed; `fault` makes every write fail with that text."""

    changes: list[Change] = field(default_factory=list)
    removed: dict[JobRef, WatchedJob] = field(default_factory=dict)
    restored: dict[JobRef, WatchedJob] = field(default_factory=dict)
    leases: dict[str, tuple[str, float]] = field(default_factory=dict)
    calls: dict[tuple[str, int], int] = field(default_factory=dict)
    waiting_news: list[ExternalChanges] = field(default_factory=list)
    taken_news: list[ExternalChanges] = field(default_factory=list)
    fault: str = ""

    def apply(self, change: Change, /) -> None:
        self._fail()
        self.changes.append(change)
        for watch in change.added:
            known = self.removed.pop(watch.job, watch)
            self.restored[watch.job] = with_annotations(known, fill_annotations(watch, known))
        self.removed |= {watch.job: watch for watch in change.removed}

    def reopen_if_replaced(self, known: Change, /) -> str:  # noqa: ARG002 - it is never replaced
        return ""

    def read_changes(self) -> ExternalChanges | None:
        if not self.waiting_news:
            return None
        self.taken_news.append(self.waiting_news.pop())
        return self.taken_news[-1]

    def reread_changes(self, since: int, /) -> None:
        self.waiting_news += [one for one in self.taken_news if one.since >= since]

    def judge_again(self, expected: ExpectedStatuses, /) -> tuple[WatchedJob, ...]:  # noqa: ARG002 - it stores no responses
        return ()

    def load_watched(self, jobs: Iterable[JobRef], /) -> tuple[WatchedJob, ...]:
        self._fail()
        return tuple(self.restored[job] for job in jobs if job in self.restored)

    def load_removed(self, jobs: Iterable[JobRef], /) -> tuple[WatchedJob, ...]:
        self._fail()
        return tuple(self.removed[job] for job in jobs if job in self.removed)

    def acquire_lease(self, name: str, holder: str, now: float, life: float, /) -> bool:
        self._fail()
        other, until = self.leases.get(name, (holder, 0.0))
        if other != holder and until >= now:
            return False
        self.leases[name] = (holder, now + life)
        return True

    def lease_holder(self, name: str, /) -> tuple[str, float]:
        return self.leases.get(name, ("", 0.0))

    def release_lease(self, name: str, holder: str, /) -> None:
        if self.leases.get(name, ("", 0.0))[0] == holder:
            del self.leases[name]

    def count_calls(self, tenant: str, day: int, calls: int, /) -> int:
        self._fail()
        self.calls[tenant, day] = self.calls.get((tenant, day), 0) + calls
        return self.calls[tenant, day]

    def _fail(self) -> None:
        if self.fault:
            raise OSError(self.fault)
