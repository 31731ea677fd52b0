"""The selected row keeps its line of the screen, whatever comes, goes and changes around it."""

import asyncio
import random
from collections.abc import Callable
from threading import Event

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, job, watch
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import FixedClock, ScriptedEngine
from tests.support.staging import bring_response, observation_of
from tests.support.ui_state import StateInMemory
from tests.ui.sizes import NARROW_FIRST

DONE, PENDING = "recorded-completed-localised", "recorded-completed-order-pending"
FAILED, RUNNING = "recorded-failed-lock", "recorded-processing"


def crowd(running: int, failed: int = 0) -> ScriptedEngine:
    """Return running jobs, each added one second after the one before, and failed ones after them."""
    engine = ScriptedEngine(FixedClock(NOW))
    total = running + failed
    engine.watch(replace(watch(number), added_at=NOW - 2_000 + number) for number in range(1, total + 1))
    engine.bring(*((job(number), observation_of(RUNNING)) for number in range(1, total + 1)))
    engine.bring(*((job(number), observation_of(FAILED)) for number in range(running + 1, total + 1)))
    return engine


def cursor_line(view: ScreenView) -> int:
    """Return the line of the screen that is drawn as the cursor."""
    buffer = view.terminal.display.screen.buffer
    lines = range(2 + bool(view.header), 2 + bool(view.header) + len(view.jobs))
    looks = {y: buffer[y][1].bg for y in lines}
    usual = max(set(looks.values()), key=list(looks.values()).count)
    (place,) = [y for y, look in looks.items() if look != usual]
    return place


def selected(view: ScreenView) -> str:
    """Return the beginning of the id in the row of the cursor; the detail shows the same job."""
    chosen = next(word for word in view.rows[cursor_line(view)].split() if word.startswith("0000"))[:8]
    assert view.detail_title.startswith(chosen)
    return chosen


async def pass_time(view: ScreenView, seconds: float) -> None:
    view.engine.clock.at += seconds
    await asyncio.sleep(0.15)
    await view.settled()


Change = Callable[[ScriptedEngine, random.Random, int], object]


def end_another(result: str) -> Change:
    def end(engine: ScriptedEngine, rng: random.Random, held: int) -> None:
        numbers = [int(one.job.id.key[:8], 16) for one in engine.state.watchlist if not one.is_final]
        if others := [number for number in numbers if number != held]:
            bring_response(engine, rng.choice(others), result)

    return end


def add(engine: ScriptedEngine, rng: random.Random, held: int) -> None:
    number = 1_000 + len(engine.state.watchlist) + rng.randrange(100_000)
    engine.clock.at += 1
    engine.watch([replace(watch(number), added_at=engine.clock.at - rng.choice([0, 500, 5_000]))])


def remove_others(engine: ScriptedEngine, rng: random.Random, held: int) -> None:
    jobs = [one.job for one in engine.state.watchlist if one.job != job(held)]
    engine.remove(rng.sample(jobs, min(len(jobs), rng.randrange(1, 4))))


def change_held(engine: ScriptedEngine, rng: random.Random, held: int) -> None:
    if not engine.state.watchlist.watches[job(held)].is_final:
        bring_response(engine, held, rng.choice([RUNNING, FAILED, DONE]))


def wait(engine: ScriptedEngine, rng: random.Random, held: int) -> None:
    engine.clock.at += rng.choice([1, 3, 20])


CHANGES = (end_another(DONE), end_another(FAILED), end_another(PENDING), add, add, remove_others, change_held, wait)


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("text", "changes"),
    [("age<2h", 40), pytest.param("age<2h", 200, marks=SLOW), pytest.param("", 200, marks=SLOW)],
)
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_selected_row_keeps_its_line_through_random_changes(
    size: tuple[int, int], text: str, changes: int
) -> None:
    rng, engine = random.Random(17), crowd(40, 5)
    async with run_monitor(engine, size) as view:
        if text:
            await view.press("/", *text, "enter")
        await view.press("down", "down", "down", "down", "down", "down", "down")
        line, chosen = cursor_line(view), selected(view)
        held = int(chosen, 16)
        for count in range(changes):
            rng.choice(CHANGES)(engine, rng, held)
            view.app._monitor._presenter.note_input()  # as a user who reads and moves the mouse
            await view._processed()
            if count % 20 == 0:
                await asyncio.sleep(0.11)
                await view.settled()
            assert view.app._monitor.job_list.selected.job == job(held)  # type: ignore[union-attr]
            if count % 10 == 0:
                assert (cursor_line(view), selected(view)) == (line, chosen), count
        await view.settled()
        assert (cursor_line(view), selected(view)) == (line, chosen)


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_with_100_running_and_12_failing_jobs_the_row_being_read_stays_and_n_goes_to_the_failed(
    size: tuple[int, int],
) -> None:
    engine = crowd(100)
    async with run_monitor(engine, size) as view:
        await view.press("down", "down", "down")
        line, chosen = cursor_line(view), selected(view)
        for number in range(40, 52):
            bring_response(engine, number, FAILED)
            await view.settled()
            assert (cursor_line(view), selected(view)) == (line, chosen)
        await pass_time(view, 5)
        assert (cursor_line(view), selected(view)) == (line, chosen)
        assert "▲ 12 new failed" in view.rows[1]
        await view.press("n")
        assert selected(view) == f"{51:08x}", "the newest"
        assert "✗ failed" in view.jobs[0]
        assert "▲" not in view.rows[1]


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_click_on_the_count_of_changes_goes_to_them(size: tuple[int, int]) -> None:
    engine = crowd(60)
    async with run_monitor(engine, size) as view:
        await view.press("down")
        bring_response(engine, 30, FAILED)
        bring_response(engine, 31, PENDING)
        await pass_time(view, 5)
        assert "▲ 1 new failed, 1 new attention" in view.rows[1]
        await view.click("new attention")
        assert selected(view) == f"{30:08x}"


async def test_jobs_that_need_the_user_below_the_rows_in_view_are_counted() -> None:
    async with run_monitor(crowd(5, 30), (80, 24)) as view:
        assert "▼ 22 new failed" in view.rows[1]


@pytest.mark.slow
async def test_the_row_keeps_its_line_while_all_rows_above_it_go() -> None:
    engine = crowd(12)
    async with run_monitor(engine) as view:
        await view.press(*["down"] * 8)
        line = cursor_line(view)
        for number in range(1, 8):
            engine.remove([job(number)])
        await pass_time(view, 5)
        assert (cursor_line(view), selected(view)) == (line, f"{9:08x}")
        assert [row for row in view.jobs[:2] if row] == []
        await view.press("up")
        await view.press("home")
        assert view.jobs[0], "nothing blank is left"


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_without_input_for_three_minutes_the_list_returns_to_its_top(size: tuple[int, int]) -> None:
    engine = crowd(100)
    async with run_monitor(engine, size) as view:
        await view.press("pagedown", "pagedown")
        await pass_time(view, 170)
        chosen = selected(view)
        assert chosen != f"{1:08x}"
        await view.press("s")
        await pass_time(view, 500)
        await view.press("escape")
        assert selected(view) == chosen, "a dialog was open"
        await pass_time(view, 181)
        assert selected(view) == f"{1:08x}"
        bring_response(engine, 70, FAILED)
        await view.settled()
        assert selected(view) == f"{70:08x}", "the cursor rides on the first row again"


async def test_a_key_does_not_act_on_a_job_that_has_just_come_under_the_cursor() -> None:
    engine = crowd(5)
    async with run_monitor(engine) as view:
        bring_response(engine, 4, FAILED)
        await view.settled()
        await view.press("x")
        assert len(engine.state.watchlist) == 5
        assert view.toast == "Another job has just moved under the cursor: press the key again to act on it."
        await view.press("x")
        assert len(engine.state.watchlist) == 4
        await view.press("x")
        assert len(engine.state.watchlist) == 3, "what comes after a removed job was meant"


@pytest.mark.parametrize("key", ["x", "X"])
async def test_a_key_acts_at_once_after_jobs_were_removed_through_a_dialog(key: str) -> None:
    engine = crowd(0, failed=25)
    async with run_monitor(engine) as view:
        await view.press(*["space"] * 21, "up", key)
        await pass_time(view, 3)
        await view.press("down", "enter")
        assert len(engine.state.watchlist) == 4
        await view.press(key)
        assert len(engine.state.watchlist) == 3


async def test_a_dialog_that_changes_no_job_lets_no_key_act_on_a_job_that_has_just_come_under_the_cursor() -> None:
    engine = crowd(5)
    async with run_monitor(engine) as view:
        await view.press("y", "escape")
        engine.remove([job(int(selected(view), 16))])
        await view.settled()
        await view.press("x")
        assert view.toast == "Another job has just moved under the cursor: press the key again to act on it."
        assert len(engine.state.watchlist) == 4


async def test_a_job_that_has_just_come_under_the_cursor_is_not_marked() -> None:
    engine = crowd(5)
    async with run_monitor(engine) as view:
        bring_response(engine, 4, FAILED)
        await view.settled()
        await view.press("space")
        assert view.toast == "Another job has just moved under the cursor: press the key again to act on it."
        assert "marked" not in view.text
        await view.press("space")
        assert "1 marked" in view.text


async def test_a_range_of_marks_does_not_end_at_a_job_that_has_just_come_under_the_cursor() -> None:
    engine = crowd(5)
    async with run_monitor(engine) as view:
        await view.press("space")
        engine.remove([job(int(selected(view), 16))])
        await view.settled()
        await view.press("V")
        assert view.toast == "Another job has just moved under the cursor: press the key again to act on it."
        assert "1 marked" in view.text
        await view.press("V")
        assert "2 marked" in view.text


@pytest.mark.parametrize(
    ("folded", "key", "rows"), [("[]", "z", 4), ('["renewals"]', "z", 5), ('["renewals"]', "enter", 5)]
)
async def test_a_batch_that_has_just_come_under_the_cursor_is_neither_folded_nor_unfolded(
    folded: str, key: str, rows: int
) -> None:
    engine = crowd(5)
    engine.set_batch([job(3), job(4)], "renewals")
    async with run_monitor(engine, memory=StateInMemory({"folded": folded})) as view:
        bring_response(engine, 4, FAILED)
        await view.settled()
        before = view.jobs
        await view.press(key)
        assert view.toast == "Another job has just moved under the cursor: press the key again to act on it."
        assert view.jobs == before
        await view.press(key)
        assert len([row for row in view.jobs if row]) == rows


async def test_marks_of_removed_jobs_do_not_let_a_key_act_on_a_job_that_has_just_come_under_the_cursor() -> None:
    engine = crowd(6)
    async with run_monitor(engine) as view:
        await view.press("space", "space", "x")
        assert len(engine.state.watchlist) == 4
        await pass_time(view, 5)
        engine.remove([next(watch.job for watch in engine.state.watchlist if watch.job.id.given[:8] == selected(view))])
        await view.settled()
        await view.press("x")
        assert view.toast == "Another job has just moved under the cursor: press the key again to act on it."
        assert len(engine.state.watchlist) == 3


async def test_nothing_is_read_of_a_job_that_has_just_come_under_the_cursor() -> None:
    engine = crowd(5)
    async with run_monitor(engine) as view:
        bring_response(engine, 4, PENDING)
        await view.settled()
        await view.press("5")
        assert engine.read == []
        assert view.toast == "Another job has just moved under the cursor: press the key again to act on it."
        await view.press("5")
        assert len(engine.read) == 1


@pytest.mark.parametrize("keys", ["51", "5]"])
async def test_nothing_is_read_if_the_related_view_is_left_before_the_job_is_loaded(keys: str) -> None:
    engine, may_load = crowd(5, failed=1), Event()
    engine.bring((job(2), observation_of(PENDING)))
    load = engine.archive.last_response
    async with run_monitor(engine) as view:
        engine.archive.last_response = lambda job: load(job) if may_load.wait(5) else None  # type: ignore[method-assign]
        view.app._monitor.job_list.move_cursor_to(job(2))
        view.terminal.receive(keys)
        asyncio.get_running_loop().call_later(0.2, may_load.set)
        await view.settled()
        assert engine.read == []
        await view.press("5")
        assert len(engine.read) == 1


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 40), (80, 16)])
async def test_a_resize_keeps_the_selected_row_in_view(size: tuple[int, int]) -> None:
    engine = crowd(100)
    async with run_monitor(engine, (100, 30)) as view:
        await view.press("pagedown", "down")
        bring_response(engine, 90, FAILED)
        await view.settled()
        chosen = selected(view)
        await view.resize(*size)
        assert any(chosen in row for row in view.jobs)


@pytest.mark.slow
async def test_a_job_that_no_longer_matches_stays_until_the_cursor_leaves_it() -> None:
    engine = crowd(6)
    async with run_monitor(engine) as view:
        await view.press("/", *"status:running", "enter", "down")
        chosen = selected(view)
        bring_response(engine, 2, FAILED)
        await pass_time(view, 5)
        assert selected(view) == chosen
        await view.press("down")
        await pass_time(view, 5)
        assert not any(chosen in row for row in view.jobs)
