"""Reads what is readable of a damaged store, row by row, and writes nothing to it."""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zjobtui.domain.job import Job, JobId
from zjobtui.domain.text import clean
from zjobtui.domain.watch import Watch
from zjobtui.storage.answers import ReadReport, answer_of, earlier_of
from zjobtui.storage.rows import DamageError, SqlValue, check, row_of, watches_of

SMALLEST_ROW = 40
"""Bytes of a row at least, and so how many a file can hold: as many are stepped over before a table is given up."""

PAGE = 4_096

_FAULTS = (sqlite3.Error, DamageError, ValueError, OverflowError, TypeError)
_ENTRY = ("at", "event", "text", "verdict")
Columns = Mapping[str, SqlValue]


@dataclass(frozen=True, slots=True)
class Saved:
    """A watch's columns, without position and revision, its answer's, and its timeline's."""

    watch: Columns
    answer: Columns | None = None
    entries: tuple[Columns, ...] = ()


def salvaged(path: Path, read_report: ReadReport) -> Iterator[Saved]:
    """What is readable of the file, in the order of adding; ids that only its index still knows come last."""
    most = path.stat().st_size // SMALLEST_ROW + 1
    with _opened(path) as connection:
        entries: dict[object, list[Columns]] = defaultdict(list)
        for row in _rows(connection, "entries", "number", most):
            with suppress(*_FAULTS, IndexError):
                entries[row["position"]].append(_entry(row))
        found = set()
        for row in _rows(connection, "watches", "position", most):
            for watch in _watches(row):
                answer = _answer(connection, row["position"], read_report)
                yield Saved(watch, answer, tuple(entries[row["position"]]))
                found.add((watch["tenant"], watch["job"]))
        for tenant, job in _indexed(connection):
            if (tenant, job) not in found:
                yield from map(Saved, _least(tenant, {job}))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as it is: no journal is played back, no lock taken, and a size that differs from its header's borne."""
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        with suppress(sqlite3.Error):
            connection.execute("PRAGMA writable_schema = ON")
        yield connection


def grafted(path: Path, sound: Path, copy: Path) -> None:
    """Writes a copy of a file with the first page of a sound one, whose tables begin on the same pages."""
    with path.open("rb") as file, copy.open("wb") as made:
        head = bytearray(sound.read_bytes()[:PAGE])
        head[28:32] = max(1, path.stat().st_size // PAGE).to_bytes(4)
        made.write(head)
        file.seek(PAGE)
        while chunk := file.read(1 << 20):
            made.write(chunk)


def _rows(connection: sqlite3.Connection, table: str, key: str, most: int) -> Iterator[sqlite3.Row]:
    """The rows of a table in the order of its key; what cannot be read is stepped over."""
    at = 0
    for _ in range(most):
        try:
            for row in connection.execute(f"SELECT * FROM {table} WHERE {key} > ? ORDER BY {key}", (at,)):
                # A page that points back at itself brings the same rows again and again.
                if isinstance(row[key], int) and row[key] > at:
                    at = row[key]
                    yield row
        except _FAULTS as fault:
            if "no such" in str(fault) or "not a database" in str(fault) or at >= 1 << 62:
                return
            at += 1
        else:
            return


def _watches(row: sqlite3.Row) -> Iterator[Columns]:
    try:
        watches_of([row])
    except (*_FAULTS, IndexError, KeyError):
        with suppress(IndexError):
            yield from _least(row["tenant"], {row["given"], row["job"]}, row)
    else:
        yield {name: _harmless(name, row[name]) for name in row.keys() if name not in {"position", "revision"}}  # noqa: SIM118 - a row is no mapping


def _least(tenant: object, ids: Iterable[object], row: sqlite3.Row | None = None) -> Iterator[Columns]:
    """A watch of which little more than its id is known; where a row holds two, neither is given up."""
    for job_id in set(_parsed(ids)):
        job = Job(clean(tenant) if isinstance(tenant, str) else "env", job_id)
        label = row["label"] if row is not None and isinstance(row["label"], str) else ""
        removed = row["removed_at"] if row is not None and isinstance(row["removed_at"], float) else None
        watch = Watch(job=job, added_at=time.time(), added_by="damaged store", label=clean(label))
        yield {**row_of(watch), "removed_at": removed}


def _parsed(ids: Iterable[object]) -> Iterator[JobId]:
    for text in ids:
        with suppress(ValueError):
            yield JobId.parse(text if isinstance(text, str) else "")


def _answer(connection: sqlite3.Connection, position: int, read_report: ReadReport) -> Columns | None:
    with suppress(*_FAULTS, LookupError):
        row = connection.execute("SELECT * FROM reports WHERE position = ?", (position,)).fetchone()
        if row is not None and answer_of(row, read_report) is not None:
            return {**{name: row[name] for name in ("at", "body", "call")}, **_earlier(row)}
    return None


def _earlier(row: sqlite3.Row) -> Columns:
    """The answer before, where it is whole."""
    with suppress(*_FAULTS, LookupError):
        earlier_of(row)
        return {name: row[name] for name in ("earlier_at", "earlier")}
    return {}


def _entry(row: sqlite3.Row) -> Columns:
    for name in _ENTRY:
        check(name, (row[name],))
    return {name: _harmless(name, row[name]) for name in _ENTRY}


def _harmless(name: str, value: SqlValue) -> SqlValue:
    return clean(value) if isinstance(value, str) and name != "tags" else value


def _indexed(connection: sqlite3.Connection) -> Iterator[tuple[object, object]]:
    """Tenants and ids as the index of the watches holds them, from both ends up to what cannot be read."""
    for order in ("ASC", "DESC"):
        query = f"SELECT tenant, job FROM watches INDEXED BY sqlite_autoindex_watches_1 ORDER BY tenant {order}"
        with suppress(*_FAULTS):
            yield from ((row[0], row[1]) for row in connection.execute(query))
