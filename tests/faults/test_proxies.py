"""The program behind a proxy that is malformed, refuses or is down: user and password are never shown or stored."""

import socket
import subprocess
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.answers import Answer
from tests.support.behaviours import Behaviour, Close, Raw, Reset
from tests.support.building import job_id
from tests.support.fault_server import fault_server
from tests.support.process import environment
from tests.support.program import PROGRAM
from tests.support.running import run
from tests.support.terminal import Terminal
from zjobtui.clock import SystemClock
from zjobtui.models.observation import Failure
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant import BearerToken, Secret, Tenant
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.proxy import find_route
from zjobtui.zuora.transport import Transport

USER, PASSWORD = "sentinel-user-bob", "sentinel-of-the-proxy"
HOST = "https://rest.zuora.invalid"
MALFORMED = {
    "a slash": ("HTTPS_PROXY", f"http://{USER}:{PASSWORD}/x@proxy:3128"),
    "a port that is none": ("https_proxy", f"http://{USER}:123/{PASSWORD}@proxy:3128"),
    "no scheme": ("ALL_PROXY", f"//{USER}:{PASSWORD}@proxy"),
    "SOCKS": ("all_proxy", f"socks5://{USER}:{PASSWORD}@proxy:1080"),
}


def behind(folder: Path, variable: str, url: str) -> dict[str, str]:
    given = {
        "ZUORA_BASE_URL": HOST,
        "ZUORA_BEARER_TOKEN": "token-1",
        "ZJOBTUI_DATA_DIR": str(folder),
        "HOME": str(folder),
        "NO_PROXY": f"{PASSWORD}/,http://[{PASSWORD}",
    }
    return {**given, variable: url}


def shows_none(folder: Path, *texts: str | bytes) -> bool:
    """Whether neither the output nor any file contains user or password."""
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    shown = [text.encode() if isinstance(text, str) else text for text in texts]
    return not any(secret.encode() in data for data in (*kept, *shown) for secret in (USER, PASSWORD))


def run_program(env: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [*PROGRAM, *arguments]
    return subprocess.run(
        command, env=environment(env), capture_output=True, text=True, check=False, timeout=30, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("form", ["a slash", pytest.param("SOCKS", marks=pytest.mark.slow)])
def test_wait_ends_at_once_with_5_and_names_the_variable(form: str, tmp_path: Path) -> None:
    variable, url = MALFORMED[form]
    ended = run_program(behind(tmp_path, variable, url), "wait", str(job_id()))
    assert ended.returncode == 5
    assert ended.stderr.startswith(f"env: cannot be polled: {variable} is ")
    assert "credentials" not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert shows_none(tmp_path, ended.stdout, ended.stderr)


@pytest.mark.long
def test_doctor_reports_it_as_a_finding(tmp_path: Path) -> None:
    variable, url = MALFORMED["a port that is none"]
    ended = run_program(behind(tmp_path, variable, url), "doctor")
    assert ended.returncode == 1
    assert f"✗ network      {variable} is not a valid proxy URL" in ended.stdout
    assert ended.stderr == ""
    assert shows_none(tmp_path, ended.stdout, ended.stderr)


@pytest.mark.parametrize("form", MALFORMED)
@pytest.mark.parametrize("arguments", [("doctor",), ("doctor", "--offline", "--json")])
def test_no_output_format_of_doctor_shows_more(
    form: str, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in behind(tmp_path, *MALFORMED[form]).items():
        monkeypatch.setenv(name, text)
    ended = run(*arguments)
    assert f"{MALFORMED[form][0]} is " in ended.stdout
    assert shows_none(tmp_path, ended.stdout, ended.stderr)


@pytest.mark.slow
def test_the_monitor_shows_the_sentence_and_runs(tmp_path: Path) -> None:
    variable, url = MALFORMED["no scheme"]
    env = behind(tmp_path, variable, url)
    assert run_program(env, "add", str(job_id())).returncode == 0
    with Terminal(PROGRAM, env=env) as terminal:
        terminal.wait_for(lambda text: f"{variable} is not a valid proxy URL" in " ".join(text.split()), 20)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert shows_none(tmp_path, terminal.raw)


@pytest.mark.long
def test_a_host_on_loopback_needs_no_proxy(tmp_path: Path) -> None:
    with fault_server(Answer.of({"success": True, "status": "Failed"})) as server:
        env = behind(tmp_path, *MALFORMED["a slash"]) | {"ZUORA_BASE_URL": server.base_url}
        ended = run_program(env, "wait", str(job_id()))
    assert ended.returncode == 1
    assert shows_none(tmp_path, ended.stdout, ended.stderr)


async def problem_behind(url: str) -> str:
    """The problem of a call through the proxy."""
    transport = Transport(HOST, SystemClock(), find_route(HOST, {"HTTPS_PROXY": url}))
    client = ZuoraApi(Tenant(name="env", base_url=HOST), BearerToken(Secret("token-1")), SystemClock(), transport)
    try:
        one = await client.observe(job_id())
    finally:
        await client.aclose()
    assert isinstance(one, Failure)
    assert one.problem.kind in {ProblemKind.UNREACHABLE, ProblemKind.UNTRUSTED, ProblemKind.UNREADABLE}
    assert USER not in repr(one)
    assert PASSWORD not in repr(one)
    return one.problem.detail


REFUSING: dict[str, tuple[Behaviour, str]] = {
    "credentials wanted": (Answer(f"{USER}:{PASSWORD}".encode(), 407), "the proxy refused the connection: HTTP 407"),
    "forbidden": (Answer(b"", 403), "the proxy refused the connection: HTTP 403"),
    "a reason that echoes": (
        Raw(f"HTTP/1.1 502 {USER}:{PASSWORD}\r\nContent-Length: 0\r\n\r\n".encode()),
        "the proxy refused the connection: HTTP 502",
    ),
    "dropped": (Close(), ""),
    "reset": (Reset(), ""),
    "not HTTP": (Raw(f"{USER}:{PASSWORD}\r\n\r\n".encode()) + Close(), "the response is not HTTP"),
    "no TLS behind it": (Raw(b"HTTP/1.1 200 OK\r\n\r\nnothing secure") + Close(), ""),
}


@pytest.mark.parametrize(("behaviour", "detail"), REFUSING.values(), ids=REFUSING)
async def test_a_proxy_that_refuses_is_reported_without_its_credentials(behaviour: Behaviour, detail: str) -> None:
    with fault_server(lambda _request: behaviour) as proxy:
        message = await problem_behind(f"http://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}")
        assert proxy.requests[0].method == "CONNECT"
        credentials = b64decode(proxy.requests[0].headers["proxy-authorization"].removeprefix("Basic "))
        assert credentials.decode() == f"{USER}:{PASSWORD}"
    assert detail in message


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_dead_or_without_tls_is_reported_without_its_credentials(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    message = await problem_behind(f"{scheme}://{USER}:{PASSWORD}@127.0.0.1:{port}")
    assert message == "the proxy cannot be reached: connection refused"
    with fault_server(on_accept=lambda _number: Raw(b"plain") + Close()) as proxy:
        assert await problem_behind(f"https://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}")
