"""A preview as an outline: what would be billed, document by document and item by item."""

from collections.abc import Iterable
from decimal import Decimal

from zjobtui.domain.report import PreviewDocument, PreviewItem, PreviewResult
from zjobtui.wording.outline import Line, Tone, fact, group, json_line, other_fields
from zjobtui.wording.signs import money, quantity


def preview_lines(result: PreviewResult) -> tuple[Line, ...]:
    """The outline of a preview, totals in the headings."""
    return (
        *_documents("invoices", "Invoices", "Invoice", result.invoices),
        *_documents("credit memos", "Credit memos", "Credit memo", result.credit_memos),
        *(
            ()
            if result.invoices or result.credit_memos
            else (Line("nothing", "Result", "nothing to bill", Tone.MUTED),)
        ),
        *group("metrics", "Metrics", "", _metrics(result), is_open=False),
        *other_fields("other", result.rest),
    )


def _metrics(result: PreviewResult) -> Iterable[Line]:
    return (json_line(f"metrics/{name}", name, value) for name, value in result.metrics.items())


def _documents(key: str, plural: str, singular: str, documents: tuple[PreviewDocument, ...]) -> tuple[Line, ...]:
    below = [_document(f"{key}/{number}", f"{singular} {number}", one) for number, one in enumerate(documents, 1)]
    total = _with_tax(
        _sum(one.amount for one in documents),
        _sum(one.amount_without_tax for one in documents),
        _sum(one.tax for one in documents),
    )
    return group(key, f"{plural} ({len(documents)})", total, below)


def _document(key: str, name: str, document: PreviewDocument) -> Line:
    amounts = _with_tax(document.amount, document.amount_without_tax, document.tax)
    text = f"{amounts} · to {document.target_date}" if document.target_date else amounts
    below = [_item(f"{key}/{number}", item) for number, item in enumerate(document.items, 1)]
    return Line(key, name, text, below=(*below, *other_fields(key, document.rest)), is_open=True)


def _item(key: str, item: PreviewItem) -> Line:
    name = item.charge_name or item.product_name or item.charge_number or "item"
    amount = _with_tax(None, item.amount_without_tax, item.tax)
    below = (
        *fact(f"{key}/product", "Product", item.product_name),
        *fact(f"{key}/kind", "Kind", item.processing_type),
        *fact(f"{key}/period", "Period", _period(item)),
        *fact(f"{key}/price", "Price", _price(item)),
        *fact(f"{key}/charge", "Charge", item.charge_number),
        *fact(f"{key}/description", "Description", item.description),
        *fact(f"{key}/subscription", "Subscription", item.subscription_number),
        *fact(f"{key}/item", "Order line item", item.order_line_item_number),
        *other_fields(key, item.rest),
    )
    text = " · ".join(part for part in (amount, item.processing_type, _period(item)) if part)
    return Line(key, name, text, below=below)


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
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None
