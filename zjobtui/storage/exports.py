"""Files that the user exports: lists, copies and screenshots, readable by the owner only."""

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from zjobtui.models.watched_job import WatchedJob

FOLDER = "exports"
"""The folder within the data folder that is used unless `files.folder` names another one."""

NAME_LIMIT = 40
"""Characters of a label in a file name."""


def export_name(watches: Sequence[WatchedJob], at: float) -> str:
    """Return a name without suffix: tenant, label or id of one job or the number of several, and the time in UTC."""
    tenants = sorted({watch.job.tenant for watch in watches})
    if len(watches) == 1:
        subject = _plain(watches[0].label) or watches[0].job.id.given[:8]
    else:
        subject = f"{len(watches)}-jobs" if watches else "screen"
    parts = (*(_plain(name) for name in tenants), subject, time.strftime("%Y-%m-%d-%H%M%SZ", time.gmtime(at)))
    return "-".join(part for part in parts if part)


def _plain(text: str) -> str:
    """Return the letters and digits of a text, with dashes for everything else, for use in a file name."""
    return re.sub(r"[\W_]+", "-", text)[:NAME_LIMIT].strip("-")


def write_export(folder: Path, name: str, suffix: str, text: str) -> Path:
    """Write a new file with mode 0600, creating the folder if needed; return its path. Raises `OSError`.

    An existing file is never overwritten: the name gets a number.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path, number = folder / f"{name}{suffix}", 1
    while not write_new(path, text):
        number += 1
        path = folder / f"{name}-{number}{suffix}"
    return path


def write_new(path: Path, text: str) -> bool:
    """Write a new file with mode 0600; return False, without writing, if the name is taken. Raises `OSError`."""
    handle = _create(path)
    if handle is None:
        return False
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


def _create(path: Path) -> int | None:
    """Create and open a file; None if the name is taken, even by a broken link."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return None
