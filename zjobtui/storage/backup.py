"""The daily copy of the store, made of a sound file only and put in place whole; `ids.log` is compacted with it."""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from zjobtui.atomic_write import beside, sync_folder
from zjobtui.storage import ids_log
from zjobtui.storage.database import BRIEF_LIMIT, backup_path, connect
from zjobtui.storage.ids_log import IdsLogError
from zjobtui.storage.migrations import SCHEMA_VERSION, version_of

EVERY = 86_400.0
"""Seconds between two copies."""


_FAULTS = (sqlite3.Error, OSError, UnicodeDecodeError, IdsLogError)


def back_up(path: Path) -> bool:
    """Copies a store that has jobs, where the last copy is a day old; gives whether it did, and never raises.

    A file that is damaged, or of a newer program, replaces no copy.
    """
    backup = backup_path(path)
    try:
        if backup.exists() and 0 <= time.time() - backup.stat().st_mtime < EVERY:
            return False
        with beside(backup) as made, closing(connect(path, "ro", wait=0.0)) as connection:
            if not _is_worth_keeping(connection):
                return False
            connection.execute("VACUUM INTO ?", (str(made),))
            with made.open("rb") as file:
                os.fsync(file.fileno())
            made.replace(backup)
        sync_folder(path.parent)
    except _FAULTS:
        return False
    with suppress(*_FAULTS):
        _compact_ids_log(path)
        _delete_leftovers(path)
    return True


def _is_worth_keeping(connection: sqlite3.Connection) -> bool:
    has_jobs = connection.execute("SELECT EXISTS (SELECT 1 FROM watches)").fetchone()[0]
    is_sound = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    return version_of(connection) <= SCHEMA_VERSION and has_jobs and is_sound


def _compact_ids_log(path: Path) -> None:
    """Rewrite `ids.log` to the jobs on the list, and those that only it knows."""
    log_path = ids_log.path_beside(path)
    with closing(connect(path, wait=BRIEF_LIMIT)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # nobody appends to the log meanwhile
        rows = connection.execute("SELECT * FROM watches ORDER BY position").fetchall()
        known = {ids_log.key_of(row["tenant"], row["job"]) for row in rows}
        present = [row for row in rows if row["removed_at"] is None]
        lines = [
            ids_log.line(row["added_at"], row["tenant"], row["given"], row["label"], is_add=True) for row in present
        ]
        lines += [one for key, one in ids_log.read(log_path).items() if one.is_add and key not in known]
        ids_log.rewrite(log_path, lines)
        connection.execute("ROLLBACK")


def _delete_leftovers(path: Path) -> None:
    """Delete temporary files that a killed process left a day ago or earlier."""
    for one in path.parent.iterdir():
        is_ours = one.name.startswith((f".{path.stem}", f".{ids_log.NAME}-")) and one.is_file()
        if is_ours and time.time() - one.stat().st_mtime > EVERY:
            one.unlink(missing_ok=True)
