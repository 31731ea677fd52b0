"""Calls that may block, made where they hold up neither the screen nor the end of the program."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


async def off_loop(call: Callable[[], Result]) -> Result:
    """What the call gives or raises; a program that ends does not wait for it, as it would for a pool's thread."""
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
            fault = problem
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result, fault)

    threading.Thread(target=run, name="off loop", daemon=True).start()
    return await done
