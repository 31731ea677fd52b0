"""How a person is told what was done: on the last border, in place of what was told before."""

from typing import TYPE_CHECKING

from zjobtui.models.text import clean

if TYPE_CHECKING:
    from textual.app import App


def toast(app: "App[int]", text: str, unsaved: str = "") -> None:
    """Tells something that needs no answer; `unsaved` is why it is not on disk yet."""
    clear(app)
    said = clean(f"{text} But it is not saved yet: {unsaved}" if unsaved else text)
    app.notify(said, severity="warning" if unsaved else "information", markup=False, timeout=4)


def clear(app: "App[int]") -> None:
    """Remove earlier messages from every screen.

    Textual removes the message alone and keeps the empty widget around it, with its task, as long as the screen lives.
    """
    for screen in app.screen_stack:
        screen.query("ToastHolder:empty").remove()
    app.clear_notifications()
