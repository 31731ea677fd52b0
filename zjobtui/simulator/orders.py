"""The `result` of an order's job in every shape that was recorded or documented; knows nothing of jobs that fail."""

from collections.abc import Callable, Iterable, Mapping
from random import Random

from zjobtui.simulator.naming import Json, Naming
from zjobtui.simulator.outcomes import Outcome

JOB_TYPE = "AsyncCreateOrder"
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
    return {"jobType": JOB_TYPE, **naming.account(), **naming.order(), "status": status}


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
