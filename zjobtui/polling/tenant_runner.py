"""One tenant at work: its source is made, polled, and let go; its calls are counted for all windows."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import Random

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.job import JobRef
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import Tenant
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.polling.daemon_thread import run_on_daemon_thread
from zjobtui.polling.poller import Poller
from zjobtui.polling.protocols import JobSource, MakeSource, SourceError, WatchlistStore
from zjobtui.polling.rate_limiter import RateLimiter, limits_for
from zjobtui.polling.watchlist_service import WatchlistService

log = get_logger(__name__)

COUNT = 10.0
"""Seconds between two writings of the day's count of calls."""

COUNT_LIMIT = 2.0
"""Seconds that the first call waits for the day's count: a locked store delivers it later."""

DAY = 86_400

RESTART = 1.0
"""Seconds until a poller that stumbled goes on."""


class TenantRunner:
    """Runs one tenant, whatever becomes of the others. `changed` is called when its pulse reads otherwise."""

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
    ) -> None:
        self.tenant = tenant
        self.fault = ""
        """What went wrong in zjobtui itself, for people."""
        self.poller: Poller | None = None
        """The poller, once there is a source to ask."""
        self._make_source = make_source
        self._service = service
        self._store = store
        self._clock = clock
        self._chance = chance
        self._may_poll = may_poll
        self._is_polled_elsewhere = is_polled_elsewhere
        self._changed = changed
        self._staleness_limit = staleness_limit
        self._problem: Problem | None = None
        self._retry = asyncio.Event()
        self._pending: list[Callable[[Poller], None]] = []
        self._uncounted = 0
        self._counting = asyncio.Lock()
        self._limiter = RateLimiter(limits_for(tenant.kind, tenant.daily_calls, tenant.calls_per_second), clock.now())

    def poll_now(self, jobs: Sequence[JobRef]) -> None:
        """A person has asked: a source that could not be made is tried once more, and asked about these at once."""
        self._retry.set()
        self.with_poller(lambda poller: poller.poll_now(jobs))

    def with_poller(self, do: Callable[[Poller], None]) -> None:
        """Does something to the poller, or as soon as there is one: a secret may take seconds to come."""
        if self.poller is not None:
            do(self.poller)
        else:
            self._pending.append(do)

    def status(self) -> TenantStatus:
        """How it is doing."""
        if self.poller is not None:
            return self.poller.status()
        return TenantStatus(tenant=self.tenant.name, problem=self._problem)

    async def run(self) -> None:
        """Works until it is cancelled."""
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
        )
        for do in self._pending:
            do(poller)
        self._changed()
        with suppress(TimeoutError):  # the day's calls of other windows and earlier runs count from the first call on
            await asyncio.wait_for(self.count(), COUNT_LIMIT)
        self._changed()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_polling(poller))
                group.create_task(self._count_calls())
        finally:
            await source.aclose()

    async def _source(self) -> JobSource:
        """The source, made on a thread, since a secret may take seconds to come; a refusal waits for a person."""
        while True:
            self._retry.clear()
            try:
                return await run_on_daemon_thread(self._make_source)
            except SourceError as fault:
                log.warning("tenant %s: cannot be polled: %s", self.tenant.name, fault)
                self._problem = Problem(ProblemKind.MISCONFIGURED, str(fault))
            except Exception as fault:  # whatever it is, the watchlist must stay usable
                log.exception("tenant %s: internal error, it cannot be polled", self.tenant.name)
                self._record_error("cannot be asked", fault)
            self._changed()
            await self._retry.wait()

    async def _keep_polling(self, poller: Poller) -> None:
        """A fault in the program must not end polling unseen: it is told, and the poller starts anew."""
        while True:
            try:
                await poller.run()
            except Exception as fault:  # whatever it was, it is told and polling goes on
                log.exception("tenant %s: internal error, polling starts again in %g s", self.tenant.name, RESTART)
                self._record_error("stumbled, and goes on", fault)
                self._changed()
                await asyncio.sleep(RESTART)

    async def _count_calls(self) -> None:
        while True:
            await asyncio.sleep(COUNT)
            await self.count()

    async def count(self) -> None:
        """Add to the day's count of all windows, and tell the rate limiter what that is.

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
            except Exception:  # a shelf may fail in any way; the calls are counted later
                log.exception("tenant %s: %d calls are not counted yet", self.tenant.name, self._uncounted)

    def _record_error(self, what: str, fault: Exception) -> None:
        self.fault = f"A fault in zjobtui itself: {self.tenant.title} {what} ({type(fault).__name__}: {fault})."
