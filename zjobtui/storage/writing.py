"""The statements that write a change, for use within a transaction that somebody else opens and commits."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from zjobtui.domain.digest import FINAL_STATUSES
from zjobtui.domain.job import Job
from zjobtui.domain.timeline import Entry, Event
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import ANNOTATIONS, Change, Observed
from zjobtui.storage.answers import answer_row
from zjobtui.storage.rows import IDENTITY, OBSERVATIONS, SqlValue, row_of

_FINAL = tuple(sorted(FINAL_STATUSES))
_COLUMNS = (*IDENTITY, *ANNOTATIONS, *OBSERVATIONS)
_INSERT = (
    f"INSERT INTO watches ({', '.join(_COLUMNS)}, revision) "
    f"VALUES ({', '.join(f':{name}' for name in _COLUMNS)}, :revision) "
    "ON CONFLICT (tenant, job) DO UPDATE SET removed_at = NULL, removed_as = NULL, revision = excluded.revision, "
    "label = CASE excluded.label WHEN '' THEN label ELSE excluded.label END, "
    "tags = CASE excluded.tags WHEN '[]' THEN tags ELSE excluded.tags END, "
    "note = CASE excluded.note WHEN '' THEN note ELSE excluded.note END, "
    "acknowledged_at = ifnull(excluded.acknowledged_at, acknowledged_at)"
)
_OBSERVE = (
    f"UPDATE watches SET {', '.join(f'{name} = :{name}' for name in OBSERVATIONS)}, revision = :revision "
    "WHERE tenant = :tenant AND job = :job "
    f"AND (ifnull(status, '') IN {_FINAL}, heard_at) <= (ifnull(:status, '') IN {_FINAL}, :heard_at)"
)
_ANSWER = (
    "INSERT INTO reports (position, at, body, call) "
    "SELECT position, :at, :body, :call FROM watches WHERE tenant = :tenant AND job = :job "
    "ON CONFLICT (position) DO UPDATE SET "
    "earlier_at = CASE body WHEN excluded.body THEN earlier_at ELSE at END, "
    "earlier = CASE body WHEN excluded.body THEN earlier ELSE body END, "
    "at = excluded.at, body = excluded.body, call = excluded.call"
)
"""The body that another one replaces is kept as the earlier one; one that says the same replaces nothing."""
_TELL = "INSERT INTO entries (position, at, event, text, verdict) VALUES (?, ?, ?, ?, ?)"
_LAST_TOLD = "SELECT event, text, verdict FROM entries WHERE position = ? ORDER BY number DESC LIMIT 1"
POSITION = "(SELECT position FROM watches WHERE tenant = ? AND job = ?)"
"""Finds a watch's row by tenant and job key."""


class MissingJobError(Exception):
    """A change is about a job that the store does not know: the file is not the one that was read."""


def write(connection: sqlite3.Connection, change: Change, revision: int) -> None:
    """Writes a change column group by column group, so that two windows never undo each other's writes.

    An observation older than the one that is stored is passed over, and so is any that would undo a final one.
    Raises `MissingJobError` if the store does not know a job of the change: no row is ever deleted.
    """
    _add(connection, change.added, revision)
    _remove(connection, change, revision)
    fields = ", ".join(f"{name} = :{name}" for name in change.fields)
    annotate = f"UPDATE watches SET {fields}, revision = :revision WHERE tenant = :tenant AND job = :job"
    _update_each(connection, annotate, [{**row_of(watch), "revision": revision} for watch in change.annotated])
    _observe(connection, change.observed, revision)
    _append(connection, change.entries)


def _add(connection: sqlite3.Connection, watches: Iterable[Watch], revision: int) -> None:
    connection.executemany(_INSERT, [{**row_of(watch), "revision": revision} for watch in watches])


def _remove(connection: sqlite3.Connection, change: Change, revision: int) -> None:
    said = {entry.job: entry for entry in change.entries}
    left = [(said.get(watch.job, Entry(watch.job, 0.0, Event.REMOVED, "")), watch.job) for watch in change.removed]
    _update_each(
        connection,
        "UPDATE watches SET removed_at = ?, removed_as = ?, revision = ? WHERE tenant = ? AND job = ?",
        [(entry.at, entry.event.value, revision, job.tenant, job.id.key) for entry, job in left],
    )


def _update_each(
    connection: sqlite3.Connection, update: str, rows: Sequence[Mapping[str, SqlValue] | Sequence[SqlValue]]
) -> None:
    """Run an update of one job for each of these rows."""
    if rows and connection.executemany(update, rows).rowcount != len(rows):
        raise MissingJobError


def _observe(connection: sqlite3.Connection, observed: Iterable[Observed], revision: int) -> None:
    for one in observed:
        written = connection.execute(_OBSERVE, {**row_of(one.watch), "revision": revision})
        if written.rowcount and one.seen is not None:
            connection.execute(_ANSWER, answer_row(one.watch.job, one.seen))
        elif not written.rowcount and not _is_known(connection, one.watch.job):
            raise MissingJobError


def _is_known(connection: sqlite3.Connection, job: Job) -> bool:
    return connection.execute(f"SELECT {POSITION}", (job.tenant, job.id.key)).fetchone()[0] is not None


def _append(connection: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    """Adds to timelines; what another window has just told in the same words is not told again."""
    for entry in entries:
        row = connection.execute(f"SELECT {POSITION}", (entry.job.tenant, entry.job.id.key)).fetchone()
        told = (entry.event.value, entry.text, entry.verdict)
        if row[0] is None or tuple(connection.execute(_LAST_TOLD, (row[0],)).fetchone() or ()) == told:
            continue
        connection.execute(_TELL, (row[0], entry.at, *told))
