"""Restore the terminal on exit, and exit if the terminal is gone."""

import asyncio
import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from types import FrameType

from zjobtui.signals import ENDING, JOB_CONTROL, block_job_control, exit_now

FORCED_EXIT_AFTER = 3.0
"""Seconds after a signal or `q` until the process is ended, even if the screen is stuck or a disk does not respond."""

LOOK_EVERY = 1.0
"""Seconds between two looks at the terminal on a platform that does not report its loss."""

LAST_WRITE_LIMIT = 1.0
"""Seconds after which restoring a terminal that accepts no output is given up."""

_PAUSE = 0.05

Attributes = list[int | list[bytes | int]]

_MODES = (1000, 1002, 1003, 1006, 1015, 1016, 2004, 1004, 2048)
_RESTORE = "".join(f"\x1b[?{mode}l" for mode in _MODES) + "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?7h\x1b[0m"
_CANCEL = "\x18"
"""Ends an incomplete escape sequence."""


@contextmanager
def guard_terminal(
    exit_app: Callable[[int], None], on_forced_exit: Callable[[], str]
) -> Iterator[Callable[[int], None]]:
    """End the program on signals and on the loss of the terminal, while the block runs.

    On a signal `exit_app(128 + number)` is called on the main thread; it must return at once. If that does not end the
    block within `FORCED_EXIT_AFTER` seconds, `on_forced_exit` is called on another thread, the terminal is restored,
    the returned text is printed, and the process is ended. The block gets a function that sets the same limit for an
    exit without a signal, with the exit status; the first limit counts.
    """
    has_exited = threading.Event()
    # A handler may interrupt itself: it can start no thread and take no lock, but it can put into this queue.
    limits: SimpleQueue[int] = SimpleQueue()

    def on_signal(number: int, _: FrameType | None) -> None:
        limits.put(128 + number)
        exit_app(128 + number)

    force_exit = partial(_force_exit, limits, has_exited, _terminal_attributes(), on_forced_exit)
    watch = partial(_watch_terminal, has_exited, on_forced_exit)
    with block_job_control():
        threading.Thread(target=force_exit, name="forced exit", daemon=True).start()
        threading.Thread(target=watch, name="terminal", daemon=True).start()
    previous = {number: signal.signal(number, on_signal) for number in ENDING}
    try:
        yield limits.put
    finally:
        has_exited.set()
        limits.put(0)  # ends the thread
        for number, handler in previous.items():
            signal.signal(number, handler)


def suspend_between_steps(loop: asyncio.AbstractEventLoop, on_continue: Callable[[], None]) -> None:
    """Run Textual's handlers of SIGTSTP and SIGCONT in the event loop.

    They write, and if they interrupted another write they would wait forever for a lock that this thread holds. Of
    signals that come before the loop takes them only the newest counts: a program that is resumed does not stop again
    because ctrl+z was pressed several times before. The loop takes them in the order in which they came; Python calls
    handlers by number. `on_continue` is called when the program goes on.
    """
    count = 0

    def take(handler: Callable[[int, FrameType | None], object], number: int, turn: int) -> None:
        if turn == count:
            handler(number, None)
            if number == signal.SIGTSTP:
                on_continue()

    def note(handler: Callable[[int, FrameType | None], object], number: int) -> None:
        nonlocal count
        count += 1
        loop.call_soon(take, handler, number, count)

    for number in JOB_CONTROL:
        handler = signal.getsignal(number)
        if callable(handler):
            loop.add_signal_handler(number, note, handler, number)
    # Print nothing if so many signals come while the loop is busy that one more does not fit into its pipe.
    signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)


def release_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Undo `suspend_between_steps`, before the loop is closed.

    Python writes each signal to a pipe of the loop. Closing the loop closes the pipe first and stops the writing after
    that (`close` in asyncio/unix_events.py): a signal in between prints an error, or is written to a file that another
    thread has opened meanwhile.
    """
    for number in JOB_CONTROL:
        loop.remove_signal_handler(number)


def _terminal_attributes() -> Attributes | None:
    with suppress(termios.error, OSError, ValueError):
        return termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ else None
    return None


def _force_exit(
    limits: "SimpleQueue[int]",
    has_exited: threading.Event,
    attributes: Attributes | None,
    on_forced_exit: Callable[[], str],
) -> None:
    """Wait for the first limit, and end the process if the guarded block does not end within it."""
    status = limits.get()
    if has_exited.wait(FORCED_EXIT_AFTER):
        return
    text = on_forced_exit()
    if has_exited.is_set():  # it has ended meanwhile, and printed what there was to print
        return
    with suppress(OSError, ValueError, termios.error):
        if attributes is not None and sys.__stdin__ is not None:
            termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, attributes)
        _write_last(f"{_RESTORE}\r\n{text}\r\n" if text else _RESTORE)
    exit_now(status)


def _write_last(text: str) -> None:
    """Discard the output that waits for the terminal, and write a text to it.

    The screen's thread may be in the middle of a frame: the rest of it goes to the null device. Stopping and starting
    the output wakes that thread, which holds the terminal's lock as long as its last write waits. CAN ends a sequence
    that was cut.
    """
    screen = sys.__stderr__.fileno() if sys.__stderr__ is not None else 2
    # An open file of our own, since the shell would inherit the non-blocking mode of the one it shares with us.
    try:
        terminal = os.open(os.ttyname(screen), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:  # a terminal of another container has no name here
        terminal = os.dup(screen)
        os.set_blocking(terminal, False)
    os.dup2(os.open(os.devnull, os.O_WRONLY), screen)
    data, ends_at = f"{_CANCEL}{text}".encode(), time.monotonic() + LAST_WRITE_LIMIT
    while time.monotonic() < ends_at:
        termios.tcflush(terminal, termios.TCOFLUSH)
        for action in (termios.TCOOFF, termios.TCOON):
            termios.tcflow(terminal, action)
        time.sleep(_PAUSE)
        termios.tcflush(terminal, termios.TCOFLUSH)
        with suppress(BlockingIOError):
            if os.write(terminal, data) == len(data):
                return


def _watch_terminal(has_exited: threading.Event, on_forced_exit: Callable[[], str]) -> None:
    """Wait until the terminal is gone, and end the process; Textual's input thread would spin forever."""
    wait_for_loss(0, has_exited)
    if not has_exited.is_set():
        on_forced_exit()
        exit_now(128 + signal.SIGHUP)


def wait_for_loss(terminal: int, has_exited: threading.Event) -> None:
    """Return once the terminal with this descriptor is gone, or (except on Linux) once the event is set.

    Linux reports the loss to `poll`. That of macOS does not support terminals (`man 2 poll`) and would report an error
    at once; but the attributes of a terminal that is gone cannot be read.
    """
    if sys.platform == "linux":
        poll = select.poll()
        poll.register(terminal, 0)
        while not poll.poll():
            pass
    else:
        with suppress(termios.error):
            while not has_exited.wait(LOOK_EVERY):
                termios.tcgetattr(terminal)
