"""Output volume on slow connections: unchanged cells are not sent again."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from textual.message_pump import MessagePump
from textual.timer import Timer

from tests.support.building import NOW, job, watch
from tests.support.scripted import FixedClock, ScriptedEngine
from tests.support.seeing import Sight, looking_at
from tests.support.staging import heard, tell

RUNNING = "recorded-processing"


def crowd(count: int) -> ScriptedEngine:
    engine = ScriptedEngine(FixedClock(NOW))
    engine.watch(replace(watch(number), added_at=NOW - 1_000 + number) for number in range(1, count + 1))
    engine.bring(*((job(number), heard(RUNNING)) for number in range(1, count + 1)))
    return engine


async def quiet(sight: Sight, seconds: float = 0.5) -> None:
    """Wait until nothing is left to be drawn, including the effects of mouse and timers."""
    await asyncio.sleep(seconds)
    await sight.settled()


async def test_an_equal_state_sends_nothing() -> None:
    engine = crowd(300)
    async with looking_at(engine) as sight:
        await quiet(sight)
        before = len(sight.sent)
        for _ in range(5):
            tell(engine, 7, RUNNING, after=0.1)
            engine.publish()
            await sight.settled()
        assert len(sight.sent) == before


@pytest.mark.slow
async def test_while_nothing_happens_nothing_is_sent() -> None:
    engine = crowd(300)
    async with looking_at(engine) as sight:
        await quiet(sight)
        before = len(sight.sent)
        for _ in range(5):
            engine.clock.at += 0.5
            await quiet(sight, 0.25)
        assert len(sight.sent) == before


async def test_one_row_that_changes_sends_that_row_and_no_other() -> None:
    engine = crowd(30)
    async with looking_at(engine) as sight:
        await sight.press("down", "up")
        await quiet(sight)
        before = len(sight.sent)
        engine.label([job(20)], "CS-4390")
        await sight.settled()
        sent = sight.sent[before:]
        assert "CS-4390" in sent
        assert "running" not in sent or sent.count("running") == 1
        assert "◌ 30 running" not in sent
        assert len(sent) < 1_000


async def test_a_row_out_of_view_that_changes_sends_nothing_of_the_list() -> None:
    engine = crowd(300)
    async with looking_at(engine) as sight:
        await quiet(sight)
        before = len(sight.sent)
        engine.label([job(250)], "CS-4390")
        await sight.settled()
        assert len(sight.sent) == before


async def test_a_move_of_the_cursor_redraws_two_rows_of_the_list() -> None:
    engine = crowd(30)
    async with looking_at(engine) as sight:
        await sight.press("down")
        await quiet(sight)
        before = len(sight.sent)
        await sight.press("down")
        drawn = re.sub(r"\x1b\[[\d;]*m", "", sight.sent[before:])
        assert drawn.count("◌ running   0") == 2


async def test_a_thousand_states_are_drawn_as_one() -> None:
    engine = crowd(30)
    async with looking_at(engine) as sight:
        await quiet(sight)
        before = len(sight.sent)
        for number in range(1_000):
            engine.label([job(20)], f"CS-{number}")
        await sight.settled()
        assert "CS-999" in sight.text
        assert sight.sent[before:].count("CS-") < 10


async def test_the_timeline_of_a_running_job_sends_a_few_lines_a_second() -> None:
    engine = crowd(3)
    tell(engine, 1, RUNNING)
    async with looking_at(engine) as sight:
        await sight.press("2")
        await quiet(sight)
        before = len(sight.sent)
        engine.clock.at += 1
        await sight.until(lambda _: len(sight.sent) > before)
        await quiet(sight)
        assert len(sight.sent) - before < 1_000


@pytest.mark.slow
async def test_after_the_first_minute_ages_change_by_the_minute() -> None:
    engine = crowd(30)
    engine.bring(*((job(number), heard(RUNNING)) for number in range(1, 31)), planned=600.0)
    engine.clock.at = NOW - 1_000 + 31 + 20 * 60
    engine.pulse = replace(engine.pulse, answered_at=NOW + 9_000)
    engine.publish()
    async with looking_at(engine) as sight:
        await sight.press("2", "]")
        await quiet(sight)
        before, rows = len(sight.sent), sight.jobs
        for _ in range(2):
            engine.clock.at += 14
            await quiet(sight, 0.3)
        assert len(sight.sent) == before
        engine.clock.at += 32
        await sight.until(lambda _: sight.jobs[29].endswith(" 21m"))
        await quiet(sight)
        assert rows[29].endswith(" 20m")
        assert len(sight.sent) - before < 30 * 300


@pytest.mark.slow
async def test_input_cursors_do_not_blink(monkeypatch: pytest.MonkeyPatch) -> None:
    set_interval = MessagePump.set_interval

    def ten_times_as_fast(self: MessagePump, interval: float, *given: Any, **more: Any) -> Timer:  # noqa: ANN401
        return set_interval(self, interval / 10, *given, **more)

    monkeypatch.setattr(MessagePump, "set_interval", ten_times_as_fast)
    async with looking_at(crowd(3)) as sight:
        before = 0
        for keys in (("/",), ("escape", "a"), ("escape", "ctrl+p")):
            await sight.press(*keys)
            for _ in range(10):  # the dialog is drawn once it is loaded
                before = len(sight.sent)
                await quiet(sight, 0.3)
                if len(sight.sent) == before:
                    break
            await quiet(sight, 0.3)
            assert len(sight.sent) == before, keys
