"""What an order that is not in force lacks, and how that is resolved.

No response of Zuora states why an order is Pending. Its documentation ("Pending orders and subscriptions", "Order
Status") has three rules: a required service activation date is blank, a required customer acceptance date is blank, or
a charge starts upon a specific date that is blank. Whether a tenant requires the first two cannot be read, so this
says which dates are missing, not that they are the reason. A pending order is never submitted again: that makes a
second order, or fails because one is pending.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from zjobtui.models.related_details import CUT_AT, OrderAction, OrderDetails, OrderSubscription

DATE_NAMES: Mapping[str, str] = {
    "ContractEffective": "contract effective date",
    "ServiceActivation": "service activation date",
    "CustomerAcceptance": "customer acceptance date",
}
"""The trigger dates of an order action, by Zuora's name, in words."""

_NEVER_PENDING = frozenset({"CancelSubscription", "OwnerTransfer", "Suspend", "Resume"})
"""Actions that Zuora's rules do not name among those that can be pending."""

_PENDING_SUBSCRIPTIONS = frozenset({"Pending Activation", "Pending Acceptance"})

_NAMED_SUBSCRIPTIONS = 5

_RESOLVE = (
    "Fill in the missing dates in Zuora: Customers › Orders › the order › Complete.",
    "Or at the subscription: Customers › Subscriptions › the subscription › Set Activation Dates.",
    "With the API: PUT /v1/orders/{number}/triggerDates.",
    "Do not submit the order again: that makes a second order, or fails because this one is pending.",
    "zjobtui only reads; it cannot change the order.",
)
_LOOK = (
    "Look at the order in Zuora: Customers › Orders › the order.",
    "Do not submit the order again: that makes a second order, or fails because this one is pending.",
    "zjobtui only reads; it cannot change the order.",
)
_ACTIVATE = (
    "With the API: PUT /v1/orders/{number}/activate; to cancel the draft instead: PUT /v1/orders/{number}/cancel.",
    "Do not submit the order again: that makes a second order.",
    "zjobtui only reads; it cannot change the order.",
)
_WAIT = (
    "It cannot be started earlier; to cancel it: PUT /v1/orders/{number}/cancel.",
    "zjobtui only reads; it cannot change the order.",
)


class MissingDate(Struct, frozen=True):
    """A date that an order action lacks: `what` in words, `action` as its type and place."""

    subscription: str
    action: str
    what: str

    def __str__(self) -> str:
        return f"no {self.what} on {self.action}" + (f" of {self.subscription}" if self.subscription else "")


class OrderState(Struct, frozen=True):
    """What the status of an order means: a headline, facts beneath it, and how it is resolved, each a sentence."""

    headline: str
    missing: tuple[MissingDate, ...] = ()
    facts: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()


def explain(order: OrderDetails, subscription_statuses: Mapping[str, str] | None = None) -> OrderState | None:
    """Return what the status of an order means; None for one that needs no explanation.

    `subscription_statuses` are statuses by subscription number, from the job's result or from reads of them.
    """
    match order.status:
        case "Pending":
            return _explain_pending(order, subscription_statuses or {})
        case "Scheduled":
            return _explain_scheduled(order)
        case "Failed":
            return _explain_failed(order)
        case "Draft":
            return OrderState(
                "The order is a draft: no part of it is in force until it is activated.",
                remedies=_fill(_ACTIVATE, order),
            )
        case "Executing":
            return OrderState("Zuora is executing the order now.")
        case _:
            return None


def missing_dates(order: OrderDetails) -> tuple[MissingDate, ...]:
    """Return the dates that are missing or empty on the actions of an order that can be pending."""
    return tuple(_missing(order.subscriptions))


def _missing(subscriptions: Iterable[OrderSubscription]) -> Iterator[MissingDate]:
    for subscription in subscriptions:
        for place, action in enumerate(subscription.actions, 1):
            if action.type in _NEVER_PENDING:
                continue
            name = action_name(action, place)
            if action.has_dates:
                for key, words in DATE_NAMES.items():
                    if not action.date(key):
                        yield MissingDate(subscription.number, name, words)
            for charge in action.undated_charges:
                yield MissingDate(subscription.number, name, f"trigger date of charge {charge}")


def action_name(action: OrderAction, place: int) -> str:
    """Return an action in words: `action 1, CreateSubscription`; `place` counts from 1."""
    return f"action {place}" + (f", {action.type}" if action.type else "")


def _explain_pending(order: OrderDetails, statuses: Mapping[str, str]) -> OrderState:
    missing = missing_dates(order)
    headline = "The order exists but is not in force" + (": dates are missing." if missing else ".")
    facts = list(_pending_subscriptions(order, statuses))
    remedies: tuple[str, ...] = _RESOLVE
    if missing:
        facts.append("Which of the missing dates are required depends on a tenant setting that cannot be read.")
    elif not any(subscription.actions for subscription in order.subscriptions):
        facts.append("The response contains no order actions, so it is not known what is missing.")
    elif any(not action.has_dates for subscription in order.subscriptions for action in subscription.actions):
        facts.append("The response contains no readable trigger dates, so it is not known what is missing.")
    elif _is_cut(order):
        facts.append("No date is missing in the part of the order that the response contains.")
    else:
        facts.append("No date is missing in the response, and Zuora states no other reason.")
        remedies = _LOOK
    if _is_cut(order):
        facts.append(f"Zuora cuts lists off at {CUT_AT} rows, and one list has that many, so more may be missing.")
    if order.malformed:
        facts.append(f"Some fields have an unexpected form, so more may be missing: {', '.join(order.malformed)}.")
    return OrderState(headline, missing, tuple(facts), _fill(remedies, order))


def _is_cut(order: OrderDetails) -> bool:
    """Return whether Zuora may have left out subscriptions or actions."""
    return CUT_AT in {len(order.subscriptions), *(len(each.actions) for each in order.subscriptions)}


def _pending_subscriptions(order: OrderDetails, statuses: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each subscription that is not in force; of many only how many there are."""
    of_order = {each.number for each in order.subscriptions}
    pending = {n: status for n, status in statuses.items() if status in _PENDING_SUBSCRIPTIONS and n in of_order}
    if len(pending) <= _NAMED_SUBSCRIPTIONS:
        yield from (f"Subscription {number} is {status}." for number, status in pending.items())
    else:
        yield from (f"{count:,} subscriptions are {status}." for status, count in Counter(pending.values()).items())


def _explain_scheduled(order: OrderDetails) -> OrderState:
    when = order.scheduled_date or "a date that the response does not give"
    headline = f"The order is scheduled: it runs after 00:00, in the tenant's time zone, on {when}."
    return OrderState(headline, facts=_activation_facts(order), remedies=_fill(_WAIT, order))


def _explain_failed(order: OrderDetails) -> OrderState:
    on = f" on {order.scheduled_date}" if order.scheduled_date else ""
    facts = _activation_facts(order) or ("The response gives no reason.",)
    return OrderState(
        f"The order was scheduled and failed{on}.",
        facts=facts,
        remedies=("zjobtui only reads; it cannot change the order.",),
    )


def _activation_facts(order: OrderDetails) -> tuple[str, ...]:
    reasons = tuple(f"Zuora's reason: {reason}" for reason in order.activation_reasons)
    if reasons or order.activation_success is not False:
        return reasons
    return ("Its activation was not successful; Zuora gave no reason.",)


def _fill(sentences: Iterable[str], order: OrderDetails) -> tuple[str, ...]:
    return tuple(sentence.replace("{number}", order.number or "{orderNumber}") for sentence in sentences)
