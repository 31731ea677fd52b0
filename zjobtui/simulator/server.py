"""The simulator as a server on loopback."""

import asyncio
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self, TypedDict, Unpack

from aiohttp import web
from msgspec.structs import replace

from zjobtui.simulator.auth import LIFETIME, Credentials, Tokens
from zjobtui.simulator.faults import Faults
from zjobtui.simulator.limits import PRODUCTION, Limits
from zjobtui.simulator.middleware import FaultMiddleware, LimitMiddleware, Requests
from zjobtui.simulator.operations import OperationJobs
from zjobtui.simulator.related import RelatedObjects, RelatedService
from zjobtui.simulator.routes import Jobs, Service
from zjobtui.simulator.world import World

HOST = "127.0.0.1"
LARGEST_BODY = 16 * 2**20
"""Bytes of a posted order at most: 300 subscriptions fit easily."""
_PATIENCE = 0.05
"""Seconds that running calls get when the simulator stops."""
_TURNS = 4
"""Iterations that asyncio needs to pass an accepted connection to its protocol, and one more."""


class Options(TypedDict, total=False):
    """The fields of `Simulator`, for functions that pass them on."""

    seed: int
    jobs: int
    port: int
    faults: str
    clock: Callable[[], float]
    limits: Limits


@dataclass(kw_only=True)
class Simulator:
    """A tenant with `jobs` jobs at its start, served by `async with` in the caller's event loop until the block ends.

    `port` 0 is any free one. `faults` has switches for `Faults.parse`, which raises `ValueError` for an invalid one.
    `clock` returns seconds and may stand still or jump; the world starts when the block is entered, which raises
    `OSError` if the port is in use.
    """

    seed: int = 0
    jobs: int = 40
    port: int = 0
    faults: str = ""
    clock: Callable[[], float] = time.monotonic
    limits: Limits = PRODUCTION

    def __post_init__(self) -> None:
        faults = Faults.parse(self.faults)
        self._started: float | None = None
        self._credentials = Credentials.of(self.seed)
        self._operations = OperationJobs(self.seed)
        self._jobs = Jobs(World(self.seed, self.jobs), self._operations.ids)
        self._limiter = LimitMiddleware(
            self.seed, replace(self.limits, second=faults.rate or self.limits.second), self._now
        )
        tokens = Tokens(self.seed, LIFETIME if faults.token is None else faults.token)
        app = web.Application(
            middlewares=[web.middleware(self._limiter), web.middleware(FaultMiddleware(faults, self.seed, self._now))],
            client_max_size=LARGEST_BODY,
        )
        service = Service(self._jobs, self._credentials, tokens, self._now)
        related = RelatedService(
            RelatedObjects(self._jobs.ended),
            self._operations,
            service.check_token,
            self._now,
            off=faults.off,
            forbidden=faults.forbidden,
        )
        app.add_routes([*service.routes(), *related.routes()])
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_PATIENCE)

    @property
    def base_url(self) -> str:
        """The URL of the server, `http://127.0.0.1:PORT`; the port is known once the block is entered."""
        return f"http://{HOST}:{self.port}"

    @property
    def client_id(self) -> str:
        """The id of the OAuth client, 36 characters; the same for the same seed."""
        return self._credentials.client_id

    @property
    def client_secret(self) -> str:
        """The secret of the OAuth client; the same for the same seed."""
        return self._credentials.client_secret

    @property
    def job_ids(self) -> tuple[str, ...]:
        """The ids of the first jobs, including one that Zuora does not know, then those of posted jobs."""
        return self._jobs.ids

    @property
    def operation_job_ids(self) -> tuple[str, ...]:
        """The ids of operation jobs, which are not among `job_ids`."""
        return self._operations.ids

    @property
    def requests(self) -> Requests:
        """Counts of all calls so far."""
        return self._limiter.requests

    @property
    def elapsed(self) -> float:
        """Seconds since the start of the world; 0 before it."""
        return self._now()

    async def __aenter__(self) -> Self:
        self._socket = socket.create_server((HOST, self.port))
        self.port = self._socket.getsockname()[1]
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()
        self._started = self.clock()
        return self

    async def __aexit__(self, *_: object) -> None:
        # aiohttp closes the connections that it knows: a connection that was just accepted must reach it first.
        asyncio.get_running_loop().remove_reader(self._socket)
        for _turn in range(_TURNS):
            await asyncio.sleep(0)
        await self._runner.cleanup()

    def _now(self) -> float:
        return 0.0 if self._started is None else self.clock() - self._started


@contextmanager
def running(**options: Unpack[Options]) -> Iterator[Simulator]:
    """Serve on a daemon thread during the block; takes the arguments of `Simulator` and raises its errors."""
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
    """Serve in this thread until SIGINT or SIGTERM; call `ready` once the port is known."""
    asyncio.run(_serve_until_signal(Simulator(**options), ready))


async def _serve(simulator: Simulator, ready: Future[Callable[[], None]]) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    try:
        async with simulator:
            ready.set_result(lambda: _stop(loop, stopped))
            await stopped.wait()
    except Exception as error:  # raised again in the thread that waits for `ready`
        logging.getLogger(__name__).debug("the simulator ended by an exception", exc_info=True)
        ready.set_exception(error)


def _stop(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    loop.call_soon_threadsafe(stopped.set)


async def _serve_until_signal(simulator: Simulator, ready: Callable[[Simulator], None]) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    # Handlers of the loop would leave the default ones behind, and print an error if a signal comes while it closes.
    stop = partial(_stop, loop, stopped)
    previous = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        async with simulator:
            ready(simulator)
            await stopped.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
