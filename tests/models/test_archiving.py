from msgspec.structs import replace

from tests.support.building import NOW, PROCESSING, apply_observations, done, job, missed, seen, watch, watchlist
from zjobtui.models.history import Event, EventKind
from zjobtui.models.observation import Observation
from zjobtui.models.watched_job import WatchedJob, due_for_archive

DAY = 86_400.0


def looked_at(observation: Observation, at: float = NOW) -> WatchedJob:
    observed = apply_observations(watchlist(watch(1)), [(job(1), observation, 5.0)]).watchlist
    return next(iter(observed.mark_read([job(1)], at).watchlist))


def test_jobs_ended_and_read_long_ago_are_archived() -> None:
    assert due_for_archive([looked_at(done(NOW))], NOW + DAY + 1, DAY) == (job(1),)
    assert due_for_archive([looked_at(done(NOW))], NOW + DAY - 1, DAY) == ()
    assert due_for_archive([looked_at(done(NOW), NOW + DAY)], NOW + DAY + 1, DAY) == ()


def test_unread_and_running_jobs_are_never_archived() -> None:
    unseen = replace(looked_at(done(NOW)), read_at=None)
    assert due_for_archive([unseen, looked_at(seen(PROCESSING)), looked_at(missed()), watch(2)], NOW + 1e9, DAY) == ()


def test_a_restored_job_stays_for_the_whole_time_again() -> None:
    known, later = looked_at(done(NOW)), NOW + 40 * DAY
    left = watchlist(known).remove([job(1)], later, EventKind.ARCHIVED)
    assert left.events == (Event(job(1), later, EventKind.ARCHIVED, ""),)
    for change in (
        left.watchlist.restore([known], later),
        left.watchlist.add([watch(1, added_at=later)], recalled=[known]),
    ):
        assert due_for_archive(change.watchlist, later + DAY - 1, DAY) == ()
        assert due_for_archive(change.watchlist, later + DAY + 1, DAY) == (job(1),)
