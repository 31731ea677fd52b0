"""Base of the applications: terminal restored on exit, own themes, keys in order."""

import asyncio
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from rich.console import RenderableType
from rich.segment import Segment
from rich.text import Text
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.color import Color
from textual.driver import Driver
from textual.events import DescendantFocus, Event, Key, Paste
from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import Theme
from textual.widget import Widget

from zjobtui.formatting.ascii_text import TABLE
from zjobtui.logs import get_logger
from zjobtui.models.text import clean_lines
from zjobtui.signals import exit_now
from zjobtui.ui.key_queue import KeyQueue
from zjobtui.ui.terminal_guard import guard_terminal, release_signals
from zjobtui.ui.terminal_io import driver_with_filter, write
from zjobtui.ui.themes import FEW_COLOURS, OWN_THEMES, Appearance

log = get_logger(__name__)

QUIT_OVERTAKES_AFTER = 16
"""Number of waiting keys from which ctrl+q overtakes them."""

_NO_COLOR = NoColor()


class TerminalApp(App[int]):
    """An application whose result is the exit status."""

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

    def __init__(self, appearance: Appearance) -> None:
        self._has_failed = False
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self.set_reactive(App.theme, appearance.theme)  # before Textual reads the colours of the style sheet
        super().__init__()
        self.animation_level = "none"
        self.set_class(self.console.color_system == "standard", FEW_COLOURS)
        self._last_filters: tuple[LineFilter, ...] = (_AsciiFilter(),) if appearance.is_ascii else ()
        self._key_queue = KeyQueue(self, self._dispatch_key)
        self._continued_at = 0.0
        self._limit_exit: Callable[[int], None] = lambda _: None

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's line filters and our own; without colours Textual would send shades of grey."""
        filters = (
            _NO_COLOR if isinstance(line_filter, Monochrome) else line_filter
            for line_filter in super().get_line_filters()
        )
        return (*filters, *self._last_filters)

    async def on_event(self, event: Event) -> None:
        """Queue keys and pastes, process everything else at once; ctrl+q overtakes many waiting keys."""
        overtakes = isinstance(event, Key) and event.key == "ctrl+q" and self._key_queue.pending > QUIT_OVERTAKES_AFTER
        if isinstance(event, Key | Paste) and not event.is_forwarded and not overtakes:
            await self._key_queue.put(event)
        else:
            await super().on_event(event)

    def on_load(self) -> None:
        """Remember the event loop for signals."""
        self._event_loop = asyncio.get_running_loop()

    def _remember_continuation(self) -> None:
        self._continued_at = time.monotonic()

    async def _dispatch_key(self, event: Event) -> None:
        """Process a key, except ctrl+z from before the last suspension, which would suspend again."""
        if not (isinstance(event, Key) and event.key == "ctrl+z" and event.time < self._continued_at):
            await super().on_event(event)

    def pop_screen(self) -> AwaitComplete:
        """Close a dialog; ignore a second click on a dialog that is already closed, for which Textual would raise."""
        if len(self.screen_stack) <= 1:
            return AwaitComplete()
        dialog, closing = self.screen, super().pop_screen()
        for widget in dialog.walk_children(Widget, with_self=True):
            widget.refresh()  # drop cached output, which Textual keeps for the last 1,024 widgets (250 kB for a dialog)
            if widget.show_vertical_scrollbar:
                widget.vertical_scrollbar.refresh()
        return closing

    def action_redraw(self) -> None:
        """Redraw everything, in case another program wrote to the screen; Textual draws only changes."""
        write(self, "\x1b[2J")
        self._redraw_all()

    def on_driver_signal_resume(self) -> None:
        """Redraw everything; a terminal that is resumed by `fg` shows nothing."""
        self._redraw_all()

    def _redraw_all(self) -> None:
        self.refresh()
        self.refresh(layout=True)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Disable the blinking cursor, which would send bytes all the time."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    def get_driver_class(self) -> type[Driver]:
        """Return the terminal's driver with the input filter."""
        return driver_with_filter(super().get_driver_class(), self._remember_continuation)

    def get_theme(self, theme_name: str) -> Theme | None:
        """Return one of our own themes, which Textual needs before any can be registered, or one of Textual's."""
        return OWN_THEMES.get(theme_name) or super().get_theme(theme_name)

    @property
    def available_themes(self) -> dict[str, Theme]:
        """All themes: our own and Textual's."""
        return {**super().available_themes, **OWN_THEMES}

    def run_guarded(self, on_forced_exit: Callable[[], str], ending: ExitStack) -> int:
        """Run until the user quits or a signal arrives; return the exit status.

        `on_forced_exit` is called if the terminal is gone or not read any more, or if the end takes too long; the text
        that it returns is printed if possible. That and a further signal are handled until the stack `ending` is left.
        """
        self._limit_exit = ending.enter_context(guard_terminal(self._exit_from_signal, on_forced_exit))
        status = asyncio.run(self._run_and_release())
        return status or int(self._has_failed or self.return_code is None)

    async def _run_and_release(self) -> int | None:
        try:
            return await self.run_async()
        finally:
            release_signals(asyncio.get_running_loop())

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End the program; by force if a thread that waits for a disk prevents it."""
        self._limit_exit(result or return_code)
        super().exit(result, return_code, message)

    def _exit_from_signal(self, status: int) -> None:
        if self._event_loop is None:
            exit_now(status)  # nothing has been drawn or polled
            return
        with suppress(RuntimeError):  # the loop has ended, and the program is about to
            self._event_loop.call_soon_threadsafe(self.exit, status)

    def panic(self, *renderables: RenderableType) -> None:
        """End the program with an error status, which Textual does not set after a failure of the input thread."""
        log.error("the program ends: %s", " ".join(map(str, renderables)))
        self._has_failed = True
        self._limit_exit(1)
        super().panic(*renderables)

    def _fatal_error(self) -> None:
        """Report an error without the values of local variables, which Textual prints and which may be secrets."""
        log.exception("internal error of the screen: the program ends")  # noqa: LOG004 - Textual calls this in a handler
        self.panic(Text(clean_lines(traceback.format_exc())))


class _AsciiFilter(LineFilter):
    """ASCII output: the last filter of a line before it is sent replaces each glyph by one of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """Return the same cells in ASCII; letters of texts from outside are not changed."""
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(TABLE), segment.style, segment.control)
            for segment in segments
        ]
