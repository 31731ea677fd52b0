"""Two windows on one watchlist."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.storage.opening import added, kept, observed, opened
from tests.support.building import NOW, PROCESSING, done, job, missed, seen, watch
from zjobtui.models.watchlist import Watchlist
from zjobtui.storage.database import BrokenStoreError
from zjobtui.storage.store import Store

Windows = tuple[Store, Store]


@pytest.fixture
def windows(tmp_path: Path) -> Iterator[Windows]:
    path = tmp_path / "store"
    with opened(path) as (mine, _), opened(path) as (theirs, _):
        yield mine, theirs


def after_news(store: Store, watches: Watchlist) -> Watchlist:
    news = store.read_changes()
    return watches if news is None else watches.merged(news.watches, news.removed, NOW + 99)


def test_a_window_sees_jobs_labels_observations_and_removals_of_another(windows: Windows) -> None:
    mine, theirs = windows
    ours = Watchlist({})
    watches = added(theirs, watch(1), watch(2))
    ours = after_news(mine, ours)
    assert ours == watches
    change = watches.label([job(1)], "theirs", NOW)
    theirs.apply(change)
    watches = observed(theirs, change.watchlist, done(NOW + 1))
    ours = after_news(mine, ours)
    assert ours == watches
    theirs.apply(watches.remove([job(2)], NOW + 5))
    assert list(after_news(mine, ours).watches) == [job(1)]


def test_changes_of_others_are_returned_once_and_own_changes_never(windows: Windows) -> None:
    mine, theirs = windows
    added(mine, watch(1))
    assert mine.read_changes() is None
    added(theirs, watch(2))
    news = mine.read_changes()
    assert news is not None
    assert job(2) in {watch.job for watch in news.watches}
    assert mine.read_changes() is None


def test_changes_are_read_again_if_one_of_their_rows_was_damaged(windows: Windows, tmp_path: Path) -> None:
    mine, theirs = windows
    theirs.apply(added(theirs, watch(1), watch(2)).remove([job(2)], NOW))
    with closing(sqlite3.connect(tmp_path / "store")) as connection, connection:
        connection.execute("UPDATE watches SET label = x'00' WHERE given = ?", (job(2).id.given,))
    for _ in range(2):
        with pytest.raises(BrokenStoreError):
            mine.read_changes()
    with closing(sqlite3.connect(tmp_path / "store")) as connection, connection:
        connection.execute("UPDATE watches SET label = '' WHERE given = ?", (job(2).id.given,))
    news = mine.read_changes()
    assert news is not None
    assert [watch.job for watch in news.watches] == [job(1)]


def test_a_job_restored_in_another_window_is_returned_as_a_change(windows: Windows) -> None:
    mine, theirs = windows
    watches = added(theirs, watch(1, label="mine"))
    theirs.apply(watches.remove([job(1)], NOW))
    ours = after_news(mine, watches)
    assert len(ours) == 0
    theirs.apply(ours.add([watch(1)], theirs.load_removed([job(1)])))
    assert after_news(mine, ours).get(job(1)) == watch(1, label="mine")


@pytest.mark.parametrize("moment", range(3))
def test_changes_committed_during_a_read_are_not_missed(windows: Windows, moment: int) -> None:
    mine, theirs = windows
    added(theirs, watch(1))
    statements: list[str] = []

    def note(statement: str) -> None:
        if len(statements) == moment:
            mine.file.connection.set_trace_callback(None)
            added(theirs, watch(2))
        statements.append(statement)

    mine.file.connection.set_trace_callback(note)
    ours = after_news(mine, Watchlist({}))
    mine.file.connection.set_trace_callback(None)
    assert len(statements) > moment
    assert set(after_news(mine, ours).watches) == {job(1), job(2)}


def test_writes_of_two_windows_about_one_job_are_both_kept(windows: Windows, tmp_path: Path) -> None:
    mine, theirs = windows
    watches = added(mine, watch(1))
    mine.apply(watches.label([job(1)], "mine", NOW))
    seen_by_them = observed(theirs, watches, seen(PROCESSING, NOW + 1))
    assert kept(tmp_path / "store").get(job(1)) == replace(seen_by_them.watches[job(1)], label="mine")


def test_edits_of_different_fields_of_one_job_in_two_windows_are_both_kept(windows: Windows, tmp_path: Path) -> None:
    mine, theirs = windows
    watches = added(mine, watch(1))
    theirs.apply(watches.note([job(1)], "theirs"))
    mine.apply(watches.label([job(1)], "mine", NOW))
    theirs.apply(watches.tag([job(1)], ("a",)))
    theirs.apply(watches.set_batch([job(1)], "renewals"))
    mine.apply(watches.mark_read([job(1)], NOW))
    kept_of_it = kept(tmp_path / "store").watches[job(1)]
    assert (kept_of_it.label, kept_of_it.note, kept_of_it.tags) == ("mine", "theirs", ("a",))
    assert kept_of_it.batch == "renewals"
    assert after_news(mine, watches).watches[job(1)] == kept_of_it


def test_an_observation_of_another_window_does_not_restore_a_removed_job(windows: Windows, tmp_path: Path) -> None:
    mine, theirs = windows
    watches = added(mine, watch(1))
    mine.apply(watches.remove([job(1)], NOW + 1))
    observed(theirs, watches, missed(at=NOW + 2), done(NOW + 3))
    assert len(kept(tmp_path / "store")) == 0
    assert mine.last_response(job(1)) == done(NOW + 3)


def test_one_window_at_a_time_holds_a_lease(windows: Windows) -> None:
    mine, theirs = windows
    assert mine.acquire_lease("poll", "mine", NOW, 10.0)
    assert not theirs.acquire_lease("poll", "theirs", NOW + 9, 10.0)
    assert theirs.acquire_lease("other", "theirs", NOW + 9, 10.0)
    assert mine.acquire_lease("poll", "mine", NOW + 9, 10.0)
    assert not theirs.acquire_lease("poll", "theirs", NOW + 18, 10.0)
    assert (theirs.lease_holder("poll"), theirs.lease_holder("nothing")) == (("mine", NOW + 19), ("", 0.0))
    assert theirs.acquire_lease("poll", "theirs", NOW + 20, 10.0)
    assert not mine.acquire_lease("poll", "mine", NOW + 20, 10.0)
    mine.release_lease("poll", "mine")
    assert not mine.acquire_lease("poll", "mine", NOW + 21, 10.0)
    theirs.release_lease("poll", "theirs")
    assert mine.acquire_lease("poll", "mine", NOW + 21, 10.0)


def test_calls_of_all_windows_are_counted_by_tenant_and_day_for_a_week(windows: Windows) -> None:
    mine, theirs = windows
    assert mine.count_calls("env", 100, 0) == 0
    assert [mine.count_calls("env", 100, 3), theirs.count_calls("env", 100, 4)] == [3, 7]
    assert mine.count_calls("eu", 100, 1) == 1
    assert theirs.count_calls("env", 101, 1) == 1
    assert mine.count_calls("env", 100, 0) == 7
    mine.count_calls("env", 108, 1)
    assert mine.count_calls("env", 100, 0) == 0


def test_leases_and_counts_are_not_changes_of_the_watchlist(windows: Windows) -> None:
    mine, theirs = windows
    theirs.acquire_lease("poll", "theirs", NOW, 10.0)
    theirs.count_calls("env", 100, 3)
    news = mine.read_changes()
    assert news is None or (news.watches, news.removed) == ((), ())
