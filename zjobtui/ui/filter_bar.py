"""The line in which a filter is typed; it applies with every key."""

from textual.binding import Binding
from textual.events import Paste
from textual.message import Message
from textual.widgets import Input

from zjobtui.domain.text import clean


class FilterBar(Input):
    """Tells every change of the filter. Enter keeps it and goes back to the list, escape drops it."""

    BINDINGS = [
        Binding("enter,down", "keep", "keep", show=False, priority=True),
        Binding("escape", "drop", "drop", show=False, priority=True),
    ]

    class Typed(Message):
        """The filter reads otherwise."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """A person has finished with it; `is_kept` says whether the filter holds."""

        def __init__(self, *, is_kept: bool) -> None:
            super().__init__()
            self.is_kept = is_kept

    def __init__(self, text: str) -> None:
        super().__init__(
            text, placeholder="words, status:failed, order:O-1, age>10m, is:unseen, !tag:acme", max_length=500
        )
        self.compact = True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tells it."""
        event.stop()
        self.post_message(self.Typed(event.value))

    def _on_paste(self, event: Paste) -> None:
        # Textual calls the same method of the base class afterwards, which puts the text in.
        event.text = clean(event.text.strip())

    def action_keep(self) -> None:
        """Keeps the filter."""
        self.post_message(self.Left(is_kept=True))

    def action_drop(self) -> None:
        """Drops the filter."""
        self.post_message(self.Left(is_kept=False))
