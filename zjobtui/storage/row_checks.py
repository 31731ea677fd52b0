"""Checks of the rows of a store, beyond those of SQLite: damage that is otherwise found only when a row is read."""

import sqlite3
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from zjobtui.models.job import JobId, JobRef
from zjobtui.storage.rows import (
    EVENT_COLUMNS,
    WATCH_COLUMNS,
    DamageError,
    event_of,
    previous_body_of,
    response_of,
    watches_of,
)
from zjobtui.storage.store_file import read_meta

if TYPE_CHECKING:
    from zjobtui.models.report import Report

_WATCHES = f"SELECT {', '.join(WATCH_COLUMNS)}, given AS about FROM watches"
_ABOUT = "(SELECT given FROM watches WHERE watches.position = {}.position) AS about"
_RESPONSES = f"SELECT at, body, call, earlier_at, earlier, {_ABOUT.format('reports')} FROM reports"
_EVENTS = f"SELECT {', '.join(EVENT_COLUMNS)}, {_ABOUT.format('entries')} FROM entries"
_NO_JOB = JobRef("", JobId("0" * 32))


def check_rows(connection: sqlite3.Connection) -> None:
    """Read all rows of the current format. Raises `DamageError`, with the id of the first job whose row is damaged."""
    for name in ("revision", "digest_version"):
        read_meta(connection, name)
    check_count(connection)
    _check_each(connection.execute(_WATCHES), lambda row: watches_of([row]))
    _check_each(connection.execute(_RESPONSES), _check_response)
    _check_each(connection.execute(_EVENTS), lambda row: event_of(row, _NO_JOB))


def check_count(connection: sqlite3.Connection) -> None:
    """Raise `DamageError` if the table has lost rows that its index still knows."""
    count = "(SELECT count(*) FROM watches {})"
    query = f"SELECT {count.format('NOT INDEXED')}, {count.format('INDEXED BY by_revision')}"
    rows = connection.execute(query).fetchone()
    if rows[0] != rows[1]:
        raise DamageError(f"{rows[1]} jobs were written, {rows[0]} are left")


def _check_each(rows: Iterable[sqlite3.Row], check: Callable[[sqlite3.Row], object]) -> None:
    for row in rows:
        try:
            check(row)
        except DamageError as error:
            raise DamageError(f"job {row['about']}: {error}") from error


def _check_response(row: sqlite3.Row) -> None:
    response_of(row, _check_text)
    previous_body_of(row)


def _check_text(body: str) -> "Report | None":
    """Raise `TypeError` if a body is not text; whether it is a report is not damage, and takes long to find out."""
    if not isinstance(body, str):
        raise TypeError("its body is not text")
    return None
