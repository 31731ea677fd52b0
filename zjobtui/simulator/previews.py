"""The `result` of a preview's job: invoices and credit memos that would come of an order, in their three wrappings."""

from random import Random

from zjobtui.simulator.naming import Json, Naming
from zjobtui.simulator.outcomes import Outcome

JOB_TYPE = "AsyncPreviewOrder"
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
    return {"jobType": JOB_TYPE, **preview, "success": True}


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
