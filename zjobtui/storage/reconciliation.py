"""Reconciliation of the store with `ids.log`: which jobs one of them has and the other lacks."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from zjobtui.models.history import EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watchlist import Watchlist
from zjobtui.storage import ids_log
from zjobtui.storage.ids_log import LogAction, LoggedKey
from zjobtui.storage.recovery import add_lost_jobs
from zjobtui.storage.rows import DamageError, ReadReport

_REMOVED_WITHOUT_REASON = "SELECT tenant, job FROM watches WHERE removed_at IS NOT NULL AND removed_as IS NULL"
"""Removals that no window wrote: one flipped bit turns NULL into 0."""

_LOGGED = "SELECT tenant, job, given, label, added_at, removed_at, removed_as FROM watches"
_REMOVED = "SELECT tenant, job, removed_as FROM watches NOT INDEXED WHERE removed_at IS NOT NULL"


def key_of_job(job: JobRef) -> LoggedKey:
    """Return what identifies a job in the log."""
    return ids_log.key_of(job.tenant, job.id.key)


def is_reconciled(connection: sqlite3.Connection, logged: Mapping[LoggedKey, LogAction], watchlist: Watchlist) -> bool:
    """Return whether the log has the same watched and archived jobs as the store, and none that the store lacks."""
    watched = {key_of_job(job) for job in watchlist.watches}
    if {key for key, action in logged.items() if action is LogAction.ADD} != watched:
        return False
    removed = {_row_key(row): row["removed_as"] for row in connection.execute(_REMOVED)}
    archived = {key for key, why in removed.items() if why == EventKind.ARCHIVED.value}
    is_same = archived == {key for key, action in logged.items() if action is LogAction.ARCHIVE}
    return is_same and logged.keys() <= watched | removed.keys()


def reconcile(connection: sqlite3.Connection, path: Path, read_report: ReadReport, revision: int) -> tuple[bool, str]:
    """Add lost jobs to the store at `path`, and missing lines to its log; return whether jobs were added, and a notice.

    Runs within a transaction of the caller. Raises `DamageError` if the log shows that the store is damaged.
    """
    log_path, notice = ids_log.path_beside(path), ""
    lines = ids_log.read(log_path)
    for row in connection.execute(_REMOVED_WITHOUT_REASON):
        if (line := lines.get(_row_key(row))) and line.action is not LogAction.REMOVE:
            raise DamageError(f"a job that {ids_log.IDS_LOG_NAME} lists was removed without a recorded reason")
    has_lost_jobs = not lines.keys() <= _known_keys(connection)
    if has_lost_jobs:
        notice = add_lost_jobs(connection, path, lines, read_report, revision)
        if not lines.keys() <= _known_keys(connection):
            raise DamageError("its index lists jobs that its table lacks")
    rows = connection.execute(f"{_LOGGED} ORDER BY position").fetchall()
    ids_log.append(log_path, _missing_lines(rows, lines))
    return has_lost_jobs, notice


def correct_log(connection: sqlite3.Connection, log_path: Path, jobs: Iterable[JobRef]) -> None:
    """Write to the log what the store knows of these jobs, if it differs. The store's lock must be held."""
    query = f"{_LOGGED} WHERE tenant = ? AND job = ?"
    matches = [connection.execute(query, (job.tenant, job.id.key)).fetchone() for job in jobs]
    rows = [row for row in matches if row is not None]
    ids_log.append(log_path, _missing_lines(rows, ids_log.read(log_path)))


def _known_keys(connection: sqlite3.Connection) -> set[LoggedKey]:
    rows = connection.execute("SELECT tenant, job FROM watches NOT INDEXED")  # the index may be sound, the table not
    return {_row_key(row) for row in rows}


def _row_key(row: sqlite3.Row) -> LoggedKey:
    try:
        return ids_log.key_of(row["tenant"], row["job"])
    except TypeError as fault:
        raise DamageError("a job has no tenant or no id") from fault


def _missing_lines(rows: list[sqlite3.Row], lines: Mapping[LoggedKey, ids_log.Line]) -> Iterator[ids_log.Line]:
    """Yield the lines that the log lacks: of watched and archived jobs that it does not list as such.

    Lines of removed jobs are missing only if the log lists them as watched or archived.
    """
    for row in rows:
        line = lines.get(ids_log.key_of(row["tenant"], row["job"]))
        if row["removed_at"] is None and not (line and line.is_add):
            yield ids_log.line(row["added_at"], row["tenant"], row["given"], row["label"], action=LogAction.ADD)
        elif row["removed_at"] is not None:
            is_archived = row["removed_as"] == EventKind.ARCHIVED.value
            stored, logged = (
                LogAction.ARCHIVE if is_archived else LogAction.REMOVE,
                line.action if line else LogAction.REMOVE,
            )
            if logged is not stored:
                fields = (row["removed_at"], row["tenant"], row["given"], row["label"])
                yield from ids_log.removal_lines(*fields, is_archived=is_archived)
