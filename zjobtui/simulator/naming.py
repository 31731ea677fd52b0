"""Numbers and ids of what a job makes, in the shapes that Zuora gives them; knows nothing of what they are used for."""

from dataclasses import dataclass
from typing import TypeAlias

from zjobtui.simulator import rng
from zjobtui.simulator.world import SimulatedJob

Json: TypeAlias = dict[str, object]
"""A JSON object."""

_MOST_SUBSCRIPTIONS = 300
_FEW = 4


@dataclass(frozen=True, slots=True)
class Naming:
    """Names what one job makes: by number, or by id where the job was posted with `?returnIds=true`."""

    life: SimulatedJob

    def account(self) -> Json:
        """`{accountNumber}` or `{accountId}`; neighbouring jobs share accounts."""
        if self.life.asked.by_id:
            return {"accountId": self.id("account")}
        return {"accountNumber": self.life.asked.account or f"A{217 + self.life.number // 3:08}"}

    def order(self) -> Json:
        """`{orderNumber}` or `{orderId}`."""
        return {"orderId": self.id("order")} if self.life.asked.by_id else {"orderNumber": self.order_number}

    @property
    def order_number(self) -> str:
        """The order as `O-00004857`."""
        return self.life.asked.order or f"O-{4857 + self.life.number:08}"

    def subscription(self, index: int) -> Json:
        """`{subscriptionNumber}` or `{subscriptionId}`."""
        if self.life.asked.by_id:
            return {"subscriptionId": self.id("subscription", index)}
        return {"subscriptionNumber": self.subscription_number(index)}

    def subscription_number(self, index: int) -> str:
        """A subscription as `A-S00012345`."""
        return f"A-S{12345 + _MOST_SUBSCRIPTIONS * self.life.number + index:08}"

    def invoices(self, count: int) -> Json:
        """`{invoiceNumbers}` or `{invoiceIds}`."""
        return self._several("invoice", [self.invoice_number(index) for index in range(count)])

    def invoice_number(self, index: int) -> str:
        """An invoice as `INV00000042`."""
        return f"INV{42 + _FEW * self.life.number + index:08}"

    def credit_memos(self, count: int) -> Json:
        """`{creditMemoNumbers}` or `{creditMemoIds}`."""
        return self._several("creditMemo", [self.credit_memo_number(index) for index in range(count)])

    def credit_memo_number(self, index: int) -> str:
        """A credit memo as `CM00000007`."""
        return f"CM{7 + _FEW * self.life.number + index:08}"

    def payment(self) -> Json:
        """`{paymentNumber}` or `{paymentId}`."""
        if self.life.asked.by_id:
            return {"paymentId": self.id("payment")}
        return {"paymentNumber": f"P-{42 + self.life.number:08}"}

    def plain(self, prefix: str) -> str:
        """Anything else of which a job makes one, as `R-00000007` or `C-00000007`."""
        return f"{prefix}-{7 + self.life.number:08}"

    def id(self, *names: str | int) -> str:
        """An object's id: 32 hexadecimal digits."""
        return rng.long_id(self.life.seed, self.life.id, *names)

    def _several(self, what: str, numbers: list[str]) -> Json:
        if self.life.asked.by_id:
            return {f"{what}Ids": [self.id(what, index) for index in range(len(numbers))]}
        return {f"{what}Numbers": numbers}
