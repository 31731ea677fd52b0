import pytest

from tests.support.building import job
from tests.support.scripted import ScriptedEngine
from tests.support.seeing import looking_at
from tests.support.staging import staged, tell

FAILED = "recorded-failed-lock"
RUNNING = "recorded-processing"
SIZES = [(140, 40), (80, 40)]


def crowd(*seconds: float) -> ScriptedEngine:
    """Jobs 1, 2 … that all were seen running at once, and ended after so many seconds each; the last one runs."""
    engine = staged(*[RUNNING] * (len(seconds) + 1))
    start = engine.clock.at
    for number, after in enumerate(seconds, 1):
        engine.clock.at = start + after - 1
        tell(engine, number, RUNNING, after=0)
        tell(engine, number, FAILED)
    return engine


@pytest.mark.parametrize("size", SIZES)
async def test_it_tells_where_the_time_went_and_every_change_with_the_time_between(size: tuple[int, int]) -> None:
    engine = staged(RUNNING)
    tell(engine, 1, RUNNING, after=5)
    tell(engine, 1, FAILED, after=264)
    engine.label([job(1)], "CS-7")
    async with looking_at(engine, size) as sight:
        await sight.press("2")
        bar = "━" * min(24, len(sight.detail[0]) and (size[0] - 2 if size[0] < 100 else size[0] // 2 - 2) // 3)
        assert f"added 14:00:00 UTC ─ waiting {bar} 4m 29s ─ ✗ failed 14:04:29" in sight.words
        assert sight.words.endswith(
            "14:00:00 added by test 14:00:00 Zuora is working on it. "
            "14:04:29 Job failed, lock contention: Operation failed due to a lock competition, please retry later"
            " · after 4m 29s 14:04:29 labelled CS-7"
        )
        assert "usual" not in sight.words


async def test_when_a_person_saw_it_is_told() -> None:
    engine = staged(FAILED)
    engine.clock.at += 60
    engine.mark_read([job(1)])
    async with looking_at(engine) as sight:
        await sight.press("2")
        assert "✗ failed when first asked 14:00:00 ─ seen by you 14:01:00" in sight.words


async def test_the_headline_of_a_wait_says_what_is_usual() -> None:
    engine = crowd(10, 20, 30, 40, 50)
    tell(engine, 6, RUNNING)
    async with looking_at(engine) as sight:
        await sight.press("end")
        assert "◌ waiting · waiting for 50s · usual is 29s" in sight.words
        await sight.press("home")
        assert "usual is" not in sight.words


async def test_while_most_of_a_batch_runs_the_first_to_end_are_not_called_usual() -> None:
    engine = staged(*[RUNNING] * 20)
    for number in range(1, 6):
        tell(engine, number, FAILED, after=2)
    for number in range(6, 21):
        tell(engine, number, RUNNING, after=1)
    async with looking_at(engine) as sight:
        await sight.press("end")
        assert "◌ waiting · waiting for 20s" in sight.words
        assert "usual is" not in sight.words
        await sight.press("2")
        assert "usual for jobs of this tenant: more than 21s (5 ended, 14 run)" in sight.words


async def test_what_is_usual_stands_beside_what_this_job_took() -> None:
    async with looking_at(crowd(10, 20, 30, 40, 50, 100)) as sight:
        await sight.press("2", "home")
        assert (
            "usual for jobs of this tenant: 29s (median of 5), 95 % within 49s · this one took longer than all of them"
        ) in sight.words
        await sight.press("end")
        assert "usual for jobs of this tenant: 29s (median of 6), 95 % within 1m 39s" in sight.words


async def test_a_job_that_runs_is_compared_with_what_it_has_outlasted() -> None:
    engine = crowd(10, 20, 30, 40, 50)
    tell(engine, 6, RUNNING)
    async with looking_at(engine) as sight:
        await sight.press("2", "end")
        assert "waiting ━━━━━━━━━━━━━━━━━━━━━━ 51s" in sight.words
        assert "95 % within 49s · so far longer than all of them" in sight.words


async def test_a_wait_grows_on_the_screen_and_silence_is_told_apart_from_it() -> None:
    engine = staged(RUNNING)
    async with looking_at(engine) as sight:
        await sight.press("2")
        engine.clock.at += 12
        await sight.until("━ 12s")
        engine.clock.at += 48
        await sight.until("no answer ━")
        assert "━ 1m 00s" in sight.words
