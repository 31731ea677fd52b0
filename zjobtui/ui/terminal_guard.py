"""Keeps the promise to leave a terminal as it was found, and not to outlive one that is gone."""

import asyncio
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

LAST_RESORT = 3.0
"""Seconds after a signal until the program ends without the screen's help, when that is stuck writing."""

Attributes = list[int | list[bytes | int]]

_MODES = (1000, 1002, 1003, 1006, 1015, 1016, 2004, 1004, 2048)
_RESTORE = "".join(f"\x1b[?{mode}l" for mode in _MODES) + "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@contextmanager
def guarded_terminal(leave: Callable[[int], None], last_words: Callable[[], str]) -> Iterator[None]:
    """While the block runs, signals end the program by `leave(128 + number)`, and so does the loss of the terminal.

    `leave` is called on the main thread, between two steps of whatever runs there, and must return at once. When it
    does not lead out of the block within `LAST_RESORT` seconds, `last_words` is called on another thread, the terminal
    is put back, the text that it returned is printed, and the process ended.
    """
    attributes = _attributes()
    has_left = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        _end_later(has_left, 128 + number, attributes, last_words)
        leave(128 + number)

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    watcher = threading.Thread(target=_watch_hang_up, args=(has_left, last_words), name="terminal", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        has_left.set()
        for number, handler in before.items():
            signal.signal(number, handler)


def suspend_between_steps(loop: asyncio.AbstractEventLoop) -> None:
    """Lets the loop do what Textual does within the handlers of SIGTSTP and SIGCONT.

    There it writes, and where that interrupts another write it waits for ever for a lock that it holds itself.
    """
    for number in (signal.SIGTSTP, signal.SIGCONT):
        handler = signal.getsignal(number)
        if callable(handler):
            signal.signal(number, partial(_call_soon, loop, handler))


def _call_soon(
    loop: asyncio.AbstractEventLoop, handler: Callable[[int, FrameType | None], object], number: int, _: object
) -> None:
    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(handler, number, None)


def _attributes() -> Attributes | None:
    with suppress(termios.error, OSError, ValueError):
        return termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ else None
    return None


def _end_later(
    has_left: threading.Event, status: int, attributes: Attributes | None, last_words: Callable[[], str]
) -> None:
    def end() -> None:
        if has_left.wait(LAST_RESORT):
            return
        text = last_words()
        with suppress(OSError, ValueError, termios.error):
            if attributes is not None and sys.__stdin__ is not None:
                termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, attributes)
            os.set_blocking(2, False)
            os.write(2, f"{_RESTORE}\r\n{text}\r\n".encode() if text else _RESTORE.encode())
        os._exit(status)

    threading.Thread(target=end, name="last resort", daemon=True).start()


def _watch_hang_up(has_left: threading.Event, last_words: Callable[[], str]) -> None:
    """Sleeps until the terminal is gone; without it the reader of keys would spin for ever."""
    poll = select.poll()
    poll.register(0, 0)
    while not poll.poll():
        pass
    if not has_left.is_set():
        last_words()
        os._exit(128 + signal.SIGHUP)
