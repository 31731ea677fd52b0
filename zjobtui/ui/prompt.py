"""Dialog to enter one line of text, and input fields that clean what is pasted."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Paste
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean, shorten

PROMPT_CHARACTERS = 200
"""Maximum length of a label in characters."""


class SafeInput(Input):
    """An input that removes control characters from pasted text and cuts it to the room there is."""

    def on_paste(self, event: Paste) -> None:
        """Clean and shorten the text; Textual calls the handler of the base class next, which refuses one too long."""
        text = clean(event.text.strip())
        room = (self.max_length or len(text)) - len(self.value) + len(self.selected_text)
        event.text = shorten(text, room) if room > 0 else ""


class RedactingInput(SafeInput):
    """An input whose text is stored: credentials in pasted text are masked."""

    def on_paste(self, event: Paste) -> None:
        """Mask credentials; Textual calls the handler of the base class next."""
        event.text = mask_secrets(event.text)


class PromptDialog(ModalScreen[str | None]):
    """Ask for a text; return it, or None if cancelled. The text `about` is shown above the input."""

    BINDINGS = [Binding("escape", "cancel", "cancel", priority=True)]

    def __init__(
        self, title: str, text: str = "", hint: str = "", *, about: str = "", limit: int = PROMPT_CHARACTERS
    ) -> None:
        super().__init__()
        self._about = about
        self._hint = hint
        self._limit = limit
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Compose title, input and key hints."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            if self._about:
                yield Static(Content(self._about), id="about")
            yield RedactingInput(self._text, self._hint, max_length=self._limit, id="text")
            yield Static(Content("enter save · esc cancel"), id="keys")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close the dialog with the text."""
        self.dismiss(shorten(clean(mask_secrets(event.value).strip()), self._limit))

    def action_cancel(self) -> None:
        """Close the dialog without a result."""
        self.dismiss(None)
