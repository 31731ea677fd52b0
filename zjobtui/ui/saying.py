"""How a person is told what was done: on the last border, in place of what was told before."""

from typing import TYPE_CHECKING

from zjobtui.domain.text import clean

if TYPE_CHECKING:
    from textual.app import App


def say(app: "App[int]", text: str, unsaved: str = "") -> None:
    """Tells something that needs no answer; `unsaved` is why it is not on disk yet."""
    app.clear_notifications()
    said = clean(f"{text} But it is not saved yet: {unsaved}" if unsaved else text)
    app.notify(said, severity="warning" if unsaved else "information", markup=False, timeout=4)
