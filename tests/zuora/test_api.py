"""The client over real sockets on loopback: with the simulator, and with servers that misbehave."""

import asyncio
import dataclasses
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.answers import (
    Answer,
    html_page,
    invalid_client,
    not_found,
    processing,
    redirect,
    refusal,
    reply,
    signed_out,
    throttled,
    token,
)
from tests.support.behaviours import Behaviour, Close, Latency, Reset, Silence
from tests.support.building import job_id
from tests.support.fault_server import FaultServer, fault_server
from tests.support.faults import not_gzip, not_http, truncated_body
from tests.support.scripted import NOW, FixedClock
from tests.support.scripts import JOBS_PATH, TOKEN_PATH, TokenDesk
from tests.support.wire import Request
from zjobtui.config.tenants import make_tenant
from zjobtui.models.call_log import CallKind, LoggedCall
from zjobtui.models.job import JobId
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.tenant import BearerToken, ClientCredentials, Credentials, Secret
from zjobtui.simulator.server import Simulator, running
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.auth import PAUSE
from zjobtui.zuora.transport import Transport

ONE = job_id(1)
SENTINEL = "sentinel-secret-4711"
CLIENT = ClientCredentials("11111111-2222-3333-4444-555555555555", Secret(SENTINEL))


@asynccontextmanager
async def client_of(
    server: FaultServer | Simulator,
    clock: FixedClock | None = None,
    credentials: Credentials | None = None,
    limit: float = 20.0,
    calls: list[LoggedCall] | None = None,
    **fields: Any,  # noqa: ANN401 - the fields of `Tenant`
) -> AsyncIterator[ZuoraApi]:
    if credentials is None and isinstance(server, Simulator):
        credentials = ClientCredentials(server.client_id, Secret(server.client_secret))
    tenant = replace(make_tenant("env", server.base_url), **fields)
    clock = clock or FixedClock()
    transport = Transport(tenant.base_url, clock, total_limit=limit)
    record = ([] if calls is None else calls).append
    client = ZuoraApi(tenant, credentials or CLIENT, clock, transport, record=record)
    try:
        yield client
    finally:
        await client.aclose()


async def many(client: ZuoraApi, calls: int = 50) -> list[Observation]:
    return await asyncio.gather(*(client.observe(ONE) for _ in range(calls)))


def problem_of(observation: Observation) -> Problem:
    assert isinstance(observation, Failure)
    return observation.problem


def kinds(observations: list[Observation]) -> set[ProblemKind | None]:
    return {observation.problem.kind if isinstance(observation, Failure) else None for observation in observations}


@pytest.mark.parametrize("elapsed", [0.0, 60.0, 100_000.0])
async def test_every_job_of_the_simulator_is_read(elapsed: float) -> None:
    at = 0.0
    with running(seed=7, jobs=40, clock=lambda: at) as server:
        at = elapsed
        async with client_of(server) as client:
            ids = [JobId.parse(one) for one in server.job_ids]
            observations = await asyncio.gather(*(client.observe(one) for one in ids))
        assert [observation.call.http_status for observation in observations if isinstance(observation, Failure)] == [
            200
        ]
        assert kinds(list(observations)) == {None, ProblemKind.NOT_FOUND}
        assert server.requests.by_route == {"POST /oauth/token": 1, "GET /v1/async-jobs/{id}": 40}
        assert client.requests == 41


async def test_a_large_compressed_response_is_read_completely() -> None:
    at = 0.0
    with running(seed=7, jobs=12, clock=lambda: at) as server:
        at = 1_000.0
        async with client_of(server) as client:
            large = await client.observe(JobId(server.job_ids[4]))
    assert isinstance(large, Success)
    assert len(getattr(large.report.result, "subscriptions", ())) == 300


async def test_a_request_has_the_headers_that_zuora_requires_and_no_others() -> None:
    with fault_server() as server:
        async with client_of(server, version="2024-05-20", org_ids="org-1", entity_ids="entity-1") as client:
            for _ in range(3):
                assert isinstance(await client.observe(ONE), Success)
    signed_in, first, *others = server.requests
    assert (signed_in.method, signed_in.path) == ("POST", TOKEN_PATH)
    assert signed_in.body.decode().split("&") == [
        f"client_id={CLIENT.client_id}",
        f"client_secret={SENTINEL}",
        "grant_type=client_credentials",
    ]
    assert (first.method, first.path, first.body) == ("GET", JOBS_PATH + ONE.given, b"")
    track_ids = {request.headers["zuora-track-id"] for request in (first, *others)}
    assert len(track_ids) == 3
    assert all(re.fullmatch(r"[0-9a-zA-Z-]{1,64}", one) for one in track_ids)
    assert {**first.headers, "zuora-track-id": ""} == {
        "zuora-track-id": "",
        "host": server.base_url.removeprefix("http://"),
        "accept": "application/json",
        "accept-encoding": "gzip",
        "authorization": "Bearer token-1",
        "user-agent": "zjobtui",
        "zuora-version": "2024-05-20",
        "zuora-org-ids": "org-1",
        "zuora-entity-ids": "entity-1",
    }


async def test_an_id_is_sent_unchanged() -> None:
    given = JobId("1BC24F31-5D7B-48D3-A202-45BFE73BDCEB")
    with fault_server() as server:
        async with client_of(server) as client:
            await client.observe(given)
        assert server.requests[-1].path == JOBS_PATH + given.given


async def test_an_observation_has_the_details_that_support_needs() -> None:
    headers = {"Zuora-Request-Id": "request-1", "ratelimit-remaining": "7", "Retry-After": "3", "X-Other": "no"}
    answers = [dataclasses.replace(processing(), headers=headers), refusal(404, 50000040, "no such job", headers)]
    with fault_server(answers) as server:
        async with client_of(server, FixedClock(1_000.0)) as client:
            for answer in answers:
                one = await client.observe(ONE)
                assert one.at == 1_000.0
                assert one.call.url == f"{server.base_url}{JOBS_PATH}{ONE}"
                assert one.call.track_id == server.requests[-1].headers["zuora-track-id"]
                assert (one.call.http_status, one.call.request_id) == (answer.status, "request-1")
                assert dict(one.call.limits) == {"ratelimit-remaining": "7", "retry-after": "3"}
                assert one.call.rate_limits == RateLimits(remaining=7, retry_after=3)
                assert 0 < one.call.latency < 10
                assert one.call.process_id == ("0123456789ABCDEF" if isinstance(one, Failure) else "")


async def test_a_response_received_after_a_suspend_has_the_time_of_its_request() -> None:
    clock = FixedClock()

    def answered_before_a_night(request: Request) -> Behaviour | None:
        if request.path.startswith(JOBS_PATH):
            clock.at += 8 * 3_600
        return None

    with fault_server(answered_before_a_night) as server:
        async with client_of(server, clock=clock) as client:
            observation = await client.observe(ONE)
    assert isinstance(observation, Success)
    assert observation.at < NOW + 60


async def test_one_token_serves_fifty_calls_at_once() -> None:
    desk = TokenDesk()
    with fault_server(desk) as server:
        async with client_of(server) as client:
            assert kinds(await many(client)) == {None}
            assert kinds(await many(client)) == {None}
    assert desk.issued == 1


async def test_a_token_revoked_by_zuora_is_renewed_once_for_fifty_calls() -> None:
    desk = TokenDesk()
    with fault_server(desk) as server:
        async with client_of(server) as client:
            await client.observe(ONE)
            for renewed in (2, 3, 4):
                desk.revoke()
                assert kinds(await many(client)) == {None}
                assert desk.issued == renewed


async def test_a_token_is_renewed_before_it_expires_without_a_refused_call() -> None:
    clock, desk = FixedClock(), TokenDesk(claimed=100)
    with fault_server(desk) as server:
        async with client_of(server, clock) as client:
            await client.observe(ONE)
            clock.at += 86
            assert kinds(await many(client)) == {None}
            assert len(server.requests_for(JOBS_PATH)) == 51
    assert desk.issued == 2


async def test_a_storm_of_refused_tokens_makes_two_token_requests_and_then_one_a_minute() -> None:
    clock = FixedClock()
    with fault_server(signed_out()) as server:
        async with client_of(server, clock) as client:
            for _ in range(4):
                assert kinds(await many(client)) == {ProblemKind.SIGNED_OUT}
            assert len(server.requests_for(TOKEN_PATH)) == 2
            asked = len(server.requests)
            clock.at += PAUSE - 1
            await many(client)
            assert len(server.requests) == asked
            clock.at += 1
            await many(client)
            await many(client)
            assert len(server.requests_for(TOKEN_PATH)) == 3


async def test_the_user_can_retry_refused_credentials() -> None:
    with fault_server([signed_out(), signed_out()]) as server:
        async with client_of(server) as client:
            assert problem_of(await client.observe(ONE)).kind is ProblemKind.SIGNED_OUT
            assert problem_of(await client.observe(ONE)).kind is ProblemKind.SIGNED_OUT
            client.sign_in_again()
            assert isinstance(await client.observe(ONE), Success)
    assert len(server.requests_for(TOKEN_PATH)) == 3


@pytest.mark.slow
async def test_calls_that_wait_for_a_token_in_vain_share_the_wait() -> None:
    with fault_server(token=[Silence(), token()]) as server:
        async with client_of(server, limit=1.5) as client:
            assert kinds(await many(client)) == {ProblemKind.TIMED_OUT}
            assert len(server.requests) == 1
            assert kinds(await many(client)) == {None}


@pytest.mark.parametrize("status", [400, 401])
async def test_a_wrong_secret_is_reported_and_retried_once_a_pause(status: int) -> None:
    clock = FixedClock()
    with fault_server(token=invalid_client(status)) as server:
        async with client_of(server, clock) as client:
            for _ in range(5):
                assert {problem_of(one) for one in await many(client)} == {
                    Problem(ProblemKind.SIGNED_OUT, "invalid client")
                }
                clock.at += PAUSE
    assert len(server.requests) == 5


async def test_the_simulator_refuses_a_wrong_secret() -> None:
    with running(seed=7, jobs=1) as server:
        wrong = ClientCredentials(server.client_id, Secret("wrong"))
        async with client_of(server, credentials=wrong) as client:
            assert kinds(await many(client)) == {ProblemKind.SIGNED_OUT}
        assert server.requests.by_route == {"POST /oauth/token": 1}


async def test_a_given_token_is_sent_and_never_renewed() -> None:
    with fault_server([processing(), signed_out()]) as server:
        async with client_of(server, credentials=BearerToken(Secret("mine"))) as client:
            assert isinstance(await client.observe(ONE), Success)
            assert problem_of(await client.observe(ONE)).kind is ProblemKind.SIGNED_OUT
            assert problem_of(await client.observe(ONE)).kind is ProblemKind.SIGNED_OUT
    assert [request.bearer for request in server.requests] == ["mine", "mine"]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_a_redirect_is_reported_and_never_followed(status: int) -> None:
    with fault_server() as elsewhere:
        target = f"{elsewhere.base_url}{JOBS_PATH}{ONE}"
        with fault_server(redirect(target, status)) as server:
            async with client_of(server) as client:
                problem = problem_of(await client.observe(ONE))
        assert problem == Problem(ProblemKind.REDIRECTED, f"HTTP {status} to {target}")
        assert elsewhere.connections == 0


async def test_a_redirect_of_the_token_request_is_never_followed() -> None:
    with fault_server() as elsewhere:
        with fault_server(token=redirect(elsewhere.base_url + TOKEN_PATH, 307)) as server:
            async with client_of(server) as client:
                assert problem_of(await client.observe(ONE)).kind is ProblemKind.REDIRECTED
        assert elsewhere.connections == 0


MISBEHAVIOURS: dict[str, tuple[Behaviour, ProblemKind]] = {
    "silence": (Silence(), ProblemKind.TIMED_OUT),
    "too slow": (Latency(5) + processing(), ProblemKind.TIMED_OUT),
    "not HTTP": (not_http(), ProblemKind.UNREADABLE),
    "broken off": (truncated_body(), ProblemKind.UNREACHABLE),
    "not gzip": (not_gzip(), ProblemKind.UNREADABLE),
    "too large": (Answer(bytes(2 << 20)), ProblemKind.TOO_LARGE),
    "a page": (html_page(), ProblemKind.UNREADABLE),
    "a page of a gateway": (html_page(502), ProblemKind.UNAVAILABLE),
    "too many": (throttled("3"), ProblemKind.THROTTLED),
    "not found": (not_found(), ProblemKind.NOT_FOUND),
    "an error in the old style": (reply("recorded-unknown-to-zuora"), ProblemKind.NOT_FOUND),
}


@pytest.mark.parametrize(("behaviour", "kind"), MISBEHAVIOURS.values(), ids=MISBEHAVIOURS)
async def test_every_server_fault_is_an_observation_and_the_next_call_succeeds(
    behaviour: Behaviour, kind: ProblemKind
) -> None:
    with fault_server([processing(), behaviour]) as server:
        async with client_of(server, limit=0.5) as client:
            observations = [await client.observe(ONE) for _ in range(3)]
    assert [observation.problem.kind if isinstance(observation, Failure) else None for observation in observations] == [
        None,
        kind,
        None,
    ]


async def test_a_closed_kept_alive_connection_is_replaced_once() -> None:
    with fault_server([processing(), Reset(), processing(), Reset(), Reset()]) as server:
        async with client_of(server) as client:
            observations = [await client.observe(ONE) for _ in range(4)]
    assert [type(observation) for observation in observations] == [Success, Success, Failure, Success]
    assert problem_of(observations[2]).kind is ProblemKind.UNREACHABLE


async def test_a_host_that_does_not_listen_is_unreachable() -> None:
    with fault_server() as server:
        pass
    async with client_of(server) as client:
        assert problem_of(await client.observe(ONE)) == Problem(ProblemKind.UNREACHABLE, "connection refused")


async def test_an_invalid_host_name_is_an_observation_too() -> None:
    for url in ("https://a..b", f"https://{'a' * 70}.example"):
        client = ZuoraApi(make_tenant("env", url), CLIENT, FixedClock(), Transport(url, FixedClock()))
        assert problem_of(await client.observe(ONE)).kind is ProblemKind.UNREACHABLE
        await client.aclose()


async def test_a_server_that_closes_after_every_response_is_supported() -> None:
    with fault_server(lambda _request: processing() + Close()) as server:
        async with client_of(server, credentials=BearerToken(Secret("mine"))) as client:
            assert kinds([await client.observe(ONE) for _ in range(100)]) == {None}
    assert server.connections >= 100


async def test_connections_are_kept_alive_within_the_limit_of_zuora() -> None:
    with fault_server() as server:
        async with client_of(server) as client:
            for _ in range(3):
                await many(client, 100)
    assert server.connections <= 1 + 40


@pytest.mark.slow
async def test_cancelled_calls_free_their_connections() -> None:
    with fault_server(lambda request: Latency(0.2) + processing() if request.number < 200 else None) as server:
        async with client_of(server, credentials=BearerToken(Secret("mine"))) as client:
            calls = [asyncio.create_task(client.observe(ONE)) for _ in range(200)]
            await asyncio.sleep(0.1)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            assert kinds(await many(client, 100)) == {None}


async def test_cookies_are_not_kept() -> None:
    with fault_server(dataclasses.replace(processing(), headers={"Set-Cookie": "session=1; Path=/"})) as server:
        async with client_of(server) as client:
            for _ in range(3):
                await client.observe(ONE)
    assert [request for request in server.requests if "cookie" in request.headers] == []


async def test_a_proxy_of_the_environment_is_not_used_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with fault_server() as server:
        async with client_of(server) as client:
            assert isinstance(await client.observe(ONE), Success)


async def test_no_secret_is_in_any_repr_log_or_observation(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    behaviours = [
        *(behaviour for behaviour, _ in MISBEHAVIOURS.values()),
        redirect("http://127.0.0.1:1/"),
        signed_out(),
    ]
    with fault_server(behaviours, token=[token(f"{SENTINEL}-token"), html_page(500), invalid_client()]) as server:
        async with client_of(server, limit=0.3) as client:
            shown = [repr(await client.observe(ONE)) for _ in range(len(behaviours) + 2)]
            shown += [repr(client), repr(vars(client)), repr(CLIENT), caplog.text]
    assert any("sentinel" in request.bearer for request in server.requests)
    assert [text for text in shown if "sentinel" in text] == []


ECHO = "client_secret=another-secret-4711 access_token: abcdefghijklmnopqrstuvwxyz0123456789"


async def test_a_failed_call_keeps_the_beginning_of_the_response_without_secrets() -> None:
    text = f"<p>\x1b]52;c;aGk=\x07 {SENTINEL} {ECHO}</p>" + "é" * 9_000
    with fault_server(Answer(text.encode(), 502, content_type="text/html")) as server:
        async with client_of(server) as client:
            failure = await client.observe(ONE)
    assert isinstance(failure, Failure)
    assert "[masked] client_secret=[masked] access_token: [masked]</p>é" in failure.body
    assert "\x1b" not in failure.body
    assert "4711" not in failure.body
    assert "abcdefghij" not in failure.body
    assert 2_000 < len(failure.body) <= 4_096


async def test_requests_without_an_observation_are_recorded() -> None:
    calls: list[LoggedCall] = []
    with fault_server([signed_out()]) as server:
        async with client_of(server, calls=calls) as client:
            assert isinstance(await client.observe(ONE), Success)
    logged = [(one.kind, one.job and one.job.id, one.call.http_status, one.is_failure, one.was_sent) for one in calls]
    assert logged == [
        (CallKind.TOKEN, None, 200, False, True),
        (CallKind.POLL, ONE, 401, True, True),
        (CallKind.TOKEN, None, 200, False, True),
    ]
    assert "please sign in first" in calls[1].body
    assert all("token-" not in repr(one) for one in calls)


@pytest.mark.parametrize("kind", [CallKind.POLL, CallKind.REFRESH, CallKind.PROBE])
@pytest.mark.parametrize("is_operation", [False, True])
async def test_a_refused_first_attempt_is_logged_as_the_call_that_it_belongs_to(
    kind: CallKind, is_operation: bool
) -> None:
    calls: list[LoggedCall] = []
    with fault_server([signed_out()]) as server:
        async with client_of(server, calls=calls) as client:
            await (client.observe_operation if is_operation else client.observe)(ONE, kind)
    assert [(one.kind, one.job is not None) for one in calls if one.is_failure] == [(kind, True)]


async def test_a_refused_sign_in_is_recorded_once_and_the_job_was_not_polled() -> None:
    calls: list[LoggedCall] = []
    with fault_server(token=invalid_client()) as server:
        async with client_of(server, calls=calls) as client:
            observations = await many(client, 5)
    assert [(one.kind, one.is_failure) for one in calls] == [(CallKind.TOKEN, True)]
    assert "invalid" in calls[0].body
    assert SENTINEL not in repr(calls)
    assert {observation.call.url.endswith("/oauth/token") for observation in observations} == {True}
