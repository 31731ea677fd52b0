"""The poller and its budget in virtual time: what a tenant grants is never overrun, and used where it is granted."""

from random import Random

import pytest

from tests.support.polling import Run, for_seconds, job_id, polled, watches
from tests.support.sources import TimedSource
from tests.support.virtual_time import START
from zjobtui.domain.job import JobId
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.tenant import TenantKind
from zjobtui.polling.line import limits_for

HOUR, DAY = 3_600.0, 86_400.0


def sandbox(seconds: float) -> Run:
    """Sixty jobs that end over a day, in an API sandbox."""
    chance = Random(5)
    ends = {job_id(number): START + chance.uniform(0, DAY) for number in range(60)}
    return polled(TimedSource(ends), watches(60), for_seconds(seconds), limits_for(TenantKind.API_SANDBOX))


def test_r1_a_few_hours_with_an_api_sandbox_leave_calls_for_the_rest_of_the_day() -> None:
    run = sandbox(3 * HOUR)
    assert 250 <= len(run.calls) <= 600


@pytest.mark.long
def test_r1_a_day_with_an_api_sandbox_stays_in_its_share() -> None:
    run = sandbox(DAY)
    assert 700 <= len(run.calls) <= 1_000 * 1.01


def test_r1_the_real_interval_is_known() -> None:
    run = polled(TimedSource(), watches(200), for_seconds(3_600), limits_for(TenantKind.API_SANDBOX))
    assert run.pulse.ceiling > 600
    assert run.pulse.day_share > 0.1


def test_r1_a_day_that_a_person_has_set_is_kept() -> None:
    limits = limits_for(TenantKind.PRODUCTION, daily_calls=300)
    run = polled(TimedSource(), watches(20), for_seconds(8 * HOUR), limits)
    assert 200 <= len(run.calls) <= 303


class Capped(TimedSource):
    """A host that takes two calls a second and refuses the rest."""

    def __init__(self) -> None:
        super().__init__(trouble=self._refuse)
        self._taken: list[float] = []

    def _refuse(self, at: float, _: JobId) -> Problem | None:
        self._taken = [taken for taken in self._taken if taken > at - 1]
        if len(self._taken) >= 2:
            return Problem(ProblemKind.THROTTLED)
        self._taken.append(at)
        return None


def test_r2_a_cap_of_the_host_is_found_and_used() -> None:
    run = polled(Capped(), watches(500), for_seconds(600))
    after = [asked for asked in run.source.asked if asked.at - START > 60]
    refused = sum(not asked.was_good for asked in after)
    assert refused <= 0.02 * len(after)
    assert len(after) - refused >= 0.8 * 2 * 540


def asking_for_patience(header: str, start: float) -> TimedSource:
    def trouble(at: float, _: JobId) -> Problem | None:
        return Problem(ProblemKind.THROTTLED) if start <= at - START < start + 12 else None

    return TimedSource(trouble=trouble, limits=lambda at: (("retry-after", header),) if at - START >= start else ())


def calls_within(run: Run, start: float, end: float) -> int:
    return sum(start < at < end for at in run.calls)


def test_r3_nothing_is_sent_before_retry_after_ends() -> None:
    run = polled(asking_for_patience("120", 30), watches(50), for_seconds(300))
    first_refusal = min(asked.at - START for asked in run.source.asked if not asked.was_good)
    assert calls_within(run, first_refusal + 0.2, first_refusal + 119) == 0
    assert calls_within(run, first_refusal + 120, first_refusal + 150) > 0


def test_r3_an_absurd_retry_after_is_an_hour_at_most() -> None:
    run = polled(asking_for_patience("1000000000", 30), watches(20), for_seconds(4_000))
    assert calls_within(run, 33, 3_600) == 0
    assert calls_within(run, 3_640, 4_000) > 0
