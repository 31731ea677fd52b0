"""The SQLite file: how it is made, opened and found broken. Knows no watch and no job."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zjobtui.atomic_write import beside
from zjobtui.domain.digest import DIGEST_VERSION

SCHEMA_VERSION = 1

BUSY_LIMIT = 2.5
"""Seconds to wait for another program's lock before reporting it, so that a command reports it within 3 s in all."""

BRIEF_LIMIT = 0.5
"""The same for a program that tries again by itself, and must be able to end at any time."""

DAMAGE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""What SQLite says of a file whose content is wrong; a disk or a lock that stands in the way is no damage."""

_SCHEMA = f"""
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE watches (
    position INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL, job TEXT NOT NULL, given TEXT NOT NULL,
    added_at REAL NOT NULL, added_by TEXT NOT NULL, removed_at REAL, removed_as TEXT,
    label TEXT NOT NULL, tags TEXT NOT NULL, note TEXT NOT NULL, acknowledged_at REAL,
    status TEXT, verdict TEXT, sentence TEXT, kind TEXT, order_number TEXT, account_number TEXT, words TEXT,
    seen_at REAL, unfinished_at REAL, ended_at REAL, changed_at REAL,
    problem TEXT, problem_detail TEXT, problem_code TEXT, problem_at REAL,
    contradiction TEXT NOT NULL, planned REAL NOT NULL,
    heard_at REAL NOT NULL, revision INTEGER NOT NULL,
    UNIQUE (tenant, job)
);
CREATE INDEX by_revision ON watches (revision);
CREATE TABLE reports (
    position INTEGER PRIMARY KEY REFERENCES watches (position) ON DELETE CASCADE,
    at REAL NOT NULL, body TEXT NOT NULL, call TEXT NOT NULL,
    earlier_at REAL, earlier TEXT
);
CREATE TABLE entries (
    number INTEGER PRIMARY KEY,
    position INTEGER NOT NULL REFERENCES watches (position) ON DELETE CASCADE,
    at REAL NOT NULL, event TEXT NOT NULL, text TEXT NOT NULL, verdict TEXT NOT NULL
);
CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE calls (tenant TEXT, day INTEGER, calls INTEGER NOT NULL, PRIMARY KEY (tenant, day));
CREATE INDEX by_position ON entries (position);
INSERT INTO meta VALUES ('revision', 0), ('digest_version', {DIGEST_VERSION});
"""


Identity = tuple[int, int]
"""Which file it is, whatever its name: its device and its number there."""


class StoreError(Exception):
    """The store could not be read or written; the message says why."""


class BrokenStoreError(StoreError):
    """The file's content is damaged; `why` is the reason alone."""

    def __init__(self, sentence: str, why: str) -> None:
        super().__init__(sentence)
        self.why = why


@dataclass(frozen=True, slots=True)
class Opened:
    """An open database, whether it may be written, and what the user should be told about opening it."""

    connection: sqlite3.Connection
    is_read_only: bool
    notice: str
    identity: Identity


def identity_of(path: Path) -> Identity | None:
    """Which file lies at `path`; None where none does. Raises `OSError` where the disk does not tell."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def backup_path(path: Path) -> Path:
    """Where the daily copy of a store lies: beside it."""
    return path.with_name(f"{path.stem}.backup{path.suffix}")


def failure(path: Path, fault: Exception, what: str) -> StoreError:
    """The error to raise for a store at `path` that was not available; `what` failed, unless a lock explains it."""
    if getattr(fault, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreError(f"The watchlist {path} is locked by another program (database is locked).")
    return StoreError(f"The watchlist {path} {what}: {fault}.")


def open_database(path: Path, lock_wait: float = BUSY_LIMIT) -> Opened:
    """Opens the file, making it where there is none.

    One of a newer program is only read. Raises `BrokenStoreError` for a file that is no readable store, and
    `StoreError` where the folder cannot be used or another program holds the lock for `lock_wait` seconds.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_when_missing(path)
        return _open_checked(path, lock_wait)
    except (OSError, sqlite3.Error) as fault:
        raise failure(path, fault, "cannot be opened") from fault


def _open_checked(path: Path, lock_wait: float) -> Opened:
    found = path.stat()
    if found.st_size == 0:
        raise _broken(path, "it is empty")
    identity = (found.st_dev, found.st_ino)
    connection = connect(path, wait=lock_wait)
    try:
        if version_of(connection) > SCHEMA_VERSION:
            connection.close()
            newer = f"{path} was made by a newer zjobtui; it is shown, and nothing is saved."
            return Opened(connect(path, "ro", lock_wait), is_read_only=True, notice=newer, identity=identity)
        connection.execute("SELECT revision FROM watches LIMIT 1").fetchone()
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = FULL")
    except (sqlite3.Error, UnicodeDecodeError) as fault:
        connection.close()
        if isinstance(fault, UnicodeDecodeError):
            raise _broken(path, "its schema is no text") from None
        if getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) in DAMAGE:
            raise _broken(path, str(fault)) from None
        raise
    return Opened(connection, is_read_only=False, notice="", identity=identity)


def _broken(path: Path, why: str) -> BrokenStoreError:
    return BrokenStoreError(f"The watchlist {path} is damaged: {why}.", why)


def connect(path: Path, mode: str = "rw", wait: float | None = None) -> sqlite3.Connection:
    """The file as it is, never made; with `ro` nothing in it is changed. Locks are waited for `BUSY_LIMIT` seconds."""
    limit = BUSY_LIMIT if wait is None else wait
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=limit, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def version_of(connection: sqlite3.Connection) -> int:
    """The format of a file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _make_when_missing(path: Path) -> None:
    """Makes the file whole beside its place and links it there, so that nobody ever sees half a store."""
    if path.exists():
        return
    with alone(path.parent), made_beside(path) as made:
        if path.exists():
            return
        try:
            os.link(made, path)
        except FileExistsError:
            return
        except OSError:
            made.rename(path)


@contextmanager
def made_beside(path: Path) -> Iterator[Path]:
    """A new, empty store beside its place; it is deleted unless it is moved there."""
    with beside(path) as made:
        with closing(sqlite3.connect(made)) as connection:
            connection.executescript(_SCHEMA)
        yield made


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """While the block runs, no other window makes or mends a store in the folder; raises `StoreError` after a while.

    Where the file system has no such locks, nobody is waited for.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        end = time.monotonic() + BUSY_LIMIT
        while not _is_locked_here(handle):
            if time.monotonic() > end:
                raise StoreError(f"Another window is at work on the files in {folder}; try again in a moment.")
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def _is_locked_here(handle: int) -> bool:
    import fcntl  # noqa: PLC0415 - only while a store is made or mended

    with suppress(OSError):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
