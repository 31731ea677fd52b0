"""The ways to ask about a job over HTTP that are held against each other; each signs in first."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import httpx
from httpx_aiohttp import HttpxAiohttpClient

from zjobtui.clock import SystemClock
from zjobtui.config.tenants import environment_tenant
from zjobtui.models.job import JobId
from zjobtui.models.observation import Success
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.transport import Transport

CONNECTIONS = 40

Ask = Callable[[str], Awaitable[None]]
"""Asks about one job, and fails unless the answer is a good one."""


@asynccontextmanager
async def _plain_httpx() -> AsyncIterator[Ask]:
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=CONNECTIONS)) as client:
        yield await _asking_with(client)


@asynccontextmanager
async def _httpx_on_aiohttp() -> AsyncIterator[Ask]:
    async with HttpxAiohttpClient(limits=httpx.Limits(max_connections=CONNECTIONS)) as client:
        yield await _asking_with(client)


async def _asking_with(client: httpx.AsyncClient) -> Ask:
    answer = await client.post(f"{_base_url()}/oauth/token", data=_form())
    client.headers.update(_bearer(answer.json()["access_token"]))

    async def ask(job_id: str) -> None:
        answer = await client.get(f"{_base_url()}/v1/async-jobs/{job_id}")
        assert answer.status_code == 200

    return ask


@asynccontextmanager
async def _bare_aiohttp() -> AsyncIterator[Ask]:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.post(f"{_base_url()}/oauth/token", data=_form()) as answer:
            headers = _bearer((await answer.json())["access_token"])

        async def ask(job_id: str) -> None:
            async with session.get(f"{_base_url()}/v1/async-jobs/{job_id}", headers=headers) as answer:
                await answer.read()
                assert answer.status == 200

        yield ask


@asynccontextmanager
async def _own_client() -> AsyncIterator[Ask]:
    configured = environment_tenant(os.environ)
    assert configured is not None
    client = ZuoraApi(*configured, SystemClock(), Transport(_base_url(), SystemClock()))

    async def ask(job_id: str) -> None:
        assert isinstance(await client.observe(JobId(job_id)), Success)

    try:
        yield ask
    finally:
        await client.aclose()


def _base_url() -> str:
    return os.environ["ZUORA_BASE_URL"]


def _form() -> dict[str, str]:
    client = {"client_id": os.environ["ZUORA_CLIENT_ID"], "client_secret": os.environ["ZUORA_CLIENT_SECRET"]}
    return {**client, "grant_type": "client_credentials"}


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


CLIENTS: Mapping[str, Callable[[], AbstractAsyncContextManager[Ask]]] = {
    "httpx": _plain_httpx,
    "httpx-on-aiohttp": _httpx_on_aiohttp,
    "aiohttp": _bare_aiohttp,
    "own": _own_client,
}
"""By name: three clients that only fetch, and the program's own, which also reads what came."""
