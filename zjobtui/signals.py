"""SIGINT, SIGTERM and SIGHUP end the program quietly with 128 and their number, at any moment and with its children.

Python's own handler of SIGINT raises `KeyboardInterrupt` wherever the program is, also in imports and callbacks, which
print it. So signals end the process at once; only code that must undo something before lets them raise.
"""

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from math import inf
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
"""The signals that end the program, unless they were ignored when it started, as under `nohup`."""

JOB_CONTROL = tuple(signal.Signals[name] for name in ("SIGTSTP", "SIGCONT") if hasattr(signal, name))
"""The signals that suspend and resume the program."""

STUCK_LIMIT = 8.0
"""Seconds after a signal in which a command must have ended, whatever it waits for; the monitor has its own limit."""

LAST_CALLS_LIMIT = 1.0
"""Seconds for what `before_exit` has collected, when the process ends at its limit."""

RELEASE_LIMIT = 3.0
"""Seconds after a signal in which a further one does not disturb a command that releases what it holds."""

Handler = Callable[[int, FrameType | None], object] | signal.Handlers

_calls: list[Callable[[], object]] = []


def before_exit(call: Callable[[], object]) -> None:
    """Call this when the process exits, however that happens; it must be quick and may not raise."""
    atexit.register(call)
    _calls.append(call)


def forget(call: Callable[[], object]) -> None:
    """Undo `before_exit`."""
    atexit.unregister(call)
    with suppress(ValueError):
        _calls.remove(call)


def exit_now(status: int) -> None:
    """End the process without unwinding: only what `before_exit` has collected is done."""
    for call in tuple(_calls):
        call()
    os._exit(status)


def exit_within(seconds: float, status: int) -> None:
    """End the process with this status if it has not ended by itself after `seconds`.

    Python waits at its end for the threads of executors, which may wait for a disk or a name server that does not
    respond.
    """
    _on_thread(partial(_exit_after, seconds, status), "exit limit")


def _exit_after(seconds: float, status: int) -> None:
    """End the process after `seconds`, even if what is to be printed before that waits for a reader."""
    time.sleep(seconds)
    _on_thread(partial(_end_after, LAST_CALLS_LIMIT, status), "last limit")
    exit_now(status)


def _end_after(seconds: float, status: int) -> None:
    time.sleep(seconds)
    os._exit(status)


def _on_thread(target: Callable[[], object], name: str) -> None:
    with block_job_control(), suppress(RuntimeError):  # the system has no thread left
        threading.Thread(target=target, name=name, daemon=True).start()


@contextmanager
def block_job_control() -> Iterator[None]:
    """Block the signals that suspend and resume the program, in this thread and in those that it starts in the block.

    What is started before the screen must block them: a signal that is blocked in the main thread alone is delivered to
    another one, and Python then runs its handler in the main thread all the same.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, JOB_CONTROL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def exit_on_signals() -> None:
    """Let the signals end the process at once, from now on.

    At its end Python sets the default action again, by which one more signal would change the exit status, unless a
    signal is ignored; the first function registered is the last one called.
    """
    _set_handlers(lambda number, _: exit_now(128 + number))
    atexit.register(_set_handlers, signal.SIG_IGN)
    numbers, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    _on_thread(partial(_exit_if_stuck, numbers), "signals")


def _exit_if_stuck(numbers: int) -> None:
    """End the process some seconds after a signal: handlers of Python do not run while a disk does not respond."""
    number = 0
    while number not in ENDING:
        number = os.read(numbers, 1)[0]
    _exit_after(STUCK_LIMIT, 128 + number)


@contextmanager
def raise_on_signals() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Raise `KeyboardInterrupt` with the exit status in the block, once, so that it can release what it holds.

    A further signal is ignored, but ends the process if `RELEASE_LIMIT` seconds have passed. The block gets a function
    that returns a context in which nothing is raised; the signal takes effect after it. It must be short.
    """
    is_held, status, raised_at = False, 0, inf

    def interrupt(number: int, _: FrameType | None) -> None:
        nonlocal status, raised_at
        if raised_at == inf:
            status = status or 128 + number
            if not is_held:
                raised_at = time.monotonic()
                raise KeyboardInterrupt(status)
        elif time.monotonic() - raised_at > RELEASE_LIMIT:
            exit_now(status)

    @contextmanager
    def hold() -> Iterator[None]:
        nonlocal is_held, raised_at
        is_held = True
        try:
            yield
        finally:
            is_held = False
        if status and raised_at == inf:
            raised_at = time.monotonic()
            raise KeyboardInterrupt(status)

    with _handlers(interrupt):
        yield hold


@contextmanager
def ignore_signals() -> Iterator[None]:
    """Ignore the signals in the block, which must be short: the program is ending already."""
    with _handlers(lambda *_: None):
        yield


@contextmanager
def _handlers(handler: Handler) -> Iterator[None]:
    """Use a handler in the block; only the main thread can, elsewhere nothing changes."""
    previous = _set_handlers(handler) if threading.current_thread() is threading.main_thread() else {}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


def _set_handlers(handler: Handler) -> dict[signal.Signals, "signal._HANDLER"]:
    """Set the handler of all signals that are not ignored, and return the previous ones."""
    handled = (number for number in ENDING if signal.getsignal(number) not in {signal.SIG_IGN, None})
    return {number: signal.signal(number, handler) for number in handled}
