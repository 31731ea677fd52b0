"""Puts a new store in the place of a damaged one: what SELECT can read of it, then the daily copy, then `ids.log`."""

import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

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
)
from zjobtui.storage.ids_log import Action, IdsLogError, Key, Line
from zjobtui.storage.rows import (
    ANNOTATIONS,
    DIGEST,
    OBSERVATIONS,
    POSITION,
    PROBLEM,
    DamageError,
    ReadReport,
    SqlValue,
    check,
    previous_body_of,
    response_of,
    row_of,
    watch_of,
    watches_of,
)

SMALLEST_ROW = 40
"""Bytes of a row at least, and so how many rows a file can hold."""

LAST_KEY = 1 << 40
"""Where the search for rows ends if the file does not say which is the last."""

OLD = 0
"""The revision of rows that may be older than what an open window knows; to it they are no news."""

Columns = Mapping[str, SqlValue]
Log = Mapping[Key, Line]

_FAULTS = (sqlite3.Error, DamageError, ValueError, OverflowError, TypeError)
_ENTRY = ("at", "event", "text", "verdict")
_ON_LIST: Mapping[str, SqlValue] = {"removed_at": None, "removed_as": None}
_LEFT_AS = {Action.ARCHIVE: EventKind.ARCHIVED, Action.REMOVE: EventKind.REMOVED}
_RESTORED_BY = "restored from ids.log"
_GROUPS = (
    ("removed_at", "removed_as"),
    DIGEST,
    PROBLEM,
    *((name,) for name in ("added_at", "added_by", *ANNOTATIONS, *OBSERVATIONS) if name not in {*DIGEST, *PROBLEM}),
)
"""Columns of a damaged row that are sound together or not at all."""


@dataclass(frozen=True, slots=True)
class _Count:
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


@dataclass(frozen=True, slots=True)
class _Saved:
    """The columns of a watch, without position and revision, of its answer, and of its history.

    Of a watch that is not whole little more than the id may be known.
    """

    watch: Columns
    answer: Columns | None = None
    entries: tuple[Columns, ...] = ()
    is_whole: bool = True

    @property
    def key(self) -> Key:
        """What identifies the job."""
        return ids_log.key_of(str(self.watch["tenant"]), str(self.watch["job"]))


_Found = Iterable[tuple[_Saved, ...]]
"""What was read of each row; of a damaged row with two ids both."""


def recover(
    path: Path, why: str, read_report: ReadReport, is_sound: Callable[[], bool], *, is_open: bool = False
) -> str:
    """Keep a damaged store under another name, put what can be recovered in its place; return a report for the user.

    Nothing happens if another window has just recovered it. A store that is missing is recovered as well. The caller
    who has the store open (`is_open`) knows more of the jobs than the log does and adds them.
    Raises `StoreError`; then all is as it was.
    """
    try:
        with exclusive_lock(path.parent), new_database_file(path) as made:
            if is_sound():
                return ""
            is_missing = not path.exists()
            sources = _fill(made, path, read_report, is_open=is_open)
            aside = _keep_aside(path)
            made.replace(path)
            sync_folder(path.parent)
    except (OSError, sqlite3.Error) as fault:
        raise StoreError(f"The watchlist {path} could not be read ({why}), nor recovered: {fault}.") from fault
    if is_missing:
        return f"The watchlist {path} was missing. {sources}"
    return f"The watchlist could not be read ({why}). {sources} The damaged file is kept as {aside}."


def add_lost_jobs(connection: sqlite3.Connection, path: Path, log: Log, read_report: ReadReport, revision: int) -> str:
    """Add the jobs that the log knows and the store lacks, from the daily copy or from the log; return a report.

    It is empty if all of them were removed. Runs within a transaction of the caller. Digests are made again when the
    store is next opened.
    """
    copied, logged = _from_copy(connection, path, log, read_report, revision), _from_log(connection, log, revision)
    connection.execute("UPDATE meta SET value = 0 WHERE name = 'digest_version'")
    parts = [f"{copied} from the copy of {_day_of_copy(path)}"] if copied else []
    parts += [f"{logged} from {ids_log.NAME}"] if logged else []
    if not parts:
        return ""
    return f"The watchlist lacked jobs that {ids_log.NAME} lists; it has them again: {', '.join(parts)}."


def copy_missing_jobs(connection: sqlite3.Connection, source: sqlite3.Connection, read_report: ReadReport) -> None:
    """Add the jobs of an open store whose file was moved or deleted to the one in its place, if that lacks them."""
    size = source.execute("PRAGMA page_count").fetchone()[0] * source.execute("PRAGMA page_size").fetchone()[0]
    found = _read(source, size, read_report)
    connection.execute("BEGIN IMMEDIATE")
    _insert(connection, _whole_of(found), OLD)
    connection.execute("COMMIT")


def _fill(made: Path, path: Path, read_report: ReadReport, *, is_open: bool) -> str:
    """Fill a new store from all sources; return what came from where."""
    try:
        log, log_fault = ids_log.read(ids_log.path_beside(path)), ""
    except IdsLogError as fault:
        log, log_fault = {}, f" {fault}"
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        found = _read_file(path, read_report) if path.exists() else []
        own = _insert(connection, (_checked(saved, log) for saved in _whole_of(found)), revision=1)
        copied = _from_copy(connection, path, log, read_report, OLD)
        own += _insert(connection, _parts_of(found, connection, log), OLD)
        lines = {key: line for key, line in log.items() if not (is_open and line.is_add)}
        logged = _from_log(connection, lines, OLD)
        connection.execute("UPDATE meta SET value = 1 WHERE name = 'revision'")
        # Digests are made anew from the answers when the store is next opened.
        connection.execute("UPDATE meta SET value = 0 WHERE name = 'digest_version'")
        connection.execute("COMMIT")
    return _sources_text(own, copied, logged, path) + log_fault


def _sources_text(own: _Count, copied: _Count, logged: _Count, path: Path) -> str:
    parts = [f"{own} came back from it"] if own else ["nothing in it was readable"] if path.exists() else []
    if kind := kind_of(backup_path(path)):
        parts.append(f"the daily copy {backup_path(path)} is {kind} and is not used")
    elif backup_path(path).exists():
        parts.append(f"{copied}{' more' if own else ''} from the copy of {_day_of_copy(path)}")
    else:
        parts.append("there is no daily copy")
    if logged:
        parts.append(f"{logged}{' more' if own or copied else ''} from {ids_log.NAME}")
    text = ", ".join(parts)
    empty = "" if (own + copied + logged).watched else " The list starts empty."
    return f"{text[0].upper()}{text[1:]}.{empty}"


def _day_of_copy(path: Path) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(backup_path(path).stat().st_mtime))


def _keep_aside(path: Path) -> Path:
    """Give the damaged file, with its journals, a second name, for the user alone; its place is never empty.

    If the file is missing, only its journals are moved.
    """
    aside = aside_path(path)
    move_journals(path, aside)
    if not path.exists():
        return aside
    try:
        os.link(path, aside)
    except OSError:
        path.rename(aside)
    with suppress(OSError):
        aside.chmod(0o600)
    return aside


def _from_copy(connection: sqlite3.Connection, path: Path, log: Log, read_report: ReadReport, revision: int) -> _Count:
    """Add what only the daily copy has, on the list, archived or removed as the log says last."""
    if not backup_path(path).exists() or kind_of(backup_path(path)):
        return _Count()
    found = _read_file(backup_path(path), read_report)
    added = _insert(connection, (_as_logged(saved, log) for saved in _whole_of(found)), revision)
    return added + _insert(connection, _parts_of(found, connection, log), revision)


def _from_log(connection: sqlite3.Connection, log: Log, revision: int) -> _Count:
    """Add the jobs that the store does not know at all as the log says last."""
    known = _known(connection)
    lost = [line for key, line in log.items() if key not in known]
    return _insert(connection, (_Saved({**row_of(_watch_of(line)), **_place(line)}) for line in lost), revision)


def _watch_of(line: Line) -> WatchedJob:
    job = JobRef(line.tenant, JobId(line.given))
    return WatchedJob(job=job, added_at=line.at, added_by=_RESTORED_BY, label=line.label)


def _place(line: Line) -> Columns:
    """Whether the job is on the list, archived or removed, as the columns of a row."""
    return _ON_LIST if line.is_add else {"removed_at": line.at, "removed_as": _LEFT_AS[line.action].value}


def _whole_of(found: _Found) -> Iterator[_Saved]:
    return (saved for row in found for saved in row if saved.is_whole)


def _parts_of(found: _Found, connection: sqlite3.Connection, log: Log) -> Iterator[_Saved]:
    """What is left of damaged rows; of a row with two ids those that are known elsewhere, or else both."""
    known = _known(connection) | set(log)
    for row in found:
        parts = [saved for saved in row if not saved.is_whole]
        yield from (_as_logged(saved, log) for saved in [one for one in parts if one.key in known] or parts)


def _checked(saved: _Saved, log: Log) -> _Saved:
    """The row as it is, unless it was removed for no reason, which no window writes, or a flipped bit has renamed the
    column that says whether it was: then as the log says.
    """
    if not _ON_LIST.keys() <= saved.watch.keys():
        return _as_logged(replace(saved, watch={**_ON_LIST, **saved.watch}), log)
    is_odd = saved.watch["removed_at"] is not None and saved.watch["removed_as"] is None
    return _as_logged(saved, log) if is_odd else saved


def _as_logged(saved: _Saved, log: Log) -> _Saved:
    """The job on the list, archived or removed as the log says last; with its label if a damaged row has none.

    A row that was archived stays so unless the line is later: it may be the `remove` of that archiving.
    """
    line, watch = log.get(saved.key), dict(saved.watch)
    if line is None:
        return saved
    left_at = watch.get("removed_at") if watch.get("removed_as") is not None else None
    if line.is_add or not isinstance(left_at, int | float) or line.at > left_at:
        watch |= _place(line)
    if not saved.is_whole and not watch.get("label"):
        watch["label"] = line.label
    return replace(saved, watch=watch)


def _known(connection: sqlite3.Connection) -> set[Key]:
    return {ids_log.key_of(row[0], row[1]) for row in connection.execute("SELECT tenant, job FROM watches NOT INDEXED")}


def _insert(connection: sqlite3.Connection, found: Iterable[_Saved], revision: int) -> _Count:
    """Add watches that the store does not know; return how many of them are on the list, and how many archived."""
    columns = {row[1] for row in connection.execute("PRAGMA table_info(watches)")}
    added = _Count()
    for saved in found:
        watch = {name: value for name, value in saved.watch.items() if name in columns}
        if _put(connection, "watches", {**watch, "revision": revision}):
            added += _Count(watch.get("removed_at") is None, watch.get("removed_as") == EventKind.ARCHIVED.value)
            row = connection.execute(f"SELECT {POSITION}", (watch["tenant"], watch["job"])).fetchone()
            if saved.answer:
                _put(connection, "reports", {"position": row[0], **saved.answer})
            for entry in saved.entries:
                _put(connection, "entries", {"position": row[0], **entry})
    return added


def _put(connection: sqlite3.Connection, table: str, columns: Columns) -> bool:
    names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    return connection.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({values})", columns).rowcount == 1


def _read_file(path: Path, read_report: ReadReport) -> list[tuple[_Saved, ...]]:
    with _opened(path) as connection:
        return _read(connection, path.stat().st_size, read_report)


def _read(connection: sqlite3.Connection, size: int, read_report: ReadReport) -> list[tuple[_Saved, ...]]:
    """What is readable of a file of so many bytes, in the order of adding; ids that only the index has come last."""
    found: list[tuple[_Saved, ...]] = []
    most = size // SMALLEST_ROW + 1
    with suppress(*_FAULTS):
        entries: dict[object, list[Columns]] = defaultdict(list)
        for row in _rows(connection, "entries", "number", most):
            with suppress(*_FAULTS, LookupError):
                entries[row["position"]].append(_entry(row))
        for row in _rows(connection, "watches", "position", most):
            with suppress(LookupError):  # a table without such columns
                about = _answer(connection, row["position"], read_report), tuple(entries[row["position"]])
                whole = _whole(row)
                found.append((_Saved(whole, *about),) if whole else _parts(row, *about))
        found += [
            tuple(_Saved(least, is_whole=False) for least in _least(row[0], {row[1]})) for row in _indexed(connection)
        ]
    return found


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as it is: no journal is played back, no lock taken, and a malformed schema is read as far as it goes."""
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
    """The rows of a table by its key; a range of keys that cannot be read is halved, down to single keys.

    Given up after as many failures in a row as the file can hold rows (`most`).
    """
    ranges, failed = [(1, _last_key(connection, table, key))], 0
    while ranges and failed <= most:
        low, high = ranges.pop()
        try:
            rows = _range(connection, table, key, low, high)
        except _FAULTS as fault:
            if "no such" in str(fault) or "not a database" in str(fault):
                return
            failed += 1
            if low < high:
                middle = (low + high) // 2
                ranges += [(middle + 1, high), (low, middle)]
        else:
            failed = 0 if rows else failed
            yield from rows


def _last_key(connection: sqlite3.Connection, table: str, key: str) -> int:
    with suppress(*_FAULTS):
        last = connection.execute(f"SELECT max({key}) FROM {table}").fetchone()[0]
        if last is None or (isinstance(last, int) and 0 < last < LAST_KEY):
            return last or 0
    return LAST_KEY


def _range(connection: sqlite3.Connection, table: str, key: str, low: int, high: int) -> list[sqlite3.Row]:
    """The rows between two keys. Raises `DamageError` if keys do not ascend: a page may point back at itself."""
    rows: list[sqlite3.Row] = []
    last = low - 1
    for row in connection.execute(f"SELECT * FROM {table} WHERE {key} BETWEEN ? AND ? ORDER BY {key}", (low, high)):
        if not (isinstance(row[key], int) and row[key] > last):
            raise DamageError("keys do not ascend")
        last = row[key]
        rows.append(row)
    return rows


def _whole(row: sqlite3.Row) -> Columns | None:
    """The columns of a row that is as this program writes it."""
    try:
        watches_of([row])
    except (*_FAULTS, LookupError):
        return None
    return {name: _harmless(name, row[name]) for name in row.keys() if name not in {"position", "revision"}}  # noqa: SIM118 - a row is no mapping


def _parts(row: sqlite3.Row, answer: Columns | None, entries: tuple[Columns, ...]) -> tuple[_Saved, ...]:
    """What is sound of a damaged row, once for each id that it may be of."""
    names, found = row.keys(), []
    for least in _least(row["tenant"], {row["given"], row["job"]}):
        columns = dict(least)
        for group in _GROUPS:
            if set(group) <= set(names) and _is_sound(given := {**columns, **{name: row[name] for name in group}}):
                columns = {name: _harmless(name, value) for name, value in given.items()}
        found.append(_Saved(columns, answer, entries, is_whole=False))
    return tuple(found)


def _is_sound(columns: dict[str, SqlValue]) -> bool:
    try:
        for name, value in columns.items():
            check(name, (value,))
        watch_of(columns)
    except (*_FAULTS, LookupError):
        return False
    return True


def _least(tenant: object, ids: Iterable[object]) -> Iterator[Columns]:
    """The columns of jobs of which little more than the id is known."""
    name = clean(tenant) if isinstance(tenant, str) else "env"
    for job_id in set(_parsed(ids)):
        watch = WatchedJob(job=JobRef(name, job_id), added_at=time.time(), added_by="damaged store")
        yield {**row_of(watch), **_ON_LIST}


def _parsed(ids: Iterable[object]) -> Iterator[JobId]:
    for text in ids:
        with suppress(ValueError):
            yield JobId.parse(text if isinstance(text, str) else "")


def _answer(connection: sqlite3.Connection, position: int, read_report: ReadReport) -> Columns | None:
    with suppress(*_FAULTS, LookupError):
        row = connection.execute("SELECT * FROM reports WHERE position = ?", (position,)).fetchone()
        if row is not None and response_of(row, read_report) is not None:
            return {**{name: row[name] for name in ("at", "body", "call")}, **_earlier(row)}
    return None


def _earlier(row: sqlite3.Row) -> Columns:
    """The answer before, where it is whole."""
    with suppress(*_FAULTS, LookupError):
        previous_body_of(row)
        return {name: row[name] for name in ("earlier_at", "earlier")}
    return {}


def _entry(row: sqlite3.Row) -> Columns:
    for name in _ENTRY:
        check(name, (row[name],))
    return {name: _harmless(name, row[name]) for name in _ENTRY}


def _harmless(name: str, value: SqlValue) -> SqlValue:
    return clean(value) if isinstance(value, str) and name != "tags" else value


def _indexed(connection: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    """Tenants and ids as the index of the watches holds them, from both ends up to what cannot be read."""
    for order in ("ASC", "DESC"):
        query = f"SELECT tenant, job FROM watches INDEXED BY sqlite_autoindex_watches_1 ORDER BY tenant {order}"
        with suppress(*_FAULTS):
            yield from connection.execute(query)
