"""An engine and an archive without thread, network and disk, for tests of the screen."""

import dataclasses
from collections.abc import Awaitable, Callable, Container, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, cast

from msgspec.structs import replace

from tests.support.building import apply_observations
from tests.support.sources import MemoryStore
from zjobtui.models.history import Event, History
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Call, Observation, PreviousBody, Success
from zjobtui.models.related import ReadProblem, ReadResult, Reference, Related, RelatedKind
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.polling.engine import Engine
from zjobtui.polling.state import EditResult, State
from zjobtui.polling.watchlist_service import WatchlistService

NOW = 1_795_442_400.0
"""The fixed time of tests of the screen: 2026-11-23 14:00:00 UTC."""


@dataclass
class FixedClock:
    """A clock that only tests advance."""

    at: float = NOW

    def now(self) -> float:
        return self.at

    def boot(self) -> float:
        return self.at


@dataclass
class MemoryArchive:
    """Holds the last responses and the histories."""

    answers: dict[JobRef, Success] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    replaced: dict[JobRef, PreviousBody] = field(default_factory=dict)

    def last_response(self, job: JobRef) -> Success | None:
        return self.answers.get(job)

    def previous_body(self, job: JobRef) -> PreviousBody | None:
        return self.replaced.get(job)

    def keep(self, job: JobRef, seen: Success) -> None:
        before = self.answers.get(job)
        if before is not None and before.report.raw != seen.report.raw:
            self.replaced[job] = PreviousBody(before.report.raw, before.at)
        self.answers[job] = seen

    def history(self, job: JobRef) -> History:
        return tuple(event for event in self.events if event.job == job)


class ScriptedEngine(Engine):
    """Performs edits immediately, without thread and store, and records which jobs were to be polled."""

    def __init__(self, clock: FixedClock, tenant: str = "env") -> None:
        super().__init__(Watchlist({}), MemoryStore(), (), clock)
        self.archive = MemoryArchive()
        self.clock = clock
        self.pulse = TenantStatus(tenant=tenant, answered_at=clock.now(), calls_per_second=1.4)
        self.state = State(Watchlist({}), {tenant: self.pulse})
        self.asked: list[JobRef] = []
        self.attended: list[JobRef | None] = []
        self.shown: list[list[JobRef]] = []
        self.is_paused = False
        self.why_unsaved = ""
        self.removed: tuple[WatchedJob, ...] = ()
        self.related: dict[Reference, ReadResult] = {}
        self.pending: dict[Reference, Future[ReadResult]] = {}
        self.read: list[Reference] = []

    def bring(self, *brought: tuple[JobRef, Observation], planned: float = 5.0) -> None:
        """Apply observations."""
        self._take(
            apply_observations(self.state.watchlist, ((job, observation, planned) for job, observation in brought))
        )

    def publish(self) -> None:
        """Publish the state to the subscriber."""
        tenant = self.pulse.tenant
        self.state = State(self.state.watchlist, {tenant: self.pulse}, self.why_unsaved)
        self._subscriber(self.state)

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def poll_now(self, jobs: Iterable[JobRef]) -> None:
        self.asked += jobs

    def read_related(self, tenant: str, kind: RelatedKind, key: str) -> "Future[ReadResult]":  # noqa: ARG002 - there is one
        """Answer from `related`; what is not there stays in `pending` until a test sets its result."""
        reference, future = Reference(kind, key), Future[ReadResult]()
        self.read.append(reference)
        result, now = self.related.get(reference), self.clock.now()
        if isinstance(result, Related):
            future.set_result(dataclasses.replace(result, read_at=now))
        elif isinstance(result, ReadProblem):
            future.set_result(dataclasses.replace(result, at=now))
        else:
            self.pending[reference] = future
        return future

    def set_selected(self, job: JobRef | None) -> None:
        self.attended.append(job)

    def set_visible(self, jobs: Iterable[JobRef]) -> None:
        self.shown.append(list(jobs))

    def pause(self) -> None:
        self._hold(is_paused=True)

    def resume(self) -> None:
        self._hold(is_paused=False)

    def _hold(self, *, is_paused: bool) -> None:
        self.is_paused = is_paused
        self.pulse = replace(self.pulse, is_paused=is_paused)
        self.publish()

    def _take(self, change: Change) -> None:
        for observed in change.observed:
            if observed.response is not None:
                self.archive.keep(observed.watch.job, observed.response)
        self.archive.events += change.events
        self.state = State(change.watchlist, self.state.statuses)
        self.publish()

    def _submit(
        self,
        edit: Callable[[WatchlistService, Callable[[], object]], Awaitable[Change]],
        change: Change,  # noqa: ARG002 - it is never unsaved
    ) -> "Future[EditResult]":
        future: Future[EditResult] = Future()
        try:
            edit(cast("WatchlistService", self), lambda: None).__await__().send(None)
        except StopIteration as end:
            future.set_result(EditResult(end.value, self.why_unsaved))
        return future

    async def edit(self, make: Callable[[Watchlist], Change], _applied: object) -> Change:
        """Apply an edit, as `WatchlistService` does."""
        change = make(self.state.watchlist)
        self._take(change)
        return change

    async def add(self, watches: Iterable[WatchedJob], _applied: object, found: Container[JobRef]) -> Change:
        """Add jobs, as `WatchlistService` does."""
        return await self.edit(lambda listed: listed.add(watches, self.removed, found), _applied)

    async def undo_removal(self, watches: Iterable[WatchedJob], at: float, _applied: object) -> Change:
        """Restore jobs, as `WatchlistService` does."""
        return await self.edit(lambda listed: listed.restore(watches, at), _applied)


def call(**fields: Any) -> Call:  # noqa: ANN401 - the fields of `Call`, whatever their types
    """Return a call with made-up ids, always the same."""
    made_up = {
        "url": "https://rest.test.zuora.com/v1/async-jobs/1bc24f315d7b48d3a20245bfe73bdceb",
        "track_id": "5b0c3bd6d1a94c6c8a3f3f6a3d6b1d11",
        "request_id": "d7479cf6-b410-4630-b841-268ccd48f0d2",
        "http_status": 200,
        "latency": 0.084,
    }
    return Call(**{**made_up, **fields})
