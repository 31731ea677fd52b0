"""Parsers of the objects that a job's result names: one tolerant reader for each.

Numbers may be texts, and an empty text or null means absent. Only listed fields are taken, so that contacts, addresses,
payment methods, notes and custom fields go no further.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from zjobtui.models.json_value import Json, Rest
from zjobtui.models.related import RelatedKind
from zjobtui.models.related_details import (
    AccountDetails,
    Charge,
    CreditMemoDetails,
    CurrencyMetrics,
    Details,
    InvoiceDetails,
    LineItemDetails,
    OrderAction,
    OrderDetails,
    OrderedItem,
    OrderSubscription,
    PaymentDetails,
    RatePlan,
    StatusPeriod,
    SubscriptionDetails,
    TriggerDate,
)
from zjobtui.zuora.json_reader import Fields, is_blank, is_text
from zjobtui.zuora.reasons import take_reasons


def read_details(kind: RelatedKind, fields: Fields) -> Details:
    """Return the listed fields of an object that is no longer wrapped."""
    return _READERS[kind](fields)


def _read_order(fields: Fields) -> OrderDetails:
    scheduling = fields.nested("schedulingOptions")
    activation = fields.nested("scheduledOrderActivationResponse")
    success = activation.boolean("success")
    return OrderDetails(
        number=fields.text("orderNumber"),
        status=fields.text("status"),
        order_date=fields.text("orderDate"),
        category=fields.text("category"),
        description=fields.text("description"),
        account_number=fields.text("existingAccountNumber"),
        created_at=fields.text("createdDate"),
        created_by=fields.text("createdBy"),
        updated_at=fields.text("updatedDate"),
        updated_by=fields.text("updatedBy"),
        currency=fields.text("currency"),
        reason_code=fields.text("reasonCode"),
        cancel_reason=fields.text("cancelReason"),
        invoice_schedule_id=fields.text("invoiceScheduleId"),
        organization=fields.text("organizationLabel"),
        scheduled_date=scheduling.text("scheduledDate"),
        scheduled_date_policy=scheduling.text("scheduledDatePolicy"),
        activation_success=success,
        activation_reasons=take_reasons(activation, is_failed=success is False),
        subscriptions=fields.items("subscriptions", _read_order_subscription),
        line_items=fields.items("orderLineItems", _read_ordered_item),
        malformed=_malformed(fields),
    )


def _read_order_subscription(fields: Fields) -> OrderSubscription:
    return OrderSubscription(
        number=fields.text("subscriptionNumber"),
        base_version=fields.text("baseVersion"),
        new_version=fields.text("newVersion"),
        owner_account_number=fields.text("subscriptionOwnerAccountNumber"),
        actions=fields.items("orderActions", _read_action),
    )


def _read_action(fields: Fields) -> OrderAction:
    dates = fields.remaining().get("triggerDates")
    parts = {name: value for name, value in fields.remaining().items() if name not in _METRICS}
    return OrderAction(
        type=fields.text("type"),
        sequence=fields.text("sequence"),
        change_reason=fields.text("changeReason"),
        dates=fields.items("triggerDates", _read_trigger_date),
        has_dates=dates is None or (isinstance(dates, list) and all(map(_is_trigger_date, dates))),
        undated_charges=tuple(dict.fromkeys(_undated_charges(parts))),
    )


def _is_trigger_date(value: Json) -> bool:
    """Return whether an item of `triggerDates` has the documented form, so that a date it lacks is missing."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return False
    return is_blank(date := value.get("triggerDate")) or is_text(date)


_METRICS = frozenset({"orderMetrics", "orderItems", "triggerDates", "customFields"})
_STARTS = ("startDate", "effectiveDate")
"""Fields of a charge in an order action that say when it starts (`TriggerParams`)."""


def _undated_charges(value: Json) -> Iterator[str]:
    """Yield the charges that start upon a specific date which is empty, wherever they are in an action."""
    match value:
        case dict():
            for name in _STARTS:
                start = value.get(name)
                if isinstance(start, dict) and _is_undated(start):
                    charge = Fields(value)
                    names = (charge.text(key) for key in ("chargeNumber", "name", "productRatePlanChargeNumber"))
                    yield next(filter(None, names), "") or charge.text("productRateplanChargeId") or "without a number"
            for inner in value.values():
                yield from _undated_charges(inner)
        case list():
            for item in value:
                yield from _undated_charges(item)
        case _:
            pass


def _is_undated(start: Rest) -> bool:
    return start.get("triggerEvent") == "SpecificDate" and is_blank(start.get("specificTriggerDate"))


def _read_trigger_date(fields: Fields) -> TriggerDate:
    return TriggerDate(name=fields.text("name"), date=fields.text("triggerDate"))


def _read_ordered_item(fields: Fields) -> OrderedItem:
    return OrderedItem(
        id=fields.text("id"),
        number=fields.text("itemNumber"),
        name=fields.text("itemName"),
        state=fields.text("itemState"),
        type=fields.text("itemType"),
        amount=fields.amount("amount"),
        quantity=fields.amount("quantity"),
    )


def _read_subscription(fields: Fields) -> SubscriptionDetails:
    return SubscriptionDetails(
        number=fields.text("subscriptionNumber"),
        id=fields.text("id"),
        status=fields.text("status"),
        version=fields.text("version"),
        is_latest_version=fields.boolean("isLatestVersion"),
        account_number=fields.text("accountNumber"),
        invoice_owner_account_number=fields.text("invoiceOwnerAccountNumber"),
        order_number=fields.text("orderNumber"),
        term_type=fields.text("termType"),
        term_start_date=fields.text("termStartDate"),
        term_end_date=fields.text("termEndDate"),
        initial_term=fields.text("initialTerm"),
        initial_term_period=fields.text("initialTermPeriodType"),
        current_term=fields.text("currentTerm"),
        current_term_period=fields.text("currentTermPeriodType"),
        renewal_term=fields.text("renewalTerm"),
        renewal_term_period=fields.text("renewalTermPeriodType"),
        auto_renew=fields.boolean("autoRenew"),
        contract_effective_date=fields.text("contractEffectiveDate"),
        service_activation_date=fields.text("serviceActivationDate"),
        customer_acceptance_date=fields.text("customerAcceptanceDate"),
        start_date=fields.text("subscriptionStartDate"),
        end_date=fields.text("subscriptionEndDate"),
        scheduled_cancel_date=fields.text("scheduledCancelDate"),
        scheduled_suspend_date=fields.text("scheduledSuspendDate"),
        scheduled_resume_date=fields.text("scheduledResumeDate"),
        cancel_reason=fields.text("cancelReason"),
        contracted_mrr=fields.amount("contractedMrr"),
        total_contracted_value=fields.amount("totalContractedValue"),
        currency=fields.text("currency"),
        created_at=fields.text("createTime"),
        updated_at=fields.text("updateTime"),
        status_history=fields.items("statusHistory", _read_status_period),
        rate_plans=fields.items("ratePlans", _read_rate_plan),
        malformed=_malformed(fields),
    )


def _read_status_period(fields: Fields) -> StatusPeriod:
    return StatusPeriod(
        status=fields.text("status"), start_date=fields.text("startDate"), end_date=fields.text("endDate")
    )


def _read_rate_plan(fields: Fields) -> RatePlan:
    return RatePlan(
        name=fields.text("ratePlanName"),
        product=fields.text("productName"),
        last_change=fields.text("lastChangeType"),
        charges=fields.items("ratePlanCharges", _read_charge),
    )


def _read_charge(fields: Fields) -> Charge:
    return Charge(
        number=fields.text("number"),
        name=fields.text("name"),
        type=fields.text("type"),
        model=fields.text("model"),
        start_date=fields.text("effectiveStartDate"),
        end_date=fields.text("effectiveEndDate"),
        price=fields.amount("price"),
        mrr=fields.amount("mrr"),
        charged_through_date=fields.text("chargedThroughDate"),
        trigger_event=fields.text("triggerEvent"),
        trigger_date=fields.text("triggerDate"),
    )


def _read_line_item(fields: Fields) -> LineItemDetails:
    return LineItemDetails(
        id=fields.text("id"),
        number=fields.text("itemNumber"),
        name=fields.text("itemName"),
        state=fields.text("itemState"),
        type=fields.text("itemType"),
        category=fields.text("itemCategory"),
        amount=fields.amount("amount"),
        amount_without_tax=fields.amount("amountWithoutTax"),
        amount_per_unit=fields.amount("amountPerUnit"),
        quantity=fields.amount("quantity"),
        quantity_fulfilled=fields.amount("quantityFulfilled"),
        quantity_pending_fulfillment=fields.amount("quantityPendingFulfillment"),
        unit_of_measure=fields.text("UOM"),
        currency=fields.text("currency"),
        product_code=fields.text("productCode"),
        description=fields.text("description"),
        owner_account_number=fields.text("ownerAccountNumber"),
        invoice_owner_account_number=fields.text("invoiceOwnerAccountNumber"),
        subscription_number=fields.text("relatedSubscriptionNumber"),
        order_id=fields.text("orderId"),
        transaction_start_date=fields.text("transactionStartDate"),
        transaction_end_date=fields.text("transactionEndDate"),
        bill_target_date=fields.text("billTargetDate"),
        malformed=_malformed(fields),
    )


def _read_invoice(fields: Fields) -> InvoiceDetails:
    return InvoiceDetails(
        number=fields.text("invoiceNumber"),
        id=fields.text("id"),
        status=fields.text("status"),
        amount=fields.amount("amount"),
        balance=fields.amount("balance"),
        currency=fields.text("currency"),
        due_date=fields.text("dueDate"),
        tax_status=fields.text("taxStatus"),
        tax_message=fields.text("taxMessage"),
        einvoice_status=fields.text("einvoiceStatus"),
        einvoice_error_code=fields.text("einvoiceErrorCode"),
        einvoice_error_message=fields.text("einvoiceErrorMessage"),
        source=fields.text("source"),
        source_id=fields.text("sourceId"),
        source_type=fields.text("sourceType"),
        bill_run_id=fields.text("billRunId"),
        invoice_date=fields.text("invoiceDate"),
        target_date=fields.text("targetDate"),
        amount_without_tax=fields.amount("amountWithoutTax"),
        tax_amount=fields.amount("taxAmount"),
        payment_amount=fields.amount("paymentAmount"),
        credit_memo_amount=fields.amount("creditMemoAmount"),
        refund_amount=fields.amount("refundAmount"),
        account_id=fields.text("accountId"),
        auto_pay=fields.boolean("autoPay"),
        reversed=fields.boolean("reversed"),
        transferred_to_accounting=fields.text("transferredToAccounting"),
        created_at=fields.text("createdDate"),
        posted_at=fields.text("postedDate"),
        posted_by=fields.text("postedBy"),
        malformed=_malformed(fields),
    )


def _read_payment(fields: Fields) -> PaymentDetails:
    return PaymentDetails(
        number=fields.text("number"),
        id=fields.text("id"),
        status=fields.text("status"),
        amount=fields.amount("amount"),
        currency=fields.text("currency"),
        type=fields.text("type"),
        gateway_response_code=fields.text("gatewayResponseCode"),
        gateway_response=fields.text("gatewayResponse"),
        gateway_state=fields.text("gatewayState"),
        effective_date=fields.text("effectiveDate"),
        applied_amount=fields.amount("appliedAmount"),
        unapplied_amount=fields.amount("unappliedAmount"),
        refund_amount=fields.amount("refundAmount"),
        account_number=fields.text("accountNumber"),
        account_id=fields.text("accountId"),
        gateway_id=fields.text("gatewayId"),
        payment_gateway_number=fields.text("paymentGatewayNumber"),
        reference_id=fields.text("referenceId"),
        created_at=fields.text("createdDate"),
        submitted_at=fields.text("submittedOn"),
        settled_at=fields.text("settledOn"),
        cancelled_at=fields.text("cancelledOn"),
        malformed=_malformed(fields),
    )


def _read_credit_memo(fields: Fields) -> CreditMemoDetails:
    return CreditMemoDetails(
        number=fields.text("number"),
        id=fields.text("id"),
        status=fields.text("status"),
        amount=fields.amount("amount"),
        unapplied_amount=fields.amount("unappliedAmount"),
        applied_amount=fields.amount("appliedAmount"),
        refund_amount=fields.amount("refundAmount"),
        currency=fields.text("currency"),
        credit_memo_date=fields.text("creditMemoDate"),
        reason_code=fields.text("reasonCode"),
        tax_status=fields.text("taxStatus"),
        tax_message=fields.text("taxMessage"),
        einvoice_status=fields.text("einvoiceStatus"),
        einvoice_error_code=fields.text("einvoiceErrorCode"),
        einvoice_error_message=fields.text("einvoiceErrorMessage"),
        source=fields.text("source"),
        source_id=fields.text("sourceId"),
        source_type=fields.text("sourceType"),
        referred_invoice_id=fields.text("referredInvoiceId"),
        target_date=fields.text("targetDate"),
        tax_amount=fields.amount("taxAmount"),
        account_number=fields.text("accountNumber"),
        account_id=fields.text("accountId"),
        reversed=fields.boolean("reversed"),
        transferred_to_accounting=fields.text("transferredToAccounting"),
        created_at=fields.text("createdDate"),
        posted_at=fields.text("postedOn"),
        cancelled_at=fields.text("cancelledOn"),
        malformed=_malformed(fields),
    )


def _read_account(fields: Fields) -> AccountDetails:
    basic, billing, metrics = (fields.nested(name) for name in ("basicInfo", "billingAndPayment", "metrics"))
    has_method = "defaultPaymentMethodId" in billing.remaining()
    return AccountDetails(
        number=basic.text("accountNumber"),
        id=basic.text("id"),
        name=basic.text("name"),
        status=basic.text("status"),
        balance=metrics.amount("balance"),
        currency=billing.text("currency"),
        auto_pay=billing.boolean("autoPay"),
        has_default_payment_method=bool(billing.text("defaultPaymentMethodId")) if has_method else None,
        batch=basic.text("batch"),
        bill_cycle_day=billing.text("billCycleDay"),
        payment_term=billing.text("paymentTerm"),
        payment_gateway=billing.text("paymentGateway"),
        contracted_mrr=metrics.amount("contractedMrr"),
        credit_balance=metrics.amount("creditBalance"),
        total_invoice_balance=metrics.amount("totalInvoiceBalance"),
        total_debit_memo_balance=metrics.amount("totalDebitMemoBalance"),
        unapplied_payment_amount=metrics.amount("unappliedPaymentAmount"),
        unapplied_credit_memo_amount=metrics.amount("unappliedCreditMemoAmount"),
        metrics=fields.items("metricsData", _read_currency_metrics),
        malformed=_malformed(fields),
    )


def _read_currency_metrics(fields: Fields) -> CurrencyMetrics:
    return CurrencyMetrics(
        currency=fields.text("currency"),
        balance=fields.amount("balance"),
        contracted_mrr=fields.amount("contractedMrr"),
        total_invoice_balance=fields.amount("totalInvoiceBalance"),
        total_debit_memo_balance=fields.amount("totalDebitMemoBalance"),
        unapplied_payment_amount=fields.amount("unappliedPaymentAmount"),
        unapplied_credit_memo_amount=fields.amount("unappliedCreditMemoAmount"),
    )


def _malformed(fields: Fields) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fields.malformed))


_READERS: Mapping[RelatedKind, Callable[[Fields], Details]] = MappingProxyType(
    {
        RelatedKind.ORDER: _read_order,
        RelatedKind.SUBSCRIPTION: _read_subscription,
        RelatedKind.ORDER_LINE_ITEM: _read_line_item,
        RelatedKind.INVOICE: _read_invoice,
        RelatedKind.PAYMENT: _read_payment,
        RelatedKind.CREDIT_MEMO: _read_credit_memo,
        RelatedKind.ACCOUNT: _read_account,
    }
)
