"""The daily copy of the store, beside it: made of a sound file only, and put in place whole."""

import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from zjobtui.storage.database import BUSY_LIMIT, SCHEMA_VERSION, backup_path

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
        handle, name = tempfile.mkstemp(prefix=f".{backup.name}-", dir=path.parent)
    except OSError:
        return False
    try:
        if not _is_copied(path, name):
            return False
        os.fsync(handle)
        Path(name).replace(backup)
    except (sqlite3.Error, OSError, UnicodeDecodeError):
        return False
    finally:
        os.close(handle)
        Path(name).unlink(missing_ok=True)
    return True


def _is_copied(path: Path, to: str) -> bool:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_LIMIT, isolation_level=None)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        has_jobs = connection.execute("SELECT EXISTS (SELECT 1 FROM watches)").fetchone()[0]
        is_sound = connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
        if not (version <= SCHEMA_VERSION and has_jobs and is_sound):
            return False
        connection.execute("VACUUM INTO ?", (to,))
    return True
