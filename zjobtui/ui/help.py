"""The help screen, generated from the catalogue of actions, with a search field."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from zjobtui import __version__
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.models.filter_fields import FILTER_FIELDS
from zjobtui.models.text_width import cells, wrap
from zjobtui.models.verdict import VerdictKind
from zjobtui.ui.actions import Action, Group
from zjobtui.ui.filter_input import FilterInput
from zjobtui.ui.job_detail import JobDetail
from zjobtui.ui.job_list import JobList
from zjobtui.ui.prompt import SafeInput

MEANINGS = {
    VerdictKind.FAILED: "the job or its order failed",
    VerdictKind.ATTENTION: "the job completed, but something must be checked",
    VerdictKind.UNKNOWN: "Zuora does not know this id in this tenant",
    VerdictKind.RUNNING: "Zuora is working on it",
    VerdictKind.DONE: "the job and its order completed",
}

STALE = "no response for three polling intervals: the row shows old data"

FILTER_FORMS = (
    ("word, “two words”", "id, label, order, account, message and more contain it"),
    ("a,b", "after a field: one of these values"),
    ("!term", "jobs that the term does not match"),
    ("@name", "a saved filter"),
)

COMMAND_HELP = (
    ("zjobtui archive", "archive finished jobs; ls --archived lists them, restore undoes it"),
    ("zjobtui doctor", "check settings, network, sign-in, terminal and clipboard"),
    ("zjobtui ls", "print the jobs, as JSON or CSV, too; --by reason or --by batch groups them"),
    ("zjobtui wait", "wait until jobs have ended"),
)
"""What cannot be done on the screen, but is looked for here."""

REBINDING = 'set another key in [keys] of config.toml by the id of the action, such as remove = "f8"; the ids are:'

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

SYNONYMS = (
    {"colour", "color", "theme", "dark", "light", "appearance"},
    {"archive", "remove", "delete", "finished"},
    {"refresh", "reload", "update", "poll"},
    {"read", "seen", "unread", "new"},
    {"filter", "search", "find", "show"},
    {"label", "name", "rename", "title"},
    {"copy", "clipboard", "yank"},
    {"export", "save", "file", "download"},
    {"failures", "errors", "error", "reason", "group"},
    {"mute", "silent", "sound", "bell", "notification", "notifications"},
    {"quit", "exit", "close", "leave"},
    {"mark", "select"},
    {"palette", "commands", "command", "menu"},
    {"column", "columns", "sort", "order"},
    {"time", "timezone", "zone", "utc"},
    {"mouse", "click"},
)
"""Words for the same thing: a search for one finds the entries with another."""

_PANES: tuple[tuple[type[Widget], str], ...] = (
    (JobList, "list"),
    (JobDetail, "detail"),
    (FilterInput, "filter input"),
)
"""Panes that can have the focus, and what `PANE_KEYS` calls them."""

_KEY_WIDTH, _NAME_WIDTH, _LINE_WIDTH, _MIN_TEXT_WIDTH = 6, 20, 66, 18
"""Cells of the column of keys, of that of keys and names, of a whole line, and of the text beside a name at least."""


class _Entry(NamedTuple):
    """A name with its text; a search also finds `words`, but not `rest`, which is shown after the text."""

    name: str
    text: str
    words: str = ""
    rest: str = ""


class Help(ModalScreen[None]):
    """Show what every key does and what every sign means."""

    BINDINGS = [
        Binding("escape,f1,enter", "dismiss", "close", priority=True),
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, actions: Sequence[Action], focused: Widget | None = None) -> None:
        """`focused` is the pane whose keys come first."""
        super().__init__()
        self._actions = actions
        self._pane = next((name for kind, name in _PANES if isinstance(focused, kind)), "")

    def compose(self) -> ComposeResult:
        """Compose the search field and the scrolling text."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = "Help · esc close"
            dialog.border_subtitle = f"zjobtui {__version__}"
            yield SafeInput(placeholder="type to search", id="search", compact=True)
            with VerticalScroll(id="page", can_focus=False):
                yield Static(help_text(self._actions, pane=self._pane), id="help")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only the entries that contain all words."""
        event.stop()
        self._fill()
        self.query_one("#page", VerticalScroll).scroll_home(animate=False)

    def on_resize(self) -> None:
        """Wrap the text for the new width."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        page, search = self.query_one("#help", Static), self.query_one("#search", Input).value
        width = min(page.size.width or _LINE_WIDTH, _LINE_WIDTH)
        page.update(help_text(self._actions, search, width, self._pane))

    def action_scroll(self, step: int) -> None:
        """Scroll by lines."""
        self.query_one("#page", VerticalScroll).scroll_relative(y=step, animate=False)


def help_text(actions: Sequence[Action], search: str = "", width: int = _LINE_WIDTH, pane: str = "") -> Content:
    """Return the help in lines of `width` cells, or only the entries that contain all words of `search`.

    The keys of `pane` come first.
    """
    words = search.casefold().split()
    lines: list[Content] = []
    for title, style, entries in _sections(actions, pane):
        matches = [entry for entry in entries if all(_is_in(word, entry) for word in words)]
        if matches:
            entry_lines = (_styled(_lines_of(entry, width), style) for entry in matches)
            lines += [Content.styled(title, "bold"), *entry_lines, Content("")]
    if lines:
        return Content("\n").join(lines[:-1])
    return Content("\n".join(wrap(f"No help entry matches “{search.strip()}”. ctrl+u clears the search.", width)))


def _is_in(word: str, entry: _Entry) -> bool:
    """Return whether an entry has a word or another word for the same thing."""
    text = f"{entry.name} {entry.text} {entry.words}".casefold()
    if word in text:
        return True
    parts = set(text.replace(",", " ").replace(".", " ").split())
    return any(parts & group for group in SYNONYMS if any(name.startswith(word) for name in group if len(word) > 2))


def _sections(actions: Sequence[Action], focused: str) -> Iterator[tuple[str, str, Iterable[_Entry]]]:
    """Yield the titles, each with a style and its entries; the keys of the focused pane first."""
    panes = dict.fromkeys(pane for pane, _, _ in PANE_KEYS)
    near = sorted((pane for pane in panes if focused and focused in pane), key=len)
    for pane in near:
        yield _pane_section(pane)
    for group in Group:
        entries = [
            _Entry(f"{_key_column(action)} {action.name}", action.description, action.id)
            for action in actions
            if action.group is group
        ]
        yield group, "", entries
    for pane in panes:
        if pane not in near:
            yield _pane_section(pane)
    terms = [_Entry(field.example, field.about, "filter term") for field in FILTER_FIELDS.values()]
    yield "Filter terms", "", [*(_Entry(form, text, "filter term") for form, text in FILTER_FORMS), *terms]
    signs = [_Entry(f"{GLYPHS[kind]} {kind.value}", meaning) for kind, meaning in MEANINGS.items()]
    yield "Symbols", "", [*signs, _Entry("stale", STALE)]
    yield "Shell commands", "", [_Entry(*command) for command in COMMAND_HELP]
    ids = " ".join(action.id for action in actions)
    yield "Custom keys", "$text-muted", [_Entry("config.toml", REBINDING, rest=ids)]


def _pane_section(pane: str) -> tuple[str, str, Iterable[_Entry]]:
    return f"Keys: {pane}", "", [_Entry(keys, text) for each, keys, text in PANE_KEYS if each == pane]


def _key_column(action: Action) -> str:
    """Return the key of an action, padded so that the names line up; a longer key is not cut."""
    return action.display_key + " " * (_KEY_WIDTH - cells(action.display_key))


def _styled(text: str, style: str) -> Content:
    return Content.styled(text, style) if style else Content(text)


def _lines_of(entry: _Entry, width: int) -> str:
    """Return a name with its text beside it, or below it if there is no room."""
    name, text = entry.name, f"{entry.text} {entry.rest}".rstrip()
    margin, first = " " * (_NAME_WIDTH + 3), f"  {name:<{_NAME_WIDTH}} "
    if width - len(margin) < _MIN_TEXT_WIDTH:
        margin, first = " " * 4, f"  {name}\n    "
    elif len(name) > _NAME_WIDTH:
        first = f"  {name}\n{margin}"
    return first + f"\n{margin}".join(wrap(text, width - len(margin)))
