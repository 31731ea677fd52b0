"""The poller in virtual time: when each job is polled, and what happens if tenant or machine do not respond."""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from itertools import pairwise
from random import Random

import pytest
from msgspec.structs import replace

from tests.support.polling import PRODUCTION, Run, Script, for_seconds, job, job_id, polled, watches
from tests.support.sources import TimedSource
from tests.support.virtual_time import START, waits
from zjobtui.models.call_log import CallKind
from zjobtui.models.digest import Digest
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import TenantKind
from zjobtui.models.tenant_status import Limit
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.polling.rate_limiter import Limits, limits_for
from zjobtui.polling.schedule import UNUSABLE_RETRIES
from zjobtui.polling.survival import STALENESS_LIMIT


def ending_at(**ends: float) -> TimedSource:
    return TimedSource(ends={job_id(int(name[1:])): START + end for name, end in ends.items()})


def test_a_running_job_is_polled_until_it_has_ended_and_never_again() -> None:
    run = polled(ending_at(j0=42.0), watches(1), for_seconds(600))
    assert run.watch(0).is_final
    last_but_one, last = run.calls[-2:]
    assert last_but_one < 42 <= last < 42 + 15


def test_a_finished_job_is_polled_only_by_hand() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(100)
        before = len(run.calls)
        run.poller.poll_now([job(0)])
        await asyncio.sleep(100)
        assert len(run.calls) == before + 1

    polled(ending_at(j0=5.0), watches(1), script)


def test_a_single_new_job_is_polled_at_once() -> None:
    run = polled(TimedSource(), watches(1), for_seconds(1))
    assert run.calls[0] <= 0.2


@pytest.mark.parametrize("count", [4, 300])
def test_jobs_that_have_ended_are_polled_once_each(count: int) -> None:
    ended = TimedSource(ends={job_id(number): START for number in range(count)}, latency=0.02)
    run = polled(ended, watches(count), for_seconds(20))
    assert Counter(asked.job for asked in run.source.asked) == {job_id(number): 1 for number in range(count)}


def test_calls_at_the_start_are_spread() -> None:
    run = polled(TimedSource(), watches(500), for_seconds(10))
    first = {asked.job: asked.at - START for asked in reversed(run.source.asked)}
    by_second = Counter(int(at) for at in first.values())
    assert len(first) == 500
    assert max(by_second.values()) <= 2 * 500 / len(by_second)


@pytest.mark.slow
@pytest.mark.parametrize(("before", "latest"), [(1, 14 + 12.5), (60, 12.5)])
def test_at_the_start_every_stored_job_is_polled_as_soon_as_its_row_would_look_stale(
    before: float, latest: float
) -> None:
    heard = [replace(one, last_answer_at=START - before, planned=5.0) for one in watches(1_000, added_at=START - 3_600)]
    run = polled(TimedSource(), heard, for_seconds(latest))
    assert {asked.job for asked in run.source.asked} == {one.job.id for one in heard}


@pytest.mark.slow
def test_no_unfinished_job_waits_for_more_than_three_times_its_plan() -> None:
    run = polled(TimedSource(), watches(20), for_seconds(400))
    limit = 3 * run.pulse.ceiling
    for number in range(20):
        times = [*run.calls_about(number), 400.0]
        assert all(b - a <= limit for a, b in pairwise(times))


@pytest.mark.slow
def test_the_selected_job_is_polled_every_two_seconds() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(30)
        run.poller.set_selected(job(7))
        await asyncio.sleep(30)

    run = polled(TimedSource(), watches(50), script)
    attended = [at for at in run.calls_about(7) if at > 30]
    assert attended[0] - 30 <= 2.2
    assert all(b - a <= 2.3 for a, b in pairwise(attended))


def test_while_paused_jobs_are_polled_only_by_hand() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(20)
        run.poller.pause()
        await asyncio.sleep(1)
        before = len(run.calls)
        await asyncio.sleep(300)
        assert len(run.calls) == before
        run.poller.poll_now([job(3)])
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


@pytest.mark.slow
def test_while_the_tenant_is_down_single_probes_are_sent_ever_more_rarely() -> None:
    run = polled(outage(10, 610), watches(500), for_seconds(680))
    during = [at for at in run.calls if 10 <= at < 610]
    assert len(during) <= 40
    back = min(asked.at - START for asked in run.source.asked if asked.at - START >= 610 and asked.was_good)
    assert back <= 610 + 65


@pytest.mark.slow
def test_after_an_outage_calls_are_spread_again() -> None:
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


def test_an_unreadable_job_is_polled_at_the_ceiling_while_the_others_go_on() -> None:
    source = TimedSource(trouble=lambda _, one: Problem(ProblemKind.UNREADABLE) if one == job_id(0) else None)
    run = polled(source, watches(5), for_seconds(300))
    assert len(run.calls_about(0)) <= 2 + UNUSABLE_RETRIES + 300 / STALENESS_LIMIT
    assert len(run.calls_about(1)) > 10


def test_a_job_that_zuora_does_not_know_is_polled_at_the_ceiling_and_stays_fresh() -> None:
    source = TimedSource(trouble=lambda _, __: Problem(ProblemKind.NOT_FOUND))
    run = polled(source, watches(1), for_seconds(300))
    assert len(run.calls) <= 2 + 300 / STALENESS_LIMIT
    assert not is_stale(run.watch(0), START + 300)


@pytest.mark.slow
def test_a_job_that_zuora_does_not_know_is_polled_ever_more_rarely() -> None:
    source = TimedSource(trouble=lambda _, __: Problem(ProblemKind.NOT_FOUND))
    run = polled(source, watches(1), for_seconds(1_800))
    gaps = [b - a for a, b in pairwise(run.calls)]
    assert max(gaps[:2]) < 1.2 * STALENESS_LIMIT
    assert all(later > earlier * 0.99 for earlier, later in pairwise(gaps))
    assert len(run.calls) < 12
    assert not is_stale(run.watch(0), START + 1_800)


@pytest.mark.slow
def test_a_job_that_zuora_does_not_know_is_polled_at_once_only_on_a_refresh() -> None:
    def trouble(_at: float, asked: object) -> Problem | None:
        return Problem(ProblemKind.NOT_FOUND) if asked == job_id(0) else None

    async def script(run: Run) -> None:
        await asyncio.sleep(1_000)
        before = len(run.calls_about(0))
        run.poller.set_selected(job(0))
        run.clock.suspend(60)
        await asyncio.sleep(60)
        run.poller.set_visible([job(0)])
        await asyncio.sleep(60)
        assert len(run.calls_about(0)) == before
        run.poller.poll_now([job(0)])
        await asyncio.sleep(1)
        assert len(run.calls_about(0)) == before + 1

    run = polled(TimedSource(trouble=trouble), watches(2), script)
    assert run.pulse.interval < STALENESS_LIMIT


def test_the_staleness_limit_of_the_settings_is_the_ceiling() -> None:
    source = TimedSource(trouble=lambda _, __: Problem(ProblemKind.FORBIDDEN))
    for limit in (2.0, 20.0):
        run = polled(source, watches(1), for_seconds(300), staleness_limit=limit)
        assert run.pulse.ceiling == limit
        gaps = [b - a for a, b in pairwise(run.calls[-10:])]
        assert limit * 0.9 < max(gaps) < limit * 1.2


def test_an_exception_of_the_source_loses_no_job() -> None:
    class Broken(TimedSource):
        async def observe(self, _: object, __: object, /) -> object:  # type: ignore[override]
            self.requests += 1
            raise RuntimeError("a fault")

    run = polled(Broken(), watches(1), for_seconds(300))
    assert run.source.requests >= 4
    assert run.watch(0).problem is not None


@pytest.mark.slow
def test_after_a_suspend_polling_resumes_without_a_burst() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(20)
        run.clock.suspend(8 * 3600)
        await asyncio.sleep(20)

    run = polled(TimedSource(), watches(200), script)
    after = sorted(at for at in run.calls if at >= 20)
    assert after[0] - 20 <= 2.1
    assert run.source.renewed == 1
    assert max(Counter(int(at) for at in after).values()) <= 1.25 * PRODUCTION.per_second


@pytest.mark.parametrize("latency", [0.05, 19.0], ids=["nothing to poll", "every call in flight"])
def test_connections_are_renewed_after_a_suspend_even_if_no_call_is_due_or_allowed(latency: float) -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(30)
        assert run.source.renewed == 0
        run.clock.suspend(60)
        await asyncio.sleep(2.1)

    count = 40 if latency > 1 else 0
    assert polled(TimedSource(latency=latency), watches(count), script).source.renewed == 1


def test_removed_jobs_are_no_longer_polled() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(20)
        await run.service.edit(lambda listed: listed.remove([job(0)], START))
        run.poller.sync_jobs()
        await asyncio.sleep(200)

    run = polled(TimedSource(), watches(2), script)
    assert max(run.calls_about(0)) <= 21
    assert max(run.calls_about(1)) > 100


@pytest.mark.slow
def test_three_hundred_old_jobs_cause_few_wakeups_and_fewer_calls_a_second() -> None:
    woken = []

    async def script(_: Run) -> None:
        for _minute in range(10):
            woken.append(waits())
            await asyncio.sleep(60)

    run = polled(TimedSource(), watches(300, added_at=START - 3_600), script)
    assert len([at for at in run.calls if at >= 120]) <= 5 * 1.05 * 480
    assert woken[-1] - woken[2] <= 20 * 60 * 7


@pytest.mark.parametrize("attended", [None, 0])
def test_jobs_observed_by_a_clock_an_hour_ahead_are_polled(attended: int | None) -> None:
    ahead = [replace(one, last_answer_at=START + 3_600, planned=60.0) for one in watches(5, added_at=START - 600)]

    async def script(run: Run) -> None:
        await asyncio.sleep(0.01)
        run.poller.set_selected(None if attended is None else job(attended))
        await asyncio.sleep(60)

    run = polled(TimedSource(), ahead, script)
    assert {asked.job for asked in run.source.asked if asked.at < START + 20} == {one.job.id for one in ahead}


def test_a_window_that_takes_over_the_lease_polls_without_a_burst() -> None:
    async def script(run: Run) -> None:
        held = False
        run.poller._may_poll = lambda: held
        await asyncio.sleep(120)
        assert run.calls == []
        held = True
        run.poller.replan()
        await asyncio.sleep(10)

    run = polled(TimedSource(), watches(200), script)
    assert len(run.calls) >= 150
    assert max(Counter(int(at) for at in run.calls).values()) <= 1.25 * PRODUCTION.per_second


# --- the order of the first calls --------------------------------------------------------------------------------

PROCESSING = Digest("Processing", Verdict(VerdictKind.RUNNING, "It runs."))


def heard(numbers: Iterable[int], before: float = 3_600) -> list[WatchedJob]:
    """Jobs that an earlier run of the program saw running, the higher numbers later."""
    start = START - before
    return [
        replace(
            watches(1)[0],
            job=job(number),
            added_at=start - 100,
            digest=PROCESSING,
            last_answer_at=start + number,
            last_running_at=start + number,
            read_at=start + 999,
        )
        for number in numbers
    ]


def first_calls(run: Run) -> list[int]:
    """The jobs in the order of their first calls."""
    return [int(key, 16) for key in dict.fromkeys(asked.job.key for asked in run.source.asked)]


def test_the_start_polls_selected_then_visible_unread_new_and_other_jobs() -> None:
    async def script(run: Run) -> None:
        run.poller.set_selected(job(77))
        run.poller.set_visible([job(77), *map(job, range(50, 55))])
        await asyncio.sleep(20)

    listed = heard(range(100))
    listed[30] = replace(listed[30], problem=Problem(ProblemKind.NOT_FOUND), problem_at=START - 3_000, changed_at=START)
    listed[90] = watches(91)[90]
    Random(1).shuffle(listed)
    order = first_calls(polled(TimedSource(), listed, script))
    rest = [number for number in range(100) if number not in {77, *range(50, 55), 30, 90}]
    assert {*order[:2]} == {77, 50}  # at the same moment
    assert order[2:] == [51, 52, 53, 54, 30, 90, *rest]


def test_jobs_that_come_on_screen_are_promoted_until_they_have_been_polled_since_the_start() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(1)
        run.poller.set_visible(map(job, range(400, 420)))
        await asyncio.sleep(1)

    order = first_calls(polled(TimedSource(), heard(range(500)), script))
    assert max(map(order.index, range(400, 420))) < 130


def test_jobs_that_are_shown_repeatedly_do_not_starve_others() -> None:
    async def script(run: Run) -> None:
        for _ in range(60):
            run.poller.set_visible(map(job, range(40)))
            await asyncio.sleep(0.5)

    run = polled(TimedSource(), heard(range(200)), script)
    counts = [len(run.calls_about(number)) for number in range(200)]
    assert min(counts) >= 1
    assert sum(counts[:40]) / 40 <= 1.5 * sum(counts[40:]) / 160


def test_a_refresh_by_hand_while_a_call_about_the_job_is_in_flight_sends_a_second_one_after_it() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(0.5)
        assert run.source.requests == 1
        run.poller.poll_now([job(0)])
        await asyncio.sleep(3)

    run = polled(TimedSource({job_id(0): START}, latency=1), watches(1), script)
    first, second = run.calls
    assert first + 1 <= second <= first + 1.1


# --- blips and outages -------------------------------------------------------------------------------------------


def failing(start: float, end: float, problem: Problem, status: int | None = None) -> TimedSource:
    """All calls fail between two times; with `status` the responses have no `Retry-After`."""
    return TimedSource(trouble=lambda at, _: problem if start <= at - START < end else None, failed_status=status)


def latest_return(run: Run, end: float) -> float:
    """Seconds from the end of an outage until each job whose call had failed had a good response again."""
    failed = {asked.job for asked in run.source.asked if not asked.was_good}
    returns = {job: float("inf") for job in failed}
    for asked in run.source.asked:
        at = asked.at - START + run.source.latency
        if asked.job in failed and asked.was_good and at >= end:
            returns[asked.job] = min(returns[asked.job], at - end)
    return max(returns.values(), default=0.0)


BLIPS = [
    pytest.param(Problem(ProblemKind.UNREACHABLE), None, id="unreachable"),
    pytest.param(Problem(ProblemKind.TIMED_OUT), None, id="timed out", marks=pytest.mark.slow),
    pytest.param(Problem(ProblemKind.SERVER_ERROR), 503, id="503"),
]


async def _sleeping(run: Run) -> None:
    await asyncio.sleep(10)
    run.clock.suspend(8 * 3_600)
    await asyncio.sleep(10)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 10, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("problem", "status"), BLIPS)
@pytest.mark.parametrize(
    ("starts", "script"),
    [([0], for_seconds(7)), ([6, 7], for_seconds(14)), ([10, 11], _sleeping)],
    ids=["at the start", "in the middle", "after a suspend"],
)
def test_after_a_blip_every_job_has_a_good_response_within_five_seconds(
    starts: list[float], script: Script, count: int, problem: Problem, status: int | None
) -> None:
    failed = 0
    for start in starts:
        for seed in range(3):
            run = polled(failing(start, start + 1, problem, status), watches(count), script, seed=seed)
            assert latest_return(run, start + 1) <= 5, (start, seed)
            failed += sum(not asked.was_good for asked in run.source.asked)
    assert failed


@pytest.mark.slow
@pytest.mark.parametrize("age", [0, 600, 86_400])
@pytest.mark.parametrize("count", [1, 3, 10, 40])
def test_after_an_outage_of_less_than_ten_seconds_every_job_has_a_good_response_within_five(
    count: int, age: float
) -> None:
    for end in (1, 3, 6, 9.5):
        for seed in range(5):
            outage = failing(0, end, Problem(ProblemKind.UNREACHABLE))
            run = polled(outage, watches(count, added_at=START - age), for_seconds(20), seed=seed)
            assert 0 < latest_return(run, end) <= 5, (end, seed)


def most_in_a_second(run: Run) -> int:
    calls = sorted(run.calls)
    return max(bisect_left(calls, at + 1 - 1e-6) - place for place, at in enumerate(calls))


async def _suspend(run: Run) -> None:
    await asyncio.sleep(5)
    run.clock.suspend(8 * 3_600)
    await asyncio.sleep(10)


async def _pause(run: Run) -> None:
    await asyncio.sleep(5)
    run.poller.pause()
    await asyncio.sleep(120)
    run.poller.resume()
    await asyncio.sleep(5)


async def _lease(run: Run) -> None:
    held = False
    run.poller._may_poll = lambda: held
    await asyncio.sleep(120)
    held = True
    run.poller.replan()
    await asyncio.sleep(5)


async def _hand(run: Run) -> None:
    for _ in range(8):
        run.poller.poll_now(map(job, range(300)))
        await asyncio.sleep(1)


@pytest.mark.parametrize(
    ("source", "script"),
    [
        (TimedSource(), for_seconds(8)),
        (outage(3, 5), for_seconds(12)),
        (outage(3, 40), for_seconds(60)),
        (TimedSource(), _suspend),
        (TimedSource(), _pause),
        (TimedSource(), _lease),
        (TimedSource(), _hand),
    ],
    ids=["start", "short outage", "outage", "suspend", "pause", "lease", "by hand"],
)
def test_no_second_has_more_calls_than_the_rate_and_a_quarter(
    source: TimedSource, script: Callable[[Run], Awaitable[None]]
) -> None:
    run = polled(source, watches(300), script, limits_for(TenantKind.PRODUCTION, calls_per_second=40))
    assert 20 < most_in_a_second(run) <= 1.25 * 40


# --- slow hosts, limits of hosts, and jobs that fail alone -------------------------------------------------------


@pytest.mark.parametrize("count", [5, 20, pytest.param(200, marks=pytest.mark.slow)])
def test_a_slow_host_is_named_and_makes_no_fresh_row_stale(count: int) -> None:
    stale, pulses = Counter[int](), []

    async def script(run: Run) -> None:
        for second in range(150):
            await asyncio.sleep(1)
            seen = [watch for number in range(count) if (watch := run.watch(number)).last_answer_at is not None]
            stale.update(second for watch in seen if is_stale(watch, run.clock.now()))
            pulses.append(run.poller.status())

    run = polled(TimedSource(latency=5), watches(count, added_at=START - 60), script)
    assert pulses[20].limit is Limit.HOST
    assert stale == {}
    assert max(Counter(round(at) for at in run.calls).values()) <= 10


@pytest.mark.slow
def test_jobs_that_always_fail_do_not_slow_the_others() -> None:
    def run(failing: int) -> Run:
        source = TimedSource(
            trouble=lambda _, one: Problem(ProblemKind.TIMED_OUT) if int(one.key, 16) < failing else None
        )
        return polled(source, watches(20, added_at=START - 600), for_seconds(100))

    alone = sum(len(run(0).calls_about(number)) for number in range(2, 20))
    for failing_jobs in (1, 2):
        beside = run(failing_jobs)
        assert sum(len(beside.calls_about(number)) for number in range(2, 20)) >= 0.95 * alone
        assert len(beside.calls_about(0)) <= 60
        assert beside.pulse.problem is None


@pytest.mark.slow
def test_one_failing_job_does_not_take_the_tenant_down_but_all_failing_do() -> None:
    source = TimedSource(
        trouble=lambda at, one: Problem(ProblemKind.TIMED_OUT) if one == job_id(0) or at > START + 300 else None
    )
    downs = list[bool]()

    async def script(run: Run) -> None:
        for _ in range(400):
            await asyncio.sleep(1)
            downs.append(run.poller.status().problem is not None)

    polled(source, watches(10), script)
    assert sum(downs[:300]) <= 10
    assert all(downs[330:])


def test_a_tenant_with_one_job_left_is_still_shown_as_down() -> None:
    run = polled(outage(60, 600), watches(1), for_seconds(200))
    assert run.pulse.problem is not None
    assert run.pulse.down_since is not None


@pytest.mark.parametrize(("granted", "most"), [("40", 10), ("8", 2), ("1", 1)])
def test_at_most_a_quarter_of_the_granted_concurrency_is_in_flight(granted: str, most: int) -> None:
    source = TimedSource(latency=1, limits=lambda _: (("concurrency-limit-limit", granted),))
    run = polled(source, watches(50), for_seconds(20))
    later = sorted(at for at in run.calls if at > 2.5)
    in_flight = [bisect_left(later, at + 1 - 1e-6) - place for place, at in enumerate(later)]
    assert max(in_flight) == most


# --- nothing to do, and no busy loops ----------------------------------------------------------------------------


def all_final() -> list[WatchedJob]:
    done = Digest("Completed", Verdict(VerdictKind.DONE, "It is done."))
    return [replace(watch, digest=done, last_answer_at=START - 5, ended_at=START - 5) for watch in watches(50)]


@pytest.mark.parametrize(
    ("listed", "limits", "source", "most"),
    [
        ([], PRODUCTION, TimedSource(), 40),
        (all_final(), PRODUCTION, TimedSource(), 40),
        (watches(20), limits_for(TenantKind.PRODUCTION, daily_calls=1), TimedSource(), 90),
        (watches(1, added_at=START - 1e6), PRODUCTION, TimedSource(), 90),
        (watches(20), PRODUCTION, outage(0, 1e9), 200),
        (watches(20), PRODUCTION, TimedSource(limits=lambda _: (("retry-after", "9999"),)), 20 * 60),
    ],
    ids=["no jobs", "all final", "one call a day", "one old job", "down", "retry-after without a 429"],
)
def test_a_poller_with_little_to_do_sleeps(
    listed: list[WatchedJob], limits: Limits, source: TimedSource, most: int
) -> None:
    woken = list[int]()

    async def script(run: Run) -> None:
        for _ in range(3):
            woken.append(waits())
            await asyncio.sleep(60)

    polled(source, listed, script, limits)
    assert woken[-1] - woken[-2] <= most


def test_jobs_removed_while_a_call_is_in_flight_are_dropped() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(0.5)
        await run.service.edit(lambda listed: listed.remove([job(0), job(1)], START))
        run.poller.sync_jobs()
        await asyncio.sleep(30)
        assert len(run.poller._schedule) <= 1
        run.poller.sync_jobs()
        assert job(1) not in run.poller._failures

    source = TimedSource(latency=1, trouble=lambda _, one: Problem(ProblemKind.TIMED_OUT) if one == job_id(1) else None)
    run = polled(source, watches(3), script)
    assert max(run.calls_about(0) + run.calls_about(1)) < 0.5


def test_a_quick_host_after_a_slow_one_is_used_at_once() -> None:
    source = TimedSource(latency=5)

    async def script(run: Run) -> None:
        await asyncio.sleep(60)
        source.latency = 0.05
        await asyncio.sleep(60)

    run = polled(source, watches(40, added_at=START - 30), script)
    assert run.pulse.limit is None
    assert sum(at > 90 for at in run.calls) > 3 * sum(30 < at <= 60 for at in run.calls)


def test_the_log_states_reason_result_and_wait_of_each_call() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(20)
        run.poller.poll_now([job(number) for number in range(12)])
        await asyncio.sleep(30)

    down = Problem(ProblemKind.UNREACHABLE, "no route to host")
    source = TimedSource(latency=0.5, trouble=lambda at, _: down if at > START + 30 else None)
    run = polled(source, watches(12), script)
    _, calls = run.log.calls()
    assert len(calls) == len(run.calls)
    by_kind = {kind: [one for one in calls if one.kind is kind] for kind in CallKind}
    assert {one.job for one in by_kind[CallKind.REFRESH]} == {job(number) for number in range(12)}
    assert by_kind[CallKind.PROBE]
    assert all(one.problem == down for one in by_kind[CallKind.PROBE])
    assert all(one.took == pytest.approx(0.5) and one.tenant == "env" for one in calls)
    assert Counter(source.kinds) == Counter(one.kind for one in calls), "the source logs refused attempts as the same"
    by_hand = [one.waited for one in by_kind[CallKind.REFRESH]]
    assert min(by_hand) == 0
    assert 0.4 < max(by_hand) < 5, "ten at once, the others after them"
    last = run.log.last(job(3))
    assert last is not None
    assert last.is_failure
