from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from tests.support.building import (
    NOW,
    PROCESSING,
    apply_observations,
    done,
    failed,
    job,
    missed,
    seen,
    watch,
    watchlist,
)
from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import ANNOTATIONS, READ_FIELDS, Change, Watchlist, mask_annotations

EMPTY = watchlist()


def events(change: Change) -> list[tuple[EventKind, str]]:
    return [(event.event, event.text) for event in change.events]


def test_added_jobs_are_in_the_order_of_adding() -> None:
    change = EMPTY.add([watch(3), watch(1), watch(2)])
    assert list(change.watchlist) == [watch(3), watch(1), watch(2)]
    assert change.added == (watch(3), watch(1), watch(2))
    assert change.events[0] == Event(job(3), NOW, EventKind.ADDED, "test")
    assert len(EMPTY) == 0


def test_a_watched_job_is_unchanged_when_it_is_added_again() -> None:
    change = watchlist(watch(1, label="mine")).add([watch(1, label="yours"), watch(2)])
    assert change.watchlist.get(job(1)) == watch(1, label="mine")
    assert change.added == (watch(2),)
    assert len(change.events) == 1


def test_the_same_id_in_two_tenants_is_watched_twice() -> None:
    assert len(EMPTY.add([watch(1), watch(1, tenant="eu")]).watchlist) == 2


def test_only_the_given_jobs_are_removed() -> None:
    change = watchlist(watch(1), watch(2), watch(3)).remove([job(2), job(9)], NOW + 5)
    assert list(change.watchlist) == [watch(1), watch(3)]
    assert change.removed == (watch(2),)
    assert change.events == (Event(job(2), NOW + 5, EventKind.REMOVED, ""),)


def test_a_removed_job_is_restored_with_all_its_data() -> None:
    known = watch(1, label="mine", last_answer_at=NOW)
    change = EMPTY.restore([known], NOW + 5)
    assert change.watchlist.get(job(1)) == known
    assert change.events == (Event(job(1), NOW + 5, EventKind.RESTORED, ""),)


def test_a_removed_job_that_is_added_again_has_all_its_data() -> None:
    known = watch(1, label="mine", last_answer_at=NOW, note="x")
    change = EMPTY.add([watch(1, added_at=NOW + 9), watch(2)], recalled=[known])
    assert change.added == (known, watch(2))
    assert change.events == (
        Event(job(1), NOW + 9, EventKind.RESTORED, ""),
        Event(job(2), NOW, EventKind.ADDED, "test"),
    )


def test_a_removed_job_that_is_added_under_a_new_label_has_that_label() -> None:
    change = EMPTY.add([watch(1, label="new")], recalled=[watch(1, label="old", note="x")])
    assert change.added == (watch(1, label="new", note="x"),)


def test_a_label_is_set_and_cleared() -> None:
    change = watchlist(watch(1), watch(2)).label([job(1), job(9)], "mine", NOW)
    assert change.annotated == (watch(1, label="mine"),)
    assert events(change) == [(EventKind.LABELLED, "mine")]
    assert list(change.watchlist) == [watch(1, label="mine"), watch(2)]
    assert change.watchlist.label([job(1)], "", NOW).watchlist.get(job(1)) == watch(1)


def test_a_read_job_is_not_unread_until_it_changes() -> None:
    news = one_after(done(NOW))
    assert (watch(1).is_unread, one_after(seen(PROCESSING)).is_unread, news.is_unread) == (False, False, True)
    change = watchlist(news, watch(2)).mark_read([job(1), job(2), job(9)], NOW + 3)
    assert change.annotated == (replace(news, read_at=NOW + 3),)
    assert (change.events, change.annotated[0].is_unread, change.must_commit_now) == ((), False, True)
    assert not change.watchlist.mark_read([job(1)], NOW + 4).must_commit_now
    assert replace(change.annotated[0], changed_at=NOW + 4).is_unread


def test_a_clock_that_was_set_back_does_not_keep_a_read_job_unread() -> None:
    change = watchlist(one_after(done(NOW))).mark_read([job(1)], NOW - 3_600)
    assert not change.annotated[0].is_unread


def test_setting_the_same_label_changes_nothing() -> None:
    change = watchlist(watch(1, label="mine")).label([job(1)], "mine", NOW)
    assert (change.annotated, change.events, change.must_commit_now) == ((), (), False)


def test_tags_and_note_replace_former_ones() -> None:
    before = watchlist(watch(1, tags=("old",), note="old"), watch(2))
    tagged = before.tag([job(1), job(9)], ("a", "b"))
    assert tagged.annotated == (watch(1, tags=("a", "b"), note="old"),)
    noted = tagged.watchlist.note([job(1)], "call back")
    assert noted.watchlist.get(job(1)) == watch(1, tags=("a", "b"), note="call back")
    assert noted.watchlist.note([job(1)], "call back").annotated == ()


def test_a_batch_is_set_and_is_kept_by_a_removed_job_that_is_added_again() -> None:
    before = watchlist(watch(1), watch(2, batch="old"))
    moved = before.set_batch([job(1), job(2), job(9)], "renewals")
    assert moved.annotated == (watch(1, batch="renewals"), watch(2, batch="renewals"))
    assert (moved.fields, moved.must_commit_now) == (("batch",), True)
    assert moved.watchlist.set_batch([job(1)], "renewals").annotated == ()
    removed = moved.watchlist.remove([job(1), job(2)], NOW)
    back = removed.watchlist.add([watch(1), watch(2, batch="new")], recalled=removed.removed)
    assert [one.batch for one in back.added] == ["renewals", "new"]


def test_observations_are_applied_in_their_order() -> None:
    brought: list[tuple[JobRef, Observation, float]] = [
        (job(1), seen(PROCESSING, NOW), 5.0),
        (job(2), missed(at=NOW), 5.0),
        (job(1), done(NOW + 5), 5.0),
    ]
    change = apply_observations(watchlist(watch(1), watch(2)), brought)
    assert [observed.watch.job for observed in change.observed] == [job(1), job(2), job(1)]
    assert [observed.response for observed in change.observed] == [seen(PROCESSING, NOW), None, done(NOW + 5)]
    assert [event.verdict for event in change.events] == ["running", "done"]
    one = change.watchlist.get(job(1))
    assert one is not None
    assert one.is_final


def test_only_a_confirmation_can_be_saved_later() -> None:
    running = apply_observations(EMPTY.add([watch(1)]).watchlist, [(job(1), seen(PROCESSING), 5.0)]).watchlist
    assert not apply_observations(running, [(job(1), seen(PROCESSING, NOW + 5), 5.0)]).must_commit_now
    assert not apply_observations(running, [(job(1), missed(at=NOW + 5), 5.0)]).must_commit_now
    ended = apply_observations(running, [(job(1), done(NOW + 5), 5.0)])
    assert ended.must_commit_now
    assert apply_observations(ended.watchlist, [(job(1), done(NOW + 9), 5.0)]).must_commit_now
    for change in (
        running.add([watch(2)]),
        running.remove([job(1)], NOW),
        running.label([job(1)], "mine", NOW),
        Change(running, events=(Event(job(1), NOW, EventKind.STATUS, ""),)),
    ):
        assert change.must_commit_now


def test_jobs_of_another_window_are_added_and_removed() -> None:
    merged = watchlist(watch(1), watch(2)).merged([watch(3)], [job(1), job(9)], NOW + 60)
    assert list(merged) == [watch(2), watch(3)]


def test_the_later_of_two_observations_is_kept() -> None:
    ours, theirs = watch(1, last_answer_at=NOW + 5), watch(1, problem_at=NOW + 9, label="theirs")
    assert watchlist(ours).merged([theirs], [], NOW + 60).get(job(1)) == theirs
    assert watchlist(theirs).merged([ours], [], NOW + 60).get(job(1)) == replace(theirs, label="")


def test_an_observation_by_a_clock_that_was_ahead_is_not_later() -> None:
    ahead, current = watch(1, last_answer_at=NOW + 3_600), watch(1, last_answer_at=NOW)
    for ours, theirs in ((ahead, current), (current, ahead)):
        assert watchlist(ours).merged([theirs], [], NOW + 1).get(job(1)) == current
    assert watchlist(ahead).merged([current], [], NOW + 3_600).get(job(1)) == ahead, "it lies in the past by now"
    slightly = watch(1, last_answer_at=NOW + 30)
    assert watchlist(slightly).merged([current], [], NOW + 1).get(job(1)) == slightly, "clocks differ by as much"


def test_a_job_that_was_read_by_a_clock_that_was_ahead_becomes_unread_when_it_changes() -> None:
    read = watch(1, read_at=NOW + 3_600)
    for observation in (done(NOW), failed(NOW), missed(ProblemKind.NOT_FOUND, NOW)):
        (changed,) = apply_observations(watchlist(read), [(job(1), observation, 5.0)]).watchlist
        assert changed.is_unread
        assert not next(iter(watchlist(changed).mark_read([job(1)], NOW + 1).watchlist)).is_unread


def test_edits_of_another_window_are_applied() -> None:
    ours = watch(1, last_answer_at=NOW + 5, label="old")
    theirs = watch(1, label="new", tags=("a",), note="n", read_at=NOW + 2)
    merged = watchlist(ours).merged([theirs], [], NOW + 60).get(job(1))
    assert merged == replace(ours, label="new", tags=("a",), note="n", read_at=NOW + 2)


def test_a_late_observation_of_another_window_does_not_undo_a_final_response() -> None:
    final = one_after(done(NOW))
    running = one_after(seen(PROCESSING, NOW + 1))
    assert watchlist(final).merged([running], [], NOW + 60).get(job(1)) == final
    assert watchlist(running).merged([final], [], NOW + 60).get(job(1)) == final


def one_after(observation: Observation) -> WatchedJob:
    change = apply_observations(watchlist(watch(1)), [(job(1), observation, 5.0)])
    return change.observed[0].watch


STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove", "label", "restore"]), st.integers(1, 4)), max_size=20)


@given(STEPS)
def test_every_change_contains_exactly_what_changed(steps: list[tuple[str, int]]) -> None:
    before: Watchlist = EMPTY
    gone: dict[int, WatchedJob] = {}
    for step, number in steps:
        match step:
            case "add":
                change = before.add([watch(number)])
            case "remove":
                gone[number] = before.get(job(number)) or gone.get(number, watch(number))
                change = before.remove([job(number)], NOW)
            case "label":
                change = before.label([job(number)], f"label {len(before)}", NOW)
            case _:
                change = before.restore([gone.get(number, watch(number))], NOW)
        after = dict(before.watches)
        after |= {watch.job: watch for watch in (*change.added, *change.annotated)}
        for one in change.removed:
            del after[one.job]
        assert list(change.watchlist) == list(after.values())
        assert change.must_commit_now == (change.watchlist != before)
        before = change.watchlist


def test_every_text_that_the_user_writes_is_masked() -> None:
    written = [field for field in fields(WatchedJob) if field.name in ANNOTATIONS and field.name not in READ_FIELDS]
    assert {field.type for field in written} == {str, tuple[str, ...]}, "mask_annotations knows no other type"
    texts: dict[str, Any] = {field.name: "secret" if field.type is str else ("a", "secret") for field in written}
    masked = mask_annotations(watch(1, **texts), lambda text: text.replace("secret", "***"))
    assert "secret" not in repr(masked)
    hidden: dict[str, Any] = {name: "***" if text == "secret" else ("a", "***") for name, text in texts.items()}
    assert masked == watch(1, **hidden)
