"""Limits of the headers, and connections that are replaced after a suspend."""

import asyncio
import time
from dataclasses import replace

import pytest

from tests.faults.clients import kinds, no_connection_left, open_client
from tests.support.answers import Answer, processing, token
from tests.support.behaviours import Behaviour, Latency, Raw, Silence
from tests.support.building import job_id
from tests.support.fault_server import FaultServer, fault_server
from tests.support.scripted import NOW, FixedClock
from tests.support.scripts import TOKEN_PATH
from tests.support.wire import Request
from zjobtui.models.observation import Failure, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant import BearerToken, Secret
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.transport import CONNECTIONS, HEADERS_LIMIT

GIVEN = BearerToken(Secret("token"))
AT_ONCE = 1.5
"""Seconds within which a call returns that does not wait for a deadline."""

KB_60 = 60 << 10
FITTING = {
    "one header of 60 kB": {"X-Long": "x" * KB_60},
    "many headers": {f"X-{number}": "x" * 90 for number in range(KB_60 // 100)},
    "a few cookies": {f"Set-Cookie-{number}": "x" * 15_000 for number in range(4)},
}
TOO_LARGE = {
    "one header over 64 kB": {"X-Long": "x" * HEADERS_LIMIT},
    "many headers over 64 kB": {f"X-{number}": "x" * 700 for number in range(100)},
    "two headers over 64 kB": {"X-1": "x" * 40_000, "X-2": "x" * 40_000},
}


@pytest.mark.parametrize("name", FITTING)
async def test_headers_of_60_kb_in_all_are_accepted(name: str) -> None:
    answer = replace(processing(), headers={**processing().headers, **FITTING[name]})
    with fault_server(answer) as server:
        async with open_client(server.base_url) as client:
            assert kinds([await client.observe(job_id()) for _ in range(2)]) == [None, None]
        assert server.connections == 2  # one for the token


@pytest.mark.parametrize("name", TOO_LARGE)
async def test_larger_headers_are_a_problem_that_names_the_headers(name: str) -> None:
    answer = replace(processing(), headers={**processing().headers, **TOO_LARGE[name]})
    with fault_server([answer]) as server:
        async with open_client(server.base_url) as client:
            observation = await client.observe(job_id())
            assert isinstance(observation, Failure)
            assert observation.problem.kind is ProblemKind.TOO_LARGE
            assert "headers" in observation.problem.detail
            assert kinds([await client.observe(job_id())]) == [None]


def silent_after_sleep(request: Request) -> Behaviour | None:
    """A NAT that has dropped every connection with a previous call: nothing arrives on it any more."""
    return Silence() if request.of_connection > 1 else None


async def test_without_new_connections_a_call_on_a_dropped_one_ends_at_its_deadline() -> None:
    with fault_server(silent_after_sleep) as server:
        async with open_client(server.base_url, credentials=GIVEN, limit=0.5) as client:
            assert kinds([await client.observe(job_id()) for _ in range(2)]) == [None, ProblemKind.TIMED_OUT]


async def test_after_a_suspend_calls_use_new_connections() -> None:
    with fault_server(silent_after_sleep) as server:
        async with open_client(server.base_url, credentials=GIVEN) as client:
            for _ in range(3):
                started = time.monotonic()
                assert kinds([await client.observe(job_id())]) == [None]
                assert time.monotonic() - started < AT_ONCE
                client.renew_connections()
            await no_connection_left(server)
        assert client.requests == len(server.requests) == server.connections == 3


class Dropped:
    """Nothing arrives on the connections that exist when `drop` is called; new ones work."""

    def __init__(self) -> None:
        self.dropped = 10_000

    def __call__(self, request: Request) -> Behaviour | None:
        return Silence() if request.connection <= self.dropped else None

    def drop(self, server: FaultServer) -> None:
        self.dropped = server.connections


@pytest.mark.parametrize("calls", [1, 10, CONNECTIONS + 20])
async def test_calls_in_flight_are_repeated_on_new_connections_without_a_failure(calls: int) -> None:
    network = Dropped()
    with fault_server(network) as server:
        async with open_client(server.base_url, credentials=GIVEN) as client:
            in_flight = await hanging(client, server, calls)
            network.drop(server)
            started = time.monotonic()
            client.renew_connections()
            assert kinds(await asyncio.gather(*in_flight)) == [None] * calls
            assert time.monotonic() - started < AT_ONCE
        assert len(server.requests) == calls + min(calls, CONNECTIONS)
        assert client.requests == 2 * calls
        await no_connection_left(server)


async def hanging(client: ZuoraApi, server: FaultServer, calls: int) -> "list[asyncio.Task[Success | Failure]]":
    """Calls in flight, as many as there are connections; the others wait for one."""
    in_flight = [asyncio.create_task(client.observe(job_id(number))) for number in range(calls)]
    await asyncio.to_thread(server.wait_for_requests, min(calls, CONNECTIONS))
    return in_flight


PARTS: dict[str, Behaviour] = {
    "within its headers": Raw(processing().encoded()[:40]),
    "within its body": Raw(processing().encoded()[:-20]),
}


@pytest.mark.parametrize("part", PARTS)
async def test_a_response_that_has_begun_is_repeated_too(part: str) -> None:
    with fault_server([PARTS[part] + Silence()]) as server:
        async with open_client(server.base_url, credentials=GIVEN) as client:
            (in_flight,) = await hanging(client, server, 1)
            await asyncio.sleep(0.05)
            client.renew_connections()
            assert kinds([await asyncio.wait_for(in_flight, AT_ONCE)]) == [None]


async def test_a_sign_in_that_hangs_is_repeated_too() -> None:
    def script(request: Request) -> Behaviour | None:
        return Silence() if request.number == 1 else None

    with fault_server(script) as server:
        async with open_client(server.base_url) as client:
            in_flight = asyncio.create_task(client.observe(job_id()))
            await asyncio.to_thread(server.wait_for_requests, 1)
            client.renew_connections()
            assert kinds([await asyncio.wait_for(in_flight, AT_ONCE)]) == [None]
        assert [request.path == TOKEN_PATH for request in server.requests] == [True, True, False]


async def test_a_call_that_is_cancelled_while_connections_are_renewed_stays_cancelled() -> None:
    with fault_server(Silence()) as server:
        async with open_client(server.base_url, credentials=GIVEN) as client:
            (in_flight,) = await hanging(client, server, 1)
            client.renew_connections()
            in_flight.cancel()
            await asyncio.wait([in_flight])
            assert in_flight.cancelled()
        assert len(server.requests) == 1


async def test_a_call_repeated_after_a_suspend_has_the_time_of_its_second_request() -> None:
    clock, network = FixedClock(), Dropped()
    with fault_server(network) as server:
        async with open_client(server.base_url, credentials=GIVEN, clock=clock) as client:
            (in_flight,) = await hanging(client, server, 1)
            network.drop(server)
            clock.at = NOW + 8 * 3_600
            client.renew_connections()
            observation = await in_flight
            assert isinstance(observation, Success)
            assert observation.at == pytest.approx(NOW + 8 * 3_600, abs=5)


async def test_renewing_repeatedly_leaves_no_open_connections() -> None:
    with fault_server(Latency(0.01) + processing()) as server:
        async with open_client(server.base_url, credentials=GIVEN) as client:
            calls = [asyncio.create_task(client.observe(job_id(number))) for number in range(20)]
            for _ in range(20):
                client.renew_connections()
                await asyncio.sleep(0.005)
            assert kinds(await asyncio.gather(*calls)) == [None] * 20
        await no_connection_left(server)


async def test_each_token_request_has_its_own_connection() -> None:
    clock = FixedClock()
    with fault_server(token=token(life=10)) as server:
        async with open_client(server.base_url, clock=clock) as client:
            for _ in range(3):
                await client.observe(job_id())
                clock.at += 60
    assert [request.connection for request in server.requests] == [1, 2, 3, 2, 4, 2]


async def test_a_compressed_response_in_pieces_is_complete() -> None:
    answer = Answer(processing().body + b" " * 100_000).gzipped()
    with fault_server(answer) as server:
        async with open_client(server.base_url) as client:
            assert kinds([await client.observe(job_id())]) == [None]
