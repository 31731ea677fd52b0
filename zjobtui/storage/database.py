"""SQLite file: creating and opening it, and the meaning of its errors. Knows nothing of jobs."""

import errno
import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from zjobtui.atomic_write import stamp_for_name, sync_folder, temp_sibling
from zjobtui.logs import get_logger
from zjobtui.models.watchlist import UnstorableError
from zjobtui.storage.migrations import SCHEMA_VERSION, damage_of_schema, migrate, version_of

log = get_logger(__name__)

BUSY_LIMIT = 2.5
"""Seconds to wait for another program's lock before reporting it, so that a command reports it within 3 s in all."""

BRIEF_LIMIT = 0.5
"""The same for a program that retries by itself, and must be able to end at any time."""

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_UNDECODABLE = "Could not decode to UTF-8"
"""How the message of `sqlite3` begins; the rest of it contains the text itself."""
_BUG = frozenset(
    {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE}
    | {sqlite3.SQLITE_RANGE, sqlite3.SQLITE_SCHEMA}
)
_CONTENT = frozenset({sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH})
_NO_LOCKS = frozenset(
    {sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_RDLOCK, sqlite3.SQLITE_IOERR_UNLOCK}
    | {sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOLFS}
)
"""Errors of SQLite if the file system has no locks, as some NFS."""
_MEANINGS = {
    sqlite3.SQLITE_BUSY: "is locked by another program",
    sqlite3.SQLITE_LOCKED: "is locked by another program",
    sqlite3.SQLITE_FULL: "cannot be saved: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error",
    sqlite3.SQLITE_READONLY: "cannot be written: the file, its folder or the file system is read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_PERM: "cannot be opened: no permission",
    sqlite3.SQLITE_AUTH: "cannot be opened: no permission",
}
_SYSTEM_MEANINGS = {
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "a part of its path is not a folder",
    errno.EIO: "the disk reports an error",
}
_FOLDER_ADVICE = " Give your user write access to its folder, or set ZJOBTUI_DATA_DIR to another folder."
_FOLDER_CODES = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
_FOLDER_ERRORS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR})
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


Identity = tuple[int, int]
"""Identity of a file, whatever its name: its device and inode."""


class StoreError(Exception):
    """The store could not be read or written; the message says why."""


class BrokenStoreError(StoreError):
    """The file's content is damaged; `why` is the reason alone."""

    def __init__(self, sentence: str, why: str) -> None:
        super().__init__(sentence)
        self.why = why


class UncommittedError(StoreError):
    """New jobs could not be committed; their ids are in `ids.log`, from which the next start adds them."""


class SchemaError(StoreError):
    """A statement does not match the tables or their content: a bug in zjobtui, not damage of the file."""


class ContentError(SchemaError, UnstorableError):
    """A change violates a constraint of the tables, such as NaN for a time: it can never be written."""


class Opened(Struct, frozen=True):
    """An open database, whether it may be written, and a notice for the user about opening it.

    `is_stopgap`: the file could not be migrated, and this is a migrated copy of it in memory.
    """

    connection: sqlite3.Connection
    identity: Identity
    is_read_only: bool = False
    notice: str = ""
    is_stopgap: bool = False


def identity_of(path: Path) -> Identity | None:
    """Return the identity of the file at `path`; None if there is none. Raises `OSError` if the disk cannot be read."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def backup_path(path: Path) -> Path:
    """Return the path of the daily copy of a store."""
    return path.with_name(f"{path.stem}.backup{path.suffix}")


def unused_path(path: Path) -> Path:
    """Return the path, with as many `+` appended as needed to be unused."""
    while os.path.lexists(path):
        path = path.with_name(f"{path.name}+")
    return path


def aside_path(path: Path) -> Path:
    """Return an unused name beside a store for a file that must make room for a new one."""
    return unused_path(path.with_name(f"{path.name}.broken-{stamp_for_name()}-{os.getpid()}"))


def move_journals(path: Path, aside: Path, undo: ExitStack) -> None:
    """Move the journals of a store beside `aside`; `undo` gets what moves them back. Raises `OSError`.

    SQLite would play them back onto a new file in the store's place. `exclusive_lock` must be held.
    """
    for ending in ("-journal", "-wal", "-shm"):
        journal = path.with_name(path.name + ending)
        if os.path.lexists(journal) and not _is_ignored(journal):
            new_path = unused_path(aside.with_name(aside.name + ending))
            journal.rename(new_path)
            undo.callback(new_path.rename, journal)
            log.warning("the journal %s, which belonged to another file, is kept as %s", journal, new_path)


def _is_ignored(journal: Path) -> bool:
    """Return whether SQLite ignores the journal: it is empty, or its header was never written and begins with 0."""
    if not stat.S_ISREG(journal.lstat().st_mode):
        return False
    with journal.open("rb") as file:
        return file.read(1) in {b"", b"\0"}


def kind_of(path: Path) -> str:
    """Return what is at `path` if it is not a regular file, such as "a folder"; empty if it is one or is missing.

    Opening a named pipe would block. Raises `OSError`.
    """
    try:
        return _KINDS.get(stat.S_IFMT(path.stat().st_mode), "")
    except FileNotFoundError:
        return ""


def check_regular(path: Path) -> None:
    """Raise `OSError` if a database or its journal is not a regular file."""
    for file in (path, path.with_name(f"{path.name}-journal")):
        if kind := kind_of(file):
            raise OSError(f"{file} is {kind}, not a regular file")


def primary_code(fault: Exception) -> int | None:
    """Return the error code of SQLite without the extension that some have; None if the error is not one of SQLite."""
    code: int | None = getattr(fault, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _is_undecodable(fault: Exception) -> bool:
    """Return whether a stored text is not UTF-8, which `sqlite3` reports without a code of SQLite."""
    is_coded = primary_code(fault) is not None
    return isinstance(fault, sqlite3.OperationalError) and not is_coded and str(fault).startswith(_UNDECODABLE)


def failure(path: Path, fault: Exception, what: str = "could not be used") -> StoreError:
    """Return the error to raise for an error of SQLite, the disk or the checks of rows (`ValueError`).

    Only `SQLITE_CORRUPT`, `SQLITE_NOTADB`, content that fails the checks, and an altered schema are damage.
    """
    code, primary = getattr(fault, "sqlite_errorcode", None), primary_code(fault)
    if isinstance(fault, ValueError) or primary in _DAMAGE or _is_undecodable(fault):
        return _broken(path, str(fault))
    if primary in _BUG:
        if primary in _CONTENT:
            return ContentError(_bug_text(path, fault))
        why = _damage_of_schema(path) if primary == sqlite3.SQLITE_ERROR else ""
        return _broken(path, why) if why else SchemaError(_bug_text(path, fault))
    if code in _NO_LOCKS or primary in _NO_LOCKS:
        advice = "Set ZJOBTUI_DATA_DIR to a folder on a local disk."
        return StoreError(
            f"The watchlist {path} cannot be locked: its file system does not support locks ({fault}). {advice}"
        )
    if primary == sqlite3.SQLITE_CANTOPEN and path.exists() and not os.access(path, os.R_OK):
        return StoreError(f"The watchlist {path} cannot be opened: no permission to read it ({fault}).")
    if primary in _MEANINGS:
        advice = _FOLDER_ADVICE if primary in _FOLDER_CODES else ""
        return StoreError(f"The watchlist {path} {_MEANINGS[primary]} ({fault}).{advice}")
    if isinstance(fault, OSError) and fault.errno in _SYSTEM_MEANINGS:
        advice = _FOLDER_ADVICE if fault.errno in _FOLDER_ERRORS else ""
        return StoreError(f"The watchlist {path} {what}: {_SYSTEM_MEANINGS[fault.errno]} ({fault}).{advice}")
    return StoreError(f"The watchlist {path} {what}: {fault}.")


def open_database(path: Path, lock_wait: float = BUSY_LIMIT) -> Opened:
    """Open the file, create it if it is missing, and migrate an older one.

    A file of a newer program is opened read-only. Raises `BrokenStoreError` for a file that is not a readable store,
    and `StoreError` if the folder cannot be used or another program holds the lock for `lock_wait` seconds.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create_if_missing(path)
        if kind := kind_of(path):
            text = f"The watchlist {path} cannot be opened: it is {kind}, not a regular file. Move or rename it."
            raise StoreError(text)
        status = path.stat()
        if status.st_size == 0:
            raise _broken(path, "it is empty")
        return _open_checked(path, (status.st_dev, status.st_ino), lock_wait)
    except (OSError, sqlite3.Error, UnicodeDecodeError) as fault:
        raise failure(path, fault, "cannot be opened") from fault


def _open_checked(path: Path, identity: Identity, lock_wait: float) -> Opened:
    connection = connect(path, wait=lock_wait)
    try:
        _check_format(path, connection)
        if version_of(connection) < SCHEMA_VERSION:
            try:
                migrate(connection, path)
            except (sqlite3.Error, OSError) as fault:
                return _stopgap(path, connection, identity, fault)
        if version_of(connection) > SCHEMA_VERSION:
            connection.close()
            newer = f"{path} was written by a newer zjobtui. It is opened read-only: no change is saved."
            return Opened(connect(path, "ro", lock_wait), identity, is_read_only=True, notice=newer)
        connection.execute("SELECT revision FROM watches LIMIT 1").fetchone()
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return Opened(connection, identity)


def _check_format(path: Path, connection: sqlite3.Connection) -> None:
    if (version := version_of(connection)) <= 0:
        raise _broken(path, damage_of_schema(connection) or f"its format number is {version}")


def _stopgap(path: Path, connection: sqlite3.Connection, identity: Identity, fault: Exception) -> Opened:
    """Return a migrated copy of the store in memory, for reading; raise the error if it is damage or a bug."""
    reason = failure(path, fault, "cannot be upgraded")
    log.warning("the store cannot be migrated: %s", reason)
    if isinstance(reason, BrokenStoreError | SchemaError):
        raise reason from fault
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        connection.execute("BEGIN")
        version_of(connection)  # takes the lock for reading: without it, `backup` would block for ever
        connection.backup(memory)
        migrate(memory)
    except BaseException:
        memory.close()
        raise
    connection.close()
    memory.row_factory = sqlite3.Row
    notice = f"{reason} Until it is upgraded it is opened read-only: no change is saved."
    return Opened(memory, identity, is_read_only=True, notice=notice, is_stopgap=True)


def _broken(path: Path, why: str) -> BrokenStoreError:
    return BrokenStoreError(f"The watchlist {path} is damaged: {why}.", why)


def _bug_text(path: Path, fault: Exception) -> str:
    return (
        f"Internal error: this version of zjobtui and the watchlist {path} do not match ({fault}). "
        "This is a bug; the file is not damaged. Report it, and use the previous version until it is fixed."
    )


def _damage_of_schema(path: Path) -> str:
    try:
        with closing(connect(path, "ro", BRIEF_LIMIT)) as connection:
            return "" if version_of(connection) > SCHEMA_VERSION else damage_of_schema(connection)
    except sqlite3.Error as fault:
        return str(fault) if primary_code(fault) in _DAMAGE else ""


def connect(path: Path, mode: str = "rw", wait: float | None = None) -> sqlite3.Connection:
    """Open an existing file; with `ro` read-only. Locks are waited for up to `wait` seconds, by default `BUSY_LIMIT`.

    Raises `sqlite3.Error`, and `OSError` if it is not a regular file.
    """
    check_regular(path)
    limit = BUSY_LIMIT if wait is None else wait
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=limit, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _create_if_missing(path: Path) -> None:
    """Create the file under another name and link it to its place, so that an incomplete store is never visible."""
    if path.exists():
        return
    with exclusive_lock(path.parent), new_database_file(path) as new:
        if path.exists():
            return
        with ExitStack() as undo:
            move_journals(path, aside_path(path), undo)
            try:
                os.link(new, path)
            except FileExistsError:
                undo.pop_all()  # another program has made a new store, to which the old journals do not belong
                return
            except OSError:
                new.rename(path)
            undo.pop_all()
    sync_folder(path.parent)


@contextmanager
def new_database_file(path: Path) -> Iterator[Path]:
    """Create a new, empty store in a temporary file; it is deleted unless it is moved to its place."""
    with temp_sibling(path) as new:
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            migrate(connection)
        yield new


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Keep other windows from creating or recovering a store in the folder during the block.

    Raises `StoreError` after `BUSY_LIMIT` seconds. On a file system without such locks it does not wait.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        end = time.monotonic() + BUSY_LIMIT
        while not _try_lock(handle):
            if time.monotonic() > end:
                raise StoreError(f"Another window is using the files in {folder}; try again in a moment.")
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    with suppress(OSError):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
