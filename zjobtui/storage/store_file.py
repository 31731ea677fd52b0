"""The open SQLite file of a store: transactions, errors, and checks that it is still the same file and store."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from zjobtui.logs import get_logger
from zjobtui.storage import shared_tables
from zjobtui.storage.database import BrokenStoreError, Opened, StoreError, failure, identity_of, open_database
from zjobtui.storage.ids_log import IdsLogError
from zjobtui.storage.migrations import begin_immediate
from zjobtui.storage.rows import DamageError, MissingJobError

log = get_logger(__name__)

LONG_WAIT = 0.1
"""Seconds of waiting for another program's lock from which on it is logged."""


class ReadMark(Struct, frozen=True):
    """How far a file was read: `PRAGMA data_version`, and the revision."""

    data_version: int
    revision: int


class StoreFile:
    """An open store file. Its methods may be called from any thread; errors are raised as `StoreError`.

    Locks of other programs are waited for up to `lock_wait` seconds; `now` returns seconds since the epoch, UTC.
    """

    def __init__(self, path: Path, lock_wait: float, now: Callable[[], float]) -> None:
        self.path = path
        self.now = now
        self.lock_wait = lock_wait
        self.lock = threading.Lock()
        self.store_id: int | None = None
        """The random number that identifies the store, as last read."""
        self._use(open_database(path, lock_wait))

    def _use(self, opened: Opened) -> None:
        self.opened = opened
        self.connection = opened.connection
        self.is_read_only = opened.is_read_only
        self.newest = -1
        """The latest revision that this window has read or written."""
        self._read = ReadMark(-1, -1)
        self.is_damaged = self.is_overwritten = False

    def switch_to(self, opened: Opened) -> None:
        """Close this file and use another one, of which all rows count as changes of other windows."""
        with self.lock:
            self.connection.close()
            self._use(opened)
            self._read = ReadMark(-1, 0)  # what was saved from the file before is no change

    def switch_to_file(self, other: "StoreFile") -> None:
        """Close this file and use the connection of another one, which must not be used any more."""
        self.switch_to(other.opened)
        self.store_id, self.newest = other.store_id, other.newest

    def limit_lock_wait(self, seconds: float) -> None:
        """Wait at most so long for locks of other programs from now on."""
        self.lock_wait = seconds
        with self.lock:
            self.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self.connection.close()

    def is_replaced(self) -> bool:
        """Return whether another file, or none, is now at the path."""
        try:
            return identity_of(self.path) != self.opened.identity
        except OSError:
            return False

    @contextmanager
    def lend_connection(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for reading."""
        with self.lock, self.translate_errors():
            yield self.connection

    @contextmanager
    def begin_transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that may write; commit it, or roll it back after an error."""
        if self.is_read_only:
            raise StoreError(self.opened.notice)
        if self.is_replaced():
            raise StoreError(f"{self.path} was replaced or deleted; retrying.")
        with self.lock, self.translate_errors():
            started = time.monotonic()
            with begin_immediate(self.connection):
                if (waited := time.monotonic() - started) >= LONG_WAIT:
                    log.warning("the lock of the store was held by another program for %.1fs", waited)
                yield self.connection

    @contextmanager
    def begin_change(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """Open a transaction that changes watched jobs, with its revision, by which other windows find new rows."""
        with self.begin_transaction() as connection:
            before = read_meta(connection, "revision")
            self._check_store(connection, before)
            connection.execute("UPDATE meta SET value = ? WHERE name = 'revision'", (before + 1,))
            yield connection, before + 1
            store_id = shared_tables.ensure_id(connection)
        self.store_id, self.newest = store_id, before + 1
        if before == self._read.revision:
            self._read = ReadMark(self._read.data_version, before + 1)

    @property
    def read_revision(self) -> int:
        """The revision up to which this window has read the changes of others."""
        return self._read.revision

    def was_changed_elsewhere(self, connection: sqlite3.Connection) -> bool:
        """Return whether another window has committed anything since `mark_read`."""
        return shared_tables.data_version(connection) != self._read.data_version

    def begin_reading(self, connection: sqlite3.Connection) -> ReadMark:
        """Return how far the file is written; to be read before the rows.

        What is committed in between is then returned twice, and not never. Raises `StoreError` if another store was
        copied over the file.
        """
        version, revision = shared_tables.data_version(connection), read_meta(connection, "revision")
        self._check_store(connection, revision)
        return ReadMark(version, revision)

    def mark_read(self, mark: ReadMark) -> None:
        """Record that the rows were read this far."""
        self._read, self.newest = mark, mark.revision

    def mark_unread(self, since: int) -> None:
        """Record that what was committed after this revision must be read again."""
        self._read = ReadMark(-1, since)

    def mark_sound(self) -> None:
        """Record that the file was found sound after an error."""
        self.is_damaged = False

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise what SQLite, the rows or the log report as `StoreError`."""
        try:
            yield
        except (sqlite3.Error, DamageError, UnicodeDecodeError) as fault:
            error = failure(self.path, fault)
            self.is_damaged |= isinstance(error, BrokenStoreError)
            raise error from fault
        except IdsLogError as fault:
            raise StoreError(str(fault)) from fault
        except MissingJobError as fault:
            self.is_overwritten = True
            raise self._overwritten() from fault

    def _check_store(self, connection: sqlite3.Connection, revision: int) -> None:
        """Raise `StoreError` if another store was copied over the file: its id differs, or its revision is older."""
        store_id = shared_tables.id_of(connection)
        if revision < self.newest or self.store_id not in {None, store_id}:
            self.is_overwritten = True
            raise self._overwritten()
        self.store_id = store_id

    def _overwritten(self) -> StoreError:
        return StoreError(f"An older or another watchlist was copied over {self.path}; retrying.")

    def ensure_id(self) -> None:
        """Give the store an id if it has none; if it is locked, it gets one with the first write.

        Called when the file was found sound: a damaged one is kept as it is.
        """
        if self.store_id is not None or self.is_read_only:
            return
        with self.lend_connection() as connection:
            connection.execute("PRAGMA busy_timeout = 0")
            with suppress(sqlite3.Error):
                self.store_id = shared_tables.ensure_id(connection)
            connection.execute(f"PRAGMA busy_timeout = {int(self.lock_wait * 1000)}")


def read_meta(connection: sqlite3.Connection, name: str) -> int:
    """Return a number of the table `meta`; raises `DamageError` if it is missing."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    if row is None or not isinstance(row[0], int):
        raise DamageError(f"it has no {name}")
    return row[0]
