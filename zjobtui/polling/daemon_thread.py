"""Calls that may block, made where they hold up neither the screen nor the end of the program."""

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
"""Seconds that the end of the program waits: Python must not end under a thread that is loading a library."""

Result = TypeVar("Result")


async def run_on_daemon_thread(call: Callable[[], Result]) -> Result:
    """What the call gives or raises; a program that ends waits for it no longer than a moment."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, fault: Exception | None) -> None:
        if done.done():
            return
        if fault is not None:
            done.set_exception(fault)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # the call's own, None included

    def run() -> None:
        result, fault = None, None
        try:
            result = call()
        except Exception as problem:  # noqa: BLE001 - it is raised where the call is waited for
            log.debug("%s: %s, raised where the result is awaited", type(problem).__name__, problem)
            fault = problem
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result, fault)
        atexit.unregister(last_wait)

    thread = threading.Thread(target=run, name="off loop", daemon=True)
    last_wait = partial(thread.join, LAST_WAIT)
    atexit.register(last_wait)
    thread.start()
    return await done
