"""`ids.log`: a line of plain text for each add, archive and remove, so that no id is lost with the store.

Fields are separated by tabs: time (UTC), `add`, `archive` or `remove`, tenant, job id, and but for `remove` the label.
A tenant's name with spaces or quotes is written as a JSON string. The last line about a job counts. Versions that do
not know `archive` wrote `remove` instead and ignore `archive` lines; therefore a job that is archived gets both lines.

Which source is right if they differ about a job:

- **The store opens:** the store, about each job that it knows as watched, archived or removed, because a window of a
  version without the log may have changed it; missing lines are appended to the log. Jobs that only the log knows are
  added to the store as the log says.
- **Recovery, intact rows of the damaged store:** the store.
- **Recovery, rows of the daily copy and parts of damaged rows:** the log, about whether the job is watched, archived or
  removed; the row, about everything else. A job that is archived or removed in the row stays so unless the line is
  later, because the line may be the `remove` of an archived job. The log's label is used if the row has lost its own.
- **Recovery, jobs of the log alone:** they are restored as the log says, with its label.
- **A commit fails after its lines are written:** the store; opposite lines about jobs that the store knows are
  appended. A new job stays in the log and is added at the next start, so that its id is not lost. Repeated attempts
  write nothing; when one succeeds, lines with what the store then says are appended if the log differs.
- **Recovery for an open window:** the same, but that window adds the jobs that it watches itself.
- **Another file in the place of an open store (takeover):** what the window or its file knew of a job that is watched;
  of any other job the latest of removal, archiving or restoring that file, log or window have.

The daily compaction writes the lines of each job that the store knows, also if it left the list, and keeps those of
others.
"""

import errno
import json
import os
import re
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import NewType

from msgspec import Struct

from zjobtui.atomic_write import sync_folder, write_whole
from zjobtui.models.history import ADDITIONS, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, shorten
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.storage.rows import DamageError, Row, removal_kind

IDS_LOG_NAME = "ids.log"

READ_LIMIT = 64 << 20
"""Bytes at the end of the file that are read; about 600,000 lines."""

PIECE = 1 << 20
"""Bytes that are read at once, to the end of a line, so that little memory is needed."""

LABEL_LIMIT = 200
"""Characters of a label that are written."""

_HEADER = (
    "# zjobtui: jobs added to, archived and removed from the watchlist, times in UTC. "
    "Lost jobs are restored from this file.\n"
)


class LogAction(Enum):
    """What happened to a job."""

    ADD = "add"
    ARCHIVE = "archive"
    REMOVE = "remove"


_ACTIONS: Mapping[EventKind | None, LogAction] = {
    None: LogAction.ADD,
    EventKind.ARCHIVED: LogAction.ARCHIVE,
    EventKind.REMOVED: LogAction.REMOVE,
}
"""The action by how the job left the list; None if it is on the list."""

_REMOVAL_KINDS = {action: kind for kind, action in _ACTIONS.items()}

_ADD_OR_REMOVE = {LogAction.ADD, LogAction.REMOVE}
_ACTION_FIELD = "|".join(action.value for action in LogAction)
_TIME_FIELD = "[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z"
_TENANT_FIELD = r'"(?:[^"\\\r\n]|\\.)*+"|[^\s"]\S*+'
_ID_FIELD = "[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_LINE = lazy_pattern(
    rf"(?:[\ufeff\ufffd \t]*+({_TIME_FIELD})[ \t]++({_ACTION_FIELD})[ \t]++({_TENANT_FIELD})[ \t]++({_ID_FIELD})"
    r"(?!\S)[ \t]*+([^\r\n]*+))?+[^\n]*+\n?"
)
"""Any line, so that each match begins where the last one ended: time, action, tenant, id, label; all empty if it is no
entry.
"""
_ACTION = lazy_pattern(
    rf"(?:[\ufeff\ufffd \t]*+{_TIME_FIELD}[ \t]++({_ACTION_FIELD})[ \t]++((?:{_TENANT_FIELD})[ \t]++(?:{_ID_FIELD}))"
    r"(?!\S))?+[^\n]*+\n?"
)
"""The same with two groups: the action, and tenant and id as one text."""
_TIME = "%Y-%m-%dT%H:%M:%SZ"

_REMOVED_WITHOUT_REASON = "SELECT tenant, job FROM watches WHERE removed_at IS NOT NULL AND removed_as IS NULL"
"""Removals that no window wrote: one flipped bit turns NULL into 0."""

_LOGGED = "SELECT tenant, job, given, label, added_at, removed_at, removed_as FROM watches"
_REMOVED = "SELECT tenant, job, removed_at, removed_as FROM watches NOT INDEXED WHERE removed_at IS NOT NULL"

LoggedKey = NewType("LoggedKey", tuple[str, str])
"""What identifies a job in the log: its tenant after `clean`, and the digits of its id. `key_of` makes it."""


class IdsLogError(Exception):
    """The file could not be read or written; the message says why."""


class Line(Struct, frozen=True):
    """One add, archive or remove; `time` is as in the file."""

    time: str
    action: LogAction
    tenant: str
    given: str
    """The id as it was given."""
    label: str = ""

    def __str__(self) -> str:
        fields = (self.time, self.action.value, _tenant_text(self.tenant), self.given, _label_text(self.label))
        return "\t".join(fields).rstrip("\t") + "\n"

    @property
    def is_add(self) -> bool:
        """Whether the job is on the list."""
        return self.action is LogAction.ADD

    @property
    def removal_kind(self) -> EventKind | None:
        """How the job left the list; None if it is on the list."""
        return _REMOVAL_KINDS[self.action]

    @property
    def at(self) -> float:
        """Seconds since the epoch; now if the text is not a time."""
        try:
            return datetime.fromisoformat(self.time).timestamp()
        except ValueError:
            return time.time()


def key_of(tenant: str, digits: str) -> LoggedKey:
    """Return what identifies a job of the store in the log."""
    return LoggedKey((_clean_tenant(tenant), digits))


def key_of_job(job: JobRef) -> LoggedKey:
    """Return what identifies a job in the log."""
    return key_of(job.tenant, job.id.key)


_clean_tenant = lru_cache(maxsize=256)(clean)
"""`clean` for names of tenants, of which there are few."""


def path_beside(store: Path) -> Path:
    """Return the path of the log of a store."""
    return store.with_name(IDS_LOG_NAME)


def lines_of(change: Change) -> list[Line]:
    """Return the lines of a change: its additions, then its removals, since an import adds and archives a job."""
    added_at = {event.job: event.at for event in change.events if event.event in ADDITIONS}
    lines: list[Line] = []
    for watch in change.added:
        at = added_at.get(watch.job, watch.added_at)
        lines.append(line(at, watch.job.tenant, watch.job.id.given, watch.label, action=LogAction.ADD))
    removals = change.removals
    for watch in change.removed:
        event = removals[watch.job]
        lines += _removal_lines(event.at, watch.job.tenant, watch.job.id.given, watch.label, event.event)
    return lines


def lines_of_row(row: Row) -> list[Line]:
    """Return the lines that say of a row of the store whether its job is on the list, or how it left."""
    about, kind = (row["tenant"], row["given"], row["label"]), removal_kind(row)
    if kind is None:
        return [line(row["added_at"], *about, action=LogAction.ADD)]
    return _removal_lines(row["removed_at"], *about, kind)


def _removal_lines(at: float, tenant: str, given: str, label: str, kind: EventKind) -> list[Line]:
    """Return the lines of a job that left the list in a way of `REMOVALS`, at `at` seconds since the epoch.

    The first one says that it was removed, for versions that do not know the way.
    """
    removed, action = line(at, tenant, given), _ACTIONS[kind]
    return [removed] if action is LogAction.REMOVE else [removed, line(at, tenant, given, label, action=action)]


def line(at: float, tenant: str, given: str, label: str = "", *, action: LogAction = LogAction.REMOVE) -> Line:
    """Return a line, by default of a remove, at `at` seconds since the epoch."""
    return Line(time.strftime(_TIME, time.gmtime(max(0.0, at))), action, tenant, given, label)


def trouble(path: Path) -> str:
    """Return why no line could be written to the file, as far as can be checked without writing; or ""."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    except OSError as fault:
        return str(_error(path, fault, "read and written"))
    try:
        _checked_size(handle, path)
    except IdsLogError as fault:
        return str(fault)
    finally:
        os.close(handle)
    return ""


def append(path: Path, lines: Iterable[Line]) -> None:
    """Append lines to the file; they are on the disk when it returns. Raises `IdsLogError`.

    The store's lock must be held.
    """
    if not (text := "".join(str(event) for event in lines)):
        return
    try:
        is_new = _append(path, text)
    except OSError as fault:
        raise _error(path, fault, "written") from fault
    if is_new:
        sync_folder(path.parent)


def rewrite(path: Path, lines: Iterable[Line]) -> None:
    """Replace the file with one of these lines. Raises `OSError`. The store's lock must be held."""
    write_whole(path, "".join((_HEADER, *map(str, lines))).encode())


def read(path: Path) -> Mapping[LoggedKey, Line]:
    """Return the last line about each job; anything else in the file is ignored. Raises `IdsLogError`."""
    last: dict[LoggedKey, tuple[str, str, str, str, str]] = {}
    for text in _texts(path):
        for at, action, name, given, label in _LINE.findall(text):
            if given and (tenant := _tenant_of(name)) is not None:
                last[LoggedKey((tenant, _digits(given)))] = at, action, tenant, given, label
    return {
        key: Line(at, LogAction(action), tenant, given, shorten(clean(label.strip()), LABEL_LIMIT))
        for key, (at, action, tenant, given, label) in last.items()
    }


def actions(path: Path) -> Mapping[LoggedKey, LogAction]:
    """Return the last action of each job, in half the time that `read` takes. Raises `IdsLogError`.

    Every start calls it: 10,000 lines take about 12 ms, and 25 ms with `read`.
    """
    last: dict[str, str] = {}
    for text in _texts(path):
        last |= {job: action for action, job in _ACTION.findall(text)}
    last.pop("", None)  # lines that are no entries
    named, count = {action.value: action for action in LogAction}, 0
    result: dict[LoggedKey, LogAction] = {}
    for job, action in last.items():
        name, given = job.rsplit(maxsplit=1)
        if (tenant := _tenant_of(name)) is not None:
            result[LoggedKey((tenant, _digits(given)))] = named[action]
            count += 1
    if len(result) < count:  # a job is written in two ways, and the order of their lines counts
        return {key: line.action for key, line in read(path).items()}
    return result


def is_reconciled(connection: sqlite3.Connection, logged: Mapping[LoggedKey, LogAction], watchlist: Watchlist) -> bool:
    """Return whether the log has the same watched and archived jobs as the store, and none that the store lacks."""
    watched = {key_of_job(job) for job in watchlist.watches}
    if {key for key, action in logged.items() if action is LogAction.ADD} != watched:
        return False
    removed = {_row_key(row): _ACTIONS[removal_kind(row)] for row in connection.execute(_REMOVED)}
    stored = {key: action for key, action in removed.items() if action is not LogAction.REMOVE}
    is_same = stored == {key: action for key, action in logged.items() if action not in _ADD_OR_REMOVE}
    return is_same and logged.keys() <= watched | removed.keys()


def reconcile(
    connection: sqlite3.Connection, path: Path, add_lost_jobs: Callable[[Mapping[LoggedKey, Line]], str]
) -> tuple[bool, str]:
    """Add jobs that only the log knows to the store, and missing lines to the log at `path`.

    Returns whether jobs were added, and a notice. Runs within a transaction of the caller; `add_lost_jobs` adds what
    the store lacks of all lines, and returns a notice. Raises `DamageError` if the log shows that the store is damaged.
    """
    notice, lines = "", read(path)
    for row in connection.execute(_REMOVED_WITHOUT_REASON):
        if (last := lines.get(_row_key(row))) and last.action is not LogAction.REMOVE:
            raise DamageError(f"a job that {IDS_LOG_NAME} lists was removed without a recorded reason")
    has_lost_jobs = not lines.keys() <= _known_keys(connection)
    if has_lost_jobs:
        notice = add_lost_jobs(lines)
        if not lines.keys() <= _known_keys(connection):
            raise DamageError("its index lists jobs that its table lacks")
    append(path, _missing_lines(connection.execute(f"{_LOGGED} ORDER BY position").fetchall(), lines))
    return has_lost_jobs, notice


def correct(connection: sqlite3.Connection, path: Path, jobs: Iterable[JobRef]) -> None:
    """Write to the log what the store knows of these jobs, if it differs. The store's lock must be held."""
    query = f"{_LOGGED} WHERE tenant = ? AND job = ?"
    matches = [connection.execute(query, (job.tenant, job.id.key)).fetchone() for job in jobs]
    append(path, _missing_lines([row for row in matches if row is not None], read(path)))


def _known_keys(connection: sqlite3.Connection) -> set[LoggedKey]:
    rows = connection.execute("SELECT tenant, job FROM watches NOT INDEXED")  # the index may be sound, the table not
    return {_row_key(row) for row in rows}


def _row_key(row: sqlite3.Row) -> LoggedKey:
    try:
        return key_of(row["tenant"], row["job"])
    except TypeError as fault:
        raise DamageError("a job has no tenant or no id") from fault


def _missing_lines(rows: Iterable[sqlite3.Row], lines: Mapping[LoggedKey, Line]) -> Iterator[Line]:
    """Yield the lines that the log lacks: of jobs that it lists otherwise than the store.

    A removed job needs no line if the log does not list it at all.
    """
    for row in rows:
        last = lines.get(key_of(row["tenant"], row["job"]))
        if _ACTIONS[removal_kind(row)] is not (last.action if last else LogAction.REMOVE):
            yield from lines_of_row(row)


def _texts(path: Path) -> Iterator[str]:
    """Yield the end of the file in pieces of whole lines. Raises `IdsLogError`."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            start = max(0, _checked_size(handle, path) - READ_LIMIT)
            with open(handle, "rb", closefd=False) as file:
                file.seek(start)
                while lines := file.readlines(PIECE):
                    # Without NULs, UTF-16 of an editor and the end that a power cut leaves read like the rest.
                    yield b"".join(lines).replace(b"\0", b"").decode(errors="replace")
        finally:
            os.close(handle)
    except FileNotFoundError:
        return
    except OSError as fault:
        raise _error(path, fault, "read") from fault


def _digits(given: str) -> str:
    return given.replace("-", "").lower()


def _append(path: Path, text: str) -> bool:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    try:
        size = _checked_size(handle, path)
    except IdsLogError:
        os.close(handle)
        raise
    try:
        if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
            os.fchmod(handle, 0o600)
        if size == 0:
            text = _HEADER + text
        elif os.pread(handle, 1, size - 1) != b"\n":
            text = "\n" + text  # the end of an incomplete line
        rest = memoryview(text.encode(errors="replace"))
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, size)  # what is reported as not written must not be read later
        raise
    finally:
        os.close(handle)
    return size == 0


def _checked_size(handle: int, path: Path) -> int:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise IdsLogError(f"{path} is not a regular file and is not used. Move or rename it.")
    return status.st_size


def _error(path: Path, fault: OSError, what: str) -> IdsLogError:
    if fault.errno == errno.ELOOP:
        return IdsLogError(f"{path} is a symbolic link and is not used. Move or rename it.")
    return IdsLogError(f"{path} cannot be {what}: {fault.strerror or fault}.")


def _tenant_text(tenant: str) -> str:
    cleaned = clean(tenant)
    return cleaned if cleaned and not re.search(r'[\s"]', cleaned) else json.dumps(cleaned, ensure_ascii=False)


@lru_cache(maxsize=256)
def _tenant_of(text: str) -> str | None:
    if not text.startswith('"'):
        return clean(text)
    try:
        return clean(str(json.loads(text)))
    except ValueError:
        return None


def _label_text(label: str) -> str:
    if not label:
        return ""
    return shorten(clean(mask_secrets(label)).strip(), LABEL_LIMIT)
