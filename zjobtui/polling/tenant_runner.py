"""Run polling for one tenant: create the source, poll, close the source, and count the calls for all windows."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import Random

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.call_log import RecordCall
from zjobtui.models.job import JobRef
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Reference
from zjobtui.models.tenant import Tenant
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.polling.daemon_thread import run_on_daemon_thread
from zjobtui.polling.poller import Poller
from zjobtui.polling.protocols import JobSource, MakeSource, SourceError, WatchlistStore
from zjobtui.polling.rate_limiter import RateLimiter, limits_for
from zjobtui.polling.watchlist_service import WatchlistService

log = get_logger(__name__)

COUNT = 10.0
"""Seconds between two updates of the stored count of today's calls."""

COUNT_LIMIT = 2.0
"""Seconds for which the first call waits for the count of today's calls; if the store is locked, the count comes later.
"""

DAY = 86_400

RETRY = 45.0
"""Seconds until a source that could not be created is tried again: a corrected secret works within a minute."""

RESTART = 1.0
"""Seconds until a poller restarts after an internal error."""


class TenantRunner:
    """Runs one tenant independently of the others; `changed` is called when its status may have changed."""

    def __init__(
        self,
        tenant: Tenant,
        make_source: MakeSource,
        service: WatchlistService,
        store: WatchlistStore,
        clock: Clock,
        chance: Random,
        *,
        may_poll: Callable[[], bool],
        is_polled_elsewhere: Callable[[], bool],
        changed: Callable[[], None],
        staleness_limit: float | None = None,
        record: RecordCall = lambda _: None,
    ) -> None:
        self.tenant = tenant
        self.fault = ""
        """The last internal error, for the user; empty if there was none."""
        self.poller: Poller | None = None
        """The poller, once the source exists."""
        self._make_source = make_source
        self._service = service
        self._store = store
        self._clock = clock
        self._chance = chance
        self._may_poll = may_poll
        self._is_polled_elsewhere = is_polled_elsewhere
        self._changed = changed
        self._staleness_limit = staleness_limit
        self._record = record
        self._problem: Problem | None = None
        self._problem_since = self._next_try_at = 0.0
        self._retry = asyncio.Event()
        self._pending: list[Callable[[Poller], None]] = []
        self._unsent: list[tuple[Reference, asyncio.Future[ReadResult]]] = []
        self._reads: set[asyncio.Future[ReadResult]] = set()
        self._uncounted = 0
        self._counting = asyncio.Lock()
        self._limiter = RateLimiter(limits_for(tenant.kind, tenant.daily_calls, tenant.calls_per_second), clock.now())

    def poll_now(self, jobs: Sequence[JobRef]) -> None:
        """Poll these jobs at once; if the source could not be created, try that again: the user asked for it."""
        self._retry.set()
        self.with_poller(lambda poller: poller.poll_now(jobs))

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

    def with_poller(self, do: Callable[[Poller], None]) -> None:
        """Call `do` with the poller, at once or as soon as the source exists, which may take seconds."""
        if self.poller is not None:
            do(self.poller)
        else:
            self._pending.append(do)

    def status(self) -> TenantStatus:
        """The current polling status."""
        if self.poller is not None:
            return self.poller.status()
        if self._problem is None:
            return TenantStatus(tenant=self.tenant.name)
        return TenantStatus(
            tenant=self.tenant.name,
            problem=self._problem,
            down_since=self._problem_since,
            next_try_at=self._next_try_at,
        )

    async def run(self) -> None:
        """Poll until cancelled; reads that wait then are cancelled, too."""
        try:
            await self._run()
        finally:
            for read in tuple(self._reads):
                read.cancel()

    async def _run(self) -> None:
        source = await self._source()
        self.poller = poller = Poller(
            self.tenant.name,
            source,
            self._service,
            self._limiter,
            self._clock,
            self._chance,
            may_poll=self._may_poll,
            is_polled_elsewhere=self._is_polled_elsewhere,
            staleness_limit=self._staleness_limit,
            record=self._record,
        )
        for do in self._pending:
            do(poller)
        for reference, future in self._unsent:
            poller.read_related(reference, future)
        self._changed()
        with suppress(TimeoutError):  # the day's calls of other windows and earlier runs count from the first call on
            async with asyncio.timeout(COUNT_LIMIT):  # `wait_for` of Python 3.11 may swallow a cancellation
                await self.count()
        self._changed()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_polling(poller))
                group.create_task(self._count_calls())
        finally:
            await source.aclose()

    async def _source(self) -> JobSource:
        """Create the source on a thread, since a secret may take seconds to fetch; after an error, try again.

        The next try is after `RETRY` seconds, or when the user asks for it.
        """
        while True:
            self._retry.clear()
            try:
                return await run_on_daemon_thread(self._make_source)
            except SourceError as fault:
                log.warning("tenant %s: cannot be polled: %s", self.tenant.name, fault)
                now = self._clock.now()
                self._problem_since = self._problem_since if self._problem else now
                self._problem, self._next_try_at = Problem(ProblemKind.MISCONFIGURED, str(fault)), now + RETRY
            except Exception as fault:  # whatever it is, the watchlist must stay usable
                log.exception("tenant %s: internal error, it cannot be polled", self.tenant.name)
                self._record_error("cannot be polled", fault)
            self._fail_reads()
            self._changed()
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY):
                    await self._retry.wait()

    async def _keep_polling(self, poller: Poller) -> None:
        """Restart the poller after an internal error, and show the error: polling must not end unnoticed."""
        while True:
            try:
                await poller.run()
            except Exception as fault:  # whatever it was, it is shown and polling continues
                log.exception("tenant %s: internal error, polling starts again in %gs", self.tenant.name, RESTART)
                self._record_error("was interrupted and continues", fault)
                self._changed()
                await asyncio.sleep(RESTART)

    async def _count_calls(self) -> None:
        while True:
            await asyncio.sleep(COUNT)
            await self.count()

    async def count(self) -> None:
        """Add this window's calls to the stored count of the day, and pass the total to the rate limiter.

        A write that has begun is finished even if the caller is cancelled, so that no call is counted twice.
        """
        await asyncio.shield(self._count())

    async def _count(self) -> None:
        async with self._counting:
            self._uncounted += self._limiter.drain_uncounted()
            count = partial(self._store.count_calls, self.tenant.name, int(self._clock.now() // DAY), self._uncounted)
            try:
                self._limiter.set_daily_count(await self._service.run_io(count), self._clock.now())
                self._uncounted = 0
            except Exception:  # a store may fail in any way; the calls are counted later
                log.exception("tenant %s: %d calls are not counted yet", self.tenant.name, self._uncounted)

    def _fail_reads(self) -> None:
        """Give the reads that wait for the source its problem."""
        detail = self._problem.detail if self._problem else self.fault
        unsent, self._unsent = self._unsent, []
        for reference, future in unsent:
            if not future.done():
                kind = ReadProblemKind.MISCONFIGURED
                future.set_result(ReadProblem(reference, kind, detail, at=self._clock.now()))

    def _record_error(self, what: str, fault: Exception) -> None:
        self.fault = f"Internal error: polling of {self.tenant.title} {what} ({type(fault).__name__}: {fault})."
