"""The wallboard: batches, failures and tenants in trouble on the whole screen, to be read from some metres."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Key
from textual.screen import Screen

from zjobtui.models.batches import BatchProgress
from zjobtui.ui.line_list import LineListView
from zjobtui.ui.styled_line import Spans
from zjobtui.ui.unbound_keys import UnboundKeys
from zjobtui.ui.wallboard_lines import Board, board_lines


class BoardView(LineListView, can_focus=False):
    """Draw the lines of a board; only those that have changed are sent."""

    def __init__(self) -> None:
        super().__init__(id="board")
        self._board = Board()
        self._lines: Sequence[Spans] = ()

    def show(self, board: Board) -> None:
        """Show a board."""
        self._board = board
        self._lines = board_lines(board, self.line_width, self.size.height)
        self.set_lines(len(self._lines), 0, 0)

    def line(self, index: int) -> Spans:
        """Return the line at `index`."""
        return self._lines[index]

    def on_resize(self) -> None:
        """Lay out the board for the new size."""
        self.show(self._board)


class Wallboard(Screen[None]):
    """The screen of the board. `key_pressed` is called for every key, and returns whether that did something.

    `quit_key` is the key that quits the program, which has started with the wallboard; empty if it leads to the list.
    """

    BINDINGS = [
        Binding("escape", "dismiss", "list", priority=True),
        Binding("w", "dismiss", "list", id="wallboard", priority=True),
        Binding("q,ctrl+q", "leave", "leave", id="quit", priority=True),
    ]

    def __init__(self, key_pressed: Callable[[], bool], *, quit_key: str) -> None:
        super().__init__()
        self._key_pressed = key_pressed
        self._quit_key = quit_key
        self._view = BoardView()
        self._board = Board()
        self._unbound_keys = UnboundKeys(self, "esc shows the list")

    @property
    def shown(self) -> tuple[BatchProgress, ...]:
        """The batches on the board."""
        return tuple(batch.progress for batch in self._board.batches if batch.is_batch)

    def compose(self) -> ComposeResult:
        """Compose the view."""
        yield self._view

    def show(self, board: Board) -> None:
        """Show a board."""
        self._board = replace(board, quit_key=self._quit_key)
        if self._view.is_attached:
            self._view.show(self._board)

    def on_mount(self) -> None:
        """Show the board that was set before."""
        self.call_after_refresh(lambda: self._view.show(self._board))

    def on_key(self, event: Key) -> None:
        """Report the key, and say so if it does nothing."""
        if not self._key_pressed():
            self._unbound_keys.observe(event)

    def action_leave(self) -> None:
        """Go back to the list, or quit if the program has started with the wallboard."""
        if self._quit_key:
            self.app.exit()
        else:
            self.dismiss(None)
