"""The bottom line: keys that work now and their actions, which can be clicked; and a message for each other key."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.style import Style
from textual.events import Click, Key
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from zjobtui.models.text import clean
from zjobtui.ui.actions import KEY_BAR, Action, Group, key_name
from zjobtui.ui.styled_line import Span, cell_length, to_strip, truncate
from zjobtui.ui.toast import toast

Hint = tuple[str, str]
"""A key and what it does."""

_HANDLED = {"escape"}
"""Keys that screens handle without a binding."""

_SILENT = {"scroll_left", "scroll_right"}
"""Actions of Textual's views that do nothing here, since no line is wider than its view."""


class KeyBar(Widget):
    """Draw as many keys with their actions as fit; one widget, since a dozen take a tenth of the startup time."""

    COMPONENT_CLASSES = {"lines--key", "lines--plain"}

    def __init__(self, actions: Iterable[Action], hints: Sequence[Hint] = ()) -> None:
        """Show the keys of actions, or of a screen that has its own: `hints`, the last of which is always shown."""
        super().__init__(id="keys-bar")
        by_id = {action.id: action for action in actions}
        self._actions = tuple(by_id[action_id] for action_id in KEY_BAR if action_id in by_id)
        self._hints = tuple(hints)
        self._input_hints: tuple[Hint, ...] = ()
        self._is_covered = False

    def show_input(self, hints: Sequence[Hint]) -> None:
        """Show the keys of an input that has the focus in place of all others; of none if there are none."""
        if tuple(hints) != self._input_hints:
            self._input_hints = tuple(hints)
            self.refresh()

    def cover(self, *, is_covered: bool) -> None:
        """Show no keys while a dialog, which has its own, is above the screen."""
        if is_covered is not self._is_covered:
            self._is_covered = is_covered
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - Textual's signature; there is one line
        """Draw the bar."""
        width = self.size.width
        hints = () if self._is_covered else self._input_hints or self._hints
        spans = [span for hint in fit_hints(hints, width) for span in _hint_spans(*hint)]
        if self._has_actions:
            spans = [span for action, _ in fit_actions(self._actions, width) for span in action_spans(action)]
        return to_strip(truncate(tuple(spans), width), width, self._style)

    @property
    def _has_actions(self) -> bool:
        return not (self._is_covered or self._input_hints or self._hints)

    async def on_click(self, event: Click) -> None:
        """Run the clicked action."""
        if not self._has_actions:
            return
        for action, start in fit_actions(self._actions, self.size.width):
            if start <= event.x < start + cell_length(action_spans(action)):
                await self.screen.run_action(f"perform('{action.id}')")
                return

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"lines--{name or 'plain'}", partial=False)


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


def action_spans(action: Action) -> tuple[Span, ...]:
    """Return the key and the name of an action."""
    return _hint_spans(action.display_key, action.name)


def _hint_spans(key: str, name: str) -> tuple[Span, ...]:
    return ((f" {key} ", "key"), (f"{name} ", "plain"))


def fit_hints(hints: Sequence[Hint], width: int) -> list[Hint]:
    """Return the hints that fit completely, the first ones first; the last one is always included."""
    if not hints:
        return []
    fitting, room = list[Hint](), width - cell_length(_hint_spans(*hints[-1]))
    for hint in hints[:-1]:
        room -= cell_length(_hint_spans(*hint))
        if room < 0:
            break
        fitting.append(hint)
    return [*fitting, hints[-1]]


def fit_actions(actions: Sequence[Action], width: int) -> list[tuple[Action, int]]:
    """Return the actions that fit completely, each with its first cell; help and quit are always included."""
    last = [action for action in actions if action.group is Group.PROGRAM]
    room = width - sum(cell_length(action_spans(action)) for action in last)
    placed: list[tuple[Action, int]] = []
    at = 0
    for action in actions:
        length = cell_length(action_spans(action))
        if action in last or at + length <= room:
            placed.append((action, at))
            at += length
    return placed
