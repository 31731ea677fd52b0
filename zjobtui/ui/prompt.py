"""The dialog that asks for one line of text."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Paste
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, shorten

LIMIT = 200
"""Characters that a label may have."""


class OneLine(Input):
    """An input that lets nothing through that a terminal would act on, and takes of a long paste as much as fits."""

    def on_paste(self, event: Paste) -> None:
        """Clean and shorten the text; Textual calls the handler of the base class next, which refuses one too long."""
        text = clean(event.text.strip())
        room = (self.max_length or len(text)) - len(self.value) + len(self.selected_text)
        event.text = shorten(text, room) if room > 0 else ""


class KeptLine(OneLine):
    """A line whose text is stored: no credential is pasted into it."""

    def on_paste(self, event: Paste) -> None:
        """Mask credentials; Textual calls the handler of the base class next."""
        event.text = mask_secrets(event.text)


class PromptDialog(ModalScreen[str | None]):
    """Asks for a text; gives it, or None when everything shall stay as it is."""

    BINDINGS = [Binding("escape", "cancel", "cancel", priority=True)]

    def __init__(self, title: str, text: str = "", hint: str = "") -> None:
        super().__init__()
        self._hint = hint
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """A title, the line, and the keys."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            yield KeptLine(self._text, self._hint, max_length=LIMIT, id="text")
            yield Static(Content("enter keeps it · esc leaves everything as it is"), id="keys")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Gives the text."""
        self.dismiss(shorten(clean(mask_secrets(event.value).strip()), LIMIT))

    def action_cancel(self) -> None:
        """Gives nothing."""
        self.dismiss(None)
