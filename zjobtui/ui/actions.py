"""The catalogue of actions: one entry each feeds key binding, footer, palette and help."""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do: `id` is also the method `action_<id>` that does it."""

    id: str
    keys: str
    name: str
    about: str
    group: str
    in_footer: bool = True

    @property
    def shown_key(self) -> str:
        """The first of its keys, as a keyboard names it."""
        return _KEY_NAMES.get(self.keys.split(",")[0], self.keys.split(",")[0])


_KEY_NAMES = {"question_mark": "?", "slash": "/", "delete": "del"}

CATALOGUE = (
    Action("add", "a", "add", "Add jobs: paste any text, every job id in it is found", "Watchlist"),
    Action("remove", "x,delete", "remove", "Take the job off the watchlist", "Watchlist"),
    Action("undo", "u", "undo", "Bring back what was removed last", "Watchlist"),
    Action("label", "l", "label", "Give the job a name", "Watchlist"),
    Action("ask_now", "r", "ask now", "Ask Zuora about the job at once, finished or not", "Polling"),
    Action("pause", "p", "pause", "Pause polling, or go on", "Polling"),
    Action("other_pane", "tab", "detail", "Go to the detail, and back to the list", "Moving", in_footer=False),
    Action("help", "question_mark,f1", "help", "Show what every key does", "Program"),
    Action("quit", "q,ctrl+q", "quit", "Leave; the watchlist is kept", "Program"),
)

MOVES = (
    ("up/down or k/j", "the line above or below"),
    ("page up/down", "a screen up or down"),
    ("home/end or g/G", "the first or the last line"),
    ("enter", "in the list: to the detail; in the detail: open or close a group"),
    ("left/right", "in the detail: close or open a group"),
    ("esc", "back to the list"),
    ("ctrl+p", "the palette: every action by name"),
    ("ctrl+z", "suspend; `fg` comes back"),
)
"""Keys that belong to one pane; for the help."""


def bindings() -> Iterator[Binding]:
    """The catalogue as Textual wants it."""
    for action in CATALOGUE:
        yield Binding(
            action.keys,
            action.id,
            action.name,
            show=action.in_footer,
            key_display=action.shown_key,
            tooltip=action.about,
            id=action.id,
        )
