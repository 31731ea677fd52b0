"""Keys that do nothing on a screen: each is named once, with the keys that do something."""

from typing import Any

from textual.events import Key
from textual.screen import Screen

from zjobtui.models.text import clean
from zjobtui.ui.actions import key_name
from zjobtui.ui.toast import toast

_HANDLED = {"escape"}
"""Keys that screens handle without a binding."""

_SILENT = {"scroll_left", "scroll_right"}
"""Actions of Textual's views that do nothing here, since no line is wider than its view."""


class UnboundKeys:
    """Name the keys that do nothing."""

    def __init__(self, screen: Screen[Any], hint: str) -> None:
        """`hint` says which keys do something."""
        self._screen = screen
        self._hint = hint
        self._named: set[str] = set(_HANDLED)

    def observe(self, event: Key) -> None:
        """Take a key; if nothing is bound to it, say so the first time."""
        active = self._screen.active_bindings.get(event.key)
        if event.key in self._named or (active is not None and active.binding.action not in _SILENT):
            return
        self._named.add(event.key)
        name = clean(event.character or "") if event.is_printable else key_name(event.key)
        toast(self._screen.app, f"{name} is not bound · {self._hint}")
