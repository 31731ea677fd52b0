"""The catalogue of actions: one entry each feeds key binding, footer, palette and help."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from textual.binding import Binding
from textual.keys import format_key


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do. `id` names it in `[keys]` of the settings, and stays as it is whatever it does.

    `does` is the action of the monitor's screen.
    """

    id: str
    does: str
    keys: str
    name: str
    about: str
    group: str
    in_footer: bool = True

    @property
    def shown_key(self) -> str:
        """The first of its keys, as a keyboard names it."""
        return format_key(self.keys.split(",")[0])


CATALOGUE = (
    Action("add", "do('add')", "a", "add", "Add jobs: paste any text, every job id in it is found", "Watchlist"),
    Action(
        "filter",
        "find('filter')",
        "slash",
        "filter",
        "Show only the jobs that match words and terms such as status:failed",
        "Finding",
    ),
    Action(
        "next_count",
        "find('next_count')",
        "f",
        "next count",
        "Show the failed alone, then those that need attention, … then all",
        "Finding",
        in_footer=False,
    ),
    Action("sort", "find('sort')", "s", "sort", "Choose the order of the list", "Finding"),
    Action(
        "all_seen",
        "do('all_seen')",
        "A",
        "all seen",
        "Take the mark of the unseen from all jobs shown",
        "Finding",
        in_footer=False,
    ),
    Action(
        "next_unseen",
        "rows('next_unseen')",
        "n",
        "next unseen",
        "Go to the next job that changed since somebody looked",
        "Finding",
        in_footer=False,
    ),
    Action("remove", "do('remove')", "x,delete", "remove", "Take jobs off the watchlist", "Watchlist"),
    Action(
        "undo",
        "do('undo')",
        "u",
        "undo",
        "Take back what was done last: removed, added, labelled, tagged, noted or seen",
        "Watchlist",
    ),
    Action("label", "do('label')", "l", "label", "Give jobs a name", "Watchlist"),
    Action("tags", "do('tag')", "t", "tags", "Give jobs tags", "Watchlist", in_footer=False),
    Action("note", "do('note')", "o", "note", "Give jobs a note", "Watchlist", in_footer=False),
    Action(
        "mark",
        "rows('mark')",
        "space",
        "mark",
        "Mark the job, or take its mark away; actions act on the marked jobs",
        "Watchlist",
        in_footer=False,
    ),
    Action(
        "mark_range",
        "rows('mark_range')",
        "V",
        "mark range",
        "Mark all jobs from the one that was marked last to this",
        "Watchlist",
        in_footer=False,
    ),
    Action(
        "mark_all",
        "rows('mark_all')",
        "asterisk",
        "mark all",
        "Mark all jobs that are shown, or none",
        "Watchlist",
        in_footer=False,
    ),
    Action("ask_now", "do('ask_now')", "r", "ask now", "Ask Zuora about jobs at once, finished or not", "Polling"),
    Action("pause", "pause", "p", "pause", "Pause polling, or go on", "Polling"),
    Action(
        "mute",
        "mute",
        "b",
        "mute",
        "Tell nothing by bell, desktop or command, or tell again",
        "Polling",
        in_footer=False,
    ),
    Action("copy", "do('copy')", "y", "copy", "Copy an id, a number, a summary, the call as curl", "Taking away"),
    Action(
        "export",
        "do('export')",
        "e",
        "export",
        "Write jobs to a file: JSON, CSV, Markdown or ids",
        "Taking away",
    ),
    Action(
        "screenshot",
        "do('screenshot')",
        "S",
        "screenshot",
        "Write a picture of the screen to a file, as SVG",
        "Taking away",
        in_footer=False,
    ),
    Action("detail", "other_pane", "tab", "detail", "Go to the detail, and back to the list", "Moving"),
    Action(
        "next_job",
        "rows('next_job')",
        "J",
        "next job",
        "Go to the job below, also while you read",
        "Moving",
        in_footer=False,
    ),
    Action(
        "job_before",
        "rows('job_before')",
        "K",
        "job before",
        "Go to the job above, also while you read",
        "Moving",
        in_footer=False,
    ),
    Action(
        "smaller_list",
        "divide(-1)",
        "less_than_sign",
        "smaller list",
        "Give the list less room, the detail more",
        "Moving",
        in_footer=False,
    ),
    Action(
        "larger_list",
        "divide(1)",
        "greater_than_sign",
        "larger list",
        "Give the list more room, the detail less",
        "Moving",
        in_footer=False,
    ),
    Action(
        "view_summary",
        "view('SUMMARY')",
        "1",
        "summary",
        "Show what the job made, or why it failed",
        "Reading",
        in_footer=False,
    ),
    Action(
        "view_timeline",
        "view('TIMELINE')",
        "2",
        "timeline",
        "Show where the time went, and every change",
        "Reading",
        in_footer=False,
    ),
    Action("view_raw", "view('RAW')", "3", "raw", "Show the last answer as it came", "Reading", in_footer=False),
    Action(
        "view_request",
        "view('REQUEST')",
        "4",
        "request",
        "Show the last call, its limits, and it as curl",
        "Reading",
        in_footer=False,
    ),
    Action(
        "difference",
        "difference",
        "d",
        "difference",
        "Show in the raw answer what is different from the one before, or all of it",
        "Reading",
        in_footer=False,
    ),
    Action(
        "next_view",
        "turn(1)",
        "right_square_bracket",
        "next view",
        "Show the next view of the job",
        "Reading",
        in_footer=False,
    ),
    Action(
        "view_before",
        "turn(-1)",
        "left_square_bracket",
        "view before",
        "Show the view of the job before this",
        "Reading",
        in_footer=False,
    ),
    Action(
        "mouse",
        "app.mouse",
        "m",
        "mouse",
        "Leave the mouse to the terminal, to select text with it, or take it back",
        "Program",
        in_footer=False,
    ),
    Action("utc", "utc", "Z", "UTC", "Show times in UTC, or in local time again", "Program", in_footer=False),
    Action("help", "help", "question_mark,f1", "help", "Show what every key does", "Program"),
    Action("quit", "quit", "q,ctrl+q", "quit", "Leave; the watchlist is kept", "Program"),
)

MOVES = (
    ("up/down or k/j", "the line above or below"),
    ("page up/down", "a screen up or down; so do ctrl+u and ctrl+d"),
    ("home/end or g/G", "the first or the last line"),
    ("enter", "in the list: to the detail; in the detail, as space: open or close a group"),
    ("left/right", "in the detail: close or open a group; on its tabs: the view before or after"),
    ("/", "in the summary: narrow subscriptions and order line items; in the raw answer: find words"),
    ("n, N", "in the raw answer, when words are looked for: the next match, the one before"),
    ("a letter", "among things to choose from: the next that begins with it"),
    ("esc", "drop what was typed after /; back to the list"),
    ("ctrl+p", "the palette: every action by name"),
    ("ctrl+l", "draw everything anew, where another program has written into the screen"),
    ("ctrl+z", "suspend; `fg` comes back"),
)
"""Keys that belong to one pane; for the help."""


def catalogue(keys: Mapping[str, str]) -> tuple[Action, ...]:
    """The catalogue with the keys that a person has chosen, by the ids of the actions."""
    return tuple(replace(action, keys=keys.get(action.id, action.keys)) for action in CATALOGUE)


def key_of(actions: Iterable[Action], wanted: str) -> str:
    """The key in force for an action, as a keyboard names it."""
    return next(action.shown_key for action in actions if action.id == wanted)


def bindings() -> Iterator[Binding]:
    """The catalogue as Textual wants it; the ids are what its keymap goes by."""
    for action in CATALOGUE:
        yield Binding(
            action.keys,
            action.does,
            action.name,
            show=action.in_footer,
            key_display=action.shown_key,
            tooltip=action.about,
            id=action.id,
        )
