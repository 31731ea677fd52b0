"""Run blocking calls on a daemon thread that does not hold up the screen or the exit of the program."""

import asyncio
import atexit
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from zjobtui.logs import get_logger

log = get_logger(__name__)

LAST_WAIT = 1.0
"""Seconds for which the exit of the program waits: Python must not end while a thread is loading a library."""

T = TypeVar("T")


async def run_on_daemon_thread(call: Callable[[], T]) -> T:
    """Return or raise what the call does; the exit of the program waits at most `LAST_WAIT` seconds for it.

    What would end the event loop, or cannot be raised in a coroutine, is raised as a `RuntimeError`.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, fault: Exception | None) -> None:
        if done.done():
            return
        if fault is not None:
            done.set_exception(fault)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # may be None if the call returns None

    def run() -> None:
        result: T | None = None
        fault: Exception | None = None
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
            log.debug("%s: %s, raised where the result is awaited", type(error).__name__, error)
            fault = RuntimeError(f"{type(error).__name__}: {error}")
            if isinstance(error, Exception) and not isinstance(error, StopIteration):
                fault = error
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result, fault)
        atexit.unregister(last_wait)

    thread = threading.Thread(target=run, name="off loop", daemon=True)
    last_wait = partial(thread.join, LAST_WAIT)
    atexit.register(last_wait)
    try:
        thread.start()
    except RuntimeError:  # the system has no thread left
        atexit.unregister(last_wait)
        raise
    return await done
