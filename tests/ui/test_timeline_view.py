import re

import pytest

from tests.support.building import job
from tests.support.screen_harness import run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import bring_response, staged
from zjobtui.ui.job_detail import JobDetail

FAILED = "recorded-failed-lock"
RUNNING = "recorded-processing"
SIZES = [(140, 40), (80, 40)]


def crowd(*seconds: float) -> ScriptedEngine:
    """Return jobs that were all running at first, and ended after the given seconds; the last one is running."""
    engine = staged(*[RUNNING] * (len(seconds) + 1))
    start = engine.clock.at
    for number, after in enumerate(seconds, 1):
        engine.clock.at = start + after - 1
        bring_response(engine, number, RUNNING, after=0)
        bring_response(engine, number, FAILED)
    return engine


@pytest.mark.parametrize("size", SIZES)
async def test_the_timeline_shows_phases_and_events_with_durations(size: tuple[int, int]) -> None:
    engine = staged(RUNNING)
    bring_response(engine, 1, RUNNING, after=5)
    bring_response(engine, 1, FAILED, after=264)
    engine.label([job(1)], "CS-7")
    async with run_monitor(engine, size) as view:
        await view.press("2")
        bar = "━" * min(24, view.app.screen.query_one(JobDetail).line_width // 3)
        assert f"added 14:00:00 UTC ─ running {bar} 4m29s ─ ✗ failed 14:04:29" in view.words
        assert view.words.endswith(
            "14:00:00 added by test 14:00:00 Zuora is working on it. "
            "14:04:29 Job failed, lock contention: Operation failed due to a lock competition, please retry later"
            " · after 4m29s 14:04:29 labelled CS-7"
        )
        assert "Usually" not in view.words


async def test_the_timeline_shows_when_the_job_was_read() -> None:
    engine = staged(FAILED)
    engine.clock.at += 60
    engine.mark_read([job(1)])
    async with run_monitor(engine) as view:
        await view.press("2")
        assert "✗ failed at the first poll 14:00:00 ─ read 14:01:00" in view.words


async def test_the_header_of_a_running_job_shows_the_usual_duration_as_the_list_does() -> None:
    engine = crowd(10, 20, 30, 40, 50)
    bring_response(engine, 6, RUNNING)
    async with run_monitor(engine) as view:
        await view.press("end")
        await view.until(lambda _: "◌ running · running for 50s · usually 30s" in view.words)
        await view.press("home")
        assert "usually" not in view.words


async def test_usual_times_are_complete_in_a_narrow_detail() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine, (100, 30)) as view:
        assert [line.strip() for line in view.detail[:2]] == ["◌ running · just added", "usual time not known yet"]
        await view.resize(140, 40)
        assert view.detail[0].strip() == "◌ running · just added · usual time not known yet"


async def test_while_most_jobs_run_the_first_ended_ones_are_not_typical() -> None:
    engine = staged(*[RUNNING] * 20)
    for number in range(1, 6):
        bring_response(engine, number, FAILED, after=2)
    for number in range(6, 21):
        bring_response(engine, number, RUNNING, after=1)
    async with run_monitor(engine) as view:
        await view.press("end")
        assert "◌ running · running for 20s · usual time not known yet" in view.words
        assert "usually" not in view.words
        await view.press("2")
        assert "Usually over 20s (5 ended, 14 running)" in view.words


async def test_the_typical_duration_is_compared_with_that_of_the_job() -> None:
    async with run_monitor(crowd(10, 20, 30, 40, 50, 100)) as view:
        await view.press("2", "home")
        usual = "Usually 30s, 95 % end within 1m40s"
        await view.until(lambda _: f"{usual} (5 jobs) · this one was slower than all of them" in view.words)
        await view.press("end")
        assert f"{usual} (6 jobs)" in view.words


async def test_a_running_job_is_compared_with_jobs_that_it_has_outlasted() -> None:
    engine = crowd(10, 20, 30, 40, 50)
    bring_response(engine, 6, RUNNING)
    async with run_monitor(engine) as view:
        await view.press("2", "end")
        assert re.search(r"running ━{15,24} 51s", view.words)
        await view.until(lambda _: "Usually 30s (5 jobs) · already slower than all of them" in view.words)


async def test_running_time_grows_and_time_without_a_response_is_separate() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        await view.press("2")
        engine.clock.at += 12
        await view.until("━ 12s")
        engine.clock.at += 48
        await view.until("no response ━")
        assert "━ 1m00s" in view.words
