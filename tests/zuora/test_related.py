"""Reads of what jobs created: every kind of response, in the documented shapes with invented values."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.openapi import PATHS, valid_responses
from tests.support.related import NUMBERS
from zjobtui.formatting.outline import to_text
from zjobtui.formatting.related import one_look, related_node
from zjobtui.formatting.related_records import related_record
from zjobtui.models.observation import Call
from zjobtui.models.problem import Problem
from zjobtui.models.reason import Reason
from zjobtui.models.related import ReadProblem, ReadProblemKind, Reference, Related, RelatedKind, read_problem
from zjobtui.models.related_details import (
    AccountDetails,
    Details,
    InvoiceDetails,
    LineItemDetails,
    OrderAction,
    OrderDetails,
    PaymentDetails,
    SubscriptionDetails,
    TriggerDate,
)
from zjobtui.zuora.related import read_related, related_path

WORDS = {kind.word: kind for kind in RelatedKind}
ITEM = "8ad0a8e4be35a2c00ec7f559789208f7"
OTHER = "8ad0a8e4be35a2c00ec7f559789208ff"
PRIVATE = "Erika"
CONTACT = {"firstName": PRIVATE, "workEmail": f"{PRIVATE}@example.com", "address1": PRIVATE}


def read(kind: RelatedKind, key: str, body: object, http_status: int = 200) -> Details | Problem:
    return read_related(Reference(kind, key), http_status, json.dumps(body).encode())


def problem(
    body: object, http_status: int = 200, kind: RelatedKind = RelatedKind.ORDER, key: str = "O-1"
) -> ReadProblem:
    result = read(kind, key, body, http_status)
    assert isinstance(result, Problem)
    return read_problem(Reference(kind, key), result, 1.0, Call())


def refusal(code: object, message: str) -> dict[str, Any]:
    return {"success": False, "processId": "1", "reasons": [{"code": code, "message": message}]}


MISSING = "Cannot find entity by key: 'O-1'."
ABSENT = "The endpoint /v1/orders/O-1 does not exist. Please check the URL or refer to the API documentation."


def test_a_blank_trigger_date_is_missing_and_an_unreadable_one_is_not() -> None:
    def action(accepted: object) -> OrderAction:
        dates: list[Any] = [
            {"name": name, "triggerDate": "2026-01-01"} for name in ("ContractEffective", "ServiceActivation")
        ]
        dates.append({"name": "CustomerAcceptance", "triggerDate": accepted})
        subscription = {"subscriptionNumber": "A-S1", "orderActions": [{"triggerDates": dates}]}
        found = read(RelatedKind.ORDER, "O-1", {"order": {"orderNumber": "O-1", "subscriptions": [subscription]}})
        assert isinstance(found, OrderDetails)
        assert (found.malformed == ()) == (accepted in (None, "", " \u00a0", "2026-01-01"))
        return found.subscriptions[0].actions[0]

    for blank in (None, "", " \u00a0"):
        assert (action(blank).has_dates, action(blank).date("CustomerAcceptance")) == (True, "")
    assert action("2026-01-01").date("CustomerAcceptance") == "2026-01-01"
    others: tuple[object, ...] = (False, {}, [], 1.5)
    assert [action(other).has_dates for other in others] == [False] * 4


@pytest.mark.parametrize(
    ("http_status", "body", "kind", "words"),
    [
        (404, refusal(50000040, MISSING), ReadProblemKind.NOT_FOUND, "Zuora did not find order O-1"),
        (200, refusal("50000040", MISSING), ReadProblemKind.NOT_FOUND, "Zuora did not find order O-1"),
        (404, refusal(50000040, ABSENT), ReadProblemKind.FEATURE_OFF, "the feature that it belongs to is off"),
        (200, refusal(50000040, ABSENT), ReadProblemKind.FEATURE_OFF, "the feature that it belongs to is off"),
        (404, {"message": "no Route matched with those values"}, ReadProblemKind.NO_ROUTE, "has no route"),
        (403, refusal(50000010, ""), ReadProblemKind.FORBIDDEN, "lacks a permission, or the tenant a feature"),
        (200, refusal(50000010, "x"), ReadProblemKind.FORBIDDEN, "lacks a permission, or the tenant a feature"),
        (401, refusal(90000011, "sign in first"), ReadProblemKind.SIGNED_OUT, "Signed out: order O-1 was not read"),
        (200, refusal(90000011, "sign in first"), ReadProblemKind.SIGNED_OUT, "Signed out: order O-1 was not read"),
        (429, refusal(50000070, "limit"), ReadProblemKind.THROTTLED, "accepts no calls now"),
        (429, {}, ReadProblemKind.THROTTLED, "accepts no calls now"),
        (415, refusal(50000045, "media"), ReadProblemKind.REFUSED, "refused to return order O-1: media"),
        (500, {"reasons": [{"code": "SystemError", "message": "internal"}]}, ReadProblemKind.SERVER_ERROR, "failed"),
        (409, refusal(50000050, "lock"), ReadProblemKind.SERVER_ERROR, "lock"),
        (504, {}, ReadProblemKind.SERVER_ERROR, "failed"),
        (200, {"Errors": [{"Code": "INVALID_VALUE", "Message": "old"}]}, ReadProblemKind.REFUSED, "old"),
        (500, {"faultcode": "fns:API_DISABLED", "FaultMessage": "off"}, ReadProblemKind.SERVER_ERROR, "off"),
        (400, {"code": "x", "message": "plain"}, ReadProblemKind.REFUSED, "plain"),
        (400, {"error": {"code": "x", "message": "nested"}}, ReadProblemKind.REFUSED, "nested"),
        (
            400,
            {"reasons": [{"code": 50000020, "message": "no success"}], "requestId": "1"},
            ReadProblemKind.REFUSED,
            "no success",
        ),
        (200, {"reasons": [{"code": 50000040, "message": MISSING}]}, ReadProblemKind.NOT_FOUND, "did not find"),
        (200, {"success": True, "order": {}}, ReadProblemKind.UNREADABLE, "it names no order"),
        (
            200,
            {"success": "yes", "order": {"orderNumber": "O-1"}},
            ReadProblemKind.UNREADABLE,
            "neither true nor false",
        ),
        (200, {"success": True, "order": {"orderNumber": "O-2"}}, ReadProblemKind.UNREADABLE, "it is about order O-2"),
        (200, [], ReadProblemKind.UNREADABLE, "nothing of it is shown"),
        (302, {}, ReadProblemKind.UNREADABLE, "nothing of it is shown"),
    ],
)
def test_each_kind_of_refusal_has_its_own_sentence(
    http_status: int, body: object, kind: ReadProblemKind, words: str
) -> None:
    found = problem(body, http_status)
    assert found.kind is kind
    assert words in found.sentence
    assert "{" not in found.sentence


def test_a_web_page_is_not_an_object() -> None:
    result = read_related(Reference(RelatedKind.ORDER, "O-1"), 200, b"<html><title>Sign in</title>")
    assert isinstance(result, Problem)
    assert "Sign in" in result.detail


def test_an_object_that_needs_another_key_says_so() -> None:
    assert "Orders are read by their number" in problem(refusal(50000040, MISSING), 404, key=ITEM).sentence
    sentence = problem(refusal(50000040, MISSING), 404, RelatedKind.ORDER_LINE_ITEM, "1").sentence
    assert "Order line items are read by their id" in sentence


@pytest.mark.parametrize("body", [{"success": True, "order": {"orderNumber": "O-1"}}, {"orderNumber": "O-1"}])
def test_orders_are_read_wrapped_and_flat(body: object) -> None:
    assert read(RelatedKind.ORDER, "O-1", body) == OrderDetails(number="O-1")


def test_order_actions_have_their_dates_and_charges_without_one() -> None:
    start = {"triggerEvent": "SpecificDate", "specificTriggerDate": ""}
    dated = {"triggerEvent": "SpecificDate", "specificTriggerDate": "2026-01-01"}
    action = {
        "type": "AddProduct",
        "sequence": 1,
        "triggerDates": [{"name": "ContractEffective", "triggerDate": "2026-01-01"}],
        "addProduct": {"chargeOverrides": [{"chargeNumber": "C-1", "startDate": start}, {"startDate": dated}]},
        "changePlan": {
            "newProductRatePlan": {"chargeOverrides": [{"productRatePlanChargeNumber": "PC-2", "startDate": start}]}
        },
        "orderMetrics": [{"chargeNumber": "C-9", "startDate": start}],
    }
    scheduled = {"success": False, "reasons": [{"code": 53100020, "message": "no plan"}]}
    order = {
        "orderNumber": "O-1",
        "status": "Pending",
        "subscriptions": [{"subscriptionNumber": "A-S1", "baseVersion": 1, "newVersion": 2, "orderActions": [action]}],
        "scheduledOrderActivationResponse": scheduled,
        "existingAccountDetails": {"billToContact": CONTACT},
        "customFields": {"Name__c": PRIVATE},
    }
    details = read(RelatedKind.ORDER, "O-1", {"success": True, "order": order})
    assert isinstance(details, OrderDetails)
    found = details.subscriptions[0]
    assert (found.number, found.base_version, found.new_version) == ("A-S1", "1", "2")
    assert found.actions[0].dates == (TriggerDate(name="ContractEffective", date="2026-01-01"),)
    assert found.actions[0].undated_charges == ("C-1", "PC-2")
    assert details.activation_reasons == (Reason("53100020", "no plan"),)
    assert PRIVATE not in repr(details)


def test_amounts_are_numbers_or_texts_and_empty_means_absent() -> None:
    body = {
        "invoiceNumber": "INV1",
        "amount": "10.50",
        "balance": 3,
        "dueDate": "",
        "taxMessage": None,
        "discount": "x",
    }
    details = read(RelatedKind.INVOICE, "INV1", body)
    assert details == InvoiceDetails(number="INV1", amount=Decimal("10.50"), balance=Decimal(3))


def test_a_listed_field_in_another_form_is_named() -> None:
    body = {"invoiceNumber": "INV1", "amount": {"value": 1}, "autoPay": "no", "status": "Posted"}
    details = read(RelatedKind.INVOICE, "INV1", body)
    assert isinstance(details, InvoiceDetails)
    assert details.malformed == ("amount", "autoPay")
    node = related_node(Related(Reference(RelatedKind.INVOICE, "INV1"), details, 1.0), 1.0)
    assert "unexpected form of amount, autoPay" in "\n".join(to_text([node]))


def test_the_number_of_a_payment_is_its_number() -> None:
    body = {"number": "P-1", "paymentNumber": "P-2", "status": "Error", "amount": 5, "gatewayResponseCode": "declined"}
    details = read(RelatedKind.PAYMENT, "P-1", body)
    assert isinstance(details, PaymentDetails)
    assert one_look(details) == "Error · 5.00 · declined"


def test_personal_data_of_an_account_is_dropped() -> None:
    body = {
        "basicInfo": {"accountNumber": "A1", "name": "Acme", "notes": PRIVATE},
        "billingAndPayment": {"defaultPaymentMethodId": PRIVATE, "additionalEmailAddresses": [PRIVATE]},
        "metrics": {"balance": "1.5"},
        "billToContact": CONTACT,
        "soldToContact": CONTACT,
        "taxInfo": {"VATId": PRIVATE},
    }
    details = read(RelatedKind.ACCOUNT, "A1", body)
    assert isinstance(details, AccountDetails)
    assert (details.name, details.balance, details.has_default_payment_method) == ("Acme", Decimal("1.5"), True)
    result = Related(Reference(RelatedKind.ACCOUNT, "A1"), details, 1.0)
    assert PRIVATE not in repr(result) + json.dumps(related_record(result)) + "\n".join(
        to_text([related_node(result, 1)])
    )


def test_a_subscription_id_may_name_another_version() -> None:
    body = {"subscriptionNumber": "A-S1", "id": OTHER, "version": 3, "isLatestVersion": False, "soldToContact": CONTACT}
    details = read(RelatedKind.SUBSCRIPTION, ITEM, body)
    assert isinstance(details, SubscriptionDetails)
    assert "version 3 (not the latest)" in one_look(details)
    assert PRIVATE not in repr(details)


def test_the_id_of_any_other_object_must_be_the_requested_one() -> None:
    assert "it is about" in problem({"number": "P-1", "id": OTHER}, kind=RelatedKind.PAYMENT, key=ITEM).sentence
    assert "it is about" in problem({"orderNumber": "O-2"}, key=ITEM).sentence
    wrapped = {"orderLineItem": {"id": ITEM, "itemNumber": "1"}}
    dashed = f"{ITEM[:8]}-{ITEM[8:12]}-{ITEM[12:16]}-{ITEM[16:20]}-{ITEM[20:]}"
    assert read(RelatedKind.ORDER_LINE_ITEM, dashed, wrapped) == LineItemDetails(id=ITEM, number="1")


def test_exactly_300_rows_may_be_more() -> None:
    plans = [{"ratePlanName": f"P{number}", "lastChangeType": "Add"} for number in range(300)]

    def text(count: int) -> str:
        details = read(RelatedKind.SUBSCRIPTION, "A-S1", {"subscriptionNumber": "A-S1", "ratePlans": plans[:count]})
        assert isinstance(details, SubscriptionDetails)
        return "\n".join(
            to_text([related_node(Related(Reference(RelatedKind.SUBSCRIPTION, "A-S1"), details, 1.0), 1.0)])
        )

    assert "300 or more" in text(300)
    assert "or more" not in text(299)


@pytest.mark.parametrize(
    "key", ["", " ", ".", "..", "a/b", "a%2fb", "a?b=1", "a#b", "a\\b", "a;b", " a", "a\x1b", "x" * 201]
)
def test_a_key_that_could_change_the_request_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        related_path(Reference(RelatedKind.ORDER, key))


def test_any_other_key_is_quoted() -> None:
    assert related_path(Reference(RelatedKind.INVOICE, "INV ü&1")) == "/v1/invoices/INV%20%C3%BC%261"


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(kind=st.sampled_from(sorted(PATHS)), data=st.data())
def test_any_documented_response_is_read_without_a_wrong_state(kind: str, data: st.DataObject) -> None:
    body = data.draw(valid_responses(kind))
    body["success"] = data.draw(st.sampled_from([True, True, True, False]))
    inner = body
    if kind in {"order", "order-line-item"}:
        inner = body.setdefault("order" if kind == "order" else "orderLineItem", {})
    if kind == "account":
        inner = body.setdefault("basicInfo", {})
    name = NUMBERS.get(kind, "accountNumber")
    key = ITEM if kind == "order-line-item" else "X-1"
    if data.draw(st.booleans()):
        inner[name] = key
    reference = Reference(WORDS[kind], key)
    result = read_related(reference, 200, json.dumps(body).encode())
    if isinstance(result, Problem):
        assert inner.get(name) != key or body["success"] is False
        assert read_problem(reference, result, 1.0, Call()).sentence
        return
    assert body["success"] is True
    assert key in {result.number, result.id if not isinstance(result, OrderDetails) else ""} or result.number == ""
    status = result.state if isinstance(result, LineItemDetails) else result.status
    given = inner.get("itemState" if kind == "order-line-item" else "status", "")
    assert len(status) == len(given)
    related = Related(reference, result, 1.0)
    assert "\n".join(to_text([related_node(related, 1.0)]))
    assert json.dumps(related_record(related))


@given(st.binary(max_size=60), st.integers(100, 599))
def test_no_response_crashes(body: bytes, http_status: int) -> None:
    assert isinstance(read_related(Reference(RelatedKind.ORDER, "O-1"), http_status, body), Problem)
