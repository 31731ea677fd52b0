"""New files that are made beside their place, so that nobody ever sees half of one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """An empty file for the user alone, to be moved to its place; deleted unless it is moved. Raises `OSError`."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    made = Path(name)
    try:
        yield made
    finally:
        made.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Puts a file on the disk and then in its place. Raises `OSError`."""
    with beside(path) as made, made.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        made.chmod(mode)
        made.replace(path)
