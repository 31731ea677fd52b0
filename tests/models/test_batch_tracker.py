"""The tracker counts as `batches` does, whatever changes, and reports each end once."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.batches import polled
from tests.support.building import NOW, apply_observations, done, failed, job, watch, watchlist
from zjobtui.models.batch_tracker import RANGE_SECONDS, BatchTracker
from zjobtui.models.batches import batches
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist

SIX = watchlist(*(watch(number, batch="ab"[number % 2], added_at=NOW + number) for number in range(1, 7)))


def ended(before: Watchlist, *numbers: int) -> Watchlist:
    return apply_observations(before, [(job(number), done(NOW + 9), 5.0) for number in numbers]).watchlist


@given(st.lists(st.tuples(st.sampled_from(["end", "fail", "remove", "move", "add"]), st.integers(1, 9)), max_size=12))
def test_incremental_counts_equal_a_new_count(steps: list[tuple[str, int]]) -> None:
    current, tracker = SIX, BatchTracker(SIX)
    for what, number in steps:
        one = [job(number)]
        match what:
            case "end":
                current = ended(current, number)
            case "fail":
                current = apply_observations(current, [(one[0], failed(NOW + 9), 5.0)]).watchlist
            case "remove":
                current = current.remove(one, NOW).watchlist
            case "move":
                current = current.set_batch(one, "c").watchlist
            case "add":
                current = current.add([watch(number, batch="b")]).watchlist
        tracker.update(current)
        known = {one.name: one for one in tracker.newest_first()}
        assert known == {one.name: one for one in batches(current)}


def test_a_batch_is_returned_once_when_its_last_job_ends_and_not_when_that_is_removed() -> None:
    tracker = BatchTracker(SIX)
    assert tracker.update(ended(SIX, 1, 3)) == ()
    last = ended(SIX, 1, 3, 5)
    assert [one.name for one in tracker.update(last)] == ["b"]
    assert tracker.update(last.label([job(1)], "x", NOW).watchlist) == ()
    most = ended(last, 2, 4)
    assert tracker.update(most) == ()
    assert tracker.update(most.remove([job(6)], NOW).watchlist) == ()


def test_running_batches_come_first_and_of_each_kind_the_newest() -> None:
    tracker = BatchTracker(SIX)
    assert [one.name for one in tracker.newest_first()] == ["a", "b"]
    tracker.update(ended(SIX, 2, 4, 6))
    assert [one.name for one in tracker.newest_first()] == ["b", "a"]
    assert (tracker.newest_running() or tracker.newest_first()[1]).name == "b"
    tracker.update(ended(SIX, *range(1, 7)))
    assert tracker.newest_running() is None


def test_jobs_in_no_batch_are_those_without_a_batch_name_or_alone_with_it() -> None:
    tracker = BatchTracker(watchlist(watch(1), watch(2, batch="a"), watch(3, batch="a"), watch(4, batch="alone")))
    assert [one.job for one in tracker.others()] == [job(1), job(4)]


def test_one_batch_at_a_time_is_estimated_and_not_again_within_some_seconds() -> None:
    def batch(name: str, first: int) -> list[WatchedJob]:
        lives = [5.0 + number for number in range(20)]
        return [replace(one, batch=name) for one in polled(lives, 15, Random(1), first=first)]

    tracker = BatchTracker(watchlist(*batch("a", 1), *batch("b", 101)))
    now = NOW + 15
    both = tracker.newest_first()
    tracker.estimate(both, now)
    assert sum(tracker.time_left(one) is not None for one in both) == 1
    tracker.estimate(both, now + 1)
    assert all(tracker.time_left(one) is not None for one in both)
    before = [tracker.time_left(one) for one in both]
    tracker.estimate(both, now + RANGE_SECONDS - 0.1)
    assert [tracker.time_left(one) for one in both] == before
    tracker.estimate(both, now + RANGE_SECONDS)
    assert [tracker.time_left(one) for one in both] != before
