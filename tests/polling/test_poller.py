"""The poller in virtual time: who is asked when, and what happens when the tenant or the machine does not answer."""

import asyncio
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.support.polling import PRODUCTION, Run, for_seconds, job, job_id, polled, watches
from tests.support.sources import TimedSource
from tests.support.virtual_time import START, waits
from zjobtui.domain.freshness import is_stale
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.polling.intervals import STALENESS_LIMIT


def ending_at(**ends: float) -> TimedSource:
    return TimedSource(ends={job_id(int(name[1:])): START + end for name, end in ends.items()})


def test_a_running_job_is_asked_about_until_it_has_ended_and_never_again() -> None:
    run = polled(ending_at(j0=42.0), watches(1), for_seconds(600))
    assert run.watch(0).is_final
    last_but_one, last = run.calls[-2:]
    assert last_but_one < 42 <= last < 42 + 15


def test_a_finished_job_is_asked_about_by_hand_alone() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(100)
        before = len(run.calls)
        run.poller.ask_now([job(0)])
        await asyncio.sleep(100)
        assert len(run.calls) == before + 1

    polled(ending_at(j0=5.0), watches(1), script)


def test_a_single_new_job_is_asked_about_at_once() -> None:
    run = polled(TimedSource(), watches(1), for_seconds(1))
    assert run.calls[0] <= 0.2


def test_r6_the_start_is_spread() -> None:
    run = polled(TimedSource(), watches(500), for_seconds(150))
    first = {asked.job: asked.at - START for asked in reversed(run.source.asked)}
    by_second = Counter(int(at) for at in first.values())
    assert len(first) == 500
    assert max(by_second.values()) <= 2 * 500 / len(by_second)


@pytest.mark.parametrize(("before", "latest"), [(1, 14 + 12.5), (60, 12.5)])
def test_at_the_start_every_stored_job_is_polled_as_soon_as_its_row_would_look_stale(
    before: float, latest: float
) -> None:
    heard = [replace(one, seen_at=START - before, planned=5.0) for one in watches(1_000, added_at=START - 3_600)]
    run = polled(TimedSource(), heard, for_seconds(latest))
    assert {asked.job for asked in run.source.asked} == {one.job.id for one in heard}


def test_r7_no_unfinished_job_waits_for_more_than_three_times_its_plan() -> None:
    run = polled(TimedSource(), watches(120), for_seconds(400))
    limit = 3 * run.pulse.ceiling
    for number in range(120):
        times = [*run.calls_about(number), 400.0]
        assert all(b - a <= limit for a, b in pairwise(times))


def test_r7_the_job_that_a_person_looks_at_is_asked_about_every_two_seconds() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(30)
        run.poller.attend(job(7))
        await asyncio.sleep(30)

    run = polled(TimedSource(), watches(50), script)
    attended = [at for at in run.calls_about(7) if at > 30]
    assert attended[0] - 30 <= 2.2
    assert all(b - a <= 2.3 for a, b in pairwise(attended))


def test_paused_nothing_is_asked_but_by_hand() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(20)
        run.poller.pause()
        await asyncio.sleep(1)
        before = len(run.calls)
        await asyncio.sleep(300)
        assert len(run.calls) == before
        run.poller.ask_now([job(3)])
        await asyncio.sleep(5)
        assert len(run.calls) == before + 1
        run.poller.resume()
        await asyncio.sleep(5)
        assert len(run.calls) > before + 1

    polled(TimedSource(), watches(20), script)


def outage(start: float, end: float, kind: ProblemKind = ProblemKind.UNREACHABLE) -> TimedSource:
    def trouble(at: float, _: object) -> Problem | None:
        return Problem(kind, "refused") if start <= at - START < end else None

    return TimedSource(trouble=trouble)


def test_r5_while_the_tenant_is_down_a_single_probe_goes_out_ever_more_rarely() -> None:
    run = polled(outage(60, 660), watches(500), for_seconds(800))
    during = [at for at in run.calls if 60 <= at < 660]
    assert len(during) <= 40
    back = min(asked.at - START for asked in run.source.asked if asked.at - START >= 660 and asked.was_good)
    assert back <= 660 + 65


def test_r6_after_an_outage_all_are_spread_anew() -> None:
    run = polled(outage(60, 120), watches(100), for_seconds(260))
    back = next(asked.at - START for asked in run.source.asked if asked.at - START >= 120 and asked.was_good)
    after = [at for at in run.calls if back < at <= back + 8]
    assert max(Counter(int(at) for at in after).values()) <= 1.25 * PRODUCTION.per_second


def test_a_single_failed_call_does_not_take_the_tenant_down() -> None:
    failures = iter([Problem(ProblemKind.TIMED_OUT)])
    source = TimedSource(trouble=lambda at, _: next(failures, None) if at - START > 10 else None)
    run = polled(source, watches(20), for_seconds(60))
    assert not run.pulse.problem
    assert max(b - a for a, b in pairwise(run.calls)) < 10


def test_an_odd_job_is_asked_about_at_the_ceiling_while_the_others_go_on() -> None:
    source = TimedSource(trouble=lambda _, one: Problem(ProblemKind.UNREADABLE) if one == job_id(0) else None)
    run = polled(source, watches(5), for_seconds(300))
    assert len(run.calls_about(0)) <= 2 + 300 / STALENESS_LIMIT
    assert len(run.calls_about(1)) > 10


def test_a_job_that_zuora_does_not_know_is_asked_about_at_the_ceiling_and_stays_fresh() -> None:
    source = TimedSource(trouble=lambda _, __: Problem(ProblemKind.NOT_FOUND))
    run = polled(source, watches(1), for_seconds(300))
    assert len(run.calls) <= 2 + 300 / STALENESS_LIMIT
    assert not is_stale(run.watch(0), START + 300)


def test_the_staleness_limit_of_the_settings_is_the_ceiling() -> None:
    source = TimedSource(trouble=lambda _, __: Problem(ProblemKind.NOT_FOUND))
    for limit in (2.0, 20.0):
        run = polled(source, watches(1), for_seconds(300), staleness_limit=limit)
        assert run.pulse.ceiling == limit
        gaps = [b - a for a, b in pairwise(run.calls[-10:])]
        assert limit * 0.9 < max(gaps) < limit * 1.2


def test_a_source_that_raises_loses_no_job() -> None:
    class Broken(TimedSource):
        async def observe(self, _: object, /) -> object:  # type: ignore[override]
            self.requests += 1
            raise RuntimeError("a fault")

    run = polled(Broken(), watches(1), for_seconds(300))
    assert run.source.requests >= 4
    assert run.watch(0).problem is not None


def test_l6_after_the_machine_has_slept_polling_goes_on_without_a_burst() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(120)
        run.clock.suspend(8 * 3600)
        await asyncio.sleep(60)

    run = polled(TimedSource(), watches(200), script)
    after = sorted(at for at in run.calls if at >= 120)
    assert after[0] - 120 <= 2.1
    assert max(Counter(int(at) for at in after).values()) <= 1.25 * PRODUCTION.per_second


def test_jobs_that_leave_the_watchlist_are_not_asked_about_any_more() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(20)
        await run.ledger.edit(lambda listed: listed.remove([job(0)], START))
        run.poller.follow()
        await asyncio.sleep(200)

    run = polled(TimedSource(), watches(2), script)
    assert max(run.calls_about(0)) <= 21
    assert max(run.calls_about(1)) > 100


def test_l3_watching_three_hundred_old_jobs_wakes_a_few_times_a_second_and_calls_less_often_than_that() -> None:
    woken = []

    async def script(_: Run) -> None:
        for _minute in range(10):
            woken.append(waits())
            await asyncio.sleep(60)

    run = polled(TimedSource(), watches(300, added_at=START - 3_600), script)
    assert len([at for at in run.calls if at >= 120]) <= 5 * 1.05 * 480
    assert woken[-1] - woken[2] <= 20 * 60 * 7


@pytest.mark.parametrize("attended", [None, 0])
def test_l6_jobs_that_a_clock_an_hour_ahead_has_told_of_are_asked_about_all_the_same(attended: int | None) -> None:
    ahead = [replace(one, seen_at=START + 3_600, planned=60.0) for one in watches(5, added_at=START - 600)]

    async def script(run: Run) -> None:
        await asyncio.sleep(0.01)
        run.poller.attend(None if attended is None else job(attended))
        await asyncio.sleep(60)

    run = polled(TimedSource(), ahead, script)
    assert {asked.job for asked in run.source.asked if asked.at < START + 20} == {one.job.id for one in ahead}


def test_r6_a_window_that_takes_the_lease_over_asks_without_a_burst() -> None:
    async def script(run: Run) -> None:
        held = False
        run.poller._may_poll = lambda: held
        await asyncio.sleep(120)
        assert run.calls == []
        held = True
        run.poller.begin_anew()
        await asyncio.sleep(10)

    run = polled(TimedSource(), watches(200), script)
    assert len(run.calls) >= 150
    assert max(Counter(int(at) for at in run.calls).values()) <= 1.25 * PRODUCTION.per_second
