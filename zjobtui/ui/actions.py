"""The catalogue of actions: each entry feeds the key binding, the key bar, the palette and the help."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from textual.binding import Binding
from textual.keys import format_key

from zjobtui.ui.detail_tabs import Tab

if TYPE_CHECKING:
    from zjobtui.ui.monitor import Monitor


class Group(StrEnum):
    """The groups of actions in the help, in order."""

    WATCHLIST = "Watchlist"
    FILTER_AND_SORT = "Filter and sort"
    POLLING = "Polling"
    COPY_AND_EXPORT = "Copy and export"
    NAVIGATION = "Navigation"
    DETAIL_VIEWS = "Detail views"
    PROGRAM = "Program"


class Action(Struct, frozen=True):
    """A user action.

    `id` names it in `[keys]` of the settings and never changes. `run` performs it. One that acts on the selected job
    (`on_selected`) keeps the cursor on it, and is refused if another job has just moved under the cursor.
    """

    id: str
    run: "Callable[[Monitor], Awaitable[None] | None]"
    keys: str
    name: str
    description: str
    group: Group
    on_selected: bool = False

    @property
    def display_key(self) -> str:
        """The first key, in the form that is shown to the user."""
        return key_name(self.keys.split(",")[0])


def key_name(key: str) -> str:
    """Return a key of Textual in the form that is shown to the user; its sign for backspace is not in ASCII."""
    return key if key == "backspace" else format_key(key)


CATALOGUE = (
    Action(
        "add",
        lambda screen: screen.job_actions.add(),
        "a",
        "add",
        "Add jobs from any pasted text that contains job ids",
        Group.WATCHLIST,
    ),
    Action(
        "remove",
        lambda screen: screen.job_actions.remove(),
        "x,delete",
        "remove",
        "Remove jobs from the watchlist",
        Group.WATCHLIST,
        on_selected=True,
    ),
    Action(
        "archive",
        lambda screen: screen.job_actions.archive(),
        "X",
        "archive",
        "Archive jobs that have ended; `zjobtui ls --archived` lists them",
        Group.WATCHLIST,
        on_selected=True,
    ),
    Action(
        "undo",
        lambda screen: screen.job_actions.undo(),
        "u",
        "undo",
        "Undo the last change: add, remove, archive, label, tags, note, batch, read",
        Group.WATCHLIST,
    ),
    Action(
        "label",
        lambda screen: screen.job_actions.label(),
        "l",
        "label",
        "Label jobs",
        Group.WATCHLIST,
        on_selected=True,
    ),
    Action(
        "tags",
        lambda screen: screen.job_actions.tag(),
        "t",
        "tags",
        "Tag jobs",
        Group.WATCHLIST,
        on_selected=True,
    ),
    Action(
        "note",
        lambda screen: screen.job_actions.note(),
        "o",
        "note",
        "Add a note to jobs",
        Group.WATCHLIST,
        on_selected=True,
    ),
    Action(
        "batch",
        lambda screen: screen.job_actions.batch(),
        "B",
        "batch",
        "Name the batch of the job, or put the marked jobs into a batch",
        Group.WATCHLIST,
        on_selected=True,
    ),
    Action(
        "fold",
        lambda screen: screen.toggle_fold(),
        "z",
        "fold",
        "Fold the batch of the job into one row, or unfold it",
        Group.WATCHLIST,
    ),
    Action(
        "mark",
        lambda screen: screen.toggle_mark(),
        "space",
        "mark",
        "Mark or unmark the job; actions apply to the marked jobs",
        Group.WATCHLIST,
    ),
    Action(
        "mark_range",
        lambda screen: screen.mark_range(),
        "V",
        "mark range",
        "Mark all jobs from the last marked one to this one",
        Group.WATCHLIST,
    ),
    Action(
        "mark_all",
        lambda screen: screen.job_list.toggle_all_marks(),
        "asterisk",
        "mark all",
        "Mark or unmark all shown jobs",
        Group.WATCHLIST,
    ),
    Action(
        "filter",
        lambda screen: screen.filter_controller.filter(),
        "slash",
        "filter",
        "Filter the list by words and terms such as status:failed",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "next_verdict",
        lambda screen: screen.filter_controller.next_verdict(),
        "f",
        "next verdict",
        "Show only failed jobs, then only those that need attention, and so on, then all",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "previous_verdict",
        lambda screen: screen.filter_controller.previous_verdict(),
        "backspace",
        "previous verdict",
        "Go back one step: show only the jobs of the previous verdict",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "next_tenant",
        lambda screen: screen.filter_controller.next_tenant(),
        "T",
        "next tenant",
        "Show only the first tenant, then only the second, and so on, then all",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "saved_filters",
        lambda screen: screen.filter_controller.saved_filters(),
        "at",
        "saved filters",
        "Choose a saved filter, save the current one under a name, or delete one",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "sort",
        lambda screen: screen.filter_controller.sort(),
        "s",
        "sort",
        "Sort the list by a column, in either direction",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "columns",
        lambda screen: screen.filter_controller.columns(),
        "C",
        "columns",
        "Choose the columns of the list",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "mark_all_read",
        lambda screen: screen.job_actions.mark_all_read(),
        "A",
        "all read",
        "Mark all shown jobs as read",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "next_unread",
        lambda screen: screen.job_list.go_to_next_unread(),
        "n",
        "next unread",
        "Go to the next unread job; first to those that failed or need attention",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "failures",
        lambda screen: screen.show_failures(),
        "F",
        "failures",
        "Show failures by reason: the shown jobs that failed or need attention, in groups",
        Group.FILTER_AND_SORT,
    ),
    Action(
        "refresh",
        lambda screen: screen.refresh_targets(),
        "r",
        "refresh",
        "Refresh jobs now, finished or not",
        Group.POLLING,
        on_selected=True,
    ),
    Action(
        "pause",
        lambda screen: screen.toggle_pause(),
        "p",
        "pause",
        "Pause or resume polling",
        Group.POLLING,
    ),
    Action(
        "mute",
        lambda screen: screen.toggle_mute(),
        "b",
        "mute",
        "Mute or unmute notifications",
        Group.POLLING,
    ),
    Action(
        "call_log",
        lambda screen: screen.job_actions.call_log(),
        "L",
        "call log",
        "Show the last calls of all tenants",
        Group.POLLING,
    ),
    Action(
        "copy",
        lambda screen: screen.job_actions.copy(),
        "y",
        "copy",
        "Copy an id, a number, a summary or the curl command",
        Group.COPY_AND_EXPORT,
        on_selected=True,
    ),
    Action(
        "export",
        lambda screen: screen.job_actions.export(),
        "e",
        "export",
        "Save jobs to a file: JSON, CSV, Markdown or ids",
        Group.COPY_AND_EXPORT,
        on_selected=True,
    ),
    Action(
        "handover",
        lambda screen: screen.job_actions.handover(),
        "H",
        "handover",
        "Write a handover of jobs as Markdown, for the next shift or for Zuora support",
        Group.COPY_AND_EXPORT,
        on_selected=True,
    ),
    Action(
        "open_in_zuora",
        lambda screen: screen.job_actions.open_in_zuora(),
        "O",
        "open in Zuora",
        "Copy the link to the account, subscription or invoice in Zuora, and open it if there is a display",
        Group.COPY_AND_EXPORT,
        on_selected=True,
    ),
    Action(
        "screenshot",
        lambda screen: screen.job_actions.screenshot(),
        "S",
        "screenshot",
        "Save a screenshot to a file, as SVG",
        Group.COPY_AND_EXPORT,
    ),
    Action(
        "wallboard",
        lambda screen: screen.show_wallboard(),
        "w",
        "wallboard",
        "Show batches, failures and tenants that are down on the whole screen",
        Group.NAVIGATION,
    ),
    Action(
        "detail",
        lambda screen: screen.switch_pane(),
        "tab",
        "detail",
        "Switch between list and detail",
        Group.NAVIGATION,
    ),
    Action(
        "next_job",
        lambda screen: screen.job_list.go_to_next_job(),
        "J",
        "next job",
        "Go to the job below, also from the detail",
        Group.NAVIGATION,
    ),
    Action(
        "previous_job",
        lambda screen: screen.job_list.go_to_previous_job(),
        "K",
        "previous job",
        "Go to the job above, also from the detail",
        Group.NAVIGATION,
    ),
    Action(
        "smaller_list",
        lambda screen: screen.panes.move_divider(-1),
        "less_than_sign",
        "smaller list",
        "Make the list smaller and the detail larger",
        Group.NAVIGATION,
    ),
    Action(
        "larger_list",
        lambda screen: screen.panes.move_divider(1),
        "greater_than_sign",
        "larger list",
        "Make the list larger and the detail smaller",
        Group.NAVIGATION,
    ),
    Action(
        "view_summary",
        lambda screen: screen.show_view(Tab.SUMMARY),
        "1",
        "summary",
        "Show what the job created, or why it failed",
        Group.DETAIL_VIEWS,
    ),
    Action(
        "view_timeline",
        lambda screen: screen.show_view(Tab.TIMELINE),
        "2",
        "timeline",
        "Show how long each state lasted, and all events",
        Group.DETAIL_VIEWS,
    ),
    Action(
        "view_raw",
        lambda screen: screen.show_view(Tab.RAW),
        "3",
        "raw",
        "Show the last response as it was received",
        Group.DETAIL_VIEWS,
    ),
    Action(
        "view_request",
        lambda screen: screen.show_view(Tab.REQUEST),
        "4",
        "request",
        "Show the most recent call, even if it failed, the rate limits and the curl command",
        Group.DETAIL_VIEWS,
    ),
    Action(
        "view_related",
        lambda screen: screen.show_view(Tab.RELATED),
        "5",
        "related",
        "Read the job's order now, and list the objects that its result names",
        Group.DETAIL_VIEWS,
    ),
    Action(
        "difference",
        lambda screen: screen.toggle_difference(),
        "d",
        "difference",
        "Compare the raw response with the previous one",
        Group.DETAIL_VIEWS,
    ),
    Action(
        "next_view",
        lambda screen: screen.step_view(1),
        "right_square_bracket",
        "next view",
        "Show the next view of the job",
        Group.DETAIL_VIEWS,
    ),
    Action(
        "previous_view",
        lambda screen: screen.step_view(-1),
        "left_square_bracket",
        "previous view",
        "Show the previous view of the job",
        Group.DETAIL_VIEWS,
    ),
    Action(
        "mouse",
        lambda screen: screen.toggle_mouse(),
        "m",
        "mouse",
        "Turn mouse capture on or off, to select text with the mouse",
        Group.PROGRAM,
    ),
    Action(
        "utc",
        lambda screen: screen.toggle_utc(),
        "Z",
        "UTC",
        "Switch times between UTC and local time",
        Group.PROGRAM,
    ),
    Action(
        "help",
        lambda screen: screen.show_help(),
        "question_mark,f1",
        "help",
        "Show all keys",
        Group.PROGRAM,
    ),
    Action(
        "quit",
        lambda screen: screen.app.exit(),
        "q,ctrl+q",
        "quit",
        "Quit; the watchlist is kept",
        Group.PROGRAM,
    ),
)

KEY_BAR = (
    "add",
    "filter",
    "sort",
    "remove",
    "undo",
    "label",
    "refresh",
    "pause",
    "copy",
    "export",
    "failures",
    "detail",
    "help",
    "quit",
)
"""Ids of the actions that the key bar shows as far as they fit, in order."""


def catalogue(keys: Mapping[str, str]) -> tuple[Action, ...]:
    """Return the catalogue with the keys from the settings, by action id."""
    return tuple(replace(action, keys=keys.get(action.id, action.keys)) for action in CATALOGUE)


def key_for(actions: Iterable[Action], action_id: str) -> str:
    """Return the current key of an action, in the form that is shown to the user."""
    return next(action.display_key for action in actions if action.id == action_id)


def bindings() -> Iterator[Binding]:
    """Yield the catalogue as Textual bindings of `Monitor.action_perform`; Textual's keymap uses the ids, too."""
    for action in CATALOGUE:
        yield Binding(
            action.keys,
            f"perform('{action.id}')",
            action.name,
            show=action.id in KEY_BAR,
            key_display=action.display_key,
            tooltip=action.description,
            id=action.id,
        )
