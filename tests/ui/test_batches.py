"""Batches on the screen: the newest one in the status bar, its end, and its name."""

import pytest
from msgspec.structs import replace

from tests.support.batches import DONE
from tests.support.building import NOW, job, watch
from tests.support.screen_harness import TENANT, run_monitor
from tests.support.scripted import FixedClock, ScriptedEngine
from tests.support.staging import bring_response, staged
from tests.ui.sizes import NARROW_FIRST, WIDE_FIRST
from zjobtui.models.notifications import COOLDOWN, Topic
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant_status import Limit
from zjobtui.ui.notifier import NotificationSettings
from zjobtui.ui.themes import Appearance

RUNNING, FAILED, PENDING = "recorded-processing", "recorded-failed-lock", "recorded-completed-order-pending"


def renewals(ended: int = 171, total: int = 200) -> ScriptedEngine:
    """Return an engine with a batch, of which that many jobs have ended, after 11 s to 96 s."""
    engine = ScriptedEngine(FixedClock(NOW + 100))
    done = [
        watch(
            number,
            batch="renewals Q4",
            digest=DONE,
            last_running_at=NOW + 10 + number / 2,
            ended_at=NOW + 11 + number / 2,
            read_at=NOW + 99,
        )
        for number in range(1, ended + 1)
    ]
    left = range(ended + 1, total + 1)
    engine.watch([*done, *(watch(number, batch="renewals Q4", last_running_at=NOW + 99) for number in left)])
    return engine


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (200, "  renewals Q4 ████████████▒░░ 171/200 · 25–50s left  "),
        (110, "  renewals Q4 ██████▒░ 171/200 · 25–50s left  "),
        (80, "  renewals Q4 171/200 · 25–50s left  "),
        (60, "  171/200  "),
    ],
)
async def test_the_bar_shows_the_newest_running_batch_as_far_as_there_is_room(width: int, expected: str) -> None:
    async with run_monitor(renewals(), (width, 24)) as view:
        await view.until("171/200")
        view.app._monitor._tick()
        await view.settled()
        assert expected in view.bar
        assert view.bar.endswith(("● 1.4 calls/s", "● 1.4/s"))


async def test_name_bar_and_time_of_the_batch_come_before_figures_of_polling() -> None:
    engine = renewals()
    engine.pulse = replace(engine.pulse, calls_per_second=83.0, interval=6.0, limit=Limit.CALLS_PER_SECOND)
    engine.publish()
    async with run_monitor(engine, (140, 24)) as view:
        view.app._monitor._tick()
        await view.settled()
        assert "  renewals Q4 ██████▒░ 171/200 · 25–50s left  " in view.bar
        assert "limited by" not in view.bar


async def test_the_bar_shows_no_batch_of_another_tenant_than_the_chosen_one() -> None:
    engine = ScriptedEngine(FixedClock(NOW + 100))
    engine.watch(
        watch(number, tenant=tenant, batch=f"{tenant} jobs", added_at=NOW + added, last_running_at=NOW + 99)
        for number, (tenant, added) in enumerate([("env", 0), ("env", 0), ("eu", 50), ("eu", 50)], 1)
    )
    tenants = [TENANT, replace(TENANT, name="eu", title="Europe")]
    async with run_monitor(engine, (200, 24), tenants=tenants) as view:
        assert "  eu jobs " in view.bar
        await view.press("T", "enter")
        assert "  env jobs " in view.bar
        assert "eu jobs" not in view.bar


async def test_the_batch_in_the_bar_is_ascii_and_never_hides_an_outage() -> None:
    engine = renewals(100)
    async with run_monitor(engine, (200, 24), look=Appearance(is_ascii=True)) as view:
        assert "renewals Q4 #######=....... 100/200" in view.bar
        engine.pulse = engine.pulse.__class__(
            tenant="env",
            problem=Problem(ProblemKind.UNREACHABLE, "connection refused by the host, which is a long text"),
            down_since=NOW,
        )
        engine.publish()
        await view.resize(120, 24)
        assert view.bar.endswith("connection refused by the host, which is a long text - r to retry")


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_end_of_a_batch_is_shown_until_a_key_is_pressed(size: tuple[int, int]) -> None:
    engine = staged(RUNNING, RUNNING, RUNNING)
    engine.set_batch([job(1), job(2)], "renewals Q4")
    async with run_monitor(engine, size) as view:
        bring_response(engine, 1, FAILED, after=60)
        await view.settled()
        assert "renewals Q4:" not in view.text
        assert "1/2" in view.bar
        bring_response(engine, 2, PENDING, after=300)
        await view.settled()
        assert view.toast == "renewals Q4: 1 failed, 1 needs attention, 6m00s"
        assert "1/2" not in view.bar
        engine.clock.at += 3_600
        bring_response(engine, 3, RUNNING)
        await view.settled()
        assert view.toast == "renewals Q4: 1 failed, 1 needs attention, 6m00s"
        await view.press("down")
        assert "renewals Q4:" not in view.text


@pytest.mark.slow
async def test_a_notification_in_the_corner_does_not_remove_the_end_of_a_batch() -> None:
    engine = staged(RUNNING, RUNNING, RUNNING, labels=("", "", "CS-3"))
    engine.set_batch([job(1), job(2)], "renewals Q4")
    ways = NotificationSettings(on=frozenset({Topic.FAILED, Topic.BATCH_ENDED}), has_bell=False, has_toast=True)
    async with run_monitor(engine, (200, 30), ways=ways) as view:
        bring_response(engine, 1, PENDING)
        bring_response(engine, 2, PENDING)
        await view.settled()
        assert view.toast == "renewals Q4: 2 need attention, 2s"
        bring_response(engine, 3, FAILED, after=COOLDOWN)
        await view.settled()
        assert view.toast.startswith("renewals Q4: 2 need attention, 2s · CS-3 · 00000003 failed: Job failed")
        await view.press("down")
        assert not view.toast


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_b_renames_the_whole_batch_of_the_selected_job_and_undo_restores_it(size: tuple[int, int]) -> None:
    engine = staged(RUNNING, RUNNING, RUNNING)
    engine.set_batch([job(1), job(2)], "old")
    async with run_monitor(engine, size) as view:
        while view.app._monitor.job_list.selected.job == job(3):  # type: ignore[union-attr]
            await view.press("down")
        await view.press("B")
        assert "Name of the batch of 2 jobs" in view.text
        await view.press("backspace", "backspace", "backspace", *"new", "enter")
        assert view.toast == "2 jobs put into a batch; u to undo."
        assert [one.batch for one in engine.state.watchlist] == ["new", "new", ""]
        await view.press("u")
        assert [one.batch for one in engine.state.watchlist] == ["old", "old", ""]


@pytest.mark.slow
async def test_b_puts_marked_jobs_into_a_batch_and_an_empty_name_removes_them() -> None:
    engine = staged(RUNNING, RUNNING, RUNNING)
    engine.set_batch([job(1), job(2)], "old")
    async with run_monitor(engine) as view:
        await view.press("*", "B")
        assert "Batch of 3 jobs" in view.text
        await view.press(*"all", "enter", "B")
        assert [one.batch for one in engine.state.watchlist] == ["all"] * 3
        await view.press("backspace", "backspace", "backspace", "enter")
        assert view.toast == "3 jobs no longer in a batch; u to undo."
        assert [one.batch for one in engine.state.watchlist] == [""] * 3
        await view.press("u", "u")
        assert [one.batch for one in engine.state.watchlist] == ["old", "old", ""]
