"""What the SQLite file holds, in figures, and how it is made as small as it can be."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from zjobtui.storage.database import StoreError, connect

_COUNTS = """
SELECT (SELECT count(*) FROM watches WHERE removed_at IS NULL),
       (SELECT count(*) FROM watches WHERE removed_as = 'archived'),
       (SELECT count(*) FROM watches WHERE removed_as = 'removed'),
       (SELECT count(*) FROM reports), (SELECT count(*) FROM entries)
"""


@dataclass(frozen=True, slots=True)
class Survey:
    """The bytes of the store, those of them that hold nothing, its format, and how many there are of what."""

    size: int
    unused: int
    version: int
    jobs: int
    archived: int
    removed: int
    answers: int
    entries: int


def survey(connection: sqlite3.Connection, path: Path) -> Survey:
    """The figures of an open store."""
    unused, page, version = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("freelist_count", "page_size", "user_version")
    )
    return Survey(path.stat().st_size, unused * page, version, *connection.execute(_COUNTS).fetchone())


def compact(connection: sqlite3.Connection, now: float) -> None:
    """Writes the file anew without what is not used; raises `StoreError` while another window polls on it."""
    if connection.execute("SELECT 1 FROM leases WHERE until >= ?", (now,)).fetchone():
        raise StoreError("Another window is polling on this watchlist; close it, and try again.")
    connection.execute("VACUUM")


def known_words(path: Path, beginning: str) -> tuple[list[str], list[str]]:
    """Ids and labels of jobs that begin so, and tenants, without making or mending anything; none where it fails."""
    found = "FROM watches WHERE removed_at IS NULL AND substr({0}, 1, ?) = ? ORDER BY position DESC LIMIT 50"
    try:
        with closing(connect(path, "ro", wait=0.2)) as connection:
            words = [
                str(word)
                for name in ("given", "label")
                for (word,) in connection.execute(f"SELECT {name} {found.format(name)}", (len(beginning), beginning))
            ]
            tenants = [str(name) for (name,) in connection.execute("SELECT DISTINCT tenant FROM watches LIMIT 50")]
    except (sqlite3.Error, OSError):
        return [], []
    return [word for word in words if word], tenants
