"""Carries what an open window knows over to another file that took the place of its store.

What the window or its file knew wins over the new file, unless a row was written there after the two went apart.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Observed, Watchlist
from zjobtui.storage import ids_log
from zjobtui.storage.ids_log import Key, Line
from zjobtui.storage.rows import (
    ANNOTATIONS,
    IDENTITY,
    OBSERVATIONS,
    POSITION,
    DamageError,
    ReadReport,
    check,
    response_of,
    watches_of,
    write,
)

_ROWS = f"SELECT {', '.join((*IDENTITY, *ANNOTATIONS, *OBSERVATIONS))}, removed_at, removed_as FROM watches"
_REPORT = ("at", "body", "call", "earlier_at", "earlier")
_ENTRY = ("at", "event", "text", "verdict")
_FAULTS = (sqlite3.Error, DamageError, LookupError, TypeError)
_NO_WATCHES = Watchlist({})


@dataclass(frozen=True, slots=True)
class Known:
    """A job as the window knows it; `removal` is the timeline entry of its removal if it is not on the list."""

    watch: WatchedJob
    removal: Event | None = None

    @property
    def key(self) -> Key:
        """What identifies the job."""
        return self.watch.job.tenant, self.watch.job.id.key


def jobs_of_window(window: Change) -> dict[Key, Known]:
    """The jobs on the list of a window, and those that it removed."""
    removals = {entry.job: entry for entry in window.entries}
    gone = [Known(watch, removals[watch.job]) for watch in window.removed]
    return {known.key: known for known in (*gone, *map(Known, window.watchlist))}


def jobs_of_store(store: sqlite3.Connection) -> dict[Key, Known]:
    """The sound rows of a store."""
    found: dict[Key, Known] = {}
    for row in store.execute(f"{_ROWS} ORDER BY position").fetchall():
        with suppress(DamageError):
            (watch,) = watches_of([row])
            known = Known(watch, None if row["removed_at"] is None else _removal(watch.job, row))
            found[known.key] = known
    return found


def _removal(job: JobRef, row: sqlite3.Row) -> Event:
    why = EventKind.ARCHIVED if row["removed_as"] == EventKind.ARCHIVED.value else EventKind.REMOVED
    return Event(job, row["removed_at"], why, "")


def carry_over(
    connection: sqlite3.Connection,
    known: Mapping[Key, Known],
    log: Mapping[Key, Line],
    apart: int | None,
    revision: int,
) -> None:
    """Write what is known to the new file within a transaction of the caller.

    Rows of the new file after the revision `apart` are newer than what is known; without it none is. If the file has
    removed a job that is known to be on the list, `log` says who is right.
    """
    rows = {
        (row["tenant"], row["job"]): row
        for row in connection.execute("SELECT tenant, job, added_at, removed_at, revision FROM watches")
    }
    added, removed, annotated = [], [], []
    for key, job in known.items():
        row = rows.get(key)
        if row is not None and apart is not None and row["revision"] > apart:
            continue
        annotated.append(job.watch)
        if row is None or (row["removed_at"] is not None and job.removal is None and _is_listed(key, log)):
            added.append(job.watch)
        if job.removal is not None and (row is None or _is_removed_later(row, job.removal.at)):
            removed.append(job)
    change = Change(
        watchlist=_NO_WATCHES,
        added=tuple(added),
        removed=tuple(job.watch for job in removed),
        annotated=tuple(annotated),
        observed=tuple(Observed(job.watch) for job in known.values()),
        entries=tuple(job.removal for job in removed if job.removal is not None),
    )
    write(connection, change, revision)
    gone = [
        (line.at, EventKind.REMOVED.value, revision, *key)
        for key, row in rows.items()
        if key not in known
        and (line := log.get(ids_log.key_of(*key))) is not None
        and not line.is_add
        and not (apart is not None and row["revision"] > apart)
        and _is_removed_later(row, line.at)
    ]
    connection.executemany(
        "UPDATE watches SET removed_at = ?, removed_as = ?, revision = ? WHERE tenant = ? AND job = ?", gone
    )


def _is_listed(key: Key, log: Mapping[Key, Line]) -> bool:
    line = log.get(ids_log.key_of(*key))
    return line is None or line.is_add


def _is_removed_later(row: sqlite3.Row, at: float) -> bool:
    """Whether the row is on the list, and was so before `at`; the log has whole seconds."""
    return row["removed_at"] is None and bool(row["added_at"] < at + 1)


def carry_answers_over(
    connection: sqlite3.Connection, source: sqlite3.Connection, keys: Iterable[Key], read_report: ReadReport
) -> None:
    """Write later answers and further entries of timelines than the new file has; what is not readable stays behind."""
    entries = _entries(source)
    for key in keys:
        row = connection.execute(f"SELECT {POSITION}", key).fetchone()
        if row[0] is not None:
            _carry_answer(connection, source, key, row[0], read_report)
            _carry_entries(connection, entries.get(key, []), row[0])


def _carry_answer(
    connection: sqlite3.Connection, source: sqlite3.Connection, key: Key, position: int, read_report: ReadReport
) -> None:
    there = connection.execute("SELECT at FROM reports WHERE position = ?", (position,)).fetchone()
    report = _later_answer(source, key, there["at"] if there else -1.0, read_report)
    if report is not None:
        names = ", ".join(_REPORT)
        connection.execute(
            f"INSERT OR REPLACE INTO reports (position, {names}) VALUES (?, ?, ?, ?, ?, ?)", (position, *report)
        )


def _later_answer(source: sqlite3.Connection, key: Key, at: float, read_report: ReadReport) -> sqlite3.Row | None:
    """The row of an answer that came after `at`; None if there is none or it is damaged."""
    query = f"SELECT {', '.join(_REPORT)} FROM reports WHERE position = {POSITION}"
    with suppress(*_FAULTS):
        row: sqlite3.Row | None = source.execute(query, key).fetchone()
        if row is not None and row["at"] > at and response_of(row, read_report) is not None:
            return row
    return None


_Told = tuple[float, str, str, str]


def _carry_entries(connection: sqlite3.Connection, entries: list[_Told], position: int) -> None:
    query = f"SELECT {', '.join(_ENTRY)} FROM entries WHERE position = ? ORDER BY number"
    there: list[_Told] = [tuple(row) for row in connection.execute(query, (position,))]
    if missing := [entry for entry in entries if entry not in there]:
        told = sorted([*there, *missing], key=_at)
        connection.execute("DELETE FROM entries WHERE position = ?", (position,))
        connection.executemany(
            f"INSERT INTO entries (position, {', '.join(_ENTRY)}) VALUES (?, ?, ?, ?, ?)",
            [(position, *entry) for entry in told],
        )


def _at(entry: _Told) -> float:
    return entry[0]


def _entries(source: sqlite3.Connection) -> dict[Key, list[_Told]]:
    """The timelines of a store, by job."""
    found: dict[Key, list[_Told]] = defaultdict(list)
    with suppress(*_FAULTS):
        for key, entry in _sound_entries(source):
            found[key].append(entry)
    return found


def _sound_entries(source: sqlite3.Connection) -> Iterator[tuple[Key, _Told]]:
    columns = ", ".join(f"entries.{name}" for name in _ENTRY)
    query = f"SELECT tenant, job, {columns} FROM entries JOIN watches USING (position) ORDER BY number"
    for row in source.execute(query):
        with suppress(DamageError):
            for name in _ENTRY:
                check(name, (row[name],))
            yield (row["tenant"], row["job"]), (row["at"], row["event"], row["text"], row["verdict"])
