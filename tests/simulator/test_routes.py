import gzip
import json

import httpx
import pytest

from tests.simulator.conftest import Call, HandClock, Start
from zjobtui.simulator.scenarios import SCENARIOS, Outcome
from zjobtui.simulator.server import Simulator

PLACE = {part.outcome: place for place, part in reversed(list(enumerate(SCENARIOS)))}
OLD_VERSIONS = ["", "186.0", "2023-10-24"]
ORDER = {"existingAccountNumber": "A00009999"}


def the(server: Simulator, outcome: Outcome) -> str:
    return server.job_ids[PLACE[outcome]]


def reason(response: httpx.Response) -> object:
    return response.json()["reasons"][0]["code"]


def test_a_sign_in_returns_a_bearer_token_for_an_hour(start: Start, call: Call) -> None:
    server = start()
    response = call(server).sign_in()
    assert response.json().items() >= {"token_type": "bearer", "expires_in": 3599}.items()
    assert len(server.client_id) == 36


def test_a_wrong_secret_is_refused(start: Start, call: Call) -> None:
    response = call(start()).sign_in(secret="wrong")
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_a_call_without_a_token_is_refused(start: Start, call: Call) -> None:
    server = start()
    response = call(server).job(server.job_ids[0])
    assert (response.status_code, reason(response)) == (401, 90000011)


def test_a_token_expires(start: Start, call: Call, clock: HandClock) -> None:
    server = start()
    caller = call(server).signed_in()
    clock.now += 3_598
    assert caller.job(server.job_ids[0]).status_code == 200
    clock.now += 2
    assert caller.job(server.job_ids[0]).status_code == 401
    assert caller.signed_in().job(server.job_ids[0]).status_code == 200


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_an_older_client_is_refused_with_http_200(start: Start, call: Call, version: str) -> None:
    server = start()
    caller = call(server, version)
    for response, code in [
        (caller.job(server.job_ids[0]), 90000011),
        (caller.signed_in().job("f" * 32), "50000040"),
        (caller.http.post("/v1/async/orders", content="{"), 50000090),
    ]:
        assert (response.status_code, response.json()["success"], reason(response)) == (200, False, code)


@pytest.mark.parametrize("job_id", ["f" * 32, "short", "x" * 32, "..%2Faccounts", "%1b%5b31m", "f" * 36])
def test_an_unknown_job_id_is_not_found(start: Start, call: Call, job_id: str) -> None:
    response = call(start()).signed_in().job(job_id)
    assert (response.status_code, reason(response)) == (404, "50000040")
    assert len(response.json()["processId"]) == 16
    assert response.json()["requestId"] == response.headers["Zuora-Request-Id"]


def test_a_job_that_is_not_an_order_is_unknown_to_zuora_and_not_failed(start: Start, call: Call) -> None:
    server = start()
    response = call(server).signed_in().job(the(server, Outcome.UNKNOWN_TO_ZUORA))
    assert (response.status_code, response.json()["success"], reason(response)) == (200, False, 50000040)


def test_a_dashed_id_names_the_same_job(start: Start, call: Call) -> None:
    server = start()
    plain = the(server, Outcome.LOCKED_NO_COLON)
    dashed = f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"
    assert call(server).signed_in().job(dashed).json()["status"] == "Processing"


def test_a_job_goes_from_processing_to_its_end(start: Start, call: Call, clock: HandClock) -> None:
    server = start()
    caller, job_id = call(server).signed_in(), the(server, Outcome.LOCKED)
    assert caller.job(job_id).json()["status"] == "Processing"
    clock.now += 8
    assert server.elapsed == 8
    assert caller.job(job_id).json()["errors"].startswith("[40000050]: ")


def test_every_response_has_the_headers_of_zuora(start: Start, call: Call) -> None:
    server = start()
    caller = call(server)
    sign_in = caller.sign_in()
    assert sign_in.headers["ratelimit-limit"] == "100, 100;w=60"
    assert (sign_in.headers["ratelimit-remaining"], "Concurrency-Limit-Limit" in sign_in.headers) == ("99", False)
    for response in (
        caller.job("f" * 32),
        caller.job(server.job_ids[0]),
        caller.http.get("/v1/nothing"),
        caller.http.put("/v1/async/orders"),
    ):
        assert {"ratelimit-remaining", "ratelimit-reset", "zuora-request-id"} <= set(response.headers)
        assert response.headers["Concurrency-Limit-Limit"] == "40"
    response = caller.job(server.job_ids[0], **{"Zuora-Track-Id": "ticket 42"})
    assert response.headers["Zuora-Track-Id"] == "ticket 42"
    assert response.headers["ratelimit-limit"] == "50000, 50000;w=60, 2250000;w=3600, 27000000;w=86400"


def test_an_unknown_path_and_method_are_refused_as_zuora_does(start: Start, call: Call) -> None:
    http = call(start()).http
    assert [http.get("/v1/nothing").status_code, http.put("/v1/async/orders").status_code] == [404, 405]


def test_a_long_body_is_compressed_if_the_client_accepts_it(start: Start, call: Call, clock: HandClock) -> None:
    server = start()
    caller, large = call(server).signed_in(), the(server, Outcome.ORDER_LARGE)
    clock.now += 100
    packed, plain = (caller.job(large, **{"Accept-Encoding": encoding}) for encoding in ("gzip", "identity"))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert len(gzip.compress(plain.content)) < len(plain.content) / 5
    assert len(packed.json()["result"]["subscriptions"]) == 300


def test_a_short_body_is_never_compressed(start: Start, call: Call) -> None:
    server = start()
    response = call(server).signed_in().job(the(server, Outcome.LOCKED), **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers


def test_a_posted_order_runs_and_ends_with_the_posted_content(start: Start, call: Call, clock: HandClock) -> None:
    server = start(seed=7, jobs=3)
    http = (caller := call(server).signed_in()).http
    order = {"existingAccountNumber": "A00009999", "subscriptions": [{}, {}], "orderLineItems": [{}]}
    answers = [http.post("/v1/async/orders", json=order) for _ in range(20)]
    assert all(response.status_code == 200 and response.json()["success"] for response in answers)
    posted = [response.json()["jobId"] for response in answers]
    assert server.job_ids[3:] == tuple(posted)
    assert {caller.job(job_id).json()["status"] for job_id in posted} == {"Processing"}
    clock.now += 3_000
    results = [result for job_id in posted if (result := caller.job(job_id).json()["result"])]
    assert {result["accountNumber"] for result in results} == {"A00009999"}
    assert {len(result["subscriptions"]) for result in results} == {2}


def test_ids_are_returned_if_the_order_was_posted_with_return_ids(start: Start, call: Call, clock: HandClock) -> None:
    caller = call(start()).signed_in()
    posted = [caller.http.post("/v1/async/orders?returnIds=true", json=ORDER).json()["jobId"] for _ in range(5)]
    clock.now += 3_000
    results = [result for job_id in posted if (result := caller.job(job_id).json()["result"])]
    assert all("orderId" in result and "orderNumber" not in result for result in results)


def test_a_preview_is_accepted_and_ends_in_invoices(start: Start, call: Call, clock: HandClock) -> None:
    caller = call(start()).signed_in()
    response = caller.http.post("/v1/async/orders/preview", json=ORDER)
    assert (response.status_code, set(response.json())) == (202, {"jobId"})
    assert response.headers["Location"] == f"/v1/async-jobs/{response.json()['jobId']}"
    clock.now += 3_000
    body = caller.job(response.json()["jobId"]).json()
    assert body["status"] == "Failed" or body["result"]["invoices"]


def test_a_deletion_ends_with_its_own_job_type(start: Start, call: Call, clock: HandClock) -> None:
    caller = call(start()).signed_in()
    response = caller.http.delete("/v1/async/orders/O-00000050")
    clock.now += 3_000
    assert caller.job(response.json()["jobId"]).json()["result"]["orderNumber"] == "O-00000050"


@pytest.mark.parametrize("body", ["", "{", "[]", '"text"', "\xff", "[" * 100_000])
def test_a_body_that_is_not_a_json_object_is_malformed(start: Start, call: Call, body: str) -> None:
    response = call(start()).signed_in().http.post("/v1/async/orders", content=body.encode("latin-1"))
    assert (response.status_code, reason(response)) == (400, 50000090)


@pytest.mark.parametrize("order", [{}, {"orderDate": "2026-11-28"}, {"existingAccountNumber": ""}, {"newAccount": {}}])
@pytest.mark.parametrize("path", ["/v1/async/orders", "/v1/async/orders/preview"])
def test_an_order_without_an_account_is_refused_and_starts_no_job(
    start: Start, call: Call, path: str, order: dict[str, object]
) -> None:
    server = start(jobs=3)
    response = call(server).signed_in().http.post(path, json=order)
    assert (response.status_code, response.json()["success"], reason(response)) == (400, False, 53100020)
    assert len(server.job_ids) == 3


def test_posting_needs_a_token(start: Start, call: Call) -> None:
    server = start(jobs=3)
    http = call(server).http
    answers = [http.post("/v1/async/orders", json={}), http.delete("/v1/async/orders/O-1")]
    assert [response.status_code for response in answers] == [401, 401]
    assert len(server.job_ids) == 3


def test_calls_are_counted_by_route_and_by_job(start: Start, call: Call) -> None:
    server = start()
    caller = call(server).signed_in()
    for job_id in (server.job_ids[0], server.job_ids[0], server.job_ids[1]):
        caller.job(job_id)
    assert server.requests.by_route == {"POST /oauth/token": 1, "GET /v1/async-jobs/{id}": 3}
    assert server.requests.by_job == {server.job_ids[0]: 2, server.job_ids[1]: 1}
    assert server.requests.total == 4


def test_non_ascii_words_are_sent_as_utf_8(start: Start, call: Call, clock: HandClock) -> None:
    server = start()
    clock.now += 100
    response = call(server).signed_in().job(the(server, Outcome.ORDER_LOCALISED))
    assert "有効" in json.dumps(json.loads(response.content.decode("utf-8")), ensure_ascii=False)
