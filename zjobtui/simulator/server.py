"""The simulated tenant on a loopback socket, wired together; the one place of the simulator that reads a clock."""

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self, TypedDict

from aiohttp import web

from zjobtui.simulator.faults import Faults
from zjobtui.simulator.gate import Gate, Requests
from zjobtui.simulator.jobs import Jobs
from zjobtui.simulator.limits import PRODUCTION, Limits
from zjobtui.simulator.service import Service
from zjobtui.simulator.signing import LIFETIME, Credentials, Tokens
from zjobtui.simulator.spoiling import Spoiling
from zjobtui.simulator.world import World

HOST = "127.0.0.1"
LARGEST_BODY = 16 * 2**20
"""Bytes of a posted order: 300 subscriptions fit easily."""
_PATIENCE = 0.05
"""Seconds that answers under way get when the simulator stops."""
_TURNS = 4
"""Turns of the loop that asyncio needs to hand an accepted connection to its protocol, with one to spare."""


class Options(TypedDict, total=False):
    """The fields of `Simulator`, for those who pass them on."""

    seed: int
    jobs: int
    port: int
    faults: str
    clock: Callable[[], float]
    limits: Limits


@dataclass(kw_only=True)
class Simulator:
    """A tenant with `jobs` jobs at its start, served by `async with` in the caller's event loop until the block ends.

    `port` 0 takes any free one. `faults` holds switches as `Faults.parse` reads them; a bad one raises `ValueError`.
    `clock` gives seconds and may stand still or jump; the world starts when the block is entered, which raises
    `OSError` when the port is taken.
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
        self._jobs = Jobs(World(self.seed, self.jobs))
        self._gate = Gate(self.seed, replace(self.limits, second=faults.rate or self.limits.second), self._now)
        tokens = Tokens(self.seed, LIFETIME if faults.token is None else faults.token)
        app = web.Application(
            middlewares=[web.middleware(self._gate), web.middleware(Spoiling(faults, self.seed, self._now))],
            client_max_size=LARGEST_BODY,
        )
        app.add_routes(Service(self._jobs, self._credentials, tokens, self._now).routes())
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_PATIENCE)

    @property
    def base_url(self) -> str:
        """Where it listens, as `http://127.0.0.1:PORT`; the port is known once the block is entered."""
        return f"http://{HOST}:{self.port}"

    @property
    def client_id(self) -> str:
        """The id to sign in with, 36 characters; the same for the same seed."""
        return self._credentials.client_id

    @property
    def client_secret(self) -> str:
        """The secret to sign in with; the same for the same seed."""
        return self._credentials.client_secret

    @property
    def job_ids(self) -> tuple[str, ...]:
        """The ids at the start, the one that Zuora does not know among them, then those posted since."""
        return self._jobs.ids

    @property
    def requests(self) -> Requests:
        """Every call so far."""
        return self._gate.requests

    @property
    def elapsed(self) -> float:
        """Seconds since the world's start; 0 before it."""
        return self._now()

    async def __aenter__(self) -> Self:
        self._socket = socket.create_server((HOST, self.port))
        self.port = self._socket.getsockname()[1]
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()
        self._started = self.clock()
        return self

    async def __aexit__(self, *_: object) -> None:
        # aiohttp closes the connections that it knows of: one that was accepted a moment ago must reach it first.
        asyncio.get_running_loop().remove_reader(self._socket)
        for _turn in range(_TURNS):
            await asyncio.sleep(0)
        await self._runner.cleanup()

    def _now(self) -> float:
        return 0.0 if self._started is None else self.clock() - self._started
