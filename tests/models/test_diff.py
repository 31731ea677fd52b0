from tests.support.building import NOW, PROCESSING, apply_observations, done, job, missed, seen, watch, watchlist
from zjobtui.models.diff import differences
from zjobtui.models.history import EventKind
from zjobtui.models.watchlist import Watchlist


def events_between(before: Watchlist, after: Watchlist) -> list[tuple[EventKind, str]]:
    return [(event, one.job.id.given[:8]) for event, one in differences(before, after)]


ONE, TWO = "00000001", "00000002"


def test_added_removed_and_changed_jobs_are_each_listed_once() -> None:
    before = watchlist(watch(1), watch(2))
    after = apply_observations(before, [(job(1), done(NOW), 5.0)]).watchlist
    assert events_between(before, after) == [(EventKind.STATUS, ONE)]
    assert events_between(before, before.remove([job(1)], NOW).watchlist) == [(EventKind.REMOVED, ONE)]
    assert events_between(watchlist(watch(1)), before) == [(EventKind.ADDED, TWO)]
    assert events_between(before, before.tag([job(2)], ("a",)).watchlist) == [(EventKind.LABELLED, TWO)]
    again = apply_observations(after, [(job(1), seen(PROCESSING, NOW + 1), 5.0)]).watchlist
    assert events_between(after, again) == [(EventKind.CONTRADICTED, ONE)]


def test_confirmations_and_failed_calls_are_not_changes() -> None:
    before = apply_observations(watchlist(watch(1)), [(job(1), seen(PROCESSING), 5.0)]).watchlist
    after = apply_observations(
        before, [(job(1), seen(PROCESSING, NOW + 5), 5.0), (job(1), missed(at=NOW + 6), 5.0)]
    ).watchlist
    assert after != before
    assert events_between(before, after) == []
    assert events_between(before, before) == []
