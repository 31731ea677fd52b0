"""Contents of the simulated responses: created orders, previews, errors."""

from collections.abc import Callable, Iterable, Mapping
from random import Random

from zjobtui.simulator import rng
from zjobtui.simulator.naming import Json, Naming
from zjobtui.simulator.scenarios import Outcome
from zjobtui.simulator.world import Phase, SimulatedJob

ORDER_TYPE = "AsyncCreateOrder"
LARGE = 300
"""Most subscriptions in one asynchronous call."""


def order_result(outcome: Outcome, naming: Naming, random: Random) -> Json:
    """Return the `result` of an order job with this outcome."""
    return _SHAPES[outcome](naming, random)


def _completed(naming: Naming, random: Random) -> Json:
    request = naming.job.request
    subscriptions = random.randint(1, 6) if request.subscriptions is None else request.subscriptions
    items = _some(random, 0.3, 3) if request.order_line_items is None else request.order_line_items
    return {
        **_head(naming, "Completed"),
        **_subscriptions(naming, ["Active"] * subscriptions),
        **(_order_line_items(naming, items) if items else {}),
        **naming.invoices(random.randint(1, 2)),
        **(naming.credit_memos(1) if random.random() < 0.15 else {}),
        **_paid(naming, random),
    }


def _pending(naming: Naming, random: Random) -> Json:
    count = max(2, naming.job.request.subscriptions or random.randint(2, 5))
    others = random.choices(["Active", "Pending Activation", "Pending Acceptance"], k=count - 2)
    statuses = [random.choice(["Pending Activation", "Pending Acceptance"]), "Active", *others]
    return {
        **_completed(naming, random),
        "status": "Pending",
        **_subscriptions(naming, statuses[: naming.job.request.subscriptions]),
        "success": True,
    }


def _draft(naming: Naming, _: Random) -> Json:
    return _head(naming, "Draft")


def _scheduled(naming: Naming, _: Random) -> Json:
    return _head(naming, "Scheduled")


def _large(naming: Naming, random: Random) -> Json:
    statuses = ["Active"] * LARGE
    for index in random.sample(range(LARGE), 2):
        statuses[index] = "Pending Acceptance"
    return {**_head(naming, "Completed"), **_subscriptions(naming, statuses), **naming.invoices(1)}


def _localised(naming: Naming, random: Random) -> Json:
    return {**_head(naming, "Completed"), **_subscriptions(naming, ["有効"] * random.randint(1, 3))}


def _old_shape(naming: Naming, random: Random) -> Json:
    """Return subscriptions as plain numbers and the amount as a number, as older versions do."""
    return {
        **_head(naming, "Completed"),
        "subscriptionNumbers": [naming.subscription_number(index) for index in range(random.randint(1, 3))],
        **naming.payment(),
        "paidAmount": _amount(random),
    }


def _ramped(naming: Naming, random: Random) -> Json:
    ramp = {"rampNumber": naming.plain("R"), "subscriptionNumber": naming.subscription_number(0)}
    return {**_completed(naming, random), "ramps": [ramp]}


def _payment_error(naming: Naming, random: Random) -> Json:
    return {
        **_completed(naming, random),
        **naming.payment(),
        "paidAmount": "0",
        "paymentStatus": "Error",
        "paymentErrorCode": "INSUFFICIENT_FUNDS",
        "paymentErrorMessage": "Card declined by the gateway",
    }


def _refund_error(naming: Naming, random: Random) -> Json:
    refund = {"number": naming.plain("R"), "refundInvoiceNumbers": [naming.invoice_number(0)], "status": "Error"}
    return {**_completed(naming, random), **naming.credit_memos(1), "refunds": [refund]}


def _write_off_failed(naming: Naming, random: Random) -> Json:
    failed = {"invoiceNumber": naming.invoice_number(0), "status": "Failed", "failedReason": "Invoice is not posted"}
    return {**_completed(naming, random), "writeOff": [{"amount": _amount(random), **failed}]}


def _head(naming: Naming, status: str) -> Json:
    return {"jobType": ORDER_TYPE, **naming.account(), **naming.order(), "status": status}


def _subscriptions(naming: Naming, statuses: Iterable[str]) -> Json:
    return {"subscriptions": [{"status": word, **naming.subscription(i)} for i, word in enumerate(statuses)]}


def _order_line_items(naming: Naming, count: int) -> Json:
    return {"orderLineItems": [{"id": naming.id("item", i), "itemNumber": str(i + 1)} for i in range(count)]}


def _paid(naming: Naming, random: Random) -> Json:
    if random.random() < 0.4:
        return {}
    return {**naming.payment(), "paidAmount": f"{_amount(random):.2f}", "paymentStatus": "Processed"}


def _some(random: Random, share: float, most: int) -> int:
    return random.randint(1, most) if random.random() < share else 0


def _amount(random: Random) -> float:
    return random.randint(900, 250_000) / 100


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


def preview_result(outcome: Outcome, naming: Naming, random: Random) -> Json:
    """Return the `result` of a preview job: direct with or without job type, or inside `previewResult`."""
    preview = _preview(naming, random)
    if outcome is Outcome.PREVIEW_WRAPPED:
        return {"previewResult": preview, "success": True}
    if outcome is Outcome.PREVIEW_UNTYPED:
        return {**preview, "success": True}
    return {"jobType": PREVIEW_TYPE, **preview, "success": True}


def _preview(naming: Naming, random: Random) -> Json:
    charged = [_item(naming, random, "Charge", _cents(random, 900, 40_000)) for _ in range(random.randint(1, 4))]
    credited = [_item(naming, random, "Discount", -_cents(random, 100, 900))]
    monthly = _cents(random, 900, 40_000)
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


def _item(naming: Naming, random: Random, processing: str, amount: float) -> Json:
    tax = round(amount * _TAX, 2) if processing == "Charge" else 0
    return {
        **_PERIOD,
        "amountWithoutTax": amount,
        "taxAmount": tax,
        "chargeDescription": "",
        "chargeName": "Loyalty discount" if processing == "Discount" else random.choice(_CHARGES),
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


def _cents(random: Random, low: int, high: int) -> float:
    return random.randint(low, high) / 100


_FAILURES: Mapping[Outcome, str] = {
    Outcome.LOCKED: "[40000050]: Operation failed due to a lock competition, please retry later.",
    Outcome.LOCKED_NO_COLON: "[40000050] subscription is locked",
    Outcome.BAD_INPUT: '[40000020]: Rate plan "Gold - monthly" is not effective on the contract effective date of '
    "03/12/2025.",
    Outcome.INTERNAL: "[40000060]: Oops, internal error occurred, please contact Zuora support.",
}
_PREVIEWS = frozenset({Outcome.PREVIEW, Outcome.PREVIEW_UNTYPED, Outcome.PREVIEW_WRAPPED})


UNKNOWN: Json = {"success": False, "reasons": [{"code": 50000040, "message": "Cannot find response for job"}]}
"""The response for an id that is not of an order job, as recorded from a real tenant."""


def reply(job: SimulatedJob, phase: Phase) -> Json:
    """Return the whole response for a job in `phase`; for a job unknown to Zuora it is always the same."""
    if job.outcome is Outcome.UNKNOWN_TO_ZUORA:
        return UNKNOWN
    if phase is not Phase.ENDED:
        return _root("Queued" if phase is Phase.QUEUED else "Processing")
    if job.outcome in _FAILURES:
        return _root("Failed", errors=_FAILURES[job.outcome])
    return _root("Completed", result=_result(job))


def _result(job: SimulatedJob) -> Json:
    naming, random = Naming(job), rng.seeded(job.seed, job.id, "result")
    if job.outcome in _PREVIEWS:
        return preview_result(job.outcome, naming, random)
    if job.outcome is Outcome.UNKNOWN_TYPE:
        deleted = {"jobType": "AsyncDeleteOrder", "orderNumber": naming.order_number}
        return {**deleted, "somethingNew": {"a": [1, 2]}}
    return order_result(job.outcome, naming, random)


def _root(status: str, *, errors: str | None = None, result: Json | None = None) -> Json:
    return {"status": status, "errors": errors, "result": result, "success": True}
