"""Keeps the watchlist, the last good answers and the timelines in one SQLite file that several windows may share."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from zjobtui.logs import get_logger
from zjobtui.models.digest import DIGEST_VERSION
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Observed, Watchlist
from zjobtui.storage import ids_log, shared_tables, takeover
from zjobtui.storage.database import (
    BUSY_LIMIT,
    BrokenStoreError,
    Opened,
    StoreError,
    UncommittedError,
    backup_path,
    failure,
    identity_of,
    open_database,
)
from zjobtui.storage.ids_log import Action, IdsLogError, Key
from zjobtui.storage.maintenance import StoreStats, compact, read_stats
from zjobtui.storage.recovery import add_lost_jobs, copy_missing_jobs, recover
from zjobtui.storage.rows import (
    ANNOTATIONS,
    IDENTITY,
    OBSERVATIONS,
    POSITION,
    DamageError,
    MissingJobError,
    ReadReport,
    entry_of,
    previous_body_of,
    response_of,
    watches_of,
    write,
)

if TYPE_CHECKING:
    from zjobtui.models.history import History
    from zjobtui.models.observation import PreviousBody, Success

_REMOVED_FOR_NO_REASON = "SELECT tenant, job FROM watches WHERE removed_at IS NOT NULL AND removed_as IS NULL"
"""Removals that no window wrote: one flipped bit turns NULL into 0."""

_LOGGED = "SELECT tenant, job, given, label, added_at, removed_at, removed_as FROM watches"
_LEFT = "SELECT tenant, job, removed_as FROM watches NOT INDEXED WHERE removed_at IS NOT NULL"

log = get_logger(__name__)

LONG_WAIT = 0.1
"""Seconds of waiting for another program's lock that are worth a line in the log."""

_WATCHES = f"SELECT {', '.join((*IDENTITY, *ANNOTATIONS, *OBSERVATIONS))}, removed_at FROM watches"


@dataclass(frozen=True, slots=True)
class StoreChanges:
    """What other windows did: watches as they are now, and jobs that were removed."""

    watches: tuple[WatchedJob, ...]
    removed: tuple[JobRef, ...]
    since: int = -1
    """The revision after which they were committed."""


NOTHING = Change(Watchlist({}))

MIGRATE_AGAIN = 30.0
"""Seconds between two tries to migrate a file that could not be migrated."""


def open_store(path: Path, read_report: ReadReport, lock_wait: float = BUSY_LIMIT) -> tuple["Store", Watchlist]:
    """The store and what it holds. Raises `StoreError`.

    Of a damaged file what is readable is taken over into a new one, and jobs that only `ids.log` knows are added;
    `Store.notice` says so. Locks of other programs are waited for `lock_wait` seconds.
    """
    notice = ""
    _refuse_dangling_link(path)
    if _is_lost(path):
        notice = _recover(path, "it is missing", read_report, path.exists)
    try:
        store, watchlist = _agreed(path, read_report, lock_wait)
    except BrokenStoreError as fault:
        notice = _recover(path, fault.why, read_report, lambda: _is_sound(path, read_report))
        store, watchlist = _agreed(path, read_report, lock_wait)
    store.notice = " ".join(part for part in (notice, store.notice) if part)
    return store, watchlist


def _refuse_dangling_link(path: Path) -> None:
    """Raise `StoreError` if a symbolic link on the way to the store leads nowhere: no new file may take its place."""
    for link in (path, *path.absolute().parents):
        if os.path.islink(link) and not os.path.exists(link):  # noqa: PTH110, PTH114 - those of pathlib may raise
            target, advice = os.path.realpath(link), "Mount its disk, or delete the link to begin a new watchlist."
            raise StoreError(
                f"The watchlist {path} is not there: {link} is a symbolic link to {target}, which is missing. {advice}"
            )


def _is_lost(path: Path) -> bool:
    """Whether there is no store, although there were jobs: the log beside it has some, or a daily copy is there, too.

    A missing log means that the user wants an empty list; a log that is empty or cannot be read does not.
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


def _loaded(path: Path, read_report: ReadReport, lock_wait: float = BUSY_LIMIT) -> tuple["Store", Watchlist]:
    store = Store(path, read_report, lock_wait)
    try:
        return store, store.load()
    except StoreError as fault:
        store.close()
        if store.is_read_only:
            raise StoreError(f"{fault} {store.notice}") from fault
        raise


def _agreed(path: Path, read_report: ReadReport, lock_wait: float = BUSY_LIMIT) -> tuple["Store", Watchlist]:
    store, watchlist = _loaded(path, read_report, lock_wait)
    try:
        return store, store.agree_with_log(watchlist)
    except StoreError:
        store.close()
        raise


def _is_sound(path: Path, read_report: ReadReport) -> bool:
    try:
        _agreed(path, read_report)[0].close()
    except BrokenStoreError:
        return False
    return True


class Store:
    """The store. Its methods may be called from any thread; each write is one transaction, durable when it returns.

    Every method raises `StoreError` with a sentence for people where the disk or another window stands in the way.
    """

    def __init__(self, path: Path, read_report: ReadReport, lock_wait: float = BUSY_LIMIT) -> None:
        self.path = path
        self._read_report = read_report
        self._lock_wait = lock_wait
        self._lock = threading.Lock()
        self._ids_log = ids_log.path_beside(path)
        self._migrate_at = 0.0
        self._id: int | None = None
        self._take(open_database(path, lock_wait))
        self.notice = self._opened.notice

    def _take(self, opened: Opened) -> None:
        self._opened = opened
        self._connection = opened.connection
        self.is_read_only = opened.is_read_only
        self._data_version = self._revision = self._newest = -1
        self._is_damaged = self._is_rewound = False

    def limit_lock_wait(self, seconds: float) -> None:
        """Wait at most so long for locks of other programs from now on."""
        self._lock_wait = seconds
        with self._lock:
            self._connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def load(self) -> Watchlist:
        """Everything that is watched, in the order of adding; digests made by older rules are made anew."""
        with self._reading() as connection:
            self._data_version = shared_tables.data_version(connection)
            self._revision = self._newest = _meta(connection, "revision")
            self._id = self._identified(connection)
            _check_count(connection)
            rows = connection.execute(f"{_WATCHES} WHERE removed_at IS NULL ORDER BY position").fetchall()
            digested_by = _meta(connection, "digest_version")
            watches = watches_of(rows)
        watchlist = Watchlist({watch.job: watch for watch in watches})
        return watchlist if digested_by == DIGEST_VERSION else self._digested_anew(watchlist)

    def apply(self, change: Change) -> None:
        """Commits a change; when it returns, the change outlives a power cut.

        Adds and removes are in `ids.log` before they are committed. If the commit fails, the log gets lines that say
        of each job what the store still says; a new job stays in it, so that its id is not lost, and
        `UncommittedError` is raised.
        """
        lines = ids_log.lines_of(change)
        is_logged = False
        try:
            with self._writing() as (connection, revision):
                write(connection, change, revision)
                ids_log.append(self._ids_log, lines)
                is_logged = bool(lines)
        except StoreError as fault:
            if is_logged:
                self._correct_log(watch.job for watch in (*change.removed, *change.added))
            if is_logged and change.added:
                raise UncommittedError(f"{fault} The ids of new jobs are kept in {self._ids_log}.") from fault
            raise

    def agree_with_log(self, watchlist: Watchlist) -> Watchlist:
        """Add jobs that `ids.log` has and the store does not know, and write to the log what it lacks.

        Of a job that the store knows, as watched, archived or removed, the store is right: a window of a version
        without the log may have removed it. Returns the watchlist as it is then; faults are added to the notice. Raises
        `BrokenStoreError`.
        """
        if self.is_read_only:
            return watchlist
        logged: Mapping[Key, Action] = {}
        try:
            logged = ids_log.actions(self._ids_log)
            if self._agrees(logged, watchlist):
                return watchlist
            is_refilled = self._settle_with_log()
            return self.load() if is_refilled else watchlist
        except IdsLogError as fault:
            self._note(str(fault))
        except BrokenStoreError:
            raise
        except StoreError as fault:
            listed = {key for key, action in logged.items() if action is Action.ADD}
            if listed - {_key(job) for job in watchlist.watches}:
                self._note(f"Jobs that only {self._ids_log} knows could not be added: {fault}")
        return watchlist

    def reopen_if_replaced(self, known: Change = NOTHING) -> str:
        """If the file was moved, deleted or replaced, use the one in its place, and return a sentence for the user.

        It is made if there is none, and recovered if it is damaged. What the file before held, or if that cannot be
        read, what the window knows (its watchlist, and its removals with their entries), is written to it first; the
        next news are all that it holds. Raises `StoreError` if that cannot be written: then the file before stays in
        use, and the next call tries again. A file that could not be migrated when it was opened is tried again.
        """
        if self._is_replaced() or self._is_rewound:
            return self._replace(known)
        if self._is_damaged and not _is_sound(self.path, self._read_report):
            return self._replace(known)
        self._is_damaged = False  # what is damaged is an answer or a history; it is reported when it is shown
        if self._is_time_to_migrate():
            opened = open_database(self.path, self._lock_wait)
            if not opened.is_stopgap:
                self._take_place(opened)
                return f"The watchlist {self.path} can be saved again."
            opened.connection.close()
        return ""

    def read_changes(self) -> StoreChanges | None:
        """What other windows have committed since the last look, or None where they have not."""
        with self._reading() as connection:
            version = shared_tables.data_version(connection)
            if version == self._data_version:
                return None
            # Read before the rows: what is committed in between then comes twice, and not never.
            revision = _meta(connection, "revision")
            self._check_origin(connection, revision)
            since = self._revision
            rows = connection.execute(f"{_WATCHES} WHERE revision > ?", (since,)).fetchall()
            self._data_version, self._revision, self._newest = version, revision, revision
            watches = watches_of([row for row in rows if row["removed_at"] is None])
            removed = watches_of([row for row in rows if row["removed_at"] is not None])
        return StoreChanges(watches, tuple(watch.job for watch in removed), since)

    def reread_changes(self, since: int) -> None:
        """Return what was committed after this revision again with the next `news()`."""
        self._data_version, self._revision = -1, since

    def load_removed(self, jobs: Iterable[JobRef]) -> tuple[WatchedJob, ...]:
        """What is kept of jobs that were once watched and then removed."""
        return self._find(jobs, "removed_at IS NOT NULL")

    def load_watched(self, jobs: Iterable[JobRef]) -> tuple[WatchedJob, ...]:
        """Jobs of the stored watchlist with all that is known of them; those that are not on it are left out."""
        return self._find(jobs, "removed_at IS NULL")

    def list_removed(self, why: EventKind) -> tuple[WatchedJob, ...]:
        """What is kept of all jobs that left the watchlist so, as removed or as archived; the last one first."""
        query = f"{_WATCHES} WHERE removed_at IS NOT NULL AND removed_as = ? ORDER BY removed_at DESC, position"
        with self._reading() as connection:
            return watches_of(connection.execute(query, (why.value,)).fetchall())

    def last_response(self, job: JobRef) -> "Success | None":
        """The last good answer about a job, whole, with the call that brought it."""
        with self._about(job, "SELECT at, body, call FROM reports") as rows:
            return response_of(rows[0], self._read_report) if rows else None

    def previous_body(self, job: JobRef) -> "PreviousBody | None":
        """The answer that the last good one replaced, as it came."""
        with self._about(job, "SELECT earlier_at, earlier FROM reports") as rows:
            return previous_body_of(rows[0]) if rows else None

    def history(self, job: JobRef) -> "History":
        """The changes of a job, oldest first."""
        with self._about(job, "SELECT at, event, text, verdict FROM entries", "ORDER BY number") as rows:
            return tuple(entry_of(row, job) for row in rows)

    def acquire_lease(self, name: str, holder: str, now: float, life: float) -> bool:
        """Takes or keeps the lease `name` for `life` seconds from `now`; False while another window holds it."""
        with self._transaction() as connection:
            return shared_tables.acquire_lease(connection, name, holder, now, life)

    def lease_holder(self, name: str) -> tuple[str, float]:
        """Who holds the lease `name`, and until when by the holder's clock; "" and 0 if nobody holds it."""
        with self._reading() as connection:
            return shared_tables.lease_holder(connection, name)

    def release_lease(self, name: str, holder: str) -> None:
        """Gives a lease back."""
        with self._transaction() as connection:
            shared_tables.release_lease(connection, name, holder)

    def count_calls(self, tenant: str, day: int, calls: int) -> int:
        """Adds calls to the day's count and gives the count of all windows; with none it only looks."""
        with self._transaction() if calls else self._reading() as connection:
            return shared_tables.count_calls(connection, tenant, day, calls)

    def stats(self) -> StoreStats:
        """What the store holds, in figures."""
        with self._reading() as connection:
            return read_stats(connection, self.path)

    def compact(self, now: float) -> None:
        """Gives the disk back what is not used; refused while another window polls on it."""
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

    def _replace(self, known: Change) -> str:
        """Use the file that lies there now, after what is known was carried over to it."""
        log.warning("the file %s was deleted, replaced or damaged; the one there now is used", self.path)
        _refuse_dangling_link(self.path)
        notice = ""
        try:
            fresh, _ = _loaded(self.path, self._read_report, self._lock_wait)
        except BrokenStoreError as fault:
            is_sound = partial(_is_sound, self.path, self._read_report)
            notice = _recover(self.path, fault.why, self._read_report, is_sound, is_open=True)
            fresh, _ = _loaded(self.path, self._read_report, self._lock_wait)
        try:
            kept = self._carry_over(fresh, known)
        except BaseException:
            fresh.close()
            raise
        self._take_place(fresh._opened)  # noqa: SLF001 - another store
        self._id, self._newest = fresh._id, fresh._newest  # noqa: SLF001 - as above
        text = "The file of the watchlist was deleted, replaced or damaged while it was open."
        return " ".join(part for part in (text, kept, notice) if part)

    def _carry_over(self, fresh: "Store", known: Change) -> str:
        """Write what is known to the file that is there now; return what is kept. Raises `StoreError`."""
        if fresh.is_read_only:
            if self.is_read_only:
                return f"{self.path} is shown, and nothing is saved."
            raise StoreError(f"Another file was put in the place of {self.path}, and cannot be written. {fresh.notice}")

        is_whole = False
        with self._lock, fresh._faults_told():  # noqa: SLF001 - another store
            connection, last = fresh._connection, self._newest  # noqa: SLF001 - as above
            source = self._connection if fresh._opened.identity != self._opened.identity else None  # noqa: SLF001 - as above
            try:
                if source is not None:
                    is_whole, last = self._is_as_left(source)
                    if _has_pages(source):
                        copy_missing_jobs(connection, source, self._read_report)
                is_whole = fresh._receive(self._id, last, known, source if is_whole else None)  # noqa: SLF001 - as above
            finally:
                if source is not None and source.in_transaction:
                    source.execute("ROLLBACK")
        with suppress(BrokenStoreError):  # the next start reports that
            fresh.agree_with_log(fresh.load())
        rest = "" if is_whole else "Earlier archived jobs, answers and histories are those of that file alone."
        return f"All jobs are kept and saved to {self.path}. {rest} {fresh.notice}".strip()

    def _is_as_left(self, source: sqlite3.Connection) -> tuple[bool, int]:
        """Whether the open file before can be read and holds what this window saved, and its revision.

        It stays readable until the caller ends the transaction. Raises `sqlite3.Error` if it is locked.
        """
        try:
            source.execute("BEGIN")
            revision, store_id = _meta(source, "revision"), shared_tables.id_of(source)
        except (sqlite3.Error, DamageError) as fault:
            if getattr(fault, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
            return False, self._newest
        is_ours = not self._is_rewound and revision >= self._newest and self._id in {None, store_id}
        return is_ours, revision if is_ours else self._newest

    def _receive(self, before: int | None, last: int, known: Change, source: sqlite3.Connection | None) -> bool:
        """Take over what the store with the id `before` held up to its revision `last`, in one transaction.

        Returns whether that came from its file (`source`), and not only from what a window knows.
        """
        jobs = takeover.jobs_of_window(known)
        if source is not None:
            try:
                jobs |= takeover.jobs_of_store(source)
            except sqlite3.Error:
                source = None
        try:
            lines = ids_log.read(self._ids_log)
        except IdsLogError:  # reported when the two are compared
            lines = {}
        with self._writing() as (connection, revision):
            is_same = before is not None and self._id == before
            apart = last if is_same else shared_tables.carried_over_at(connection, before)
            takeover.carry_over(connection, jobs, lines, apart, revision)
            connection.execute("UPDATE watches SET revision = ? WHERE revision = 0", (revision,))
            if source is not None:
                takeover.carry_answers_over(connection, source, jobs, self._read_report)
            if is_same and last >= revision:  # an older copy: other windows must notice it as well
                shared_tables.ensure_id(connection, renew=True)
            shared_tables.record_carry_over(connection, before, revision)
        return source is not None

    def _take_place(self, opened: Opened) -> None:
        with self._lock:
            self._connection.close()
            self._take(opened)
            self._revision = 0  # what was saved from the file before is no news

    def _note(self, text: str) -> None:
        log.warning("%s", text)
        self.notice = f"{self.notice} {text}".strip()

    def _agrees(self, logged: Mapping[Key, Action], watchlist: Watchlist) -> bool:
        """Whether the log has the same jobs as watched and as archived, and none that the store does not know."""
        watched = {_key(job) for job in watchlist.watches}
        if {key for key, action in logged.items() if action is Action.ADD} != watched:
            return False
        with self._reading() as connection:
            left = {_row_key(row): row["removed_as"] for row in connection.execute(_LEFT)}
        archived = {key for key, why in left.items() if why == EventKind.ARCHIVED.value}
        is_same = archived == {key for key, action in logged.items() if action is Action.ARCHIVE}
        return is_same and logged.keys() <= watched | left.keys()

    def _correct_log(self, jobs: Iterable[JobRef]) -> None:
        """Write to the log what the store says of these jobs, if it knows them; nothing if that fails, too."""
        query = f"{_LOGGED} WHERE tenant = ? AND job = ?"
        try:
            with self._transaction() as connection:
                found = [connection.execute(query, (job.tenant, job.id.key)).fetchone() for job in jobs]
                rows = [row for row in found if row is not None]
                ids_log.append(self._ids_log, _unlogged(rows, ids_log.read(self._ids_log)))
        except StoreError as fault:
            log.warning("%s may say otherwise of some jobs than the store: %s", ids_log.NAME, fault)

    def _settle_with_log(self) -> bool:
        """Bring store and log into agreement; return whether jobs were added to the store."""
        with self._writing() as (connection, revision):
            lines = ids_log.read(self._ids_log)
            known = _known_keys(connection)
            for row in connection.execute(_REMOVED_FOR_NO_REASON):
                if (line := lines.get(_row_key(row))) and line.action is not Action.REMOVE:
                    raise DamageError(f"a job that {ids_log.NAME} lists was removed for no reason")
            is_refilled = not lines.keys() <= known
            if is_refilled:
                notice = add_lost_jobs(connection, self.path, lines, self._read_report, revision)
                if not lines.keys() <= _known_keys(connection):
                    raise DamageError("its index knows jobs that its table does not")
                if notice:
                    self._note(notice)
            rows = connection.execute(f"{_LOGGED} ORDER BY position").fetchall()
            ids_log.append(self._ids_log, _unlogged(rows, lines))
        return is_refilled

    def _is_time_to_migrate(self) -> bool:
        if not self._opened.is_stopgap or time.monotonic() < self._migrate_at:
            return False
        self._migrate_at = time.monotonic() + MIGRATE_AGAIN
        return True

    def _is_replaced(self) -> bool:
        try:
            return identity_of(self.path) != self._opened.identity
        except OSError:
            return False

    def _find(self, jobs: Iterable[JobRef], condition: str) -> tuple[WatchedJob, ...]:
        query = f"{_WATCHES} WHERE tenant = ? AND job = ? AND {condition}"
        with self._reading() as connection:
            rows = [connection.execute(query, (job.tenant, job.id.key)).fetchone() for job in jobs]
            return watches_of([row for row in rows if row is not None])

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._faults_told():
            yield self._connection

    @contextmanager
    def _about(self, job: JobRef, select: str, order: str = "") -> Iterator[list[sqlite3.Row]]:
        """What a table holds about one job; what is wrong with it is told as the block finds it."""
        with self._reading() as connection:
            query = f"{select} WHERE position = {POSITION} {order}"
            yield connection.execute(query, (job.tenant, job.id.key)).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """A transaction that changes watches, with its revision; a row's revision tells other windows what is new."""
        with self._transaction() as connection:
            before = _meta(connection, "revision")
            self._check_origin(connection, before)
            connection.execute("UPDATE meta SET value = ? WHERE name = 'revision'", (before + 1,))
            yield connection, before + 1
            store_id = shared_tables.ensure_id(connection)
        self._id, self._newest = store_id, before + 1
        if before == self._revision:
            self._revision = before + 1

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self.is_read_only:
            raise StoreError(self._opened.notice)
        if self._is_replaced():
            raise StoreError(f"Another file was put in the place of {self.path}, or it was deleted; trying again.")
        with self._lock, self._faults_told():
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

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, DamageError, UnicodeDecodeError) as fault:
            error = failure(self.path, fault)
            self._is_damaged |= isinstance(error, BrokenStoreError)
            raise error from fault
        except IdsLogError as fault:
            raise StoreError(str(fault)) from fault
        except MissingJobError as fault:
            self._is_rewound = True
            raise self._copied_over() from fault

    def _check_origin(self, connection: sqlite3.Connection, revision: int) -> None:
        """Raise `StoreError` if another store was copied over the file: its id is another, or its revision behind."""
        store_id = shared_tables.id_of(connection)
        if revision < self._newest or self._id not in {None, store_id}:
            self._is_rewound = True
            raise self._copied_over()
        self._id = store_id

    def _copied_over(self) -> StoreError:
        return StoreError(f"An older or another watchlist was copied over {self.path}; trying again.")

    def _identified(self, connection: sqlite3.Connection) -> int | None:
        """The id of the store, which gets one if it has none; if it is locked, with the first write."""
        store_id = shared_tables.id_of(connection)
        if store_id is None and not self.is_read_only:
            connection.execute("PRAGMA busy_timeout = 0")
            with suppress(sqlite3.Error):
                store_id = shared_tables.ensure_id(connection)
            connection.execute(f"PRAGMA busy_timeout = {int(self._lock_wait * 1000)}")
        return store_id

    def _digested_anew(self, watchlist: Watchlist) -> Watchlist:
        from zjobtui.models.assessment import digest  # noqa: PLC0415 - 30 ms (domain.report), only after the rules have changed

        answers = {watch.job: self.last_response(watch.job) for watch in watchlist if watch.digest}
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


def _has_pages(connection: sqlite3.Connection) -> bool:
    """Whether SQLite takes the open file for a database at all."""
    try:
        return bool(connection.execute("PRAGMA page_count").fetchone()[0])
    except sqlite3.Error:
        return False


def _check_count(connection: sqlite3.Connection) -> None:
    """Raises `DamageError` where the table has lost rows that its index still knows."""
    count = "(SELECT count(*) FROM watches {})"
    query = f"SELECT {count.format('NOT INDEXED')}, {count.format('INDEXED BY by_revision')}"
    rows = connection.execute(query).fetchone()
    if rows[0] != rows[1]:
        raise DamageError(f"{rows[1]} jobs were written, {rows[0]} are left")


def _known_keys(connection: sqlite3.Connection) -> set[Key]:
    rows = connection.execute("SELECT tenant, job FROM watches NOT INDEXED")  # the index may be sound, the table not
    return {_row_key(row) for row in rows}


def _row_key(row: sqlite3.Row) -> Key:
    try:
        return ids_log.key_of(row["tenant"], row["job"])
    except TypeError as fault:
        raise DamageError("a job has no tenant or no id") from fault


def _key(job: JobRef) -> Key:
    return ids_log.key_of(job.tenant, job.id.key)


def _unlogged(rows: list[sqlite3.Row], lines: Mapping[Key, ids_log.Line]) -> Iterator[ids_log.Line]:
    """The lines that the log lacks: of watched and archived jobs that it does not have as such, and of removed ones.

    The last ones only if the log has them as watched or archived.
    """
    for row in rows:
        line = lines.get(ids_log.key_of(row["tenant"], row["job"]))
        if row["removed_at"] is None and not (line and line.is_add):
            yield ids_log.line(row["added_at"], row["tenant"], row["given"], row["label"], action=Action.ADD)
        elif row["removed_at"] is not None:
            is_archived = row["removed_as"] == EventKind.ARCHIVED.value
            wanted, action = Action.ARCHIVE if is_archived else Action.REMOVE, line.action if line else Action.REMOVE
            if action is not wanted:
                where = (row["removed_at"], row["tenant"], row["given"], row["label"])
                yield from ids_log.removal_lines(*where, is_archived=is_archived)
