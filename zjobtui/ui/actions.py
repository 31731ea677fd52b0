"""The catalogue of actions: one entry each feeds key binding, footer, palette and help."""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do: `id` is the action of the monitor's screen that does it."""

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


_KEY_NAMES = {"question_mark": "?", "slash": "/", "delete": "del", "less_than_sign": "<", "greater_than_sign": ">"}

CATALOGUE = (
    Action("do('add')", "a", "add", "Add jobs: paste any text, every job id in it is found", "Watchlist"),
    Action(
        "filter", "slash", "filter", "Show only the jobs that match words and terms such as status:failed", "Finding"
    ),
    Action(
        "next_count",
        "f",
        "next count",
        "Show the failed alone, then those that need attention, … then all",
        "Finding",
        in_footer=False,
    ),
    Action("sort", "s", "sort", "Choose the order of the list", "Finding"),
    Action(
        "acknowledge_all",
        "A",
        "all seen",
        "Take the mark of the unseen from all jobs shown",
        "Finding",
        in_footer=False,
    ),
    Action("do('remove')", "x,delete", "remove", "Take jobs off the watchlist", "Watchlist"),
    Action("do('undo')", "u", "undo", "Bring back what was removed last", "Watchlist"),
    Action("do('label')", "l", "label", "Give jobs a name", "Watchlist"),
    Action("do('tag')", "t", "tags", "Give jobs tags", "Watchlist", in_footer=False),
    Action("do('note')", "o", "note", "Give jobs a note", "Watchlist", in_footer=False),
    Action("do('ask_now')", "r", "ask now", "Ask Zuora about jobs at once, finished or not", "Polling"),
    Action("pause", "p", "pause", "Pause polling, or go on", "Polling"),
    Action("mute", "b", "mute", "Tell nothing by bell, desktop or command, or tell again", "Polling", in_footer=False),
    Action("do('copy')", "y", "copy", "Copy an id, a number, a summary, the call as curl", "Taking away"),
    Action(
        "do('export')",
        "e",
        "export",
        "Write jobs to a file: JSON, CSV, Markdown or ids",
        "Taking away",
        in_footer=False,
    ),
    Action("other_pane", "tab", "detail", "Go to the detail, and back to the list", "Moving", in_footer=False),
    Action(
        "divide(-1)",
        "less_than_sign",
        "smaller list",
        "Give the list less room, the detail more",
        "Moving",
        in_footer=False,
    ),
    Action(
        "divide(1)",
        "greater_than_sign",
        "larger list",
        "Give the list more room, the detail less",
        "Moving",
        in_footer=False,
    ),
    Action("help", "question_mark,f1", "help", "Show what every key does", "Program"),
    Action("quit", "q,ctrl+q", "quit", "Leave; the watchlist is kept", "Program"),
)

MOVES = (
    ("up/down or k/j", "the line above or below"),
    ("page up/down", "a screen up or down"),
    ("home/end or g/G", "the first or the last line"),
    ("n", "in the list: the next job that changed since somebody looked"),
    ("space, V, *", "in the list: mark the job, a range, all that is shown; actions act on the marked"),
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
            id=action.name.replace(" ", "_"),
        )
