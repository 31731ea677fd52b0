"""Poller and rate limiter in virtual time: the limits of a tenant are never exceeded, and used where they allow it."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from tests.support.polling import Run, Script, for_seconds, job, job_id, polled, watches
from tests.support.sources import TimedSource
from tests.support.virtual_time import START
from zjobtui.models.job import JobId
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.related import ReadResult, Reference, RelatedKind
from zjobtui.models.tenant import TenantKind
from zjobtui.polling.rate_limiter import Limits, limits_for
from zjobtui.polling.schedule import Schedule
from zjobtui.polling.survival import STALENESS_LIMIT

HOUR, DAY = 3_600.0, 86_400.0


def sandbox(seconds: float) -> Run:
    """Sixty jobs that end over a day, in an API sandbox."""
    chance = Random(5)
    ends = {job_id(number): START + chance.uniform(0, DAY) for number in range(60)}
    return polled(TimedSource(ends), watches(60), for_seconds(seconds), limits_for(TenantKind.API_SANDBOX))


@pytest.mark.slow
def test_a_few_hours_in_an_api_sandbox_leave_calls_for_the_rest_of_the_day() -> None:
    run = sandbox(3 * HOUR)
    assert 250 <= len(run.calls) <= 600


@pytest.mark.long
def test_a_day_in_an_api_sandbox_stays_within_its_share() -> None:
    run = sandbox(DAY)
    assert 700 <= len(run.calls) <= 1_000 * 1.01


@pytest.mark.slow
def test_the_status_has_the_actual_interval() -> None:
    run = polled(TimedSource(), watches(200), for_seconds(3_600), limits_for(TenantKind.API_SANDBOX))
    assert run.pulse.ceiling > 600
    assert run.pulse.day_share > 0.1


@pytest.mark.slow
def test_a_daily_limit_of_the_user_is_kept() -> None:
    limits = limits_for(TenantKind.PRODUCTION, daily_calls=300)
    run = polled(TimedSource(), watches(20), for_seconds(8 * HOUR), limits)
    assert 300 * 8 / 24 <= len(run.calls) <= 303


class Capped(TimedSource):
    """A host that accepts two calls a second and refuses the rest."""

    def __init__(self) -> None:
        super().__init__(trouble=self._refuse)
        self._taken: list[float] = []

    def _refuse(self, at: float, _: JobId) -> Problem | None:
        self._taken = [taken for taken in self._taken if taken > at - 1]
        if len(self._taken) >= 2:
            return Problem(ProblemKind.THROTTLED)
        self._taken.append(at)
        return None


@pytest.mark.slow
def test_a_rate_cap_of_the_host_is_found_and_used() -> None:
    run = polled(Capped(), watches(500), for_seconds(600))
    after = [asked for asked in run.source.asked if asked.at - START > 60]
    refused = sum(not asked.was_good for asked in after)
    assert refused <= 0.02 * len(after)
    assert len(after) - refused >= 0.8 * 2 * 540


def asking_for_patience(seconds: float, start: float) -> TimedSource:
    def trouble(at: float, _: JobId) -> Problem | None:
        return Problem(ProblemKind.THROTTLED) if start <= at - START < start + 12 else None

    return TimedSource(
        trouble=trouble, limits=lambda at: (("retry-after", str(seconds)),) if at - START >= start else ()
    )


def calls_within(run: Run, start: float, end: float) -> int:
    return sum(start < at < end for at in run.calls)


def test_nothing_is_sent_before_retry_after_ends() -> None:
    run = polled(asking_for_patience(120, 30), watches(50), for_seconds(300))
    first_refusal = min(asked.at - START for asked in run.source.asked if not asked.was_good)
    assert calls_within(run, first_refusal + 0.2, first_refusal + 119) == 0
    assert calls_within(run, first_refusal + 120, first_refusal + 150) > 0


@pytest.mark.slow
def test_a_retry_after_of_an_hour_is_kept() -> None:
    run = polled(asking_for_patience(3_600, 30), watches(20), for_seconds(4_000))
    assert calls_within(run, 33, 3_600) == 0
    assert calls_within(run, 3_640, 4_000) > 0


class SigningIn(TimedSource):
    """Needs a second request, such as one for a token, for each read."""

    async def read_related(self, reference: Reference, /) -> ReadResult:
        self.requests += 1
        return await super().read_related(reference)


@pytest.mark.parametrize("reads", [0, 20])
@pytest.mark.parametrize("unknown", [0, 20])
def test_the_price_of_a_call_depends_on_every_request(
    monkeypatch: pytest.MonkeyPatch, reads: int, unknown: int
) -> None:
    """Reads, requests for tokens and second requests about unknown ids use calls that polls cannot have."""
    counted, requests, fit = list[int](), list[int](), Schedule.fit

    def counting(schedule: Schedule, *arguments: Any, **named: Any) -> bool:  # noqa: ANN401 - those of `fit`
        counted.append(arguments[3])
        requests.append(source.requests)
        return fit(schedule, *arguments, **named)

    async def script(run: Run) -> None:
        for number in range(reads):
            future: asyncio.Future[ReadResult] = asyncio.get_running_loop().create_future()
            run.poller.read_related(Reference(RelatedKind.ORDER, f"O-{number}"), future)
            await asyncio.sleep(0.2)
        await asyncio.sleep(60)

    monkeypatch.setattr(Schedule, "fit", counting)
    not_found = Problem(ProblemKind.NOT_FOUND)
    source = SigningIn(trouble=lambda _, one: not_found if int(one.key, 16) < unknown else None)
    polled(source, watches(30), script)
    assert len(source.operations_asked) == unknown
    assert sum(counted) == pytest.approx(requests[-1], abs=2), "but for those in flight"


API_SANDBOX, DEVELOPER_SANDBOX = limits_for(TenantKind.API_SANDBOX), limits_for(TenantKind.DEVELOPER_SANDBOX)
FEW_A_DAY = limits_for(TenantKind.PRODUCTION, daily_calls=300)


def again_and_again(seconds: float, every: float, do: Callable[[Run], None]) -> Script:
    async def script(run: Run) -> None:
        for _ in range(int(seconds / every)):
            do(run)
            await asyncio.sleep(every)

    return script


def longest_wait(run: Run, count: int, without: int | None = None) -> int:
    """The calls about all jobs while one of them waited for its next call, or for its first one.

    `without` is the number of a job whose calls are left out, and that may wait for as long as it likes.
    """
    asked = [one.job for one in run.source.asked if without is None or one.job != job_id(without)]
    waits = []
    for number in range(count):
        if number == without:
            continue
        turns = [-1, *(turn for turn, one in enumerate(asked) if one == job_id(number)), len(asked)]
        waits.append(max(after - before for before, after in pairwise(turns)))
    return max(waits)


@pytest.mark.slow
@pytest.mark.parametrize(("limits", "count"), [pytest.param(API_SANDBOX, 100, marks=pytest.mark.slow), (FEW_A_DAY, 10)])
def test_a_job_that_stays_selected_leaves_most_calls_to_the_others(limits: Limits, count: int) -> None:
    looking = again_and_again(3 * HOUR, 60, lambda run: run.poller.set_selected(job(7)))
    run = polled(TimedSource(), watches(count), looking, limits)
    assert len(run.calls) <= limits.per_day
    assert len(run.calls) >= limits.per_day / 3
    assert len(run.calls_about(7)) <= 0.25 * len(run.calls) + len(run.calls) / count
    assert longest_wait(run, count) <= 3 * count


@pytest.mark.slow
def test_jobs_selected_one_after_the_other_share_a_quarter_of_the_calls() -> None:
    numbers = iter(range(1_000_000))
    looking = again_and_again(2 * HOUR, 3, lambda run: run.poller.set_selected(job(next(numbers) % 5)))
    run = polled(TimedSource(), watches(50), looking, API_SANDBOX)
    looked_at = sum(len(run.calls_about(number)) for number in range(5))
    assert looked_at <= (0.25 + 5 / 50) * len(run.calls)
    assert longest_wait(run, 50) <= 3 * 50


@pytest.mark.slow
def test_the_selected_job_has_no_preference_from_five_minutes_after_the_last_key() -> None:
    async def script(run: Run) -> None:
        run.poller.set_selected(job(7))
        await asyncio.sleep(1_200)
        run.poller.set_selected(job(7))
        await asyncio.sleep(60)

    run = polled(TimedSource(), watches(100, added_at=START - DAY), script)
    gaps = [(after, after - before) for before, after in pairwise(run.calls_about(7))]
    assert max(gap for at, gap in gaps if 10 < at < 300) <= 2.5
    assert sum(320 < at < 1_200 for at, _ in gaps) <= 2 * sum(320 < at < 1_200 for at in run.calls_about(8))
    assert max(gap for at, gap in gaps if at > 1_205) <= 2.5


@pytest.mark.parametrize("count", [1, 10, pytest.param(100, marks=pytest.mark.slow)])
def test_with_plenty_of_calls_the_selected_job_is_polled_every_two_seconds(count: int) -> None:
    looking = again_and_again(600, 60, lambda run: run.poller.set_selected(job(0)))
    run = polled(TimedSource(), watches(count, added_at=START - DAY), looking)
    assert max(after - before for before, after in pairwise(run.calls_about(0))) <= 2.5
    assert longest_wait(run, count) <= 3 * max(count, 50)


@pytest.mark.slow
def test_a_job_refreshed_by_hand_all_day_leaves_calls_to_the_others_and_keeps_the_daily_limit() -> None:
    refreshes = again_and_again(3 * HOUR, 5, lambda run: run.poller.poll_now([job(7)]))
    run = polled(TimedSource(), watches(20), refreshes, FEW_A_DAY)
    assert len(run.calls) <= FEW_A_DAY.per_day
    assert len(run.calls_about(7)) <= 0.65 * len(run.calls)
    assert longest_wait(run, 20, without=7) <= 3 * 19, "of the calls that are planned each job gets its share"
    assert longest_wait(run, 20) <= 2 * 3 * 19, "and at least every other call is planned"


def longest_wait_in_seconds(run: Run, count: int, seconds: float) -> float:
    """How long a job waited for its next call, or for its first one."""
    turns: dict[JobId, list[float]] = {job_id(number): [0.0] for number in range(count)}
    for asked in run.source.asked:
        turns[asked.job].append(asked.at - START)
    return max(after - before for at in turns.values() for before, after in pairwise([*at, seconds]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limits", "seconds"),
    [(API_SANDBOX, 6 * HOUR), (DEVELOPER_SANDBOX, 2 * HOUR), (limits_for(TenantKind.PRODUCTION), 0.1 * HOUR)],
    ids=["API sandbox", "developer sandbox", "production"],
)
def test_five_hundred_jobs_and_a_selected_one_share_the_available_calls(limits: Limits, seconds: float) -> None:
    looking = again_and_again(seconds, 60, lambda run: run.poller.set_selected(job(0)))
    run = polled(TimedSource(), watches(500), looking, limits)
    assert len(run.calls) <= limits.per_day
    assert len(run.calls_about(0)) <= 0.25 * len(run.calls) + len(run.calls) / 500
    assert longest_wait_in_seconds(run, 500, seconds) <= max(STALENESS_LIMIT, 3 * 500 * seconds / len(run.calls))


@pytest.mark.long
@pytest.mark.parametrize("every", [60.0, DAY], ids=["with keys", "without keys"])
@pytest.mark.parametrize("count", [1, 10, 100, 500])
@pytest.mark.parametrize(
    ("limits", "seconds"),
    [(API_SANDBOX, DAY), (DEVELOPER_SANDBOX, DAY), (FEW_A_DAY, DAY), (limits_for(TenantKind.PRODUCTION), 2 * HOUR)],
    ids=["API sandbox", "developer sandbox", "300 calls a day", "production"],
)
def test_a_day_with_a_selected_job_keeps_to_the_budget_and_polls_every_job(
    limits: Limits, seconds: float, count: int, every: float
) -> None:
    looking = again_and_again(seconds, min(every, seconds), lambda run: run.poller.set_selected(job(0)))
    run = polled(TimedSource(), watches(count), looking, limits)
    assert len(run.calls) <= 1.01 * limits.per_day
    assert count > limits.per_day or all(run.calls_about(number) for number in range(count))
    if count > 1 and len(run.calls) >= 0.9 * limits.per_day:
        assert len(run.calls_about(0)) <= 0.25 * len(run.calls) + len(run.calls) / count
        assert longest_wait(run, count) <= 3 * count
