from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.support.building import NOW, watch
from zjobtui.domain.digest import Digest
from zjobtui.domain.usual import FEWEST, took, usual
from zjobtui.domain.verdict import Kind, Verdict
from zjobtui.domain.watch import Watch

DONE = Digest("Completed", Verdict(Kind.DONE, "Done."))


def ended(number: int, seconds: float, gap: float = 0.0, tenant: str = "env") -> Watch:
    """A job that ended between two calls, `gap` seconds apart, around `seconds` after it was added."""
    at = NOW + seconds
    return watch(number, tenant=tenant, digest=DONE, unfinished_at=at - gap / 2, ended_at=at + gap / 2)


def running(seconds: float) -> Watch:
    return watch(1, unfinished_at=NOW + seconds)


def test_a_job_took_the_time_up_to_the_middle_between_the_calls_around_its_end() -> None:
    assert took(ended(1, 20.0, gap=4.0)) == 20.0
    assert took(running(20.0)) is None
    assert took(replace(ended(1, 20.0), unfinished_at=None)) is None


def test_of_few_jobs_nothing_is_said() -> None:
    others = [ended(number, 10.0 * number) for number in range(2, 2 + FEWEST)]
    strangers = [ended(number, 1.0, tenant="other") for number in range(50)]
    known_late = [replace(ended(number, 1.0), unfinished_at=None) for number in range(50, 90)]
    assert usual(ended(1, 35.0), [*others[1:], *strangers, *known_late]) is None
    assert usual(ended(1, 35.0), [*others, *strangers, *known_late, ended(1, 35.0)]) is not None


def test_median_and_share_are_of_the_other_jobs_of_the_tenant() -> None:
    others = [ended(number, float(number)) for number in range(2, 102)]
    told = usual(ended(1, 98.5), [*others, ended(1, 98.5)])
    assert told is not None
    assert (told.count, told.median, told.nearly_all, told.longer_than, told.is_over) == (100, 51.0, 96.0, 97, True)


def test_a_job_that_runs_has_outlasted_what_ended_before_it_was_last_seen_running() -> None:
    others = [ended(number, 10.0 * number) for number in range(2, 12)]
    told = usual(running(75.0), others)
    assert told is not None
    assert (told.longer_than, told.is_over) == (60, False)
    unasked = usual(watch(1), others)
    assert unasked is not None
    assert unasked.longer_than is None


SECONDS = st.floats(0, 1e6)


@given(st.lists(SECONDS, min_size=FEWEST, max_size=40), SECONDS)
def test_half_and_nearly_all_ended_by_the_times_that_are_told(spans: list[float], own: float) -> None:
    told = usual(ended(1, own), [ended(number, one) for number, one in enumerate(spans, 2)])
    assert told is not None
    real = [(NOW + one) - NOW for one in spans]
    assert sum(one <= told.median for one in real) * 2 >= len(real)
    assert sum(one < told.median for one in real) * 2 <= len(real)
    assert sum(one <= told.nearly_all for one in real) >= 0.95 * len(real)
    assert told.longer_than is not None
    assert told.longer_than <= 100 * sum(one < (NOW + own) - NOW for one in real) / len(real) < told.longer_than + 1
