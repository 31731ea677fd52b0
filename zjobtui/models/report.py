"""The report of one good response about a job, field by field, in Zuora's words.

`rest` holds the JSON of undocumented fields. What a report means for the user is decided in `assessment.py`.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct, field

from zjobtui.models.digest import OPERATION
from zjobtui.models.json_value import Rest
from zjobtui.models.reason import Reason
from zjobtui.models.related import Reference, References, RelatedKind, is_id


class Subscription(Struct, frozen=True, kw_only=True):
    """A subscription that an order created or changed; `status` is the tenant's word, in its language, or empty."""

    number: str = ""
    id: str = ""
    status: str = ""
    owner_number: str = ""
    owner_id: str = ""
    rest: Rest = field(default_factory=dict)


class OrderLineItem(Struct, frozen=True, kw_only=True):
    """A one-off item of an order."""

    number: str = ""
    id: str = ""
    rest: Rest = field(default_factory=dict)


class Ramp(Struct, frozen=True, kw_only=True):
    """A ramp deal and the subscription it belongs to."""

    number: str = ""
    subscription_number: str = ""
    rest: Rest = field(default_factory=dict)


class Refund(Struct, frozen=True, kw_only=True):
    """A refund; `status` is Success or Error."""

    number: str = ""
    status: str = ""
    invoice_numbers: tuple[str, ...] = ()
    rest: Rest = field(default_factory=dict)


class WriteOff(Struct, frozen=True, kw_only=True):
    """An invoice written off; `status` is Success or Failed."""

    invoice_number: str = ""
    amount: Decimal | None = None
    status: str = ""
    failed_reason: str = ""
    credit_memo_number: str = ""
    rest: Rest = field(default_factory=dict)


class Commitment(Struct, frozen=True, kw_only=True):
    """A commitment of the account; dates as Zuora writes them."""

    number: str = ""
    id: str = ""
    type: str = ""
    prepayment_type: str = ""
    start_date: str = ""
    end_date: str = ""
    status: str = ""
    total_amount: Decimal | None = None
    rest: Rest = field(default_factory=dict)


_NOT_COLLECTED = frozenset({"Error", "Failed", "Voided", "Canceled", "Cancelled"})


class Payment(Struct, frozen=True, kw_only=True):
    """The payment that an order collected; all empty if there was none."""

    number: str = ""
    id: str = ""
    amount: Decimal | None = None
    status: str = ""
    error_code: str = ""
    error_message: str = ""

    @property
    def is_in_error(self) -> bool:
        """Whether Zuora says that the payment failed, or that it was undone: either way nothing was collected."""
        return self.status in _NOT_COLLECTED or bool(self.error_code or self.error_message)

    @property
    def exists(self) -> bool:
        """Whether the response mentioned a payment at all."""
        return self != Payment()


class OrderResult(Struct, frozen=True, kw_only=True):
    """The result of a job that creates an order (`AsyncCreateOrder`).

    `malformed` names documented fields that came in an undocumented form; they are in a `rest`, unchanged.
    """

    job_type: str = ""
    order_number: str = ""
    order_id: str = ""
    account_number: str = ""
    account_id: str = ""
    order_status: str = ""
    subscriptions: tuple[Subscription, ...] = ()
    order_line_items: tuple[OrderLineItem, ...] = ()
    invoices: tuple[str, ...] = ()
    credit_memos: tuple[str, ...] = ()
    payment: Payment = Payment()
    ramps: tuple[Ramp, ...] = ()
    refunds: tuple[Refund, ...] = ()
    write_offs: tuple[WriteOff, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    success: bool | None = None
    reasons: tuple[Reason, ...] = ()
    malformed: tuple[str, ...] = ()
    rest: Rest = field(default_factory=dict)


class PreviewItem(Struct, frozen=True, kw_only=True):
    """One line of a previewed invoice or credit memo."""

    charge_name: str = ""
    charge_number: str = ""
    description: str = ""
    processing_type: str = ""
    product_name: str = ""
    subscription_number: str = ""
    order_line_item_number: str = ""
    start_date: str = ""
    end_date: str = ""
    quantity: Decimal | None = None
    unit_of_measure: str = ""
    unit_price: Decimal | None = None
    amount_without_tax: Decimal | None = None
    tax: Decimal | None = None
    rest: Rest = field(default_factory=dict)


class PreviewDocument(Struct, frozen=True, kw_only=True):
    """A previewed invoice or credit memo with its items."""

    amount: Decimal | None = None
    amount_without_tax: Decimal | None = None
    tax: Decimal | None = None
    target_date: str = ""
    items: tuple[PreviewItem, ...] = ()
    rest: Rest = field(default_factory=dict)


class PreviewResult(Struct, frozen=True, kw_only=True):
    """What an order would bill (`AsyncPreviewOrder`); its metrics are unchanged."""

    job_type: str = ""
    invoices: tuple[PreviewDocument, ...] = ()
    credit_memos: tuple[PreviewDocument, ...] = ()
    metrics: Rest = field(default_factory=dict)
    success: bool | None = None
    reasons: tuple[Reason, ...] = ()
    malformed: tuple[str, ...] = ()
    rest: Rest = field(default_factory=dict)


class OtherResult(Struct, frozen=True, kw_only=True):
    """The result of an undocumented job type, field by field."""

    job_type: str = ""
    fields: Rest = field(default_factory=dict)
    success: bool | None = None
    reasons: tuple[Reason, ...] = ()
    malformed: tuple[str, ...] = ()


class OperationResult(Struct, frozen=True, kw_only=True):
    """What an operation job (`GET /v1/operations/jobs/{jobId}`) does: `operation` is such as Delete, Post or Reverse.

    Its response has no result of its own: this is the rest of its root, so a running job has it, too.
    """

    operation: str = ""
    object_type: str = ""
    object_id: str = ""
    id: str = ""
    success: bool | None = None
    reasons: tuple[Reason, ...] = ()
    malformed: tuple[str, ...] = ()
    job_type: str = OPERATION

    @property
    def title(self) -> str:
        """What is done to which object: `Delete of credit memo 8ad0…`."""
        noun = "".join(f" {each.lower()}" if each.isupper() else each for each in self.object_type).strip()
        return " ".join(
            part for part in (self.operation or "operation", "of", noun or "object", self.object_id) if part
        )


Result: TypeAlias = OrderResult | PreviewResult | OtherResult | OperationResult


class Report(Struct, frozen=True, kw_only=True):
    """A report: the job's `status` in Zuora's word, its errors, its result, and the body as text."""

    status: str
    reasons: tuple[Reason, ...] = ()
    result: Result | None = None
    rest: Rest = field(default_factory=dict)
    raw: str = ""

    @property
    def all_reasons(self) -> tuple[Reason, ...]:
        """The reasons of the job, then those within its result."""
        return (*self.reasons, *self.result.reasons) if self.result else self.reasons

    @property
    def subscription_statuses(self) -> dict[str, str]:
        """The statuses of the subscriptions in the result, by number, or by id if there is no number."""
        subscriptions = self.result.subscriptions if isinstance(self.result, OrderResult) else ()
        return {each.number or each.id: each.status for each in subscriptions if each.number or each.id}

    @property
    def references(self) -> References:
        """The objects that the result names; subscriptions that are not Active come first among their kind."""
        if isinstance(self.result, OperationResult):
            kind = _OPERATION_OBJECTS.get(self.result.object_type)
            return References((Reference(kind, self.result.object_id),) if kind and self.result.object_id else ())
        return _of_order(self.result) if isinstance(self.result, OrderResult) else References()


_OPERATION_OBJECTS = {"Invoice": RelatedKind.INVOICE, "CreditMemo": RelatedKind.CREDIT_MEMO}
"""Objects of operation jobs that can be read, by Zuora's name."""


def _of_order(result: OrderResult) -> References:
    subscriptions = sorted(result.subscriptions, key=lambda each: each.status == "Active")
    found = (
        *_references(RelatedKind.ORDER, [result.order_number]),
        *_references(RelatedKind.SUBSCRIPTION, (each.number or each.id for each in subscriptions)),
        *_references(RelatedKind.ORDER_LINE_ITEM, (item.id for item in result.order_line_items)),
        *_references(RelatedKind.INVOICE, _once(result.invoices)),
        *_references(RelatedKind.CREDIT_MEMO, _once(result.credit_memos)),
        *_references(RelatedKind.PAYMENT, [result.payment.number or result.payment.id]),
        *_references(RelatedKind.ACCOUNT, [result.account_number or result.account_id]),
    )
    unreadable = []
    if result.order_id and not result.order_number:
        unreadable.append(f"order id {result.order_id}: Zuora returns an order only by its number")
    if lacking := sum(not item.id for item in result.order_line_items):
        unreadable.append(f"{lacking} order line items without an id: Zuora returns them only by their id")
    return References(tuple(dict.fromkeys(found)), tuple(unreadable))


def _once(keys: Iterable[str]) -> list[str]:
    """Return keys without the ids that a job posted with `returnIds=true` gives in addition to the numbers."""
    given = list(keys)
    numbers = [key for key in given if not is_id(key)]
    return numbers if 2 * len(numbers) >= len(given) else given


def _references(kind: RelatedKind, keys: Iterable[str]) -> list[Reference]:
    return [Reference(kind, key) for key in keys if key]
