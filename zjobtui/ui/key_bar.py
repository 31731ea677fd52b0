"""The bottom line: keys and their actions from the catalogue; they can be clicked."""

from collections.abc import Iterable, Sequence

from rich.style import Style
from textual.events import Click
from textual.strip import Strip
from textual.widget import Widget

from zjobtui.ui.actions import Action
from zjobtui.ui.styled_line import Span, cell_length, to_strip, truncate


class KeyBar(Widget):
    """Draw as many keys with their actions as fit; one widget, since a dozen take a tenth of the startup time."""

    COMPONENT_CLASSES = {"lines--key", "lines--plain"}

    def __init__(self, actions: Iterable[Action]) -> None:
        super().__init__(id="keys-bar")
        self._actions = tuple(action for action in actions if action.in_footer)

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - Textual's signature; there is one line
        """Draw the bar."""
        spans = [span for action, _ in fit_actions(self._actions, self.size.width) for span in action_spans(action)]
        return to_strip(truncate(tuple(spans), self.size.width), self.size.width, self._style)

    async def on_click(self, event: Click) -> None:
        """Run the clicked action."""
        for action, start in fit_actions(self._actions, self.size.width):
            if start <= event.x < start + cell_length(action_spans(action)):
                await self.screen.run_action(action.command)
                return

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"lines--{name or 'plain'}", partial=False)


def action_spans(action: Action) -> tuple[Span, ...]:
    """Return the key and the name of an action."""
    return ((f" {action.display_key} ", "key"), (f"{action.name} ", "plain"))


def fit_actions(actions: Sequence[Action], width: int) -> list[tuple[Action, int]]:
    """Return the actions that fit completely, each with its first cell; help and quit are always included."""
    last = [action for action in actions if action.group == "Program"]
    room = width - sum(cell_length(action_spans(action)) for action in last)
    placed: list[tuple[Action, int]] = []
    at = 0
    for action in actions:
        length = cell_length(action_spans(action))
        if action in last or at + length <= room:
            placed.append((action, at))
            at += length
    return placed
