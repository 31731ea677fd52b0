"""The whole engine after a suspend in which a NAT has silently forgotten every connection."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.behaviours import Behaviour, Silence
from tests.support.building import job_id
from tests.support.fault_server import fault_server
from tests.support.wire import Request
from zjobtui.clock import SystemClock
from zjobtui.models.job import JobRef
from zjobtui.models.tenant import BearerToken, Secret, Tenant, TenantKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.engine import Engine
from zjobtui.polling.poller import WAKE
from zjobtui.storage.store import open_store
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.parser import read_report
from zjobtui.zuora.transport import Transport

JOBS = 30
SLEEP = 8 * 3_600.0


class SleepingClock(SystemClock):
    """The clock of a machine that can be suspended: this clock goes on, those of the event loop do not."""

    slept = 0.0

    def now(self) -> float:
        return super().now() + self.slept

    def boot(self) -> float:
        return super().boot() + self.slept


class Nat:
    """Forwards every call, until it stalls; connections that it has forgotten get no response."""

    def __init__(self) -> None:
        self.forgotten = 0
        self.is_stalled = False

    def __call__(self, request: Request) -> Behaviour | None:
        return Silence() if self.is_stalled or request.connection <= self.forgotten else None


@pytest.mark.slow
@pytest.mark.parametrize(
    "is_stalled",
    [
        pytest.param(False, id="idle connections"),
        pytest.param(True, id="every call in flight", marks=pytest.mark.slow),
    ],
)
def test_after_a_suspend_every_row_is_fresh_within_seconds_and_no_call_has_failed(
    tmp_path: Path, *, is_stalled: bool
) -> None:
    clock, nat, threads = SleepingClock(), Nat(), set(threading.enumerate())
    watches = [
        WatchedJob(job=JobRef("env", job_id(number)), added_at=clock.now(), added_by="test") for number in range(JOBS)
    ]
    store, watchlist = open_store(tmp_path / "watchlist.sqlite3", read_report)
    with store, fault_server(nat) as server:
        tenant = Tenant(name="env", base_url=server.base_url, kind=TenantKind.PRODUCTION)

        def make() -> ZuoraApi:
            return ZuoraApi(tenant, BearerToken(Secret("token")), clock, Transport(server.base_url, clock))

        engine = Engine(watchlist, store, [(tenant, make)], clock)
        engine.start()
        try:
            engine.watch(watches).result(5)
            wait_until(lambda: all(watch.answered_at for watch in engine.state.watchlist))
            if is_stalled:
                nat.is_stalled = True
                engine.poll_now([watch.job for watch in watches])
                before = len(server.requests)
                wait_until(lambda: len(server.requests) >= before + 10)
            clock.slept, nat.forgotten, nat.is_stalled = SLEEP, server.connections, False
            woken, boot = clock.now(), time.monotonic()
            wait_until(lambda: all((watch.answered_at or 0) > woken for watch in engine.state.watchlist))
            assert time.monotonic() - boot < WAKE + 4
            assert all(watch.problem is None for watch in engine.state.watchlist)
            assert engine.state.statuses["env"].problem is None
        finally:
            engine.stop()
    assert set(threading.enumerate()) <= threads


def wait_until(is_so: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
