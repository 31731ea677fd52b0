"""Migrations: the schema of the store as numbered steps (`PRAGMA user_version`).

A step only adds tables and columns, and fills these, so that an open window of an older version can still save. Append
steps; never change one that was released.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from zjobtui.atomic_write import stamp_for_name, sync_folder, temp_sibling
from zjobtui.logs import get_logger
from zjobtui.models.digest import DIGEST_VERSION

log = get_logger(__name__)

_ADD_COLUMN = "ALTER TABLE watches ADD COLUMN "
_ADDED_TOGETHER = "tenant, added_by, CAST(added_at / 60 AS INTEGER)"
"""Jobs in which these are equal were added together before there were batches: the source, and the minute."""

_FILE_NAME = "replace(added_by, rtrim(added_by, replace(added_by, '/', '')), '')"
_SOURCE = (
    "CASE added_by WHEN 'paste' THEN 'pasted' WHEN 'command line' THEN 'added' WHEN 'wait' THEN 'waited for' "
    f"ELSE substr({_FILE_NAME}, 1, 40) END"
)
_BATCH_NAME = f"trim({_SOURCE} || strftime(' %Y-%m-%d %H:%M', added_at, 'unixepoch'))"
"""The name of such a batch, with the time in UTC: `pasted 2026-11-28 14:02`; of a path only the file's name."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
        """CREATE TABLE watches (
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
)""",
        "CREATE INDEX by_revision ON watches (revision)",
        """CREATE TABLE reports (
    position INTEGER PRIMARY KEY REFERENCES watches (position) ON DELETE CASCADE,
    at REAL NOT NULL, body TEXT NOT NULL, call TEXT NOT NULL,
    earlier_at REAL, earlier TEXT
)""",
        """CREATE TABLE entries (
    number INTEGER PRIMARY KEY,
    position INTEGER NOT NULL REFERENCES watches (position) ON DELETE CASCADE,
    at REAL NOT NULL, event TEXT NOT NULL, text TEXT NOT NULL, verdict TEXT NOT NULL
)""",
        "CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL)",
        "CREATE TABLE calls (tenant TEXT, day INTEGER, calls INTEGER NOT NULL, PRIMARY KEY (tenant, day))",
        "CREATE INDEX by_position ON entries (position)",
        "INSERT INTO meta VALUES ('revision', 0), ('digest_version', 0)",
    ),
    (f"{_ADD_COLUMN}batch TEXT",),
    (
        f"{_ADD_COLUMN}code TEXT",
        f"{_ADD_COLUMN}message TEXT",
        f"{_ADD_COLUMN}message_key TEXT",
        f"{_ADD_COLUMN}why TEXT",
        f"{_ADD_COLUMN}subscriptions TEXT",
        f"{_ADD_COLUMN}invoices TEXT",
        f"{_ADD_COLUMN}subscription_count INTEGER",
        f"{_ADD_COLUMN}invoice_count INTEGER",
    ),
    (
        f"""UPDATE watches SET batch = {_BATCH_NAME} WHERE batch IS NULL AND ({_ADDED_TOGETHER}) IN (
    SELECT {_ADDED_TOGETHER} FROM watches WHERE batch IS NULL GROUP BY 1, 2, 3 HAVING count(*) > 1
)""",
        """UPDATE watches SET batch = batch || ' ' || tenant WHERE batch IN (
    SELECT batch FROM watches GROUP BY batch HAVING min(tenant) <> max(tenant)
)""",
    ),
    (f"{_ADD_COLUMN}operation_checked_at REAL",),
)
"""The statements that lead from each version to the next; the first create a new store."""

SCHEMA_VERSION = len(MIGRATIONS)

_ADDED_COLUMN = re.compile(r"\s*ALTER\s+TABLE\s+watches\s+ADD\s+(?:COLUMN\s+)?(\w+)", re.IGNORECASE)

ADDED_COLUMNS = tuple(
    match[1] for statements in MIGRATIONS for statement in statements if (match := _ADDED_COLUMN.match(statement))
)
"""Columns of `watches` that older files and exports lack, and that are NULL in rows of older windows."""

KEPT_COPIES = 3
"""Copies of the file before migrations that are kept, the newest ones."""

FLIPPED_LIMIT = 4
"""Characters in which a damaged schema may differ from a known one."""

Schema = list[tuple[str, str]]
"""Name and SQL of tables and indexes, in the order of their names."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a file's schema."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, path: Path | None = None) -> None:
    """Migrate a store to `SCHEMA_VERSION`, each step in one transaction; the file at `path` is copied first.

    A connection in autocommit mode is expected. Raises `sqlite3.Error` and `OSError`; then the completed steps remain.
    """
    is_copied = path is None
    while version_of(connection) < SCHEMA_VERSION:
        with begin_immediate(connection):
            version = version_of(connection)  # another window may have migrated the file meanwhile
            if version >= SCHEMA_VERSION:
                return
            if not is_copied and path is not None:
                _copy(path, version)
                is_copied = True
            for statement in MIGRATIONS[version]:
                connection.execute(statement)
            if version == 0:  # no digest of a new store is of older rules
                connection.execute(f"UPDATE meta SET value = {DIGEST_VERSION} WHERE name = 'digest_version'")
            connection.execute(f"PRAGMA user_version = {version + 1}")
        if path is not None:
            log.info("migrated the store from format %d to %d", version, version + 1)


def copies_before_migrations(path: Path) -> list[Path]:
    """Return the copies of a store that were made before migrations, oldest first."""
    beginning = f"{path.stem}.schema-"
    copies = (file for file in path.parent.iterdir() if file.name.startswith(beginning) and file.suffix == path.suffix)
    return sorted(copies, key=lambda file: file.stat().st_mtime)


def damage_of_schema(connection: sqlite3.Connection) -> str:
    """Return why the schema of a file is damaged or another program's; "" if a version of zjobtui could have made it.

    Only needed after a statement did not match: that is a bug, unless single characters of the schema were altered.
    """
    schema, version = schema_of(connection), version_of(connection)
    tables = {"meta", "watches", "reports", "entries"}
    known = {number: _known_schema(number) for number in range(1, SCHEMA_VERSION + 1)}
    if numbers := [number for number, one in known.items() if one == schema]:
        return "" if version in numbers else f"its format number is {version}, its schema that of {numbers[-1]}"
    if any(_are_alike(schema, one) for one in known.values()):
        return "its schema is altered"
    return "" if tables & {name for name, _ in schema} else "it is a database of another program"


def schema_of(connection: sqlite3.Connection) -> Schema:
    """Return tables and indexes as SQLite describes them; what is no UTF-8 is replaced, since they may be damaged."""
    query = "SELECT CAST(coalesce(name, '') AS BLOB), CAST(coalesce(sql, '') AS BLOB) FROM sqlite_master ORDER BY name"
    return [(name.decode(errors="replace"), sql.decode(errors="replace")) for name, sql in connection.execute(query)]


def check_columns(connection: sqlite3.Connection) -> None:
    """Raise `sqlite3.OperationalError` if the file lacks a table or a column of its format."""
    with _create_in_memory(version_of(connection)) as known:
        tables = [str(row[0]) for row in known.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            names = ", ".join(row[1] for row in known.execute(f"PRAGMA table_info({table})"))
            connection.execute(f"SELECT {names} FROM {table} LIMIT 0")


def _known_schema(number: int) -> Schema:
    with _create_in_memory(number) as connection:
        return schema_of(connection)


@contextmanager
def _create_in_memory(number: int) -> Iterator[sqlite3.Connection]:
    """Create an empty store of a version in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statements in MIGRATIONS[:number]:
            for statement in statements:
                connection.execute(statement)
        yield connection


def _are_alike(schema: Schema, known: Schema) -> bool:
    """Return whether two schemas have the same length and differ in a few characters only."""
    ours, theirs = ("\n".join("\n".join(pair) for pair in sorted(pairs, key=_sql)) for pairs in (schema, known))
    return len(ours) == len(theirs) and sum(a != b for a, b in zip(ours, theirs, strict=True)) <= FLIPPED_LIMIT


def _sql(pair: tuple[str, str]) -> int:
    return len(pair[1])


@contextmanager
def begin_immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """Open a transaction that may write; commit it, or roll it back after an error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _copy(path: Path, version: int) -> None:
    """Copy a store to a name with its version and the time; delete the oldest of too many copies."""
    copy = path.with_name(f"{path.stem}.schema-{version}-{stamp_for_name()}{path.suffix}")
    source_uri = f"{path.absolute().as_uri()}?mode=ro"
    with temp_sibling(copy) as new:
        # A separate connection: SQLite knows of the lock that this process holds, and opening the file by hand would
        # release it.
        with closing(sqlite3.connect(source_uri, uri=True)) as source, closing(sqlite3.connect(new)) as target:
            source.backup(target)
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(copy)
    log.info("copied the store to %s before it is migrated", copy)
    sync_folder(path.parent)
    for old in copies_before_migrations(path)[:-KEPT_COPIES]:
        old.unlink(missing_ok=True)
