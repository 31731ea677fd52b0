"""Whatever fails, secret and token are in no log, exception text or object description."""

import asyncio
import contextlib
import gc
import io
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.clients import JOB, open_client, storm
from tests.faults.scenarios import CONNECTION, REFUSALS, SIGN_IN, TIME, Scenario
from tests.support.answers import token
from tests.support.fault_server import fault_server
from tests.support.scripts import TokenDesk
from zjobtui.models.tenant import BearerToken, ClientCredentials, Credentials, Secret
from zjobtui.zuora import failures, transport
from zjobtui.zuora.transport import Response

SECRET = "sentinel-of-the-secret-7c41"
TOKEN = "sentinel-of-the-token-9e02"
SENTINELS = (SECRET, TOKEN)

FAILURES = [one for one in (*TIME, *CONNECTION, *SIGN_IN, *REFUSALS[-7:]) if one.kind is not None]


@pytest.fixture
def debug_log() -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG, including the event loop in debug mode."""
    said, root = io.StringIO(), logging.getLogger()
    listener = logging.StreamHandler(said)
    listener.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s"))
    names = [name for name in logging.root.manager.loggerDict if name.startswith(("aiohttp", "httpx", "httpcore"))]
    before = {name: logging.getLogger(name).level for name in ["", "asyncio", *names]}
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(listener)
    try:
        yield said
    finally:
        root.removeHandler(listener)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@pytest.fixture(autouse=True)
def _older_objects_are_passed_over() -> Iterator[None]:
    """Objects of other tests do not know these secrets, and take long to describe."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def descriptions() -> str:
    """The `repr` of every new object of the program, of httpx and of the event loop.

    aiohttp's own `RequestInfo` shows the header with the token; it never leaves `Transport.send`.
    """
    texts = []
    for one in gc.get_objects():
        if str(type(one).__module__).startswith(("zjobtui", "httpx", "asyncio")):
            with contextlib.suppress(Exception):
                texts.append(repr(one))
    return "\n".join(texts)


def _leaks(text: str) -> list[str]:
    return [sentinel for sentinel in SENTINELS if sentinel in text]


def test_there_are_enough_forced_failure_points() -> None:
    assert len(FAILURES) >= 30


@pytest.mark.slow
@pytest.mark.parametrize("scenario", FAILURES, ids=lambda one: one.name)
async def test_no_failure_reveals_the_secret_or_the_token(
    scenario: Scenario, debug_log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.get_running_loop().set_debug(enabled=True)
    raised: list[str] = []

    def noted(error: Exception, *arguments: Any, **options: Any) -> object:  # noqa: ANN401 - passed on as they are
        raised.append("".join(traceback.format_exception(error)))
        return problem_of(error, *arguments, **options)

    problem_of = failures.problem_of
    monkeypatch.setattr(transport, "problem_of", noted)
    credentials = ClientCredentials("client-1", Secret(SECRET))
    own = scenario.token if scenario.token is not None else token(TOKEN)
    with fault_server(scenario.script, token=own, on_accept=scenario.on_accept) as server:
        async with open_client(server.base_url, limit=min(scenario.limit, 2.0), credentials=credentials) as client:
            under_way = asyncio.create_task(client.observe(JOB))
            await asyncio.sleep(0.02)
            described = descriptions()
            observation = await under_way
            described += descriptions() + repr(client) + repr(vars(client)) + repr(observation)
        assert any(SECRET.encode() in request.body for request in server.requests)
    assert _leaks(described) == []
    assert _leaks("\n".join(raised)) == []
    assert _leaks(debug_log.getvalue()) == []


@pytest.mark.parametrize("credentials", [BearerToken(Secret(TOKEN)), ClientCredentials("client-1", Secret(SECRET))])
async def test_successful_calls_reveal_neither_secret_nor_token(
    credentials: Credentials, debug_log: io.StringIO
) -> None:
    with fault_server(token=token(TOKEN)) as server:
        async with open_client(server.base_url, credentials=credentials) as client:
            await storm(client, 5)
            described = descriptions()
        assert {request.bearer for request in server.requests if request.bearer} == {TOKEN}
    assert "Transport" in described or "ZuoraApi" in described
    assert "DEBUG" in debug_log.getvalue()
    assert _leaks(described + debug_log.getvalue()) == []


async def test_a_cancelled_call_reveals_neither_secret_nor_token(debug_log: io.StringIO) -> None:
    with fault_server(TokenDesk()) as server:
        async with open_client(server.base_url, credentials=ClientCredentials("client-1", Secret(SECRET))) as client:
            calls = [asyncio.create_task(client.observe(JOB)) for _ in range(20)]
            await asyncio.sleep(0.003)
            for call in calls:
                call.cancel()
            ended = await asyncio.gather(*calls, return_exceptions=True)
    assert _leaks("".join(map(repr, ended)) + debug_log.getvalue()) == []


@pytest.mark.parametrize(
    "value",
    [
        Secret(SECRET),
        ClientCredentials("client-1", Secret(SECRET)),
        BearerToken(Secret(TOKEN)),
        Response(200, {}, f'{{"access_token": "{TOKEN}"}}'.encode(), 0.1),
    ],
    ids=lambda one: type(one).__name__,
)
def test_no_repr_of_an_object_that_holds_a_secret_shows_it(value: object) -> None:
    assert _leaks(f"{value} {value!r} {[value]}") == []
