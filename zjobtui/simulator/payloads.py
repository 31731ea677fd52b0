"""The content of the simulated replies: created orders, previews, errors."""

from collections.abc import Callable, Iterable, Mapping
from random import Random

from zjobtui.simulator import rng
from zjobtui.simulator.naming import Json, Naming
from zjobtui.simulator.scenarios import Outcome
from zjobtui.simulator.world import Phase, SimulatedJob

ORDER_TYPE = "AsyncCreateOrder"
LARGE = 300
"""Subscriptions that one asynchronous call may hold."""


def order_result(outcome: Outcome, naming: Naming, throw: Random) -> Json:
    """The `result` of an order's job that ended as `outcome`."""
    return _SHAPES[outcome](naming, throw)


def _completed(naming: Naming, throw: Random) -> Json:
    asked = naming.life.asked
    subscriptions = throw.randint(1, 6) if asked.subscriptions is None else asked.subscriptions
    items = _some(throw, 0.3, 3) if asked.order_line_items is None else asked.order_line_items
    return {
        **_head(naming, "Completed"),
        **_subscriptions(naming, ["Active"] * subscriptions),
        **(_order_line_items(naming, items) if items else {}),
        **naming.invoices(throw.randint(1, 2)),
        **(naming.credit_memos(1) if throw.random() < 0.15 else {}),
        **_paid(naming, throw),
    }


def _pending(naming: Naming, throw: Random) -> Json:
    count = max(2, naming.life.asked.subscriptions or throw.randint(2, 5))
    others = throw.choices(["Active", "Pending Activation", "Pending Acceptance"], k=count - 2)
    statuses = [throw.choice(["Pending Activation", "Pending Acceptance"]), "Active", *others]
    return {
        **_completed(naming, throw),
        "status": "Pending",
        **_subscriptions(naming, statuses[: naming.life.asked.subscriptions]),
        "success": True,
    }


def _draft(naming: Naming, _: Random) -> Json:
    return _head(naming, "Draft")


def _scheduled(naming: Naming, _: Random) -> Json:
    return _head(naming, "Scheduled")


def _large(naming: Naming, throw: Random) -> Json:
    statuses = ["Active"] * LARGE
    for index in throw.sample(range(LARGE), 2):
        statuses[index] = "Pending Acceptance"
    return {**_head(naming, "Completed"), **_subscriptions(naming, statuses), **naming.invoices(1)}


def _localised(naming: Naming, throw: Random) -> Json:
    return {**_head(naming, "Completed"), **_subscriptions(naming, ["有効"] * throw.randint(1, 3))}


def _old_shape(naming: Naming, throw: Random) -> Json:
    """Subscriptions as bare numbers, the amount as a number."""
    return {
        **_head(naming, "Completed"),
        "subscriptionNumbers": [naming.subscription_number(index) for index in range(throw.randint(1, 3))],
        **naming.payment(),
        "paidAmount": _amount(throw),
    }


def _ramped(naming: Naming, throw: Random) -> Json:
    ramp = {"rampNumber": naming.plain("R"), "subscriptionNumber": naming.subscription_number(0)}
    return {**_completed(naming, throw), "ramps": [ramp]}


def _payment_error(naming: Naming, throw: Random) -> Json:
    return {
        **_completed(naming, throw),
        **naming.payment(),
        "paidAmount": "0",
        "paymentStatus": "Error",
        "paymentErrorCode": "INSUFFICIENT_FUNDS",
        "paymentErrorMessage": "Card declined by the gateway",
    }


def _refund_error(naming: Naming, throw: Random) -> Json:
    refund = {"number": naming.plain("R"), "refundInvoiceNumbers": [naming.invoice_number(0)], "status": "Error"}
    return {**_completed(naming, throw), **naming.credit_memos(1), "refunds": [refund]}


def _write_off_failed(naming: Naming, throw: Random) -> Json:
    failed = {"invoiceNumber": naming.invoice_number(0), "status": "Failed", "failedReason": "Invoice is not posted"}
    return {**_completed(naming, throw), "writeOff": [{"amount": _amount(throw), **failed}]}


def _head(naming: Naming, status: str) -> Json:
    return {"jobType": ORDER_TYPE, **naming.account(), **naming.order(), "status": status}


def _subscriptions(naming: Naming, statuses: Iterable[str]) -> Json:
    return {"subscriptions": [{"status": word, **naming.subscription(i)} for i, word in enumerate(statuses)]}


def _order_line_items(naming: Naming, count: int) -> Json:
    return {"orderLineItems": [{"id": naming.id("item", i), "itemNumber": str(i + 1)} for i in range(count)]}


def _paid(naming: Naming, throw: Random) -> Json:
    if throw.random() < 0.4:
        return {}
    return {**naming.payment(), "paidAmount": f"{_amount(throw):.2f}", "paymentStatus": "Processed"}


def _some(throw: Random, share: float, most: int) -> int:
    return throw.randint(1, most) if throw.random() < share else 0


def _amount(throw: Random) -> float:
    return throw.randint(900, 250_000) / 100


_SHAPES: Mapping[Outcome, Callable[[Naming, Random], Json]] = {
    Outcome.ORDER: _completed,
    Outcome.ORDER_PENDING: _pending,
    Outcome.ORDER_DRAFT: _draft,
    Outcome.ORDER_SCHEDULED: _scheduled,
    Outcome.ORDER_LARGE: _large,
    Outcome.ORDER_LOCALISED: _localised,
    Outcome.ORDER_OLD_SHAPE: _old_shape,
    Outcome.ORDER_RAMPED: _ramped,
    Outcome.PAYMENT_ERROR: _payment_error,
    Outcome.REFUND_ERROR: _refund_error,
    Outcome.WRITE_OFF_FAILED: _write_off_failed,
}


PREVIEW_TYPE = "AsyncPreviewOrder"
_TAX = 0.2
_CHARGES = ("Monthly fee", "Setup", "Support plan", "Storage, per GB", "Additional seats")
_PERIOD = {"serviceStartDate": "2026-07-01", "serviceEndDate": "2026-07-31"}
_TARGET = "2026-07-31"


def preview_result(outcome: Outcome, naming: Naming, throw: Random) -> Json:
    """The `result` of a preview's job: direct with its job type, direct without, or inside `previewResult`."""
    preview = _preview(naming, throw)
    if outcome is Outcome.PREVIEW_WRAPPED:
        return {"previewResult": preview, "success": True}
    if outcome is Outcome.PREVIEW_UNTYPED:
        return {**preview, "success": True}
    return {"jobType": PREVIEW_TYPE, **preview, "success": True}


def _preview(naming: Naming, throw: Random) -> Json:
    charged = [_item(naming, throw, "Charge", _cents(throw, 900, 40_000)) for _ in range(throw.randint(1, 4))]
    credited = [_item(naming, throw, "Discount", -_cents(throw, 100, 900))]
    monthly = _cents(throw, 900, 40_000)
    return {
        "invoices": [_document("invoiceItems", charged)],
        "creditMemos": [_document("creditMemoItems", credited)],
        "chargeMetrics": [_metrics(naming, monthly)],
        "orderDeltaMetrics": {"orderDeltaMrr": [_delta(naming, monthly)]},
    }


def _document(items_key: str, items: list[dict[str, object]]) -> Json:
    net = _total(items, "amountWithoutTax")
    tax = _total(items, "taxAmount")
    return {
        "amount": round(net + tax, 2),
        "amountWithoutTax": net,
        "taxAmount": tax,
        "targetDate": _TARGET,
        items_key: items,
    }


def _item(naming: Naming, throw: Random, processing: str, amount: float) -> Json:
    tax = round(amount * _TAX, 2) if processing == "Charge" else 0
    return {
        **_PERIOD,
        "amountWithoutTax": amount,
        "taxAmount": tax,
        "chargeDescription": "",
        "chargeName": "Loyalty discount" if processing == "Discount" else throw.choice(_CHARGES),
        "chargeNumber": None,
        "processingType": processing,
        "productName": "Music Service",
        "productRatePlanChargeId": naming.id("charge"),
        "unitPrice": amount,
        "subscriptionNumber": None,
        "orderLineItemNumber": None,
        "additionalInfo": {"quantity": 1, "unitOfMeasure": "", "numberOfDeliveries": 0},
        "taxationItems": [{"name": "VAT", "taxRate": _TAX, "taxAmount": tax}] if tax else [],
    }


def _metrics(naming: Naming, monthly: float) -> Json:
    flat: Json = {"discount": 0, "discountDelta": 0}
    charge = {
        "chargeNumber": naming.plain("C"),
        "cmrr": {**flat, "regular": monthly, "regularDelta": monthly},
        "tcv": {**flat, "regular": round(12 * monthly, 2), "regularDelta": round(12 * monthly, 2)},
    }
    return {"subscriptionNumber": naming.subscription_number(0), "charges": [charge]}


def _delta(naming: Naming, monthly: float) -> Json:
    return {
        "chargeNumber": naming.plain("C"),
        "currency": "EUR",
        "startDate": "2026-07-01",
        "endDate": "2027-06-30",
        "grossAmount": monthly,
        "netAmount": monthly,
        "orderActionSequence": "0",
        "orderActionType": "CreateSubscription",
        "subscriptionNumber": naming.subscription_number(0),
    }


def _total(items: list[dict[str, object]], key: str) -> float:
    return round(sum(amount for item in items if isinstance(amount := item[key], int | float)), 2)


def _cents(throw: Random, low: int, high: int) -> float:
    return throw.randint(low, high) / 100


_FAILURES: Mapping[Outcome, str] = {
    Outcome.LOCKED: "[40000050]: Operation failed due to a lock competition, please retry later.",
    Outcome.LOCKED_NO_COLON: "[40000050] subscription is locked",
    Outcome.BAD_INPUT: '[40000020]: Rate plan "Gold - monthly" is not effective on the contract effective date of '
    "03/12/2025.",
    Outcome.INTERNAL: "[40000060]: Oops, internal error occurred, please contact Zuora support.",
}
_PREVIEWS = frozenset({Outcome.PREVIEW, Outcome.PREVIEW_UNTYPED, Outcome.PREVIEW_WRAPPED})


def reply(life: SimulatedJob, elapsed: float) -> Json:
    """The whole answer about a job, `elapsed` seconds after the world's start."""
    return phase_reply(life, life.phase(elapsed))


def phase_reply(life: SimulatedJob, phase: Phase) -> Json:
    """The whole answer about a job in `phase`; a job that Zuora does not know never has another."""
    if life.outcome is Outcome.UNKNOWN_TO_ZUORA:
        return {"success": False, "reasons": [{"code": 50000040, "message": "Cannot find response for job"}]}
    if phase is not Phase.ENDED:
        return _root("Queued" if phase is Phase.QUEUED else "Processing")
    if life.outcome in _FAILURES:
        return _root("Failed", errors=_FAILURES[life.outcome])
    return _root("Completed", result=_result(life))


def _result(life: SimulatedJob) -> Json:
    naming, throw = Naming(life), rng.dice(life.seed, life.id, "result")
    if life.outcome in _PREVIEWS:
        return preview_result(life.outcome, naming, throw)
    if life.outcome is Outcome.UNKNOWN_TYPE:
        deleted = {"jobType": "AsyncDeleteOrder", "orderNumber": naming.order_number}
        return {**deleted, "somethingNew": {"a": [1, 2]}}
    return order_result(life.outcome, naming, throw)


def _root(status: str, *, errors: str | None = None, result: Json | None = None) -> Json:
    return {"status": status, "errors": errors, "result": result, "success": True}
