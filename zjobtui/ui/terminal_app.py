"""What every screen of the program shares: a terminal that is left as it was found, colours as chosen, keys in turn."""

import asyncio
import traceback
from collections.abc import Callable, Sequence

from rich.console import RenderableType
from rich.text import Text
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.driver import Driver
from textual.events import DescendantFocus, Event, Key, Paste
from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import Theme
from textual.widget import Widget

from zjobtui.logs import get_logger
from zjobtui.models.text import clean_lines
from zjobtui.ui.ascii_filter import AsciiFilter
from zjobtui.ui.key_queue import KeyQueue
from zjobtui.ui.terminal_guard import guarded_terminal, suspend_between_steps
from zjobtui.ui.terminal_io import filtered, write
from zjobtui.ui.themes import OURS, Appearance

log = get_logger(__name__)

MANY_PENDING = 16
"""Keys that may wait before that which quits overtakes them."""

_NO_COLOR = NoColor()


class TerminalApp(App[int]):
    """An application of ours; its result is the exit status."""

    CSS_PATH = "monitor.tcss"
    TITLE = "zjobtui"
    VERTICAL_BREAKPOINTS = [
        (0, "-low"),
        (20, "-high"),
    ]
    BINDINGS = [
        Binding("ctrl+z", "suspend_process", "suspend", show=False),
        Binding("ctrl+l", "redraw", "redraw", show=False, priority=True),
    ]

    def __init__(self, look: Appearance) -> None:
        self._has_failed = False
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self.set_reactive(App.theme, look.theme)  # before Textual reads the colours of the style sheet
        super().__init__()
        self.animation_level = "none"
        self._last_filters: tuple[LineFilter, ...] = (AsciiFilter(),) if look.is_ascii else ()
        self._in_turn = KeyQueue(self, super().on_event)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters of what is drawn, and ours; without colour Textual would send shades of grey."""
        filters = (_NO_COLOR if isinstance(one, Monochrome) else one for one in super().get_line_filters())
        return (*filters, *self._last_filters)

    async def on_event(self, event: Event) -> None:
        """Keys and pastes go on in turn, everything else at once, as does ctrl+q where many keys wait."""
        is_overdue = isinstance(event, Key) and event.key == "ctrl+q" and self._in_turn.pending > MANY_PENDING
        if isinstance(event, Key | Paste) and not event.is_forwarded and not is_overdue:
            await self._in_turn.take(event)
        else:
            await super().on_event(event)

    def on_load(self) -> None:
        """Take note of the loop that signals end."""
        self._event_loop = asyncio.get_running_loop()

    def on_mount(self) -> None:
        """Make it safe to suspend the program."""
        suspend_between_steps(asyncio.get_running_loop())

    def pop_screen(self) -> AwaitComplete:
        """Close a dialog; one that two quick clicks close is gone at the second, where Textual would raise."""
        if len(self.screen_stack) <= 1:
            return AwaitComplete()
        dialog, closing = self.screen, super().pop_screen()
        for widget in dialog.walk_children(Widget, with_self=True):
            widget.refresh()  # drops what it has drawn, which Textual keeps of the last 1,024 widgets (250 kB a dialog)
            if widget.show_vertical_scrollbar:
                widget.vertical_scrollbar.refresh()
        return closing

    def action_redraw(self) -> None:
        """Draws everything anew, where another program has written between; Textual draws only what changes."""
        write(self, "\x1b[2J")
        self._draw_anew()

    def on_driver_signal_resume(self) -> None:
        """Draw everything: a terminal that comes back from `fg` shows nothing any more."""
        self._draw_anew()

    def _draw_anew(self) -> None:
        self.refresh()
        self.refresh(layout=True)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """No cursor blinks: each time it does is sent to the terminal."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    def get_driver_class(self) -> type[Driver]:
        """The terminal's driver, with a filter of what is typed."""
        return filtered(super().get_driver_class())

    def get_theme(self, theme_name: str) -> Theme | None:
        """One of our own themes, which Textual asks for before any can be registered, or one of Textual's."""
        return OURS.get(theme_name) or super().get_theme(theme_name)

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Our own themes and Textual's."""
        return {**super().available_themes, **OURS}

    def run_guarded(self, last_words: Callable[[], str]) -> int:
        """Runs until a person leaves or a signal comes; gives the exit status.

        `last_words` is called if the terminal is gone, or nobody reads it; its text is printed if anybody can read it.
        """
        with guarded_terminal(self._leave, last_words):
            status = self.run()
        return status or int(self._has_failed or self.return_code is None)

    def _leave(self, status: int) -> None:
        if self._event_loop is not None:
            self._event_loop.call_soon_threadsafe(self.exit, status)

    def panic(self, *renderables: RenderableType) -> None:
        """Ends the program with an error, also where Textual knows of no exit status: when the input thread fails."""
        log.error("the program ends: %s", " ".join(map(str, renderables)))
        self._has_failed = True
        super().panic(*renderables)

    def _fatal_error(self) -> None:
        """Report an error without the values of local variables, which may be secrets; Textual prints them."""
        log.exception("internal error of the screen: the program ends")  # noqa: LOG004 - Textual calls this in a handler
        self.panic(Text(clean_lines(traceback.format_exc())))
