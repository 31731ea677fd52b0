"""Short messages at the bottom of the screen; a new one replaces the one before."""

from typing import TYPE_CHECKING

from zjobtui.models.text import clean

if TYPE_CHECKING:
    from textual.app import App


SHOWN_SECONDS = 4.0
"""Seconds for which a message is shown."""

STAYS = 365 * 86_400.0
"""Seconds for which a message stays that only a key removes."""


def toast(app: "App[int]", text: str, unsaved: str = "", *, seconds: float = SHOWN_SECONDS) -> None:
    """Show a message; `unsaved` is why the change is not on disk yet."""
    clear_toasts(app)
    message = clean(f"{text} Not saved yet: {unsaved}" if unsaved else text)
    app.notify(message, severity="warning" if unsaved else "information", markup=False, timeout=seconds)


def clear_toasts(app: "App[int]") -> None:
    """Remove earlier messages from every screen.

    Textual removes the message alone and keeps the empty widget around it, with its task, as long as the screen lives.
    """
    for screen in app.screen_stack:
        screen.query("ToastHolder:empty").remove()
    app.clear_notifications()
