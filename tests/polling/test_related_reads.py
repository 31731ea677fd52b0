"""Reads of what jobs created: before polls, at most four at a time, within the limits, and never by themselves."""

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

import pytest

from tests.polling.test_engine import Slow
from tests.support.polling import Run, for_seconds, polled, watches
from tests.support.sources import MemoryStore, TimedSource
from tests.support.virtual_time import waits, wall
from zjobtui.clock import SystemClock
from zjobtui.models.observation import Call
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Reference, Related, RelatedKind
from zjobtui.models.tenant import Tenant
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.engine import Engine
from zjobtui.polling.protocols import SourceError
from zjobtui.polling.rate_limiter import Limits
from zjobtui.polling.tenant_set import TenantSet
from zjobtui.polling.watchlist_service import WatchlistService

HALF_A_MINUTE = 30.0


def reference(number: int) -> Reference:
    return Reference(RelatedKind.ORDER, f"O-{number}")


async def read(run: Run, count: int) -> list[ReadResult]:
    """Read so many orders at once and return the results."""
    futures: list[asyncio.Future[ReadResult]] = [asyncio.get_running_loop().create_future() for _ in range(count)]
    for number, future in enumerate(futures):
        run.poller.read_related(reference(number), future)
    return await asyncio.gather(*futures)


def reading(count: int, into: list[ReadResult], after: float = 1.0) -> Callable[[Run], Any]:
    async def script(run: Run) -> None:
        await asyncio.sleep(after)
        into.extend(await read(run, count))

    return script


def kinds(results: list[ReadResult]) -> list[ReadProblemKind | None]:
    return [result.kind if isinstance(result, ReadProblem) else None for result in results]


class Counting(TimedSource):
    """Counts the reads in flight at a time."""

    in_flight = most = 0

    async def read_related(self, reference: Reference, /) -> ReadResult:
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            return await super().read_related(reference)
        finally:
            self.in_flight -= 1


def test_each_read_has_one_result_and_four_run_at_a_time() -> None:
    source, results = Counting(latency=0.5), list[ReadResult]()
    run = polled(source, watches(0), reading(9, results))
    assert source.read == [reference(number) for number in range(9)]
    assert [result.reference for result in results] == source.read
    assert (kinds(results), source.most) == ([None] * 9, 4)
    assert run.source.requests == 9


def test_a_read_does_not_wait_for_the_polls_that_are_due() -> None:
    waited = list[float]()

    async def script(run: Run) -> None:
        started = wall()
        await read(run, 1)
        waited.append(wall() - started)

    run = polled(TimedSource(), watches(300), script, Limits(per_second=5))
    assert waited[0] < 1
    assert len(run.calls) < 10


def test_reads_are_counted_with_the_polls() -> None:
    results, used = list[ReadResult](), list[int]()

    async def script(run: Run) -> None:
        results.extend(await read(run, 3))
        used.append(run.poller._gate.limiter.used_today(run.clock.now()))

    run = polled(TimedSource(), watches(0), script)
    assert used == [3] == [run.source.requests]


def test_nothing_is_read_automatically() -> None:
    run = polled(TimedSource(), watches(5), for_seconds(300))
    assert run.source.read == []


def test_a_used_up_daily_limit_is_a_problem_at_once() -> None:
    results = list[ReadResult]()
    run = polled(TimedSource(), watches(0), reading(6, results), Limits(per_second=5, per_day=2))
    assert kinds(results) == [None, None, *[ReadProblemKind.DAY_USED_UP] * 4]
    assert "used up" in results[-1].sentence if isinstance(results[-1], ReadProblem) else False
    assert run.source.requests == 2


@pytest.mark.slow
def test_a_read_does_not_wait_until_polls_have_saved_a_call() -> None:
    waited = list[float]()

    async def script(run: Run) -> None:
        await asyncio.sleep(3_600)
        started = wall()
        await read(run, 1)
        waited.append(wall() - started)

    run = polled(TimedSource(), watches(50), script, Limits(per_second=5, per_day=1_000))
    assert waited[0] < 1
    assert run.source.requests < 400


def test_a_host_that_throttles_reads_gets_fewer_calls_and_the_rest_are_cancelled() -> None:
    call = Call(http_status=429, rate_limits=RateLimits(retry_after=60.0))
    results = list[ReadResult]()
    source = TimedSource(related=lambda each: ReadProblem(each, ReadProblemKind.THROTTLED, call=call))
    run = polled(source, watches(1), reading(9, results))
    assert kinds(results) == [ReadProblemKind.THROTTLED] * 9
    assert len(source.read) == 4
    assert run.pulse.problem is not None


def test_an_unavailable_host_gets_no_call_before_the_retry_after_of_a_read_ends() -> None:
    call = Call(http_status=503, rate_limits=RateLimits(retry_after=60.0))
    results = list[ReadResult]()
    source = TimedSource(related=lambda each: ReadProblem(each, ReadProblemKind.SERVER_ERROR, "HTTP 503", call=call))

    async def script(run: Run) -> None:
        await reading(4, results)(run)
        await asyncio.sleep(100)

    run = polled(source, watches(1), script)
    assert kinds(results) == [ReadProblemKind.SERVER_ERROR] * 4
    assert [at for at in run.calls if 1.1 < at < 61] == []
    assert [at for at in run.calls if at >= 61] != []


def test_a_tenant_that_is_down_is_read_on_request_of_the_user() -> None:
    down = Problem(ProblemKind.UNREACHABLE)
    results = list[ReadResult]()
    source = TimedSource(trouble=lambda _at, _job: down)
    run = polled(source, watches(3), reading(1, results, after=HALF_A_MINUTE))
    assert run.pulse.problem == down
    assert kinds(results) == [None]


def test_a_failed_read_does_not_affect_polling() -> None:
    results = list[ReadResult]()
    source = TimedSource(related=lambda each: ReadProblem(each, ReadProblemKind.UNREACHABLE))
    run = polled(source, watches(3), reading(8, results))
    assert kinds(results) == [ReadProblemKind.UNREACHABLE] * 8
    assert run.pulse.problem is None


def test_a_source_that_raises_is_a_problem() -> None:
    def related(_: Reference) -> ReadResult:
        raise RuntimeError("a fault")

    results = list[ReadResult]()
    polled(TimedSource(related=related), watches(0), reading(1, results))
    assert kinds(results) == [ReadProblemKind.UNREADABLE]


def test_a_cancelled_read_is_not_sent() -> None:
    async def script(run: Run) -> None:
        futures = [asyncio.get_running_loop().create_future() for _ in range(6)]
        for number, future in enumerate(futures):
            run.poller.read_related(reference(number), future)
        futures[5].cancel()
        await asyncio.gather(*futures[:5])
        await asyncio.sleep(5)

    run = polled(TimedSource(), watches(0), script)
    assert run.source.read == [reference(number) for number in range(5)]


def test_the_engine_reads_from_the_named_tenant() -> None:
    source = Slow()
    source.ready.set()
    engine = Engine(Watchlist({}), MemoryStore(), [(Tenant(name="eu", base_url=""), source.make)], SystemClock())
    try:
        result = engine.read_related("eu", RelatedKind.INVOICE, "INV1").result(10)
        assert isinstance(result, Related)
        assert result.reference == Reference(RelatedKind.INVOICE, "INV1")
        absent = engine.read_related("us", RelatedKind.INVOICE, "INV1").result(10)
        assert isinstance(absent, ReadProblem)
        assert absent.sentence == "The tenant cannot be read: no tenant “us” is configured."
    finally:
        engine.stop()


def test_a_tenant_without_a_secret_is_a_problem_at_once() -> None:
    def make() -> Any:  # noqa: ANN401 - it never returns
        raise SourceError("the secret is missing")

    engine = Engine(Watchlist({}), MemoryStore(), [(Tenant(name="eu", base_url=""), make)], SystemClock())
    try:
        result = engine.read_related("eu", RelatedKind.ORDER, "O-1").result(10)
        assert isinstance(result, ReadProblem)
        assert result.kind is ReadProblemKind.MISCONFIGURED
        assert "the secret is missing" in result.sentence
    finally:
        engine.stop()


def test_a_read_is_cancelled_when_the_engine_ends() -> None:
    source = Slow()
    engine = Engine(Watchlist({}), MemoryStore(), [(Tenant(name="eu", base_url=""), source.make)], SystemClock())
    future = engine.read_related("eu", RelatedKind.ORDER, "O-1")
    engine.stop()
    source.ready.set()
    with pytest.raises(CancelledError):
        future.result(10)


async def test_a_read_of_a_tenant_that_is_no_longer_polled_is_cancelled() -> None:
    class Silent(Slow):
        async def read_related(self, reference: Reference, /) -> ReadResult:
            await asyncio.Event().wait()
            raise AssertionError(reference)

    source, store, clock = Silent(), MemoryStore(), SystemClock()
    source.ready.set()
    service = WatchlistService(Watchlist({}), store, lambda: None)
    tenants = TenantSet(service, store, clock, lambda: None)
    tenants.start([(Tenant(name="eu", base_url=""), source.make)])
    reads = [asyncio.create_task(tenants.runners[0].read_related(reference(number))) for number in range(6)]
    while not tenants.pollers or tenants.pollers[0]._reads.in_flight < 4:  # noqa: ASYNC110 - two queued, four sent
        await asyncio.sleep(0.01)
    await tenants.stop(["eu"])
    results = await asyncio.gather(*reads, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError] * 6


@dataclass
class SlowReads(TimedSource):
    """Reads take longer than polls."""

    async def read_related(self, reference: Reference, /) -> ReadResult:
        await asyncio.sleep(20)
        return await super().read_related(reference)


@pytest.mark.parametrize(
    ("granted", "reads", "jobs"),
    [
        pytest.param(4, 1, 1, id="one call at a time, which is a read"),
        pytest.param(4, 2, 1, id="a read waits for another"),
        pytest.param(16, 3, 5, id="reads and polls fill what is granted"),
        pytest.param(16, 9, 5, id="more reads than may be in flight"),
    ],
)
def test_the_poller_sleeps_while_reads_take_the_calls_that_may_be_in_flight(
    granted: int, reads: int, jobs: int
) -> None:
    headers = (("concurrency-limit-limit", str(granted)),)
    source, results, slept = SlowReads(limits=lambda _: headers), list[ReadResult](), list[int]()

    async def script(run: Run) -> None:
        await asyncio.sleep(5)
        before = waits()
        reading = asyncio.create_task(read(run, reads))
        await asyncio.sleep(15)
        slept.append(waits() - before)
        results.extend(await reading)

    polled(source, watches(jobs), script)
    assert kinds(results) == [None] * reads
    assert slept[0] < 120, "a few times a second"
