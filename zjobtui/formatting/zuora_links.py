"""Links into Zuora's user interface: to the account, the subscriptions and the invoices of a job.

Only the URLs below are ever made, at the host that belongs to a documented REST host. They are those that Zuora's own
tools and public code use; none is known for an order, a payment or a credit memo.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from zjobtui.models.report import OrderResult

if TYPE_CHECKING:
    from zjobtui.models.observation import Success
    from zjobtui.models.tenant import Tenant

_HOST = re.compile(r"https://(?:[a-z]+\.){1,3}zuora\.com")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)

LINKED = ("account", "subscriptions", "invoices", "related/")
"""Beginnings of the keys of lines in which numbers are links."""


class ZuoraLink(Struct, frozen=True):
    """A link: what it leads to, the number or id that is shown for it, and a remark for the user."""

    name: str
    number: str
    url: str
    remark: str = ""


def zuora_links(tenant: "Tenant | None", success: "Success | None") -> tuple[ZuoraLink, ...]:
    """Return the links of a job's last response; none for hosts that Zuora does not document."""
    result = success.report.result if success is not None else None
    if tenant is None or not isinstance(result, OrderResult) or not _HOST.fullmatch(tenant.ui_url):
        return ()
    return tuple(_links(tenant.ui_url, result))


def order_path(order_number: str) -> str:
    """Return where an order is found, since no link to one is known; "" without a number."""
    return f"Zuora has no link to an order: search for {order_number} under Customers › Orders." if order_number else ""


def _links(host: str, result: OrderResult) -> Iterator[ZuoraLink]:
    if _ID.fullmatch(result.account_id):
        shown = result.account_number or result.account_id
        url = f"{host}/apps/CustomerAccount.do?method=view&id={quote(result.account_id, safe='')}"
        yield ZuoraLink("account", shown, url)
    for subscription in result.subscriptions:
        # An id names one version of a subscription, a number all of them.
        if _NUMBER.fullmatch(subscription.number) and not _ID.fullmatch(subscription.number):
            term = f"searchTerm={quote(subscription.number, safe='')}&searchObjectType=subscription"
            yield ZuoraLink("subscription", subscription.number, f"{host}/platform/apps/search?{term}")
        elif _ID.fullmatch(id_ := subscription.id or subscription.number):
            remark = "The id names one version of the subscription; there may be a later one."
            yield ZuoraLink("subscription version", id_, f"{host}/platform/subscriptions/{quote(id_, safe='')}", remark)
    for number in result.invoices:
        if _NUMBER.fullmatch(number) and not _ID.fullmatch(number):  # by its id none is known
            url = f"{host}/apps/NewInvoice.do?method=view&invoice_number={quote(number, safe='')}"
            yield ZuoraLink("invoice", number, url)
