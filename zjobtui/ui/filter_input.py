"""Input line to filter or search a pane; each change applies at once."""

from collections.abc import Callable

from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input

from zjobtui.ui.prompt import RedactingInput
from zjobtui.ui.toast import clear_toasts


class FilterInput(RedactingInput):
    """Call `on_change` with every change. Enter keeps the text and returns to the pane, escape clears it."""

    BINDINGS = [
        Binding("enter,down", "accept", "accept", show=False, priority=True),
        Binding("escape", "clear", "clear", show=False, priority=True),
    ]

    def __init__(self, pane: Widget, text: str, hint: str, on_change: Callable[[str], None]) -> None:
        super().__init__(text, placeholder=hint, max_length=500)
        self.compact = True
        self.pane = pane
        self._on_change = on_change

    def on_unmount(self) -> None:
        """Unsubscribe; the screen's signal would keep every input that was ever opened."""
        self.screen.text_selection_started_signal.unsubscribe(self)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Apply the text before the next key is processed."""
        event.stop()
        self._on_change(event.value)

    async def action_accept(self) -> None:
        """Close the input and keep the text."""
        with self.app.batch_update():
            # Set the focus first: Textual passes the keys of a removed widget to the next widget.
            self.screen.set_focus(self.pane)
            await self.remove()

    async def action_clear(self) -> None:
        """Close the input and clear the text."""
        self._on_change("")
        await self.action_accept()


async def open_filter_input(pane: Widget, text: str, hint: str, on_change: Callable[[str], None]) -> None:
    """Open the input for a pane, above the key bar; only one input is open at a time."""
    clear_toasts(pane.app)
    for bar in pane.screen.query(FilterInput):
        if bar.pane is pane:
            bar.focus()
            return
        await bar.remove()
    bar = FilterInput(pane, text, hint, on_change)
    with pane.app.batch_update():
        await pane.screen.mount(bar, before="#keys-bar")
        pane.screen.set_focus(bar)
