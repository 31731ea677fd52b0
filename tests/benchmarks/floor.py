"""The floor: the least that a Textual program with a list costs; `READY` and thirty rows, and nothing behind them."""

from textual.app import App, ComposeResult
from textual.widgets import OptionList, Static

ROWS = 30


class Floor(App[None]):
    """One label and one list that takes the keys."""

    def compose(self) -> ComposeResult:
        yield Static("READY")
        yield OptionList(*(f"row {number}" for number in range(ROWS)))


if __name__ == "__main__":
    Floor().run()
