"""What Textual has no public interface for: writing to the terminal, and a filter before the parser of keys.

The private names of Textual in the whole package are `App._driver` here and `App._fatal_error` in `terminal_app.py`.
"""

import os
import threading
import time
import traceback
from collections import deque
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
from zjobtui.ui.input_filter import InputFilter
from zjobtui.ui.input_outlet import Output

log = get_logger(__name__)

_PASTE = b"\x1b[200~.\x1b[201~"
"""Stands in the pipe for a paste, whose text goes beside it: Textual's parser takes seconds for a megabyte."""

_READ_SIZE = 1 << 16

_MOUSE_ON, _MOUSE_OFF = "\x1b[?1000h\x1b[?1003h", "\x1b[?1003l\x1b[?1000l"
"""Begin and end reports of the mouse; the format of the reports stays as Textual has chosen it."""


def write(app: App[Any], sequence: str) -> bool:
    """Write an escape sequence to the terminal between two frames; return whether there is a terminal."""
    driver = app._driver  # noqa: SLF001 - Textual has no public way to write to the terminal
    if driver is not None:
        driver.write(sequence)
    return driver is not None


def share_mouse(app: App[Any], *, is_ours: bool) -> None:
    """Take the mouse, or leave it to the terminal."""
    write(app, _MOUSE_ON if is_ours else _MOUSE_OFF)


class FilteredDriver(LinuxDriver):
    """Textual's driver for terminals, which reads a pipe that is fed by an `InputFilter`."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._application = app

    @property
    def fileno(self) -> int:
        """The file to read: for Textual's reader the pipe, for everybody else the terminal."""
        return int(getattr(self._own, "fileno", self._terminal))

    @fileno.setter
    def fileno(self, number: int) -> None:
        self._terminal = number
        self._own = threading.local()
        self._pastes: deque[str] = deque()
        self._filter = InputFilter()
        """Outlives a suspension: a paste under way goes on after it, and its rest must not run as keys."""

    def run_input_thread(self) -> None:
        """Reads until the program ends or is suspended."""
        pipe, inlet = os.pipe()
        ending, end = os.pipe()
        os.set_blocking(inlet, False)
        feeder = threading.Thread(target=self._feed_guarded, args=(inlet, ending), name="input filter", daemon=True)
        self._own.fileno = pipe
        feeder.start()
        try:
            super().run_input_thread()
        finally:
            os.write(end, b".")
            feeder.join()
            for file in (pipe, inlet, ending, end):
                os.close(file)

    def stop_application_mode(self) -> None:
        """Leaves the terminal as it was found; Textual leaves the mouse in pixels if it has asked for them.

        Input ends first: an answer of the terminal that is read meanwhile would switch its mode on again.
        """
        self.disable_input()
        self.write("\x1b[?1016l")
        super().stop_application_mode()

    def process_message(self, message: Message) -> None:
        """Puts in the text of a paste."""
        if isinstance(message, Paste):
            message = Paste(self._pastes.popleft())
        super().process_message(message)

    def _feed_guarded(self, inlet: int, ending: int) -> None:
        try:
            self._feed(inlet, ending)
        except Exception:  # without keys nobody could leave the program, so that it ends
            log.exception("keys cannot be read: the program ends")
            report = Text(clean_lines(traceback.format_exc()))
            self._application.call_later(self._application.panic, report)

    def _feed(self, inlet: int, ending: int) -> None:
        """Hands on what the filter lets pass, until the end or the loss of the terminal."""
        terminal, passing = self._terminal, self._filter
        waiting, self._pastes = list(self._pastes), deque()  # their places were in the pipe before the suspension
        self._hand_on([*waiting], inlet, ending)
        while True:
            due = passing.due()
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
            if not self._hand_on(passing.feed(data, now) if data else passing.tick(now), inlet, ending):
                return

    def _hand_on(self, passed: list[Output], inlet: int, ending: int) -> bool:
        """Writes to the pipe as Textual reads; gives whether the end has not come."""
        for one in passed:
            if isinstance(one, str):
                self._pastes.append(one)
            rest = _PASTE if isinstance(one, str) else one
            while rest:
                _, writable, _ = select((), (inlet,), (), 0)
                if not writable and select((ending,), (inlet,), ())[0]:
                    return False
                with suppress(BlockingIOError):
                    rest = rest[os.write(inlet, rest) :]
        return True


def filtered(base: type[Driver]) -> type[Driver]:
    """The driver with the input filter; `base` itself where that reads no terminal."""
    return FilteredDriver if base is LinuxDriver else base
