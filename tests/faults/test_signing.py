"""Tokens over a real connection: the requests that a server counts when tokens expire, are refused, or never come."""

import asyncio

import pytest

from tests.faults.clients import JOB, kinds, open_client, storm
from tests.support.answers import (
    Answer,
    forbidden,
    html_page,
    invalid_client,
    not_found,
    refusal,
    signed_out,
    throttled,
    token,
)
from tests.support.behaviours import Behaviour, Close, Silence
from tests.support.fault_server import FaultServer, fault_server
from tests.support.scripted import FixedClock
from tests.support.scripts import TOKEN_PATH, Script, TokenDesk, first_of
from tests.support.wire import Request
from zjobtui.models.observation import Failure
from zjobtui.models.problem import ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.tenant import BearerToken, Secret
from zjobtui.zuora.auth import PAUSE


def sign_ins(server: FaultServer) -> int:
    return len(server.requests_for(TOKEN_PATH))


@pytest.mark.slow
async def test_at_expiry_500_calls_at_once_make_exactly_1_token_request() -> None:
    clock, desk = FixedClock(), TokenDesk()
    with fault_server(desk) as server:
        async with open_client(server.base_url, clock=clock, limit=20) as client:
            await client.observe(JOB)
            assert sign_ins(server) == 1
            for expiries in (2, 3):
                clock.at += 3599 * 0.85
                assert await storm(client, 500) == [None] * 500
                assert sign_ins(server) == expiries


async def test_at_the_start_500_calls_at_once_make_exactly_1_token_request() -> None:
    with fault_server(TokenDesk()) as server:
        async with open_client(server.base_url, limit=20) as client:
            assert await storm(client, 500) == [None] * 500
            assert sign_ins(server) == 1


async def test_when_all_tokens_are_revoked_100_calls_at_once_make_1_token_request_and_succeed() -> None:
    clock, desk = FixedClock(), TokenDesk()
    with fault_server(desk) as server:
        async with open_client(server.base_url, clock=clock) as client:
            for revoked in range(1, 4):
                assert await storm(client, 100) == [None] * 100
                assert sign_ins(server) == revoked
                desk.revoke()
                clock.at += 120


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (signed_out(), ProblemKind.SIGNED_OUT),
        (html_page(401), ProblemKind.UNREADABLE),
        (refusal(200, 90000011, "sign in first"), ProblemKind.SIGNED_OUT),
    ],
)
async def test_many_401_responses_cause_2_token_requests_and_then_about_1_a_minute(
    refused: Behaviour, kind: ProblemKind
) -> None:
    clock = FixedClock()
    with fault_server(refused) as server:
        async with open_client(server.base_url, clock=clock) as client:
            assert set(await storm(client, 100)) == {kind}
            assert sign_ins(server) <= 2
            before, asked = sign_ins(server), len(server.requests)
            for _ in range(int(PAUSE) - 1):
                clock.at += 1
                assert set(await storm(client, 3)) == {kind}
            assert len(server.requests) == asked
            for _ in range(100):
                clock.at += 6
                assert set(await storm(client, 3)) == {kind}
            assert sign_ins(server) - before <= 600 / PAUSE + 1


async def test_the_user_can_end_the_pause() -> None:
    desk = TokenDesk()
    refusing = [signed_out()] * 2
    with fault_server(first_of(desk, refusing)) as server:
        async with open_client(server.base_url, clock=FixedClock()) as client:
            assert await storm(client, 1) == [ProblemKind.SIGNED_OUT]
            assert await storm(client, 5) == [ProblemKind.SIGNED_OUT] * 5
            client.sign_in_again()
            assert await storm(client, 5) == [None] * 5


async def test_a_token_proven_by_a_repeated_call_is_renewed_when_it_is_revoked() -> None:
    clock, desk = FixedClock(), TokenDesk()
    with fault_server(first_of(desk, not_found())) as server:
        async with open_client(server.base_url, clock=clock) as client:
            for _ in range(5):
                assert await storm(client, 1) == [ProblemKind.NOT_FOUND]
                desk.revoke()
                clock.at += 120
            assert sign_ins(server) == 5


@pytest.mark.parametrize("between", [Close(), html_page(502), Silence()], ids=["closed", "page", "silence"])
async def test_a_response_that_does_not_depend_on_the_token_does_not_prove_it_valid(between: Behaviour) -> None:
    answers = iter([signed_out(), between, between] if isinstance(between, Close) else [signed_out(), between])

    def script(request: Request) -> Behaviour | None:
        return None if request.path == TOKEN_PATH else next(answers, signed_out())

    with fault_server(script) as server:
        async with open_client(server.base_url, clock=FixedClock(), limit=0.5) as client:
            for _ in range(10):
                await client.observe(JOB)
            assert sign_ins(server) == 2


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (invalid_client(), ProblemKind.SIGNED_OUT),
        (invalid_client(400), ProblemKind.SIGNED_OUT),
        (forbidden(), ProblemKind.SIGNED_OUT),
        (Answer.of({"success": False}), ProblemKind.SIGNED_OUT),
        (refusal(404, 40000040, "no such tenant"), ProblemKind.SIGNED_OUT),
    ],
    ids=["invalid client", "invalid client as 400", "forbidden", "success false", "not found"],
)
async def test_refused_credentials_are_retried_after_a_pause_or_on_request(
    refused: Behaviour, kind: ProblemKind
) -> None:
    clock = FixedClock()
    with fault_server(token=[refused] * 3) as server:
        async with open_client(server.base_url, clock=clock) as client:
            for number in (1, 2):
                for _ in range(5):
                    assert await storm(client, 50) == [kind] * 50
                    clock.at += PAUSE / 5
                assert [request.path for request in server.requests] == [TOKEN_PATH] * number
            assert await storm(client, 1) == [kind]
            client.sign_in_again()
            assert await storm(client, 50) == [None] * 50
            assert sign_ins(server) == 4


async def test_credentials_refused_at_a_renewal_are_retried_as_rarely() -> None:
    clock = FixedClock()
    with fault_server(token=[token(life=100), *[invalid_client()] * 50]) as server:
        async with open_client(server.base_url, clock=clock) as client:
            assert await storm(client, 1) == [None]
            clock.at += 86
            for number in range(20):
                clock.at += 60
                assert await storm(client, 5) == [ProblemKind.SIGNED_OUT] * 5
                assert sign_ins(server) == 2 + number


@pytest.mark.parametrize("script", [signed_out(), [signed_out()]], ids=["for ever", "once"])
async def test_a_refused_bearer_token_is_sent_again_after_a_pause_or_on_request(
    script: Script,
) -> None:
    clock = FixedClock()
    with fault_server(script) as server:
        async with open_client(server.base_url, clock=clock, credentials=BearerToken(Secret("mine"))) as client:
            for _ in range(10):
                assert await storm(client, 1) == [ProblemKind.SIGNED_OUT]
            assert len(server.requests) == 1
            client.sign_in_again()
            await client.observe(JOB)
            clock.at += PAUSE
            await client.observe(JOB)
            assert [request.bearer for request in server.requests] == ["mine"] * 3


async def test_a_call_cancelled_during_sign_in_does_not_delay_the_others() -> None:
    with fault_server(token=[Silence()]) as server:
        async with open_client(server.base_url) as client:
            first = asyncio.create_task(client.observe(JOB))
            others = [asyncio.create_task(client.observe(JOB)) for _ in range(5)]
            await asyncio.to_thread(server.wait_for_requests, 1)
            first.cancel()
            assert kinds(await asyncio.gather(*others)) == [None] * 5
            assert sign_ins(server) == 2


async def test_a_host_that_revokes_each_token_after_one_response_gets_few_token_requests() -> None:
    clock, desk = FixedClock(), TokenDesk()
    with fault_server(desk) as server:
        async with open_client(server.base_url, clock=clock) as client:
            for _ in range(600):
                desk.revoke()
                clock.at += 0.5
                assert await storm(client, 1) in ([None], [ProblemKind.SIGNED_OUT])
            assert 5 <= sign_ins(server) <= 300 / PAUSE * 4


@pytest.mark.parametrize(
    ("stated", "seconds"), [("60", 60), ("0", 1), ("-5", 1), ("soon", 1), ("1000000000", 3_600), ("1, 90", 90)]
)
@pytest.mark.parametrize("status", [429, 503])
async def test_no_token_request_is_sent_before_retry_after_ends(status: int, stated: str, seconds: float) -> None:
    clock = FixedClock()
    with fault_server(token=[throttled(stated, status)]) as server:
        async with open_client(server.base_url, clock=clock) as client:
            assert await storm(client, 50) == [ProblemKind.THROTTLED] * 50
            for passed in (0.25, 0.5, 0.999):
                clock.at = FixedClock().at + seconds * passed
                missed = await client.observe(JOB)
                assert isinstance(missed, Failure)
                assert missed.problem.kind is ProblemKind.THROTTLED
                assert missed.call.http_status == status
                assert missed.call.rate_limits.retry_after == pytest.approx(seconds * (1 - passed), abs=1e-3)
            client.sign_in_again()
            assert await storm(client, 5) == [ProblemKind.THROTTLED] * 5
            assert [request.path for request in server.requests] == [TOKEN_PATH]
            clock.at = FixedClock().at + seconds
            assert await storm(client, 5) == [None] * 5
            assert sign_ins(server) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "retry_after"),
    [
        (throttled("60"), ProblemKind.THROTTLED, 60.0),
        (throttled(), ProblemKind.THROTTLED, None),
        (Answer(b"<html>", 503, {"Retry-After": "60"}), ProblemKind.UNAVAILABLE, 60.0),
        (html_page(502), ProblemKind.UNAVAILABLE, None),
        (invalid_client(), ProblemKind.SIGNED_OUT, PAUSE),
    ],
    ids=["429", "429 without a time", "503 by a page", "502", "refused"],
)
async def test_a_call_without_a_token_has_status_and_retry_after_of_the_token_endpoint_but_not_its_quotas(
    answer: Answer, kind: ProblemKind, retry_after: float | None
) -> None:
    quotas = {"ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "0", "ratelimit-reset": "30"}
    with_quotas = Answer(answer.body, answer.status, {**answer.headers, **quotas, "Zuora-Request-Id": "r-1"})
    with fault_server(token=with_quotas) as server:
        async with open_client(server.base_url) as client:
            missed = await client.observe(JOB)
        assert isinstance(missed, Failure)
        assert (missed.problem.kind, missed.call.http_status) == (kind, answer.status)
        assert (missed.call.url, missed.call.request_id) == (server.base_url + TOKEN_PATH, "r-1")
        assert missed.call.rate_limits == RateLimits(retry_after=retry_after)


async def test_a_renewal_that_is_throttled_waits_while_the_old_token_serves() -> None:
    clock = FixedClock()
    with fault_server(token=[token("old", life=100), throttled("60")]) as server:
        async with open_client(server.base_url, clock=clock) as client:
            assert await storm(client, 1) == [None]
            clock.at += 85
            assert await storm(client, 20) == [None] * 20
            clock.at += 14
            assert await storm(client, 20) == [None] * 20
            clock.at += 2
            assert await storm(client, 20) == [ProblemKind.THROTTLED] * 20
            assert sign_ins(server) == 2
            clock.at += 44
            assert await storm(client, 20) == [None] * 20
            assert sign_ins(server) == 3


@pytest.mark.slow
async def test_a_renewal_that_hangs_delays_only_the_call_that_makes_it() -> None:
    clock = FixedClock()
    with fault_server(token=[token("old", life=100), Silence()]) as server:
        async with open_client(server.base_url, clock=clock, limit=3) as client:
            assert await storm(client, 1) == [None]
            clock.at += 85
            renewing = asyncio.create_task(client.observe(JOB))
            await asyncio.to_thread(server.wait_for_requests, 3)
            for _ in range(3):
                assert await storm(client, 20) == [None] * 20
            assert not renewing.done()
            assert kinds([await renewing]) == [None]
            assert sign_ins(server) == 2
            assert {request.bearer for request in server.requests if request.path != TOKEN_PATH} == {"old"}
