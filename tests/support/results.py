"""Generated results of jobs: documented fields in any number and shape, and undocumented fields."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from hypothesis import strategies as st

Values: TypeAlias = st.SearchStrategy[Any]
"""A strategy for JSON values."""

_WORDS = st.text(st.characters(exclude_categories=("Cs", "Zs"), exclude_characters='"{}[]\\'), max_size=12).map(
    "w".__add__
)
_NAMES = st.text("abcdefghij", min_size=3, max_size=8).map(lambda name: f"new {name}")
_NUMBERS = st.integers(-(10**12), 10**12) | st.decimals(-(10**9), 10**9, places=2).map(float)
_LEAVES = st.none() | st.booleans() | _WORDS | _NUMBERS
_VALUES: Values = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)
_EXTRAS = st.dictionaries(_NAMES, _VALUES, max_size=2)


def _object(fields: Mapping[str, Values]) -> Values:
    """Return objects with some of the fields, sometimes of another type, and with undocumented fields."""
    known = st.fixed_dictionaries({}, optional=dict(fields))
    odd = st.dictionaries(st.sampled_from(sorted(fields)), _VALUES, max_size=1)
    return st.builds(lambda one, two, three: {**one, **two, **three}, known, st.just({}) | odd, _EXTRAS)


def _texts(*names: str) -> dict[str, Values]:
    return dict.fromkeys(names, st.none() | st.just("") | _WORDS | st.integers(0, 999))


def _amounts(*names: str) -> dict[str, Values]:
    return dict.fromkeys(names, st.none() | _NUMBERS | _NUMBERS.map(str))


def _list(items: Values) -> Values:
    return st.lists(items, max_size=3) | st.lists(items | st.none(), max_size=2)


_SUBSCRIPTION = _object(
    _texts("status", "subscriptionId", "subscriptionNumber", "subscriptionOwnerId", "subscriptionOwnerNumber")
)
_REFUND = _object({**_texts("number", "status"), "refundInvoiceNumbers": _list(_WORDS)})
_WRITE_OFF = _object(
    {**_texts("invoiceNumber", "status", "failedReason", "writeOffCreditMemoNumber"), **_amounts("amount")}
)
_COMMITMENT = _object(
    {
        **_texts("id", "commitmentNumber", "prepaymentType", "type", "startDate", "endDate", "status"),
        **_amounts("totalAmount"),
        "schedules": _list(_VALUES),
    }
)
_REASON = _object(_texts("code", "message"))
_COMMON = {"success": st.booleans(), "reasons": _list(_REASON), "processId": _WORDS, "requestId": _WORDS}

ORDER_RESULTS = _object(
    {
        **_texts("accountId", "accountNumber", "orderId", "orderNumber", "status", "paymentId", "paymentNumber"),
        **_texts("paymentStatus", "paymentErrorCode", "paymentErrorMessage"),
        **_amounts("paidAmount"),
        **dict.fromkeys(
            ("invoiceIds", "invoiceNumbers", "creditMemoIds", "creditMemoNumbers", "subscriptionNumbers"), _list(_WORDS)
        ),
        "subscriptions": _list(_SUBSCRIPTION),
        "orderLineItems": _list(_object(_texts("id", "itemNumber"))),
        "ramps": _list(_object(_texts("rampNumber", "subscriptionNumber"))),
        "refunds": _list(_REFUND),
        "writeOff": _list(_WRITE_OFF),
        "commitments": _list(_COMMITMENT),
        "reAssociationResults": _list(_VALUES),
        **_COMMON,
    }
).map(lambda result: {**result, "jobType": "AsyncCreateOrder"} if isinstance(result, dict) else result)
"""Results of `AsyncCreateOrder`."""

_ITEM = _object(
    {
        **_texts("serviceStartDate", "serviceEndDate", "chargeDescription", "chargeName", "chargeNumber"),
        **_texts("processingType", "productName", "subscriptionNumber", "orderLineItemNumber"),
        **_texts("productRatePlanChargeId"),
        **_amounts("amountWithoutTax", "taxAmount", "unitPrice"),
        "additionalInfo": _object({**_texts("unitOfMeasure"), **_amounts("quantity", "numberOfDeliveries")}),
        "taxationItems": _list(_VALUES),
    }
)
_AMOUNTS = _amounts("amount", "amountWithoutTax", "taxAmount")
_PREVIEW = {
    "invoices": _list(_object({**_AMOUNTS, **_texts("targetDate"), "invoiceItems": _list(_ITEM)})),
    "creditMemos": _list(_object({**_AMOUNTS, **_texts("targetDate"), "creditMemoItems": _list(_ITEM)})),
    **dict.fromkeys(("chargeMetrics", "orderDeltaMetrics", "orderMetrics", "rampMetrics", "funds"), _VALUES),
    **_COMMON,
}

PREVIEW_RESULTS = _object({**_PREVIEW, "previewResult": _object(_PREVIEW)}).map(
    lambda result: {**result, "jobType": "AsyncPreviewOrder"} if isinstance(result, dict) else result
)
"""Results of `AsyncPreviewOrder`, direct and wrapped."""

OTHER_RESULTS = st.builds(lambda one, two: {"jobType": "AsyncUnheardOf", **one, **two}, _EXTRAS, _EXTRAS) | _VALUES
"""Results that are not documented."""

RESULTS: Values = ORDER_RESULTS | PREVIEW_RESULTS | OTHER_RESULTS


class _Counter:
    """Returns unique values, so that each can be found again."""

    def __init__(self) -> None:
        self._last = 100

    def text(self) -> str:
        self._last += 1
        return f"word {self._last}"

    def amount(self) -> float:
        self._last += 1
        return self._last + 0.25

    def object(self, texts: str, amounts: str = "", **inner: Any) -> dict[str, Any]:  # noqa: ANN401 - values of JSON
        """Return an object with these fields, and an undocumented one."""
        fields: dict[str, Any] = {name: self.text() for name in texts.split()}
        return {**fields, **{name: self.amount() for name in amounts.split()}, **inner, self.text(): self.text()}

    def texts(self) -> list[str]:
        return [self.text(), self.text()]


def full_order() -> dict[str, Any]:
    """Return a result of `AsyncCreateOrder` with every documented field, and an undocumented one in every object."""
    of = _Counter()
    return of.object(
        "accountId accountNumber orderId orderNumber status paymentId paymentNumber paymentStatus paymentErrorCode "
        "paymentErrorMessage processId requestId",
        "paidAmount",
        jobType="AsyncCreateOrder",
        success=True,
        invoiceIds=of.texts(),
        invoiceNumbers=of.texts(),
        creditMemoIds=of.texts(),
        creditMemoNumbers=of.texts(),
        subscriptionNumbers=of.texts(),
        orderLineItems=[of.object("id itemNumber"), of.object("id")],
        subscriptions=[
            of.object("status subscriptionId subscriptionNumber subscriptionOwnerId subscriptionOwnerNumber"),
            of.object("subscriptionId subscriptionOwnerId"),
        ],
        ramps=[of.object("rampNumber subscriptionNumber")],
        refunds=[of.object("number status", refundInvoiceNumbers=of.texts())],
        writeOff=[of.object("invoiceNumber status failedReason writeOffCreditMemoNumber", "amount")],
        commitments=[
            of.object(
                "id commitmentNumber prepaymentType type startDate endDate status",
                "totalAmount",
                schedules=[of.object("id", "amount")],
            )
        ],
        reAssociationResults=[of.object("commitmentNumber accountNumber", activated=True)],
        reasons=[of.object("code message")],
    )


def full_preview() -> dict[str, Any]:
    """Return a result of `AsyncPreviewOrder` with every documented field, and an undocumented one in every object."""
    of = _Counter()

    def document(items: str) -> dict[str, Any]:
        item = of.object(
            "serviceStartDate serviceEndDate chargeDescription chargeName chargeNumber processingType productName "
            "productRatePlanChargeId subscriptionNumber orderLineItemNumber",
            "amountWithoutTax taxAmount unitPrice",
            additionalInfo=of.object("unitOfMeasure", "quantity numberOfDeliveries"),
            taxationItems=[of.object("name", "exemptAmount")],
        )
        amounts = "amount amountWithoutTax taxAmount"
        return of.object("targetDate", amounts, invoiceItemSummary=[of.object("id")], **{items: [item]})

    metrics = ("chargeMetrics", "orderDeltaMetrics", "orderMetrics", "rampMetrics", "funds")
    return of.object(
        "processId requestId",
        "",
        jobType="AsyncPreviewOrder",
        success=True,
        invoices=[document("invoiceItems"), document("invoiceItems")],
        creditMemos=[document("creditMemoItems")],
        reasons=[of.object("code message")],
        **{name: [of.object("subscriptionNumber", "regular")] for name in metrics},
    )


FULL_RESULTS: dict[str, dict[str, Any]] = {
    "order": full_order(),
    "preview": full_preview(),
    "wrapped preview": {"jobType": "AsyncPreviewOrder", "previewResult": full_preview(), "success": False},
}
