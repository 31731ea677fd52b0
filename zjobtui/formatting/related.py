"""Read objects as an outline: one look's worth first, the rest folded.

Lines with the number or id of another object have it in `values`: `readable` of `formatting/references.py` finds it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import assert_never

from msgspec.structs import asdict

from zjobtui.formatting.outline import OutlineNode, Tone, field, group
from zjobtui.formatting.references import reference_text, reference_values, related_key
from zjobtui.formatting.report import OPEN_LIMIT
from zjobtui.formatting.symbols import money, quantity
from zjobtui.formatting.times import moment
from zjobtui.models.pending import OrderState, action_name, explain
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Related, is_id
from zjobtui.models.related_details import (
    AccountDetails,
    CreditMemoDetails,
    CurrencyMetrics,
    Details,
    InvoiceDetails,
    LineItemDetails,
    OrderDetails,
    OrderedItem,
    OrderSubscription,
    PaymentDetails,
    RatePlan,
    StatusPeriod,
    SubscriptionDetails,
    count_of,
    status_of,
)
from zjobtui.models.text import shorten

_ZONED = re.compile(r"(?:Z|[+-]\d\d:?\d\d)\s*$", re.IGNORECASE)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")

_BAD = frozenset({"Error", "Failed", "FailedToSettle", "UnknownError", "TaxEngineError", "Rejected"})
_ODD = frozenset(
    {
        *("Pending", "Draft", "Scheduled", "Executing", "Reverted", "Cancelled", "Canceled", "Split", "Suspended"),
        *("Expired", "Pending Activation", "Pending Acceptance", "PendingForTax", "Generating", "CancelInProgress"),
        *("Processing",),
    }
)
_GOOD = frozenset({"Completed", "Complete", "Active", "Posted", "Processed", "Settled", "Success"})
_CALM = frozenset({ReadProblemKind.NOT_FOUND, ReadProblemKind.FEATURE_OFF, ReadProblemKind.NO_ROUTE})

_LABELS = {
    "id": "Id",
    "mrr": "MRR",
    "contracted_mrr": "Contracted MRR",
    "einvoice_status": "E-invoice status",
    "einvoice_error_code": "E-invoice error code",
    "einvoice_error_message": "E-invoice error",
    "is_latest_version": "Latest version",
    "has_default_payment_method": "Default payment method",
    "unit_of_measure": "Unit",
}
_LOOK: Mapping[type[Details], tuple[str, ...]] = {
    OrderDetails: ("order_date", "category", "description", "account_number", "created_at", "created_by"),
    SubscriptionDetails: (
        *("account_number", "order_number", "contract_effective_date", "service_activation_date"),
        *("customer_acceptance_date", "cancel_reason", "scheduled_cancel_date", "scheduled_suspend_date"),
        "scheduled_resume_date",
    ),
    LineItemDetails: ("name", "product_code", "description", "subscription_number"),
    InvoiceDetails: (
        *("due_date", "tax_status", "tax_message", "einvoice_status", "einvoice_error_code"),
        *("einvoice_error_message", "source", "source_type", "bill_run_id"),
    ),
    PaymentDetails: ("type", "gateway_response_code", "gateway_response", "gateway_state", "effective_date"),
    CreditMemoDetails: ("credit_memo_date", "reason_code", "tax_status", "tax_message", "source_type"),
    AccountDetails: ("name", "auto_pay", "has_default_payment_method"),
}
"""The fields of one look that have a line of their own, besides what is in the heading."""

_NAMED = {
    "account_number": "account number",
    "account_id": "account id",
    "owner_account_number": "account number",
    "invoice_owner_account_number": "account number",
    "order_number": "order number",
    "subscription_number": "subscription number",
    "referred_invoice_id": "invoice id",
}
"""Fields that name another object, with what they have of it."""


def related_node(
    result: ReadResult, now: float, zone: tzinfo | None = None, statuses: Mapping[str, str] | None = None
) -> OutlineNode:
    """Return a read object as one node with everything beneath it, or why it could not be read.

    The heading is what one look needs; lines of that look are open, everything else is folded. `statuses` are those of
    subscriptions in the job's result, by number.
    """
    reference = result.reference
    key = related_key(reference)
    if isinstance(result, ReadProblem):
        tone = Tone.ATTENTION if result.kind in _CALM else Tone.BAD
        children = (
            *field(f"{key}/code", "Code", result.code),
            *field(f"{key}/request", "Request id", result.call.request_id),
            *field(f"{key}/read", "Tried at", moment(result.at, now, zone)),
        )
        values = reference_values(reference)
        return OutlineNode(key, reference_text(reference), shorten(result.sentence), tone, children, values=values)
    details = result.details
    children = (
        *_malformed_lines(key, details),
        *_look_lines(key, details, statuses or {}),
        *_part_lines(key, details),
        *group(f"{key}/more", "More", "", _more_lines(f"{key}/more", details), is_open=False),
        *field(f"{key}/read", "Read at", moment(result.read_at, now, zone)),
    )
    return OutlineNode(
        key,
        reference_text(reference),
        one_look(details),
        _tone(status_of(details)),
        children,
        is_open=True,
        values=reference_values(reference),
    )


def order_remark(
    result: ReadResult, now: float, zone: tzinfo | None, statuses: Mapping[str, str]
) -> OutlineNode | None:
    """Return what a read of a job's order says about it now, for the summary of the job; None if it was not read.

    The status and what is missing are in the line, facts and next steps folded beneath it.
    """
    if not isinstance(result, Related) or not isinstance(order := result.details, OrderDetails):
        return None
    read = f"read {moment(result.read_at, now, zone)}"
    state = explain(order, statuses)
    because = _because(order, state) if state is not None else ""
    text = " · ".join(part for part in (order.status or "no status", because, read) if part)
    children = tuple(_state_lines("remark", order, statuses))
    return OutlineNode("remark", "Order as read", shorten(text), _tone(order.status), children)


def _because(order: OrderDetails, state: OrderState) -> str:
    """Return what an order lacks; of one that lacks nothing why it failed, or what its status means."""
    if not state.missing:
        return state.facts[0] if order.status == "Failed" and state.facts else state.headline
    more = len(state.missing) - _SHOWN_MISSING
    return "; ".join([*map(str, state.missing[:_SHOWN_MISSING]), *([f"and {more:,} more"] if more > 0 else [])])


_SHOWN_MISSING = 3
"""Missing dates that the remark names; all are beneath it."""


def one_look(details: Details) -> str:
    """Return what one look at an object needs, in a line; it begins with the status."""
    parts: tuple[str, ...]
    match details:
        case OrderDetails():
            parts = (details.order_date, details.category, _for_schedule(details))
        case SubscriptionDetails():
            parts = (_version(details), _term(details), _amounts(details))
        case LineItemDetails():
            parts = (_priced(details), _fulfilled(details))
        case InvoiceDetails():
            due = f"due {details.due_date}" if details.due_date else ""
            tax = "" if details.tax_status in {"", "Complete"} else f"tax {details.tax_status}"
            parts = (_part_of("balance", details.balance, details.amount, details.currency), due, tax)
        case PaymentDetails():
            parts = (_in(details.amount, details.currency), _gateway(details), details.gateway_state)
        case CreditMemoDetails():
            tax = "" if details.tax_status in {"", "Complete"} else f"tax {details.tax_status}"
            parts = (_part_of("unapplied", details.unapplied_amount, details.amount, details.currency), tax)
        case AccountDetails():
            balance = f"balance {_in(details.balance, details.currency)}" if details.balance is not None else ""
            parts = (details.name, balance)
        case _:
            assert_never(details)
    return shorten(" · ".join(part for part in (status_of(details) or "no status", *parts) if part))


def _for_schedule(order: OrderDetails) -> str:
    return f"scheduled for {order.scheduled_date}" if order.scheduled_date else ""


def _version(subscription: SubscriptionDetails) -> str:
    """Return the version of a subscription: each has an id of its own, and a result may name an older one."""
    if not subscription.version:
        return ""
    latest = {True: " (the latest)", False: " (not the latest)", None: ""}[subscription.is_latest_version]
    return f"version {subscription.version}{latest}"


def _term(subscription: SubscriptionDetails) -> str:
    if not (subscription.term_start_date or subscription.term_end_date):
        return subscription.term_type
    dates = f"{subscription.term_start_date or '?'} to {subscription.term_end_date or 'no end'}"
    return f"{subscription.term_type} {dates}".strip()


def _amounts(subscription: SubscriptionDetails) -> str:
    amounts = {"MRR": subscription.contracted_mrr, "TCV": subscription.total_contracted_value}
    return ", ".join(f"{name} {_in(amount, subscription.currency)}" for name, amount in amounts.items() if amount)


def _priced(item: LineItemDetails) -> str:
    unit = f"{quantity(item.quantity)} {item.unit_of_measure}".strip() if item.quantity is not None else ""
    price = f" × {money(item.amount_per_unit)}" if unit and item.amount_per_unit is not None else ""
    amount = _in(item.amount, item.currency)
    return f"{amount} ({unit}{price})" if amount and unit else amount or unit


def _fulfilled(item: LineItemDetails) -> str:
    waiting = item.quantity_pending_fulfillment
    return f"{quantity(waiting)} not fulfilled yet" if waiting else ""


def _gateway(payment: PaymentDetails) -> str:
    return ": ".join(part for part in (payment.gateway_response_code, payment.gateway_response) if part)


def _part_of(word: str, part: Decimal | None, whole: Decimal | None, currency: str) -> str:
    if part is None:
        return _in(whole, currency)
    return f"{word} {money(part)} of {_in(whole, currency)}" if whole is not None else f"{word} {_in(part, currency)}"


def _in(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f"{money(amount)} {currency}".rstrip()


def _malformed_lines(key: str, details: Details) -> tuple[OutlineNode, ...]:
    names = ", ".join(details.malformed)
    return field(f"{key}/malformed", "Not complete", f"unexpected form of {names}" if names else "", Tone.ATTENTION)


def _look_lines(key: str, details: Details, statuses: Mapping[str, str]) -> Iterator[OutlineNode]:
    if isinstance(details, OrderDetails):
        yield from _state_lines(key, details, statuses)
    for name in _LOOK[type(details)]:
        value = getattr(details, name)
        tone = _tone(value) if name.endswith("_status") and isinstance(value, str) else Tone.PLAIN
        yield from field(f"{key}/{name}", _label(name), _text(name, value), tone, _values(name, value))
    if isinstance(details, SubscriptionDetails) and details.status.startswith("Pending"):
        for name in ("contract_effective_date", "service_activation_date", "customer_acceptance_date"):
            if not getattr(details, name):
                yield OutlineNode(f"{key}/{name}", _label(name), "not given", Tone.ATTENTION)


def _state_lines(key: str, order: OrderDetails, statuses: Mapping[str, str]) -> Iterator[OutlineNode]:
    if (state := explain(order, statuses)) is None:
        return
    yield OutlineNode(f"{key}/state", "State", state.headline, _tone(order.status))
    missing = [
        OutlineNode(f"{key}/missing/{number}", f"{number}", str(each), Tone.ATTENTION)
        for number, each in enumerate(state.missing, 1)
    ]
    is_open = len(missing) <= OPEN_LIMIT
    yield from group(f"{key}/missing", f"Missing ({len(missing):,})", "", missing, is_open=is_open)
    for number, fact in enumerate(state.facts):
        yield OutlineNode(f"{key}/fact/{number}", "Note", shorten(fact))
    for number, remedy in enumerate(state.remedies):
        yield OutlineNode(f"{key}/remedy/{number}", "Next step" if number == 0 else "", remedy)


def _part_lines(key: str, details: Details) -> Iterator[OutlineNode]:
    match details:
        case OrderDetails():
            subscriptions = (_ordered(f"{key}/subscription/{n}", each) for n, each in enumerate(details.subscriptions))
            name = f"Subscriptions ({count_of(len(details.subscriptions))})"
            yield from group(f"{key}/subscriptions", name, "", subscriptions)
            items = (_ordered_item(f"{key}/item/{n}", each) for n, each in enumerate(details.line_items))
            yield from group(f"{key}/items", f"Order line items ({count_of(len(details.line_items))})", "", items)
        case SubscriptionDetails():
            yield from _plan_lines(key, details.rate_plans)
            periods = (_period(f"{key}/status/{n}", each) for n, each in enumerate(details.status_history))
            name = f"Status history ({count_of(len(details.status_history))})"
            yield from group(f"{key}/history", name, "", periods, is_open=False)
        case AccountDetails() if len(details.metrics) > 1:
            metrics = (_metrics(f"{key}/currency/{n}", each) for n, each in enumerate(details.metrics))
            yield from group(f"{key}/currencies", f"Currencies ({count_of(len(details.metrics))})", "", metrics)
        case _:
            pass


def _ordered(key: str, subscription: OrderSubscription) -> OutlineNode:
    versions = (subscription.base_version, subscription.new_version)
    version = f"v{versions[0] or '–'} → v{versions[1] or '–'}" if any(versions) else ""
    actions = [
        OutlineNode(
            f"{key}/action/{place}",
            f"A{action_name(action, place)[1:]}",
            " · ".join(
                part
                for part in (
                    *(f"{each.name} {each.date or 'not given'}" for each in action.dates if each.name),
                    *(f"charge {charge} without its specific date" for charge in action.undated_charges),
                    action.change_reason,
                )
                if part
            ),
        )
        for place, action in enumerate(subscription.actions, 1)
    ]
    count = len(actions)
    number = f"{count_of(count)} actions" if count != 1 else "1 action"
    text = " · ".join(part for part in (version, number if count else "no actions") if part)
    values = (
        *_values("subscription_number", subscription.number),
        *_values("owner_account_number", subscription.owner_account_number),
    )
    return OutlineNode(key, subscription.number or "new subscription", text, children=tuple(actions), values=values)


def _ordered_item(key: str, item: OrderedItem) -> OutlineNode:
    amount = money(item.amount) if item.amount is not None else ""
    parts = (item.state, item.type, amount)
    values = (("order line item id", item.id),) if item.id else ()
    text = " · ".join(part for part in parts if part)
    return OutlineNode(key, item.name or item.number or item.id or "item", text, values=values)


def _plan_lines(key: str, plans: tuple[RatePlan, ...]) -> Iterator[OutlineNode]:
    """Yield the current rate plans, and folded those that were removed, which Zuora goes on listing."""
    current = [_plan(f"{key}/plan/{n}", plan) for n, plan in enumerate(plans) if not plan.is_removed]
    removed = [_plan(f"{key}/plan/{n}", plan) for n, plan in enumerate(plans) if plan.is_removed]
    more = f"the response has {count_of(len(plans))}" if count_of(len(plans)).endswith("more") else ""
    yield from group(f"{key}/plans", f"Rate plans ({len(current)})", more, current)
    yield from group(f"{key}/removed", f"Removed rate plans ({len(removed)})", more, removed, is_open=False)


def _plan(key: str, plan: RatePlan) -> OutlineNode:
    charges = []
    for number, charge in enumerate(plan.charges):
        price = money(charge.price) if charge.price is not None else ""
        dates = f"{charge.start_date or '?'} to {charge.end_date or 'no end'}"
        trigger_date = charge.trigger_date or ("not given" if charge.trigger_event == "SpecificDate" else "")
        trigger = f"{charge.trigger_event} {trigger_date}".strip()
        parts = (charge.type, charge.model, price, dates if charge.start_date or charge.end_date else "", trigger)
        name = charge.name or charge.number or "charge"
        charges.append(OutlineNode(f"{key}/charge/{number}", name, " · ".join(part for part in parts if part)))
    product = plan.product if plan.product != plan.name else ""
    count = len(charges)
    number_of = f"{count_of(count)} charges" if count != 1 else "1 charge"
    text = " · ".join(part for part in (product, plan.last_change, number_of) if part)
    return OutlineNode(key, plan.name or plan.product or "rate plan", text, children=tuple(charges))


def _period(key: str, period: StatusPeriod) -> OutlineNode:
    dates = f"{period.start_date or '?'} to {period.end_date or 'now'}"
    return OutlineNode(key, period.status or "no status", dates)


def _metrics(key: str, metrics: CurrencyMetrics) -> OutlineNode:
    lines = (field(f"{key}/{name}", _label(name), text) for name, text in _texts(metrics) if name != "currency")
    children = tuple(node for nodes in lines for node in nodes)
    balance = money(metrics.balance) if metrics.balance is not None else ""
    return OutlineNode(key, metrics.currency or "no currency", balance, children=children)


def _more_lines(key: str, details: Details) -> Iterator[OutlineNode]:
    shown = {*_LOOK[type(details)], "malformed"}
    for name, text in _texts(details):
        if name not in shown:
            values = _values(name, text)
            if name == "source_id" and getattr(details, "source_type", "") == "Order" and text and not is_id(text):
                values = (("order number", text),)
            yield from field(f"{key}/{name}", _label(name), text, values=values)


def _values(name: str, value: object) -> tuple[tuple[str, str], ...]:
    """Return the object that a field names, if it names one."""
    return ((_NAMED[name], value),) if name in _NAMED and isinstance(value, str) and value else ()


def _texts(details: Details | CurrencyMetrics) -> Iterator[tuple[str, str]]:
    for name, value in asdict(details).items():
        yield name, _text(name, value)


def _text(name: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return quantity(value) if name.startswith("quantity") else money(value)
        case str() if _STAMP.match(value) and not _ZONED.search(value):
            return f"{value} (no time zone given)"
        case str():
            return value
        case _:
            return ""


def _label(name: str) -> str:
    return _LABELS.get(name) or name.removesuffix("_at").replace("_", " ").capitalize()


def _tone(status: str) -> Tone:
    if status in _BAD:
        return Tone.BAD
    if status in _ODD:
        return Tone.ATTENTION
    return Tone.GOOD if status in _GOOD else Tone.PLAIN
