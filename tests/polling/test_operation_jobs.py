"""An id that Zuora does not know is requested once as an operation job, and polled there if it is one."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from msgspec.structs import replace

from tests.support.polling import Run, for_seconds, job, job_id, polled, watches
from tests.support.sources import TimedSource
from tests.support.virtual_time import START, wall
from zjobtui.models.call_log import CallKind
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Call, Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.report import OperationResult, Report
from zjobtui.models.verdict import VerdictKind
from zjobtui.polling.rate_limiter import Limits
from zjobtui.polling.tenant_gate import CallResult, TenantGate

UNKNOWN = Problem(ProblemKind.NOT_FOUND, "Cannot find response for job")
DELETION = OperationResult(operation="Delete", object_type="Invoice", object_id="8ad0")
HOUR = 3_600.0


def unknown(_at: float, _job: JobId) -> Problem:
    return UNKNOWN


def run_with(operation: Observation | None = None, seconds: float = HOUR, count: int = 1) -> Run:
    source = TimedSource(trouble=unknown)
    if operation is not None:
        source.operation = lambda _: replace(operation, at=wall())
    return polled(source, watches(count), for_seconds(seconds))


def test_an_unknown_id_is_requested_once_as_an_operation_job() -> None:
    run = run_with(seconds=HOUR / 4, count=3)
    assert len(run.source.asked) > 6
    assert sorted(each.key for each in run.source.operations_asked) == sorted(f"{n:032x}" for n in range(3))
    assert {run.watch(number).verdict.kind for number in range(3)} == {VerdictKind.UNKNOWN}
    assert run.watch(0).operation_checked_at is not None
    _, calls = run.log.calls()
    assert len(calls) == len(run.source.asked) + len(run.source.operations_asked), "each call is logged"
    assert all(call.took <= run.source.latency + 0.001 for call in calls)


@pytest.mark.slow
def test_the_request_is_not_repeated_after_a_restart() -> None:
    source = TimedSource(trouble=unknown)
    known = [replace(watch, operation_checked_at=START - HOUR) for watch in watches(1)]
    polled(source, known, for_seconds(HOUR))
    assert source.operations_asked == []


def test_an_operation_job_is_polled_there_until_it_ends() -> None:
    source = TimedSource(trouble=unknown)

    def status(_: JobId) -> Observation:
        words = {0: "Pending", 1: "Processing"}.get(int((wall() - START) // 20), "Completed")
        return Success(Report(status=words, result=DELETION, raw="{}"), wall())

    source.operation = status
    seen = list[str]()

    async def script(run: Run) -> None:
        for _ in range(3):
            await for_seconds(19)(run)
            seen.append(run.watch(0).verdict.sentence)

    run = polled(source, watches(1), script)
    assert seen == [
        "Pending, operation job: Delete of invoice 8ad0.",
        "Processing, operation job: Delete of invoice 8ad0.",
        "Completed, operation job: Delete of invoice 8ad0.",
    ]
    assert len(source.asked) == 1
    assert (run.watch(0).verdict.kind, run.watch(0).is_final) == (VerdictKind.DONE, True)


@pytest.mark.slow
def test_a_response_without_a_statement_about_the_id_does_not_use_up_the_request() -> None:
    run = run_with(Failure(Problem(ProblemKind.TIMED_OUT), START))
    assert len(run.source.operations_asked) > 1
    assert run.watch(0).verdict.kind is VerdictKind.UNKNOWN
    run = run_with(Failure(Problem(ProblemKind.FORBIDDEN), START))
    assert len(run.source.operations_asked) == 1


def test_the_request_is_counted() -> None:
    used = list[int]()

    async def script(run: Run) -> None:
        await for_seconds(5)(run)
        used.append(run.poller._gate.limiter.used_today(run.clock.now()))

    run = polled(TimedSource(trouble=unknown), watches(1), script)
    assert used == [len(run.source.asked) + 1] == [run.source.requests]


@pytest.mark.slow
def test_no_other_job_is_requested_as_an_operation_job() -> None:
    source = TimedSource(ends={job_id(0): START + 60})
    polled(source, watches(5), for_seconds(HOUR))
    assert source.operations_asked == []


def test_the_request_respects_the_rate_limit() -> None:
    run = polled(TimedSource(trouble=unknown), watches(8), for_seconds(20), Limits(per_second=2))
    assert len(run.source.operations_asked) == 8
    assert min(after - before for before, after in pairwise(run.source.sent)) >= 0.49


def test_the_wait_for_the_second_request_is_not_taken_for_the_response_time_of_the_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results, record = list[CallResult](), TenantGate.record

    def note(gate: TenantGate, job: JobRef, result: CallResult, recent: float, *, has_untried: bool) -> None:
        results.append(result)
        record(gate, job, result, recent, has_untried=has_untried)

    monkeypatch.setattr(TenantGate, "record", note)
    run = polled(TimedSource(trouble=unknown), watches(1), for_seconds(9), Limits(per_second=0.2))
    first, second = results
    assert second.sent - first.sent >= 4, "the second call waited for the limit"
    assert max(result.ended - result.sent for result in results) <= 2 * run.source.latency


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        pytest.param(Limits(per_second=5, per_day=5), 9 * HOUR, marks=pytest.mark.slow, id="day"),
        pytest.param(Limits(per_second=5, per_hour=5), 0.9 * HOUR, id="hour"),
    ],
)
def test_the_request_respects_the_hourly_and_daily_limits(limits: Limits, seconds: float) -> None:
    run = polled(TimedSource(trouble=unknown), watches(8), for_seconds(seconds), limits)
    assert run.source.operations_asked != []
    assert run.source.requests <= 5


def test_the_request_is_not_made_if_no_call_of_the_hour_is_left() -> None:
    run = polled(TimedSource(trouble=unknown), watches(1), for_seconds(60), Limits(per_second=5, per_hour=1))
    assert run.source.operations_asked == []
    assert (run.watch(0).verdict.kind, run.watch(0).operation_checked_at) == (VerdictKind.UNKNOWN, None)


@pytest.mark.slow
def test_a_request_that_the_hour_did_not_allow_is_made_later() -> None:
    run = polled(TimedSource(trouble=unknown), watches(3), for_seconds(3 * HOUR), Limits(per_second=5, per_hour=4))
    assert len(run.source.operations_asked) == 3


def test_an_operation_job_is_found_at_any_rate_limit() -> None:
    source = TimedSource(trouble=unknown)
    source.operation = lambda _: Success(Report(status="Completed", result=DELETION, raw="{}"), wall())
    run = polled(source, watches(1), for_seconds(200), Limits(per_second=0.01))
    assert run.watch(0).verdict.kind is VerdictKind.DONE
    assert [round(at, -1) for at in source.sent] == [0, 100]
    _, calls = run.log.calls()
    assert calls[-1].waited == pytest.approx(100, abs=1)
    assert run.poller._gate.latency < 1, "the wait is not the host's"


def test_the_request_is_not_made_during_a_retry_after() -> None:
    headers = (("ratelimit-limit", "10, 10;w=60"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "600"))
    run = polled(TimedSource(trouble=unknown, limits=lambda _: headers), watches(1), for_seconds(60))
    assert len(run.source.sent) == 1


def test_the_request_is_not_made_while_polling_is_paused() -> None:
    async def script(run: Run) -> None:
        await for_seconds(2)(run)
        run.poller.pause()
        await for_seconds(60)(run)

    run = polled(TimedSource(trouble=unknown), watches(1), script, Limits(per_second=0.1))
    assert run.source.operations_asked == []
    assert run.watch(0).verdict.kind is VerdictKind.UNKNOWN


def throttled(seconds: float) -> Failure:
    limits = RateLimits(retry_after=seconds)
    return Failure(Problem(ProblemKind.THROTTLED), START, Call(http_status=429, rate_limits=limits))


def unavailable(seconds: float) -> Failure:
    limits = RateLimits(retry_after=seconds)
    return Failure(Problem(ProblemKind.UNAVAILABLE), START, Call(http_status=503, rate_limits=limits))


@pytest.mark.parametrize("refusal", [throttled, unavailable])
def test_retry_after_in_the_response_to_the_request_is_kept(
    refusal: Callable[[float], Failure],
) -> None:
    run = run_with(refusal(60.0), seconds=50, count=3)
    assert len(run.source.operations_asked) <= 3, "those that were in flight at that moment"
    assert max(run.source.sent) < 1
    assert run.pulse.problem is not None


def test_refused_credentials_in_response_to_the_request_take_the_tenant_down() -> None:
    run = run_with(Failure(Problem(ProblemKind.SIGNED_OUT), START), seconds=0.5)
    assert run.pulse.problem is not None
    assert run.pulse.problem.kind is ProblemKind.SIGNED_OUT
    assert run.watch(0).verdict.kind is VerdictKind.UNKNOWN


def test_a_request_that_fails_is_repeated_soon_and_then_rarely() -> None:
    run = run_with(Failure(Problem(ProblemKind.TIMED_OUT), START), seconds=200)
    assert run.pulse.problem is None, "the host responds about the job"
    assert 3 <= len(run.source.operations_asked) < 12
    assert [call for call in run.source.sent if call > 20] != []


def test_a_refresh_finds_an_operation_job_even_if_the_tenant_was_down_and_polling_is_paused() -> None:
    source = TimedSource(trouble=lambda at, _: UNKNOWN if at > START + 30 else Problem(ProblemKind.UNREACHABLE))
    source.operation = lambda _: Success(Report(status="Completed", result=DELETION, raw="{}"), wall())

    async def script(run: Run) -> None:
        await for_seconds(29)(run)
        assert run.poller.status().problem is not None
        run.poller.pause()
        await for_seconds(10)(run)
        run.poller.poll_now([job(0)])
        await for_seconds(5)(run)

    run = polled(source, watches(1), script)
    assert run.watch(0).verdict.kind is VerdictKind.DONE
    assert source.kinds[-1] is CallKind.PROBE


def test_the_other_jobs_are_polled_at_once_if_the_response_about_an_unknown_id_ends_an_outage() -> None:
    """The host responds again about an unknown id: its operation call, which takes long, delays no other job."""
    outage = Problem(ProblemKind.UNREACHABLE)
    source = TimedSource(trouble=lambda at, job: outage if at < START + 60 else (UNKNOWN if job == job_id(0) else None))
    run = polled(source, watches(4), for_seconds(75))
    assert run.pulse.problem is None
    assert all(run.watch(number).problem is None for number in range(1, 4))
