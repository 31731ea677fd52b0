"""Errors of the store are named: a lock, a full disk, permissions, not a regular file; none is damage."""

import errno
import os
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, opened, quick_folder
from tests.support.building import job, watch
from zjobtui.storage.database import BrokenStoreError, SchemaError, StoreError, failure
from zjobtui.storage.health import check_store
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report


@pytest.fixture
def path() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder / "store"


def sqlite_fault(code: int, text: str) -> sqlite3.OperationalError:
    fault = sqlite3.OperationalError(text)
    fault.sqlite_errorcode = code
    return fault


STORE_FAULTS = {
    "locked": (sqlite3.SQLITE_BUSY, "is locked by another program"),
    "locked while it is recovered": (sqlite3.SQLITE_BUSY_RECOVERY, "is locked by another program"),
    "full": (sqlite3.SQLITE_FULL, "cannot be saved: the disk is full"),
    "an error of the disk": (sqlite3.SQLITE_IOERR_READ, "the disk reports an error"),
    "an error when written": (sqlite3.SQLITE_IOERR_FSYNC, "the disk reports an error"),
    "no locks on NFS": (
        sqlite3.SQLITE_IOERR_LOCK,
        "its file system does not support locks (text). Set ZJOBTUI_DATA_DIR to a folder on a local disk",
    ),
    "a protocol of locks": (sqlite3.SQLITE_PROTOCOL, "its file system does not support locks"),
    "read-only": (sqlite3.SQLITE_READONLY, "the file, its folder or the file system is read-only"),
    "a folder that is read-only": (sqlite3.SQLITE_READONLY_DIRECTORY, "is read-only"),
    "not to be opened": (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
    "no permission": (sqlite3.SQLITE_PERM, "no permission"),
}


@pytest.mark.parametrize(("code", "words"), STORE_FAULTS.values(), ids=STORE_FAULTS)
def test_each_error_of_sqlite_has_its_own_message_and_is_not_damage(path: Path, code: int, words: str) -> None:
    error = failure(path, sqlite_fault(code, "text"))
    assert words in str(error)
    assert str(path) in str(error)
    assert not isinstance(error, BrokenStoreError | SchemaError)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "no permission"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EIO, "the disk reports an error"),
    ],
)
def test_each_error_of_the_system_has_its_own_message_and_is_not_damage(path: Path, number: int, words: str) -> None:
    error = failure(path, OSError(number, os.strerror(number)), "cannot be opened")
    assert f"cannot be opened: {words}" in str(error)
    assert not isinstance(error, BrokenStoreError | SchemaError)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CORRUPT_INDEX, sqlite3.SQLITE_NOTADB])
def test_corruption_reported_by_sqlite_is_damage(path: Path, code: int) -> None:
    assert isinstance(failure(path, sqlite_fault(code, "text")), BrokenStoreError)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT_NOTNULL, sqlite3.SQLITE_MISMATCH])
def test_an_invalid_statement_on_an_intact_store_is_a_bug(path: Path, code: int) -> None:
    kept(path)
    error = failure(path, sqlite_fault(code, "no such column: x"))
    assert isinstance(error, SchemaError)
    assert "(no such column: x). This is a bug; the file is not damaged." in str(error)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENOSPC])
def test_an_error_of_the_system_is_not_damage_for_any_file_name(path: Path, number: int) -> None:
    name = f"{path.parent}/Could not decode to UTF-8/{path.name}"
    for fault in (OSError(number, os.strerror(number), name), sqlite3.ProgrammingError(f"closed: {name}")):
        assert not isinstance(failure(path, fault), BrokenStoreError)


def test_a_store_in_a_folder_of_any_name_is_not_replaced_if_its_journal_cannot_be_used(path: Path) -> None:
    store = path.parent / "decoder" / "watchlist.sqlite3"
    with opened(store) as (open_one, _):
        added(open_one, watch(1))
    os.mkfifo(store.with_name(f"{store.name}-journal"))
    content = store.read_bytes()
    with pytest.raises(StoreError, match="-journal is a named pipe"):
        open_store(store, read_report)
    assert store.read_bytes() == content
    assert not list(store.parent.glob("*.broken-*"))


def make_socket(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(str(path))


def point_at_null(path: Path) -> None:
    path.symlink_to("/dev/null")


@pytest.mark.parametrize(
    ("make", "kind"),
    [(os.mkfifo, "a named pipe"), (Path.mkdir, "a folder"), (make_socket, "a socket"), (point_at_null, "a device")],
)
def test_a_path_that_is_not_a_regular_file_is_refused_and_unchanged(
    path: Path, make: Callable[[Path], None], kind: str
) -> None:
    make(path)
    with pytest.raises(StoreError, match=f"cannot be opened: it is {kind}, not a regular file"):
        open_store(path, read_report)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_link_to_a_store_elsewhere_is_followed(path: Path) -> None:
    elsewhere = path.parent / "elsewhere" / "store"
    kept(elsewhere)
    path.symlink_to(elsewhere)
    with opened(path) as (store, _):
        added(store, watch(1))
    assert path.is_symlink()
    assert set(kept(path).watches) == {job(1)}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
@pytest.mark.parametrize(("mode", "words"), [(0o000, "no permission"), (stat.S_IRUSR, "read-only")])
def test_a_file_without_permission_is_not_damage(path: Path, mode: int, words: str) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))
    path.chmod(mode)
    with pytest.raises(StoreError, match=words), opened(path) as (store, _):
        added(store, watch(2))
    path.chmod(0o600)
    assert set(kept(path).watches) == {job(1)}
    assert not list(path.parent.glob("*.broken-*"))


def test_doctor_reports_damage_as_damage_and_other_errors_by_name(path: Path) -> None:
    with opened(path) as (store, _):
        added(store, watch(1))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE watches RENAME COLUMN removed_at TO gone_at")
    facts = check_store(path)
    assert facts.damage == ""
    assert "This is a bug; the file is not damaged" in facts.trouble
    path.write_bytes(b"no database " * 500)
    assert check_store(path).damage == "file is not a database"
