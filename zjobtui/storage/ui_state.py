"""State of the screen from one start to the next, in a small file beside the watchlist; other content is ignored."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from zjobtui.atomic_write import temp_sibling
from zjobtui.models.text import clean, shorten

NAME = "screen.json"

SIZE_LIMIT = 16 * 1024
"""Bytes that are read; a longer file is something else."""

Plain: TypeAlias = str | float | bool


class UiStateFile:
    """Reads and writes the file; errors are ignored: only cosmetic state is lost."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Plain]:
        """Return the plain values in the file by name."""
        try:
            with self._path.open("rb") as file:
                values = json.loads(file.read(SIZE_LIMIT + 1).decode())
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(values, dict):
            return {}
        values = {clean(name): value for name, value in values.items() if isinstance(value, str | int | float)}
        return {name: shorten(clean(value)) if isinstance(value, str) else value for name, value in values.items()}

    def save(self, values: Mapping[str, Plain]) -> None:
        """Replace the file, completely or not at all."""
        content = json.dumps(dict(values), ensure_ascii=False, indent=1).encode(errors="replace")
        with suppress(OSError), temp_sibling(self._path) as new:
            new.write_bytes(content)
            new.replace(self._path)
