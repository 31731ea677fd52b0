"""Access to the terminal that Textual has no public interface for: writing, and a filter before its key parser.

The package uses only two private names of Textual: `App._driver` here and `App._fatal_error` in `terminal_app.py`.
"""

import asyncio
import os
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from select import select
from typing import Any

from rich.text import Text
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Paste
from textual.message import Message

from zjobtui.logs import get_logger
from zjobtui.models.text import clean_lines
from zjobtui.signals import block_job_control
from zjobtui.ui.input_filter import InputFilter
from zjobtui.ui.input_outlet import Output
from zjobtui.ui.terminal_guard import suspend_between_steps

log = get_logger(__name__)

_PASTE = b"\x1b[200~.\x1b[201~"
"""Placeholder in the pipe for a paste; its text goes another way: Textual's parser needs seconds for a megabyte."""

_READ_SIZE = 1 << 16

_MOUSE_ON, _MOUSE_OFF = "\x1b[?1000h\x1b[?1003h", "\x1b[?1003l\x1b[?1000l"
"""Start and stop mouse reports; the format of the reports stays as set by Textual."""


def write(app: App[Any], sequence: str) -> bool:
    """Write an escape sequence to the terminal between two frames; return whether there is a terminal."""
    driver = app._driver  # noqa: SLF001 - Textual has no public way to write to the terminal
    if driver is not None:
        driver.write(sequence)
    return driver is not None


def set_mouse(app: App[Any], *, enabled: bool) -> None:
    """Turn mouse reports on or off."""
    write(app, _MOUSE_ON if enabled else _MOUSE_OFF)


class FilteredDriver(LinuxDriver):
    """Textual's terminal driver, reading from a pipe that an `InputFilter` feeds."""

    _on_continue: Callable[[], None]
    """Called when the program goes on after a suspension."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        self._application = app
        self._has_started = False
        # Until they run in the loop, Textual's handlers may not run: they would interrupt each other.
        with block_job_control():
            super().__init__(app, debug=debug, mouse=mouse, size=size)
            suspend_between_steps(asyncio.get_running_loop(), self._on_continue)

    @property
    def fileno(self) -> int:
        """The file to read: the pipe for Textual's input thread, the terminal for all other threads."""
        return int(getattr(self._own, "fileno", self._terminal))

    @fileno.setter
    def fileno(self, number: int) -> None:
        self._terminal = number
        self._own = threading.local()
        self._pastes: deque[str] = deque()
        self._filter = InputFilter()
        """Kept while suspended: a paste may continue after it, and its rest must not run as keys."""

    def run_input_thread(self) -> None:
        """Read input until the program ends or is suspended."""
        pipe, pipe_in = os.pipe()
        ending, end = os.pipe()
        os.set_blocking(pipe_in, False)
        feeder = threading.Thread(target=self._feed_guarded, args=(pipe_in, ending), name="input filter", daemon=True)
        self._own.fileno = pipe
        feeder.start()
        try:
            super().run_input_thread()
        finally:
            os.write(end, b".")
            feeder.join()
            for file in (pipe, pipe_in, ending, end):
                os.close(file)

    def start_application_mode(self) -> None:
        """Prepare the terminal, once: a second time its prepared state would be remembered as the one to restore.

        In the background Textual stops the process instead, and the next signal to continue starts again.
        """
        if not self._has_started and self._application.return_code is None:  # not after the end
            is_foreground = _is_in_foreground(self._terminal)
            super().start_application_mode()  # type: ignore[no-untyped-call]
            self._has_started = is_foreground

    def stop_application_mode(self) -> None:
        """Restore the terminal, if it was prepared; Textual leaves the mouse in pixel mode if it has requested that.

        Input ends first: a response of the terminal that is read meanwhile would turn the mode on again.
        """
        if not self._has_started:
            return
        self._has_started = False
        self.disable_input()
        self.write("\x1b[?1016l")
        super().stop_application_mode()

    def process_message(self, message: Message) -> None:
        """Insert the text of a paste."""
        if isinstance(message, Paste):
            message = Paste(self._pastes.popleft())
        super().process_message(message)

    def _feed_guarded(self, pipe_in: int, ending: int) -> None:
        try:
            self._feed(pipe_in, ending)
        except Exception:  # without keys the user could not quit, so end the program
            log.exception("keys cannot be read: the program ends")
            report = Text(clean_lines(traceback.format_exc()))
            self._application.call_later(self._application.panic, report)

    def _feed(self, pipe_in: int, ending: int) -> None:
        """Pass on filtered input until the end or the loss of the terminal."""
        terminal, input_filter = self._terminal, self._filter
        waiting, self._pastes = list(self._pastes), deque()  # their placeholders were in the pipe before the suspension
        self._forward([*waiting], pipe_in, ending)
        while True:
            due = input_filter.due()
            wait = None if due is None else max(due - time.monotonic(), 0.0)
            ready = select((terminal, ending), (), (), wait)[0]
            if ending in ready:
                return
            data = b""
            if terminal in ready:
                with suppress(OSError):  # the terminal is gone
                    data = os.read(terminal, _READ_SIZE)
                if not data:
                    return
            now = time.monotonic()
            if not self._forward(input_filter.feed(data, now) if data else input_filter.tick(now), pipe_in, ending):
                return

    def _forward(self, outputs: list[Output], pipe_in: int, ending: int) -> bool:
        """Write to the pipe as fast as Textual reads; return False at the end."""
        for output in outputs:
            if isinstance(output, str):
                self._pastes.append(output)
            rest = _PASTE if isinstance(output, str) else output
            while rest:
                _, writable, _ = select((), (pipe_in,), (), 0)
                if not writable and select((ending,), (pipe_in,), ())[0]:
                    return False
                with suppress(BlockingIOError):
                    rest = rest[os.write(pipe_in, rest) :]
        return True


def _is_in_foreground(terminal: int) -> bool:
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # without job control nothing is in the background
        return True


def driver_with_filter(base: type[Driver], on_continue: Callable[[], None]) -> type[Driver]:
    """Return the driver with the input filter; `base` itself if it is not a terminal driver.

    `on_continue` is called when the program goes on after a suspension.
    """
    members = {"_on_continue": staticmethod(on_continue)}
    return type("FilteredDriver", (FilteredDriver,), members) if base is LinuxDriver else base
