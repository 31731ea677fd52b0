"""Unreadable responses in virtual time: a captive portal is an outage of the tenant, one odd job is not."""

import asyncio

import pytest

from tests.support.polling import Run, for_seconds, job, job_id, polled, watches
from tests.support.sources import DONE, TimedSource
from tests.support.virtual_time import START
from zjobtui.models.job import JobId
from zjobtui.models.observation import Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.watched_job import WatchedJob

PORTAL = Problem(ProblemKind.UNREADABLE, "HTTP 200, not JSON, a web page")


def portal(since: float, until: float = float("inf"), *jobs: int) -> TimedSource:
    """A tenant that is behind a portal from `since` to `until` (seconds since the start), for these jobs or all."""
    odd = {job_id(number) for number in jobs}

    def trouble(at: float, one: JobId) -> Problem | None:
        return PORTAL if since <= at - START < until and (not odd or one in odd) else None

    return TimedSource(trouble=trouble)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 50])
@pytest.mark.parametrize("since", [0.0, 100.0])
def test_a_portal_is_an_outage_with_its_reason_after_a_few_responses(count: int, since: float) -> None:
    problems: list[Problem | None] = []

    async def script(run: Run) -> None:
        await asyncio.sleep(since + 20)
        status = run.poller.status()
        problems.append(status.problem)
        assert status.down_since is not None
        assert START + since <= status.down_since <= START + since + 15
        assert status.next_try_at is not None

    run = polled(portal(since), watches(count), script)
    assert problems == [PORTAL]
    assert len([at for at in run.calls if at > since]) <= count + 20


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 50])
def test_when_the_portal_is_gone_polling_resumes_within_a_minute(count: int) -> None:
    run = polled(portal(20, 200), watches(count), for_seconds(290))
    assert run.pulse.problem is None
    good = min(asked.at - START for asked in run.source.asked if asked.was_good and asked.at - START >= 200)
    assert good <= 261


@pytest.mark.slow
@pytest.mark.parametrize("others", [1, 4, 60])
def test_one_unreadable_job_is_not_an_outage_and_delays_no_other(others: int) -> None:
    seen: set[Problem | None] = set()

    async def script(run: Run) -> None:
        for _ in range(600):
            await asyncio.sleep(0.5)
            seen.add(run.poller.status().problem)

    run = polled(portal(0, float("inf"), 0), watches(1 + others), script)
    alone = polled(TimedSource(), watches(1 + others), for_seconds(300))
    assert seen == {None}
    assert len(run.calls_about(1)) >= 0.9 * len(alone.calls_about(1))
    assert run.watch(0).problem == PORTAL
    assert len(run.calls_about(0)) <= 12


def test_a_new_job_is_polled_at_once_beside_an_unreadable_one() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(120)
        new = WatchedJob(job=watches(2)[1].job, added_at=run.clock.now(), added_by="test")
        await run.service.edit(lambda known: known.add([new]))
        run.poller.sync_jobs()
        await asyncio.sleep(3)
        assert len(run.calls_about(1)) >= 1
        assert run.poller.status().problem is None

    polled(portal(0, float("inf"), 0), watches(1), script)


@pytest.mark.parametrize("ended_here", [True, False])
def test_one_unreadable_job_is_not_an_outage_after_a_failed_refresh_of_a_finished_one(*, ended_here: bool) -> None:
    """Job 0 ends here, or in another window after its call failed here; then those of 1 and 2, both by hand, fail."""
    timed_out = Problem(ProblemKind.TIMED_OUT)
    fails = {job_id(0): (50, 60), job_id(1): (100, 101)}
    seen = set[Problem | None]()

    def trouble(at: float, one: JobId) -> Problem | None:
        begin, end = fails.get(one, (0, 0))
        return PORTAL if one == job_id(2) and at >= START + 100 else timed_out if begin <= at - START < end else None

    async def script(run: Run) -> None:
        await asyncio.sleep(55)
        if not ended_here:
            run.service.observe(job(0), Success(DONE, run.clock.now()), 60)
            await asyncio.sleep(1)
            run.poller.replan()
        await asyncio.sleep(START + 100 - run.clock.now())
        run.poller.poll_now([job(1), job(2)])
        for _ in range(200):
            await asyncio.sleep(0.1)
            seen.add(run.poller.status().problem)

    ends = {job_id(1): START + 1} | ({job_id(0): START + 1} if ended_here else {})
    run = polled(TimedSource(ends, trouble=trouble), watches(6), script)
    assert run.watch(0).is_final
    assert run.watch(1).is_final
    assert run.watch(2).problem == PORTAL
    assert seen == {None}


def test_downtime_with_a_time_is_shown_as_such_and_not_as_throttling() -> None:
    down = Problem(ProblemKind.UNAVAILABLE, "HTTP 503")
    source = TimedSource(
        trouble=lambda at, _: down if at - START >= 30 else None,
        limits=lambda at: (("retry-after", "120"),) if at - START >= 30 else (),
        failed_status=503,
    )
    run = polled(source, watches(3), for_seconds(60))
    assert run.pulse.problem == down
    assert run.pulse.next_try_at is not None
    assert 120 <= run.pulse.next_try_at - START <= 180
    assert len([at for at in run.calls if at > 30]) <= 3


@pytest.mark.parametrize("kind", [ProblemKind.SIGNED_OUT, ProblemKind.MISCONFIGURED])
def test_refused_credentials_are_tried_again_within_a_minute_and_the_status_says_when(kind: ProblemKind) -> None:
    source = TimedSource(
        trouble=lambda at, _: Problem(kind, "no") if 30 <= at - START < 200 else None,
        limits=lambda at: (("retry-after", "50"),) if 30 <= at - START < 200 else (),
    )
    statuses = []

    async def script(run: Run) -> None:
        await asyncio.sleep(190)
        statuses.append(run.poller.status())
        await asyncio.sleep(71)

    run = polled(source, watches(3), script)
    (status,) = statuses
    assert status.problem == Problem(kind, "no")
    assert status.down_since == pytest.approx(START + 30, abs=10)
    assert START + 190 <= (status.next_try_at or 0) <= START + 250
    assert run.pulse.problem is None
