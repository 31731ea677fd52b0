"""The catalogue of actions: each entry feeds the key binding, the key bar, the palette and the help."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace
from textual.binding import Binding
from textual.keys import format_key


class Action(Struct, frozen=True):
    """A user action.

    `id` names it in `[keys]` of the settings and never changes. `command` is the Textual action that performs it: of
    the monitor's screen, or of the application as `app.NAME`.
    """

    id: str
    command: str
    keys: str
    name: str
    description: str
    group: str
    in_footer: bool = True

    @property
    def display_key(self) -> str:
        """The first key, in the form that is shown to the user."""
        return key_name(self.keys.split(",")[0])


def key_name(key: str) -> str:
    """Return a key of Textual in the form that is shown to the user; its sign for backspace is not in ASCII."""
    return key if key == "backspace" else format_key(key)


CATALOGUE = (
    Action("add", "job('add')", "a", "add", "Add jobs from any pasted text that contains job ids", "Watchlist"),
    Action(
        "filter",
        "arrange('filter')",
        "slash",
        "filter",
        "Filter the list by words and terms such as status:failed",
        "Filter and sort",
    ),
    Action(
        "next_count",
        "arrange('next_verdict')",
        "f",
        "next verdict",
        "Show only failed jobs, then only those that need attention, and so on, then all",
        "Filter and sort",
        in_footer=False,
    ),
    Action(
        "previous_count",
        "arrange('previous_verdict')",
        "backspace",
        "previous verdict",
        "Go back one step: show only the jobs of the previous verdict",
        "Filter and sort",
        in_footer=False,
    ),
    Action(
        "next_tenant",
        "arrange('next_tenant')",
        "T",
        "next tenant",
        "Show only the first tenant, then only the second, and so on, then all",
        "Filter and sort",
        in_footer=False,
    ),
    Action(
        "saved_filters",
        "arrange('saved_filters')",
        "at",
        "saved filters",
        "Choose a saved filter, save the current one under a name, or delete one",
        "Filter and sort",
        in_footer=False,
    ),
    Action("sort", "arrange('sort')", "s", "sort", "Sort the list by a column, in either direction", "Filter and sort"),
    Action(
        "columns",
        "arrange('columns')",
        "C",
        "columns",
        "Choose the columns of the list",
        "Filter and sort",
        in_footer=False,
    ),
    Action(
        "all_read",
        "job('mark_all_read')",
        "A",
        "all read",
        "Mark all shown jobs as read",
        "Filter and sort",
        in_footer=False,
    ),
    Action(
        "next_unread",
        "list('next_unread')",
        "n",
        "next unread",
        "Go to the next unread job; first to those out of view that failed or need attention",
        "Filter and sort",
        in_footer=False,
    ),
    Action("remove", "job('remove')", "x,delete", "remove", "Remove jobs from the watchlist", "Watchlist"),
    Action(
        "archive",
        "job('archive')",
        "X",
        "archive",
        "Archive jobs that have ended; `zjobtui ls --archived` lists them",
        "Watchlist",
        in_footer=False,
    ),
    Action(
        "undo",
        "job('undo')",
        "u",
        "undo",
        "Undo the last change: add, remove, archive, label, tags, note, batch, read",
        "Watchlist",
    ),
    Action("label", "job('label')", "l", "label", "Label jobs", "Watchlist"),
    Action("tags", "job('tag')", "t", "tags", "Tag jobs", "Watchlist", in_footer=False),
    Action("note", "job('note')", "o", "note", "Add a note to jobs", "Watchlist", in_footer=False),
    Action(
        "batch",
        "job('batch')",
        "B",
        "batch",
        "Name the batch of the job, or put the marked jobs into a batch",
        "Watchlist",
        in_footer=False,
    ),
    Action(
        "fold",
        "fold",
        "z",
        "fold",
        "Fold the batch of the job into one row, or unfold it",
        "Watchlist",
        in_footer=False,
    ),
    Action(
        "mark",
        "list('mark')",
        "space",
        "mark",
        "Mark or unmark the job; actions apply to the marked jobs",
        "Watchlist",
        in_footer=False,
    ),
    Action(
        "mark_range",
        "list('mark_range')",
        "V",
        "mark range",
        "Mark all jobs from the last marked one to this one",
        "Watchlist",
        in_footer=False,
    ),
    Action(
        "mark_all",
        "list('mark_all')",
        "asterisk",
        "mark all",
        "Mark or unmark all shown jobs",
        "Watchlist",
        in_footer=False,
    ),
    Action("ask_now", "job('refresh')", "r", "refresh", "Refresh jobs now, finished or not", "Polling"),
    Action("pause", "pause", "p", "pause", "Pause or resume polling", "Polling"),
    Action(
        "mute",
        "mute",
        "b",
        "mute",
        "Mute or unmute notifications",
        "Polling",
        in_footer=False,
    ),
    Action(
        "copy", "job('copy')", "y", "copy", "Copy an id, a number, a summary or the curl command", "Copy and export"
    ),
    Action(
        "export",
        "job('export')",
        "e",
        "export",
        "Save jobs to a file: JSON, CSV, Markdown or ids",
        "Copy and export",
    ),
    Action(
        "failures",
        "failures",
        "F",
        "failures",
        "Show failures by reason: the shown jobs that failed or need attention, in groups",
        "Filter and sort",
    ),
    Action(
        "handover",
        "job('handover')",
        "H",
        "handover",
        "Write a handover of jobs as Markdown, for the next shift or for Zuora support",
        "Copy and export",
        in_footer=False,
    ),
    Action(
        "open_in_zuora",
        "job('open_in_zuora')",
        "O",
        "open in Zuora",
        "Copy the link to the account, subscription or invoice in Zuora, and open it if there is a display",
        "Copy and export",
        in_footer=False,
    ),
    Action(
        "screenshot",
        "job('screenshot')",
        "S",
        "screenshot",
        "Save a screenshot to a file, as SVG",
        "Copy and export",
        in_footer=False,
    ),
    Action(
        "wallboard",
        "wallboard",
        "w",
        "wallboard",
        "Show batches, failures and tenants that are down on the whole screen",
        "Navigation",
        in_footer=False,
    ),
    Action(
        "call_log", "job('call_log')", "L", "call log", "Show the last calls of all tenants", "Polling", in_footer=False
    ),
    Action("detail", "other_pane", "tab", "detail", "Switch between list and detail", "Navigation"),
    Action(
        "next_job",
        "list('next_job')",
        "J",
        "next job",
        "Go to the job below, also from the detail",
        "Navigation",
        in_footer=False,
    ),
    Action(
        "job_before",
        "list('previous_job')",
        "K",
        "previous job",
        "Go to the job above, also from the detail",
        "Navigation",
        in_footer=False,
    ),
    Action(
        "smaller_list",
        "divide(-1)",
        "less_than_sign",
        "smaller list",
        "Make the list smaller and the detail larger",
        "Navigation",
        in_footer=False,
    ),
    Action(
        "larger_list",
        "divide(1)",
        "greater_than_sign",
        "larger list",
        "Make the list larger and the detail smaller",
        "Navigation",
        in_footer=False,
    ),
    Action(
        "view_summary",
        "view('SUMMARY')",
        "1",
        "summary",
        "Show what the job created, or why it failed",
        "Detail views",
        in_footer=False,
    ),
    Action(
        "view_timeline",
        "view('TIMELINE')",
        "2",
        "timeline",
        "Show how long each state lasted, and all events",
        "Detail views",
        in_footer=False,
    ),
    Action(
        "view_raw",
        "view('RAW')",
        "3",
        "raw",
        "Show the last response as it was received",
        "Detail views",
        in_footer=False,
    ),
    Action(
        "view_request",
        "view('REQUEST')",
        "4",
        "request",
        "Show the most recent call, also if it failed, the rate limits and the curl command",
        "Detail views",
        in_footer=False,
    ),
    Action(
        "view_related",
        "view('RELATED')",
        "5",
        "related",
        "Read the job's order now, and show what can be read of what the job created",
        "Detail views",
        in_footer=False,
    ),
    Action(
        "difference",
        "difference",
        "d",
        "difference",
        "Compare the raw response with the previous one",
        "Detail views",
        in_footer=False,
    ),
    Action(
        "next_view",
        "step_view(1)",
        "right_square_bracket",
        "next view",
        "Show the next view of the job",
        "Detail views",
        in_footer=False,
    ),
    Action(
        "view_before",
        "step_view(-1)",
        "left_square_bracket",
        "previous view",
        "Show the previous view of the job",
        "Detail views",
        in_footer=False,
    ),
    Action(
        "mouse",
        "app.mouse",
        "m",
        "mouse",
        "Turn mouse capture on or off, to select text with the mouse",
        "Program",
        in_footer=False,
    ),
    Action("utc", "utc", "Z", "UTC", "Switch times between UTC and local time", "Program", in_footer=False),
    Action("help", "help", "question_mark,f1", "help", "Show all keys", "Program"),
    Action("quit", "quit", "q,ctrl+q", "quit", "Quit; the watchlist is kept", "Program"),
)

PANE_KEYS = (
    ("list and detail", "up/down or k/j", "move up or down one line"),
    ("list and detail", "page up/down", "move one page up or down; also ctrl+u and ctrl+d"),
    ("list and detail", "home/end or g/G", "move to the first or last line"),
    ("list and detail", "esc", "clear the search or filter; go back to the list"),
    ("list", "enter", "go to the detail"),
    ("detail", "enter", "read the order, invoice or other object that the line names; else open or close a group"),
    ("detail", "space", "open or close a group"),
    ("detail", "backspace", "in the related view: go back to where the object was opened"),
    ("detail", "left/right", "close or open a group; on the tabs: previous or next view"),
    ("detail", "/", "in the summary and the related view: filter; in a raw response: search"),
    ("detail", "n, N", "in a raw search: next or previous match"),
    ("filter input", "tab or right", "accept the suggestion"),
    ("filter input", "up/down", "earlier or later filters"),
    ("filter input", "enter · esc", "keep the filter and go to the list · clear it"),
    ("failures by reason", "enter · y", "show the jobs of a group · copy their ids"),
    ("menus", "a letter", "go to the next entry that starts with it"),
    ("everywhere", "ctrl+p or :", "command palette: all actions by name, and the colour theme"),
    ("everywhere", "ctrl+l", "redraw the screen"),
    ("everywhere", "ctrl+z", "suspend; `fg` resumes"),
)
"""Keys that belong to one pane, for the help: pane, keys, and what they do."""


def catalogue(keys: Mapping[str, str]) -> tuple[Action, ...]:
    """Return the catalogue with the keys from the settings, by action id."""
    return tuple(replace(action, keys=keys.get(action.id, action.keys)) for action in CATALOGUE)


def key_for(actions: Iterable[Action], action_id: str) -> str:
    """Return the current key of an action, in the form that is shown to the user."""
    return next(action.display_key for action in actions if action.id == action_id)


def bindings() -> Iterator[Binding]:
    """Yield the catalogue as Textual bindings; the ids are those that Textual's keymap uses."""
    for action in CATALOGUE:
        yield Binding(
            action.keys,
            action.command,
            action.name,
            show=action.in_footer,
            key_display=action.display_key,
            tooltip=action.description,
            id=action.id,
        )
