"""A response belongs to the request whose track id it repeats, and to no other."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from tests.faults.clients import no_connection_left, open_client
from tests.support.answers import (
    Answer,
    forbidden,
    html_page,
    not_found,
    processing,
    redirect,
    reply,
    server_error,
    signed_out,
    throttled,
    token,
)
from tests.support.behaviours import Behaviour, Latency, Raw, Silence
from tests.support.building import job_id
from tests.support.fault_server import FaultServer, fault_server
from tests.support.scripts import Decide
from tests.support.wire import Request, Wire
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant import BearerToken, Secret
from zjobtui.zuora.api import ZuoraApi

TRIALS, FEW = 30, 6
COMPLETED = reply("derived-completed-everything")
GIVEN = BearerToken(Secret("token"))


def echoed(request: Request, answer: Answer | None = None, change: Callable[[str], str] = str) -> Answer:
    """The response with the track id of the request, as Zuora sends it."""
    answer = answer or processing()
    return replace(answer, headers={**answer.headers, "Zuora-Track-Id": change(request.headers["zuora-track-id"])})


def together(*answers: Answer) -> Raw:
    """Several responses in one packet."""
    return Raw(b"".join(answer.encoded() for answer in answers))


@asynccontextmanager
async def client_of_known_host(script: Behaviour | Decide) -> AsyncIterator[tuple[ZuoraApi, FaultServer]]:
    """A client whose host has repeated a track id before."""

    def first_good(request: Request) -> Behaviour | None:
        if request.number == 1:
            return echoed(request)
        return script if isinstance(script, Behaviour) else script(request)

    with fault_server(first_good) as server:
        async with open_client(server.base_url, credentials=GIVEN) as client:
            assert is_processing(await client.observe(job_id()))
            yield client, server
        await no_connection_left(server)


def is_processing(one: Observation) -> bool:
    return isinstance(one, Success) and one.report.status == "Processing"


def is_rejected(one: Observation) -> bool:
    is_unreadable = isinstance(one, Failure) and one.problem.kind is ProblemKind.UNREADABLE
    return is_unreadable and "belongs to another request" in one.problem.detail  # type: ignore[union-attr]


def outcomes(observations: list[Observation]) -> Counter[str]:
    """Count observations that are good, rejected, and anything else."""
    return Counter(
        "good" if is_processing(observation) else "rejected" if is_rejected(observation) else repr(observation)
        for observation in observations
    )


def _then(request: Request, stray: Answer) -> Behaviour:
    """The right response comes well after the stray one."""
    return stray + Latency(0.002) + echoed(request)


STRAY: dict[str, Callable[[Request], Behaviour]] = {
    "before the right answer": lambda request: _then(request, COMPLETED),
    "in one packet with the right answer": lambda request: together(COMPLETED, echoed(request)),
    "as not found": lambda request: _then(request, not_found()),
    "as not found in the old style": lambda request: _then(request, reply("recorded-unknown-to-zuora")),
    "as failed": lambda request: _then(request, reply("recorded-failed-lock")),
    "in two packets": lambda request: Raw(COMPLETED.encoded()[:150]) + Latency(0.002) + Raw(
        COMPLETED.encoded()[150:] + echoed(request).encoded()
    ),
    "after a word to go on": lambda request: Raw(b"HTTP/1.1 100 Continue\r\n\r\n") + _then(request, COMPLETED),
    "instead of the right answer": lambda _request: COMPLETED,
    "compressed": lambda request: _then(request, COMPLETED.gzipped()),
    "with an empty id": lambda request: _then(request, replace(COMPLETED, headers={"Zuora-Track-Id": " "})),
    "with another id": lambda request: _then(request, echoed(request, COMPLETED, lambda one: one[::-1])),
    "with two ids": lambda request: _then(request, echoed(request, COMPLETED, lambda one: f"{one}, {'0' * 32}")),
    "with half of the id": lambda request: _then(request, echoed(request, COMPLETED, lambda one: one[:16])),
}  # fmt: skip


LONG = [pytest.param(ordering, TRIALS, marks=pytest.mark.slow) for ordering in list(STRAY)[2:]]


@pytest.mark.parametrize(
    ("ordering", "trials"),
    [*((one, TRIALS) for one in list(STRAY)[:2]), *((one, FEW) for one in list(STRAY)[2:]), *LONG],
)
async def test_a_stray_response_is_rejected_and_its_connection_closed(ordering: str, trials: int) -> None:
    def every_second(request: Request) -> Behaviour:
        return echoed(request) if request.number % 2 else STRAY[ordering](request)

    async with client_of_known_host(every_second) as (client, server):
        seen = [await client.observe(job_id(number)) for number in range(2 * trials)]
        assert outcomes(seen) == {"rejected": trials, "good": trials}
        assert client.requests == len(server.requests) == 1 + 2 * trials
        assert server.connections == 1 + trials


@pytest.mark.parametrize("at_once", [1, 4])
async def test_a_repeated_response_belongs_to_one_request_only(at_once: int) -> None:
    def twice(request: Request) -> Behaviour:
        return echoed(request) + Latency(0.001) + echoed(request, COMPLETED)

    async with client_of_known_host(twice) as (client, _):
        for _ in range(TRIALS):
            seen = await asyncio.gather(*(client.observe(job_id(number)) for number in range(at_once)))
            assert outcomes(list(seen)).keys() <= {"good", "rejected"}


async def test_a_stray_response_after_the_right_one_does_not_affect_it() -> None:
    async with client_of_known_host(lambda request: together(echoed(request), COMPLETED)) as (client, server):
        assert outcomes([await client.observe(job_id(number)) for number in range(TRIALS)]) == {"good": TRIALS}
        assert server.connections == TRIALS


async def test_a_response_that_was_sent_before_the_request_is_rejected() -> None:
    early = COMPLETED.encoded()
    with fault_server(
        lambda request: echoed(request).last() if request.connection == 1 else None,
        on_accept=lambda number: Raw(early) if number > 1 else None,
    ) as server:
        async with open_client(server.base_url, credentials=GIVEN) as client:
            assert is_processing(await client.observe(job_id()))
            seen = [await client.observe(job_id(number)) for number in range(TRIALS)]
            assert outcomes(seen) == {"rejected": TRIALS}


class Swapped:
    """A script that sends each of two concurrent requests the response to the other one."""

    def __init__(self) -> None:
        self._came: list[Request] = []
        self._both: asyncio.Event

    def __call__(self, request: Request) -> Behaviour:
        if not len(self._came) % 2:
            self._both = asyncio.Event()
        self._came.append(request)
        return _Swap(self._came, len(self._came) - 1, self._both)


@dataclass(frozen=True)
class _Swap(Behaviour):
    came: list[Request]
    number: int
    both: asyncio.Event

    async def play(self, wire: Wire) -> None:
        if self.number % 2:
            self.both.set()
        await self.both.wait()
        await wire.send(echoed(self.came[self.number ^ 1], COMPLETED).encoded())


async def test_responses_swapped_between_two_connections_are_both_rejected() -> None:
    async with client_of_known_host(Swapped()) as (client, server):
        for _ in range(TRIALS):
            pair = await asyncio.gather(client.observe(job_id(1)), client.observe(job_id(2)))
            assert outcomes(list(pair)) == {"rejected": 2}
        assert server.connections == 2 * TRIALS


async def test_before_a_host_repeats_ids_a_wrong_id_is_rejected_and_a_missing_one_accepted() -> None:
    with fault_server([Answer(processing().body, headers={"Zuora-Track-Id": "0" * 32})]) as server:
        async with open_client(server.base_url, credentials=GIVEN) as client:
            assert is_rejected(await client.observe(job_id()))
            seen = [await client.observe(job_id(number)) for number in range(TRIALS)]
            assert outcomes(seen) == {"good": TRIALS}
        assert server.connections == 2


@pytest.mark.parametrize(
    "change",
    [str.upper, lambda one: f"  {one}\t", lambda one: f"{one}, {one}"],
    ids=["letter case", "blanks", "given twice"],
)
async def test_an_id_rewritten_by_a_proxy_is_the_same(change: Callable[[str], str]) -> None:
    async with client_of_known_host(lambda request: echoed(request, None, change)) as (client, server):
        assert outcomes([await client.observe(job_id(number)) for number in range(5)]) == {"good": 5}
        assert server.connections == 1


FAILURES: dict[str, tuple[Answer, ProblemKind]] = {
    "throttled": (throttled("3"), ProblemKind.THROTTLED),
    "a gateway's page": (html_page(503), ProblemKind.UNAVAILABLE),
    "server error": (server_error(), ProblemKind.SERVER_ERROR),
    "signed out": (signed_out(), ProblemKind.SIGNED_OUT),
    "forbidden": (forbidden(), ProblemKind.FORBIDDEN),
    "redirect": (redirect("https://login.example/"), ProblemKind.REDIRECTED),
    "a page": (html_page(), ProblemKind.UNREADABLE),
}


@pytest.mark.parametrize(("answer", "kind"), FAILURES.values(), ids=FAILURES)
async def test_a_failure_without_an_id_keeps_its_own_problem(answer: Answer, kind: ProblemKind) -> None:
    async with client_of_known_host(answer) as (client, _):
        one = await client.observe(job_id())
        assert isinstance(one, Failure)
        assert one.problem.kind is kind
        assert "another request" not in one.problem.detail


async def test_the_connection_of_a_failure_without_an_id_is_closed() -> None:
    def stray(request: Request) -> Behaviour:
        return echoed(request) if request.number % 2 else together(html_page(503), echoed(request, COMPLETED))

    async with client_of_known_host(stray) as (client, server):
        seen = [await client.observe(job_id(number)) for number in range(2 * TRIALS)]
        assert outcomes(seen)["good"] == TRIALS
        assert server.connections == 1 + TRIALS


LATE: dict[str, Behaviour] = {
    "before its headers": Latency(0.8) + COMPLETED,
    "within its headers": Raw(COMPLETED.encoded()[:40]) + Latency(0.8) + Raw(COMPLETED.encoded()[40:]),
    "within its body": Raw(COMPLETED.encoded()[:-20]) + Latency(0.8) + Raw(COMPLETED.encoded()[-20:]),
    "for ever": Silence(),
}


@pytest.mark.slow
@pytest.mark.parametrize("where", LATE)
@pytest.mark.parametrize("is_cancelled", [True, False], ids=["cancelled", "timed out"])
async def test_the_connection_of_a_request_that_was_given_up_is_not_used_again(
    where: str, *, is_cancelled: bool
) -> None:
    with fault_server(lambda request: None if request.number % 2 else LATE[where]) as server:
        async with open_client(server.base_url, credentials=GIVEN, limit=5.0 if is_cancelled else 0.4) as client:
            for number in range(1, 8):
                call = asyncio.create_task(client.observe(job_id(number)))
                if number % 2 == 0 and is_cancelled:
                    await asyncio.to_thread(server.wait_for_requests, number)
                    await asyncio.sleep(0.01)
                    call.cancel()
                    await asyncio.wait([call])
                    assert call.cancelled()
                elif number % 2 == 0:
                    one = await call
                    assert isinstance(one, Failure)
                    assert one.problem.kind is ProblemKind.TIMED_OUT
                else:
                    assert is_processing(await call)
        assert server.connections == 4
        await no_connection_left(server)


async def test_a_late_response_is_not_taken_for_the_response_to_a_sign_in() -> None:
    tokens: list[int] = []

    def script(request: Request) -> Behaviour:
        if request.path == "/oauth/token":
            tokens.append(request.of_connection)
            return token(f"token-{len(tokens)}") + Latency(0.005) + COMPLETED
        if request.bearer == "token-1" and request.of_path > 1:
            return signed_out() + Latency(0.001) + signed_out()
        return echoed(request)

    with fault_server(script) as server:
        async with open_client(server.base_url) as client:
            for _ in range(3):
                assert is_processing(await client.observe(job_id()))
                await asyncio.sleep(0.01)
    assert tokens == [1, 1]
