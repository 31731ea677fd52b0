"""Reads of what jobs created over real sockets: what is sent, token, track id, size."""

import pytest

from tests.support.answers import Answer, processing, signed_out, token
from tests.support.behaviours import Behaviour
from tests.support.building import job_id
from tests.support.fault_server import fault_server
from tests.support.scripts import TOKEN_PATH
from tests.support.wire import Request
from tests.zuora.test_api import SENTINEL, client_of
from zjobtui.models.call_log import CallKind, LoggedCall
from zjobtui.models.related import ReadProblem, ReadProblemKind, Reference, Related, RelatedKind
from zjobtui.models.related_details import OrderDetails

ORDER = Reference(RelatedKind.ORDER, "O-1")


def order(actions: int = 1, padding: int = 0) -> Answer:
    """An order whose actions have metrics of this size besides."""
    action = {"type": "AddProduct", "triggerDates": [], "orderMetrics": [{"x": "0123456789" * padding}]}
    subscription = {"subscriptionNumber": "A-S1", "orderActions": [action] * actions}
    return Answer.of({"success": True, "order": {"orderNumber": "O-1", "subscriptions": [subscription]}})


async def test_a_read_sends_one_get_with_a_quoted_key_and_no_query() -> None:
    with fault_server(lambda request: None if request.path == TOKEN_PATH else order().gzipped()) as server:
        async with client_of(server) as client:
            result = await client.read_related(Reference(RelatedKind.INVOICE, "INV ü&1"))
            assert isinstance(result, ReadProblem)
            assert isinstance(await client.read_related(ORDER), Related)
        assert client.requests == 3
    _, first, second = server.requests
    assert (first.method, first.path, first.body) == ("GET", "/v1/invoices/INV%20%C3%BC&1", b"")
    assert second.path == "/v1/orders/O-1"
    assert set(second.headers) == {
        *("host", "accept", "accept-encoding", "authorization", "user-agent", "zuora-version", "zuora-track-id"),
    }


async def test_a_key_that_could_change_the_request_sends_nothing() -> None:
    with fault_server() as server:
        async with client_of(server) as client:
            result = await client.read_related(Reference(RelatedKind.ORDER, "../oauth/token"))
        assert isinstance(result, ReadProblem)
        assert (result.kind, server.requests) == (ReadProblemKind.NOT_VALID, ())


async def test_a_refused_token_is_renewed_once() -> None:
    def script(request: Request) -> Behaviour:
        if request.path == TOKEN_PATH:
            return token()
        return signed_out() if request.number == 2 else order()

    with fault_server(script) as server:
        async with client_of(server) as client:
            assert isinstance(await client.read_related(ORDER), Related)
    assert [request.path for request in server.requests] == [TOKEN_PATH, "/v1/orders/O-1"] * 2


async def test_each_read_is_recorded_with_its_object_and_result() -> None:
    calls: list[LoggedCall] = []
    pending = Answer.of({"success": True, "order": {"orderNumber": "O-1", "status": "Pending"}})
    echo = Answer(f"<p>{SENTINEL}</p>".encode(), 502, content_type="text/html")

    def script(request: Request) -> Behaviour:
        if request.path == TOKEN_PATH:
            return token()
        return {2: signed_out(), 4: pending}.get(request.number, echo)

    with fault_server(script) as server:
        async with client_of(server, calls=calls) as client:
            await client.read_related(ORDER)
            await client.read_related(ORDER)
    reads = [call for call in calls if call.kind is CallKind.READ]
    assert [(call.status, call.call.http_status, call.is_failure) for call in reads] == [
        ("", 401, True),
        ("Pending", 200, False),
        ("", 502, True),
    ]
    assert {(call.reference, call.job, call.was_sent) for call in reads} == {(ORDER, None, True)}
    assert "please sign in first" in reads[0].body
    assert reads[2].body == "<p>[masked]</p>"


async def test_a_response_to_another_request_is_not_shown() -> None:
    def script(request: Request) -> Behaviour:
        if request.path == TOKEN_PATH:
            return token()
        answer = processing() if request.path.startswith("/v1/async-jobs/") else order()
        given = request.headers["zuora-track-id"] if request.number == 2 else "another"
        return Answer(answer.body, headers={"Zuora-Track-Id": given})

    with fault_server(script) as server:
        async with client_of(server) as client:
            await client.observe(job_id(1))
            result = await client.read_related(ORDER)
    assert isinstance(result, ReadProblem)
    assert "the response belongs to another request" in result.sentence


async def test_a_secret_that_a_response_echoes_is_masked() -> None:
    body = {"order": {"orderNumber": "O-1", "description": f"uses {SENTINEL}"}}
    with fault_server(lambda request: None if request.path == TOKEN_PATH else Answer.of(body)) as server:
        async with client_of(server) as client:
            result = await client.read_related(ORDER)
    assert isinstance(result, Related)
    assert isinstance(result.details, OrderDetails)
    assert result.details.description == "uses [masked]"


async def test_an_order_above_the_limit_is_not_shown_at_all() -> None:
    with fault_server(lambda request: None if request.path == TOKEN_PATH else order(1, 430_000)) as server:
        async with client_of(server) as client:
            result = await client.read_related(ORDER)
    assert isinstance(result, ReadProblem)
    assert result.kind is ReadProblemKind.TOO_LARGE
    assert result.sentence.endswith("nothing of it is shown: over 4 MiB, or 16 MiB decompressed.")


@pytest.mark.slow
async def test_an_order_of_five_megabytes_is_read_completely() -> None:
    answer = order(300, 1_700).gzipped()
    with fault_server(lambda request: None if request.path == TOKEN_PATH else answer) as server:
        async with client_of(server) as client:
            result = await client.read_related(ORDER)
    assert isinstance(result, Related)
    assert isinstance(result.details, OrderDetails)
    assert len(result.details.subscriptions[0].actions) == 300
