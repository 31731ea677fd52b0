"""The dialog that offers a few things to choose from."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static


class ChoiceDialog(ModalScreen[str | None]):
    """Asks for one of several names; gives it, or None."""

    BINDINGS = [
        Binding("escape", "cancel", "cancel", priority=True),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]

    def __init__(self, title: str, names: Sequence[str], current: str = "", *, about: str = "") -> None:
        super().__init__()
        self._about = about
        self._title = title
        self._names = tuple(names)
        self._current = current

    def compose(self) -> ComposeResult:
        """A title, what it is about, and the names."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(self._title)
            if self._about:
                self.add_class("-asking")
                yield Static(Content(self._about), id="about")
            yield OptionList(*(Content(name) for name in self._names))
            if self._about:
                yield Static(Content("↑ ↓ move · enter chooses · esc goes back"), id="keys")

    def on_mount(self) -> None:
        """Starts on the current name."""
        options = self.query_one(OptionList)
        options.highlighted = self._names.index(self._current) if self._current in self._names else 0
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Gives the name."""
        self.dismiss(self._names[event.option_index])

    def on_key(self, event: Key) -> None:
        """A letter goes to the next name that begins with it."""
        here = self.query_one(OptionList)
        after = (here.highlighted or 0) + 1
        turned = (*range(after, len(self._names)), *range(after))
        letter = (event.character or "").casefold()
        found = next((at for at in turned if letter and self._names[at].casefold().startswith(letter)), None)
        if found is not None and event.is_printable:
            here.highlighted = found

    def action_step(self, step: int) -> None:
        """Moves by one."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if step > 0 else options.action_cursor_up()

    def action_cancel(self) -> None:
        """Gives nothing."""
        self.dismiss(None)
