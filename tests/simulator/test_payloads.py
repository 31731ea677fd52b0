import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.simulator.payloads import reply
from zjobtui.simulator.scenarios import Outcome, ScriptedJob
from zjobtui.simulator.world import OrderRequest, Phase, SimulatedJob

NOTHING = OrderRequest()
PAYLOADS = Path(__file__).parents[1] / "support" / "payloads"


def sample(name: str) -> Any:  # noqa: ANN401 - JSON of any shape
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def ended(outcome: Outcome, request: OrderRequest = NOTHING, number: int = 0) -> Any:  # noqa: ANN401 - JSON of any shape
    return reply(SimulatedJob(7, f"{number:032x}", number, ScriptedJob(outcome, 0, 0), request), Phase.ENDED)


def paths(value: object, prefix: str = "") -> set[str]:
    if isinstance(value, dict):
        return {prefix, *(path for key, item in value.items() for path in paths(item, f"{prefix}.{key}"))}
    if isinstance(value, list):
        return {prefix, *(path for item in value for path in paths(item, f"{prefix}[]"))}
    return {prefix}


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("recorded-failed-lock", Outcome.LOCKED),
        ("recorded-failed-no-colon", Outcome.LOCKED_NO_COLON),
        ("recorded-failed-input", Outcome.BAD_INPUT),
        ("recorded-failed-internal", Outcome.INTERNAL),
        ("recorded-unknown-to-zuora", Outcome.UNKNOWN_TO_ZUORA),
    ],
)
def test_recorded_responses_are_reproduced_exactly(name: str, outcome: Outcome) -> None:
    assert ended(outcome) == sample(name)


@pytest.mark.parametrize(
    ("name", "phase"), [("recorded-processing", Phase.RUNNING), ("derived-unknown-status", Phase.QUEUED)]
)
def test_a_running_job_returns_only_its_status(name: str, phase: Phase) -> None:
    assert reply(SimulatedJob(7, "0" * 32, 0, ScriptedJob(Outcome.ORDER, 0, 9)), phase) == sample(name)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("recorded-completed-localised", Outcome.ORDER_LOCALISED),
        ("recorded-completed-old-shape", Outcome.ORDER_OLD_SHAPE),
        ("recorded-completed-order-pending", Outcome.ORDER_PENDING),
        ("derived-preview", Outcome.PREVIEW),
        ("derived-preview-no-job-type", Outcome.PREVIEW_WRAPPED),
        ("derived-unknown-job-type", Outcome.UNKNOWN_TYPE),
    ],
)
def test_every_field_of_a_sample_is_in_the_response(name: str, outcome: Outcome) -> None:
    assert paths(sample(name)) <= paths(ended(outcome))


@given(st.integers(min_value=0, max_value=10_000))
def test_a_completed_job_can_have_a_pending_order(number: int) -> None:
    response = ended(Outcome.ORDER_PENDING, number=number)
    statuses = {one["status"] for one in response["result"]["subscriptions"]}
    assert (response["status"], response["result"]["status"]) == ("Completed", "Pending")
    assert "Active" in statuses
    assert statuses & {"Pending Activation", "Pending Acceptance"}


def test_the_large_order_has_two_pending_subscriptions_among_300() -> None:
    statuses = [one["status"] for one in ended(Outcome.ORDER_LARGE)["result"]["subscriptions"]]
    assert (statuses.count("Active"), statuses.count("Pending Acceptance")) == (298, 2)


@pytest.mark.parametrize(
    ("outcome", "key", "wrong"),
    [
        (Outcome.PAYMENT_ERROR, "paymentStatus", "Error"),
        (Outcome.REFUND_ERROR, "refunds", "Error"),
        (Outcome.WRITE_OFF_FAILED, "writeOff", "Failed"),
    ],
)
def test_a_completed_order_can_have_a_failed_payment_refund_or_write_off(
    outcome: Outcome, key: str, wrong: str
) -> None:
    result = ended(outcome)["result"]
    assert result["status"] == "Completed"
    assert wrong in (result[key], *(one["status"] for one in result[key] if isinstance(one, dict)))


@given(st.integers(min_value=0, max_value=10_000))
def test_a_preview_adds_up(number: int) -> None:
    for outcome in (Outcome.PREVIEW, Outcome.PREVIEW_UNTYPED, Outcome.PREVIEW_WRAPPED):
        result = ended(outcome, number=number)["result"]
        preview = result.get("previewResult", result)
        for invoice in preview["invoices"]:
            items = invoice["invoiceItems"]
            assert invoice["amount"] == pytest.approx(sum(one["amountWithoutTax"] + one["taxAmount"] for one in items))
        assert all(memo["amount"] < 0 for memo in preview["creditMemos"])
        assert ("jobType" in result) is (outcome is Outcome.PREVIEW)


def test_the_result_matches_the_posted_order() -> None:
    result = ended(Outcome.ORDER, OrderRequest("A00009999", subscriptions=17, order_line_items=3))["result"]
    assert result["accountNumber"] == "A00009999"
    assert len(result["subscriptions"]) == 17
    assert [item["itemNumber"] for item in result["orderLineItems"]] == ["1", "2", "3"]


def test_ids_are_returned_instead_of_numbers_on_request() -> None:
    result = ended(Outcome.ORDER, OrderRequest(by_id=True))["result"]
    assert {"accountId", "orderId", "invoiceIds"} <= set(result)
    assert {path for path in paths(result) if "Number" in path} <= {".orderLineItems[].itemNumber"}


def test_jobs_do_not_share_orders_or_subscriptions() -> None:
    results = [ended(Outcome.ORDER_LARGE, number=number)["result"] for number in range(3)]
    numbers = {one["subscriptionNumber"] for result in results for one in result["subscriptions"]}
    assert len(numbers) == 900
    assert [result["orderNumber"] for result in results] == ["O-00004857", "O-00004858", "O-00004859"]
