"""Filters that the user has used and saved, kept in the UI state."""

from collections.abc import Callable

from zjobtui.models.redaction import mask_secrets
from zjobtui.models.ui_values import SAVED_FILTERS, PlainValue
from zjobtui.ui.protocols import UiStateStore

HISTORY = "filter_history"
"""The name of the last filters in the UI state."""

HISTORY_LIMIT = 50
"""Filters that are remembered."""


class FilterMemory:
    """The last filters, newest first, and those that are saved by name; other windows write to the same store."""

    def __init__(self, store: UiStateStore | None, run: Callable[[Callable[[], None]], object]) -> None:
        """`run` runs a function that may block."""
        self._store = store
        self._run = run
        self.history: tuple[str, ...] = ()
        self.saved: dict[str, str] = {}

    def load(self) -> None:
        """Read the stored filters; may block."""
        if self._store is not None:
            stored = self._store.load()
            self.history, self.saved = _texts(stored.get(HISTORY)), _named(stored.get(SAVED_FILTERS))

    def remember(self, text: str) -> None:
        """Make a filter the newest one."""
        text = mask_secrets(text)
        if text and self.history[:1] != (text,):
            self.history = _joined((text,), self.history)
            self._run(self._write_history)

    def save(self, name: str, text: str) -> None:
        """Save a filter under a name, in place of one of this name."""
        text = mask_secrets(text)
        self.saved = {**self.saved, name: text}
        self._run(lambda: self._write_saved({name: text}, ""))

    def delete(self, name: str) -> None:
        """Delete the saved filter of this name."""
        self.saved = {other: text for other, text in self.saved.items() if other != name}
        self._run(lambda: self._write_saved({}, name))

    def _write_history(self) -> None:
        if self._store is not None:
            stored = _texts(self._store.load().get(HISTORY))
            self._store.save({HISTORY: list(_joined(self.history, stored))})

    def _write_saved(self, added: dict[str, str], removed: str) -> None:
        if self._store is not None:
            stored = {**_named(self._store.load().get(SAVED_FILTERS)), **added}
            self._store.save({SAVED_FILTERS: {name: text for name, text in stored.items() if name != removed}})


def _joined(newer: tuple[str, ...], older: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*newer, *older)))[:HISTORY_LIMIT]


def _texts(value: PlainValue | None) -> tuple[str, ...]:
    return tuple(value)[:HISTORY_LIMIT] if isinstance(value, list) else ()


def _named(value: PlainValue | None) -> dict[str, str]:
    return dict(value) if isinstance(value, dict) else {}
