"""Details of the objects that a job's result names, field by field, as one read of Zuora returned them.

Only the fields listed here are taken from a response: no contacts, addresses, payment methods, notes or custom fields.
Dates and time stamps are Zuora's texts; an empty text or None is a value that Zuora did not give. `malformed` names
listed fields that came in an undocumented form, so that nothing incomplete is shown as whole.
"""

from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from zjobtui.models.reason import Reason

CUT_AT = 300
"""Rows at which Zuora cuts an array that is not paginated, without a word (its guide on pagination, "Array Size")."""


def count_of(rows: int) -> str:
    """Return a number of rows of an array that is not paginated: exactly 300 may be more."""
    return f"{rows} or more" if rows == CUT_AT else f"{rows:,}"


class TriggerDate(Struct, frozen=True, kw_only=True):
    """A trigger date of an order action: ContractEffective, ServiceActivation or CustomerAcceptance."""

    name: str = ""
    date: str = ""


class OrderAction(Struct, frozen=True, kw_only=True):
    """One action of an order.

    `undated_charges` are the charges that start upon a specific date which is not given, each by its number or name.
    `has_dates` is False if the response has no readable list of trigger dates.
    """

    type: str = ""
    sequence: str = ""
    change_reason: str = ""
    dates: tuple[TriggerDate, ...] = ()
    has_dates: bool = True
    undated_charges: tuple[str, ...] = ()

    def date(self, name: str) -> str:
        """Return the trigger date of this name, empty if it is not given."""
        return next((each.date for each in self.dates if each.name == name and each.date), "")


class OrderSubscription(Struct, frozen=True, kw_only=True):
    """A subscription within an order; a new one of a draft or scheduled order has no number."""

    number: str = ""
    base_version: str = ""
    new_version: str = ""
    owner_account_number: str = ""
    actions: tuple[OrderAction, ...] = ()


class OrderedItem(Struct, frozen=True, kw_only=True):
    """An order line item within an order."""

    id: str = ""
    number: str = ""
    name: str = ""
    state: str = ""
    type: str = ""
    amount: Decimal | None = None
    quantity: Decimal | None = None


class OrderDetails(Struct, frozen=True, kw_only=True):
    """An order (`GET /v1/orders/{orderNumber}`); the `activation_` fields are of a scheduled order's day."""

    number: str = ""
    status: str = ""
    order_date: str = ""
    category: str = ""
    description: str = ""
    account_number: str = ""
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""
    updated_by: str = ""
    currency: str = ""
    reason_code: str = ""
    cancel_reason: str = ""
    invoice_schedule_id: str = ""
    organization: str = ""
    scheduled_date: str = ""
    scheduled_date_policy: str = ""
    activation_success: bool | None = None
    activation_reasons: tuple[Reason, ...] = ()
    subscriptions: tuple[OrderSubscription, ...] = ()
    line_items: tuple[OrderedItem, ...] = ()
    malformed: tuple[str, ...] = ()


class StatusPeriod(Struct, frozen=True, kw_only=True):
    """A period in which a subscription had a status; the last one has no end."""

    status: str = ""
    start_date: str = ""
    end_date: str = ""


class Charge(Struct, frozen=True, kw_only=True):
    """A charge of a rate plan."""

    number: str = ""
    name: str = ""
    type: str = ""
    model: str = ""
    start_date: str = ""
    end_date: str = ""
    price: Decimal | None = None
    mrr: Decimal | None = None
    charged_through_date: str = ""
    trigger_event: str = ""
    trigger_date: str = ""


class RatePlan(Struct, frozen=True, kw_only=True):
    """A rate plan of a subscription; `last_change` is Add, Update or Remove: removed plans stay listed."""

    name: str = ""
    product: str = ""
    last_change: str = ""
    charges: tuple[Charge, ...] = ()

    @property
    def is_removed(self) -> bool:
        """Whether the subscription no longer has this plan."""
        return self.last_change == "Remove"


class SubscriptionDetails(Struct, frozen=True, kw_only=True):
    """One version of a subscription (`GET /v1/subscriptions/{number or id}`); each version has an id of its own."""

    number: str = ""
    id: str = ""
    status: str = ""
    version: str = ""
    is_latest_version: bool | None = None
    account_number: str = ""
    invoice_owner_account_number: str = ""
    order_number: str = ""
    term_type: str = ""
    term_start_date: str = ""
    term_end_date: str = ""
    initial_term: str = ""
    initial_term_period: str = ""
    current_term: str = ""
    current_term_period: str = ""
    renewal_term: str = ""
    renewal_term_period: str = ""
    auto_renew: bool | None = None
    contract_effective_date: str = ""
    service_activation_date: str = ""
    customer_acceptance_date: str = ""
    start_date: str = ""
    end_date: str = ""
    scheduled_cancel_date: str = ""
    scheduled_suspend_date: str = ""
    scheduled_resume_date: str = ""
    cancel_reason: str = ""
    contracted_mrr: Decimal | None = None
    total_contracted_value: Decimal | None = None
    currency: str = ""
    created_at: str = ""
    updated_at: str = ""
    status_history: tuple[StatusPeriod, ...] = ()
    rate_plans: tuple[RatePlan, ...] = ()
    malformed: tuple[str, ...] = ()


class LineItemDetails(Struct, frozen=True, kw_only=True):
    """An order line item (`GET /v1/order-line-items/{id}`)."""

    id: str = ""
    number: str = ""
    name: str = ""
    state: str = ""
    type: str = ""
    category: str = ""
    amount: Decimal | None = None
    amount_without_tax: Decimal | None = None
    amount_per_unit: Decimal | None = None
    quantity: Decimal | None = None
    quantity_fulfilled: Decimal | None = None
    quantity_pending_fulfillment: Decimal | None = None
    unit_of_measure: str = ""
    currency: str = ""
    product_code: str = ""
    description: str = ""
    owner_account_number: str = ""
    invoice_owner_account_number: str = ""
    subscription_number: str = ""
    order_id: str = ""
    transaction_start_date: str = ""
    transaction_end_date: str = ""
    bill_target_date: str = ""
    malformed: tuple[str, ...] = ()


class InvoiceDetails(Struct, frozen=True, kw_only=True):
    """An invoice without its items (`GET /v1/invoices/{number or id}`)."""

    number: str = ""
    id: str = ""
    status: str = ""
    amount: Decimal | None = None
    balance: Decimal | None = None
    currency: str = ""
    due_date: str = ""
    tax_status: str = ""
    tax_message: str = ""
    einvoice_status: str = ""
    einvoice_error_code: str = ""
    einvoice_error_message: str = ""
    source: str = ""
    source_id: str = ""
    source_type: str = ""
    bill_run_id: str = ""
    invoice_date: str = ""
    target_date: str = ""
    amount_without_tax: Decimal | None = None
    tax_amount: Decimal | None = None
    payment_amount: Decimal | None = None
    credit_memo_amount: Decimal | None = None
    refund_amount: Decimal | None = None
    account_id: str = ""
    auto_pay: bool | None = None
    reversed: bool | None = None
    transferred_to_accounting: str = ""
    created_at: str = ""
    posted_at: str = ""
    posted_by: str = ""
    malformed: tuple[str, ...] = ()


class PaymentDetails(Struct, frozen=True, kw_only=True):
    """A payment (`GET /v1/payments/{number or id}`), without its payment method."""

    number: str = ""
    id: str = ""
    status: str = ""
    amount: Decimal | None = None
    currency: str = ""
    type: str = ""
    gateway_response_code: str = ""
    gateway_response: str = ""
    gateway_state: str = ""
    effective_date: str = ""
    applied_amount: Decimal | None = None
    unapplied_amount: Decimal | None = None
    refund_amount: Decimal | None = None
    account_number: str = ""
    account_id: str = ""
    gateway_id: str = ""
    payment_gateway_number: str = ""
    reference_id: str = ""
    created_at: str = ""
    submitted_at: str = ""
    settled_at: str = ""
    cancelled_at: str = ""
    malformed: tuple[str, ...] = ()


class CreditMemoDetails(Struct, frozen=True, kw_only=True):
    """A credit memo (`GET /v1/credit-memos/{number or id}`); what is left of it is the unapplied amount."""

    number: str = ""
    id: str = ""
    status: str = ""
    amount: Decimal | None = None
    unapplied_amount: Decimal | None = None
    applied_amount: Decimal | None = None
    refund_amount: Decimal | None = None
    currency: str = ""
    credit_memo_date: str = ""
    reason_code: str = ""
    tax_status: str = ""
    tax_message: str = ""
    einvoice_status: str = ""
    einvoice_error_code: str = ""
    einvoice_error_message: str = ""
    source: str = ""
    source_id: str = ""
    source_type: str = ""
    referred_invoice_id: str = ""
    target_date: str = ""
    tax_amount: Decimal | None = None
    account_number: str = ""
    account_id: str = ""
    reversed: bool | None = None
    transferred_to_accounting: str = ""
    created_at: str = ""
    posted_at: str = ""
    cancelled_at: str = ""
    malformed: tuple[str, ...] = ()


class CurrencyMetrics(Struct, frozen=True, kw_only=True):
    """The balances of an account in one of several currencies."""

    currency: str = ""
    balance: Decimal | None = None
    contracted_mrr: Decimal | None = None
    total_invoice_balance: Decimal | None = None
    total_debit_memo_balance: Decimal | None = None
    unapplied_payment_amount: Decimal | None = None
    unapplied_credit_memo_amount: Decimal | None = None


class AccountDetails(Struct, frozen=True, kw_only=True):
    """An account (`GET /v1/accounts/{number or id}`), without contacts; of its payment method only whether it exists.

    `has_default_payment_method` is None if the response does not say.
    """

    number: str = ""
    id: str = ""
    name: str = ""
    status: str = ""
    balance: Decimal | None = None
    currency: str = ""
    auto_pay: bool | None = None
    has_default_payment_method: bool | None = None
    batch: str = ""
    bill_cycle_day: str = ""
    payment_term: str = ""
    payment_gateway: str = ""
    contracted_mrr: Decimal | None = None
    credit_balance: Decimal | None = None
    total_invoice_balance: Decimal | None = None
    total_debit_memo_balance: Decimal | None = None
    unapplied_payment_amount: Decimal | None = None
    unapplied_credit_memo_amount: Decimal | None = None
    metrics: tuple[CurrencyMetrics, ...] = ()
    malformed: tuple[str, ...] = ()


Details: TypeAlias = (
    OrderDetails
    | SubscriptionDetails
    | LineItemDetails
    | InvoiceDetails
    | PaymentDetails
    | CreditMemoDetails
    | AccountDetails
)


def status_of(details: Details) -> str:
    """Return the status of an object, which an order line item calls its state; "" if Zuora gave none."""
    return details.state if isinstance(details, LineItemDetails) else details.status
