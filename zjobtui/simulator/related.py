"""The objects that jobs create, as reads of them return: consistent with the results of the jobs."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TypeAlias

from aiohttp import web
from msgspec import Struct

from zjobtui.simulator import rng
from zjobtui.simulator.faults import KINDS
from zjobtui.simulator.naming import Json, Naming
from zjobtui.simulator.operations import OperationJobs
from zjobtui.simulator.payloads import ORDER_TYPE, reply
from zjobtui.simulator.responses import Body, Refusal, RefusedError, json_response, not_found
from zjobtui.simulator.scenarios import Outcome
from zjobtui.simulator.world import Phase, SimulatedJob

FORBIDDEN = Refusal(50000010, "")
"""No permission, or no feature; Zuora's text for these reads is not public."""

ORDER_DATE, STAMP = "2026-07-01", "2026-07-01 09:30:00"
"""A date, and a time stamp as these reads return it: without a zone."""

SCHEDULED_FOR = "2026-12-01"
PERSON = {"firstName": "Erika", "lastName": "Mustermann", "workEmail": "erika@example.com", "address1": "Heidestr. 17"}
"""The contact that accounts and subscriptions return beside what a client needs."""

TAX_MESSAGE = "No tax engine is populated, check your mapping formula in Tax Code 1."

Result: TypeAlias = Json
"""The `result` of a job."""


def feature_off(path: str) -> Refusal:
    """Return the refusal of a read whose feature the tenant does not have, in the words of a real tenant."""
    text = f"The endpoint {path} does not exist. Please check the URL or refer to the API documentation."
    return Refusal(50000040, text)


class Made(Struct, frozen=True):
    """A job that made an order, and its result."""

    job: SimulatedJob
    result: Result

    @property
    def naming(self) -> Naming:
        """The names of what it made."""
        return Naming(self.job)


MakeBody = Callable[[], Json]


class RelatedObjects:
    """All objects of a world by kind and key; `ended` returns the jobs that have ended so far."""

    def __init__(self, ended: Callable[[float], Iterator[SimulatedJob]]) -> None:
        self._ended = ended
        self._known: set[str] = set()
        self._bodies: dict[tuple[str, str], MakeBody] = {}

    def body(self, kind: str, key: str, elapsed: float) -> Body | None:
        """Return the response about an object, None if there is none of this key."""
        for job in self._ended(elapsed):
            if job.id not in self._known:
                self._known.add(job.id)
                result = reply(job, Phase.ENDED).get("result")
                if isinstance(result, dict) and result.get("jobType") == ORDER_TYPE:
                    self._add(Made(job, result))
        make = self._bodies.get((kind, key.replace("-", "") if len(key) == _UUID else key))
        return None if make is None else Body.of({**make(), "success": True})

    def _add(self, made: Made) -> None:
        naming = made.naming
        self._bodies["orders", naming.order_number] = lambda: {"order": _order(made)}
        for index, status in enumerate(_statuses(made)):
            number, id_ = naming.subscription_number(index), naming.id("subscription", index)
            self._put("subscriptions", number, id_, partial(_subscription, made, index, status))
        for index in range(_length(made.result.get("orderLineItems"))):
            self._bodies["order-line-items", naming.id("item", index)] = partial(_wrapped_item, made, index)
        for index in range(_length(made.result.get("invoiceNumbers") or made.result.get("invoiceIds"))):
            number, id_ = naming.invoice_number(index), naming.id("invoice", index)
            self._put("invoices", number, id_, partial(_invoice, made, index))
        for index in range(_length(made.result.get("creditMemoNumbers") or made.result.get("creditMemoIds"))):
            number, id_ = naming.credit_memo_number(index), naming.id("creditMemo", index)
            self._put("credit-memos", number, id_, partial(_credit_memo, made, index))
        if "paymentNumber" in made.result or "paymentId" in made.result:
            self._put("payments", naming.payment_number, naming.id("payment"), partial(_payment, made))
        self._put("accounts", naming.account_number, naming.id("account"), partial(_account, made))

    def _put(self, kind: str, number: str, id_: str, make: MakeBody) -> None:
        self._bodies[kind, number] = self._bodies[kind, id_] = make


_UUID = 36


class RelatedService:
    """Handle the reads; kinds in `off` answer as without the feature, those in `forbidden` as without permission."""

    def __init__(
        self,
        objects: RelatedObjects,
        operations: OperationJobs,
        check_token: Callable[[web.Request], None],
        elapsed: Callable[[], float],
        *,
        off: frozenset[str] = frozenset(),
        forbidden: frozenset[str] = frozenset(),
    ) -> None:
        self._objects = objects
        self._operations = operations
        self._check_token = check_token
        self._elapsed = elapsed
        self._off = off
        self._forbidden = forbidden

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for the application."""
        reads = [web.get(f"/v1/{kind}/{{key}}", self._handler(kind), allow_head=False) for kind in KINDS]
        return [*reads, web.get("/v1/operations/jobs/{id}", self._operation, allow_head=False)]

    async def _operation(self, request: web.Request) -> web.Response:
        self._check_token(request)
        job_id = request.match_info["id"]
        body = self._operations.body(job_id.replace("-", "").lower(), self._elapsed())
        if body is None:
            raise RefusedError(not_found(job_id))
        return json_response(body, request)

    def _handler(self, kind: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def read(request: web.Request) -> web.Response:
            self._check_token(request)
            if kind in self._off:
                raise RefusedError(feature_off(request.path))
            if kind in self._forbidden:
                raise RefusedError(FORBIDDEN)
            key = request.match_info["key"]
            body = self._objects.body(kind, key, self._elapsed())
            if body is None:
                raise RefusedError(not_found(key))
            return json_response(body, request)

        return read


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0


def _statuses(made: Made) -> list[str]:
    """Return the statuses of the subscriptions of an order, whatever the shape of the result."""
    subscriptions = made.result.get("subscriptions")
    if isinstance(subscriptions, list):
        return [str(each.get("status", "Active")) for each in subscriptions if isinstance(each, dict)]
    return ["Active"] * _length(made.result.get("subscriptionNumbers"))


def _order(made: Made) -> Json:
    naming, status = made.naming, str(made.result["status"])
    items = [_item(made, index) for index in range(_length(made.result.get("orderLineItems")))]
    order: Json = {
        "orderNumber": naming.order_number,
        "status": status,
        "orderDate": ORDER_DATE,
        "category": "NewSales",
        "description": "Renewal of the yearly plan",
        "existingAccountNumber": naming.account_number,
        "currency": "EUR",
        "createdDate": STAMP,
        "createdBy": naming.id("user"),
        "updatedDate": STAMP,
        "updatedBy": naming.id("user"),
        "customFields": {"Region__c": "EMEA"},
        "subscriptions": [_ordered(made, index, word) for index, word in enumerate(_statuses(made))],
        "orderLineItems": items,
    }
    if made.job.outcome is Outcome.ORDER_SCHEDULED:
        order["schedulingOptions"] = {"scheduledDate": SCHEDULED_FOR, "scheduledDatePolicy": "SpecificDate"}
    return order


def _ordered(made: Made, index: int, status: str) -> Json:
    dates = {"ContractEffective": ORDER_DATE, "ServiceActivation": ORDER_DATE, "CustomerAcceptance": ORDER_DATE}
    start: Json = {"triggerEvent": "ContractEffective"}
    if status == "Pending Activation":
        dates |= {"ServiceActivation": "", "CustomerAcceptance": ""}
    if status == "Pending Acceptance" and index % 2:
        start = {"triggerEvent": "SpecificDate", "specificTriggerDate": None}
    elif status == "Pending Acceptance":
        dates["CustomerAcceptance"] = ""
    charge = {"chargeNumber": f"C-{made.job.number:05}{index:03}", "startDate": start}
    action = {
        "type": "CreateSubscription",
        "sequence": 0,
        "changeReason": "",
        "triggerDates": [{"name": name, "triggerDate": date} for name, date in dates.items() if date],
        "createSubscription": {
            "subscriptionNumber": made.naming.subscription_number(index),
            "subscribeToRatePlans": [{"chargeOverrides": [charge]}],
        },
    }
    return {
        "subscriptionNumber": made.naming.subscription_number(index),
        "subscriptionOwnerAccountNumber": made.naming.account_number,
        "baseVersion": 1,
        "newVersion": 1,
        "sequence": index,
        "orderActions": [action],
    }


def _subscription(made: Made, index: int, status: str) -> Json:
    naming, is_pending = made.naming, status.startswith("Pending")
    return {
        "id": naming.id("subscription", index),
        "subscriptionNumber": naming.subscription_number(index),
        "status": status,
        "version": 1,
        "isLatestVersion": True,
        "accountId": naming.id("account"),
        "accountNumber": naming.account_number,
        "accountName": "Acme Ltd",
        "orderNumber": naming.order_number,
        "termType": "TERMED",
        "termStartDate": ORDER_DATE,
        "termEndDate": "2027-07-01",
        "initialTerm": 12,
        "initialTermPeriodType": "Month",
        "currentTerm": 12,
        "renewalTerm": 12,
        "autoRenew": True,
        "contractEffectiveDate": ORDER_DATE,
        "serviceActivationDate": None if status == "Pending Activation" else ORDER_DATE,
        "customerAcceptanceDate": None if is_pending else ORDER_DATE,
        "subscriptionStartDate": None if is_pending else ORDER_DATE,
        "contractedMrr": 100.0,
        "totalContractedValue": 1200.0,
        "currency": "EUR",
        "createTime": STAMP,
        "updateTime": STAMP,
        "soldToContact": PERSON,
        "statusHistory": [{"startDate": ORDER_DATE, "endDate": None, "status": status}],
        "ratePlans": [
            _plan("Gold - monthly", "Add", naming, index),
            _plan("Silver - monthly", "Remove", naming, index),
        ],
    }


def _plan(name: str, change: str, naming: Naming, index: int) -> Json:
    charge = {
        "number": f"C-{naming.job.number:05}{index:03}",
        "name": "Monthly fee",
        "type": "Recurring",
        "model": "FlatFee",
        "price": 100.0,
        "mrr": 100.0,
        "effectiveStartDate": ORDER_DATE,
        "effectiveEndDate": "2027-07-01",
        "triggerEvent": "ContractEffective",
        "triggerDate": None,
    }
    return {"ratePlanName": name, "productName": "Music Service", "lastChangeType": change, "ratePlanCharges": [charge]}


def _wrapped_item(made: Made, index: int) -> Json:
    return {"orderLineItem": _item(made, index)}


def _item(made: Made, index: int) -> Json:
    return {
        "id": made.naming.id("item", index),
        "itemNumber": str(index + 1),
        "itemName": "Set-up",
        "itemState": "Executing" if made.result["status"] == "Pending" else "SentToBilling",
        "itemType": "Services",
        "itemCategory": "Sales",
        "amount": 250.0,
        "amountWithoutTax": 250.0,
        "amountPerUnit": 125.0,
        "quantity": 2,
        "UOM": "Hours",
        "currency": "EUR",
        "productCode": "SETUP",
        "description": "Set-up by phone",
        "ownerAccountNumber": made.naming.account_number,
        "transactionStartDate": ORDER_DATE,
    }


def _invoice(made: Made, index: int) -> Json:
    """Return an invoice; the first one of an order whose write-off failed is not posted, since its tax has an error."""
    is_in_error = made.job.outcome is Outcome.WRITE_OFF_FAILED and index == 0
    return {
        "id": made.naming.id("invoice", index),
        "invoiceNumber": made.naming.invoice_number(index),
        "accountId": made.naming.id("account"),
        "status": "Draft" if is_in_error else "Posted",
        "amount": 119.0,
        "amountWithoutTax": 100.0,
        "taxAmount": 0.0 if is_in_error else 19.0,
        "balance": 119.0 if made.job.outcome is Outcome.PAYMENT_ERROR or is_in_error else 0.0,
        "currency": "EUR",
        "invoiceDate": ORDER_DATE,
        "dueDate": "2026-07-31",
        "targetDate": "2026-07-31",
        "taxStatus": "TaxEngineError" if is_in_error else "Complete",
        "taxMessage": TAX_MESSAGE if is_in_error else None,
        "source": "API",
        "sourceType": "Order",
        "sourceId": made.naming.order_number,
        "autoPay": False,
        "comments": "",
        "createdDate": STAMP,
        "createdById": made.naming.id("user"),
    }


def _payment(made: Made) -> Json:
    """Return a payment; the gateway declined that of a job with a payment error, in the words of the job's result."""
    is_declined = made.job.outcome is Outcome.PAYMENT_ERROR
    amount = 0.0 if is_declined else float(str(made.result.get("paidAmount") or 0))
    return {
        "id": made.naming.id("payment"),
        "number": made.naming.payment_number,
        "accountId": made.naming.id("account"),
        "accountNumber": made.naming.account_number,
        "status": "Error" if is_declined else "Processed",
        "type": "Electronic",
        "amount": 119.0 if is_declined else amount,
        "appliedAmount": amount,
        "unappliedAmount": 0.0,
        "refundAmount": 0.0,
        "currency": "EUR",
        "effectiveDate": ORDER_DATE,
        "gatewayId": made.naming.id("gateway"),
        "gatewayResponseCode": made.result.get("paymentErrorCode") if is_declined else "approved",
        "gatewayResponse": made.result.get("paymentErrorMessage") if is_declined else "This transaction was approved.",
        "gatewayState": "NotSubmitted" if is_declined else "Settled",
        "paymentMethodId": made.naming.id("method"),
        "createdDate": STAMP,
    }


def _credit_memo(made: Made, index: int) -> Json:
    is_refund_open = made.job.outcome is Outcome.REFUND_ERROR
    return {
        "id": made.naming.id("creditMemo", index),
        "number": made.naming.credit_memo_number(index),
        "accountId": made.naming.id("account"),
        "accountNumber": made.naming.account_number,
        "status": "Posted",
        "amount": 50.0,
        "appliedAmount": 0.0 if is_refund_open else 50.0,
        "unappliedAmount": 50.0 if is_refund_open else 0.0,
        "refundAmount": 0.0,
        "currency": "EUR",
        "creditMemoDate": ORDER_DATE,
        "reasonCode": "Correcting invoice error",
        "sourceType": "Order",
        "createdDate": STAMP,
    }


def _account(made: Made) -> Json:
    naming = made.naming
    balance = rng.seeded(made.job.seed, naming.account_number, "balance").randint(0, 50_000) / 100
    return {
        "basicInfo": {
            "id": naming.id("account"),
            "name": "Acme Ltd",
            "accountNumber": naming.account_number,
            "status": "Active",
            "batch": "Batch1",
            "notes": "Calls on Fridays",
        },
        "billingAndPayment": {
            "billCycleDay": 1,
            "currency": "EUR",
            "paymentTerm": "Net 30",
            "autoPay": True,
            "defaultPaymentMethodId": naming.id("method"),
            "additionalEmailAddresses": [PERSON["workEmail"]],
        },
        "metrics": {"balance": balance, "totalInvoiceBalance": balance, "contractedMrr": 100.0, "creditBalance": 0.0},
        "billToContact": PERSON,
        "soldToContact": PERSON,
        "shipToContact": None,
        "taxInfo": None,
    }
