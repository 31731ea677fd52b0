"""The tests' own instruments work: the faulty server, the responses, the jumping clock."""

import asyncio
import json
import os
import socket
import threading
import time
import zlib
from collections.abc import Callable

import pytest

from tests.support import answers, behaviours, faults, scripts
from tests.support.fault_server import FaultServer, fault_server
from tests.support.payloads import PAYLOADS, http_status, payload
from tests.support.virtual_time import START, DeadlockError, VirtualClock, run_virtually, wall

pytestmark = pytest.mark.slow


def talk(server: FaultServer, path: str = "/v1/async-jobs/1", times: int = 1, token: str = "") -> bytes:
    """Return what comes back on one connection until it ends or falls silent."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.3) as line:
        try:
            for _ in range(times):
                line.sendall(request)
                received += line.recv(65536)
            while data := line.recv(65536):
                received += data
                if len(received) > 3_000_000:
                    return received
        except TimeoutError:
            return received + b"<silence>"
    return received + b"<end>"


def test_by_default_there_is_a_token_and_a_running_job() -> None:
    with fault_server() as server:
        answer = talk(server, token="abc")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(payload("recorded-processing") + b"<silence>")
        assert b'"access_token": "token-1"' in talk(server, "/oauth/token")
        assert b" 404 " in talk(server, "/v1/orders/1")
    assert [request.path for request in server.requests] == ["/v1/async-jobs/1", "/oauth/token", "/v1/orders/1"]
    assert server.requests[0].bearer == "abc"
    assert abs(server.requests[0].time - time.monotonic()) < 10
    assert server.connections == 3
    assert server.open_connections == 0


HOSTILE: list[tuple[behaviours.Behaviour, Callable[[bytes], bool]]] = [
    (behaviours.Silence(), lambda got: got == b"<silence>"),
    (behaviours.Latency(0.05) + behaviours.Close(), lambda got: got == b"<end>"),
    (behaviours.HalfClose(), lambda got: got == b"<end>"),
    (behaviours.Drip(b"abcdefgh", 20, at_once=2), lambda got: got == b"abcdefgh<silence>"),
    (faults.truncated_headers(), lambda got: b"\r\n\r\n" not in got and got.endswith(b"<end>")),
    (faults.endless_headers(), lambda got: b"\r\n\r\n" not in got and len(got) > 3_000_000),
    (faults.one_endless_header(), lambda got: got.count(b"\r\n") == 2 and len(got) > 3_000_000),
    (faults.endless_body(), lambda got: got.count(b"\r\n\r\n") == 1 and len(got) > 3_000_000),
    (faults.endless_chunks(), lambda got: got.count(b"10000\r\n") > 40),
    (faults.truncated_body(missing=7), lambda got: b"Content-Length: 91\r\n" in got and got.endswith(b"}\n<end>")),
    (faults.overlong_body(), lambda got: b" 418 " in got),
    (faults.bad_chunks(), lambda got: got.endswith(b"zz\r\n<end>")),
    (faults.truncated_chunks(), lambda got: got.endswith(b"{}\r\n<end>")),
    (faults.not_http(), lambda got: got.startswith(b"SSH-2.0")),
    (faults.not_gzip(), lambda got: b"Content-Encoding: gzip" in got),
    (faults.mistyped(""), lambda got: b"Content-Type" not in got),
    (faults.deep_json(), lambda got: b"[" * 100_000 in got),
    (answers.html_page(), lambda got: b"200 OK" in got and b"text/html" in got),
    (answers.redirect("http://127.0.0.1:1/", 308), lambda got: b" 308 " in got and b"Location: http://127" in got),
    (answers.throttled("-5"), lambda got: b" 429 " in got and b"Retry-After: -5\r\n" in got),
    (answers.server_error(503).last(), lambda got: b"Connection: close" in got and got.endswith(b"<end>")),
]


@pytest.mark.parametrize(("behaviour", "is_right"), HOSTILE)
def test_each_behaviour_sends_what_it_describes(
    behaviour: behaviours.Behaviour, is_right: Callable[[bytes], bool]
) -> None:
    with fault_server(behaviour) as server:
        assert is_right(talk(server))


def test_a_reset_closes_the_connection_with_rst() -> None:
    with fault_server(behaviours.Reset()) as server, pytest.raises(ConnectionResetError):
        talk(server)


def test_a_gzip_bomb_is_small_on_the_wire_and_complete() -> None:
    with fault_server(faults.GzipBomb(200)) as server:
        head, _, rest = talk(server).removesuffix(b"<silence>").partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert len(rest) < 300_000
    inflater, inflated = zlib.decompressobj(wbits=31), 0
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        piece, rest = rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        inflated += len(inflater.decompress(piece))
    assert inflater.eof
    assert inflated == 200 << 20


def test_a_script_decides_in_turn_by_count_and_by_connection() -> None:
    with fault_server([answers.forbidden(), answers.signed_out()], token=answers.invalid_client()) as server:
        assert b"invalid_client" in talk(server, "/oauth/token")
        assert [b" 403 " in talk(server), b" 401 " in talk(server), b"Processing" in talk(server)] == [True] * 3
    with fault_server(scripts.when_kept_alive(behaviours.Close())) as server:
        assert talk(server, times=2).endswith(b"}\n<end>")
        assert [(request.connection, request.of_connection) for request in server.requests] == [(1, 1), (1, 2)]
    with fault_server(scripts.every_nth_connection(2, behaviours.Close())) as server:
        assert [talk(server) == b"<end>" for _ in range(3)] == [False, True, False]
    with fault_server(on_accept=lambda number: behaviours.Silence() if number == 1 else None) as server:
        assert [talk(server) == b"<silence>" for _ in range(2)] == [True, False]
        assert [request.of_path for request in server.requests] == [1]


def test_a_token_desk_revokes_tokens() -> None:
    desk = scripts.TokenDesk()
    with fault_server(scripts.first_of(desk, answers.not_found())) as server:
        assert b" 401 " in talk(server, token="token-1")
        assert b"token-1" in talk(server, "/oauth/token")
        assert b" 404 " in talk(server, token="token-1")
        desk.revoke()
        assert b" 401 " in talk(server, token="token-1")
        assert desk.issued == 1
    with fault_server(scripts.TokenDesk(life=0.1, claimed=3599)) as server:
        assert b'"expires_in": 3599' in talk(server, "/oauth/token")
        assert b" 401 " in talk(server, token="token-1")


def test_a_server_stops_immediately_and_its_port_can_be_used_again() -> None:
    threads = threading.active_count()
    with (
        fault_server(behaviours.Raw(b"x" * 10_000_000) + behaviours.Silence()) as server,
        socket.create_connection(("127.0.0.1", server.port)) as unread,
    ):
        unread.sendall(b"GET / HTTP/1.1\r\n\r\n")
        server.wait_for_requests(1)
        started = time.monotonic()
        server.stop()
    assert time.monotonic() - started < 1
    assert threading.active_count() == threads
    with fault_server(port=server.port) as successor:
        assert b"Processing" in talk(successor)


def test_an_error_in_the_script_is_raised() -> None:
    with (
        pytest.raises(KeyError),
        fault_server(lambda request: dict[str, behaviours.Behaviour]()[request.path]) as server,
    ):
        talk(server)
    with fault_server() as server, pytest.raises(OSError, match="in use"), fault_server(port=server.port):
        pass


def test_every_payload_has_a_body_and_a_status() -> None:
    assert len(PAYLOADS) >= 16
    assert all(isinstance(json.loads(payload(name)), dict) for name in PAYLOADS)
    assert {http_status(name) for name in PAYLOADS} == {200, 401, 404, 429, 500}
    with pytest.raises(KeyError):
        http_status("http")


def test_a_simulated_day_passes_immediately() -> None:
    async def day() -> tuple[float, float]:
        clock, began = VirtualClock(), VirtualClock().now()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 3600)
        await asyncio.gather(*(asyncio.sleep(82_800 - n) for n in range(100)), asyncio.to_thread(os.getpid))
        clock.suspend(7.0)
        return clock.now() - began, wall()

    started = time.perf_counter()
    assert run_virtually(day()) == (86_407.0, START + 86_400)
    assert time.perf_counter() - started < 1


def test_a_deadlock_and_a_socket_are_refused() -> None:
    with pytest.raises(DeadlockError):
        run_virtually(asyncio.Event().wait())
    with pytest.raises(NotImplementedError):
        run_virtually(asyncio.open_connection("127.0.0.1", 9))
