"""Output volume on slow connections: unchanged cells are not sent again."""

import asyncio
import re
from typing import Any

import pytest
from msgspec.structs import replace
from textual.message_pump import MessagePump
from textual.timer import Timer

from tests.support.building import NOW, job, watch
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import FixedClock, ScriptedEngine
from tests.support.staging import bring_response, observation_of

RUNNING = "recorded-processing"


def crowd(count: int) -> ScriptedEngine:
    engine = ScriptedEngine(FixedClock(NOW))
    engine.watch(replace(watch(number), added_at=NOW - 1_000 + number) for number in range(1, count + 1))
    engine.bring(*((job(number), observation_of(RUNNING)) for number in range(1, count + 1)))
    return engine


async def quiet(view: ScreenView, seconds: float = 0.5) -> None:
    """Wait until nothing is left to be drawn, including the effects of mouse and timers."""
    await asyncio.sleep(seconds)
    await view.settled()


@pytest.mark.slow
async def test_an_equal_state_sends_nothing() -> None:
    engine = crowd(300)
    async with run_monitor(engine) as view:
        await quiet(view)
        before = len(view.sent)
        for _ in range(5):
            bring_response(engine, 7, RUNNING, after=0.1)
            engine.publish()
            await view.settled()
        assert len(view.sent) == before


@pytest.mark.slow
async def test_while_nothing_happens_nothing_is_sent() -> None:
    engine = crowd(300)
    async with run_monitor(engine) as view:
        await quiet(view)
        before = len(view.sent)
        for _ in range(5):
            engine.clock.at += 0.5
            await quiet(view, 0.25)
        assert len(view.sent) == before


@pytest.mark.slow
async def test_one_row_that_changes_sends_that_row_and_no_other() -> None:
    engine = crowd(30)
    engine.label([job(1)], "CS-4391")
    async with run_monitor(engine) as view:
        await view.press("down", "up")
        await quiet(view)
        before = len(view.sent)
        engine.label([job(20)], "CS-4390")
        await view.settled()
        sent = view.sent[before:]
        assert "CS-4390" in sent
        assert "running" not in sent or sent.count("running") == 1
        assert "◌ 30 running" not in sent
        assert len(sent) < 1_000


async def test_a_row_out_of_view_that_changes_sends_nothing_of_the_list() -> None:
    engine = crowd(300)
    engine.label([job(1)], "CS-4391")
    async with run_monitor(engine) as view:
        await quiet(view)
        before = len(view.sent)
        engine.label([job(250)], "CS-4390")
        await view.settled()
        assert len(view.sent) == before


async def test_the_first_job_that_ends_moves_no_column() -> None:
    engine = crowd(30)
    async with run_monitor(engine) as view:
        await quiet(view)
        before = view.header
        bring_response(engine, 20, "recorded-failed-lock")
        await view.until("failed")
        assert view.header == before


async def test_a_move_of_the_cursor_redraws_two_rows_of_the_list() -> None:
    engine = crowd(30)
    async with run_monitor(engine) as view:
        await view.press("down")
        await quiet(view)
        before = len(view.sent)
        await view.press("down")
        drawn = re.sub(r"\x1b\[[\d;]*m", "", view.sent[before:])
        assert drawn.count("◌ running   0") == 2


@pytest.mark.slow
async def test_a_thousand_states_are_drawn_as_one() -> None:
    engine = crowd(30)
    async with run_monitor(engine) as view:
        await quiet(view)
        before = len(view.sent)
        for number in range(1_000):
            engine.label([job(20)], f"CS-{number}")
        await view.settled()
        assert "CS-999" in view.text
        assert view.sent[before:].count("CS-") < 10


@pytest.mark.slow
async def test_the_timeline_of_a_running_job_sends_a_few_lines_a_second() -> None:
    engine = crowd(3)
    bring_response(engine, 1, RUNNING)
    async with run_monitor(engine) as view:
        await view.press("2")
        await quiet(view)
        before = len(view.sent)
        engine.clock.at += 1
        await view.until(lambda _: len(view.sent) > before)
        await quiet(view)
        assert len(view.sent) - before < 1_000


@pytest.mark.slow
async def test_after_the_first_minute_ages_change_by_the_minute() -> None:
    engine = crowd(30)
    engine.bring(*((job(number), observation_of(RUNNING)) for number in range(1, 31)), planned=600.0)
    engine.clock.at = NOW - 1_000 + 31 + 20 * 60
    engine.pulse = replace(engine.pulse, answered_at=NOW + 9_000)
    engine.publish()
    async with run_monitor(engine) as view:
        await view.press("2", "]")
        await quiet(view)
        before, rows = len(view.sent), view.jobs
        for _ in range(2):
            engine.clock.at += 14
            await quiet(view, 0.3)
        assert len(view.sent) == before
        engine.clock.at += 32
        await view.until(lambda _: view.jobs[29].endswith(" 21m"))
        await quiet(view)
        assert rows[29].endswith(" 20m")
        assert len(view.sent) - before < 30 * 300


@pytest.mark.slow
async def test_input_cursors_do_not_blink(monkeypatch: pytest.MonkeyPatch) -> None:
    set_interval = MessagePump.set_interval

    def ten_times_as_fast(self: MessagePump, interval: float, *given: Any, **more: Any) -> Timer:  # noqa: ANN401
        return set_interval(self, interval / 10, *given, **more)

    monkeypatch.setattr(MessagePump, "set_interval", ten_times_as_fast)
    async with run_monitor(crowd(3)) as view:
        before = 0
        for keys in (("/",), ("escape", "a"), ("escape", "ctrl+p")):
            await view.press(*keys)
            for _ in range(10):  # the dialog is drawn once it is loaded
                before = len(view.sent)
                await quiet(view, 0.3)
                if len(view.sent) == before:
                    break
            await quiet(view, 0.3)
            assert len(view.sent) == before, keys
