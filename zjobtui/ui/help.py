"""The help, made of the catalogue of actions."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from zjobtui.domain.verdict import Kind
from zjobtui.ui.actions import CATALOGUE, MOVES
from zjobtui.wording.cells import wrap
from zjobtui.wording.signs import GLYPHS

MEANINGS = {
    Kind.FAILED: "the job failed, or its order did",
    Kind.ATTENTION: "the job completed, but something about it needs a person",
    Kind.UNKNOWN: "Zuora does not know the id in this tenant",
    Kind.WAITING: "Zuora is working on it",
    Kind.DONE: "the job completed, and its order too",
}


_NAMES, _WIDTH = 18, 66
"""Cells of the column of names, and of a whole line where the dialog has its full width."""


class Help(ModalScreen[None]):
    """Says what every key does and what every sign means."""

    BINDINGS = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "close", priority=True),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
    ]

    def compose(self) -> ComposeResult:
        """One scrolling page."""
        with VerticalScroll(id="dialog") as dialog:
            dialog.border_title = "Help · esc closes"
            yield Static(Content(help_text()))

    def action_scroll(self, step: int) -> None:
        """Scrolls by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)


def help_text() -> str:
    """The whole help, as it is shown."""
    lines: list[str] = []
    for name in dict.fromkeys(action.group for action in CATALOGUE):
        lines += [name, *(_entry(one.shown_key, one.about) for one in CATALOGUE if one.group == name), ""]
    lines += ["Keys", *(_entry(keys, about) for keys, about in MOVES), ""]
    lines += ["Signs", *(_entry(f"{GLYPHS[kind]} {kind.value}", meaning) for kind, meaning in MEANINGS.items())]
    lines += [_entry("stale", "no good answer for three planned intervals: what the row shows is old")]
    return "\n".join(lines)


def _entry(name: str, about: str) -> str:
    margin = " " * (_NAMES + 3)
    return f"  {name:<{_NAMES}} " + f"\n{margin}".join(wrap(about, _WIDTH - len(margin)))
