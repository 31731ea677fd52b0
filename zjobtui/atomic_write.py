"""Atomic file writes through a temporary file in the same directory, and the time in names of copies."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def temp_sibling(path: Path) -> Iterator[Path]:
    """Make an empty file for the user alone, to be moved to its place; delete it unless it is. Raises `OSError`."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    made = Path(name)
    try:
        yield made
    finally:
        made.unlink(missing_ok=True)


def stamp_for_name() -> str:
    """Return the time, UTC, for the name of a copy: `20261123T140231Z`."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put a file on the disk and then in its place. Raises `OSError`."""
    with temp_sibling(path) as made, made.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        made.chmod(mode)
        made.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Sync the entries of a folder to the disk, if the file system supports it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
