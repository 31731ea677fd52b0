"""State of the screen from one start to the next, in a small file beside the watchlist; other content is ignored."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

from zjobtui.atomic_write import temp_sibling
from zjobtui.models.text import clean, shorten
from zjobtui.models.ui_values import SAVED_FILTERS, PlainValue

UI_STATE_NAME = "screen.json"

UI_STATE_BYTES = 256 * 1024
"""Bytes that are read; a longer file is something else."""

LARGEST = 1e15
"""Larger numbers are ignored, and so is infinity: the screen saves none, and functions of `math` refuse them."""


class UiStateFile:
    """Read and write the file; errors are ignored: only cosmetic state is lost."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def load(self) -> dict[str, PlainValue]:
        """Return the plain values in the file by name."""
        try:
            with self._path.open("rb") as file:
                values = json.loads(file.read(UI_STATE_BYTES + 1).decode())
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(values, dict):
            return {}
        cleaned = ((clean(name), _plain(value)) for name, value in values.items())
        return {name: value for name, value in cleaned if value is not None}

    def save(self, values: Mapping[str, PlainValue]) -> None:
        """Replace these values, and keep the others; the file is replaced completely or not at all."""
        with self._lock, suppress(OSError), temp_sibling(self._path) as new:
            content = json.dumps({**self.load(), **values}, ensure_ascii=False, indent=1)
            new.write_bytes(content.encode(errors="replace"))
            new.replace(self._path)


def saved_filters(path: Path) -> dict[str, str]:
    """Return the filters that the user saved on the screen, by name."""
    saved = UiStateFile(path).load().get(SAVED_FILTERS)
    return saved if isinstance(saved, dict) else {}


def _plain(value: object) -> PlainValue | None:
    """Return the value with clean, short strings; None if it is not plain."""
    match value:
        case str():
            return shorten(clean(value))
        case int() | float():
            return value if abs(value) < LARGEST else None  # not if it is NaN, either
        case list():
            texts = [shorten(clean(text)) for text in value if isinstance(text, str)]
            return texts or None
        case dict():
            named = ((clean(name), text) for name, text in value.items() if isinstance(text, str))
            return {shorten(name): shorten(clean(text)) for name, text in named}
    return None
