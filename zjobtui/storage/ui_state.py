"""What the screen looked like last, in a small file beside the watchlist; whatever else stands there is passed over."""

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
    """Reads and writes the file; nothing that goes wrong with it is worth a word, for nothing is lost but a look."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Plain]:
        """The plain values that the file holds by their names."""
        try:
            with self._path.open("rb") as file:
                found = json.loads(file.read(SIZE_LIMIT + 1).decode())
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        plain = {clean(name): value for name, value in found.items() if isinstance(value, str | int | float)}
        return {name: shorten(clean(value)) if isinstance(value, str) else value for name, value in plain.items()}

    def save(self, values: Mapping[str, Plain]) -> None:
        """Puts a new file in the place of the old one, whole or not at all."""
        content = json.dumps(dict(values), ensure_ascii=False, indent=1).encode(errors="replace")
        with suppress(OSError), temp_sibling(self._path) as new:
            new.write_bytes(content)
            new.replace(self._path)
