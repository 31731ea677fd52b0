"""What a posted order asks for, read from its JSON; knows only the keys that change a job's result."""

import json

from zjobtui.simulator.refusals import MALFORMED, RefusedError
from zjobtui.simulator.world import Asked


def asked_by(body: bytes, *, by_id: bool) -> Asked:
    """What a body asks for; raises `RefusedError` for what is no JSON object."""
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(MALFORMED) from None
    if not isinstance(order, dict):
        raise RefusedError(MALFORMED)
    account = order.get("existingAccountNumber")
    return Asked(
        account=account if isinstance(account, str) else "",
        subscriptions=_length(order.get("subscriptions")),
        order_line_items=_length(order.get("orderLineItems")),
        by_id=by_id,
    )


def _length(several: object) -> int | None:
    return len(several) if isinstance(several, list) else None
