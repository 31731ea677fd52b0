"""Puts a new store in the place of a damaged one, with all that could be saved; the damaged one is kept."""

import os
import sqlite3
import time
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from pathlib import Path

from zjobtui.atomic_write import beside
from zjobtui.storage.answers import ReadReport
from zjobtui.storage.database import StoreError, alone, backup_path, made_beside
from zjobtui.storage.salvage import Columns, Saved, grafted, salvaged
from zjobtui.storage.writing import POSITION

GRAFT_LIMIT = 1 << 29
"""Bytes of a file that is copied to be read in another way; a larger one is no store."""


def mend(path: Path, why: str, read_report: ReadReport, is_sound: Callable[[], bool]) -> str:
    """Moves a damaged store aside, puts what can be read of it and of the backup in its place, and tells of it.

    Nothing happens where another window has just mended it. Raises `StoreError`; then all is as it was.
    """
    try:
        with alone(path.parent), made_beside(path) as made:
            if is_sound():
                return ""
            told = _fill(made, path, read_report)
            aside = _put_in_place(made, path)
    except (OSError, sqlite3.Error) as fault:
        raise StoreError(f"The watchlist {path} is damaged ({why}), and could not be mended: {fault}.") from fault
    return f"The watchlist could not be read ({why}). {told} The damaged file is kept as {aside}."


def _fill(made: Path, path: Path, read_report: ReadReport) -> str:
    """Takes over what there is, and says in sentences what came from where."""
    backup = backup_path(path)
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        saved = _take_over(connection, path, read_report)
        if not saved and path.stat().st_size < GRAFT_LIMIT:
            with beside(path) as copy:
                grafted(path, made, copy)
                saved = _take_over(connection, copy, read_report)
        more = _take_over(connection, backup, read_report) if backup.exists() else 0
        connection.execute("UPDATE meta SET value = 1 WHERE name = 'revision'")
        # Digests are made anew from the answers when the store is next opened.
        connection.execute("UPDATE meta SET value = 0 WHERE name = 'digest_version'")
    return _told(saved, more, backup)


def _told(saved: int, more: int, backup: Path) -> str:
    parts = [f"{_jobs(saved)} came back from it"] if saved else ["nothing in it was readable"]
    if backup.exists():
        day = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(backup.stat().st_mtime))
        parts.append(f"{_jobs(more)}{' more' if saved else ''} from the backup of {day}")
    else:
        parts.append("there is no backup")
    text = ", ".join(parts)
    empty = "" if saved or more else " The list starts empty."
    return f"{text[0].upper()}{text[1:]}.{empty}"


def _take_over(connection: sqlite3.Connection, path: Path, read_report: ReadReport) -> int:
    """Adds what a file holds and the new store has not; gives how many jobs on the list came so."""
    known = {row[1] for row in connection.execute("PRAGMA table_info(watches)")}
    before = _count(connection)
    connection.execute("BEGIN")
    for saved in salvaged(path, read_report):
        with suppress(sqlite3.IntegrityError):
            _insert(connection, saved, known)
    connection.execute("COMMIT")
    return _count(connection) - before


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM watches WHERE removed_at IS NULL").fetchone()[0])


def _insert(connection: sqlite3.Connection, saved: Saved, known: Collection[str]) -> None:
    """Adds a watch, and whatever of its answer and timeline is not there yet."""
    watch = {name: value for name, value in saved.watch.items() if name in known}
    connection.execute(*_inserting("watches", {**watch, "revision": 1}))
    row = connection.execute(f"SELECT {POSITION}", (watch["tenant"], watch["job"])).fetchone()
    at = {"position": row[0]}
    if saved.answer is not None:
        connection.execute(*_inserting("reports", {**at, **saved.answer}))
    if connection.execute("SELECT 1 FROM entries WHERE position = :position", at).fetchone() is None:
        for entry in saved.entries:
            connection.execute(*_inserting("entries", {**at, **entry}))


def _inserting(table: str, columns: Columns) -> tuple[str, Columns]:
    names = ", ".join(columns)
    return f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in columns)})", columns


def _jobs(number: int) -> str:
    return f"{number:,} job{'' if number == 1 else 's'}"


def _put_in_place(made: Path, path: Path) -> Path:
    """Keeps the damaged file, with its journal, under another name; its place is never empty."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside = path.with_name(f"{path.name}.broken-{stamp}-{os.getpid()}")
    while aside.exists():
        aside = aside.with_name(f"{aside.name}+")
    journal = path.with_name(f"{path.name}-journal")
    if journal.exists():
        journal.rename(aside.with_name(f"{aside.name}-journal"))
    try:
        os.link(path, aside)
    except OSError:
        path.rename(aside)
    made.replace(path)
    return aside
