"""Takeover: writes what an open window knows to another file that took the place of its store.

What the window or its file knew wins over the new file, unless a row was written there after the two went apart. A job
that left the list stays removed or archived, as it was last, by what is known, by the new file or by `ids.log`.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import NewType

from msgspec import Struct

from zjobtui.models.history import Event
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, ObservedJob, Watchlist
from zjobtui.storage import ids_log, shared_tables
from zjobtui.storage.database import primary_code
from zjobtui.storage.ids_log import IdsLogError, Line, LoggedKey
from zjobtui.storage.recovery import copy_missing_jobs, place_of
from zjobtui.storage.rows import (
    EVENT_COLUMNS,
    POSITION,
    WATCH_COLUMNS,
    DamageError,
    ReadReport,
    check,
    removal_of,
    response_of,
    watches_of,
    write_change,
)
from zjobtui.storage.store_file import StoreFile, read_meta

StoredKey = NewType("StoredKey", tuple[str, str])
"""What identifies a job in the store: its tenant as it was given, and the digits of its id."""

_ROWS = f"SELECT {', '.join(WATCH_COLUMNS)}, removed_at, removed_as FROM watches"
_REPORT = ("at", "body", "call", "earlier_at", "earlier")
_ROW_FAULTS = (sqlite3.Error, DamageError, LookupError, TypeError)


def take_over(before: StoreFile, after: StoreFile, window: Change, read_report: ReadReport) -> bool:
    """Write what is known of the jobs to the file `after`, which is now in the place of `before`.

    What is known is what `before` holds, or if that cannot be read, what the window knows: its watchlist, and its
    removals with their events. Returns whether it came from the file. Raises `StoreError`.
    """
    is_whole = False
    with before.lock, after.translate_errors():
        revision = before.newest
        source = before.connection if after.opened.identity != before.opened.identity else None
        try:
            if source is not None:
                is_whole, revision = _begin_reading(before, source)
                if _has_pages(source):
                    copy_missing_jobs(after.connection, source, read_report)
            return _receive(after, before.store_id, revision, window, source if is_whole else None, read_report)
        finally:
            if source is not None and source.in_transaction:
                source.execute("ROLLBACK")


def _begin_reading(file: StoreFile, source: sqlite3.Connection) -> tuple[bool, int]:
    """Return whether the file is readable and still holds what this window saved, and its revision.

    It stays readable until the caller ends the transaction. Raises `sqlite3.Error` if it is locked.
    """
    try:
        source.execute("BEGIN")
        revision, store_id = read_meta(source, "revision"), shared_tables.id_of(source)
    except (sqlite3.Error, DamageError) as fault:
        if primary_code(fault) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise
        return False, file.newest
    is_same = not file.is_overwritten and revision >= file.newest and file.store_id in {None, store_id}
    return is_same, revision if is_same else file.newest


def _has_pages(connection: sqlite3.Connection) -> bool:
    """Return whether SQLite accepts the open file as a database at all."""
    try:
        return bool(connection.execute("PRAGMA page_count").fetchone()[0])
    except sqlite3.Error:
        return False


def _receive(
    file: StoreFile,
    store_id: int | None,
    last_revision: int,
    window: Change,
    source: sqlite3.Connection | None,
    read_report: ReadReport,
) -> bool:
    """Take over what the store with this id held up to its last revision, in one transaction.

    Returns whether that came from its file (`source`), and not only from what the window knows.
    """
    jobs = _jobs_of_window(window)
    if source is not None:
        try:
            jobs |= _jobs_of_store(source)
        except sqlite3.Error:
            source = None
    try:
        log = ids_log.read(ids_log.path_beside(file.path))
    except IdsLogError:  # reported when store and log are reconciled
        log = {}
    with file.begin_change() as (connection, revision):
        is_same = store_id is not None and file.store_id == store_id
        parted_at = last_revision if is_same else shared_tables.carried_over_at(connection, store_id)
        _carry_jobs_over(connection, jobs, log, parted_at, revision, file.now())
        connection.execute("UPDATE watches SET revision = ? WHERE revision = 0", (revision,))
        if source is not None:
            _carry_responses_over(connection, source, jobs, read_report)
        if is_same and last_revision >= revision:  # an older copy: other windows must notice it as well
            shared_tables.ensure_id(connection, renew=True)
        shared_tables.record_carry_over(connection, store_id, revision)
    return source is not None


class _KnownJob(Struct, frozen=True):
    """A job as the window knows it; `removal` is the event of its removal if it is not on the list."""

    watch: WatchedJob
    removal: Event | None = None

    @property
    def key(self) -> StoredKey:
        """What identifies the job."""
        return StoredKey((self.watch.job.tenant, self.watch.job.id.key))


_KnownJobs = Mapping[StoredKey, _KnownJob]
_Places = Mapping[StoredKey, sqlite3.Row]
"""The times at which jobs of the new file were added and removed, and the revisions of their rows."""


def _jobs_of_window(window: Change) -> dict[StoredKey, _KnownJob]:
    """Return the jobs on the list of a window, and those that it removed."""
    removals = window.removals
    removed = [_KnownJob(watch, removals[watch.job]) for watch in window.removed]
    return {known.key: known for known in (*removed, *map(_KnownJob, window.watchlist))}


def _jobs_of_store(store: sqlite3.Connection) -> dict[StoredKey, _KnownJob]:
    """Return the jobs of the sound rows of a store; no window writes a removal without a reason."""
    jobs: dict[StoredKey, _KnownJob] = {}
    rows = store.execute(f"{_ROWS} WHERE removed_at IS NULL OR removed_as IS NOT NULL ORDER BY position")
    for row in rows.fetchall():
        with suppress(DamageError):
            (watch,) = watches_of([row])
            known = _KnownJob(watch, removal_of(row, watch.job))
            jobs[known.key] = known
    return jobs


def _carry_jobs_over(
    connection: sqlite3.Connection,
    jobs: _KnownJobs,
    log: Mapping[LoggedKey, Line],
    parted_at: int | None,
    revision: int,
    now: float,
) -> None:
    """Write known jobs to the new file within a transaction of the caller.

    Rows of the new file after the revision `parted_at` are newer than what is known; without it none is. If the file
    has removed a job that is known to be on the list, the log decides. Of several removals the last one counts.
    """
    places = _read_places(connection)
    newer = {key for key, row in places.items() if parted_at is not None and row["revision"] > parted_at}
    older = {key: known for key, known in jobs.items() if key not in newer}
    lines = {key: line for key in {*places, *jobs} - newer if (line := log.get(ids_log.key_of(*key)))}
    added = [known for key, known in older.items() if _is_to_add(known, places.get(key), lines.get(key))]
    removed = [known for key, known in older.items() if _is_to_remove(known, places.get(key))]
    change = Change(
        watchlist=Watchlist({}),
        added=tuple(known.watch for known in added),
        removed=tuple(known.watch for known in removed),
        annotated=tuple(known.watch for known in older.values()),
        observed=tuple(ObservedJob(known.watch) for known in jobs.values()),
        events=tuple(known.removal for known in removed if known.removal is not None),
    )
    write_change(connection, change, revision, now)
    places = _read_places(connection)
    later = {key: line for key, line in lines.items() if _is_logged_later(places[key], jobs.get(key), line)}
    _place_as_logged(connection, later, revision)


def _read_places(connection: sqlite3.Connection) -> _Places:
    rows = connection.execute("SELECT tenant, job, added_at, removed_at, revision FROM watches")
    return {StoredKey((row["tenant"], row["job"])): row for row in rows}


def _is_to_add(known: _KnownJob, row: sqlite3.Row | None, line: Line | None) -> bool:
    if row is None:
        return True
    return row["removed_at"] is not None and known.removal is None and (line is None or line.is_add)


def _is_to_remove(known: _KnownJob, row: sqlite3.Row | None) -> bool:
    return known.removal is not None and (row is None or _is_removed_later(row, known.removal.at))


def _is_logged_later(row: sqlite3.Row, known: _KnownJob | None, line: Line) -> bool:
    """Return whether the log says of a job what happened after its row was written, and after what is known."""
    if line.is_add:
        return known is None and row["removed_at"] is not None and bool(row["removed_at"] < line.at)
    is_watched = known is not None and known.removal is None and row["removed_at"] is None
    return not is_watched and _is_removed_later(row, line.at)


def _place_as_logged(connection: sqlite3.Connection, lines: Mapping[StoredKey, Line], revision: int) -> None:
    """Put the jobs of these lines on the list, or take them off it, as the lines say."""
    connection.executemany(
        "UPDATE watches SET removed_at = :removed_at, removed_as = :removed_as, revision = :revision "
        "WHERE tenant = :tenant AND job = :job",
        [
            {**place_of(line), "revision": revision, "tenant": tenant, "job": digits}
            for (tenant, digits), line in lines.items()
        ],
    )


def _is_removed_later(row: sqlite3.Row, at: float) -> bool:
    """Return whether a removal at `at` is later than the row: than its own removal, or if it has none, its adding.

    The log has whole seconds.
    """
    return bool(row["added_at"] < at + 1 if row["removed_at"] is None else row["removed_at"] < at)


def _carry_responses_over(
    connection: sqlite3.Connection, source: sqlite3.Connection, keys: Iterable[StoredKey], read_report: ReadReport
) -> None:
    """Write responses and events that are later than those of the new file; what is unreadable is left out."""
    events = _events(source)
    for key in keys:
        row = connection.execute(f"SELECT {POSITION}", key).fetchone()
        if row[0] is not None:
            _carry_response(connection, source, key, row[0], read_report)
            _carry_events(connection, events.get(key, []), row[0])


def _carry_response(
    connection: sqlite3.Connection, source: sqlite3.Connection, key: StoredKey, position: int, read_report: ReadReport
) -> None:
    stored = connection.execute("SELECT at FROM reports WHERE position = ?", (position,)).fetchone()
    report = _later_response(source, key, stored["at"] if stored else -1.0, read_report)
    if report is not None:
        names = ", ".join(_REPORT)
        connection.execute(
            f"INSERT OR REPLACE INTO reports (position, {names}) VALUES (?, ?, ?, ?, ?, ?)", (position, *report)
        )


def _later_response(
    source: sqlite3.Connection, key: StoredKey, at: float, read_report: ReadReport
) -> sqlite3.Row | None:
    """Return the row of a response that came after `at`; None if there is none or it is damaged."""
    query = f"SELECT {', '.join(_REPORT)} FROM reports WHERE position = {POSITION}"
    with suppress(*_ROW_FAULTS):
        row: sqlite3.Row | None = source.execute(query, key).fetchone()
        if row is not None and row["at"] > at and response_of(row, read_report) is not None:
            return row
    return None


_EventRow = tuple[float, str, str, str]


def _carry_events(connection: sqlite3.Connection, events: list[_EventRow], position: int) -> None:
    query = f"SELECT {', '.join(EVENT_COLUMNS)} FROM entries WHERE position = ? ORDER BY number"
    stored: list[_EventRow] = [tuple(row) for row in connection.execute(query, (position,))]
    if missing := [event for event in events if event not in stored]:
        merged = sorted([*stored, *missing], key=_at)
        connection.execute("DELETE FROM entries WHERE position = ?", (position,))
        connection.executemany(
            f"INSERT INTO entries (position, {', '.join(EVENT_COLUMNS)}) VALUES (?, ?, ?, ?, ?)",
            [(position, *event) for event in merged],
        )


def _at(event: _EventRow) -> float:
    return event[0]


def _events(source: sqlite3.Connection) -> dict[StoredKey, list[_EventRow]]:
    """Return the histories of a store, by job."""
    events: dict[StoredKey, list[_EventRow]] = defaultdict(list)
    with suppress(*_ROW_FAULTS):
        for key, event in _sound_events(source):
            events[key].append(event)
    return events


def _sound_events(source: sqlite3.Connection) -> Iterator[tuple[StoredKey, _EventRow]]:
    columns = ", ".join(f"entries.{name}" for name in EVENT_COLUMNS)
    query = f"SELECT tenant, job, {columns} FROM entries JOIN watches USING (position) ORDER BY number"
    for row in source.execute(query):
        with suppress(DamageError):
            for name in EVENT_COLUMNS:
                check(name, (row[name],))
            yield StoredKey((row["tenant"], row["job"])), (row["at"], row["event"], row["text"], row["verdict"])
