"""Dialog to choose one of a few names."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static


class ChoiceDialog(ModalScreen[str | None]):
    """Ask for one of several names; return it, or None if cancelled.

    With the text `about` above the names, the keys are shown below them; `escape` is what the escape key does.
    """

    BINDINGS = [
        Binding("escape", "cancel", "cancel", priority=True),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]

    def __init__(
        self, title: str, names: Sequence[str], current: str = "", *, about: str = "", escape: str = "cancel"
    ) -> None:
        super().__init__()
        self._about = about
        self._escape = escape
        self._title = title
        self._names = tuple(names)
        self._current = current

    def compose(self) -> ComposeResult:
        """Compose title, text, names and key hints."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            if self._about:
                self.add_class("-asking")
                yield Static(Content(self._about), id="about")
            yield OptionList(*(Content(name) for name in self._names))
            if self._about:
                yield Static(Content(f"↑ ↓ move · enter select · esc {self._escape}"), id="keys")

    def on_mount(self) -> None:
        """Highlight the current name."""
        options = self.query_one(OptionList)
        options.highlighted = self._names.index(self._current) if self._current in self._names else 0
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close the dialog with the selected name."""
        self.dismiss(self._names[event.option_index])

    def on_key(self, event: Key) -> None:
        """Go to the next name that starts with the typed letter."""
        options = self.query_one(OptionList)
        after = (options.highlighted or 0) + 1
        order = (*range(after, len(self._names)), *range(after))
        letter = (event.character or "").casefold()
        match = next((index for index in order if letter and self._names[index].casefold().startswith(letter)), None)
        if match is not None and event.is_printable:
            options.highlighted = match

    def action_step(self, step: int) -> None:
        """Move the highlight by one name."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if step > 0 else options.action_cursor_up()

    def action_cancel(self) -> None:
        """Close the dialog without a result."""
        self.dismiss(None)
