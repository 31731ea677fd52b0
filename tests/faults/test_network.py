"""Network: deadlines, pool, sizes, kept-alive connections, restarts, redirects."""

import asyncio
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.faults.certificates import CERTIFICATE
from tests.faults.clients import JOB, kinds, no_connection_left, open_client, storm
from tests.support.answers import Answer, processing, redirect, reply
from tests.support.behaviours import Behaviour, Close, Drip, Endless, HalfClose, Latency, Raw, Reset, Silence
from tests.support.fault_server import fault_server
from tests.support.faults import GzipBomb, endless_body, endless_chunks, endless_headers, one_endless_header
from tests.support.scripts import JOBS_PATH, TOKEN_PATH, decider, every_nth_connection, first_of, when_kept_alive
from tests.support.wire import Request
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.report import Report
from zjobtui.zuora.parser import read_response

pytestmark = pytest.mark.slow


class Switch:
    """A script that fails until it is switched."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.is_bad = True

    def __call__(self, request: Request) -> Behaviour | None:
        return self._behaviour if self.is_bad and request.path != TOKEN_PATH else None


@pytest.mark.parametrize("limit", [0.3, pytest.param(0.6, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "behaviour",
    [
        Silence(),
        Drip(processing().encoded(), 30, at_once=120),
        Drip(processing().encoded(), 30),
        Raw(b"HTTP/1.1 200 OK\r\n") + Silence(),
        Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{") + HalfClose() + Silence(),
        Endless(b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "body drips", "headers drip", "headers stop", "half-closed body", "endless 100s"],
)
async def test_the_deadline_holds_for_any_server_behaviour(behaviour: Behaviour, limit: float) -> None:
    with fault_server(behaviour) as server:
        async with open_client(server.base_url, limit=limit) as client:
            started = time.monotonic()
            assert set(await storm(client, 5)) <= {ProblemKind.TIMED_OUT, ProblemKind.UNREACHABLE}
            assert time.monotonic() - started <= limit + 1


async def test_a_host_that_accepts_no_connection_is_given_up_after_the_connect_timeout() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        crowd = [await _knock(address) for _ in range(3)]
        async with open_client(f"http://127.0.0.1:{address[1]}", limit=20, connect_limit=0.4) as client:
            started = time.monotonic()
            assert kinds([await client.observe(JOB)]) == [ProblemKind.TIMED_OUT]
            assert time.monotonic() - started <= 1.4
        for waiting in crowd:
            waiting.close()


async def test_a_closed_port_and_an_unknown_host_name_are_reported_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with open_client(f"http://127.0.0.1:{port}") as client:
        observation = await client.observe(JOB)
    assert isinstance(observation, Failure)
    assert observation.problem.kind is ProblemKind.UNREACHABLE

    async def unknown_host(*_args: object, **_named: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown_host)
    async with open_client("https://rest.zuora.invalid") as client:
        observation = await client.observe(JOB)
    assert isinstance(observation, Failure)
    assert observation.problem == Problem(ProblemKind.UNREACHABLE, "the host name is not known")


async def survive(timeouts: int) -> None:
    """So many calls that time out or are cancelled, most of them before they get a connection; then good ones."""
    switch = Switch(Silence())
    with fault_server(switch) as server:
        async with open_client(server.base_url, limit=0.4) as client:
            while timeouts > 0:
                at_once = min(timeouts, 500 if timeouts > 1000 else 100)
                timeouts -= at_once
                tasks = [asyncio.create_task(client.observe(JOB)) for _ in range(at_once)]
                await asyncio.sleep(0.1)
                for task in tasks[::3]:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(isinstance(result, Failure | asyncio.CancelledError) for result in ended)
            switch.is_bad = False
            assert [kinds([await client.observe(JOB)]) for _ in range(60)] == [[None]] * 60
            assert await storm(client, 40) == [None] * 40
        await no_connection_left(server)


@pytest.mark.slow
async def test_the_pool_survives_500_timeouts_and_cancellations() -> None:
    await survive(500)


@pytest.mark.long
async def test_the_pool_survives_100000_timeouts_and_cancellations() -> None:
    await survive(100_000)


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (GzipBomb(200), ProblemKind.TOO_LARGE),
        (endless_body(), ProblemKind.TOO_LARGE),
        (endless_chunks(), ProblemKind.TOO_LARGE),
        (endless_headers(), ProblemKind.UNREADABLE),
        (one_endless_header(), ProblemKind.TOO_LARGE),
    ],
    ids=["gzip bomb", "endless body", "endless chunks", "endless headers", "endless header"],
)
def test_no_response_makes_memory_grow_by_more_than_8_mib(behaviour: Behaviour, kind: ProblemKind) -> None:
    def after_ten(request: Request) -> Behaviour | None:
        return behaviour if request.of_path > 10 and request.path != TOKEN_PATH else None

    with fault_server(after_ten) as server:
        command = [sys.executable, "-m", "tests.faults.bomb_reader", server.base_url]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    problems, grown = printed.rsplit(" ", 1)
    assert problems == str([kind.name] * 2)
    assert float(grown) <= 8


@pytest.mark.parametrize(("size", "kind"), [(1 << 20, None), ((1 << 20) + 1, ProblemKind.TOO_LARGE)])
async def test_a_body_of_1_mib_is_read_and_one_byte_more_is_not(size: int, kind: ProblemKind | None) -> None:
    body = processing().body
    with fault_server(Answer(body + b" " * (size - len(body)))) as server:
        async with open_client(server.base_url) as client:
            assert kinds([await client.observe(JOB)]) == [kind]


@pytest.mark.parametrize(("size", "kind"), [(4 << 20, None), ((4 << 20) + 1, ProblemKind.TOO_LARGE)])
async def test_a_body_that_inflates_to_4_mib_is_read_and_one_byte_more_is_not(
    size: int, kind: ProblemKind | None
) -> None:
    body = processing().body
    with fault_server(Answer(body + b" " * (size - len(body))).gzipped()) as server:
        async with open_client(server.base_url) as client:
            assert kinds([await client.observe(JOB)]) == [kind]


PIECES = [
    *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b" ", b"\n", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    *(rb'"\ud800"', rb'"\udc00\ud800"', b"NaN", b"-Infinity", b"1e999999999", b"-0", b"9" * 5000, b"true", b"null"),
    *(b'"status"', b'"Processing"', b'"Completed"', b'"success"', b'"result"', b'"errors"', b"[" * 200, b'{"a":' * 200),
    *(b'"status":"Completed"', b'"success":true', b'{"status": "Processing"}', b"{" * 3000, b"1" * 400 + b".5"),
]


def monsters(times: int, seed: int) -> None:
    """Texts composed of what breaks JSON; each is a report or a problem, and none raises."""
    chance = random.Random(seed)
    for _ in range(times):
        body = b"".join(chance.choices(PIECES, k=chance.randint(0, 12)))
        answer = chance.choice((b"%s", b'{"status": "Processing", "x": %s}', b'{"success": true, %s}')) % body
        assert isinstance(read_response(chance.choice((200, 404, 500)), answer), Report | Problem)


def test_none_of_10000_texts_makes_the_parser_raise() -> None:
    monsters(10_000, 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_none_of_a_million_texts_makes_the_parser_raise(seed: int) -> None:
    monsters(100_000, seed)


async def test_no_bytes_on_the_wire_make_the_client_raise() -> None:
    chance = random.Random(1)
    whole = processing().gzipped().encoded()

    def spoiled(request: Request) -> Behaviour | None:
        if request.path == TOKEN_PATH:
            return None
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return Raw(bytes(data)) + Close()

    with fault_server(spoiled) as server:
        async with open_client(server.base_url, limit=2) as client:
            for _ in range(15):
                observations = await asyncio.gather(*(client.observe(JOB) for _ in range(20)))
                assert all(isinstance(observation, Success | Failure) for observation in observations)
                assert all(
                    observation.report.status == "Processing"
                    for observation in observations
                    if isinstance(observation, Success)
                )


async def poll(script: Behaviour | Callable[[Request], Behaviour | None], polls: int) -> None:
    """Poll as the poller does: one at a time, a few at once, all at once, with idle connections in between."""
    with fault_server(script) as server:
        async with open_client(server.base_url) as client:
            seen: list[ProblemKind | None] = []
            while len(seen) < polls:
                for at_once in (40, 1, 3, 1, 10):
                    seen += await storm(client, at_once)
            assert seen == [None] * len(seen)
        await no_connection_left(server)


CLOSING: dict[str, Behaviour | Callable[[Request], Behaviour | None]] = {
    "closes with notice": processing().last(),
    "closes without notice": processing() + Close(),
    "closed while idle": when_kept_alive(Close()),
    "reset while idle": when_kept_alive(Reset()),
}


@pytest.mark.parametrize("name", CLOSING)
async def test_none_of_200_polls_fails_if_the_server_closes_kept_alive_connections(name: str) -> None:
    await poll(CLOSING[name], 200)


@pytest.mark.long
@pytest.mark.parametrize("name", CLOSING)
async def test_none_of_1000_polls_fails_if_the_server_closes_kept_alive_connections(name: str) -> None:
    await poll(CLOSING[name], 1_000)


@pytest.mark.parametrize("unasked", [reply("derived-completed-everything"), Answer(b"", 408)], ids=["answer", "408"])
async def test_unsolicited_bytes_on_a_kept_alive_connection_are_not_the_response_to_the_next_call(
    unasked: Answer,
) -> None:
    with fault_server([processing() + Latency(0.02) + unasked] * 3) as server:
        async with open_client(server.base_url) as client:
            for _ in range(4):
                assert is_processing(await client.observe(JOB))
                await asyncio.sleep(0.06)
            assert client.requests == len(server.requests) == 5
        assert server.connections == 1 + 4


def is_processing(observation: Observation) -> bool:
    return isinstance(observation, Success) and observation.report.status == "Processing"


async def test_a_dropped_new_connection_is_reported_and_every_request_is_counted() -> None:
    script = first_of(every_nth_connection(5, Reset()), processing().last())
    with fault_server(script) as server:
        async with open_client(server.base_url) as client:
            met = kinds([await client.observe(JOB) for _ in range(50)])
            assert client.requests == len(server.requests)
        assert met.count(ProblemKind.UNREACHABLE) == 10
        assert met.count(None) == 40


async def test_calls_succeed_as_soon_as_a_restarted_server_listens_again() -> None:
    with fault_server() as server:
        async with open_client(server.base_url) as client:
            assert await storm(client, 20) == [None] * 20
            for _ in range(3):
                server.stop()
                assert await storm(client, 5) == [ProblemKind.UNREACHABLE] * 5
                with fault_server(port=server.port):
                    assert await storm(client, 20) == [None] * 20


async def test_a_server_that_restarts_between_two_calls_is_not_noticed() -> None:
    with fault_server() as server:
        async with open_client(server.base_url) as client:
            assert await storm(client, 20) == [None] * 20
            for _ in range(3):
                server.stop()
                with fault_server(port=server.port):
                    assert await storm(client, 20) == [None] * 20


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_a_redirect_is_reported_and_never_followed(status: int) -> None:
    with fault_server() as other:
        for location in (f"{other.base_url}{JOBS_PATH}1", f"//127.0.0.1:{other.port}/", "/v1/async-jobs/2", ""):
            with fault_server(redirect(location, status)) as server:
                async with open_client(server.base_url) as client:
                    observation = await client.observe(JOB)
                assert len(server.requests_for(JOBS_PATH)) == 1
            assert isinstance(observation, Failure)
            assert observation.problem.kind is ProblemKind.REDIRECTED
            assert location in observation.problem.detail
        assert not other.connections


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_secret_does_not_follow_a_redirect_either(status: int) -> None:
    with fault_server() as other, fault_server(token=redirect(f"{other.base_url}/oauth/token", status)) as server:
        async with open_client(server.base_url) as client:
            assert kinds([await client.observe(JOB)]) == [ProblemKind.REDIRECTED]
        assert len(server.requests) == 1
        assert not other.connections


async def test_a_redirect_from_https_to_http_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with fault_server() as plain:
        script = [processing(), redirect(f"{plain.base_url}{JOBS_PATH}1", 307)]
        with fault_server(script, certificate=CERTIFICATE) as server:
            async with open_client(server.base_url) as client:
                assert kinds([await client.observe(JOB) for _ in range(2)]) == [None, ProblemKind.REDIRECTED]
        assert len(server.requests) == 3
        assert not plain.connections


async def test_cookies_of_a_host_are_not_sent_back() -> None:
    script = decider(Answer(processing().body, headers={"Set-Cookie": "session=1; Path=/"}))
    with fault_server(lambda request: None if request.path == TOKEN_PATH else script(request)) as server:
        async with open_client(f"http://localhost:{server.port}") as client:
            for _ in range(3):
                await client.observe(JOB)
        assert not [request for request in server.requests if "cookie" in request.headers]


async def test_a_self_signed_certificate_is_an_error_and_no_request_is_sent() -> None:
    with fault_server(certificate=CERTIFICATE) as server:
        async with open_client(server.base_url) as client:
            observation = await client.observe(JOB)
    assert isinstance(observation, Failure)
    assert observation.problem.kind is ProblemKind.UNTRUSTED
    assert "certificate" in observation.problem.detail
    assert not server.requests


async def test_both_requests_accept_only_the_encoding_that_is_read() -> None:
    with fault_server() as server:
        async with open_client(server.base_url) as client:
            await client.observe(JOB)
        assert {request.headers["accept-encoding"] for request in server.requests} == {"gzip"}
        assert {request.headers["user-agent"] for request in server.requests} == {"zjobtui"}


async def _knock(address: tuple[str, int]) -> socket.socket:
    """An incomplete connection that keeps its place in the queue."""
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(address)
    await asyncio.sleep(0)
    return connection
