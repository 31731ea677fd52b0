"""Files and folders that others may write: whoever can, can name a program that zjobtui then runs."""

import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from zjobtui.domain.text import clean


def writable_by_others(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each of these files and folders, and of the folders they are in, that group or others may write.

    With each comes the command that ends it. A folder with the sticky bit, such as /tmp, protects what is in it.
    """
    seen: dict[Path, None] = {}
    for path in paths:
        seen |= {path: None, path.parent: None}
    for path in seen:
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError):
            continue
        if mode & (stat.S_IWGRP | stat.S_IWOTH) and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
            yield path, f"chmod go-w {clean(shlex.quote(str(path)))}"
