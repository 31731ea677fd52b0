"""Results of jobs: parsed by type or, if that is missing, by the fields that are present."""

from collections.abc import Callable, Mapping

from zjobtui.models.json_value import Json, Rest
from zjobtui.models.reason import Reason
from zjobtui.models.report import (
    Commitment,
    OrderLineItem,
    OrderResult,
    OtherResult,
    Payment,
    PreviewDocument,
    PreviewItem,
    PreviewResult,
    Ramp,
    Refund,
    Result,
    Subscription,
    WriteOff,
)
from zjobtui.zuora.json_reader import Fields
from zjobtui.zuora.reasons import take_reasons

_METRICS = ("chargeMetrics", "orderDeltaMetrics", "orderMetrics", "rampMetrics", "funds")
_PREVIEW_SIGNS = frozenset({"previewResult", "invoices", "creditMemos", *_METRICS})
_ORDER_SIGNS = frozenset({"orderNumber", "orderId", "subscriptions", "subscriptionNumbers", "orderLineItems"})


def read_result(value: Json, *, is_failed: bool = False) -> Result | None:
    """Return the result in `value`; None for null. A value that is not an object is kept as the field `result`.

    `is_failed` says that the job has failed, so that a message in the result is a reason.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        return OtherResult(fields={"result": value})
    return _READERS.get(str(_job_type(value)), _read_other)(value, is_failed)


def _take_outcome(fields: Fields, *, is_failed: bool) -> tuple[bool | None, tuple[Reason, ...]]:
    success = fields.boolean("success")
    return success, take_reasons(fields, is_failed=is_failed or success is False)


def _job_type(value: Rest) -> Json:
    if value.get("jobType"):
        return value["jobType"]
    if not _PREVIEW_SIGNS.isdisjoint(value):
        return "AsyncPreviewOrder"
    return None if _ORDER_SIGNS.isdisjoint(value) else "AsyncCreateOrder"


def _read_other(value: Rest, is_failed: bool) -> OtherResult:
    fields = Fields(value)
    success, reasons = _take_outcome(fields, is_failed=is_failed)
    return OtherResult(
        job_type=fields.text("jobType"),
        success=success,
        reasons=reasons,
        malformed=tuple(fields.malformed),
        fields=fields.remaining(),
    )


def _read_order(value: Rest, is_failed: bool) -> OrderResult:
    fields = Fields(value)
    success, reasons = _take_outcome(fields, is_failed=is_failed)
    old_shape = tuple(Subscription(number=number) for number in fields.texts("subscriptionNumbers"))
    return OrderResult(
        job_type=fields.text("jobType"),
        order_number=fields.text("orderNumber"),
        order_id=fields.text("orderId"),
        account_number=fields.text("accountNumber"),
        account_id=fields.text("accountId"),
        order_status=fields.text("status"),
        subscriptions=fields.items("subscriptions", _subscription) + old_shape,
        order_line_items=fields.items("orderLineItems", _order_line_item),
        invoices=fields.texts("invoiceNumbers") + fields.texts("invoiceIds"),
        credit_memos=fields.texts("creditMemoNumbers") + fields.texts("creditMemoIds"),
        payment=_payment(fields),
        ramps=fields.items("ramps", _ramp),
        refunds=fields.items("refunds", _refund),
        write_offs=fields.items("writeOff", _write_off),
        commitments=fields.items("commitments", _commitment),
        success=success,
        reasons=reasons,
        malformed=tuple(fields.malformed),
        rest=fields.remaining(),
    )


def _subscription(fields: Fields) -> Subscription:
    return Subscription(
        number=fields.text("subscriptionNumber"),
        id=fields.text("subscriptionId"),
        status=fields.text("status"),
        owner_number=fields.text("subscriptionOwnerNumber"),
        owner_id=fields.text("subscriptionOwnerId"),
        rest=fields.remaining(),
    )


def _order_line_item(fields: Fields) -> OrderLineItem:
    return OrderLineItem(number=fields.text("itemNumber"), id=fields.text("id"), rest=fields.remaining())


def _payment(fields: Fields) -> Payment:
    return Payment(
        number=fields.text("paymentNumber"),
        id=fields.text("paymentId"),
        amount=fields.amount("paidAmount"),
        status=fields.text("paymentStatus"),
        error_code=fields.text("paymentErrorCode"),
        error_message=fields.text("paymentErrorMessage"),
    )


def _ramp(fields: Fields) -> Ramp:
    return Ramp(
        number=fields.text("rampNumber"),
        subscription_number=fields.text("subscriptionNumber"),
        rest=fields.remaining(),
    )


def _refund(fields: Fields) -> Refund:
    return Refund(
        number=fields.text("number"),
        status=fields.text("status"),
        invoice_numbers=fields.texts("refundInvoiceNumbers"),
        rest=fields.remaining(),
    )


def _write_off(fields: Fields) -> WriteOff:
    return WriteOff(
        invoice_number=fields.text("invoiceNumber"),
        amount=fields.amount("amount"),
        status=fields.text("status"),
        failed_reason=fields.text("failedReason"),
        credit_memo_number=fields.text("writeOffCreditMemoNumber"),
        rest=fields.remaining(),
    )


def _commitment(fields: Fields) -> Commitment:
    return Commitment(
        number=fields.text("commitmentNumber"),
        id=fields.text("id"),
        type=fields.text("type"),
        prepayment_type=fields.text("prepaymentType"),
        start_date=fields.text("startDate"),
        end_date=fields.text("endDate"),
        status=fields.text("status"),
        total_amount=fields.amount("totalAmount"),
        rest=fields.remaining(),
    )


def _read_preview(value: Rest, is_failed: bool) -> PreviewResult:
    fields = Fields(_unwrap_preview(value))
    success, reasons = _take_outcome(fields, is_failed=is_failed)
    return PreviewResult(
        job_type=fields.text("jobType"),
        invoices=fields.items("invoices", lambda document: _document(document, "invoiceItems")),
        credit_memos=fields.items("creditMemos", lambda document: _document(document, "creditMemoItems")),
        metrics=fields.pop_many(_METRICS),
        success=success,
        reasons=reasons,
        malformed=tuple(fields.malformed),
        rest=fields.remaining(),
    )


def _unwrap_preview(value: Rest) -> Rest:
    wrapped = value.get("previewResult")
    if not isinstance(wrapped, dict):
        return value
    return _merge_keeping_conflicts(
        {key: item for key, item in value.items() if key != "previewResult"}, "previewResult", wrapped
    )


def _merge_keeping_conflicts(outer: Rest, name: str, inner: Rest) -> Rest:
    """Merge the fields of `inner` into `outer`; fields in both are kept under `name`, unchanged."""
    conflicts: dict[str, Json] = {key: item for key, item in inner.items() if key in outer or key == name}
    others = {key: item for key, item in inner.items() if key not in conflicts}
    return {**outer, **others, **({name: conflicts} if conflicts else {})}


def _document(fields: Fields, items: str) -> PreviewDocument:
    return PreviewDocument(
        amount=fields.amount("amount"),
        amount_without_tax=fields.amount("amountWithoutTax"),
        tax=fields.amount("taxAmount"),
        target_date=fields.text("targetDate"),
        items=fields.items(items, _preview_item),
        rest=fields.remaining(),
    )


def _preview_item(fields: Fields) -> PreviewItem:
    additional = fields.nested("additionalInfo")
    return PreviewItem(
        charge_name=fields.text("chargeName"),
        charge_number=fields.text("chargeNumber"),
        description=fields.text("chargeDescription"),
        processing_type=fields.text("processingType"),
        product_name=fields.text("productName"),
        subscription_number=fields.text("subscriptionNumber"),
        order_line_item_number=fields.text("orderLineItemNumber"),
        start_date=fields.text("serviceStartDate"),
        end_date=fields.text("serviceEndDate"),
        quantity=additional.amount("quantity"),
        unit_of_measure=additional.text("unitOfMeasure"),
        unit_price=fields.amount("unitPrice"),
        amount_without_tax=fields.amount("amountWithoutTax"),
        tax=fields.amount("taxAmount"),
        rest=_merge_keeping_conflicts(fields.remaining(), "additionalInfo", additional.remaining()),
    )


_READERS: Mapping[str, Callable[[Rest, bool], Result]] = {
    "AsyncCreateOrder": _read_order,
    "AsyncPreviewOrder": _read_preview,
}
