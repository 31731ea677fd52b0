"""`ids.log` over attempts to commit that fail: each id once, and at the end what the store says."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, opened
from tests.support.building import NOW, job, job_id, watch
from zjobtui.models.history import REMOVALS, EventKind
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.storage import ids_log
from zjobtui.storage.database import StoreError
from zjobtui.storage.ids_log import LogAction
from zjobtui.storage.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.sqlite3"


@pytest.fixture
def log(path: Path) -> Path:
    return path.with_name("ids.log")


def lines(log: Path) -> list[list[str]]:
    """The fields of each line below the first, which explains the file."""
    return [line.split("\t") for line in log.read_text(encoding="utf-8").splitlines()[1:]]


@pytest.fixture
def locked_store(path: Path) -> Iterator[tuple[Store, Watchlist, sqlite3.Connection]]:
    """A store of jobs 1 to 3 with one reader, whose lock lets transactions begin and their commits fail."""
    with opened(path) as (store, _), closing(sqlite3.connect(path, isolation_level=None)) as reader:
        watches = added(store, watch(1), watch(2), watch(3))
        store.limit_lock_wait(0.0)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM watches").fetchall()
        yield store, watches, reader


def fail_repeatedly(store: Store, change: Change) -> None:
    for _ in range(20):
        with pytest.raises(StoreError, match="locked"):
            store.apply(change)


def test_repeated_attempts_to_add_jobs_write_each_id_once(
    log: Path, locked_store: tuple[Store, Watchlist, sqlite3.Connection]
) -> None:
    store, watches, reader = locked_store
    before = len(lines(log))
    fail_repeatedly(store, change := watches.add([watch(4), watch(5)]))
    assert [fields[3] for fields in lines(log)[before:]] == [str(job_id(4)), str(job_id(5))]
    reader.execute("ROLLBACK")
    store.apply(change)
    assert len(lines(log)) == before + 2


@pytest.mark.parametrize("why", REMOVALS)
def test_the_log_agrees_with_the_store_after_failed_removals(
    path: Path, log: Path, locked_store: tuple[Store, Watchlist, sqlite3.Connection], why: EventKind
) -> None:
    store, watches, reader = locked_store
    before = len(lines(log))
    fail_repeatedly(store, change := watches.remove([job(1), job(2)], NOW + 60, why))
    assert len(lines(log)) <= before + 6
    assert set(ids_log.actions(log).values()) == {LogAction.ADD}
    reader.execute("ROLLBACK")
    store.apply(change)
    assert [action is LogAction.ADD for action in ids_log.actions(log).values()] == [False, False, True]
    store.close()
    path.unlink()
    assert set(kept(path).watches) == {job(3)}
    with opened(path) as (recovered, _):
        assert len(recovered.list_removed(why)) == 2


def test_an_id_is_logged_as_added_even_if_another_window_removed_it_between_attempts(
    path: Path, log: Path, locked_store: tuple[Store, Watchlist, sqlite3.Connection]
) -> None:
    store, watches, reader = locked_store
    fail_repeatedly(store, change := watches.add([watch(4)]))
    reader.execute("ROLLBACK")
    with opened(path) as (other, listed):  # it takes the job over from the log
        other.apply(listed.remove([job(4)], NOW + 60))
    store.apply(change)
    assert ids_log.actions(log)[ids_log.key_of("env", job_id(4).key)] is LogAction.ADD
    assert job(4) in kept(path).watches


def test_a_change_writes_its_lines_even_if_the_previous_one_failed(
    log: Path, locked_store: tuple[Store, Watchlist, sqlite3.Connection]
) -> None:
    store, watches, reader = locked_store
    fail_repeatedly(store, first := watches.add([watch(4)]))
    reader.execute("ROLLBACK")
    store.apply(first)
    store.apply(first.watchlist.remove([job(4)], NOW))
    store.apply(watches.add([watch(4)]))
    assert [fields[1] for fields in lines(log) if fields[3] == str(job_id(4))] == ["add", "remove", "add"]
