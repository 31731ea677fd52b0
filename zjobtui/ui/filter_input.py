"""The line in which it is typed what a pane shall show or find; it applies with every key."""

from collections.abc import Callable

from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input

from zjobtui.ui.prompt import KeptLine
from zjobtui.ui.toast import clear


class FilterInput(KeptLine):
    """Calls `typed` with every change. Enter keeps the words and goes back to the pane, escape drops them."""

    BINDINGS = [
        Binding("enter,down", "keep", "keep", show=False, priority=True),
        Binding("escape", "drop", "drop", show=False, priority=True),
    ]

    def __init__(self, pane: Widget, text: str, hint: str, typed: Callable[[str], None]) -> None:
        super().__init__(text, placeholder=hint, max_length=500)
        self.compact = True
        self.pane = pane
        self._typed = typed

    def on_unmount(self) -> None:
        """The screen's signal would keep every line that was ever opened."""
        self.screen.text_selection_started_signal.unsubscribe(self)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tells it, before any later key is dealt with."""
        event.stop()
        self._typed(event.value)

    async def action_keep(self) -> None:
        """Leaves the words as they are."""
        with self.app.batch_update():
            # At once: the keys of what is removed Textual gives to whatever comes next.
            self.screen.set_focus(self.pane)
            await self.remove()

    async def action_drop(self) -> None:
        """Takes the words away."""
        self._typed("")
        await self.action_keep()


async def open_filter_input(pane: Widget, text: str, hint: str, typed: Callable[[str], None]) -> None:
    """Opens the line for a pane, above the keys, where nothing that was told covers it; there is one at a time."""
    clear(pane.app)
    for bar in pane.screen.query(FilterInput):
        if bar.pane is pane:
            bar.focus()
            return
        await bar.remove()
    bar = FilterInput(pane, text, hint, typed)
    with pane.app.batch_update():
        await pane.screen.mount(bar, before="#keys-bar")
        pane.screen.set_focus(bar)
