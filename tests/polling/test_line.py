"""What a tenant's line makes of answers, and what it lets through."""

from math import inf
from random import Random

import pytest

from tests.support.sources import DONE
from zjobtui.domain.observation import Call, Missed, Observation, Seen
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.tenant import TenantKind
from zjobtui.polling.budget import Limits
from zjobtui.polling.line import MOST, WALL_MEMORY, Line, limits_for

PLENTY = Limits(per_second=10, burst=100)


def line() -> Line:
    return Line(PLENTY, 0.0, Random(1))


def good(at: float) -> Observation:
    return Seen(DONE, at, Call(http_status=200))


def bad(at: float, kind: ProblemKind, status: int | None = None, retry_after: str = "") -> Observation:
    limits = (("Retry-After".lower(), retry_after),) if retry_after else ()
    return Missed(Problem(kind, "no"), at, Call(http_status=status, limits=limits))


def told(one: Line, *observations: Observation) -> None:
    for observation in observations:
        one.spend(observation.at)
        one.heard(observation, observation.at, observation.at)


@pytest.mark.parametrize("kind", TenantKind)
def test_r1_a_person_who_sets_the_day_sets_the_burst_too(kind: TenantKind) -> None:
    limits = limits_for(kind, daily_calls=200)
    assert limits.per_day == 200
    assert limits.burst <= 10
    assert limits_for(kind, daily_calls=5).burst == 1
    assert limits_for(kind, daily_calls=27_000_000).burst == limits_for(kind).burst
    assert limits_for(kind).per_second <= MOST


def test_r2_a_503_while_the_tenant_answers_lowers_the_rate() -> None:
    one = line()
    told(one, *(good(second / 10) for second in range(100)), bad(10, ProblemKind.SERVER_ERROR, 503))
    assert one.is_walled(11)
    assert one.rate(11) < 8


def test_r5_the_503s_of_an_outage_leave_the_rate_as_it_was() -> None:
    one = line()
    told(one, *(bad(second, ProblemKind.SERVER_ERROR, 503) for second in range(0, 600, 30)), good(601))
    assert not one.is_down
    assert one.rate(602) == pytest.approx(10, rel=0.05)


def test_r3_the_503s_of_an_outage_may_still_ask_for_patience() -> None:
    one = line()
    told(one, *(bad(second, ProblemKind.SERVER_ERROR, 503) for second in range(5)))
    told(one, bad(10, ProblemKind.SERVER_ERROR, 503, "300"))
    one.try_at_once(11)
    assert one.opens_at(11) == 310


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("1.5", 1.5),
        ("Mon, 23 Nov 2026 12:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 11:58:00 GMT", 1),
        ("-5", 1),
        ("soon", 1),
        ("", 1),
        ("1000000000", 3_600),
        ("9" * 400, 3_600),
    ],
)
def test_r3_every_form_of_retry_after_is_kept_for_the_whole_tenant(said: str, seconds: float) -> None:
    noon = 1_795_435_200.0
    one = Line(PLENTY, noon, Random(1))
    told(one, bad(noon, ProblemKind.THROTTLED, 429, said))
    assert one.opens_at(noon) == pytest.approx(noon + seconds, abs=1.5)
    assert one.pulse("env", noon).next_try_at == one.opens_at(noon)


def test_the_pulse_says_why_nothing_is_asked() -> None:
    one = line()
    told(one, good(1), *(bad(second, ProblemKind.TIMED_OUT) for second in (2, 3, 4)))
    pulse = one.pulse("env", 5)
    assert (pulse.problem, pulse.down_since, pulse.answered_at) == (Problem(ProblemKind.TIMED_OUT, "no"), 4, 1)
    told(one, bad(6, ProblemKind.THROTTLED, 429, "60"))
    throttled = one.pulse("env", 7)
    assert throttled.problem is not None
    assert throttled.problem.kind is ProblemKind.THROTTLED
    assert throttled.down_since is None
    told(one, good(70))
    assert one.pulse("env", 70).problem is None


def test_calls_are_counted_for_a_minute_and_for_the_day() -> None:
    one = Line(Limits(10, 100, per_day=1_000), 0.0, Random(1))
    told(one, *(good(second / 2) for second in range(40)))
    assert one.pulse("env", 20).calls_per_second == pytest.approx(2)
    assert one.pulse("env", 60).calls_per_second == pytest.approx(40 / 60)
    assert one.pulse("env", 69.9).calls_per_second == pytest.approx(20 / 60)
    assert one.take_uncounted() == 40
    assert one.take_uncounted() == 0
    one.counted(500, 20)
    assert one.pulse("env", 20).day_share == 0.5
    assert line().pulse("env", 20).day_share == 0.0


def test_what_was_saved_up_serves_jobs_that_all_come_at_once() -> None:
    one = line()
    assert one.even_rate(0, 0) == one.even_rate(0, 100) == inf
    assert one.even_rate(0, 200) == pytest.approx(20)
    one.spend(0, 100)
    assert one.even_rate(0, 200) == pytest.approx(10)


def test_a_wall_is_remembered_for_five_minutes() -> None:
    one = line()
    told(one, good(1), bad(2, ProblemKind.THROTTLED, 429))
    assert one.is_walled(2 + WALL_MEMORY)
    assert not one.is_walled(5 + WALL_MEMORY)


def test_a_person_may_try_a_tenant_that_is_up() -> None:
    one = line()
    one.try_at_once(5)
    assert one.opens_at(5) == 5
