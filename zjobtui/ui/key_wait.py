"""Lets the thread that reads keys sleep until there are any; Textual's own wakes ten times a second."""

import os
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from select import select
from typing import TYPE_CHECKING, Any

from textual._time import get_time
from textual._xterm_parser import XTermParser

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.message import Message


class Ending(threading.Event):
    """The event that ends a reader, also while that sleeps: `waker` can be read from then on."""

    def __init__(self) -> None:
        super().__init__()
        self.waker, self._wake = os.pipe()

    def set(self) -> None:
        """Ends the reader."""
        super().set()
        os.write(self._wake, b"\0")

    def clear(self) -> None:
        """Lets a next reader begin."""
        while select((self.waker,), (), (), 0)[0]:
            os.read(self.waker, 1)
        super().clear()


def sleeping(base: "type[Driver]") -> "type[Driver]":
    """A driver like `base` whose reader of keys sleeps; `base` itself where that has no such reader."""
    from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415 - it is there where Textual has chosen it

    if not issubclass(base, LinuxDriver):
        return base

    class Sleeping(base):  # type: ignore[misc, valid-type]  # which one is known only when the program runs
        """Reads keys when there are any."""

        def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as the driver takes them
            super().__init__(*args, **options)
            self.exit_event: Ending = Ending()

        def run_input_thread(self) -> None:
            """Reads until the event is set."""
            read_keys(self.fileno, self.exit_event, XTermParser(self._debug), self.process_message)

    return Sleeping


def read_keys(keys: int, ending: Ending, parser: XTermParser, tell: "Callable[[Message], None]") -> None:
    """Tells what comes from the file `keys`, until the end.

    It wakes without a key only while an escape is to be told from the beginning of a sequence.
    """
    decode = getincrementaldecoder("utf-8")(errors="replace").decode
    while not ending.is_set():
        undecided = parser._timeout_time  # noqa: SLF001 - Textual has no other way to know
        wait = None if undecided is None else max(undecided - get_time(), 0.0)
        if keys in select((keys, ending.waker), (), (), wait)[0]:
            data = b""
            with suppress(OSError):  # the terminal is gone
                data = os.read(keys, 4_096)
            if not data:
                return
            if text := decode(data):
                _tell(parser.feed(text), tell)
        _tell(parser.tick(), tell)


def _tell(messages: "Any", tell: "Callable[[Message], None]") -> None:  # noqa: ANN401 - Textual's own iterables
    for message in messages:
        tell(message)
