"""Shows batches: the newest one in the status bar, all of them on the wallboard, and how each has ended."""

from collections.abc import Callable

from textual.screen import Screen

from zjobtui.clock import Clock
from zjobtui.formatting.batches import bar_texts
from zjobtui.models.batch_tracker import BatchTracker
from zjobtui.models.batches import BatchProgress, closing_line
from zjobtui.polling.state import State
from zjobtui.ui.job_list import JobList
from zjobtui.ui.state_feed import must_draw_soon
from zjobtui.ui.status_bar import StatusBar
from zjobtui.ui.toast import SHOWN_SECONDS, STAYS, clear_toasts, toast
from zjobtui.ui.wallboard import Wallboard, board_of


class BatchController:
    """Follow the batches of the newest state."""

    def __init__(
        self,
        screen: Screen[None],
        state: State,
        clock: Clock,
        bar: StatusBar,
        rows: JobList,
        chosen_tenant: Callable[[], str],
    ) -> None:
        self._screen = screen
        self._state = state
        self._clock = clock
        self._bar = bar
        self._rows = rows
        self._chosen_tenant = chosen_tenant
        self._wallboard: Wallboard | None = None
        self._closing: list[str] = []
        self._has_new_ends = False
        self.tracker = BatchTracker(state.watchlist)
        """The batches of the newest state."""
        rows.time_left = self.tracker.time_left
        bar.batch_texts = self._texts

    def update(self, state: State) -> None:
        """Take a state; call `show_ended` then to report the batches that have ended."""
        before, self._state = self._state, state
        if ended := self.tracker.update(state.watchlist):
            self._closing += map(closing_line, ended)
            self._has_new_ends = True
        if self._wallboard is not None and must_draw_soon(before, state):
            self._show_board(self._wallboard)

    def tick(self) -> None:
        """Show what has changed with time."""
        newest = self._newest()
        shown = self._wallboard.shown if self._wallboard is not None else ()
        folded = (batch.whole or batch for batch in self._rows.folds.batches)
        self.tracker.estimate([*([newest] if newest else ()), *shown, *folded], self._clock.now())
        if self._wallboard is not None:
            self._show_board(self._wallboard)

    def key_pressed(self) -> bool:
        """Remove the message about ended batches, which stays until a key is pressed; return whether there was one."""
        has_message = bool(self._closing)
        if has_message:
            self._closing.clear()
            clear_toasts(self._screen.app)
        return has_message

    def open_wallboard(self, *, quit_key: str = "") -> None:
        """Show the wallboard; if the program has started with it, `quit_key` is the key that quits the program."""
        if self._wallboard is None:
            self._wallboard = Wallboard(self.key_pressed, quit_key=quit_key)
            self._show_board(self._wallboard)
            self._screen.app.push_screen(self._wallboard, self._wallboard_closed)

    def _wallboard_closed(self, _: object) -> None:
        self._wallboard = None

    def _newest(self) -> BatchProgress | None:
        """Return the newest running batch with jobs in the tenant that is shown alone, if one is."""
        return self.tracker.newest_running(self._chosen_tenant())

    def _texts(self) -> tuple[str, ...]:
        newest = self._newest()
        return bar_texts(newest, self.tracker.time_left(newest)) if newest else ()

    def _show_board(self, wallboard: Wallboard) -> None:
        wallboard.show(board_of(self._state, self.tracker, self._bar.tenants, self._clock.now(), self._bar.zone))

    def show_ended(self) -> None:
        """Show how batches have ended, unless `toast` has included it in another message."""
        if self._has_new_ends:
            self.toast("")

    def toast(self, text: str) -> None:
        """Show a message; if one about ended batches is shown, append it: both then stay until a key is pressed."""
        self._has_new_ends = False
        lines = [line for line in self._closing if line not in text]
        message = " · ".join(part for part in (*lines, text) if part)
        toast(self._screen.app, message, seconds=STAYS if self._closing else SHOWN_SECONDS)
