"""The engine and the real client while a tenant fails as a whole: when requests are sent, and what is shown."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.clients import CREDENTIALS
from tests.support.answers import Answer, forbidden, refusal, throttled
from tests.support.behaviours import Behaviour, Close
from tests.support.building import job_id
from tests.support.fault_server import FaultServer, fault_server
from tests.support.scripts import TOKEN_PATH, Script
from tests.support.wire import Request
from zjobtui.clock import SystemClock
from zjobtui.models.job import JobRef
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.engine import Engine
from zjobtui.storage.store import open_store
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.parser import read_report
from zjobtui.zuora.transport import Transport

pytestmark = pytest.mark.slow


@contextmanager
def engine_on(
    path: Path, jobs: int, script: Script = None, token: Script = None
) -> Iterator[tuple[Engine, FaultServer]]:
    """An engine that polls jobs on a test server."""
    clock = SystemClock()
    with fault_server(script, token=token) as server:
        tenant = Tenant(name="env", base_url=server.base_url, kind=TenantKind.PRODUCTION)

        def make() -> ZuoraApi:
            return ZuoraApi(tenant, CREDENTIALS, clock, Transport(tenant.base_url, clock))

        store, watchlist = open_store(path / "watchlist.sqlite3", read_report)
        with store:
            engine = Engine(watchlist, store, [(tenant, make)], clock)
            engine.start()
            try:
                watches = [
                    WatchedJob(job=JobRef("env", job_id(n)), added_at=clock.now(), added_by="test") for n in range(jobs)
                ]
                engine.watch(watches).result(5)
                yield engine, server
            finally:
                engine.stop()


@pytest.mark.parametrize("status", [429, 503])
def test_no_request_is_sent_before_the_retry_after_of_the_token_endpoint_ends(status: int, tmp_path: Path) -> None:
    with engine_on(tmp_path, 20, token=[throttled("5", status)]) as (engine, server):
        server.wait_for_requests(1)
        time.sleep(2)
        problem = engine.state.statuses["env"].problem
        assert problem is not None
        assert problem.kind is ProblemKind.THROTTLED
        server.wait_for_requests(3, 15)
        first, second, *_ = server.requests
        assert [first.path, second.path] == [TOKEN_PATH] * 2
        assert second.time - first.time >= 4.9


@pytest.mark.parametrize("refused", [forbidden(), refusal(404, 40000040, "no such tenant")], ids=["403", "404"])
def test_a_refused_token_is_a_problem_of_the_tenant_and_no_request_follows(refused: Answer, tmp_path: Path) -> None:
    with engine_on(tmp_path, 20, token=refused) as (engine, server):
        server.wait_for_requests(1)
        time.sleep(3)
        problem = engine.state.statuses["env"].problem
        assert problem is not None
        assert problem.kind is ProblemKind.SIGNED_OUT
        assert len(server.requests) == 1


@pytest.mark.parametrize("jobs", [1, 40])
def test_all_jobs_recover_soon_after_two_seconds_of_connections_lost_within_bodies(jobs: int, tmp_path: Path) -> None:
    ends: list[float] = []

    def script(request: Request) -> Behaviour | None:
        if request.number <= jobs + 1:
            return None
        ends.append(ends[0] if ends else time.monotonic() + 2)
        return Answer(b'{"status"', length=99) + Close() if time.monotonic() < ends[0] else None

    with engine_on(tmp_path, jobs, script) as (engine, server):
        server.wait_for_requests(jobs + 2, 30)

        def problems() -> list[Problem]:
            return [watch.problem for watch in engine.state.watchlist if watch.problem]

        while not problems():
            assert time.monotonic() < ends[0]
            time.sleep(0.01)
        assert {problem.kind for problem in problems()} == {ProblemKind.UNREACHABLE}
        while time.monotonic() < ends[0] or problems():
            assert time.monotonic() < ends[0] + 5
            time.sleep(0.02)
