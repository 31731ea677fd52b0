"""Health of the store as `doctor` shows it: whether its file is sound, who may write it, and where it is."""

import os
import shlex
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile

from msgspec import Struct, field
from msgspec.structs import replace

from zjobtui.models.text import clean
from zjobtui.storage import ids_log
from zjobtui.storage.database import BrokenStoreError, backup_path, connect, failure, kind_of, primary_code
from zjobtui.storage.migrations import SCHEMA_VERSION, check_columns, damage_of_schema, version_of
from zjobtui.storage.row_checks import check_rows

LOCK_LIMIT = 0.3
"""Seconds to wait for a lock before it is reported."""

_CALLS = "SELECT tenant, calls FROM calls WHERE day = ?"
_NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs")


class StoreHealth(Struct, frozen=True, kw_only=True):
    """The state of the file.

    `lease_until` is in seconds since the epoch, 0 if nobody holds a lease. `calls` are those of today (UTC), by tenant.
    """

    path: Path
    exists: bool = False
    size: int = 0
    version: int = 0
    jobs: int = 0
    calls: Mapping[str, int] = field(default_factory=dict)
    damage: str = ""
    trouble: str = ""
    """Why it cannot be read although it is not damaged."""
    ids_log_trouble: str = ""
    """Why `ids.log` beside it cannot be written, so that no job can be added."""
    write_trouble: str = ""
    """Why nothing can be written to the file or to its folder, or why the folder cannot be created."""
    is_locked: bool = False
    lease_until: float = 0.0
    network: str = ""
    backup_at: float | None = None

    @property
    def is_newer(self) -> bool:
        """Whether it was made by a newer program, which alone knows its content."""
        return self.version > SCHEMA_VERSION


def check_store(path: Path) -> StoreHealth:
    """Return the state of the store at `path`; never raises."""
    folder = next((parent for parent in (path.parent, *path.parents) if os.access(parent, os.F_OK)), path.parent)
    backup, exists = backup_path(path), os.access(path, os.F_OK)
    facts = StoreHealth(
        path=path,
        exists=exists,
        write_trouble=_write_trouble(path, folder),
        network=network_file_system(folder),
        ids_log_trouble=ids_log.trouble(ids_log.path_beside(path)),
        backup_at=backup.stat().st_mtime if os.access(backup, os.F_OK) else None,
    )
    return _content(replace(facts, size=path.stat().st_size)) if facts.exists else facts


def _write_trouble(path: Path, folder: Path) -> str:
    """Return why nothing can be written to the file or `folder`, its folder or the nearest one that exists; or "".

    A file without a name is created in the folder: the permissions alone do not show a full or read-only disk.
    """
    if os.access(path, os.F_OK) and not os.access(path, os.W_OK):
        return f"{path}: no permission to write it"
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        return f"{folder}: {error.strerror}"
    return ""


def _content(facts: StoreHealth) -> StoreHealth:
    try:
        if kind := kind_of(facts.path):
            return replace(facts, trouble=f"it is {kind}, not a regular file")
        with closing(connect(facts.path, "ro", LOCK_LIMIT)) as connection:
            return _read(facts, connection)
    except (sqlite3.Error, OSError, ValueError) as fault:
        if primary_code(fault) == sqlite3.SQLITE_BUSY:
            return replace(facts, is_locked=True)
        error = failure(facts.path, fault)
        if isinstance(error, BrokenStoreError):
            return replace(facts, damage=error.why)
        return replace(facts, trouble=str(error))


def _read(facts: StoreHealth, connection: sqlite3.Connection) -> StoreHealth:
    facts = replace(facts, version=version_of(connection))
    if facts.is_newer:
        return facts
    if facts.version <= 0:
        return replace(facts, damage=damage_of_schema(connection) or f"its format number is {facts.version}")
    result = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if result != "ok":
        return replace(facts, damage=result.splitlines()[-1])
    check_columns(connection)
    if facts.version == SCHEMA_VERSION:  # rows of an earlier format are checked when they are migrated
        check_rows(connection)
    jobs = connection.execute("SELECT count(*) FROM watches WHERE removed_at IS NULL").fetchone()[0]
    until = connection.execute("SELECT max(until) FROM leases").fetchone()[0]
    today = (int(time.time() // 86_400),)
    calls = {str(name): int(made) for name, made in connection.execute(_CALLS, today)}
    return replace(facts, jobs=int(jobs), calls=calls, lease_until=float(until or 0), is_locked=_is_locked(facts.path))


def _is_locked(path: Path) -> bool:
    """Return whether a write would have to wait now; taking and releasing the lock writes nothing."""
    try:
        with closing(connect(path, wait=LOCK_LIMIT)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as fault:
        return primary_code(fault) == sqlite3.SQLITE_BUSY
    return False


def network_file_system(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Return the kind of network file system that a folder is on; empty for a local or unknown one."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
        resolved = folder.resolve()
    except OSError:
        return ""
    mounted = [
        (len(fields[1]), fields[2])
        for fields in lines
        if len(fields) > 2 and resolved.is_relative_to(_unescaped(fields[1]))
    ]
    kind = max(mounted, default=(0, ""))[1]
    return kind if kind.startswith(_NETWORK) else ""


def _unescaped(mount: str) -> str:
    return mount.replace("\\040", " ").replace("\\134", "\\")


def writable_by_others(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each of these files and folders, and of their parent folders, that group or others may write.

    With each comes the command that fixes it. A folder with the sticky bit, such as /tmp, protects its content.
    """
    checked: dict[Path, None] = {}
    for path in paths:
        checked |= {path: None, path.parent: None}
    for path in checked:
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError):
            continue
        if mode & (stat.S_IWGRP | stat.S_IWOTH) and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
            yield path, f"chmod go-w {clean(shlex.quote(str(path)))}"
