"""The help screen, generated from the catalogue of actions, with a search field."""

from collections.abc import Iterable, Iterator, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.text_width import fit, wrap
from zjobtui.models.verdict import Kind
from zjobtui.ui.actions import PANE_KEYS, Action
from zjobtui.ui.prompt import SafeInput

MEANINGS = {
    Kind.FAILED: "the job or its order failed",
    Kind.ATTENTION: "the job completed, but something needs a check",
    Kind.UNKNOWN: "Zuora does not know this id in this tenant",
    Kind.RUNNING: "Zuora is working on it",
    Kind.DONE: "the job and its order completed",
}

STALE = "no response for three polling intervals: the row shows old data"

REBINDING = (
    'The word after a key is the id of the action: set another key in [keys] of config.toml, such as remove = "f8"'
)

_NAME_WIDTH, _LINE_WIDTH, _MIN_TEXT_WIDTH = 20, 66, 18
"""Cells of the column of names, of a whole line, and of the text beside a name at least."""


class Help(ModalScreen[None]):
    """Show what every key does and what every sign means."""

    BINDINGS = [
        Binding("escape,f1,enter", "dismiss", "close", priority=True),
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._actions = actions

    def compose(self) -> ComposeResult:
        """Compose the search field and the scrolling text."""
        with VerticalScroll(id="dialog", can_focus=False) as dialog:
            dialog.border_title = "Help · esc close"
            yield SafeInput(placeholder="type to search", id="search", compact=True)
            yield Static(help_text(self._actions), id="help")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only the entries that contain all words."""
        event.stop()
        self._fill()

    def on_resize(self) -> None:
        """Wrap the text for the new width."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        page, search = self.query_one("#help", Static), self.query_one("#search", Input).value
        page.update(help_text(self._actions, search, min(page.size.width or _LINE_WIDTH, _LINE_WIDTH)))

    def action_scroll(self, step: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)


def help_text(actions: Sequence[Action], search: str = "", width: int = _LINE_WIDTH) -> Content:
    """Return the help in lines of `width` cells, or only the entries that contain all words of `search`."""
    words = search.casefold().split()
    lines: list[Content] = []
    for title, entries in _sections(actions):
        matches = [(name, text) for name, text in entries if all(word in f"{name} {text}".casefold() for word in words)]
        if matches:
            entry_lines = (Content(_entry(*entry, width)) for entry in matches)
            lines += [Content.styled(title, "bold"), *entry_lines, Content("")]
    return Content("\n").join(lines[:-1]) if lines else Content("No matching help entries.")


def _sections(actions: Sequence[Action]) -> Iterator[tuple[str, Iterable[tuple[str, str]]]]:
    """Yield the titles, each with its entries of name and text."""
    for group in dict.fromkeys(action.group for action in actions):
        yield group, [(f"{fit(a.display_key, 6)} {a.id}", a.description) for a in actions if a.group == group]
    yield "Keys", PANE_KEYS
    signs = [(f"{GLYPHS[kind]} {kind.value}", meaning) for kind, meaning in MEANINGS.items()]
    yield "Symbols", [*signs, ("stale", STALE)]
    yield "Custom keys", [("config.toml", REBINDING)]


def _entry(name: str, text: str, width: int) -> str:
    """Return a name with its text beside it, or below it if there is no room."""
    margin, first = " " * (_NAME_WIDTH + 3), f"  {name:<{_NAME_WIDTH}} "
    if width - len(margin) < _MIN_TEXT_WIDTH:
        margin, first = " " * 4, f"  {name}\n    "
    return first + f"\n{margin}".join(wrap(text, width - len(margin)))
