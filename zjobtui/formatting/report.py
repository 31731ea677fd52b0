"""A report as an outline: subscriptions, order line items, invoices, payments, and previews."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

from msgspec.structs import replace

from zjobtui.formatting.outline import OutlineNode, Tone, extra_fields, field, group, json_line
from zjobtui.formatting.symbols import money, quantity
from zjobtui.models.advice import Advice, advise_reason
from zjobtui.models.advice_rules import UNNAMED
from zjobtui.models.reason import Reason
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
    Subscription,
    WriteOff,
)
from zjobtui.models.result_problems import count_by_status


def preview_lines(result: PreviewResult) -> tuple[OutlineNode, ...]:
    """Return the outline of a preview, with totals in the headings."""
    return (
        *_documents("invoices", "Invoices", "Invoice", result.invoices),
        *_documents("credit memos", "Credit memos", "Credit memo", result.credit_memos),
        *(
            ()
            if result.invoices or result.credit_memos
            else (OutlineNode("nothing", "Result", "nothing to bill", Tone.MUTED),)
        ),
        *group("metrics", "Metrics", "", _metrics(result), is_open=False),
        *extra_fields("other", result.rest),
    )


def _metrics(result: PreviewResult) -> Iterable[OutlineNode]:
    return (json_line(f"metrics/{name}", name, value) for name, value in result.metrics.items())


def _documents(key: str, plural: str, singular: str, documents: tuple[PreviewDocument, ...]) -> tuple[OutlineNode, ...]:
    children = [
        _document(f"{key}/{number}", f"{singular} {number}", document) for number, document in enumerate(documents, 1)
    ]
    total = _with_tax(
        _sum(document.amount for document in documents),
        _sum(document.amount_without_tax for document in documents),
        _sum(document.tax for document in documents),
    )
    return group(key, f"{plural} ({len(documents)})", total, children)


def _document(key: str, name: str, document: PreviewDocument) -> OutlineNode:
    amounts = _with_tax(document.amount, document.amount_without_tax, document.tax)
    text = f"{amounts} · to {document.target_date}" if document.target_date else amounts
    children = [_item(f"{key}/{number}", item) for number, item in enumerate(document.items, 1)]
    return OutlineNode(key, name, text, children=(*children, *extra_fields(key, document.rest)), is_open=True)


def _item(key: str, item: PreviewItem) -> OutlineNode:
    name = item.charge_name or item.product_name or item.charge_number or "item"
    amount = _with_tax(None, item.amount_without_tax, item.tax)
    children = (
        *field(f"{key}/product", "Product", item.product_name),
        *field(f"{key}/kind", "Type", item.processing_type),
        *field(f"{key}/period", "Period", _period(item)),
        *field(f"{key}/price", "Price", _price(item)),
        *field(f"{key}/charge", "Charge", item.charge_number),
        *field(f"{key}/description", "Description", item.description),
        *field(f"{key}/subscription", "Subscription", item.subscription_number),
        *field(f"{key}/item", "Order line item", item.order_line_item_number),
        *extra_fields(key, item.rest),
    )
    text = " · ".join(part for part in (amount, item.processing_type, _period(item)) if part)
    return OutlineNode(key, name, text, children=children)


def _period(item: PreviewItem) -> str:
    return f"{item.start_date or '?'} to {item.end_date or '?'}" if item.start_date or item.end_date else ""


def _price(item: PreviewItem) -> str:
    number = quantity(item.quantity) if item.quantity is not None else ""
    price = money(item.unit_price) if item.unit_price is not None else ""
    return " × ".join(part for part in (f"{number} {item.unit_of_measure}".strip(), price) if part)


def _with_tax(amount: Decimal | None, net: Decimal | None, tax: Decimal | None) -> str:
    whole = amount if amount is not None else (net + tax if net is not None and tax is not None else net)
    without = money(net) if net is not None and net != whole else ""
    added = f"tax {money(tax)}" if tax else ""
    parts = " + ".join(part for part in (without, added) if part)
    return f"{money(whole)} ({parts})" if parts else money(whole)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    present = [amount for amount in amounts if amount is not None]
    return sum(present, Decimal(0)) if present else None


T = TypeVar("T")

_TONES = {"Active": Tone.GOOD, "Completed": Tone.GOOD, "Success": Tone.GOOD, "Error": Tone.BAD, "Failed": Tone.BAD}
_ODD = frozenset({"Pending Activation", "Pending Acceptance", "Pending", "Suspended", "Draft", "Scheduled"})

OPEN_LIMIT = 12
"""A group with more lines is closed at first, so that the whole response fits on a screen."""

FILTERABLE = frozenset({"subscriptions", "order line items"})
"""Keys of the groups that the user can filter."""


def report_lines(report: Report, advice: Advice, support: str = "") -> tuple[OutlineNode, ...]:
    """Return the outline of a report.

    `advice` is that for the job, by its digest, which follows the statuses that its tenant expects; `support` is the
    line for Zuora support, shown if something failed.
    """
    result = report.result
    match result:
        case OrderResult():
            lines = _order_lines(result)
        case PreviewResult():
            lines = preview_lines(result)
        case OperationResult():
            lines = _operation_lines(report.status, result)
        case OtherResult():
            lines = (*field("type", "Job type", result.job_type or "unknown"), *extra_fields("result", result.fields))
        case _:
            lines = ()
    reasons = tuple(_reason_lines(report))
    support_line = field("support", "For support", support, Tone.MUTED) if reasons else ()
    return (*reasons, *_verdict_advice(report, advice), *support_line, *lines, *extra_fields("rest", report.rest))


def _operation_lines(status: str, result: OperationResult) -> tuple[OutlineNode, ...]:
    return (
        OutlineNode("operation", "Operation job", f"{result.title}, {status}", _tone(status)),
        *field("operation/object", f"{result.object_type or 'Object'} id", result.object_id),
    )


def filter_groups(lines: Iterable[OutlineNode], words: str) -> tuple[OutlineNode, ...]:
    """Return the outline with only those subscriptions and order line items whose line contains all the words."""
    return tuple(_filter_group(line, words.casefold().split()) if line.key in FILTERABLE else line for line in lines)


def _filter_group(heading: OutlineNode, words: Sequence[str]) -> OutlineNode:
    kept = tuple(
        line for line in heading.children if all(word in f"{line.name} {line.text}".casefold() for word in words)
    )
    count = f"({len(kept):,} of {len(heading.children):,})"
    return replace(heading, name=f"{heading.name.rpartition(' (')[0]} {count}", children=kept)


def _reasons(report: Report) -> Iterator[tuple[Reason, Advice]]:
    is_completed = report.status == "Completed"
    for reason in report.all_reasons:
        yield reason, advise_reason(reason, is_completed=is_completed)


def _reason_lines(report: Report) -> Iterator[OutlineNode]:
    for number, (reason, advice) in enumerate(_reasons(report)):
        key = f"reason{number}"
        title = "" if advice.title == UNNAMED else advice.title
        error = " · ".join(part for part in (reason.code, title) if part) or reason.message or "no reason given"
        yield OutlineNode(f"{key}/code", "Error", error, Tone.BAD)
        if error != reason.message:
            yield OutlineNode(f"{key}/message", "Message", reason.message or "no message")
        yield from _advice_lines(key, advice)


def _verdict_advice(report: Report, advice: Advice) -> tuple[OutlineNode, ...]:
    """Return the advice for what is wrong without being a reason, such as an order that is Pending."""
    is_shown = any(advice == shown for _, shown in _reasons(report))
    return () if is_shown else tuple(_advice_lines("verdict", advice))


def _advice_lines(key: str, advice: Advice) -> Iterator[OutlineNode]:
    yield from field(f"{key}/meaning", "Meaning", advice.meaning)
    yield from field(f"{key}/advice", "Next step", advice.action)


def _order_lines(result: OrderResult) -> tuple[OutlineNode, ...]:
    return (
        *field(
            "order",
            "Order",
            _with_status(_named(result.order_number, result.order_id), result.order_status),
            _tone(result.order_status),
            _values("order", result.order_number, result.order_id),
        ),
        *_id_line("order", result.order_number, result.order_id),
        *field(
            "account",
            "Account",
            _named(result.account_number, result.account_id),
            values=_values("account", result.account_number, result.account_id),
        ),
        *_id_line("account", result.account_number, result.account_id),
        *_subscription_lines(result.subscriptions),
        *_item_lines(result.order_line_items),
        *_number_line("invoices", "Invoices", "invoice number", result.invoices),
        *_number_line("credit memos", "Credit memos", "credit memo number", result.credit_memos),
        *_payment_lines(result.payment),
        *_numbered_group("refunds", "Refunds", result.refunds, _refund_line),
        *_numbered_group("write-offs", "Write-offs", result.write_offs, _write_off_line),
        *_numbered_group("ramps", "Ramps", result.ramps, _ramp_line),
        *_numbered_group("commitments", "Commitments", result.commitments, _commitment_line),
        *group("other", f"Other fields ({len(result.rest)})", "", extra_fields("other", result.rest)),
    )


def _subscription_lines(subscriptions: tuple[Subscription, ...]) -> tuple[OutlineNode, ...]:
    """Return the subscriptions, those that are not Active and rare statuses first, so that two in 300 are found."""
    counted = Counter(subscription.status for subscription in subscriptions)
    usual = max(counted, key=lambda status: counted[status], default="")
    ranks = {status: (status in {"Active", ""}, status == usual) for status in counted}
    ordered = sorted(enumerate(subscriptions), key=lambda pair: ranks[pair[1].status])
    text = ", ".join(f"{count} {status}" for count, status in count_by_status(subscriptions))
    children = [_subscription_line(number, subscription) for number, subscription in ordered]
    return group(
        "subscriptions",
        f"Subscriptions ({len(subscriptions)})",
        text,
        children,
        is_open=len(subscriptions) <= OPEN_LIMIT,
    )


def _subscription_line(number: int, subscription: Subscription) -> OutlineNode:
    name = _named(subscription.number, subscription.id) or f"subscription {number + 1}"
    key = f"subscriptions/{number}/{name}"
    children = (
        *field(f"{key}/id", "Id", subscription.id if subscription.number else ""),
        *field(
            f"{key}/owner",
            "Owner",
            _named(subscription.owner_number, subscription.owner_id),
            values=_values("owner", subscription.owner_number, subscription.owner_id),
        ),
        *_id_line(f"{key}/owner", subscription.owner_number, subscription.owner_id),
        *extra_fields(key, subscription.rest),
    )
    values = _values("subscription", subscription.number, subscription.id)
    return OutlineNode(key, name, subscription.status, _tone(subscription.status), children, values=values)


def _item_lines(items: tuple[OrderLineItem, ...]) -> tuple[OutlineNode, ...]:
    children = [_item_line(number, item) for number, item in enumerate(items)]
    return group("order line items", f"Order line items ({len(items)})", "", children, is_open=len(items) <= OPEN_LIMIT)


def _item_line(number: int, item: OrderLineItem) -> OutlineNode:
    name = item.number or f"item {number + 1}"
    key = f"order line items/{number}/{name}"
    values = _values("order line item", item.number, item.id)
    return OutlineNode(key, name, item.id, children=extra_fields(key, item.rest), values=values)


def _payment_lines(payment: Payment) -> tuple[OutlineNode, ...]:
    if not payment.exists:
        return ()
    parts = [_named(payment.number, payment.id), money(payment.amount) if payment.amount is not None else ""]
    text = " · ".join(part for part in [*parts, payment.status] if part)
    tone = Tone.BAD if payment.is_in_error else Tone.PLAIN
    error = " ".join(part for part in (payment.error_code, payment.error_message) if part)
    return (
        *field("payment", "Payment", text or "in error", tone, _values("payment", payment.number, payment.id)),
        *_id_line("payment", payment.number, payment.id),
        *field("payment error", "Payment error", error, Tone.BAD),
    )


def _numbered_group(
    key: str, name: str, items: tuple[T, ...], line: Callable[[str, T], OutlineNode]
) -> tuple[OutlineNode, ...]:
    children = (line(f"{key}/{number}", item) for number, item in enumerate(items))
    return group(key, f"{name} ({len(items)})", "", children)


def _refund_line(key: str, refund: Refund) -> OutlineNode:
    text = " · ".join(part for part in (refund.status, ", ".join(refund.invoice_numbers)) if part)
    values = (*_values("refund", refund.number, ""), *(("invoice number", number) for number in refund.invoice_numbers))
    rest = extra_fields(key, refund.rest)
    return OutlineNode(key, refund.number or "refund", text, _tone(refund.status), rest, values=values)


def _write_off_line(key: str, write_off: WriteOff) -> OutlineNode:
    parts = (write_off.status, money(write_off.amount), write_off.failed_reason, write_off.credit_memo_number)
    text = " · ".join(part for part in parts if part)
    values = (
        *_values("invoice", write_off.invoice_number, ""),
        *_values("credit memo", write_off.credit_memo_number, ""),
    )
    name, rest = write_off.invoice_number or "write-off", extra_fields(key, write_off.rest)
    return OutlineNode(key, name, text, _tone(write_off.status), rest, values=values)


def _ramp_line(key: str, ramp: Ramp) -> OutlineNode:
    values = (*_values("ramp", ramp.number, ""), *_values("subscription", ramp.subscription_number, ""))
    rest = extra_fields(key, ramp.rest)
    return OutlineNode(key, ramp.number or "ramp", ramp.subscription_number, children=rest, values=values)


def _commitment_line(key: str, commitment: Commitment) -> OutlineNode:
    name = _named(commitment.number, commitment.id) or "commitment"
    dates = f"{commitment.start_date} to {commitment.end_date}" if commitment.start_date or commitment.end_date else ""
    amount = money(commitment.total_amount) if commitment.total_amount is not None else ""
    parts = (commitment.status, commitment.type, commitment.prepayment_type, dates, amount)
    children = (
        *field(f"{key}/id", "Id", commitment.id if commitment.number else ""),
        *extra_fields(key, commitment.rest),
    )
    values = _values("commitment", commitment.number, commitment.id)
    return OutlineNode(key, name, " · ".join(part for part in parts if part), children=children, values=values)


def _number_line(key: str, name: str, what: str, numbers: Sequence[str]) -> tuple[OutlineNode, ...]:
    """Return several numbers as one line; up to `OPEN_LIMIT` of them can be copied one by one."""
    all_numbers = ((f"{len(numbers):,} {what}s", "\n".join(numbers)),) if len(numbers) > 1 else ()
    single = tuple((what, number) for number in numbers[:OPEN_LIMIT])
    return field(key, name, ", ".join(numbers), values=(*single, *all_numbers))


def _values(what: str, number: str, id_: str) -> tuple[tuple[str, str], ...]:
    """Return number and id of an object, each after what it is."""
    return tuple(pair for pair in ((f"{what} number", number), (f"{what} id", id_)) if pair[1])


def _named(number: str, id_: str) -> str:
    return number or id_


def _id_line(key: str, number: str, id_: str) -> tuple[OutlineNode, ...]:
    """Return the id line of an object that is shown by its number; without a number, its id is shown already."""
    return field(f"{key}/id", f"{key.rpartition('/')[2].capitalize()} id", id_ if number else "")


def _with_status(name: str, status: str) -> str:
    return " · ".join(part for part in (name, status) if part)


def _tone(status: str) -> Tone:
    return _TONES.get(status, Tone.ATTENTION if status in _ODD else Tone.PLAIN)
