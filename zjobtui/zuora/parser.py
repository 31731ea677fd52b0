"""Parser: turns whatever was received into a report or a problem; never raises, and all text it returns is clean."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import unescape

from zjobtui.models.json_value import Json, Rest
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.reason import Category, Reason
from zjobtui.models.report import (
    Commitment,
    OperationResult,
    OrderLineItem,
    OrderResult,
    OtherResult,
    Payment,
    PreviewDocument,
    PreviewItem,
    PreviewResult,
    Ramp,
    Refund,
    Report,
    Result,
    Subscription,
    WriteOff,
)
from zjobtui.models.text import clean, clean_lines, shorten
from zjobtui.zuora.json_reader import Fields, NotReadableError, decode, read_object
from zjobtui.zuora.reasons import search_reasons, take_reasons

SHORT = 256
"""Bytes of a response up to which its parsed form is cached: all running jobs get the same few responses."""

_BY_CATEGORY = {
    Category.PERMISSION: ProblemKind.FORBIDDEN,
    Category.AUTHENTICATION: ProblemKind.SIGNED_OUT,
    Category.NOT_FOUND: ProblemKind.NOT_FOUND,
    Category.LIMIT: ProblemKind.THROTTLED,
    Category.LOCK: ProblemKind.SERVER_ERROR,
    Category.INTERNAL: ProblemKind.SERVER_ERROR,
    Category.TEMPORARY: ProblemKind.SERVER_ERROR,
    Category.INTEGRATION: ProblemKind.SERVER_ERROR,
}
_BY_HTTP_STATUS = {
    401: ProblemKind.SIGNED_OUT,
    403: ProblemKind.FORBIDDEN,
    407: ProblemKind.UNREADABLE,
    429: ProblemKind.THROTTLED,
    502: ProblemKind.UNAVAILABLE,
    503: ProblemKind.UNAVAILABLE,
    504: ProblemKind.UNAVAILABLE,
    511: ProblemKind.UNREADABLE,
}

_NETWORK_SIGN_IN = 511
_WANTS = {
    407: "a proxy requires a user and a password",
    _NETWORK_SIGN_IN: "the network requires a sign-in",
}

_PAGE_LIMIT = 64 << 10
_WEB_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|!--|\?xml)", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,1000})", re.IGNORECASE)

_METRICS = ("chargeMetrics", "orderDeltaMetrics", "orderMetrics", "rampMetrics", "funds")
_PREVIEW_SIGNS = frozenset({"previewResult", "invoices", "creditMemos", *_METRICS})
_ORDER_SIGNS = frozenset({"orderNumber", "orderId", "subscriptions", "subscriptionNumbers", "orderLineItems"})


def read_response(http_status: int, body: bytes, location: str = "") -> Report | Problem:
    """Parse a response of `GET /v1/async-jobs/{jobId}`.

    Both of Zuora's error styles (an HTTP status, or 200 with `success: false`) are treated alike. A response is a
    report only if it is a JSON object with a text `status` and no sign of failure.
    """
    read = _read_short if len(body) <= SHORT else _read
    return read(http_status, body, location)


def _read(http_status: int, body: bytes, location: str) -> Report | Problem:
    if 300 <= http_status < 400:
        return unreadable(http_status, body, "", location)
    try:
        fields = read_object(body)
    except NotReadableError as fault:
        return unreadable(http_status, body, str(fault))
    is_operation = isinstance(fields.get("operationType"), str) and isinstance(fields.get("status"), str)
    if (fields.get("success") is False and not is_operation) or not 200 <= http_status < 300:
        return read_refusal(http_status, fields)
    if is_operation:
        return _read_operation(fields, decode(body))
    status, success = fields.get("status"), fields.get("success")
    if not isinstance(status, str) or not status.strip() or not (success is None or success is True):
        return unreadable(http_status, body, "JSON, but not a response about a job")
    return _read_report(fields, decode(body))


_read_short = lru_cache(maxsize=64)(_read)


def read_report(raw: str) -> Report | None:
    """Return the report in a stored body, or None if it is not one."""
    report = read_response(200, raw.encode("utf-8", errors="replace"))
    return report if isinstance(report, Report) else None


def read_process_id(body: bytes) -> str:
    """Return the `processId` of a refusal, which Zuora's support asks for; empty if there is none."""
    try:
        return Fields(read_object(body)).text("processId")
    except NotReadableError:
        return ""


def _read_report(fields: dict[str, Json], text: str) -> Report:
    body = Fields(fields)
    body.boolean("success")
    status = body.text("status")
    is_failed = status == "Failed"
    result = _read_result(body.pop_many(["result"]).get("result"), is_failed=is_failed)
    reasons = take_reasons(body, is_failed=is_failed)
    if is_failed and not (reasons or (result and result.reasons)):
        reasons = search_reasons(dict(fields))
    return Report(status=status, reasons=reasons, result=result, rest=body.remaining(), raw=_raw(text))


def _read_operation(fields: dict[str, Json], text: str) -> Report:
    """Parse the response about an operation job, which has no `result`."""
    body = Fields(fields)
    status, success = body.text("status"), body.boolean("success")
    result = OperationResult(
        operation=body.text("operationType"),
        object_type=body.text("objectType"),
        object_id=body.text("objectId"),
        id=body.text("id"),
        success=success,
        malformed=tuple(body.malformed),
    )
    reasons = take_reasons(body, is_failed=status == "Failed")
    return Report(status=status, reasons=reasons, result=result, rest=body.remaining(), raw=_raw(text))


def _raw(text: str) -> str:
    return clean_lines(text.replace("\r\n", "\n").replace("\r", "\n"))


def read_refusal(http_status: int, fields: dict[str, Json]) -> Problem:
    """Return the problem of a response that refuses the request, in any of the shapes that `reasons` reads.

    | HTTP status              | category of the code | kind               |
    |--------------------------|----------------------|--------------------|
    | 5xx                      | limit                | throttled          |
    | 5xx                      | any other            | by the HTTP status |
    | 407 (a proxy), 429       | any                  | by the HTTP status |
    | 401, 403                 | not found            | by the HTTP status |
    | 2xx, 401, 403, other 4xx | of `_BY_CATEGORY`    | by the category    |
    | 2xx, 401, 403, other 4xx | any other, or none   | by the HTTP status |

    Zuora sends the same codes with 200 as with other statuses, so the code says more. But a server that failed, or that
    did not accept the request, has not looked for the job: only the others are believed that it does not exist.
    """
    reason = first_reason(fields)
    by_status, by_category = _by_status(http_status), _BY_CATEGORY.get(reason.category)
    is_by_status = http_status in {407, 429} or (http_status >= 500 and by_category is not ProblemKind.THROTTLED)
    is_by_status |= by_category is ProblemKind.NOT_FOUND and http_status in {401, 403}
    kind = by_status if is_by_status else by_category or by_status
    detail = shorten(reason.message, 500) or f"HTTP {http_status} without a reason"
    return Problem(kind, detail, reason.code)


def first_reason(fields: dict[str, Json]) -> Reason:
    """Return the first reason of a refusal, wherever it is; empty if there is none."""
    reasons = take_reasons(Fields(fields), is_failed=True) or search_reasons(dict(fields))
    return next((reason for reason in reasons if reason.code or reason.message), Reason("", ""))


def _by_status(http_status: int) -> ProblemKind:
    default = ProblemKind.SERVER_ERROR if http_status >= 500 else ProblemKind.REFUSED
    return _BY_HTTP_STATUS.get(http_status, default)


def _shown_location(location: str) -> str:
    """Return where a redirection leads, without what may be secret: query, fragment, user and password."""
    address = re.split(r"[?#;]", clean(location), maxsplit=1)[0]
    shown = re.sub(r"^([\w.+-]*:?//)[^/@]*@", r"\1", address)
    return f"{shorten(shown, 200)}{'?…' if len(address) < len(clean(location)) else ''}"


def unreadable(http_status: int, body: bytes, what: str, location: str = "") -> Problem:
    """Return the problem of a response that is not a JSON object: Zuora itself sends none.

    It says nothing about credentials and access, whatever its status is. `what` says what is wrong with the body.
    """
    if 300 <= http_status < 400:
        return Problem(
            ProblemKind.REDIRECTED, f"HTTP {http_status} to {_shown_location(location) or 'an unknown address'}"
        )
    detail = ", ".join(part for part in (f"HTTP {http_status}", _WANTS.get(http_status), what, _page(body)) if part)
    if http_status == 429:
        return Problem(ProblemKind.THROTTLED, detail)
    is_server_error = http_status >= 500 and http_status != _NETWORK_SIGN_IN
    return Problem(ProblemKind.UNAVAILABLE if is_server_error else ProblemKind.UNREADABLE, detail)


def _page(body: bytes) -> str:
    """Return a phrase for a web page, with its title, which names the proxy or the network that sent it."""
    start = body[:_PAGE_LIMIT]
    if not _WEB_PAGE.match(start):
        return "" if body.strip() else "it is empty"
    title = _TITLE.search(start)
    text = clean(" ".join(unescape(decode(title[1])).split())) if title else ""
    return f"a web page with the title “{shorten(text, 80)}”" if text else "a web page"


def _read_result(value: Json, *, is_failed: bool = False) -> Result | None:
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
    named = value.get("jobType")
    if named and not (isinstance(named, str) and named.isspace()):
        return named
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
