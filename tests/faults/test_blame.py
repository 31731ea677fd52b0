"""Who is at fault: Zuora, a gateway, a proxy, the network, or the credentials, by what the real client receives."""

import gzip
import json
from collections.abc import Callable

import pytest

from tests.faults.clients import CREDENTIALS, JOB, open_client
from tests.support.answers import Answer, html_page, invalid_client, processing, redirect, refusal, throttled, token
from tests.support.behaviours import Behaviour, Close
from tests.support.fault_server import fault_server
from tests.support.faults import not_gzip, truncated_body
from tests.support.scripted import FixedClock
from tests.support.scripts import TOKEN_PATH
from zjobtui.clock import SystemClock
from zjobtui.models.observation import Failure, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import ClientCredentials, Credentials, Secret, Tenant
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.auth import PAUSE
from zjobtui.zuora.transport import Transport

HTML = "text/html"
LOGIN = "https://login.example/sign-in?next=/v1"


def page(status: int, title: str = "Sign in to FreeWiFi") -> Answer:
    text = f"<!DOCTYPE html>\n<html><head><title>\n {title} </title></head><body>…</body></html>"
    return Answer(text.encode(), status, content_type=HTML)


PORTALS: dict[str, tuple[Behaviour, ProblemKind, str]] = {
    "sign-in page": (
        page(200),
        ProblemKind.UNREADABLE,
        "HTTP 200, not JSON, a web page with the title “Sign in to FreeWiFi”",
    ),
    "page without a title": (html_page(200), ProblemKind.UNREADABLE, "HTTP 200, not JSON, a web page"),
    "title with references": (page(200, "A &amp; B \x1b[2J\u202e"), ProblemKind.UNREADABLE, "title “A & B ␛[2J�”"),
    "no content": (Answer(b"", 200), ProblemKind.UNREADABLE, "HTTP 200, not JSON, it is empty"),
    "script": (Answer(b"window.location='/login'", 200), ProblemKind.UNREADABLE, "HTTP 200, not JSON"),
    "other JSON": (Answer.of({"redirect": LOGIN}), ProblemKind.UNREADABLE, "HTTP 200"),
    "401 of a proxy": (page(401), ProblemKind.UNREADABLE, "HTTP 401, not JSON, a web page"),
    "403 of a proxy": (
        page(403, "Blocked"),
        ProblemKind.UNREADABLE,
        "HTTP 403, not JSON, a web page with the title “Blocked”",
    ),
    "404 of a proxy": (page(404), ProblemKind.UNREADABLE, "HTTP 404"),
    "407 of a proxy": (page(407), ProblemKind.UNREADABLE, "HTTP 407, a proxy requires a user and a password"),
    "407 without a body": (Answer(b"", 407), ProblemKind.UNREADABLE, "a proxy requires a user and a password"),
    "511": (page(511), ProblemKind.UNREADABLE, "HTTP 511, the network requires a sign-in"),
    **{
        f"redirection {status}": (
            redirect(LOGIN, status),
            ProblemKind.REDIRECTED,
            f"HTTP {status} to {LOGIN.partition('?')[0]}?…",
        )
        for status in (301, 302, 303, 307, 308)
    },
    "502 of a gateway": (page(502, "Bad Gateway"), ProblemKind.UNAVAILABLE, "HTTP 502"),
    "503 of a gateway": (page(503), ProblemKind.UNAVAILABLE, "HTTP 503"),
    "504 of a gateway": (
        Answer(b"upstream request timeout", 504, content_type="text/plain"),
        ProblemKind.UNAVAILABLE,
        "HTTP 504",
    ),
    "500 of a gateway": (page(500), ProblemKind.UNAVAILABLE, "HTTP 500"),
    "429 of a gateway": (page(429), ProblemKind.THROTTLED, "HTTP 429"),
    "502 in JSON": (Answer.of({"message": "no healthy upstream"}, 502), ProblemKind.UNAVAILABLE, "no healthy upstream"),
    "500 of Zuora": (
        Answer.of({"reasons": [{"code": "SystemError", "message": "internal server error"}]}, 500),
        ProblemKind.SERVER_ERROR,
        "internal server error",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PORTALS)
@pytest.mark.parametrize("is_token", [False, True], ids=["job", "token"])
async def test_a_response_that_is_not_zuoras_is_blamed_on_what_sent_it(name: str, is_token: bool) -> None:
    behaviour, kind, detail = PORTALS[name]
    script, token_script = (None, behaviour) if is_token else (behaviour, None)
    with fault_server(script, token=token_script) as server:
        async with open_client(server.base_url) as client:
            missed = await client.observe(JOB)
    assert isinstance(missed, Failure)
    assert missed.problem.kind is kind
    assert detail in missed.problem.detail
    assert "credentials" not in missed.problem.kind.meaning


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_error_of_a_gateway_is_not_an_internal_error_of_zuora(status: int) -> None:
    assert "internal" not in PORTALS[f"{status} of a gateway"][1].meaning


REFUSALS = {
    "success false": {"success": False},
    "success false with a reason": {"success": False, "reasons": [{"code": 50000020, "message": "Invalid client id"}]},
    "OAuth error": {"error": "access_denied"},
    "error object": {"error": {"code": "invalid", "message": "Invalid client id"}},
    "old errors": {"Errors": [{"Code": "INVALID", "Message": "Invalid client id"}]},
    "fault": {"faultcode": "fns:INVALID", "FaultMessage": "Invalid client id"},
    "in a text": {"errors": json.dumps({"message": "Invalid client id"})},
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_of_the_token_under_http_200_is_signed_out(name: str) -> None:
    with fault_server(token=Answer.of(REFUSALS[name])) as server:
        async with open_client(server.base_url) as client:
            missed = await client.observe(JOB)
    assert isinstance(missed, Failure)
    assert missed.problem.kind is ProblemKind.SIGNED_OUT
    assert missed.problem.detail in {"Invalid client id", "access denied", "HTTP 200, no token in the response"}
    assert missed.call.rate_limits.retry_after == PAUSE


BROKEN: dict[str, Callable[[Answer], Behaviour]] = {
    "cut off": truncated_body,
    "not gzip": lambda answer: Answer(answer.body, answer.status, {**answer.headers, **not_gzip().headers}),
    "gzip cut off": lambda answer: Answer(
        gzip.compress(answer.body)[:-9], answer.status, {**answer.headers, "Content-Encoding": "gzip"}
    ),
    "brotli": lambda answer: Answer(b"\x0b\x02\x80", answer.status, {**answer.headers, "Content-Encoding": "br"}),
    "too large": lambda answer: Answer(b" " * (3 << 20), answer.status, answer.headers) + Close(),
    "page": lambda answer: Answer(b"<html>", answer.status, answer.headers),
    "empty": lambda answer: Answer(b"", answer.status, answer.headers),
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize(("status", "kind"), [(429, ProblemKind.THROTTLED), (503, ProblemKind.UNAVAILABLE)])
@pytest.mark.parametrize("is_token", [False, True], ids=["job", "token"])
async def test_a_broken_body_does_not_lose_status_and_retry_after(
    broken: str, status: int, kind: ProblemKind, is_token: bool
) -> None:
    behaviour = BROKEN[broken](throttled("60", status))
    script, token_script = (None, behaviour) if is_token else (behaviour, None)
    with fault_server(script, token=token_script) as server:
        async with open_client(server.base_url) as client:
            missed = await client.observe(JOB)
    assert isinstance(missed, Failure)
    assert (missed.problem.kind, missed.call.http_status) == (kind, status)
    assert missed.call.rate_limits.retry_after == 60


@pytest.mark.parametrize("encoding", ["utf-8", "none", "application/json", "identity, UTF-8"])
async def test_json_under_an_invalid_content_encoding_is_read(encoding: str) -> None:
    headers = {"Content-Encoding": encoding}
    good, signed_in = Answer(processing().body, headers=headers), Answer(token().body, headers=headers)
    with fault_server(good, token=signed_in) as server:
        async with open_client(server.base_url) as client:
            assert isinstance(await client.observe(JOB), Success)


@pytest.mark.parametrize("refused", [invalid_client(), Answer.of({"success": False}), refusal(401, 90000011, "no")])
async def test_a_corrected_secret_is_read_and_used_within_a_minute(refused: Answer) -> None:
    clock, secret = FixedClock(), "wrong"
    found: list[Credentials | Problem] = [Problem(ProblemKind.MISCONFIGURED, "The file is empty.")]

    async def reread() -> Credentials | Problem:
        return found[-1]

    with fault_server(token=lambda request: None if b"client_secret=right" in request.body else refused) as server:
        tenant, transport = Tenant(name="env", base_url=server.base_url), Transport(server.base_url, SystemClock())
        wrong = ClientCredentials(CREDENTIALS.client_id, Secret(secret))
        client = ZuoraApi(tenant, wrong, clock, transport, reread)
        try:
            assert await kind_of(client) is ProblemKind.SIGNED_OUT
            clock.at += 25
            assert await kind_of(client) is ProblemKind.SIGNED_OUT
            clock.at += 25
            assert await kind_of(client) is ProblemKind.MISCONFIGURED
            found.append(ClientCredentials(CREDENTIALS.client_id, Secret("right")))
            clock.at += 59
            assert isinstance(await client.observe(JOB), Success)
        finally:
            await client.aclose()
        assert len(server.requests_for(TOKEN_PATH)) == 2


async def kind_of(client: ZuoraApi) -> ProblemKind:
    missed = await client.observe(JOB)
    assert isinstance(missed, Failure)
    return missed.problem.kind
