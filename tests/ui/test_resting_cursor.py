"""A job is read once the cursor has rested on it, and the detail shows the job as it is now."""

import time
from collections.abc import Callable

import pytest

from tests.support.building import NOW, job
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.staging import bring_response, staged
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Success
from zjobtui.ui.detail_controller import READ_SECONDS, SELECTION_DELAY
from zjobtui.ui.job_list import JobList

DONE, FAILED, RUNNING = "recorded-completed-localised", "recorded-failed-lock", "recorded-processing"

REPEAT = SELECTION_DELAY / 12
"""Seconds between two keys while one is held down."""


class Timers:
    """Timers of the list that only tests advance."""

    def __init__(self) -> None:
        self._now = 0.0
        self._due: list[tuple[float, Timers.One]] = []

    class One:
        def __init__(self, callback: Callable[[], object]) -> None:
            self.callback = callback
            self.is_stopped = False

        def stop(self) -> None:
            self.is_stopped = True

    def set_timer(self, delay: float, callback: Callable[[], object], *, name: str) -> "Timers.One":
        timer = self.One(callback)
        self._due.append((self._now + delay, timer))
        assert name
        return timer

    def advance(self, seconds: float) -> None:
        self._now += seconds
        due = [timer for at, timer in self._due if at <= self._now + 1e-9]
        self._due = [(at, timer) for at, timer in self._due if at > self._now + 1e-9]
        for timer in due:
            if not timer.is_stopped:
                timer.callback()


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    timers = Timers()
    monkeypatch.setattr(JobList, "set_timer", lambda _, *args, **options: timers.set_timer(*args, **options))
    return timers


def unread_jobs(view: ScreenView) -> list[int]:
    """Return the numbers of the unread jobs, in the order of the list."""
    return [int(row.split()[3][:8], 16) for row in view.jobs if row.startswith("●")]


async def hold(view: ScreenView, key: str, times: int, timers: Timers) -> None:
    """Hold a key down until it has been sent so many times."""
    for _ in range(times):
        await view.press(key)
        timers.advance(REPEAT)


@pytest.mark.parametrize("key", ["j", "J"])
async def test_jobs_that_the_cursor_passes_while_a_key_is_held_stay_unread(key: str, timers: Timers) -> None:
    async with run_monitor(staged(*[FAILED] * 20)) as view:
        await hold(view, key, 15, timers)
        assert len(unread_jobs(view)) == 20
        assert view.engine.attended == [job(1)] * len(view.engine.attended)
        timers.advance(SELECTION_DELAY)
        await view.settled()
        assert (len(unread_jobs(view)), 16 in unread_jobs(view)) == (19, False)
        assert view.engine.attended[-1] == job(16)


async def test_keys_that_do_not_move_the_cursor_do_not_delay_reading(timers: Timers) -> None:
    async with run_monitor(staged(FAILED, FAILED)) as view:
        await view.press("j")
        for _ in range(2):
            timers.advance(SELECTION_DELAY / 2)
            await view.press("2")
        assert unread_jobs(view) == [1]


async def test_a_job_that_ends_just_before_the_time_is_up_stays_unread_until_a_key(timers: Timers) -> None:
    engine = staged(RUNNING, RUNNING)
    async with run_monitor(engine) as view:
        await view.press("j")
        timers.advance(SELECTION_DELAY - 0.01)
        bring_response(engine, 2, FAILED)
        await view.settled()
        timers.advance(0.02)
        await view.settled()
        assert unread_jobs(view) == [2]
        await view.press("1")
        timers.advance(SELECTION_DELAY)
        await view.settled()
        assert unread_jobs(view) == []


async def test_a_job_does_not_become_read_for_the_one_that_takes_its_place(timers: Timers) -> None:
    engine = staged(FAILED, FAILED, FAILED)
    async with run_monitor(engine) as view:
        await view.press("j")
        timers.advance(SELECTION_DELAY - 0.01)
        engine.remove([job(2)])
        await view.settled()
        timers.advance(0.02)
        await view.settled()
        assert unread_jobs(view) == [1, 3]
        timers.advance(SELECTION_DELAY)
        await view.settled()
        assert unread_jobs(view) == [1]


def seen_for(view: ScreenView, seconds: float) -> None:
    """Let time pass."""
    view.engine.clock.at += seconds


@pytest.mark.parametrize("key", ["j", "n", "end"])
async def test_the_first_job_becomes_read_when_the_cursor_leaves_it(key: str, timers: Timers) -> None:
    engine = staged(FAILED, FAILED, FAILED)
    async with run_monitor(engine) as view:
        seen_for(view, READ_SECONDS - 0.1)
        timers.advance(READ_SECONDS)
        await view.settled()
        assert unread_jobs(view) == [1, 2, 3], "the user may not have seen it"
        seen_for(view, 0.1)
        await view.press(key)
        assert 1 not in unread_jobs(view)
        assert len(unread_jobs(view)) == 2


@pytest.mark.parametrize("key", ["p", "f12", "2"])
async def test_any_key_reads_the_first_job_if_it_has_been_shown_for_a_while(key: str, timers: Timers) -> None:
    async with run_monitor(staged(FAILED, FAILED)) as view:
        seen_for(view, READ_SECONDS)
        await view.press(key)
        timers.advance(SELECTION_DELAY)
        await view.settled()
        assert unread_jobs(view) == [2]


async def test_a_job_that_has_just_come_under_the_cursor_is_not_read_by_a_key(timers: Timers) -> None:
    engine = staged(RUNNING, RUNNING)
    async with run_monitor(engine) as view:
        seen_for(view, 60)
        bring_response(engine, 2, FAILED)
        await view.settled()
        seen_for(view, READ_SECONDS - 0.1)
        await view.press("j")
        timers.advance(SELECTION_DELAY)
        await view.settled()
        assert unread_jobs(view) == [2]


async def test_a_job_below_the_wallboard_is_not_read(timers: Timers) -> None:
    async with run_monitor(staged(FAILED, FAILED)) as view:
        await view.press("w")
        seen_for(view, 600)
        await view.press("escape", "j")
        timers.advance(SELECTION_DELAY)
        await view.settled()
        assert unread_jobs(view) == [1]


async def test_times_that_change_while_a_detail_loads_do_not_step_back(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = staged(RUNNING, RUNNING)
    async with run_monitor(engine) as view:
        load = engine.archive.last_response

        def load_slowly(wanted: JobRef, /) -> Success | None:
            monkeypatch.setattr(engine.archive, "last_response", load)
            bring_response(engine, 2, RUNNING, after=125)
            end = time.monotonic() + 5
            while view.app._monitor._presenter.state is not engine.state and time.monotonic() < end:
                time.sleep(0.001)
            return load(wanted)

        monkeypatch.setattr(engine.archive, "last_response", load_slowly)
        await view.press("j")
        details = view.app._monitor._detail._details
        assert details is not None
        assert (details.watch.job, details.watch.answered_at) == (job(2), NOW + 125)
