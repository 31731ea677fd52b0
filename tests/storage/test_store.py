import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.storage.opening import added, kept, observed, opened, quick_folder
from tests.support.building import (
    NOW,
    PROCESSING,
    apply_observations,
    dashed,
    done,
    failed,
    job,
    job_id,
    missed,
    order_report,
    read_body,
    seen,
    watch,
    watchlist,
)
from zjobtui.models.digest import DIGEST_VERSION, Digest, ExpectedStatuses
from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Call, Observation, PreviousBody
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, ObservedJob
from zjobtui.storage.database import StoreError

TEXTS = st.text(max_size=20)
TIMES = st.floats(min_value=0, max_value=9e10)
PERHAPS = st.none() | TIMES
WATCHES = st.builds(
    WatchedJob,
    job=st.builds(JobRef, TEXTS, st.integers(0, 2**32 - 1).map(job_id)),
    added_at=TIMES,
    added_by=TEXTS,
    label=TEXTS,
    tags=st.lists(TEXTS, max_size=3).map(tuple),
    note=TEXTS,
    batch=TEXTS,
    read_at=PERHAPS,
    digest=st.none()
    | st.builds(Digest, TEXTS, st.builds(Verdict, st.sampled_from(VerdictKind), TEXTS), TEXTS, TEXTS, TEXTS, TEXTS),
    last_answer_at=PERHAPS,
    last_running_at=PERHAPS,
    ended_at=PERHAPS,
    changed_at=PERHAPS,
    problem=st.none() | st.builds(Problem, st.sampled_from(ProblemKind), TEXTS, TEXTS),
    problem_at=PERHAPS,
    contradiction=TEXTS,
    planned=st.floats(0, 86_400),
)
LISTS = st.lists(WATCHES, min_size=3, max_size=12, unique_by=lambda one: one.job)
LIMITS = st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple)
CALLS = st.builds(Call, *(TEXTS,) * 4, st.none() | st.integers(100, 599), st.floats(0, 100), LIMITS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "watchlist.sqlite3"


@settings(max_examples=25)
@given(LISTS)
def test_every_field_of_a_job_is_loaded(watches: list[WatchedJob]) -> None:
    with quick_folder() as folder:
        path = folder / "store"
        with opened(path) as (store, _):
            added(store, *watches)
        assert list(kept(path)) == watches


@settings(max_examples=15)
@given(LISTS)
def test_a_verdict_is_stored_by_the_name_that_earlier_versions_know_and_read_by_both(watches: list[WatchedJob]) -> None:
    with quick_folder() as folder:
        path = folder / "store"
        with opened(path) as (store, _):
            added(store, *watches)
        with closing(sqlite3.connect(path)) as connection:
            stored = {row[0] for row in connection.execute("SELECT verdict FROM watches WHERE verdict IS NOT NULL")}
            assert stored <= {"failed", "needs attention", "unknown to Zuora", "waiting", "done"}
            connection.execute("UPDATE watches SET verdict = 'running' WHERE verdict = 'waiting'")
            connection.commit()
        assert list(kept(path)) == watches


@settings(max_examples=25)
@given(LISTS)
def test_every_field_of_calls_and_of_the_user_is_loaded(watches: list[WatchedJob]) -> None:
    bare = [WatchedJob(job=watch.job, added_at=watch.added_at, added_by=watch.added_by) for watch in watches]
    with quick_folder() as folder:
        path = folder / "store"
        with opened(path) as (store, _):
            added(store, *bare)
            brought = tuple(ObservedJob(one) for one in watches)
            store.apply(Change(watchlist(), annotated=tuple(watches), observed=brought))
        assert list(kept(path)) == watches


@settings(max_examples=15)
@given(st.lists(CALLS, min_size=3, max_size=12))
def test_a_response_is_loaded_completely_with_its_call(calls: list[Call]) -> None:
    with quick_folder() as folder, opened(folder / "store") as (store, _):
        watches = added(store, *(watch(number) for number, _ in enumerate(calls)))
        answers = [(job(number), replace(done(NOW + 1), call=call), 5.0) for number, call in enumerate(calls)]
        store.apply(apply_observations(watches, answers))
        assert [store.last_response(one) for one, _, _ in answers] == [answer for _, answer, _ in answers]


def test_only_the_headers_of_limits_are_stored(path: Path) -> None:
    call = Call(limits=(("retry-after", "3"),), rate_limits=RateLimits(windows={60: 5}, retry_after=3))
    with opened(path) as (store, _):
        observed(store, added(store, watch(1)), replace(done(NOW), call=call))
        stored = store.last_response(job(1))
        assert stored is not None
        assert stored.call == replace(call, rate_limits=RateLimits())
    with closing(sqlite3.connect(path)) as connection:
        columns = {*json.loads(connection.execute("SELECT call FROM reports").fetchone()[0])}
    assert columns == {"url", "track_id", "request_id", "process_id", "http_status", "latency", "limits"}


def test_a_new_store_is_empty_and_has_no_notice(path: Path) -> None:
    with opened(path) as (store, watches):
        assert (len(watches), store.notice, store.is_read_only) == (0, "", False)
        assert store.last_response(job(1)) is None
        assert store.history(job(1)) == ()
        assert store.load_removed([job(1)]) == ()
        assert store.read_changes() is None


def test_the_store_and_its_folder_are_private(path: Path) -> None:
    kept(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_committed_data_is_on_disk_in_one_file_without_a_journal(path: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))
        assert {file.name for file in path.parent.iterdir()} == {path.name, "ids.log"}
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
            assert other.execute("SELECT count(*) FROM watches").fetchone() == (1,)
        assert store.file.connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_jobs_are_loaded_in_the_order_of_adding(path: Path) -> None:
    with opened(path) as (store, _):
        for number in (3, 1, 2):
            added(store, watch(number))
    assert [watch.job for watch in kept(path)] == [job(3), job(1), job(2)]


def test_an_id_is_stored_unchanged_and_each_job_once(path: Path) -> None:
    spelled = JobId(dashed(job_id(1)).upper())
    with opened(path) as (store, _):
        added(store, watch(1, job=JobRef("env", spelled)))
        added(store, watch(1), watch(1, tenant="eu"))
    assert [str(watch.job.id) for watch in kept(path)] == [str(spelled), str(job_id(1))]


def test_a_removed_job_is_not_loaded_and_is_restored_with_all_its_data(path: Path) -> None:
    with opened(path) as (store, _):
        watches = observed(store, added(store, watch(1, label="mine", note="n"), watch(2)), done(NOW + 1))
        known = watches.get(job(1))
        assert known is not None
        store.apply(watches.remove([job(1)], NOW + 5))
        assert list(kept(path).watches) == [job(2)]
        assert store.load_removed([job(1), job(2), job(9)]) == (known,)
        store.apply(kept(path).add([watch(1, added_at=NOW + 9)], store.load_removed([job(1)])))
        assert kept(path).get(job(1)) == known
        assert store.last_response(job(1)) == done(NOW + 1)
        assert [event.event for event in store.history(job(1))] == [
            EventKind.ADDED,
            EventKind.STATUS,
            EventKind.REMOVED,
            EventKind.RESTORED,
        ]


def test_adding_a_job_that_another_window_has_added_sets_its_label(path: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1, label="first", note="n"))
        added(store, watch(1))
        assert kept(path).get(job(1)) == watch(1, label="first", note="n")
        added(store, watch(1, label="second"))
        assert kept(path).get(job(1)) == watch(1, label="second", note="n")


def test_a_timeline_is_loaded_in_its_order(path: Path) -> None:
    with opened(path) as (store, _):
        watches = observed(store, added(store, watch(1), watch(2)), seen(PROCESSING, NOW + 1), failed(NOW + 9))
        store.apply(watches.label([job(1)], "mine", NOW + 20))
    with opened(path) as (store, _):
        assert store.history(job(1)) == (
            Event(job(1), NOW, EventKind.ADDED, "test"),
            Event(job(1), NOW + 1, EventKind.STATUS, "Zuora is working on it.", "running"),
            Event(job(1), NOW + 9, EventKind.STATUS, "Job failed, lock contention: locked", "failed"),
            Event(job(1), NOW + 20, EventKind.LABELLED, "mine"),
        )


def test_a_contradiction_repeated_after_a_final_response_is_in_the_timeline_again(path: Path) -> None:
    with opened(path) as (store, _):
        running = read_body(status="Processing")
        watches = observed(store, added(store, watch(1)), done(NOW + 1), seen(running, NOW + 60), done(NOW + 120))
        observed(store, watches, seen(running, NOW + 5_000))
        contradicted = [event for event in store.history(job(1)) if event.event is EventKind.CONTRADICTED]
    assert [event.at for event in contradicted] == [NOW + 60, NOW + 5_000]


@pytest.mark.parametrize(("later", "count"), [(2.0, 1), (-2.0, 1), (60.0, 2)])
def test_an_event_observed_by_two_windows_is_in_the_timeline_once(path: Path, later: float, count: int) -> None:
    with opened(path) as (mine, _), opened(path) as (theirs, _):
        watches = observed(mine, added(mine, watch(1)), done(NOW + 10))
        for store, at in ((mine, NOW + 100), (theirs, NOW + 100 + later)):
            observed(store, watches, seen(read_body(status="Processing"), at))
        events = [event.event for event in mine.history(job(1))]
    assert events.count(EventKind.CONTRADICTED) == count


def test_a_status_in_the_same_words_is_in_the_timeline_once(path: Path) -> None:
    with opened(path) as (store, _):
        watches = observed(store, added(store, watch(1)), failed(NOW + 1))
        event = store.history(job(1))[-1]
        store.apply(Change(watches, events=(replace(event, at=NOW + 5_000),)))
        assert store.history(job(1))[-1] == event


def test_a_timeline_uses_names_that_earlier_versions_know_and_both_are_read(path: Path) -> None:
    with opened(path) as (store, _):
        watches = observed(store, added(store, watch(1)), seen(PROCESSING, NOW + 1))
        timeline = store.history(job(1))
    with opened(path) as (store, _):
        store.apply(Change(watches, events=timeline[-1:]))
        assert store.history(job(1)) == timeline, "a recorded event is not recorded again"
    verdicts = "SELECT verdict FROM entries ORDER BY number"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(verdicts).fetchall() == [("",), ("waiting",)]
        connection.execute("UPDATE entries SET verdict = 'running' WHERE verdict = 'waiting'")
        connection.commit()
    with opened(path) as (store, _):
        assert store.history(job(1)) == timeline


def test_the_last_response_and_the_previous_body_are_kept(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        assert store.previous_body(job(1)) is None
        watches = observed(store, watches, seen(read_body(status="Processing"), NOW + 1), done(NOW + 5))
        watches = observed(store, watches, failed(NOW + 9), missed(at=NOW + 10))
        assert store.last_response(job(1)) == failed(NOW + 9)
        assert store.previous_body(job(1)) == PreviousBody(done().report.raw, NOW + 5)


def test_an_equal_response_replaces_nothing(path: Path) -> None:
    processing = read_body(status="Processing")
    with opened(path) as (store, _):
        watches = observed(store, added(store, watch(1)), seen(processing, NOW + 1), done(NOW + 5), done(NOW + 9))
        assert store.last_response(job(1)) == done(NOW + 9)
        assert store.previous_body(job(1)) == PreviousBody(processing.raw, NOW + 1)
        store.apply(watches.remove([job(1)], NOW + 20))
        assert store.previous_body(job(1)) == PreviousBody(processing.raw, NOW + 1)


def test_a_response_is_kept_if_a_failed_call_follows_in_the_same_commit(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        store.apply(apply_observations(watches, [(job(1), done(NOW + 1), 5.0), (job(1), missed(at=NOW + 2), 5.0)]))
        assert store.last_response(job(1)) == done(NOW + 1)
        assert kept(path).watches[job(1)].problem_at == NOW + 2


def test_an_older_observation_never_overwrites_a_newer_one(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        late, early = (apply_observations(watches, [(job(1), one, 5.0)]) for one in (failed(NOW + 20), done(NOW + 10)))
        store.apply(late)
        store.apply(early)
        assert kept(path).get(job(1)) == late.watchlist.get(job(1))
        assert store.last_response(job(1)) == failed(NOW + 20)


@pytest.mark.parametrize("later", [seen(PROCESSING, NOW), missed(ProblemKind.NOT_FOUND, NOW), done(NOW)])
def test_an_observation_is_kept_even_if_the_clock_was_ahead_before(path: Path, later: Observation) -> None:
    with opened(path, lambda: NOW + 1) as (store, _):
        ahead = observed(store, added(store, watch(1)), seen(PROCESSING, NOW + 86_400))
        current = observed(store, ahead, later)
        assert kept(path).get(job(1)) == current.get(job(1))


def test_a_commit_that_waited_for_hours_overwrites_nothing_newer(path: Path) -> None:
    with opened(path, lambda: NOW + 7_200) as (store, _):
        watches = added(store, watch(1))
        late, early = (apply_observations(watches, [(job(1), seen(PROCESSING, at), 5.0)]) for at in (NOW + 7_100, NOW))
        store.apply(late)
        store.apply(early)
        assert kept(path).get(job(1)) == late.watchlist.get(job(1))


def test_a_final_response_stays_even_if_its_clock_was_ahead(path: Path) -> None:
    with opened(path, lambda: NOW + 1) as (store, _):
        watches = added(store, watch(1))
        ended = apply_observations(watches, [(job(1), done(NOW + 86_400), 5.0)])
        running = apply_observations(watches, [(job(1), seen(PROCESSING, NOW), 5.0)])
        store.apply(ended)
        store.apply(running)
        assert kept(path).get(job(1)) == ended.watchlist.get(job(1))


def test_a_final_response_is_never_undone_and_always_kept(path: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        running, ended = (
            apply_observations(watches, [(job(1), observation, 5.0)])
            for observation in (seen(PROCESSING, NOW + 20), done(NOW + 10))
        )
        store.apply(running)
        store.apply(ended)
        store.apply(running)
        assert kept(path).get(job(1)) == ended.watchlist.get(job(1))
        assert store.last_response(job(1)) == done(NOW + 10)


def test_a_contradiction_is_kept_even_after_a_failed_call(path: Path) -> None:
    with opened(path) as (store, _):
        observed(store, added(store, watch(1)), done(NOW), missed(at=NOW + 5), seen(PROCESSING, NOW + 9))
    contradicted = kept(path).watches[job(1)]
    assert (
        contradicted.contradiction
        == "When the job was polled again, Zuora returned Processing; the final response is kept."
    )
    assert contradicted.problem is None


def test_observations_of_a_job_that_is_not_watched_are_not_written(path: Path) -> None:
    with opened(path) as (store, _):
        elsewhere = apply_observations(watchlist(watch(1)), [(job(1), done(NOW), 5.0)])
        with pytest.raises(StoreError, match="another watchlist was copied over"):
            store.apply(elsewhere)
        assert (len(kept(path)), store.last_response(job(1)), store.history(job(1))) == (0, None, ())


def test_digests_of_older_rules_are_rebuilt_from_the_stored_responses(path: Path) -> None:
    with opened(path) as (store, _):
        watches = observed(store, added(store, watch(1), watch(2, label="never seen")), done(NOW + 1))
        for one in watches:
            odd = replace(one, digest=Digest("Completed", Verdict(VerdictKind.DONE, "an old sentence")))
            store.apply(Change(watchlist(), observed=(ObservedJob(odd),)))
        store.file.connection.execute("DELETE FROM reports WHERE position = 2")
        store.file.connection.execute("UPDATE meta SET value = 0 WHERE name = 'digest_version'")
    with opened(path) as (store, reopened):
        assert reopened.watches[job(1)] == watches.watches[job(1)]
        assert reopened.watches[job(2)].verdict.sentence == "an old sentence"
        version = store.file.connection.execute("SELECT value FROM meta WHERE name = 'digest_version'").fetchone()[0]
        assert version == DIGEST_VERSION
    assert kept(path) == reopened


def test_digests_are_rebuilt_when_the_expected_order_statuses_change(path: Path) -> None:
    result = {"jobType": "AsyncCreateOrder", "status": "Pending", "orderNumber": "O-1"}
    pending = seen(read_body(status="Completed", result=result), NOW + 1)
    with opened(path) as (store, _):
        observed(store, added(store, watch(1), watch(2, tenant="eu")), pending)
    verdicts = []
    settings: list[ExpectedStatuses] = [
        {},
        {"env": frozenset({"Pending"})},
        {"env": frozenset({"Pending"})},
        {"eu": frozenset()},
    ]
    for expected in settings:
        with opened(path) as (store, watches):
            revision = store.file.newest
            renewed = store.renew_digests(watches, expected)
            verdicts.append([one.verdict.kind for one in renewed])
            assert kept(path) == renewed
            assert (store.file.newest == revision) is (renewed == watches)
    attention, expected_here = [VerdictKind.ATTENTION] * 2, [VerdictKind.DONE, VerdictKind.ATTENTION]
    assert verdicts == [attention, expected_here, expected_here, attention]


def test_a_stored_body_that_is_not_a_valid_response_is_ignored(path: Path) -> None:
    with opened(path) as (store, _):
        observed(store, added(store, watch(1)), seen(order_report(), NOW + 1))
        assert store.last_response(job(1)) is None


def test_the_file_contains_no_secret_and_no_request_header(path: Path) -> None:
    call = Call(url="https://rest.eu.zuora.com/v1/async-jobs/1", track_id="track", request_id="request")
    with opened(path) as (store, _):
        observed(store, added(store, watch(1)), replace(done(NOW + 1), call=call))
    content = path.read_bytes().lower()
    assert b"track" in content
    assert [word for word in (b"authorization", b"bearer", b"secret") if word in content] == []
