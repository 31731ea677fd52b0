"""The reads of the simulator: as documented, consistent with the jobs, and refused in both styles."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.conftest import Call, HandClock, Start
from tests.support.openapi import schema_of, violations
from zjobtui.simulator.related import PERSON
from zjobtui.simulator.scenarios import SCENARIOS, Outcome
from zjobtui.simulator.server import Simulator

PLACE = {part.outcome: place for place, part in reversed(list(enumerate(SCENARIOS)))}
KINDS = {
    "order": "orders",
    "subscription": "subscriptions",
    "order-line-item": "order-line-items",
    "invoice": "invoices",
    "payment": "payments",
    "credit-memo": "credit-memos",
    "account": "accounts",
}

DEVIATIONS = {
    "subscription.serviceActivationDate: NoneType instead of string": "null means absent, as in recorded bodies",
    "subscription.customerAcceptanceDate: NoneType instead of string": "the same",
    "subscription.subscriptionStartDate: NoneType instead of string": "the same",
    "subscription.statusHistory[].endDate: NoneType instead of string": "the same: the period has not ended",
    "subscription.ratePlans[].ratePlanCharges[].triggerDate: NoneType instead of string": "the same",
    "order.order.subscriptions[].orderActions[].createSubscription.subscribeToRatePlans[].chargeOverrides[].startDate."
    "specificTriggerDate: NoneType instead of string": "the date that a pending order lacks",
    "invoice.taxMessage: NoneType instead of string": "null means absent",
    "account.shipToContact: NoneType instead of object": "recorded bodies have null here",
    "account.taxInfo: NoneType instead of object": "the same",
    **dict.fromkeys(
        (f"account.metrics.{name}: float instead of string" for name in ("balance", "contractedMrr", "creditBalance")),
        "the document says string, recorded bodies have numbers",
    ),
    "account.metrics.totalInvoiceBalance: float instead of string": "the same",
}
"""What the simulator returns against the document, each with its reason."""


def keys(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield kind and key of each object that the result of a job names."""
    yield "order", result["orderNumber"]
    yield "account", result["accountNumber"]
    for each in result.get("subscriptions", ()):
        yield "subscription", each["subscriptionNumber"]
    for number in result.get("subscriptionNumbers", ()):
        yield "subscription", number
    for each in result.get("orderLineItems", ()):
        yield "order-line-item", each["id"]
    for number in result.get("invoiceNumbers", ()):
        yield "invoice", number
    for number in result.get("creditMemoNumbers", ()):
        yield "credit-memo", number
    if "paymentNumber" in result:
        yield "payment", result["paymentNumber"]


@pytest.fixture
def world(start: Start, clock: HandClock) -> Simulator:
    server = start(jobs=60)
    clock.now += 100_000
    return server


@pytest.mark.slow
def test_every_object_that_a_result_names_is_returned_as_documented(world: Simulator, call: Call) -> None:
    caller, seen, found = call(world).signed_in(), set[str](), set[str]()
    for job_id in world.job_ids:
        result = caller.job(job_id).json().get("result") or {}
        for kind, key in list(keys(result))[:12] if "accountNumber" in result else ():
            response = caller.http.get(f"/v1/{KINDS[kind]}/{key}")
            assert response.status_code == 200, (kind, key)
            assert response.json()["success"] is True
            seen.add(kind)
            found |= set(violations(schema_of(kind), response.json(), kind))
    assert seen == set(KINDS)
    assert found <= set(DEVIATIONS)


def test_returned_objects_agree_with_the_job(world: Simulator, call: Call) -> None:
    caller = call(world).signed_in()

    def result(outcome: Outcome) -> Any:  # noqa: ANN401 - JSON of any shape
        return caller.job(world.job_ids[PLACE[outcome]]).json()["result"]

    def read(kind: str, key: str) -> Any:  # noqa: ANN401 - JSON of any shape
        return caller.http.get(f"/v1/{kind}/{key}").json()

    pending, failed, large = result(Outcome.ORDER_PENDING), result(Outcome.PAYMENT_ERROR), result(Outcome.ORDER_LARGE)
    order = read("orders", pending["orderNumber"])["order"]
    assert order["status"] == "Pending"
    statuses = {each["subscriptionNumber"]: each["status"] for each in pending["subscriptions"]}
    for each in order["subscriptions"]:
        names = [date["name"] for date in each["orderActions"][0]["triggerDates"]]
        is_dated = len(names) == 3 and "SpecificDate" not in str(each)
        assert is_dated is (statuses[each["subscriptionNumber"]] == "Active")
    payment = read("payments", failed["paymentNumber"])
    assert (payment["status"], payment["gatewayResponse"]) == ("Error", failed["paymentErrorMessage"])
    assert len(read("orders", large["orderNumber"])["order"]["subscriptions"]) == 300
    untaxed = read("invoices", result(Outcome.WRITE_OFF_FAILED)["invoiceNumbers"][0])
    assert (untaxed["status"], untaxed["taxStatus"]) == ("Draft", "TaxEngineError")
    scheduled = read("orders", result(Outcome.ORDER_SCHEDULED)["orderNumber"])["order"]
    assert scheduled["schedulingOptions"]["scheduledDate"]
    assert read("accounts", pending["accountNumber"])["billToContact"] == PERSON


def test_an_object_exists_once_its_job_has_ended(start: Start, call: Call, clock: HandClock) -> None:
    server = start()
    caller = call(server).signed_in()
    assert caller.http.get("/v1/orders/O-00004857").status_code == 404
    clock.now += 10
    assert caller.http.get("/v1/orders/O-00004857").status_code == 200


@pytest.mark.parametrize(("version", "status"), [("2025-08-12", 404), ("186.0", 200), ("", 200)])
def test_refusals_have_the_style_of_the_version(start: Start, call: Call, version: str, status: int) -> None:
    caller = call(start(faults="off=credit-memos,forbidden=invoices+payments"), version).signed_in()
    absent, off = caller.http.get("/v1/orders/O-1"), caller.http.get("/v1/credit-memos/CM1")
    forbidden = caller.http.get("/v1/payments/P-1")
    assert (absent.status_code, off.status_code) == (status, status)
    assert forbidden.status_code == (403 if status == 404 else 200)
    texts = [response.json()["reasons"][0]["message"] for response in (absent, off)]
    assert texts[0] == "Cannot find entity by key: 'O-1'."
    assert texts[1].startswith("The endpoint /v1/credit-memos/CM1 does not exist.")
    assert forbidden.json()["reasons"][0]["code"] == 50000010
    assert caller.http.get("/v1/orders/O-1", headers={"Authorization": ""}).json()["reasons"][0]["code"] == 90000011
