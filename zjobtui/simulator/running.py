"""Two ways to run the simulator without an event loop of one's own: beside other work, or alone until stopped."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Unpack

from zjobtui.simulator.server import Options, Simulator


@contextmanager
def running(**options: Unpack[Options]) -> Iterator[Simulator]:
    """Serves on a daemon thread while the block runs; takes and raises what `Simulator` does."""
    simulator = Simulator(**options)
    ready: Future[Callable[[], None]] = Future()
    thread = threading.Thread(target=asyncio.run, args=[_serve(simulator, ready)], name="simulator", daemon=True)
    thread.start()
    try:
        stop = ready.result()
        try:
            yield simulator
        finally:
            stop()
    finally:
        thread.join()


def serve_forever(ready: Callable[[Simulator], None], **options: Unpack[Options]) -> None:
    """Serves in this thread until SIGINT or SIGTERM; calls `ready` once the port is known."""
    asyncio.run(_serve_until_signal(Simulator(**options), ready))


async def _serve(simulator: Simulator, ready: Future[Callable[[], None]]) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    try:
        async with simulator:
            ready.set_result(lambda: _stop(loop, stopped))
            await stopped.wait()
    except Exception as failure:  # raised again in the thread that waits for `ready`
        logging.getLogger(__name__).debug("the simulator ended by an exception", exc_info=True)
        ready.set_exception(failure)


def _stop(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    loop.call_soon_threadsafe(stopped.set)


async def _serve_until_signal(simulator: Simulator, ready: Callable[[Simulator], None]) -> None:
    stopped = asyncio.Event()
    with suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with simulator:
        ready(simulator)
        await stopped.wait()
