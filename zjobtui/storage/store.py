"""Store: the watchlist, the last good responses and the histories in one SQLite file that several windows may share."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zlib import crc32

from msgspec.structs import replace

from zjobtui.logs import get_logger
from zjobtui.models.diff import changed_pairs
from zjobtui.models.digest import DIGEST_VERSION, ExpectedStatuses
from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, ExternalChanges, ObservedJob, Watchlist
from zjobtui.storage import ids_log, shared_tables
from zjobtui.storage.database import (
    BUSY_LIMIT,
    BrokenStoreError,
    SchemaError,
    StoreError,
    UncommittedError,
    backup_path,
    identity_of,
    open_database,
)
from zjobtui.storage.ids_log import IdsLogError, LogAction, LoggedKey
from zjobtui.storage.maintenance import StoreStats, compact, read_stats
from zjobtui.storage.recovery import add_lost_jobs, recover
from zjobtui.storage.row_checks import check_count
from zjobtui.storage.rows import (
    EVENT_COLUMNS,
    POSITION,
    WATCH_COLUMNS,
    ReadReport,
    event_of,
    previous_body_of,
    removal_of,
    response_of,
    watches_of,
    write_change,
)
from zjobtui.storage.store_file import StoreFile, read_meta
from zjobtui.storage.takeover import take_over

if TYPE_CHECKING:
    from zjobtui.models.history import History
    from zjobtui.models.observation import PreviousBody, Success

log = get_logger(__name__)

_WATCHES = f"SELECT {', '.join(WATCH_COLUMNS)}, removed_at FROM watches"
_WATCHED = f"{_WATCHES} WHERE removed_at IS NULL ORDER BY position"

_EXPECTED = "expected_statuses"
"""The number in `meta` that stands for the expected order statuses with which the digests were made."""

_UNKNOWN_HASH = -1
"""That number if the settings could not be read."""

_NOTHING = Change(Watchlist({}))

MIGRATE_AGAIN = 30.0
"""Seconds between two attempts to migrate a file that could not be migrated."""


def open_store(
    path: Path,
    read_report: ReadReport,
    lock_wait: float = BUSY_LIMIT,
    expected: ExpectedStatuses | None = None,
    now: Callable[[], float] = time.time,
) -> tuple["Store", Watchlist]:
    """Open a store and return it with its watchlist. Raises `StoreError`.

    The readable content of a damaged file is copied to a new one, and jobs that only `ids.log` knows are added;
    `Store.notice` reports that. Locks of other programs are waited for up to `lock_wait` seconds. Digests made by older
    rules, or with other `expected` order statuses than these, are made again. `now` returns seconds since the epoch,
    UTC: stored times after it are those of a clock that was ahead.
    """
    notice = ""
    _refuse_dangling_link(path)
    if _is_lost(path):
        notice = _recover(path, "it is missing", read_report, path.exists)
    try:
        store, watchlist = _load_reconciled(path, read_report, lock_wait, now)
    except BrokenStoreError as fault:
        notice = _recover(path, fault.why, read_report, lambda: _is_sound(path, read_report, now))
        store, watchlist = _load_reconciled(path, read_report, lock_wait, now)
    store.file.ensure_id()
    store.notice = " ".join(part for part in (notice, store.notice) if part)
    try:
        return store, store.renew_digests(watchlist, expected)
    except StoreError:
        store.close()
        raise


def _refuse_dangling_link(path: Path) -> None:
    """Raise `StoreError` if a symbolic link on the way to the store is broken: no new file may take its place."""
    for link in (path, *path.absolute().parents):
        if os.path.islink(link) and not os.path.exists(link):  # noqa: PTH110, PTH114 - those of pathlib may raise
            target, advice = os.path.realpath(link), "Mount its disk, or delete the link to start a new watchlist."
            raise StoreError(
                f"The watchlist {path} is missing: {link} is a symbolic link to {target}, which is missing. {advice}"
            )


def _is_lost(path: Path) -> bool:
    """Return whether a store that had jobs is missing: the log beside it lists some, or there is a daily copy, too.

    A missing log means that the user wants an empty list; a log that is empty or unreadable does not.
    """
    try:
        if identity_of(path) is not None:
            return False
    except OSError:
        return False
    log_path = ids_log.path_beside(path)
    if os.path.lexists(log_path) and os.path.lexists(backup_path(path)):
        return True
    try:
        return bool(ids_log.actions(log_path))
    except IdsLogError:
        return False


def _recover(
    path: Path, why: str, read_report: ReadReport, is_sound: Callable[[], bool], *, is_open: bool = False
) -> str:
    log.warning("the store is not readable (%s); it is replaced by what can be recovered", why)
    notice = recover(path, why, read_report, is_sound, is_open=is_open)
    log.warning("recovered: %s", notice or "another window did that")
    return notice


def _load(path: Path, read_report: ReadReport, lock_wait: float, now: Callable[[], float]) -> tuple["Store", Watchlist]:
    store = Store(path, read_report, lock_wait, now)
    try:
        return store, store.load()
    except StoreError as fault:
        store.close()
        if store.is_read_only:
            raise StoreError(f"{fault} {store.notice}") from fault
        raise


def _load_reconciled(
    path: Path, read_report: ReadReport, lock_wait: float, now: Callable[[], float]
) -> tuple["Store", Watchlist]:
    store, watchlist = _load(path, read_report, lock_wait, now)
    try:
        return store, store.reconcile_with_log(watchlist)
    except StoreError:
        store.close()
        raise


def _is_sound(path: Path, read_report: ReadReport, now: Callable[[], float]) -> bool:
    try:
        _load_reconciled(path, read_report, BUSY_LIMIT, now)[0].close()
    except BrokenStoreError:
        return False
    return True


class Store:
    """The store. Its methods may be called from any thread; each write is one transaction, durable when it returns.

    Every method raises `StoreError` with a sentence for the user if the disk or another window stands in the way.
    """

    def __init__(self, path: Path, read_report: ReadReport, lock_wait: float, now: Callable[[], float]) -> None:
        self.path = path
        self.file = StoreFile(path, lock_wait, now)
        self.notice = self.file.opened.notice
        self._read_report = read_report
        self._ids_log = ids_log.path_beside(path)
        self._migrate_at = 0.0
        self._failed_lines: list[ids_log.Line] = []  # of the last change, if they were logged and its commit failed

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be saved to the store."""
        return self.file.is_read_only

    def limit_lock_wait(self, seconds: float) -> None:
        """Wait at most so long for locks of other programs from now on."""
        self.file.limit_lock_wait(seconds)

    def load(self) -> Watchlist:
        """Return the watchlist, in the order of adding."""
        with self.file.lend_connection() as connection:
            self.file.mark_read(self.file.begin_reading(connection))
            check_count(connection)
            rows = connection.execute(_WATCHED).fetchall()
            read_meta(connection, "digest_version")  # it is damage if there is none
            watches = watches_of(rows)
        return Watchlist({watch.job: watch for watch in watches})

    def judge_again(self, expected: ExpectedStatuses) -> tuple[WatchedJob, ...]:
        """Make the digests of all watched jobs again by these statuses; return the jobs whose digest has changed.

        Otherwise as `renew_digests`, but also if another program did so already: responses may have come since.
        """
        with self.file.lend_connection() as connection:
            watches = watches_of(connection.execute(_WATCHED).fetchall())
        before = Watchlist({watch.job: watch for watch in watches})
        after = self._renew(before, (watch for watch in before if watch.digest), expected, is_current=False)
        return tuple(new for _, new in changed_pairs(before, after))

    def renew_digests(self, watchlist: Watchlist, expected: ExpectedStatuses | None) -> Watchlist:
        """Make digests again from stored responses if they were made by other rules; return the watchlist with them.

        `expected` are the order statuses that the settings expect, None if the settings cannot be read. An open window
        of an older version writes digests without `why`; these are made again, too. A job whose stored response is
        damaged, or has another status, keeps its digest. If the new digests cannot be saved, they are returned all the
        same. Raises `StoreError` if the responses cannot be read at all.
        """
        with self.file.lend_connection() as connection:
            is_current = read_meta(connection, "digest_version") == DIGEST_VERSION
            row = connection.execute(f"SELECT value FROM meta WHERE name = '{_EXPECTED}'").fetchone()
        is_current &= expected is None or (row[0] if row else 0) == _hash_of(expected)
        old = [watch for watch in watchlist if watch.digest and (not is_current or watch.digest.lacks_why)]
        return watchlist if is_current and not old else self._renew(watchlist, old, expected, is_current=is_current)

    def apply(self, change: Change) -> None:
        """Commit a change; when it returns, the change survives a power cut.

        Adds and removes are in `ids.log` before they are committed. If the commit fails, lines with what the store
        still says of each job are appended to the log; a new job stays in it, so that its id is not lost, and
        `UncommittedError` is raised. Repeated attempts write no more lines; after the one that succeeds, lines with
        what the store then says are appended.
        """
        lines = ids_log.lines_of(change)
        is_repeated = bool(lines) and lines == self._failed_lines
        is_logged = is_repeated
        try:
            with self.file.begin_change() as (connection, revision):
                write_change(connection, change, revision, self.file.now())
                if not is_repeated:
                    ids_log.append(self._ids_log, lines)
                    is_logged = bool(lines)
        except StoreError as fault:
            if is_logged and not is_repeated:
                self._failed_lines = lines
                self._correct_log(change)
            if is_logged and change.added:
                raise UncommittedError(f"{fault} The ids of new jobs are kept in {self._ids_log}.") from fault
            raise
        self._failed_lines = []
        if is_repeated:
            self._correct_log(change)

    def reconcile_with_log(self, watchlist: Watchlist) -> Watchlist:
        """Add jobs that `ids.log` lists and the store does not know, and append missing lines to the log.

        The store decides about every job that it knows as watched, archived or removed: a window of a version without
        the log may have removed it. Returns the resulting watchlist; errors are added to the notice. Raises
        `BrokenStoreError`.
        """
        if self.is_read_only:
            return watchlist
        logged: Mapping[LoggedKey, LogAction] = {}
        try:
            logged = ids_log.actions(self._ids_log)
            with self.file.lend_connection() as connection:
                if ids_log.is_reconciled(connection, logged, watchlist):
                    return watchlist
            with self.file.begin_change() as (connection, revision):
                has_lost_jobs, notice = ids_log.reconcile(
                    connection,
                    self._ids_log,
                    lambda lines: add_lost_jobs(connection, self.path, lines, self._read_report, revision),
                )
            if notice:
                self._note(notice)
            return self.load() if has_lost_jobs else watchlist
        except IdsLogError as fault:
            self._note(str(fault))
        except BrokenStoreError:
            raise
        except StoreError as fault:
            listed = {key for key, action in logged.items() if action is LogAction.ADD}
            if listed - {ids_log.key_of_job(job) for job in watchlist.watches}:
                self._note(f"Jobs that are only in {self._ids_log} could not be added: {fault}")
        return watchlist

    def reopen_if_replaced(self, known: Change = _NOTHING) -> str:
        """If the file was moved, deleted or replaced, use the one in its place, and return a sentence for the user.

        It is created if there is none, and recovered if it is damaged. What the file before held, or if that cannot be
        read, what the window knows (its watchlist, and its removals with their events), is written to it first; the
        next changes are all that it holds. Raises `StoreError` if that cannot be written: then the file before stays in
        use, and the next call tries again. A file that could not be migrated when it was opened is tried again.
        """
        if self.file.is_replaced() or self.file.is_overwritten:
            return self._replace(known)
        if self.file.is_damaged and not _is_sound(self.path, self._read_report, self.file.now):
            return self._replace(known)
        self.file.mark_sound()  # what is damaged is a response or a history; it is reported when it is shown
        if self._is_time_to_migrate():
            opened = open_database(self.path, self.file.lock_wait)
            if not opened.is_stopgap:
                self.file.switch_to(opened)
                return f"The watchlist {self.path} can be saved again."
            opened.connection.close()
        return ""

    def read_changes(self) -> ExternalChanges | None:
        """Return what other windows have committed since the last call, or None if they have not."""
        with self.file.lend_connection() as connection:
            if not self.file.was_changed_elsewhere(connection):
                return None
            mark, since = self.file.begin_reading(connection), self.file.read_revision
            rows = connection.execute(f"{_WATCHES} WHERE revision > ?", (since,)).fetchall()
            watches = watches_of([row for row in rows if row["removed_at"] is None])
            removed = watches_of([row for row in rows if row["removed_at"] is not None])
            # After the rows: if one of them is damaged, all of them are read again until it is repaired.
            self.file.mark_read(mark)
        return ExternalChanges(watches, tuple(watch.job for watch in removed), since)

    def reread_changes(self, since: int) -> None:
        """Make the next `read_changes()` return what was committed after this revision again."""
        self.file.mark_unread(since)

    def load_removed(self, jobs: Iterable[JobRef]) -> tuple[WatchedJob, ...]:
        """Return what is stored of removed jobs."""
        return self._find(jobs, "removed_at IS NOT NULL")

    def load_watched(self, jobs: Iterable[JobRef]) -> tuple[WatchedJob, ...]:
        """Return jobs of the stored watchlist with everything known about them; others are left out."""
        return self._find(jobs, "removed_at IS NULL")

    def list_removed(self, why: EventKind) -> tuple[WatchedJob, ...]:
        """Return all jobs that left the watchlist in this way, removed or archived; the last one first."""
        query = f"{_WATCHES} WHERE removed_at IS NOT NULL AND removed_as = ? ORDER BY removed_at DESC, position"
        with self.file.lend_connection() as connection:
            return watches_of(connection.execute(query, (why.value,)).fetchall())

    def removals(self, jobs: Iterable[JobRef]) -> dict[JobRef, Event]:
        """Return the events with which jobs left the watchlist, removed or archived; others are left out."""
        query = "SELECT removed_at, removed_as FROM watches WHERE tenant = ? AND job = ?"
        with self.file.lend_connection() as connection:
            rows = {job: connection.execute(query, (job.tenant, job.id.key)).fetchone() for job in jobs}
            events = {job: removal_of(row, job) for job, row in rows.items() if row is not None}
        return {job: event for job, event in events.items() if event is not None}

    def last_response(self, job: JobRef) -> "Success | None":
        """Return the last good response about a job, complete, with its call."""
        with self._about(job, "SELECT at, body, call FROM reports") as rows:
            return response_of(rows[0], self._read_report) if rows else None

    def previous_body(self, job: JobRef) -> "PreviousBody | None":
        """Return the body of the response that the last good one replaced."""
        with self._about(job, "SELECT earlier_at, earlier FROM reports") as rows:
            return previous_body_of(rows[0]) if rows else None

    def history(self, job: JobRef) -> "History":
        """Return the events of a job, oldest first."""
        with self._about(job, f"SELECT {', '.join(EVENT_COLUMNS)} FROM entries", "ORDER BY number") as rows:
            return tuple(event_of(row, job) for row in rows)

    def acquire_lease(self, name: str, holder: str, now: float, life: float) -> bool:
        """Acquire or renew the lease `name` for `life` seconds from `now`; return False if another window holds it."""
        with self.file.begin_transaction() as connection:
            return shared_tables.acquire_lease(connection, name, holder, now, life)

    def lease_holder(self, name: str) -> tuple[str, float]:
        """Return the holder of the lease `name` and its end by the holder's clock; "" and 0 if nobody holds it."""
        with self.file.lend_connection() as connection:
            return shared_tables.lease_holder(connection, name)

    def release_lease(self, name: str, holder: str) -> None:
        """Release a lease."""
        with self.file.begin_transaction() as connection:
            shared_tables.release_lease(connection, name, holder)

    def count_calls(self, tenant: str, day: int, calls: int) -> int:
        """Add calls to the day's count and return the count of all windows; with 0 only read it."""
        with self.file.begin_transaction() if calls else self.file.lend_connection() as connection:
            return shared_tables.count_calls(connection, tenant, day, calls)

    def stats(self) -> StoreStats:
        """Return figures about the content of the store."""
        with self.file.lend_connection() as connection:
            return read_stats(connection, self.path)

    def compact(self, now: float) -> None:
        """Shrink the file; raises `StoreError` while another window polls on it."""
        if self.is_read_only:
            raise StoreError(self.file.opened.notice)
        with self.file.lend_connection() as connection:
            compact(connection, now)

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _replace(self, known: Change) -> str:
        """Use the file that is there now, after writing to it what is known."""
        log.warning("the file %s was deleted, replaced or damaged; the one there now is used", self.path)
        _refuse_dangling_link(self.path)
        notice, load = "", partial(_load, self.path, self._read_report, self.file.lock_wait, self.file.now)
        try:
            fresh, _ = load()
        except BrokenStoreError as fault:
            is_sound = partial(_is_sound, self.path, self._read_report, self.file.now)
            notice = _recover(self.path, fault.why, self._read_report, is_sound, is_open=True)
            fresh, _ = load()
        try:
            carried = self._carry_over(fresh, known)
        except BaseException:
            fresh.close()
            raise
        self.file.switch_to_file(fresh.file)
        text = "The file of the watchlist was deleted, replaced or damaged while it was open."
        return " ".join(part for part in (text, carried, notice) if part)

    def _carry_over(self, fresh: "Store", known: Change) -> str:
        """Write what is known to the file that is there now; return what is kept. Raises `StoreError`."""
        if fresh.is_read_only:
            if self.is_read_only:
                return f"{self.path} is opened read-only: no change is saved."
            raise StoreError(f"{self.path} was replaced by another file, which cannot be written. {fresh.notice}")
        is_whole = take_over(self.file, fresh.file, known, self._read_report)
        with suppress(BrokenStoreError):  # the next start reports that
            fresh.reconcile_with_log(fresh.load())
        rest = "" if is_whole else "Archived jobs, responses and timelines of the previous file could not be read."
        return f"All jobs are kept and saved to {self.path}. {rest} {fresh.notice}".strip()

    def _note(self, text: str) -> None:
        log.warning("%s", text)
        self.notice = f"{self.notice} {text}".strip()

    def _correct_log(self, change: Change) -> None:
        """Write to the log what the store knows of jobs that were added or removed; if that fails, too, only log it."""
        jobs = [watch.job for watch in (*change.removed, *change.added)]
        try:
            with self.file.begin_transaction() as connection:
                ids_log.correct(connection, self._ids_log, jobs)
        except StoreError as fault:
            log.warning("%s may differ from the store about some jobs: %s", ids_log.IDS_LOG_NAME, fault)

    def _is_time_to_migrate(self) -> bool:
        if not self.file.opened.is_stopgap or time.monotonic() < self._migrate_at:
            return False
        self._migrate_at = time.monotonic() + MIGRATE_AGAIN
        return True

    def _find(self, jobs: Iterable[JobRef], condition: str) -> tuple[WatchedJob, ...]:
        query = f"{_WATCHES} WHERE tenant = ? AND job = ? AND {condition}"
        with self.file.lend_connection() as connection:
            rows = [connection.execute(query, (job.tenant, job.id.key)).fetchone() for job in jobs]
            return watches_of([row for row in rows if row is not None])

    @contextmanager
    def _about(self, job: JobRef, select: str, order: str = "") -> Iterator[list[sqlite3.Row]]:
        """Yield the rows of a table about one job; errors in the block are raised as `StoreError`."""
        with self.file.lend_connection() as connection:
            query = f"{select} WHERE position = {POSITION} {order}"
            yield connection.execute(query, (job.tenant, job.id.key)).fetchall()

    def _renew(
        self, watchlist: Watchlist, old: Iterable[WatchedJob], expected: ExpectedStatuses | None, *, is_current: bool
    ) -> Watchlist:
        from zjobtui.models.assessment import digest  # noqa: PLC0415 - 30 ms (models.report), only after the rules have changed

        statuses = expected or {}
        renewed: dict[JobRef, WatchedJob] = {}
        for watch in old:
            if response := self._intact_response(watch.job):
                after = digest(response.report, statuses.get(watch.job.tenant, ()))
                # A job that was imported without its response may be further on than the response that is stored here.
                if watch.digest is not None and watch.digest != after and watch.digest.status == after.status:
                    renewed[watch.job] = replace(watch, digest=after)
        change = Change(
            Watchlist({**watchlist.watches, **renewed}),
            observed=tuple(ObservedJob(watch) for watch in renewed.values()),
        )
        if not self.is_read_only and (renewed or not is_current):
            try:
                self._save_renewed(change, expected)
            except SchemaError:
                raise
            except StoreError as error:
                log.warning("recomputed digests were not saved; the next start computes them again: %s", error)
        return change.watchlist

    def _save_renewed(self, change: Change, expected: ExpectedStatuses | None) -> None:
        with self.file.begin_change() as (connection, revision):
            write_change(connection, change, revision, self.file.now())
            connection.execute("UPDATE meta SET value = ? WHERE name = 'digest_version'", (DIGEST_VERSION,))
            number = _UNKNOWN_HASH if expected is None else _hash_of(expected)
            connection.execute(f"INSERT OR REPLACE INTO meta VALUES ('{_EXPECTED}', ?)", (number,))

    def _intact_response(self, job: JobRef) -> "Success | None":
        """Return the last response; None if it is damaged, which is logged."""
        try:
            return self.last_response(job)
        except BrokenStoreError as error:
            log.warning("job %s keeps its digest, since its response cannot be read: %s", job.id.given, error.why)
            return None


def _hash_of(expected: ExpectedStatuses) -> int:
    """Return a number by which expected statuses are compared; 0 if there are none."""
    listed = sorted((tenant, *sorted(statuses)) for tenant, statuses in expected.items() if statuses)
    return crc32(repr(listed).encode()) if listed else 0
