"""A missing store is restored even if its log is lost, too, and no copy is overwritten that has more."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, opened
from tests.support.building import NOW, job, job_id, watch
from zjobtui.storage.backup import back_up
from zjobtui.storage.database import backup_path
from zjobtui.storage.ids_log import line
from zjobtui.storage.maintenance import files_beside


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watchlist.sqlite3"


def age(backup: Path) -> None:
    """Make the copy two days old, so that the next one is due."""
    then = time.time() - 180_000
    os.utime(backup, (then, then))


def copied(path: Path) -> None:
    """A store of jobs 1 and 2, with a label and a note, and its copy."""
    with opened(path) as (store, _):
        added(store, watch(1, label="one", note="n"), watch(2))
    assert back_up(path)
    age(backup_path(path))


def unreadable(log: Path) -> None:
    log.touch(mode=0)


LOGS: dict[str, Callable[[Path], object]] = {
    "empty": Path.touch,
    "noise": lambda log: log.write_bytes(os.urandom(500)),
    "only a removed job": lambda log: log.write_text(str(line(NOW, "env", str(job_id(9))))),
    "a directory": Path.mkdir,
    "a symbolic link": lambda log: log.symlink_to("elsewhere"),
    "a named pipe": os.mkfifo,
    "mode 0": unreadable,
}


@pytest.mark.parametrize("make", LOGS.values(), ids=LOGS)
def test_a_missing_store_is_recovered_from_its_copy_with_or_without_the_log(
    path: Path, make: Callable[[Path], object]
) -> None:
    copied(path)
    path.unlink()
    log = path.with_name("ids.log")
    log.unlink()
    make(log)
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(1), job(2)}
        assert (watches.watches[job(1)].label, watches.watches[job(1)].note) == ("one", "n")
        assert f"The watchlist {path} was missing." in store.notice


def test_without_a_log_the_list_is_empty_and_the_old_copy_is_kept_beside_a_new_one(path: Path) -> None:
    copied(path)
    before = backup_path(path).read_bytes()
    path.unlink()
    path.with_name("ids.log").unlink()
    with opened(path) as (store, watches):
        assert not watches.watches
        added(store, watch(3))
    assert back_up(path)
    (aside,) = files_beside(path).replaced_copies
    assert aside.read_bytes() == before
    with closing(sqlite3.connect(backup_path(path))) as copy:
        assert copy.execute("SELECT job FROM watches").fetchall() == [(job_id(3).key,)]


@pytest.mark.parametrize("broken", [b"", b"noise" * 900], ids=["empty", "noise"])
def test_an_unreadable_copy_is_kept_when_a_new_one_is_made(path: Path, broken: bytes) -> None:
    copied(path)
    backup_path(path).write_bytes(broken)
    age(backup_path(path))
    assert back_up(path)
    (aside,) = path.parent.glob("*.replaced-*")
    assert aside.read_bytes() == broken


def test_a_copy_of_fewer_jobs_is_replaced(path: Path) -> None:
    copied(path)
    with opened(path) as (store, watches):
        store.apply(watches.add([watch(3)]))
        store.apply(watches.remove([job(1)], NOW + 1))
    assert back_up(path)
    assert not list(path.parent.glob("*.replaced-*"))


SPILL = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE watches SET note = hex(randomblob(400)), label = 'of the transaction'")
os.kill(os.getpid(), 9)
"""


def with_hot_journal(path: Path) -> bytes:
    """A store of 300 jobs whose writer was killed; the journal."""
    with opened(path) as (store, _):
        added(store, *(watch(number) for number in range(300)))
    subprocess.run([sys.executable, "-c", SPILL, str(path)], check=False)
    journal = path.with_name(f"{path.name}-journal").read_bytes()
    assert journal[:1] == b"\xd9", "not hot"
    return journal


@pytest.mark.parametrize("has_log", [True, False], ids=["recovered", "created again"])
def test_the_journal_of_a_deleted_store_is_moved_and_not_replayed(path: Path, *, has_log: bool) -> None:
    journal = with_hot_journal(path)
    path.unlink()
    if not has_log:
        path.with_name("ids.log").unlink()
    with opened(path) as (store, watches):
        assert len(watches) == (300 if has_log else 0)
        assert "could not be read" not in store.notice
        assert store.file.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    (aside,) = path.parent.glob("*.broken-*")
    assert aside.read_bytes() == journal


def test_the_write_ahead_log_of_a_deleted_store_is_moved_and_not_replayed(path: Path) -> None:
    copied(path)
    wal = path.with_name(f"{path.name}-wal")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE watches SET label = 'from the log'")
        shutil.copy(wal, wal.with_name("kept"))
    path.unlink()
    wal.with_name("kept").rename(wal)
    assert set(kept(path).watches) == {job(1), job(2)}
    assert [file.name.endswith("-wal") for file in path.parent.glob("*.broken-*")] == [True]


def test_an_existing_store_is_rolled_back_with_its_journal(path: Path) -> None:
    with_hot_journal(path)
    assert {watch.label for watch in kept(path)} == {""}
    assert not list(path.parent.glob("*.broken-*"))


def test_the_journal_of_a_damaged_store_is_kept_beside_it(path: Path) -> None:
    copied(path)
    path.write_bytes(b"")
    path.with_name(f"{path.name}-journal").write_bytes(b"\xd9rest")
    kept(path)
    names = sorted(file.name for file in path.parent.glob("*.broken-*"))
    assert names[1] == f"{names[0]}-journal"
