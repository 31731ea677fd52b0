"""Calls to an https host behind a working proxy: its credentials, its certificates, and exempt hosts."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.certificates import CERTIFICATE_BEHIND_PROXY
from tests.faults.test_proxies import HOST, run_program
from tests.support.answers import Answer, not_found
from tests.support.behaviours import Silence
from tests.support.building import job_id
from tests.support.fault_server import FaultServer, fault_server
from tests.support.program import PROGRAM
from tests.support.proxy_server import Tunnels, proxy_server
from tests.support.scripts import Script
from tests.support.terminal import Terminal
from zjobtui.clock import SystemClock
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant import BearerToken, Secret, Tenant
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.proxy import find_route
from zjobtui.zuora.transport import Transport

FAILED = Answer.of({"success": True, "status": "Failed"})
NAME = HOST.removeprefix("https://")


@asynccontextmanager
async def behind(
    script: Script = None, *, user: str = "", password: str = "", status: int = 200
) -> AsyncIterator[tuple[Tunnels, FaultServer]]:
    """A proxy in front of a host with this script; yields both."""
    with fault_server(script, certificate=CERTIFICATE_BEHIND_PROXY) as server:
        async with proxy_server(server.port, user, password, status) as tunnels:
            yield tunnels, server


async def call(proxy: str, **variables: str) -> list[Observation]:
    """Two calls through the proxy."""
    transport = Transport(HOST, SystemClock(), find_route(HOST, {"HTTPS_PROXY": proxy, **variables}))
    client = ZuoraApi(Tenant(name="env", base_url=HOST), BearerToken(Secret("token-1")), SystemClock(), transport)
    try:
        return [await client.observe(job_id()) for _ in range(2)]
    finally:
        await client.aclose()


@pytest.fixture
def own_ca(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE_BEHIND_PROXY))


@pytest.mark.usefixtures("own_ca")
@pytest.mark.parametrize(("user", "password"), [("", ""), ("bob", "p@ss:w/rd%"), ("bob", "")])
async def test_calls_go_through_one_tunnel_with_user_and_password(user: str, password: str) -> None:
    credentials = f"{user}:{password.replace('%', '%25').replace('@', '%40').replace('/', '%2F')}@" if user else ""
    async with behind(user=user, password=password) as (tunnels, server):
        observations = await call(f"http://{credentials}{tunnels.address}")
        assert [isinstance(observation, Success) for observation in observations] == [True, True]
        assert (tunnels.connected, tunnels.refused) == ([f"{NAME}:443"], [])
    assert len(server.requests) == 2
    assert all("proxy-authorization" not in request.headers for request in server.requests)


@pytest.mark.usefixtures("own_ca")
@pytest.mark.parametrize(
    ("credentials", "status", "detail"),
    [
        ("", 200, "the proxy refused the connection: HTTP 407; it requires a user and a password"),
        ("bob:wrong@", 200, "the proxy refused the connection: HTTP 407; it does not accept the user and password"),
        ("", 403, "the proxy refused the connection: HTTP 403; it does not allow this host"),
        ("", 502, "the proxy refused the connection: HTTP 502"),
        ("bob:wrong@", 401, "the proxy refused the connection: HTTP 401; it does not accept the user and password"),
    ],
)
async def test_a_refusal_of_the_proxy_is_named(credentials: str, status: int, detail: str) -> None:
    async with behind(user="alice", password="right", status=status) as (tunnels, server):
        observations = await call(f"http://{credentials}{tunnels.address}")
    assert [problem_of(observation) for observation in observations] == [(ProblemKind.UNREACHABLE, detail)] * 2
    assert not server.requests


def problem_of(observation: Observation) -> tuple[ProblemKind, str]:
    assert isinstance(observation, Failure)
    return observation.problem.kind, observation.problem.detail


async def test_a_certificate_of_an_unknown_ca_behind_the_proxy_names_the_proxy() -> None:
    async with behind() as (tunnels, server):
        kind, detail = problem_of((await call(f"http://{tunnels.address}"))[0])
        assert kind is ProblemKind.UNTRUSTED
        assert "certificate" in detail
        assert f"through the proxy {tunnels.address}" in detail
    assert not server.requests


@pytest.mark.parametrize("no_proxy", [NAME, ".zuora.invalid", "*.invalid", f"a.example {NAME}:443", "*"])
async def test_an_exempt_host_is_reached_without_the_proxy(no_proxy: str) -> None:
    async with behind() as (tunnels, _):
        details = [
            problem_of(observation)[1] for observation in await call(f"http://{tunnels.address}", NO_PROXY=no_proxy)
        ]
        assert (tunnels.connected, tunnels.refused) == ([], [])
    assert details == ["the host name is not known"] * 2


async def test_an_unknown_proxy_name_is_distinguished_from_an_unknown_host_name() -> None:
    details = [problem_of(observation)[1] for observation in await call("http://proxy.invalid:3128")]
    assert details == ["the host name of the proxy is not known"] * 2


async def test_a_proxy_that_does_not_respond_is_named() -> None:
    with fault_server(lambda _request: Silence()) as proxy:
        route = find_route(HOST, {"HTTPS_PROXY": f"127.0.0.1:{proxy.port}"})
        transport = Transport(HOST, SystemClock(), route, total_limit=0.3)
        client = ZuoraApi(Tenant(name="env", base_url=HOST), BearerToken(Secret("t")), SystemClock(), transport)
        try:
            kind, detail = problem_of(await client.observe(job_id()))
        finally:
            await client.aclose()
    assert (kind, detail) == (ProblemKind.TIMED_OUT, "no connection through the proxy in time")


def environment(folder: Path, proxy: str, **variables: str) -> Mapping[str, str]:
    return {
        "ZUORA_BASE_URL": HOST,
        "ZUORA_BEARER_TOKEN": "token-1",
        "ZJOBTUI_DATA_DIR": str(folder),
        "HOME": str(folder),
        "HTTPS_PROXY": proxy,
        "SSL_CERT_FILE": str(CERTIFICATE_BEHIND_PROXY),
        **variables,
    }


async def run_behind(env: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return await asyncio.to_thread(run_program, env, *arguments)


@pytest.mark.slow
async def test_wait_works_through_a_proxy_and_names_an_invalid_entry_of_no_proxy(tmp_path: Path) -> None:
    async with behind(FAILED, user="bob", password="secret-of-bob") as (tunnels, _):
        env = environment(tmp_path, f"http://bob:secret-of-bob@{tunnels.address}", NO_PROXY="10.0.0.0/99")
        ended = await run_behind(env, "wait", str(job_id()))
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[0] == (
        "NO_PROXY: “10.0.0.0/99” is not a valid host, address or network; it is ignored."
    )
    assert "secret-of-bob" not in ended.stdout + ended.stderr


@pytest.mark.slow
async def test_wait_names_the_refusal_of_a_proxy(tmp_path: Path) -> None:
    async with behind(status=403) as (tunnels, _):
        env = environment(tmp_path, f"http://{tunnels.address}")
        ended = await run_behind(env, "wait", str(job_id()), "--timeout", "5s")
    assert ended.returncode == 6
    assert "the proxy refused the connection: HTTP 403; it does not allow this host" in ended.stderr


@pytest.mark.slow
async def test_wait_names_a_dead_proxy_once(tmp_path: Path) -> None:
    env = environment(tmp_path, "http://127.0.0.1:1")
    ended = await run_behind(env, "wait", str(job_id()), "--timeout", "4s")
    assert ended.returncode == 6
    assert ended.stderr.count("the proxy cannot be reached: connection refused") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "proxy_user", "expected"),
    [
        (200, "", "✓ job call     the host responds in"),
        (200, "alice", "✗ job call     unreachable: the proxy refused the connection: HTTP 407"),
        (403, "", "✗ job call     unreachable: the proxy refused the connection: HTTP 403"),
    ],
)
async def test_doctor_names_proxy_certificates_and_the_response_of_the_proxy(
    status: int, proxy_user: str, expected: str, tmp_path: Path
) -> None:
    async with behind(not_found(), user=proxy_user, password="x", status=status) as (tunnels, _):
        env = environment(tmp_path, f"http://bob:secret-of-bob@{tunnels.address}", NO_PROXY="a.example,[oops")
        ended = await run_behind(env, "doctor")
    way = f"✓ network      through the proxy {tunnels.address}, with certificates from SSL_CERT_FILE="
    assert way in ended.stdout
    assert "NO_PROXY: “[oops” is not a valid host, address or network; it is ignored" in ended.stdout
    assert expected in ended.stdout
    assert "secret-of-bob" not in ended.stdout + ended.stderr


@pytest.mark.slow
async def test_the_monitor_names_proxy_invalid_entries_and_the_refusal(tmp_path: Path) -> None:
    async with behind(status=403) as (tunnels, _):
        env = environment(tmp_path, f"http://{tunnels.address}", NO_PROXY="10.0.0.0/99")
        assert (await run_behind(env, "add", str(job_id()))).returncode == 0
        shown = await asyncio.to_thread(_monitor_text, env)
    assert "HTTP 403" in shown
    assert "10.0.0.0/99" in shown


def _monitor_text(env: Mapping[str, str]) -> str:
    texts: list[str] = []

    def is_there(text: str) -> bool:
        texts.append(" ".join(text.split()))
        return "HTTP 403" in " ".join(texts)

    with Terminal(PROGRAM, env=env) as terminal:
        terminal.wait_for(is_there, 20)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        return " ".join(texts) + terminal.raw.decode(errors="replace")
