"""Numbers and ids of the objects that a job creates, in Zuora's formats."""

from typing import TypeAlias

from msgspec import Struct

from zjobtui.simulator import rng
from zjobtui.simulator.world import SimulatedJob

Json: TypeAlias = dict[str, object]
"""A JSON object."""

_MOST_SUBSCRIPTIONS = 300
_FEW = 4


class Naming(Struct, frozen=True):
    """Names of the objects that one job creates: numbers, or ids if it was posted with `?returnIds=true`."""

    job: SimulatedJob

    def account(self) -> Json:
        """Return `{accountNumber}` or `{accountId}`; neighbouring jobs share accounts."""
        if self.job.request.by_id:
            return {"accountId": self.id("account")}
        return {"accountNumber": self.account_number}

    @property
    def account_number(self) -> str:
        """The account number, such as `A00000217`."""
        return self.job.request.account or f"A{217 + self.job.number // 3:08}"

    def order(self) -> Json:
        """Return `{orderNumber}` or `{orderId}`."""
        return {"orderId": self.id("order")} if self.job.request.by_id else {"orderNumber": self.order_number}

    @property
    def order_number(self) -> str:
        """The order number, such as `O-00004857`."""
        return self.job.request.order or f"O-{4857 + self.job.number:08}"

    def subscription(self, index: int) -> Json:
        """Return `{subscriptionNumber}` or `{subscriptionId}`."""
        if self.job.request.by_id:
            return {"subscriptionId": self.id("subscription", index)}
        return {"subscriptionNumber": self.subscription_number(index)}

    def subscription_number(self, index: int) -> str:
        """Return a subscription number, such as `A-S00012345`."""
        return f"A-S{12345 + _MOST_SUBSCRIPTIONS * self.job.number + index:08}"

    def invoices(self, count: int) -> Json:
        """Return `{invoiceNumbers}` or `{invoiceIds}`."""
        return self._several("invoice", [self.invoice_number(index) for index in range(count)])

    def invoice_number(self, index: int) -> str:
        """Return an invoice number, such as `INV00000042`."""
        return f"INV{42 + _FEW * self.job.number + index:08}"

    def credit_memos(self, count: int) -> Json:
        """Return `{creditMemoNumbers}` or `{creditMemoIds}`."""
        return self._several("creditMemo", [self.credit_memo_number(index) for index in range(count)])

    def credit_memo_number(self, index: int) -> str:
        """Return a credit memo number, such as `CM00000007`."""
        return f"CM{7 + _FEW * self.job.number + index:08}"

    def payment(self) -> Json:
        """Return `{paymentNumber}` or `{paymentId}`."""
        if self.job.request.by_id:
            return {"paymentId": self.id("payment")}
        return {"paymentNumber": self.payment_number}

    @property
    def payment_number(self) -> str:
        """The payment number, such as `P-00000042`."""
        return f"P-{42 + self.job.number:08}"

    def plain(self, prefix: str) -> str:
        """Return the number of any other single object, such as `R-00000007` or `C-00000007`."""
        return f"{prefix}-{7 + self.job.number:08}"

    def id(self, *names: str | int) -> str:
        """Return the id of an object: 32 hexadecimal digits."""
        return rng.long_id(self.job.seed, self.job.id, *names)

    def _several(self, what: str, numbers: list[str]) -> Json:
        if self.job.request.by_id:
            return {f"{what}Ids": [self.id(what, index) for index in range(len(numbers))]}
        return {f"{what}Numbers": numbers}
