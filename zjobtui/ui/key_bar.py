"""The bottom line: what the keys do, from the catalogue; a click is as good as the key."""

from collections.abc import Iterable, Sequence

from rich.style import Style
from textual.events import Click
from textual.strip import Strip
from textual.widget import Widget

from zjobtui.ui.actions import Action
from zjobtui.ui.styled_line import Span, cell_length, to_strip, truncate


class KeyBar(Widget):
    """Draws each key with its action's name, as many as fit; one widget, since a dozen cost a tenth of the start."""

    COMPONENT_CLASSES = {"lines--key", "lines--plain"}

    def __init__(self, actions: Iterable[Action]) -> None:
        super().__init__(id="keys-bar")
        self._actions = tuple(action for action in actions if action.in_footer)

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - Textual's signature; there is one line
        """The bar itself."""
        spans = [span for action, _ in fitting(self._actions, self.size.width) for span in spans_of(action)]
        return to_strip(truncate(tuple(spans), self.size.width), self.size.width, self._style)

    async def on_click(self, event: Click) -> None:
        """Does what the clicked name says."""
        for action, start in fitting(self._actions, self.size.width):
            if start <= event.x < start + cell_length(spans_of(action)):
                await self.screen.run_action(action.does)
                return

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"lines--{name or 'plain'}", partial=False)


def spans_of(action: Action) -> tuple[Span, ...]:
    """A key and its action's name."""
    return ((f" {action.shown_key} ", "key"), (f"{action.name} ", "plain"))


def fitting(actions: Sequence[Action], width: int) -> list[tuple[Action, int]]:
    """The actions that fit in whole, each with the cell in which it starts; help and quit always do."""
    last = [action for action in actions if action.group == "Program"]
    room = width - sum(cell_length(spans_of(action)) for action in last)
    placed: list[tuple[Action, int]] = []
    at = 0
    for action in actions:
        length = cell_length(spans_of(action))
        if action in last or at + length <= room:
            placed.append((action, at))
            at += length
    return placed
