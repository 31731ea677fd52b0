"""What rows show during faults: old never looks fresh, and final reports stay."""

import asyncio
from dataclasses import dataclass

import pytest

from tests.support.polling import Run, for_seconds, job, job_id, polled, watches
from tests.support.sources import TimedSource
from tests.support.virtual_time import START, wall
from zjobtui.models.call_log import CallKind
from zjobtui.models.job import JobId
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.report import Report
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import STALE_AFTER, is_stale

FAULT_AT = 60.0
"""Seconds after the start from which all calls fail."""

JOBS = 12


@dataclass
class Faulty(TimedSource):
    """Good until `FAULT_AT`; from then on each call takes `hang` seconds and meets `kind`."""

    kind: ProblemKind = ProblemKind.TIMED_OUT
    hang: float = 0.05
    share: float = 1.0

    async def observe(self, job_id: JobId, kind: CallKind = CallKind.POLL, /) -> Observation:
        if wall() - START < FAULT_AT or int(job_id.key, 16) >= self.share * JOBS:
            return await super().observe(job_id, kind)
        await asyncio.sleep(self.hang)
        return Failure(Problem(self.kind), wall())


@dataclass
class Watched:
    """Checks all rows twice a second; each must be stale 1 s after three promised intervals."""

    seconds: float

    def __post_init__(self) -> None:
        self.too_fresh: list[str] = []
        self.stale_seen = 0

    async def __call__(self, run: Run) -> None:
        promised: dict[int, tuple[float | None, float]] = {}
        for _ in range(int(2 * self.seconds)):
            await asyncio.sleep(0.5)
            for number in range(JOBS):
                self._look(run, number, promised)

    def _look(self, run: Run, number: int, promised: dict[int, tuple[float | None, float]]) -> None:
        watch, now = run.watch(number), wall()
        if promised.get(number, (0.0, 0.0))[0] != watch.answered_at:
            promised[number] = watch.answered_at, watch.planned
        answered_at, planned = promised[number]
        self.stale_seen += is_stale(watch, now)
        age = now - (watch.added_at if answered_at is None else answered_at)
        if age > STALE_AFTER * planned + 1 and not is_stale(watch, now):
            self.too_fresh.append(f"job {number}: an answer {age:.1f} s old, promised {planned:.1f}: {watch.problem}")


KINDS = [kind for kind in ProblemKind if kind is not ProblemKind.NOT_FOUND]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.lower())
@pytest.mark.parametrize(
    ("share", "hang"),
    [
        pytest.param(1.0, 0.05, id="all jobs, at once"),
        pytest.param(0.25, 20.0, id="some jobs, after 20 s", marks=pytest.mark.slow),
    ],
)
def test_after_any_failure_of_a_call_its_row_becomes_stale_in_time(
    kind: ProblemKind, share: float, hang: float
) -> None:
    looking = Watched(250)
    polled(Faulty(kind=kind, hang=hang, share=share), watches(JOBS), looking)
    assert looking.too_fresh == []
    assert looking.stale_seen


def test_a_call_that_never_ends_makes_its_row_stale_in_time() -> None:
    looking = Watched(300)
    polled(Faulty(hang=1e9), watches(JOBS), looking)
    assert looking.too_fresh == []


def test_without_failures_no_row_is_stale() -> None:
    looking = Watched(300)
    polled(TimedSource(), watches(JOBS), looking)
    assert looking.stale_seen == 0


def test_while_polling_is_paused_rows_become_stale() -> None:
    looking = Watched(300)

    async def script(run: Run) -> None:
        await asyncio.sleep(30)
        run.poller.pause()
        await looking(run)

    polled(TimedSource(), watches(JOBS), script)
    assert looking.too_fresh == []
    assert looking.stale_seen


def test_after_a_suspend_rows_are_stale_until_a_response() -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(30)
        run.clock.suspend(3600)
        assert all(is_stale(run.watch(number), run.clock.now()) for number in range(JOBS))

    polled(TimedSource(), watches(JOBS), script)


def test_a_row_without_any_response_becomes_stale_too() -> None:
    source = TimedSource(trouble=lambda _at, _job: Problem(ProblemKind.UNREACHABLE))
    run = polled(source, watches(1), for_seconds(30))
    assert run.watch(0).answered_at is None
    assert is_stale(run.watch(0), START + 30)


LATER = Failure(Problem(ProblemKind.NOT_FOUND), START + 50)


@dataclass
class Fickle(TimedSource):
    """Reports that the job is completed, and something else when polled again."""

    later: Observation = LATER

    async def observe(self, job_id: JobId, kind: CallKind = CallKind.POLL, /) -> Observation:
        return await super().observe(job_id, kind) if not self.asked else self._again(job_id)

    def _again(self, _: JobId) -> Observation:
        self.requests += 1
        return self.later


@pytest.mark.parametrize(
    "later",
    [LATER, Success(Report(status="Processing"), START + 50)],
    ids=["unknown", "processing"],
)
def test_a_final_report_is_kept_and_a_later_contradiction_is_shown(later: Observation) -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(40)
        assert run.watch(0).verdict.kind is VerdictKind.DONE
        assert run.source.requests == 1
        run.poller.poll_now([job(0)])
        await asyncio.sleep(40)
        assert run.source.requests == 2
        await asyncio.sleep(1000)

    run = polled(Fickle(ends={job_id(0): START}, later=later), watches(1), script)
    assert run.watch(0).verdict.kind is VerdictKind.DONE
    assert run.watch(0).contradiction
    assert run.source.requests == 2


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.lower())
def test_a_failed_call_does_not_change_a_final_report(kind: ProblemKind) -> None:
    async def script(run: Run) -> None:
        await asyncio.sleep(40)
        run.poller.poll_now([job(0)])
        await asyncio.sleep(400)

    run = polled(Fickle(ends={job_id(0): START}, later=Failure(Problem(kind), START + 50)), watches(1), script)
    assert run.watch(0).verdict.kind is VerdictKind.DONE
    assert not run.watch(0).contradiction
    assert not is_stale(run.watch(0), START + 1e6)
