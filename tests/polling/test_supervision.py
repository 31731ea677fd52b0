"""An unexpected exception in any part of polling: it is logged and shown, and rows go on changing. In virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.building import job, watch, watchlist
from tests.support.polling import read_on_the_loop
from tests.support.sources import MemoryStore, TimedSource
from tests.support.virtual_time import START, VirtualClock, run_virtually, wall
from zjobtui import logs
from zjobtui.models import assessment
from zjobtui.models.digest import ExpectedStatuses
from zjobtui.models.tenant import Tenant
from zjobtui.models.verdict import VerdictKind
from zjobtui.polling import engine as engine_module
from zjobtui.polling import supervision
from zjobtui.polling.engine import Engine
from zjobtui.polling.lease import Lease
from zjobtui.polling.options import DEFAULT_ENGINE_OPTIONS, EngineOptions, Reload
from zjobtui.polling.poller import Poller
from zjobtui.polling.state import State
from zjobtui.polling.supervision import FIRST_PAUSE, LONGEST_PAUSE, STEADY, Supervisor
from zjobtui.polling.tenant_runner import TenantRunner
from zjobtui.polling.watchlist_service import WatchlistService

EU = Tenant(name="eu", base_url="http://eu", title="eu")
END = START + 60
"""When all jobs end."""

Script = Callable[[Engine, TimedSource], Awaitable[None]]


class Broken:
    """A function that raises at some of its calls; `at` are the times of all."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, *, first: int = 1, times: int = 1
    ) -> None:
        self.at: list[float] = []
        original = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the function does
            self.at.append(wall())
            if first <= len(self.at) < first + times:
                raise LookupError("lost")
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, call)


@pytest.fixture(autouse=True)
def _without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    read_on_the_loop(monkeypatch)


@contextmanager
def logged(path: Path) -> Iterator[None]:
    logs.start(str(path))
    try:
        yield
    finally:
        logs.stop("end")


def poll(script: Script, options: EngineOptions = DEFAULT_ENGINE_OPTIONS) -> list[State]:
    """Poll two jobs that end after a minute while the script runs; return the published states."""
    states: list[State] = []

    async def run() -> None:
        numbers = (1, 2)
        source = TimedSource(ends={job(number).id: END for number in numbers})
        jobs = watchlist(*(watch(number, tenant="eu", added_at=START) for number in numbers))
        engine = Engine(jobs, MemoryStore(), [(EU, lambda: source)], VirtualClock(), options)
        engine.subscribe(states.append)
        main = asyncio.create_task(engine._main())
        await asyncio.sleep(0)
        await script(engine, source)
        engine._stopping.set()
        await main

    run_virtually(run())
    return states


async def until_all_ended(*_: object) -> None:
    await asyncio.sleep(END - START + 40)


def is_over(state: State) -> bool:
    return all(watch.verdict.kind is VerdictKind.DONE for watch in state.watchlist)


TASKS = {
    "the update of rows": (WatchlistService, "_queue_arrived"),
    "saving": (WatchlistService, "flush"),
    "reading changes of other windows": (WatchlistService, "_sync"),
    "the lease of eu": (Lease, "_update"),
    "polling of eu": (Poller, "_start_due"),
    "the count of calls of eu": (TenantRunner, "count"),
    "archiving": (engine_module, "due_for_archive"),
    "reading changed settings": (Engine, "_apply_settings"),
}


@pytest.mark.parametrize("what", TASKS)
def test_each_long_task_starts_again_after_an_exception_which_is_shown(
    what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    owner, name = TASKS[what]
    broken = Broken(monkeypatch, owner, name, first=3 if name == "count" else 1)
    log = tmp_path / "log"
    with logged(log):
        states = poll(until_all_ended, EngineOptions(reload=lambda: Reload(notice="changed")))
    assert is_over(states[-1])
    assert f"Internal error: {what} was interrupted and continues (LookupError: lost)." in states[-1].fault
    assert len(broken.at) > 1
    assert f"internal error, {what} starts again in 1s" in log.read_text()


def test_a_tenant_whose_poller_cannot_be_created_is_polled_later(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Broken(monkeypatch, TenantRunner, "_create_poller", times=2)
    states = poll(until_all_ended)
    assert is_over(states[-1])
    assert "polling of eu was interrupted and continues" in states[-1].fault
    assert [at - broken.at[0] for at in broken.at] == [0, 1, 3]


def test_requests_to_a_tenant_survive_an_error_of_its_poller(monkeypatch: pytest.MonkeyPatch) -> None:
    Broken(monkeypatch, Poller, "_start_due", first=20)

    async def script(engine: Engine, source: TimedSource) -> None:
        await asyncio.sleep(1)
        assert engine._tenants is not None
        engine._tenants.set_paused(is_paused=True)
        await asyncio.sleep(60)
        assert "polling of eu was interrupted" in engine.state.fault
        asked = len(source.asked)
        await asyncio.sleep(60)
        assert len(source.asked) == asked
        assert engine.state.statuses["eu"].is_paused

    poll(script)


def test_a_long_pause_before_a_restart_is_not_taken_for_a_suspend(monkeypatch: pytest.MonkeyPatch) -> None:
    renewed = list[int]()

    async def script(engine: Engine, source: TimedSource) -> None:
        await until_all_ended()
        renewed.append(source.renewed)
        assert "polling of eu was interrupted" in engine.state.fault

    monkeypatch.setattr(supervision, "LONGEST_PAUSE", 10.01)  # no real pause is shorter than it should be
    broken = Broken(monkeypatch, Poller, "_start_due", first=20, times=6)
    poll(script)
    assert broken.at[25] - broken.at[24] >= 10
    assert renewed == [0]


BROKEN_FOR_EVER = {
    "the status of eu": (Poller, "status"),
    "polling of eu": (Poller, "sync_jobs"),
    "planning of added and removed jobs": (Poller, "sync_soon"),
}


@pytest.mark.parametrize("what", BROKEN_FOR_EVER)
def test_rows_are_updated_even_if_a_part_of_publishing_always_fails(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name = BROKEN_FOR_EVER[what]
    Broken(monkeypatch, owner, name, times=10_000 if name != "sync_jobs" else 3)

    async def script(engine: Engine, _: TimedSource) -> None:
        await asyncio.sleep(1)
        await engine._running_service().edit(lambda jobs: jobs.add([watch(3, tenant="eu", added_at=wall())]))
        await engine._running_service().edit(lambda jobs: jobs.remove([job(3, tenant="eu")], wall()))
        await until_all_ended()

    states = poll(script)
    assert is_over(states[-1])
    assert f"Internal error: {what} was interrupted and continues" in states[-1].fault


def test_a_subscriber_that_raised_still_gets_later_states() -> None:
    states: list[State] = []

    async def script(engine: Engine, _: TimedSource) -> None:
        flaky = iter((True, True, False))

        def receive(state: State) -> None:
            if next(flaky, False):
                raise LookupError("lost")
            states.append(state)

        engine._subscriber = receive
        await until_all_ended()

    poll(script)
    assert is_over(states[-1])
    assert "the update of the screen was interrupted" in states[-1].fault


@pytest.mark.parametrize("expected", [frozenset[str](), frozenset({"Draft"})], ids=["anywhere", "by the settings"])
def test_a_response_that_cannot_be_applied_is_a_problem_of_its_job_only(
    expected: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Applying it fails, or only with the expected statuses of the settings."""
    apply = assessment.apply_observation

    def broken(known: Any, observation: Any, planned: float, statuses: ExpectedStatuses | tuple[str, ...] = ()) -> Any:  # noqa: ANN401
        is_report = not hasattr(observation, "problem")
        if known.job == job(1, tenant="eu") and is_report and wall() < END + 30 and (statuses or not expected):
            raise LookupError("lost")
        return apply(known, observation, planned, statuses)

    monkeypatch.setattr(assessment, "apply_observation", broken)
    monkeypatch.setattr(__name__ + ".EU", replace(EU, expected_order_statuses=expected))

    async def script(engine: Engine, source: TimedSource) -> None:
        await asyncio.sleep(END + 25 - START)
        jobs = engine.state.watchlist.watches
        assert jobs[job(2, tenant="eu")].verdict.kind is VerdictKind.DONE
        assert "internal error in zjobtui: LookupError" in str(jobs[job(1, tenant="eu")].problem)
        assert engine.state.statuses["eu"].problem is None
        assert sum(asked.job == job(1).id for asked in source.asked) < 60
        await asyncio.sleep(60)

    assert is_over(poll(script)[-1])


def test_a_tenant_whose_responses_cannot_be_applied_is_not_shown_as_down(monkeypatch: pytest.MonkeyPatch) -> None:
    apply = assessment.apply_observation

    def broken(known: Any, observation: Any, *rest: Any) -> Any:  # noqa: ANN401
        if not hasattr(observation, "problem"):
            raise LookupError("lost")
        return apply(known, observation, *rest)

    monkeypatch.setattr(assessment, "apply_observation", broken)

    async def script(engine: Engine, source: TimedSource) -> None:
        await asyncio.sleep(30)
        assert engine.state.statuses["eu"].problem is None
        assert all("internal error" in str(watch.problem) for watch in engine.state.watchlist)
        assert len(source.asked) < 60

    poll(script)


def test_a_call_whose_record_fails_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    Broken(monkeypatch, Poller, "_request", first=3)
    states = poll(until_all_ended)
    assert is_over(states[-1])
    assert "polling of eu was interrupted" in states[-1].fault


def test_restart_pauses_grow_and_are_short_again_after_a_stable_minute() -> None:
    at: list[float] = []

    async def task() -> None:
        at.append(wall())
        if len(at) == 9:
            await asyncio.sleep(STEADY)
        raise LookupError("lost")

    async def run() -> None:
        supervised = asyncio.create_task(Supervisor(lambda: None).run("a task", task))
        await asyncio.sleep(280)
        supervised.cancel()

    run_virtually(run())
    pauses = [after - before for before, after in pairwise(at)]
    assert pauses[:8] == [FIRST_PAUSE, 2, 4, 8, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert pauses[8:10] == [STEADY + FIRST_PAUSE, 2]


def test_a_task_that_returns_is_not_started_again_and_a_cancelled_one_ends() -> None:
    async def run() -> None:
        supervisor = Supervisor(lambda: None)
        await supervisor.run("a task", lambda: asyncio.sleep(1))
        task = asyncio.create_task(supervisor.run("a task", lambda: asyncio.sleep(100)))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert supervisor.fault == ""

    run_virtually(run())


def test_an_error_that_publishing_repeats_is_logged_once(tmp_path: Path) -> None:
    supervisor, log = Supervisor(lambda: None), tmp_path / "log"
    with logged(log):
        for text in ("lost", "lost", "gone", "gone"):
            with supervisor.guard("the status of eu"):
                raise LookupError(text)
    assert log.read_text().count("internal error: the status of eu") == 2
