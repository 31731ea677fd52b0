"""Run the real poller, watchlist service and rate limiter in virtual time with a scripted tenant."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from random import Random

import pytest

from tests.support.sources import MemoryStore, TimedSource
from tests.support.virtual_time import START, VirtualClock, run_virtually
from zjobtui.models.call_log import CallLog
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.tenant import TenantKind
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.options import EngineOptions
from zjobtui.polling.poller import Poller
from zjobtui.polling.rate_limiter import Limits, RateLimiter, limits_for
from zjobtui.polling.tenant_gate import TenantGate
from zjobtui.polling.watchlist_service import WatchlistService


def job_id(number: int) -> JobId:
    return JobId(f"{number:032x}")


def job(number: int) -> JobRef:
    return JobRef("env", job_id(number))


def watches(count: int, *, added_at: float = START) -> list[WatchedJob]:
    """Return watched jobs with the numbers 0 to `count` - 1."""
    return [WatchedJob(job=job(number), added_at=added_at, added_by="test") for number in range(count)]


PRODUCTION = limits_for(TenantKind.PRODUCTION)


@dataclass
class Run:
    """A running poller; `calls` are the times of all calls, in seconds since the start."""

    source: TimedSource
    poller: Poller
    service: WatchlistService
    clock: VirtualClock
    log: CallLog
    pulse: TenantStatus = field(default_factory=lambda: TenantStatus(tenant="env"))

    @property
    def calls(self) -> list[float]:
        return [asked.at - START for asked in self.source.asked]

    def calls_about(self, number: int) -> list[float]:
        return [asked.at - START for asked in self.source.asked if asked.job == job_id(number)]

    def watch(self, number: int) -> WatchedJob:
        found = self.service.watchlist.get(job(number))
        assert found is not None
        return found


Script = Callable[[Run], Awaitable[None]]


def polled(
    source: TimedSource,
    listed: Iterable[WatchedJob],
    script: Script,
    limits: Limits = PRODUCTION,
    *,
    staleness_limit: float | None = None,
    seed: int = 1,
) -> Run:
    """Poll `listed` while the script runs; return the run at its end."""

    async def run() -> Run:
        chance, clock = Random(seed), VirtualClock()
        source.now = clock.now
        service = WatchlistService(Watchlist({watch.job: watch for watch in listed}), MemoryStore(), lambda: None)
        service.start()
        log = CallLog()
        poller = Poller(
            "env",
            source,
            service,
            TenantGate("env", RateLimiter(limits, clock.now()), clock, chance),
            clock,
            chance,
            options=EngineOptions(staleness_limit=staleness_limit),
            record=log.record,
        )
        done = Run(source, poller, service, clock, log)
        task = asyncio.create_task(poller.run())
        await script(done)
        done.pulse = poller.status()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await service.close()
        return done

    return run_virtually(run())


def for_seconds(seconds: float) -> Script:
    """Return a script that lets time pass."""

    async def wait(_: Run) -> None:
        await asyncio.sleep(seconds)

    return wait


def read_on_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let engines read secrets and settings on their loop: virtual time does not wait for threads."""

    async def call(function: Callable[[], object]) -> object:
        return function()

    monkeypatch.setattr("zjobtui.polling.tenant_runner.run_on_daemon_thread", call)
    monkeypatch.setattr("zjobtui.polling.engine.run_on_daemon_thread", call)
