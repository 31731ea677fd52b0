"""Run polling for one tenant: create the source, poll, close the source, and count the calls for all windows."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import Random

from msgspec import Struct

from zjobtui.clock import Clock
from zjobtui.daemon_thread import run_on_daemon_thread
from zjobtui.logs import get_logger
from zjobtui.models.call_log import RecordCall
from zjobtui.models.job import JobRef
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Reference
from zjobtui.models.tenant import Tenant
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.polling.options import DEFAULT_ENGINE_OPTIONS, EngineOptions
from zjobtui.polling.poller import Poller
from zjobtui.polling.protocols import JobSource, MakeSource, SourceError, WatchlistStore
from zjobtui.polling.supervision import Supervisor, repeat
from zjobtui.polling.tenant_gate import TenantGate
from zjobtui.polling.watchlist_service import WatchlistService

log = get_logger(__name__)

COUNT = 10.0
"""Seconds between two updates of the stored count of today's calls."""

COUNT_LIMIT = 2.0
"""Seconds for which the first call waits for the count of today's calls; if the store is locked, the count comes later.
"""

DAY = 86_400

SOURCE_RETRY_SECONDS = 45.0
"""Seconds until a source that could not be created is tried again: a corrected secret works within a minute."""


class Attention(Struct):
    """What the user sees of all tenants now: a poller that is created later starts with it."""

    selected: JobRef | None = None
    """The selected job."""
    visible: tuple[JobRef, ...] = ()
    """The jobs on screen, in their order."""
    is_paused: bool = False


class TenantRunner:
    """Run one tenant independently of the others; `changed` is called when its status may have changed."""

    def __init__(
        self,
        tenant: Tenant,
        make_source: MakeSource,
        service: WatchlistService,
        store: WatchlistStore,
        gate: TenantGate,
        attention: Attention,
        clock: Clock,
        chance: Random,
        *,
        may_poll: Callable[[], bool],
        is_polled_elsewhere: Callable[[], bool],
        changed: Callable[[], None],
        options: EngineOptions = DEFAULT_ENGINE_OPTIONS,
        record: RecordCall = lambda _: None,
    ) -> None:
        self.tenant = tenant
        self.supervisor = Supervisor(changed)
        """Supervises what runs for the tenant, and has its internal errors for the user."""
        self.poller: Poller | None = None
        """The poller, once the source exists."""
        self._polling = f"polling of {tenant.title}"
        self._make_source = make_source
        self._source: JobSource | None = None
        self._service = service
        self._store = store
        self._clock = clock
        self._chance = chance
        self._may_poll = may_poll
        self._is_polled_elsewhere = is_polled_elsewhere
        self._changed = changed
        self._options = options
        self._record = record
        self._problem: Problem | None = None
        self._problem_since = self._next_try_at = 0.0
        self._retry = asyncio.Event()
        self._refreshes: dict[JobRef, None] = {}  # until there is a poller
        self._unsent: list[tuple[Reference, asyncio.Future[ReadResult]]] = []
        self._reads: set[asyncio.Future[ReadResult]] = set()
        self._counting = asyncio.Lock()
        self._gate = gate
        self._attention = attention

    def poll_now(self, jobs: Sequence[JobRef]) -> None:
        """Poll these jobs at once; if the source could not be created, try that again: the user asked for it."""
        self._retry.set()
        if self.poller is not None:
            self.poller.poll_now(jobs)
        else:
            self._refreshes.update(dict.fromkeys(jobs))

    async def read_related(self, reference: Reference) -> ReadResult:
        """Read an object that a job created; if the source could not be created, try that again first.

        Raises `CancelledError` if the tenant is stopped meanwhile.
        """
        future: asyncio.Future[ReadResult] = asyncio.get_running_loop().create_future()
        self._reads.add(future)
        future.add_done_callback(self._reads.discard)
        if self.poller is None:
            self._unsent.append((reference, future))
            self._retry.set()
        else:
            self.poller.read_related(reference, future)
        return await future

    def pass_selected(self) -> None:
        """Pass the selected job to the poller, if it exists yet."""
        if self.poller is not None:
            job = self._attention.selected
            self.poller.set_selected(job if job is not None and job.tenant == self.tenant.name else None)

    def pass_visible(self) -> None:
        """Pass the jobs on screen to the poller, if it exists yet."""
        if self.poller is not None:
            self.poller.set_visible(job for job in self._attention.visible if job.tenant == self.tenant.name)

    def pass_paused(self) -> None:
        """Pause or resume the poller, if it exists yet."""
        if self.poller is not None:
            self.poller.pause() if self._attention.is_paused else self.poller.resume()

    def status(self) -> TenantStatus:
        """Return the status of the poller, or why there is none yet."""
        if self.poller is not None:
            return self.poller.status()
        if self._problem is None:
            return self._gate.status(self._clock.now())
        return TenantStatus(
            tenant=self.tenant.name,
            problem=self._problem,
            down_since=self._problem_since,
            next_try_at=self._next_try_at,
        )

    async def run(self) -> None:
        """Poll until cancelled; reads that wait then are cancelled, too."""
        try:
            await self.supervisor.run(self._polling, self._run)
        finally:
            for read in tuple(self._reads):
                read.cancel()
            if self._source is not None:
                await self._source.aclose()

    async def _run(self) -> None:
        """Create source and poller, unless they exist from before an error, and poll."""
        if self._source is None:
            self._source = await self._create_source()
            self.supervisor.clear(self._polling)
        poller = self.poller
        if poller is None:
            poller = self.poller = self._create_poller(self._source)
            with self.supervisor.guard(self._polling):
                self._catch_up(poller)
        unsent, self._unsent = self._unsent, []
        for reference, future in unsent:
            poller.read_related(reference, future)
        self._changed()
        with suppress(TimeoutError):  # the day's calls of other windows and earlier runs count from the first call on
            async with asyncio.timeout(COUNT_LIMIT):  # `wait_for` of Python 3.11 may swallow a cancellation
                await self.count()
        self._changed()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.supervisor.run(self._polling, poller.run))
            counting = partial(repeat, COUNT, self.count)
            group.create_task(self.supervisor.run(f"the count of calls of {self.tenant.title}", counting))

    def _catch_up(self, poller: Poller) -> None:
        """Pass to a new poller what the user did before it existed."""
        self.pass_paused()
        self.pass_selected()
        self.pass_visible()
        refreshes, self._refreshes = self._refreshes, {}
        if refreshes:
            poller.poll_now(refreshes)

    def _create_poller(self, source: JobSource) -> Poller:
        return Poller(
            self.tenant.name,
            source,
            self._service,
            self._gate,
            self._clock,
            self._chance,
            may_poll=self._may_poll,
            is_polled_elsewhere=self._is_polled_elsewhere,
            options=self._options,
            record=self._record,
        )

    async def _create_source(self) -> JobSource:
        """Create the source on a thread, since a secret may take seconds to fetch; after an error, try again.

        The next try is after `SOURCE_RETRY_SECONDS` seconds, or when the user asks for it.
        """
        while True:
            self._retry.clear()
            try:
                return await run_on_daemon_thread(self._make_source)
            except SourceError as fault:
                log.warning("tenant %s: cannot be polled: %s", self.tenant.name, fault)
                now = self._clock.now()
                self._problem_since = self._problem_since if self._problem else now
                self._problem, self._next_try_at = (
                    Problem(ProblemKind.MISCONFIGURED, str(fault)),
                    now + SOURCE_RETRY_SECONDS,
                )
            except Exception as fault:  # whatever it is, the watchlist must stay usable
                log.exception("tenant %s: internal error, it cannot be polled", self.tenant.name)
                self.supervisor.record(self._polling, fault, "cannot start")
            self._fail_reads()
            self._changed()
            with suppress(TimeoutError):
                async with asyncio.timeout(SOURCE_RETRY_SECONDS):
                    await self._retry.wait()

    async def count(self) -> None:
        """Add this window's calls to the stored count of the day, and pass the total to the rate limiter.

        A write that has begun is finished even if the caller is cancelled, so that no call is counted twice.
        """
        await asyncio.shield(self._count())

    async def _count(self) -> None:
        async with self._counting:
            limiter = self._gate.limiter
            calls, now = limiter.drain_uncounted(), self._clock.now()
            count = partial(self._store.count_calls, self.tenant.name, int(now // DAY), calls)
            try:
                limiter.set_daily_count(await self._service.run_io(count), now)
            except Exception:  # a store may fail in any way; the calls are counted later
                limiter.put_back_uncounted(calls)
                log.exception("tenant %s: %d calls are not counted yet", self.tenant.name, calls)

    def _fail_reads(self) -> None:
        """Give the reads that wait for the source its problem."""
        detail = self._problem.detail if self._problem else self.supervisor.fault
        unsent, self._unsent = self._unsent, []
        for reference, future in unsent:
            if not future.done():
                kind = ReadProblemKind.MISCONFIGURED
                future.set_result(ReadProblem(reference, kind, detail, at=self._clock.now()))
