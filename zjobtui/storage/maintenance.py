"""Figures about the store file, the files beside it, and compaction."""

import sqlite3
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from zjobtui.storage.database import StoreError, backup_path, connect
from zjobtui.storage.ids_log import path_beside
from zjobtui.storage.migrations import copies_before_migrations

_COUNTS = """
SELECT (SELECT count(*) FROM watches WHERE removed_at IS NULL),
       (SELECT count(*) FROM watches WHERE removed_as = 'archived'),
       (SELECT count(*) FROM watches WHERE removed_as = 'removed'),
       (SELECT count(*) FROM reports), (SELECT count(*) FROM entries)
"""

_WORD_LIMIT = 200
"""Characters of the longest label that is offered as a completion; `zjobtui add` accepts none that is longer."""


class StoreStats(Struct, frozen=True):
    """Size of the store in bytes, how many of them are unused, its format, and how many rows of each kind it holds."""

    size: int
    unused: int
    version: int
    jobs: int
    archived: int
    removed: int
    answers: int
    entries: int


class Files(Struct, frozen=True):
    """The files beside a store that exist.

    The log of ids, the daily copy, copies that were replaced, copies before upgrades, and damaged stores.
    """

    ids_log: Path | None
    copy: Path | None
    replaced_copies: tuple[Path, ...]
    before_upgrades: tuple[Path, ...]
    damaged: tuple[Path, ...]


def files_beside(store: Path) -> Files:
    """Return the files beside a store; raises `OSError`."""
    log, copy = path_beside(store), backup_path(store)
    files = sorted(store.parent.iterdir())
    return Files(
        ids_log=log if log.exists() else None,
        copy=copy if copy.exists() else None,
        replaced_copies=tuple(file for file in files if file.name.startswith(f"{copy.name}.replaced-")),
        before_upgrades=tuple(copies_before_migrations(store)),
        damaged=tuple(file for file in files if file.name.startswith(f"{store.name}.broken-")),
    )


def read_stats(connection: sqlite3.Connection, path: Path) -> StoreStats:
    """Return the figures of an open store."""
    unused, page, version = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("freelist_count", "page_size", "user_version")
    )
    return StoreStats(path.stat().st_size, unused * page, version, *connection.execute(_COUNTS).fetchone())


def compact(connection: sqlite3.Connection, now: float) -> None:
    """Rewrite the file without unused pages; raises `StoreError` while another window polls on it."""
    if connection.execute("SELECT 1 FROM leases WHERE until >= ?", (now,)).fetchone():
        raise StoreError("Another window is polling this watchlist; close it, and try again.")
    connection.execute("VACUUM")


def known_words(path: Path, beginning: str, tenant: str | None = None, *, are_gone: bool = False) -> list[str]:
    """Return ids, then labels, with this beginning, of watched jobs, or with `are_gone` of archived and removed ones.

    Only of the tenant's jobs, unless it is None. Creates and repairs nothing; returns none if the store cannot be read.
    """
    selection = (
        f"FROM watches WHERE removed_at IS {'NOT NULL' if are_gone else 'NULL'} AND tenant = coalesce(?, tenant) "
        f"AND substr({{0}}, 1, ?) = ? AND length({{0}}) BETWEEN 1 AND {_WORD_LIMIT} "
        "GROUP BY {0} ORDER BY max(position) DESC LIMIT 50"
    )
    values = (tenant, len(beginning), beginning)
    return [
        word for name in ("given", "label") for word in _words(path, f"SELECT {name} {selection.format(name)}", values)
    ]


def known_batches(path: Path, beginning: str, tenant: str | None = None) -> list[str]:
    """Return the names of batches with this beginning, the last added first; none if the store cannot be read."""
    query = (
        "SELECT batch FROM watches WHERE removed_at IS NULL AND tenant = coalesce(?, tenant) "
        "AND substr(batch, 1, ?) = ? AND batch <> '' GROUP BY batch ORDER BY max(position) DESC LIMIT 50"
    )
    return _words(path, query, (tenant, len(beginning), beginning))


def known_tenants(path: Path) -> list[str]:
    """Return the tenants of all jobs in the store; none if it cannot be read."""
    return _words(path, "SELECT DISTINCT tenant FROM watches LIMIT 50", ())


def _words(path: Path, statement: str, values: tuple[object, ...]) -> list[str]:
    try:
        with closing(connect(path, "ro", wait=0.2)) as connection:
            return [str(value) for (value,) in connection.execute(statement, values)]
    except (sqlite3.Error, OSError, ValueError):
        return []
