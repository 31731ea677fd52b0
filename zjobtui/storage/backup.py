"""The daily copy of the store, beside it: made of a sound file only, and put in place whole."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from zjobtui.atomic_write import beside
from zjobtui.storage.database import SCHEMA_VERSION, backup_path, connect, version_of

EVERY = 86_400.0
"""Seconds between two copies."""


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
    except (sqlite3.Error, OSError, UnicodeDecodeError):
        return False
    return True


def _is_worth_keeping(connection: sqlite3.Connection) -> bool:
    has_jobs = connection.execute("SELECT EXISTS (SELECT 1 FROM watches)").fetchone()[0]
    is_sound = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    return version_of(connection) <= SCHEMA_VERSION and has_jobs and is_sound
