"""The help, made of the catalogue of actions; what is typed leaves only the lines that hold it."""

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
from zjobtui.ui.actions import MOVES, Action
from zjobtui.ui.prompt import OneLine

MEANINGS = {
    Kind.FAILED: "the job failed, or its order did",
    Kind.ATTENTION: "the job completed, but something about it needs a person",
    Kind.UNKNOWN: "Zuora does not know the id in this tenant",
    Kind.RUNNING: "Zuora is working on it",
    Kind.DONE: "the job completed, and its order too",
}

STALE = "no good answer for three planned intervals: what the row shows is old"

REBINDING = (
    'The word after a key is the action\'s name: [keys] in config.toml gives it another key, such as remove = "f8"'
)

_NAMES, _WIDTH, _LEAST = 20, 66, 18
"""Cells of the column of names, of a whole line where there is room, and of what at least stands beside a name."""


class Help(ModalScreen[None]):
    """Says what every key does and what every sign means."""

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
        """The words to look for, and one scrolling page."""
        with VerticalScroll(id="dialog", can_focus=False) as dialog:
            dialog.border_title = "Help · esc closes"
            yield OneLine(placeholder="type to find", id="wanted", compact=True)
            yield Static(help_text(self._actions), id="help")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Leaves what holds all words."""
        event.stop()
        self._fill()

    def on_resize(self) -> None:
        """Wraps anew for the width there is."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        page, wanted = self.query_one("#help", Static), self.query_one("#wanted", Input).value
        page.update(help_text(self._actions, wanted, min(page.size.width or _WIDTH, _WIDTH)))

    def action_scroll(self, step: int) -> None:
        """Scrolls by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)


def help_text(actions: Sequence[Action], wanted: str = "", width: int = _WIDTH) -> Content:
    """The whole help in lines of `width` cells, or the entries that hold all the wanted words."""
    words = wanted.casefold().split()
    lines: list[Content] = []
    for title, entries in _sections(actions):
        held = [(name, about) for name, about in entries if all(word in f"{name} {about}".casefold() for word in words)]
        if held:
            lines += [Content.styled(title, "bold"), *(Content(_entry(*entry, width)) for entry in held), Content("")]
    return Content("\n").join(lines[:-1]) if lines else Content("Nothing in the help holds all that.")


def _sections(actions: Sequence[Action]) -> Iterator[tuple[str, Iterable[tuple[str, str]]]]:
    """The titles, each with its entries: a name and what it is about."""
    for group in dict.fromkeys(action.group for action in actions):
        yield group, [(f"{fit(one.shown_key, 6)} {one.id}", one.about) for one in actions if one.group == group]
    yield "Keys", MOVES
    signs = [(f"{GLYPHS[kind]} {kind.value}", meaning) for kind, meaning in MEANINGS.items()]
    yield "Signs", [*signs, ("stale", STALE)]
    yield "Other keys", [("config.toml", REBINDING)]


def _entry(name: str, about: str, width: int) -> str:
    """A name and what it is about beside it, or below it where there is no room beside."""
    margin, first = " " * (_NAMES + 3), f"  {name:<{_NAMES}} "
    if width - len(margin) < _LEAST:
        margin, first = " " * 4, f"  {name}\n    "
    return first + f"\n{margin}".join(wrap(about, width - len(margin)))
