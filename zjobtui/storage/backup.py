"""Daily copy of the store, made only of a sound file and put in place atomically; `ids.log` is compacted with it.

A copy that has jobs that the store lacks, or that cannot be read, is kept under another name.
"""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from zjobtui.atomic_write import stamp_for_name, sync_folder, temp_sibling
from zjobtui.logs import get_logger
from zjobtui.storage import ids_log
from zjobtui.storage.database import BRIEF_LIMIT, backup_path, connect, unused_path
from zjobtui.storage.ids_log import IdsLogError
from zjobtui.storage.migrations import SCHEMA_VERSION, version_of

log = get_logger(__name__)

BACKUP_SECONDS = 86_400.0
"""Seconds between two copies."""

_COPY_FAULTS = (sqlite3.Error, OSError, UnicodeDecodeError, IdsLogError)


def back_up(path: Path) -> bool:
    """Copy a store that has jobs if the last copy is a day old; return whether it did. Never raises.

    A file that is damaged, or of a newer program, replaces no copy.
    """
    backup = backup_path(path)
    try:
        if backup.exists() and 0 <= time.time() - backup.stat().st_mtime < BACKUP_SECONDS:
            return False
        with temp_sibling(backup) as new, closing(connect(path, "ro", wait=0.0)) as connection:
            if not _is_worth_keeping(connection):
                return False
            connection.execute("VACUUM INTO ?", (str(new),))
            with new.open("rb") as file:
                os.fsync(file.fileno())
            if os.path.lexists(backup) and not _is_contained(backup, connection):
                aside = unused_path(backup.with_name(f"{backup.name}.replaced-{stamp_for_name()}"))
                backup.rename(aside)
                log.warning("the daily copy had jobs that the store lacks, or was unreadable: it is kept as %s", aside)
            new.replace(backup)
        sync_folder(path.parent)
    except _COPY_FAULTS:
        return False
    with suppress(*_COPY_FAULTS):
        _compact_ids_log(path)
        _delete_leftovers(path)
    return True


def _is_worth_keeping(connection: sqlite3.Connection) -> bool:
    has_jobs = connection.execute("SELECT EXISTS (SELECT 1 FROM watches)").fetchone()[0]
    is_sound = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    return 0 < version_of(connection) <= SCHEMA_VERSION and has_jobs and is_sound


def _is_contained(backup: Path, connection: sqlite3.Connection) -> bool:
    """Return whether the store has all jobs of the copy; False if the copy is damaged."""
    keys = "SELECT tenant, job FROM watches NOT INDEXED"
    try:
        with closing(connect(backup, "ro", wait=0.0)) as copy:
            is_sound = copy.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            copied = {tuple(row) for row in copy.execute(keys)}
    except _COPY_FAULTS:
        return False
    return is_sound and copied <= {tuple(row) for row in connection.execute(keys)}


def _compact_ids_log(path: Path) -> None:
    """Rewrite `ids.log` with what the store says of each job, and with the jobs that it does not know.

    A removal without a reason is damage, whose repair needs the lines that the log has.
    """
    log_path = ids_log.path_beside(path)
    with closing(connect(path, wait=BRIEF_LIMIT)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # nobody appends to the log meanwhile
        rows = connection.execute("SELECT * FROM watches ORDER BY position").fetchall()
        rows = [row for row in rows if row["removed_at"] is None or row["removed_as"] is not None]
        known = {ids_log.key_of(row["tenant"], row["job"]) for row in rows}
        lines = [line for row in rows for line in ids_log.lines_of_row(row)]
        lines += [line for key, line in ids_log.read(log_path).items() if key not in known]
        ids_log.rewrite(log_path, lines)
        connection.execute("ROLLBACK")


def _delete_leftovers(path: Path) -> None:
    """Delete temporary files that a killed process left at least a day ago."""
    for file in path.parent.iterdir():
        is_temporary = file.name.startswith((f".{path.stem}", f".{ids_log.IDS_LOG_NAME}-")) and file.is_file()
        if is_temporary and time.time() - file.stat().st_mtime > BACKUP_SECONDS:
            file.unlink(missing_ok=True)
