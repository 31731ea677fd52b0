"""A real client for a test server, and a check that it leaves nothing behind when it is closed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.building import job_id
from tests.support.fault_server import FaultServer
from zjobtui.clock import Clock, SystemClock
from zjobtui.models.observation import Failure, Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant import ClientCredentials, Credentials, Secret, Tenant
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.transport import Transport

JOB = job_id()
_TURNS = 5
"""Iterations of the event loop in which unfinished generators end."""

CREDENTIALS = ClientCredentials("client-1", Secret("secret-1"))


@asynccontextmanager
async def open_client(
    base_url: str,
    *,
    limit: float = 8.0,
    connect_limit: float = 5.0,
    clock: Clock | None = None,
    credentials: Credentials = CREDENTIALS,
) -> AsyncIterator[ZuoraApi]:
    """A client with short limits; it leaves no task behind."""
    before = asyncio.all_tasks()
    tenant = Tenant(name="env", base_url=base_url)
    clock = clock or SystemClock()
    transport = Transport(base_url, clock, total_limit=limit, connect_limit=connect_limit)
    client = ZuoraApi(tenant, credentials, clock, transport)
    try:
        yield client
    finally:
        await client.aclose()
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


def kinds(observations: list[Observation]) -> list[ProblemKind | None]:
    """The problems of calls, None for a good response."""
    return [observation.problem.kind if isinstance(observation, Failure) else None for observation in observations]


async def storm(client: ZuoraApi, calls: int) -> list[ProblemKind | None]:
    """So many calls at once."""
    return kinds(await asyncio.gather(*(client.observe(JOB) for _ in range(calls))))


async def no_connection_left(server: FaultServer, seconds: float = 5.0) -> None:
    """Return when the server sees every connection closed; fail if one stays open."""
    end = time.monotonic() + seconds
    while server.open_connections:
        assert time.monotonic() < end, f"{server.open_connections} connections were leaked"
        await asyncio.sleep(0.005)
