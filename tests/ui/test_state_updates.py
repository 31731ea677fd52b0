"""Changes that the user waits for are drawn at once, mere times are drawn together."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from tests.support.building import apply_observations, done, failed, job, missed, seen, watch, watchlist
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import bring_response, staged
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.state import State
from zjobtui.ui import state_feed

NEVER = 1_000.0
RUNNING, DONE, FAILED = "recorded-processing", "recorded-completed-localised", "recorded-failed-lock"

RUNNING_JOBS = apply_observations(
    watchlist(watch(1), watch(2)), [(job(1), seen(), 5.0), (job(2), seen(), 5.0)]
).watchlist
STATE = State(RUNNING_JOBS, {"env": TenantStatus(tenant="env")})


@asynccontextmanager
async def quiet_screen(
    monkeypatch: pytest.MonkeyPatch, jobs: int, times_every: float = NEVER
) -> AsyncIterator[ScreenView]:
    """Show running jobs on a screen that has not been drawn for long."""
    engine = staged(*[RUNNING] * jobs)
    async with run_monitor(engine) as view:
        monkeypatch.setattr(state_feed, "TIMES_EVERY", times_every)
        monkeypatch.setattr(state_feed, "SOON_EVERY", NEVER)
        engine.clock.at += NEVER + 1
        yield view


async def confirm(view: ScreenView, number: int) -> None:
    """Simulate a poll that changes only a time, which waits to be drawn."""
    bring_response(view.engine, number, RUNNING, after=0.01)
    await asyncio.sleep(0.05)
    assert view.app._monitor._feed.newest is not None


async def eventually(is_met: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not is_met():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (lambda engine: bring_response(engine, 2, DONE, after=0.01), "1 done"),
        (lambda engine: bring_response(engine, 2, FAILED, after=0.01), "1 failed"),
        (lambda engine: engine.watch([watch(3)]), "Jobs · 3"),
        (lambda engine: engine.remove([job(2)]), "Jobs · 1"),
        (lambda engine: engine.label([job(2)], "CS-4390"), "CS-4390"),
    ],
    ids=["done", "failed", "added", "removed", "labelled"],
)
async def test_a_change_is_drawn_at_once_even_if_times_are_pending(
    monkeypatch: pytest.MonkeyPatch, happens: Callable[[ScriptedEngine], object], expected: str
) -> None:
    async with quiet_screen(monkeypatch, 2) as view:
        await confirm(view, 1)
        happens(view.engine)
        await eventually(lambda: expected in view.text)


async def test_in_a_burst_changes_wait_and_are_drawn_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async with quiet_screen(monkeypatch, 5) as view:
        bring_response(view.engine, 1, DONE, after=0.01)
        await eventually(lambda: "1 done" in view.bar)
        for number in (2, 3):
            bring_response(view.engine, number, DONE, after=0.01)
            await asyncio.sleep(0.05)
            assert "1 done" in view.bar
        view.engine.clock.at += NEVER
        bring_response(view.engine, 4, DONE, after=0.01)
        await eventually(lambda: "4 done" in view.bar)


async def test_times_are_drawn_together_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async with quiet_screen(monkeypatch, 2, times_every=0.2) as view:
        for number in (1, 2):
            await confirm(view, number)
        await eventually(lambda: view.app._monitor._feed.newest is None)


def test_a_state_after_the_screen_is_closed_is_ignored() -> None:
    engine = staged(RUNNING)

    async def look() -> None:
        async with run_monitor(engine):
            pass

    asyncio.run(look())
    engine.label([job(1)], "too late")
    assert engine.state.watchlist.watches[job(1)].label == "too late"


@pytest.mark.parametrize(
    "after",
    [
        replace(STATE, watchlist=apply_observations(RUNNING_JOBS, [(job(2), done(), 5.0)]).watchlist),
        replace(STATE, watchlist=apply_observations(RUNNING_JOBS, [(job(1), failed(), 5.0)]).watchlist),
        replace(
            STATE, watchlist=apply_observations(RUNNING_JOBS, [(job(1), missed(ProblemKind.NOT_FOUND), 5.0)]).watchlist
        ),
        replace(STATE, watchlist=RUNNING_JOBS.add([watch(3)]).watchlist),
        replace(STATE, watchlist=RUNNING_JOBS.remove([job(1)], 0.0).watchlist),
        replace(STATE, watchlist=RUNNING_JOBS.remove([job(1)], 0.0).watchlist.add([watch(3)]).watchlist),
        replace(STATE, watchlist=RUNNING_JOBS.tag([job(1)], ("urgent",)).watchlist),
        replace(STATE, watchlist=RUNNING_JOBS.note([job(2)], "ask finance").watchlist),
        replace(STATE, watchlist=Watchlist({})),
        replace(
            STATE, statuses={"env": TenantStatus(tenant="env", problem=Problem(ProblemKind.TIMED_OUT, "no answer"))}
        ),
        replace(STATE, statuses={"env": TenantStatus(tenant="env", is_paused=True)}),
        replace(STATE, statuses={"env": TenantStatus(tenant="env", is_following=True)}),
        replace(STATE, statuses={}),
        replace(STATE, unsaved="disk full"),
        replace(STATE, fault="no secret"),
    ],
)
def test_verdicts_jobs_edits_and_problems_must_be_drawn_soon(after: State) -> None:
    assert state_feed.must_draw_soon(STATE, after)
    assert state_feed.must_draw_soon(after, STATE)


@pytest.mark.parametrize(
    "after",
    [
        STATE,
        replace(STATE, watchlist=apply_observations(RUNNING_JOBS, [(job(1), seen(at=2e9), 60.0)]).watchlist),
        replace(
            STATE, watchlist=apply_observations(RUNNING_JOBS, [(job(2), missed(ProblemKind.TIMED_OUT), 5.0)]).watchlist
        ),
        replace(
            STATE, statuses={"env": TenantStatus(tenant="env", answered_at=2e9, calls_per_second=80.0, interval=3.0)}
        ),
    ],
)
def test_later_times_and_other_rates_can_wait(after: State) -> None:
    assert not state_feed.must_draw_soon(STATE, after)
