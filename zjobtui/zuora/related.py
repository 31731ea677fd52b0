"""On-demand reads of the objects that a job's result names: their paths, and what a response says.

Orders and order line items come wrapped (`{success, order: {…}}`), all others flat; both forms are read for each.

Object Query, whose responses are smaller, is not used for a pending order: it takes two calls instead of one, and its
order actions have no trigger dates of charges, so that one of three rules (`models/pending.py`) could not be checked.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from zjobtui.models.json_value import Rest
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.related import Reference, RelatedKind, is_id
from zjobtui.models.related_details import Details, LineItemDetails, OrderDetails
from zjobtui.models.text import clean
from zjobtui.zuora.json_reader import Fields, NotReadableError, read_object
from zjobtui.zuora.parser import first_reason, read_refusal, unreadable
from zjobtui.zuora.related_details import read_details
from zjobtui.zuora.transport import SendLimits

LIMITS = SendLimits(wire=4 << 20, inflated=16 << 20, seconds=60.0)
"""The limits of one read: an order of 300 actions echoes its whole request, some megabytes, and takes Zuora longer than
a job's status. The text itself is not kept.
"""

NUMBER_CHARACTERS = 200
"""Characters of a number or id."""

_FORBIDDEN = frozenset("/\\%?#;")
"""Characters that would change the request, or that a gateway may decode a second time."""

_PATHS: Mapping[RelatedKind, str] = MappingProxyType(
    {
        RelatedKind.ORDER: "/v1/orders/",
        RelatedKind.SUBSCRIPTION: "/v1/subscriptions/",
        RelatedKind.ORDER_LINE_ITEM: "/v1/order-line-items/",
        RelatedKind.INVOICE: "/v1/invoices/",
        RelatedKind.PAYMENT: "/v1/payments/",
        RelatedKind.CREDIT_MEMO: "/v1/credit-memos/",
        RelatedKind.ACCOUNT: "/v1/accounts/",
    }
)
"""Only these are read, without a query: `getAccountDetails` of an order would return contacts."""


def related_path(reference: Reference) -> str:
    """Return the path of an object; raises `ValueError` for a key that would change the request."""
    key = reference.key
    if not key.strip():
        raise ValueError("it is empty")
    if len(key) > NUMBER_CHARACTERS:
        raise ValueError(f"it has {len(key)} characters, at most {NUMBER_CHARACTERS} are accepted")
    if not key.strip("."):
        raise ValueError(f"“{key}” would change the path of the request")
    if clean(key) != key or key != key.strip():
        raise ValueError(f"“{clean(key)}” begins or ends with a space, or contains control or invisible characters")
    if wrong := next((character for character in key if character in _FORBIDDEN), ""):
        raise ValueError(f"“{key}” contains “{wrong}”, which could change the request")
    return _PATHS[reference.kind] + quote(key, safe="")


def read_related(reference: Reference, http_status: int, body: bytes, location: str = "") -> Details | Problem:
    """Parse the response of a read; never raises.

    Both of Zuora's error styles are treated alike; a missing `success` counts as true. A response is believed only if
    it names the object that was asked for.
    """
    if 300 <= http_status < 400:
        return unreadable(http_status, body, "", location)
    try:
        fields = read_object(body)
    except NotReadableError as fault:
        return unreadable(http_status, body, str(fault))
    if fields.get("success") is False or not 200 <= http_status < 300:
        return read_refusal(http_status, fields)
    success = fields.get("success")
    if not (success is None or success is True):
        return unreadable(http_status, body, "JSON, but the field success is neither true nor false")
    details = read_details(reference.kind, _unwrap(reference.kind, fields))
    number, id_ = _identity(details)
    if not (number or id_):
        reason = first_reason(fields)
        if reason.code or reason.message:
            return read_refusal(http_status, fields)
        return unreadable(http_status, body, f"JSON, but it names no {reference.kind.noun}")
    if not _names(reference, number, id_):
        return Problem(ProblemKind.UNREADABLE, f"it is about {reference.kind.noun} {number or id_}")
    return details


def _identity(details: Details) -> tuple[str, str]:
    """Return number and id of an object, each empty if objects of this kind are not read by it."""
    if isinstance(details, OrderDetails):
        return details.number, ""
    return "" if isinstance(details, LineItemDetails) else details.number, details.id


def _names(reference: Reference, number: str, id_: str) -> bool:
    """Return whether a response names the object that was asked for, as far as it can be compared.

    The id of a subscription stands for one version; whether Zuora returns the latest one instead is not documented.
    """
    key = reference.key.casefold()
    if key == number.casefold() or (id_ and key.replace("-", "") == id_.casefold().replace("-", "")):
        return True
    if reference.kind is RelatedKind.ORDER:
        return False
    if not is_id(key):
        return not number
    return not id_ or reference.kind is RelatedKind.SUBSCRIPTION


_WRAPPERS = {
    RelatedKind.ORDER: "order",
    RelatedKind.ORDER_LINE_ITEM: "orderLineItem",
    RelatedKind.SUBSCRIPTION: "subscription",
    RelatedKind.INVOICE: "invoice",
    RelatedKind.PAYMENT: "payment",
    RelatedKind.CREDIT_MEMO: "creditMemo",
    RelatedKind.ACCOUNT: "account",
}


def _unwrap(kind: RelatedKind, fields: Rest) -> Fields:
    inner = fields.get(_WRAPPERS[kind])
    return Fields(inner if isinstance(inner, dict) else fields)
