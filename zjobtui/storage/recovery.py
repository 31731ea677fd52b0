"""Recovery: replaces a damaged store by what SELECT can read of it, then the daily copy, then `ids.log`."""

import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.atomic_write import sync_folder
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.text import clean
from zjobtui.models.watched_job import WatchedJob
from zjobtui.storage import ids_log
from zjobtui.storage.database import (
    StoreError,
    aside_path,
    backup_path,
    exclusive_lock,
    kind_of,
    move_journals,
    new_database_file,
    primary_code,
)
from zjobtui.storage.ids_log import IdsLogError, Line, LogAction, LoggedKey
from zjobtui.storage.migrations import ADDED_COLUMNS
from zjobtui.storage.rows import (
    ANNOTATION_COLUMNS,
    DIGEST,
    EVENT_COLUMNS,
    OBSERVATIONS,
    POSITION,
    PROBLEM,
    DamageError,
    ReadReport,
    SqlValue,
    check,
    previous_body_of,
    removal_kind,
    response_of,
    row_of,
    watch_of,
)

SMALLEST_ROW = 40
"""Smallest bytes of a row, from which the most rows that a file can hold follow."""

LAST_KEY = 1 << 40
"""Where the search for rows ends if the last key is unknown."""

OLD = 0
"""The revision of rows that may be older than what an open window knows; they are no changes for it."""

_UNREADABLE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB})
"""Errors of SQLite that no range of keys avoids: the table or its key is missing, or the file is no database."""

Columns = Mapping[str, SqlValue]
Log = Mapping[LoggedKey, Line]

_READ_FAULTS = (sqlite3.Error, DamageError, ValueError, OverflowError, TypeError)
_ON_LIST: Mapping[str, SqlValue] = {"removed_at": None, "removed_as": None}
_RESTORED_BY = "restored from ids.log"
_GROUPS = (
    ("removed_at", "removed_as"),
    DIGEST,
    PROBLEM,
    *(
        (name,)
        for name in ("added_at", "added_by", *ANNOTATION_COLUMNS, *OBSERVATIONS)
        if name not in {*DIGEST, *PROBLEM}
    ),
)
"""Columns of a damaged row that are intact together or not at all."""

_ADDED: Mapping[str, SqlValue] = dict.fromkeys(ADDED_COLUMNS)
"""What a file of an earlier format lacks: its rows are read as if these columns were NULL."""


class _Count(Struct, frozen=True):
    """How many jobs were added to a store."""

    watched: int = 0
    archived: int = 0

    def __add__(self, other: "_Count") -> "_Count":
        return _Count(self.watched + other.watched, self.archived + other.archived)

    def __bool__(self) -> bool:
        return bool(self.watched or self.archived)

    def __str__(self) -> str:
        if self.archived and not self.watched:
            return f"{self.archived:,} archived job{'' if self.archived == 1 else 's'}"
        jobs = f"{self.watched:,} job{'' if self.watched == 1 else 's'}"
        return f"{jobs} and {self.archived:,} archived" if self.archived else jobs


class _RecoveredJob(Struct, frozen=True):
    """A recovered job: its columns without position and revision, its response, and its history.

    If it is not whole, little more than the id may be known.
    """

    watch: Columns
    response: Columns | None = None
    events: tuple[Columns, ...] = ()
    is_whole: bool = True

    @property
    def key(self) -> LoggedKey:
        """What identifies the job."""
        return ids_log.key_of(str(self.watch["tenant"]), str(self.watch["job"]))


_RecoveredRows = Iterable[tuple[_RecoveredJob, ...]]
"""What was read of each row; a damaged row with two ids gives two jobs."""


def recover(
    path: Path, why: str, read_report: ReadReport, is_sound: Callable[[], bool], *, is_open: bool = False
) -> str:
    """Keep a damaged store under another name, replace it by what can be recovered, and return a report for the user.

    Nothing happens if another window has just recovered it. A missing store is recovered as well. If the caller has the
    store open (`is_open`), it knows more about the jobs than the log and adds them itself. Raises `StoreError`; then
    the damaged file and its journals are as they were.
    """
    try:
        with exclusive_lock(path.parent), new_database_file(path) as new:
            if is_sound():
                return ""
            is_missing = not path.exists()
            sources = _fill(new, path, read_report, is_open=is_open)
            with ExitStack() as undo:
                aside = _keep_aside(path, undo)
                new.replace(path)
                undo.pop_all()
            sync_folder(path.parent)
            with suppress(OSError):
                aside.chmod(0o600)
    except (OSError, sqlite3.Error) as fault:
        raise StoreError(f"The watchlist {path} could neither be read ({why}) nor recovered: {fault}.") from fault
    if is_missing:
        return f"The watchlist {path} was missing. {sources}"
    return f"The watchlist could not be read ({why}). {sources} The damaged file is kept as {aside}."


def add_lost_jobs(connection: sqlite3.Connection, path: Path, log: Log, read_report: ReadReport, revision: int) -> str:
    """Add the jobs that the log lists and the store lacks, from the daily copy or the log; return a report.

    It is empty if all of them were removed. Runs within a transaction of the caller. Digests are made again when the
    store is next opened.
    """
    copied, logged = _from_copy(connection, path, log, read_report, revision), _from_log(connection, log, revision)
    connection.execute("UPDATE meta SET value = 0 WHERE name = 'digest_version'")
    parts = [f"{copied} from the copy of {_day_of_copy(path)}"] if copied else []
    parts += [f"{logged} from {ids_log.IDS_LOG_NAME}"] if logged else []
    if not parts:
        return ""
    return f"The watchlist lacked jobs that {ids_log.IDS_LOG_NAME} lists; they were restored: {', '.join(parts)}."


def copy_missing_jobs(connection: sqlite3.Connection, source: sqlite3.Connection, read_report: ReadReport) -> None:
    """Copy jobs of an open store whose file was moved or deleted to the new file, if that lacks them."""
    size = source.execute("PRAGMA page_count").fetchone()[0] * source.execute("PRAGMA page_size").fetchone()[0]
    rows = _read(source, size, read_report)
    connection.execute("BEGIN IMMEDIATE")
    _insert(connection, _intact_of(rows), OLD)
    connection.execute("COMMIT")


def _fill(new: Path, path: Path, read_report: ReadReport, *, is_open: bool) -> str:
    """Fill a new store from all sources; return what came from where."""
    try:
        log, log_fault = ids_log.read(ids_log.path_beside(path)), ""
    except IdsLogError as fault:
        log, log_fault = {}, f" {fault}"
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        rows = _read_file(path, read_report) if path.exists() else []
        own = _insert(connection, (_checked(recovered, log) for recovered in _intact_of(rows)), revision=1)
        copied = _from_copy(connection, path, log, read_report, OLD)
        own += _insert(connection, _parts_of(rows, connection, log), OLD)
        lines = {key: line for key, line in log.items() if not (is_open and line.is_add)}
        logged = _from_log(connection, lines, OLD)
        connection.execute("UPDATE meta SET value = 1 WHERE name = 'revision'")
        # Digests are made again from the responses when the store is next opened.
        connection.execute("UPDATE meta SET value = 0 WHERE name = 'digest_version'")
        connection.execute("COMMIT")
    return _sources_text(own, copied, logged, path) + log_fault


def _sources_text(own: _Count, copied: _Count, logged: _Count, path: Path) -> str:
    parts = [f"{own} recovered from it"] if own else ["nothing in it was readable"] if path.exists() else []
    if kind := kind_of(backup_path(path)):
        parts.append(f"the daily copy {backup_path(path)} is {kind} and is not used")
    elif backup_path(path).exists():
        parts.append(f"{copied}{' more' if own else ''} from the copy of {_day_of_copy(path)}")
    else:
        parts.append("there is no daily copy")
    if logged:
        parts.append(f"{logged}{' more' if own or copied else ''} from {ids_log.IDS_LOG_NAME}")
    text = ", ".join(parts)
    empty = "" if (own + copied + logged).watched else " The list starts empty."
    return f"{text[0].upper()}{text[1:]}.{empty}"


def _day_of_copy(path: Path) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(backup_path(path).stat().st_mtime))


def _keep_aside(path: Path, undo: ExitStack) -> Path:
    """Give the damaged file a second name, move its journals beside it, and return the name; `undo` gets the reverse.

    On a file system without hard links the file is renamed. If it is missing, only its journals are moved.
    """
    aside = aside_path(path)
    move_journals(path, aside, undo)
    if not path.exists():
        return aside
    try:
        os.link(path, aside)
        undo.callback(aside.unlink)
    except OSError:
        path.rename(aside)
        undo.callback(aside.rename, path)
    return aside


def _from_copy(connection: sqlite3.Connection, path: Path, log: Log, read_report: ReadReport, revision: int) -> _Count:
    """Add jobs that only the daily copy has, as watched, archived or removed as the log says last."""
    if not backup_path(path).exists() or kind_of(backup_path(path)):
        return _Count()
    rows = _read_file(backup_path(path), read_report)
    added = _insert(connection, (_as_logged(recovered, log) for recovered in _intact_of(rows)), revision)
    return added + _insert(connection, _parts_of(rows, connection, log), revision)


def _from_log(connection: sqlite3.Connection, log: Log, revision: int) -> _Count:
    """Add the jobs that the store does not know at all as the log says last."""
    known = _known(connection)
    lines = {key: line for key, line in log.items() if key not in known}
    if not lines:
        return _Count()
    empty = row_of(WatchedJob(job=JobRef("", JobId("0" * 32)), added_at=0.0, added_by=_RESTORED_BY))
    defaults = {**empty, **_ON_LIST, "revision": revision}
    names = [name for name in _columns(connection) if name in defaults]
    rows = ({**defaults, **_logged_columns(digits, line)} for (_, digits), line in lines.items())
    connection.executemany(_insertion("watches", names), rows)
    actions = [line.action for line in lines.values()]
    return _Count(actions.count(LogAction.ADD), actions.count(LogAction.ARCHIVE))


def _logged_columns(digits: str, line: Line) -> Columns:
    """Return the columns that a line of the log determines; all others are the same in each job."""
    return {
        "tenant": line.tenant,
        "job": digits,
        "given": line.given,
        "added_at": line.at,
        "label": line.label,
        **place_of(line),
    }


def place_of(line: Line) -> Columns:
    """Return the columns that say whether the job is on the list, archived or removed."""
    return {"removed_at": line.at, "removed_as": line.removal_kind.value} if line.removal_kind else _ON_LIST


def _intact_of(rows: _RecoveredRows) -> Iterator[_RecoveredJob]:
    return (recovered for row in rows for recovered in row if recovered.is_whole)


def _parts_of(rows: _RecoveredRows, connection: sqlite3.Connection, log: Log) -> Iterator[_RecoveredJob]:
    """Return what is left of damaged rows. If a row has two ids, keep the known one; if neither is known, keep both."""
    known = _known(connection) | set(log)
    for row in rows:
        parts = [recovered for recovered in row if not recovered.is_whole]
        yield from (_as_logged(part, log) for part in [part for part in parts if part.key in known] or parts)


def _checked(recovered: _RecoveredJob, log: Log) -> _RecoveredJob:
    """Return the row as it is, or as the log says if its removal is damaged.

    No window writes a removal without a reason, and a flipped bit may have renamed the column.
    """
    if not _ON_LIST.keys() <= recovered.watch.keys():
        return _as_logged(replace(recovered, watch={**_ON_LIST, **recovered.watch}), log)
    is_odd = recovered.watch["removed_at"] is not None and recovered.watch["removed_as"] is None
    return _as_logged(recovered, log) if is_odd else recovered


def _as_logged(recovered: _RecoveredJob, log: Log) -> _RecoveredJob:
    """Return the job as the log says last, with the log's label if a damaged row has none.

    A row that was archived stays so unless the line is later: it may be the `remove` of that archiving.
    """
    line, watch = log.get(recovered.key), dict(recovered.watch)
    if line is None:
        return recovered
    left_at = watch.get("removed_at") if watch.get("removed_as") is not None else None
    if line.is_add or not isinstance(left_at, int | float) or line.at > left_at:
        watch |= place_of(line)
    if not recovered.is_whole and not watch.get("label"):
        watch["label"] = line.label
    return replace(recovered, watch=watch)


def _known(connection: sqlite3.Connection) -> set[LoggedKey]:
    return {ids_log.key_of(row[0], row[1]) for row in connection.execute("SELECT tenant, job FROM watches NOT INDEXED")}


def _insert(connection: sqlite3.Connection, jobs: Iterable[_RecoveredJob], revision: int) -> _Count:
    """Add jobs that the store does not know; return how many of them are watched, and how many archived."""
    columns = _columns(connection)
    added = _Count()
    for recovered in jobs:
        watch = {name: value for name, value in recovered.watch.items() if name in columns}
        if _put(connection, "watches", {**watch, "revision": revision}):
            kind = removal_kind({**_ON_LIST, **watch})
            added += _Count(kind is None, kind is EventKind.ARCHIVED)
            if not (recovered.response or recovered.events):
                continue
            row = connection.execute(f"SELECT {POSITION}", (watch["tenant"], watch["job"])).fetchone()
            if recovered.response:
                _put(connection, "reports", {"position": row[0], **recovered.response})
            for event in recovered.events:
                _put(connection, "entries", {"position": row[0], **event})
    return added


def _put(connection: sqlite3.Connection, table: str, columns: Columns) -> bool:
    return connection.execute(_insertion(table, columns), columns).rowcount == 1


def _insertion(table: str, names: Iterable[str]) -> str:
    columns = list(names)
    values = ", ".join(f":{name}" for name in columns)
    return f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({values})"


def _columns(connection: sqlite3.Connection) -> set[str]:
    return {row[1] for row in connection.execute("PRAGMA table_info(watches)")}


def _read_file(path: Path, read_report: ReadReport) -> list[tuple[_RecoveredJob, ...]]:
    with _opened(path) as connection:
        return _read(connection, path.stat().st_size, read_report)


def _read(connection: sqlite3.Connection, size: int, read_report: ReadReport) -> list[tuple[_RecoveredJob, ...]]:
    """Return what is readable of a file of so many bytes, in the order of adding; ids found only in the index last."""
    jobs: list[tuple[_RecoveredJob, ...]] = []
    most = size // SMALLEST_ROW + 1
    with suppress(*_READ_FAULTS):
        events: dict[object, list[Columns]] = defaultdict(list)
        for row in _rows(connection, "entries", "number", most):
            with suppress(*_READ_FAULTS, LookupError):
                events[row["position"]].append(_sound_event(row))
        for row in _rows(connection, "watches", "position", most):
            with suppress(LookupError):  # a table without such columns
                about = _sound_response(connection, row["position"], read_report), tuple(events[row["position"]])
                whole = _whole(row)
                jobs.append((_RecoveredJob(whole, *about),) if whole else _parts(row, *about))
        jobs += [
            tuple(_RecoveredJob(least, is_whole=False) for least in _least(row[0], {row[1]}))
            for row in _indexed(connection)
        ]
    return jobs


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file without playing back a journal or taking a lock; a malformed schema is read as far as possible."""
    if kind := kind_of(path):
        raise OSError(f"{path} is {kind}, not a regular file")
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        with suppress(sqlite3.Error):
            connection.execute("PRAGMA writable_schema = ON")
        yield connection


def _rows(connection: sqlite3.Connection, table: str, key: str, most: int) -> Iterator[sqlite3.Row]:
    """Yield the rows of a table by its key; a range of keys that cannot be read is halved, down to single keys.

    It stops after as many failures in a row as the file can hold rows (`most`).
    """
    ranges, failed = [(1, _last_key(connection, table, key))], 0
    while ranges and failed <= most:
        low, high = ranges.pop()
        try:
            rows = _range(connection, table, key, low, high)
        except _READ_FAULTS as fault:
            if primary_code(fault) in _UNREADABLE:
                return
            failed += 1
            if low < high:
                middle = (low + high) // 2
                ranges += [(middle + 1, high), (low, middle)]
        else:
            failed = 0 if rows else failed
            yield from rows


def _last_key(connection: sqlite3.Connection, table: str, key: str) -> int:
    with suppress(*_READ_FAULTS):
        last = connection.execute(f"SELECT max({key}) FROM {table}").fetchone()[0]
        if last is None or (isinstance(last, int) and 0 < last < LAST_KEY):
            return last or 0
    return LAST_KEY


def _range(connection: sqlite3.Connection, table: str, key: str, low: int, high: int) -> list[sqlite3.Row]:
    """Return the rows between two keys. Raises `DamageError` if keys do not ascend: a page may point back at itself."""
    rows: list[sqlite3.Row] = []
    last = low - 1
    for row in connection.execute(f"SELECT * FROM {table} WHERE {key} BETWEEN ? AND ? ORDER BY {key}", (low, high)):
        if not (isinstance(row[key], int) and row[key] > last):
            raise DamageError("keys do not ascend")
        last = row[key]
        rows.append(row)
    return rows


def _whole(row: sqlite3.Row) -> Columns | None:
    """Return the columns of an intact row, or None."""
    columns = dict(row)
    if not _is_sound({**_ADDED, **columns}):
        return None
    return {name: _cleaned(name, value) for name, value in columns.items() if name not in {"position", "revision"}}


def _parts(row: sqlite3.Row, response: Columns | None, events: tuple[Columns, ...]) -> tuple[_RecoveredJob, ...]:
    """Return what is intact of a damaged row, once for each id that it may have."""
    readable, parts = {**_ADDED, **dict(row)}, []
    for least in _least(row["tenant"], {row["given"], row["job"]}):
        columns = dict(least)
        for group in _GROUPS:
            candidate = {**columns, **{name: readable[name] for name in group if name in readable}}
            if readable.keys() >= set(group) and _is_sound(candidate):
                columns = {name: _cleaned(name, value) for name, value in candidate.items()}
        parts.append(_RecoveredJob(columns, response, events, is_whole=False))
    return tuple(parts)


def _is_sound(columns: dict[str, SqlValue]) -> bool:
    try:
        for name, value in columns.items():
            check(name, (value,))
        watch_of(columns)
    except (*_READ_FAULTS, LookupError):
        return False
    return True


def _least(tenant: object, ids: Iterable[object]) -> Iterator[Columns]:
    """Yield the columns of jobs of which little more than the id is known."""
    name = clean(tenant) if isinstance(tenant, str) else "env"
    for job_id in set(_parsed(ids)):
        watch = WatchedJob(job=JobRef(name, job_id), added_at=time.time(), added_by="damaged store")
        yield {**row_of(watch), **_ON_LIST}


def _parsed(ids: Iterable[object]) -> Iterator[JobId]:
    for text in ids:
        with suppress(ValueError):
            yield JobId.parse(text if isinstance(text, str) else "")


def _sound_response(connection: sqlite3.Connection, position: int, read_report: ReadReport) -> Columns | None:
    with suppress(*_READ_FAULTS, LookupError):
        row = connection.execute("SELECT * FROM reports WHERE position = ?", (position,)).fetchone()
        if row is not None and response_of(row, read_report) is not None:
            return {**{name: row[name] for name in ("at", "body", "call")}, **_earlier(row)}
    return None


def _earlier(row: sqlite3.Row) -> Columns:
    """Return the previous body, if it is intact."""
    with suppress(*_READ_FAULTS, LookupError):
        previous_body_of(row)
        return {name: row[name] for name in ("earlier_at", "earlier")}
    return {}


def _sound_event(row: sqlite3.Row) -> Columns:
    for name in EVENT_COLUMNS:
        check(name, (row[name],))
    return {name: _cleaned(name, row[name]) for name in EVENT_COLUMNS}


def _cleaned(name: str, value: SqlValue) -> SqlValue:
    return clean(value) if isinstance(value, str) and name != "tags" else value


def _indexed(connection: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    """Yield tenants and ids from the index of the table, from both ends up to what cannot be read."""
    for order in ("ASC", "DESC"):
        query = f"SELECT tenant, job FROM watches INDEXED BY sqlite_autoindex_watches_1 ORDER BY tenant {order}"
        with suppress(*_READ_FAULTS):
            yield from connection.execute(query)
