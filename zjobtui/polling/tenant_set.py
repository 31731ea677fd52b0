"""The tenants that an engine polls, each with its runner and its lease; they can be started and stopped one by one."""

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from operator import attrgetter

from msgspec import Struct

from zjobtui.clock import Clock
from zjobtui.models.call_log import RecordCall
from zjobtui.models.job import JobRef
from zjobtui.models.tenant import Tenant
from zjobtui.polling.lease import Lease
from zjobtui.polling.options import DEFAULT_ENGINE_OPTIONS, EngineOptions
from zjobtui.polling.poller import Poller
from zjobtui.polling.protocols import MakeSource, WatchlistStore
from zjobtui.polling.rate_limiter import RateLimiter, limits_for
from zjobtui.polling.tenant_gate import TenantGate
from zjobtui.polling.tenant_runner import Attention, TenantRunner
from zjobtui.polling.watchlist_service import WatchlistService

CHORES_LIMIT = 0.3
"""Seconds for the last writes when tenants are stopped, the count of calls and the leases, which also expire."""


UNREACHABLE_AFTER = 30.0
"""Seconds of an outage after which another window may try to poll the tenant."""


class _Running(Struct, frozen=True):
    runner: TenantRunner
    lease: Lease
    tasks: tuple[asyncio.Task[None], ...]

    async def end(self) -> None:
        """Store the count of the last calls, and release the lease."""
        await self.runner.count()
        await self.lease.release()


class TenantSet:
    """Poll tenants; `publish` is called when the status of one may have changed. Used on the engine's loop only."""

    def __init__(
        self,
        service: WatchlistService,
        store: WatchlistStore,
        clock: Clock,
        publish: Callable[[], None],
        *,
        options: EngineOptions = DEFAULT_ENGINE_OPTIONS,
        record: RecordCall = lambda _: None,
    ) -> None:
        self._record = record
        self._service = service
        self._store = store
        self._clock = clock
        self._publish = publish
        self._options = options
        self._chance = random.Random()
        self._running: dict[str, _Running] = {}
        self._attention = Attention()
        self._gates: dict[tuple[str, str], TenantGate] = {}  # by name and host of the tenant; kept when it is stopped

    @property
    def runners(self) -> list[TenantRunner]:
        """The runners of all tenants."""
        return [running.runner for running in self._running.values()]

    @property
    def pollers(self) -> list[Poller]:
        """The pollers of the tenants whose sources exist."""
        return [runner.poller for runner in self.runners if runner.poller is not None]

    def start(self, sources: Iterable[tuple[Tenant, MakeSource]]) -> None:
        """Start polling tenants; those that are polled already are left alone."""
        for tenant, make in sources:
            if tenant.name not in self._running:
                self._running[tenant.name] = self._start(tenant, make)

    def set_selected(self, job: JobRef | None) -> None:
        """Set the selected job."""
        self._attention.selected = job
        for runner in self.runners:
            runner.pass_selected()

    def set_visible(self, jobs: tuple[JobRef, ...]) -> None:
        """Set the jobs on screen, in their order."""
        self._attention.visible = jobs
        for runner in self.runners:
            runner.pass_visible()

    def set_paused(self, *, is_paused: bool) -> None:
        """Pause or resume polling of all tenants, and of those that are started later."""
        self._attention.is_paused = is_paused
        for runner in self.runners:
            runner.pass_paused()
        self.wake_leases()

    async def stop(self, names: Iterable[str]) -> None:
        """Stop polling tenants, store their counts of calls, and release their leases."""
        stopped = [running for name in names if (running := self._running.pop(name, None)) is not None]
        await _end(stopped, CHORES_LIMIT)

    async def stop_all(self, time_limit: float = CHORES_LIMIT) -> None:
        """Stop polling all tenants as `stop` does, within `time_limit` seconds; they stay known."""
        await _end(list(self._running.values()), time_limit)

    def wake_leases(self) -> None:
        """Check whether there is something to poll."""
        for running in self._running.values():
            running.lease.wake()

    def _start(self, tenant: Tenant, make: MakeSource) -> _Running:
        changed, gate = partial(self._lease_changed, tenant.name), self._gate_of(tenant)
        lease = Lease(
            self._store, self._service.run_io, self._clock, changed, tenant.name, partial(self._count, tenant)
        )
        runner = TenantRunner(
            tenant,
            make,
            self._service,
            self._store,
            gate,
            self._attention,
            self._clock,
            self._chance,
            may_poll=lambda: lease.is_held or self._is_unreachable(gate),
            is_polled_elsewhere=partial(attrgetter("is_elsewhere"), lease),
            changed=partial(self._runner_changed, lease),
            options=self._options,
            record=self._record,
        )
        leasing = runner.supervisor.run(
            f"the lease of {tenant.title}", partial(lease.run, partial(self._may_hold_lease, runner, gate))
        )
        return _Running(runner, lease, (asyncio.create_task(runner.run()), asyncio.create_task(leasing)))

    def _gate_of(self, tenant: Tenant) -> TenantGate:
        """Return the gate of a tenant.

        If the tenant was polled at the same host before, it is the same gate: changed settings neither shorten a wait
        that the host asked for nor grant calls again. A tenant that is down is tried at once, with one call.
        """
        limits, now = limits_for(tenant.kind, tenant.daily_calls, tenant.calls_per_second), self._clock.now()
        gate = self._gates.get((tenant.name, tenant.base_url))
        if gate is None:
            gate = TenantGate(tenant.name, RateLimiter(limits, now), self._clock, self._chance)
            self._gates[tenant.name, tenant.base_url] = gate
        else:
            gate.limiter.set_limits(limits)
            gate.breaker.probe_now(now)
        return gate

    def _runner_changed(self, lease: Lease) -> None:
        """Publish, and check the lease: the runner may have its poller now, and with it something to poll."""
        lease.wake()
        self._publish()

    def _may_hold_lease(self, runner: TenantRunner, gate: TenantGate) -> bool:
        """Return whether there is something to poll that this window can poll.

        While polling is paused here, or the tenant cannot be reached from here, another window may poll.
        """
        can_poll = not (self._attention.is_paused or self._is_unreachable(gate))
        return can_poll and runner.poller is not None and runner.poller.has_unfinished

    def _is_unreachable(self, gate: TenantGate) -> bool:
        """Return whether the tenant cannot be polled from here, but maybe from another window.

        The credentials of this window are not accepted, or its network does not reach the host for some time: another
        window may run on another machine, or with other proxy settings. Single probes are sent without the lease.
        A host that says how long it wants no calls is reached: another window would not know that it has to wait.
        """
        breaker, waited = gate.breaker, self._clock.now() - gate.down_until
        is_long = breaker.since is not None and min(self._clock.now() - breaker.since, waited) >= UNREACHABLE_AFTER
        return breaker.needs_user or is_long

    async def _count(self, tenant: Tenant) -> None:
        """Count the calls of a tenant for all windows."""
        if (running := self._running.get(tenant.name)) is not None:
            await running.runner.count()

    def _lease_changed(self, tenant: str) -> None:
        running = self._running.get(tenant)
        if running is not None and (poller := running.runner.poller) is not None:
            poller.replan_soon() if running.lease.was_taken_over else poller.sync_soon()
        self._publish()


async def _end(stopped: Iterable[_Running], time_limit: float) -> None:
    ended = list(stopped)
    tasks = [task for running in ended for task in running.tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with suppress(TimeoutError):
        async with asyncio.timeout(time_limit):
            for running in ended:
                await running.end()
