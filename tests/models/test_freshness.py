import pytest

from tests.support.building import NOW, PROCESSING, apply_observations, done, job, missed, seen, watch, watchlist
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.watched_job import WatchedJob, is_stale, stale_at


def observed(*observations: Observation, planned: float = 5.0) -> WatchedJob:
    change = apply_observations(watchlist(watch(1)), [(job(1), observation, planned) for observation in observations])
    return change.observed[-1].watch


@pytest.mark.parametrize(
    ("one", "limit"),
    [
        (watch(planned=5.0), NOW + 15),
        (observed(seen(PROCESSING, NOW + 100)), NOW + 115),
        (observed(seen(PROCESSING, NOW + 100), planned=60.0), NOW + 280),
        (observed(seen(PROCESSING, NOW + 100), missed(at=NOW + 105)), NOW + 115),
        (observed(missed(at=NOW + 105)), NOW + 15),
        (observed(missed(ProblemKind.NOT_FOUND, NOW + 100)), NOW + 115),
        (observed(missed(ProblemKind.NOT_FOUND, NOW + 100), missed(at=NOW + 105)), NOW + 115),
    ],
    ids=[
        "never answered",
        "answered",
        "at a slow pace",
        "answered, then failing",
        "failing from the start",
        "unknown",
        "unknown, then failing",
    ],
)
def test_a_row_is_stale_three_planned_intervals_after_its_last_response(one: WatchedJob, limit: float) -> None:
    assert stale_at(one) == limit
    assert not is_stale(one, limit)
    assert is_stale(one, limit + 0.001)


def test_a_final_response_never_becomes_stale() -> None:
    assert stale_at(observed(done(NOW))) is None
    assert not is_stale(observed(done(NOW), missed(at=NOW + 5)), NOW + 1e9)


def test_a_response_timed_by_a_clock_ahead_is_not_fresh_before_that_time() -> None:
    one = observed(seen(PROCESSING, NOW + 3_600))
    assert is_stale(one, NOW)
    assert not is_stale(one, NOW + 3_599)
