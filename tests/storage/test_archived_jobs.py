"""Archived jobs are as safe as those on the list: they are in ids.log and are restored as archived."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, observed, opened
from tests.storage.test_damage import spoil
from tests.support.building import NOW, done, job, job_id, watch
from zjobtui.models.history import REMOVALS, EventKind
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.storage import ids_log
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import StoreError, backup_path
from zjobtui.storage.ids_log import LogAction

STAMP = "2026-11-23T14:40:00Z"
BEFORE = re.compile(r"^\S+[ \t]+(add|remove)[ \t]+\S+[ \t]+(\S+)", re.MULTILINE)
"""What a version that does not know `archive` reads of a line."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.sqlite3"


@pytest.fixture
def log(path: Path) -> Path:
    return path.with_name("ids.log")


def archive(path: Path) -> None:
    """A store with one job of each kind: 1 on the list, 2 archived with a response, 3 removed."""
    with opened(path) as (store, _):
        watches = added(store, watch(1), watch(2, label="CS-2"), watch(3))
        watches = observed(store, watches, done(NOW + 1))
        change = watches.remove([job(2)], NOW + 2, EventKind.ARCHIVED)
        store.apply(change)
        store.apply(change.watchlist.remove([job(3)], NOW + 3))


def gone(path: Path) -> tuple[set[object], set[object]]:
    """The jobs that are archived and that are removed after a start."""
    with opened(path) as (store, _):
        archived, removed = store.list_removed(EventKind.ARCHIVED), store.list_removed(EventKind.REMOVED)
        return {watch.job for watch in archived}, {watch.job for watch in removed}


@pytest.mark.parametrize("content", [None, b"", b"noise " * 900], ids=["deleted", "emptied", "noise"])
def test_archived_jobs_are_recovered_as_archived_from_the_log_alone(path: Path, content: bytes | None) -> None:
    archive(path)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(1)}
        (archived,) = store.list_removed(EventKind.ARCHIVED)
        assert (archived.job, archived.label) == (job(2), "CS-2")
        assert [watch.job for watch in store.list_removed(EventKind.REMOVED)] == [job(3)]
        assert "1 job and 1 archived from ids.log" in store.notice


def test_a_job_archived_since_the_copy_is_recovered_as_archived_with_its_response(path: Path) -> None:
    with opened(path) as (store, _):
        watches = observed(store, added(store, watch(1), watch(2)), done(NOW + 1))
        assert back_up(path)
        store.apply(watches.remove([job(2)], NOW + 2, EventKind.ARCHIVED))
    path.write_bytes(b"")
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(1)}
        assert [watch.job for watch in store.list_removed(EventKind.ARCHIVED)] == [job(2)]
        assert store.last_response(job(2)) == done(NOW + 1)


@pytest.mark.parametrize(
    ("later", "expected"),
    [(0, ({job(2)}, set())), (60, (set(), {job(2)}))],
    ids=["the line of that archiving", "a later removal"],
)
def test_a_remove_line_overrides_the_archived_row_of_the_copy_only_if_it_is_later(
    path: Path, log: Path, later: int, expected: tuple[set[object], set[object]]
) -> None:
    with opened(path) as (store, _):
        store.apply(added(store, watch(1), watch(2)).remove([job(2)], NOW + 2.5, EventKind.ARCHIVED))
    assert back_up(path)
    line = ids_log.line(NOW + 2.5 + later, "env", str(job_id(2)))
    log.write_text(str(line))
    path.unlink()
    assert gone(path) == expected


def test_ids_that_a_log_has_as_removed_are_in_the_list_of_removed_jobs_if_the_store_is_lost(
    path: Path, log: Path
) -> None:
    """Earlier versions wrote `remove` for archived jobs, too."""
    log.write_text(f"{STAMP}\tadd\tenv\t{job_id(2)}\n{STAMP}\tremove\tenv\t{job_id(2)}\n")
    assert gone(path) == (set(), {job(2)})


def test_archived_jobs_that_an_open_store_lacks_are_added_at_the_start(path: Path) -> None:
    archive(path)
    spoil(path, "DELETE FROM watches WHERE removed_at IS NOT NULL")
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(1)}
        assert [watch.job for watch in store.list_removed(EventKind.ARCHIVED)] == [job(2)]
        assert "they were restored: 1 archived job from ids.log" in store.notice
    with opened(path) as (store, _):
        assert store.notice == ""


def test_a_log_without_its_archived_jobs_gets_them_at_the_start_and_once(path: Path, log: Path) -> None:
    archive(path)
    without = [line for line in log.read_text().splitlines(keepends=True) if "\tarchive\t" not in line]
    log.write_text("".join(without))  # as an earlier version writes it
    kept(path)
    assert ids_log.actions(log)[ids_log.key_of("env", job_id(2).key)] is LogAction.ARCHIVE
    content = log.read_bytes()
    kept(path)
    assert log.read_bytes() == content


def test_compacting_the_log_keeps_removals_and_jobs_that_the_store_lacks(path: Path, log: Path) -> None:
    archive(path)
    with log.open("a") as file:
        for number, action in enumerate(("add", "archive", "remove"), start=7):
            file.write(f"{STAMP}\t{action}\tenv\t{job_id(number)}\n")
    assert back_up(path)
    assert ids_log.actions(log) == {
        ("env", job_id(1).key): LogAction.ADD,
        ("env", job_id(2).key): LogAction.ARCHIVE,
        ("env", job_id(3).key): LogAction.REMOVE,
        ("env", job_id(7).key): LogAction.ADD,
        ("env", job_id(8).key): LogAction.ARCHIVE,
        ("env", job_id(9).key): LogAction.REMOVE,
    }
    backup_path(path).unlink()
    path.unlink()
    assert gone(path) == ({job(2), job(8)}, {job(3), job(9)})


@pytest.mark.parametrize("is_compacted", [False, True])
def test_a_version_that_does_not_know_archive_reads_an_archived_job_as_removed(
    path: Path, log: Path, is_compacted: bool
) -> None:
    archive(path)
    assert not is_compacted or back_up(path)
    last = {given: action for action, given in BEFORE.findall(log.read_text())}
    assert last == {str(job_id(1)): "add", str(job_id(2)): "remove", str(job_id(3)): "remove"}


def test_a_removal_that_does_not_say_how_and_when_is_refused(path: Path, log: Path) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1))
        before = log.read_bytes()
        with pytest.raises(KeyError):
            store.apply(Change(Watchlist({}), removed=tuple(watches)))
    assert log.read_bytes() == before
    assert set(kept(path).watches) == {job(1)}


def test_a_restored_job_is_on_the_list_after_the_store_is_lost(path: Path) -> None:
    archive(path)
    with opened(path) as (store, watches):
        store.apply(watches.restore(store.list_removed(EventKind.ARCHIVED), NOW + 9))
    path.unlink()
    assert set(kept(path).watches) == {job(1), job(2)}


def test_an_archived_row_without_its_reason_is_archived_again(path: Path) -> None:
    archive(path)
    spoil(path, "UPDATE watches SET removed_as = NULL WHERE removed_as = 'archived'")
    assert gone(path) == ({job(2)}, {job(3)})


def test_a_row_without_its_reason_keeps_its_log_line_and_is_recovered(path: Path) -> None:
    archive(path)
    spoil(path, "UPDATE watches SET removed_at = 0.0 WHERE removed_at IS NULL")
    spoil(path, "UPDATE watches SET removed_as = NULL WHERE removed_as = 'archived'")
    assert back_up(path)
    backup_path(path).unlink()
    with opened(path) as (_, watches):
        assert set(watches.watches) == {job(1)}
    assert gone(path) == ({job(2)}, {job(3)})


@pytest.mark.parametrize("why", REMOVALS)
def test_a_removal_that_could_not_be_committed_is_reverted_in_the_log(path: Path, why: EventKind) -> None:
    with opened(path) as (store, _):
        watches = added(store, watch(1, label="one"), watch(2))
        store.limit_lock_wait(0.05)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM watches").fetchall()  # a commit must wait for it
            with pytest.raises(StoreError, match="is locked"):
                store.apply(watches.remove([job(1)], NOW + 1, why))
            with pytest.raises(StoreError, match="is locked"):
                store.apply(watches.add([watch(3)]))
    path.unlink()
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(1), job(2), job(3)}
        assert watches.watches[job(1)].label == "one"
