"""Secrets that a server echoes are masked: no report, problem or call contains them."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.clients import JOB, open_client
from tests.support.answers import Answer, processing, redirect, refusal, token
from tests.support.behaviours import Behaviour
from tests.support.fault_server import fault_server
from tests.support.scripts import TOKEN_PATH
from tests.support.wire import Request
from zjobtui.clock import SystemClock
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant import BearerToken, ClientCredentials, Secret, Tenant
from zjobtui.zuora.health_check import check_health
from zjobtui.zuora.mask import MARK

SECRET = "sentinel/of-the=secret"
TOKEN = "9e02c41abbad4f5f8a3bd7e10c55fe21"
CLIENT = ClientCredentials("client-1", Secret(SECRET))


def percent(text: str) -> str:
    return "".join(f"%{ord(one):02X}" for one in text)


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(one):04x}" for one in text)


FORMS: dict[str, Callable[[str], str]] = {"plain": str, "upper": str.upper, "percent": percent, "escaped": escaped}


def holds_none(shown: object, *secrets: str) -> bool:
    text = repr(shown).lower()
    return not any(form(one).lower() in text for one in secrets for form in FORMS.values())


def everywhere(echo: str, status: int = 200) -> Answer:
    """The echo in the body and in every header that is stored."""
    reason = f'[{{"code": "50000099", "message": "not for {echo}"}}]'
    body = f'{{"success": {str(status == 200).lower()}, "status": "Processing", "{echo}": ["Bearer {echo}"], '
    body += f'"errors": "{echo}", "reasons": {reason}, "processId": "{echo}"}}'
    headers = {"Zuora-Request-Id": echo, "Retry-After": echo, "Concurrency-Limit-Type": echo}
    if echo.isalnum():
        headers[f"ratelimit-{echo}"] = "1"
    return Answer(body.encode(), status, headers)


ANSWERS: dict[str, Callable[[str], Answer]] = {
    "a report": everywhere,
    "a refusal": lambda echo: everywhere(echo, 400),
    "a redirect": lambda echo: redirect(f"https://login.example/?next={echo}"),
    "a long redirect": lambda echo: redirect("https://login.example/?" + "x" * 165 + echo),
    "an encoding": lambda echo: Answer(processing().body, headers={"Content-Encoding": echo}),
    "a track id": lambda echo: replace(processing(), headers={"Zuora-Track-Id": echo}),
    "a compressed report": lambda echo: everywhere(echo).gzipped(),
    "a message that is cut": lambda echo: refusal(400, 50000020, "x" * 490 + echo),
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_no_observation_holds_a_secret_that_the_host_echoes(answer: str) -> None:
    echoes = [form(secret) for form in FORMS.values() for secret in (SECRET, TOKEN)]

    def script(request: Request) -> Behaviour | None:
        return None if request.path == TOKEN_PATH else ANSWERS[answer](echoes[request.of_path - 1])

    with fault_server(script, token=token(TOKEN)) as server:
        async with open_client(server.base_url, credentials=CLIENT) as client:
            seen = [await client.observe(JOB) for _ in echoes]
        assert {request.bearer for request in server.requests[1:]} == {TOKEN}
    assert holds_none(seen, SECRET, TOKEN)
    if answer in {"a report", "a compressed report"}:
        assert all(isinstance(observation, Success) and MARK in observation.report.raw for observation in seen)
        assert all(observation.call.request_id == MARK for observation in seen)


async def test_given_and_earlier_tokens_are_masked_too() -> None:
    spoken: list[str] = []

    def script(request: Request) -> Behaviour:
        if request.path == TOKEN_PATH:
            spoken.append(f"{len(spoken)}{TOKEN}")
            return token(spoken[-1], 1)
        spoken.append(request.bearer)
        return everywhere(" ".join(spoken))

    class Late(SystemClock):
        late = 0.0

        def boot(self) -> float:
            self.late += 10
            return super().boot() + self.late

    with fault_server(script) as server:
        async with open_client(server.base_url, credentials=BearerToken(Secret(TOKEN))) as client:
            assert holds_none(await client.observe(JOB), TOKEN)
        async with open_client(server.base_url, credentials=CLIENT, clock=Late()) as client:
            seen = [await client.observe(JOB) for _ in range(4)]
    assert len({one for one in spoken if one != TOKEN}) == 4
    assert holds_none(seen[1:], *spoken[1:])


@pytest.mark.parametrize("status", [200, 401, 429])
async def test_a_refused_sign_in_that_echoes_the_secret_shows_none(status: int) -> None:
    for field in ("error", "error_description", "message"):
        body = {field: f"bad client {SECRET} {percent(SECRET)}", "access_token": ""}
        with fault_server(token=Answer.of(body, status)) as server:
            async with open_client(server.base_url, credentials=CLIENT) as client:
                one = await client.observe(JOB)
            checkup = await check_health(Tenant(name="env", base_url=server.base_url), CLIENT, SystemClock())
        assert isinstance(one, Failure)
        assert MARK in one.problem.detail
        assert holds_none((one, checkup), SECRET)


@pytest.mark.parametrize("access_token", [f"{SECRET} with a blank", f"{SECRET}\n"])
async def test_an_invalid_token_response_that_echoes_the_secret_is_unreadable(access_token: str) -> None:
    with fault_server(token=Answer.of({"access_token": access_token})) as server:
        async with open_client(server.base_url, credentials=CLIENT) as client:
            one = await client.observe(JOB)
    assert isinstance(one, Failure)
    assert one.problem.kind is ProblemKind.UNREADABLE
    assert holds_none(one, SECRET)


async def test_the_token_in_a_sign_in_response_is_masked() -> None:
    granted = {"access_token": TOKEN, "expires_in": 3599, "scope": f"user.{TOKEN} tenant.{percent(SECRET)}"}
    with fault_server(token=Answer.of(granted)) as server:
        checkup = await check_health(Tenant(name="env", base_url=server.base_url), CLIENT, SystemClock())
    assert MARK in checkup.who
    assert holds_none(checkup, SECRET, TOKEN)


async def test_a_token_that_is_granted_twice_is_used() -> None:
    def script(request: Request) -> Behaviour | None:
        return Answer.of({}, 401) if request.path != TOKEN_PATH and request.of_path == 1 else None

    with fault_server(script, token=token(TOKEN)) as server:
        async with open_client(server.base_url, credentials=CLIENT) as client:
            assert isinstance(await client.observe(JOB), Success)
        assert {request.bearer for request in server.requests if request.path != TOKEN_PATH} == {TOKEN}


async def observed(body: bytes) -> Observation:
    with fault_server(Answer(body)) as server:
        async with open_client(server.base_url, credentials=CLIENT) as client:
            return await client.observe(JOB)


async def test_a_report_without_a_secret_is_kept_unchanged() -> None:
    body = json.dumps({"status": "Processing", "note": "token-1, secret, sentinel \u00e9 % \\ \\u0041"})
    one = await observed(body.encode())
    assert isinstance(one, Success)
    assert one.report.raw == body
