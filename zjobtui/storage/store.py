"""Keeps the watchlist, the last good answers and the timelines in one SQLite file that several windows may share."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from zjobtui.domain.digest import DIGEST_VERSION
from zjobtui.domain.job import Job
from zjobtui.domain.timeline import Event
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import ANNOTATIONS, Change, Observed, Watchlist
from zjobtui.logs import get_logger
from zjobtui.storage import sharing
from zjobtui.storage.database import (
    BUSY_LIMIT,
    DAMAGE,
    BrokenStoreError,
    Opened,
    StoreError,
    failure,
    identity_of,
    open_database,
)
from zjobtui.storage.rows import IDENTITY, OBSERVATIONS, DamageError, entry_of, watches_of
from zjobtui.storage.writing import POSITION, write

if TYPE_CHECKING:
    from zjobtui.domain.observation import Earlier, Seen
    from zjobtui.domain.timeline import Timeline
    from zjobtui.storage.answers import ReadReport
    from zjobtui.storage.upkeep import Survey

log = get_logger(__name__)

LONG_WAIT = 0.1
"""Seconds of waiting for another program's lock that are worth a line in the log."""

_WATCHES = f"SELECT {', '.join((*IDENTITY, *ANNOTATIONS, *OBSERVATIONS))}, removed_at FROM watches"


@dataclass(frozen=True, slots=True)
class News:
    """What other windows did: watches as they are now, and jobs that were removed."""

    watches: tuple[Watch, ...]
    removed: tuple[Job, ...]
    since: int = -1
    """The revision after which they were committed."""


def open_store(path: Path, read_report: "ReadReport", lock_wait: float = BUSY_LIMIT) -> tuple["Store", Watchlist]:
    """The store and what it holds. Raises `StoreError`.

    Of a damaged file what is readable is taken over into a new one, and `Store.notice` says so. Locks of other
    programs are waited for `lock_wait` seconds.
    """
    try:
        return _loaded(path, read_report, lock_wait)
    except BrokenStoreError as fault:
        from zjobtui.storage.mending import mend  # noqa: PLC0415 - hardly ever needed

        log.exception("the store is damaged; it is replaced by what can be recovered")
        notice = mend(path, fault.why, read_report, lambda: _is_sound(path, read_report))
    store, watchlist = _loaded(path, read_report)
    log.warning("recovered: %s", notice)
    store.notice = notice
    return store, watchlist


def _loaded(path: Path, read_report: "ReadReport", lock_wait: float = BUSY_LIMIT) -> tuple["Store", Watchlist]:
    store = Store(path, read_report, lock_wait)
    try:
        return store, store.load()
    except StoreError as fault:
        store.close()
        if store.is_read_only:
            raise StoreError(str(fault)) from fault
        raise


def _is_sound(path: Path, read_report: "ReadReport") -> bool:
    try:
        _loaded(path, read_report)[0].close()
    except BrokenStoreError:
        return False
    return True


class Store:
    """The store. Its methods may be called from any thread; each write is one transaction, durable when it returns.

    Every method raises `StoreError` with a sentence for people where the disk or another window stands in the way.
    """

    def __init__(self, path: Path, read_report: "ReadReport", lock_wait: float = BUSY_LIMIT) -> None:
        self.path = path
        self._read_report = read_report
        self._lock_wait = lock_wait
        self._lock = threading.Lock()
        self._take(open_database(path, lock_wait))
        self.notice = self._opened.notice

    def _take(self, opened: Opened) -> None:
        self._opened = opened
        self._connection = opened.connection
        self.is_read_only = opened.is_read_only
        self._data_version = self._revision = -1

    def limit_lock_wait(self, seconds: float) -> None:
        """Wait at most so long for locks of other programs from now on."""
        self._lock_wait = seconds
        with self._lock:
            self._connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def load(self) -> Watchlist:
        """Everything that is watched, in the order of adding; digests made by older rules are made anew."""
        with self._reading() as connection:
            self._data_version = sharing.data_version(connection)
            self._revision = _meta(connection, "revision")
            _check_count(connection)
            rows = connection.execute(f"{_WATCHES} WHERE removed_at IS NULL ORDER BY position").fetchall()
            digested_by = _meta(connection, "digest_version")
            watches = watches_of(rows)
        watchlist = Watchlist({watch.job: watch for watch in watches})
        return watchlist if digested_by == DIGEST_VERSION else self._digested_anew(watchlist)

    def apply(self, change: Change) -> None:
        """Commits a change; when it returns, the change outlives a power cut."""
        with self._writing() as (connection, revision):
            write(connection, change, revision)

    def go_over(self) -> bool:
        """Where the file was moved or deleted, as by a window that has mended it, uses the one in its place.

        It is made where there is none; the next news are all that it holds.
        """
        if not self._is_replaced():
            return False
        log.warning("another file is in the place of %s; it is used from now on", self.path)
        opened = open_database(self.path, self._lock_wait)
        with self._lock:
            self._connection.close()
            self._take(opened)
        return True

    def news(self) -> News | None:
        """What other windows have committed since the last look, or None where they have not."""
        with self._reading() as connection:
            version = sharing.data_version(connection)
            if version == self._data_version:
                return None
            # Read before the rows: what is committed in between then comes twice, and not never.
            revision = _meta(connection, "revision")
            since = self._revision
            rows = connection.execute(f"{_WATCHES} WHERE revision > ?", (since,)).fetchall()
            self._data_version, self._revision = version, revision
            watches = watches_of([row for row in rows if row["removed_at"] is None])
            removed = watches_of([row for row in rows if row["removed_at"] is not None])
        return News(watches, tuple(watch.job for watch in removed), since)

    def look_again(self, since: int) -> None:
        """Return what was committed after this revision again with the next `news()`."""
        self._data_version, self._revision = -1, since

    def recall(self, jobs: Iterable[Job]) -> tuple[Watch, ...]:
        """What is kept of jobs that were once watched and then removed."""
        return self._find(jobs, "removed_at IS NOT NULL")

    def watched(self, jobs: Iterable[Job]) -> tuple[Watch, ...]:
        """Jobs of the stored watchlist with all that is known of them; those that are not on it are left out."""
        return self._find(jobs, "removed_at IS NULL")

    def gone(self, why: Event) -> tuple[Watch, ...]:
        """What is kept of all jobs that left the watchlist so, as removed or as archived; the last one first."""
        query = f"{_WATCHES} WHERE removed_at IS NOT NULL AND removed_as = ? ORDER BY removed_at DESC, position"
        with self._reading() as connection:
            return watches_of(connection.execute(query, (why.value,)).fetchall())

    def seen(self, job: Job) -> "Seen | None":
        """The last good answer about a job, whole, with the call that brought it."""
        from zjobtui.storage.answers import answer_of  # noqa: PLC0415 - reports are not needed for the first screen

        with self._about(job, "SELECT at, body, call FROM reports") as rows:
            return answer_of(rows[0], self._read_report) if rows else None

    def earlier(self, job: Job) -> "Earlier | None":
        """The answer that the last good one replaced, as it came."""
        from zjobtui.storage.answers import earlier_of  # noqa: PLC0415 - as above

        with self._about(job, "SELECT earlier_at, earlier FROM reports") as rows:
            return earlier_of(rows[0]) if rows else None

    def timeline(self, job: Job) -> "Timeline":
        """The changes of a job, oldest first."""
        with self._about(job, "SELECT at, event, text, verdict FROM entries", "ORDER BY number") as rows:
            return tuple(entry_of(row, job) for row in rows)

    def hold(self, name: str, holder: str, now: float, life: float) -> bool:
        """Takes or keeps the lease `name` for `life` seconds from `now`; False while another window holds it."""
        with self._transaction() as connection:
            return sharing.hold(connection, name, holder, now, life)

    def held_by(self, name: str) -> tuple[str, float]:
        """Who holds the lease `name`, and until when by the holder's clock; "" and 0 if nobody holds it."""
        with self._reading() as connection:
            return sharing.held_by(connection, name)

    def let_go(self, name: str, holder: str) -> None:
        """Gives a lease back."""
        with self._transaction() as connection:
            sharing.let_go(connection, name, holder)

    def count_calls(self, tenant: str, day: int, calls: int) -> int:
        """Adds calls to the day's count and gives the count of all windows; with none it only looks."""
        with self._transaction() if calls else self._reading() as connection:
            return sharing.count_calls(connection, tenant, day, calls)

    def survey(self) -> "Survey":
        """What the store holds, in figures."""
        from zjobtui.storage.upkeep import survey  # noqa: PLC0415 - only when somebody asks

        with self._reading() as connection:
            return survey(connection, self.path)

    def compact(self, now: float) -> None:
        """Gives the disk back what is not used; refused while another window polls on it."""
        from zjobtui.storage.upkeep import compact  # noqa: PLC0415 - as above

        if self.is_read_only:
            raise StoreError(self._opened.notice)
        with self._reading() as connection:
            compact(connection, now)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_replaced(self) -> bool:
        try:
            return identity_of(self.path) != self._opened.identity
        except OSError:
            return False

    def _find(self, jobs: Iterable[Job], condition: str) -> tuple[Watch, ...]:
        query = f"{_WATCHES} WHERE tenant = ? AND job = ? AND {condition}"
        with self._reading() as connection:
            rows = [connection.execute(query, (job.tenant, job.id.key)).fetchone() for job in jobs]
            return watches_of([row for row in rows if row is not None])

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _faults_told(self.path):
            yield self._connection

    @contextmanager
    def _about(self, job: Job, select: str, order: str = "") -> Iterator[list[sqlite3.Row]]:
        """What a table holds about one job; what is wrong with it is told as the block finds it."""
        with self._reading() as connection:
            query = f"{select} WHERE position = {POSITION} {order}"
            yield connection.execute(query, (job.tenant, job.id.key)).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """A transaction that changes watches, with its revision; a row's revision tells other windows what is new."""
        with self._transaction() as connection:
            before = _meta(connection, "revision")
            connection.execute("UPDATE meta SET value = ? WHERE name = 'revision'", (before + 1,))
            yield connection, before + 1
        if before == self._revision:
            self._revision = before + 1

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self.is_read_only:
            raise StoreError(self._opened.notice)
        if self._is_replaced():
            raise StoreError(f"Another file was put in the place of {self.path}; it is used in a moment.")
        with self._lock, _faults_told(self.path):
            asked = time.monotonic()
            self._connection.execute("BEGIN IMMEDIATE")
            if (waited := time.monotonic() - asked) >= LONG_WAIT:
                log.warning("the lock of the store was held by another program for %.1f s", waited)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _digested_anew(self, watchlist: Watchlist) -> Watchlist:
        from zjobtui.domain.digesting import digest  # noqa: PLC0415 - only after the rules have changed

        answers = {watch.job: self.seen(watch.job) for watch in watchlist if watch.digest}
        renewed = {job: replace(watchlist.watches[job], digest=digest(s.report)) for job, s in answers.items() if s}
        change = Change(
            Watchlist({**watchlist.watches, **renewed}), observed=tuple(Observed(watch) for watch in renewed.values())
        )
        if not self.is_read_only:
            with self._writing() as (connection, revision):
                write(connection, change, revision)
                connection.execute("UPDATE meta SET value = ? WHERE name = 'digest_version'", (DIGEST_VERSION,))
        return change.watchlist


def _meta(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    if row is None or not isinstance(row[0], int):
        raise DamageError(f"it has no {name}")
    return row[0]


def _check_count(connection: sqlite3.Connection) -> None:
    """Raises `DamageError` where the table has lost rows that its index still knows."""
    count = "(SELECT count(*) FROM watches {})"
    query = f"SELECT {count.format('NOT INDEXED')}, {count.format('INDEXED BY by_revision')}"
    rows = connection.execute(query).fetchone()
    if rows[0] != rows[1]:
        raise DamageError(f"{rows[1]} jobs were written, {rows[0]} are left")


@contextmanager
def _faults_told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as fault:
        error = failure(path, fault, "could not be used")
        if getattr(fault, "sqlite_errorcode", None) in DAMAGE or "decode" in str(fault):
            raise BrokenStoreError(str(error), str(fault)) from fault
        raise error from fault
    except (sqlite3.Error, DamageError, UnicodeDecodeError) as fault:
        raise BrokenStoreError(f"The watchlist {path} is damaged: {fault}.", str(fault)) from fault
