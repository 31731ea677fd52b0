"""Problems of a completed job: what is wrong with its result, for the verdict, the advice and the list alike."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from zjobtui.models.reason import Reason
from zjobtui.models.report import OrderResult, OtherResult, Payment, Report, Subscription


class ResultProblem(NamedTuple):
    """What is wrong with a completed job: a part of a sentence, the reason that advice goes by, and a few words.

    The words are for the list; without them it shows the title of the advice. A reason that is not Zuora's has a text
    that the rules of advice know, without what differs from job to job.
    """

    sentence: str
    reason: Reason
    why: str = ""


def _problem(sentence: str, why: str = "", message: str = "", code: str = "") -> ResultProblem:
    """Return a problem with at most a code of Zuora; its message is the sentence if that is the same for all."""
    message = message or sentence
    return ResultProblem(sentence, Reason(code, message[:1].upper() + message[1:]), why)


def stated(reason: Reason) -> ResultProblem:
    """Return the problem for which Zuora gives this reason."""
    return ResultProblem(f"with an error: {str(reason).rstrip('.')}", reason)


ORDER_FAILED = _problem("the order Failed")
"""It comes first in a sentence, but as a cause it says less than what is beside it."""


def problems_of(report: Report, expected: Collection[str]) -> Iterator[ResultProblem]:
    """Yield what is wrong with a completed job, the most telling first; `expected` are statuses as in `judge`."""
    result = report.result
    yield from map(stated, report.reasons)
    if result is None:
        yield _problem("the response contains no result")
        return
    if isinstance(result, OrderResult) and result.order_status not in {"Completed", "Failed", *expected}:
        yield _order_problem(result)
    yield from map(stated, result.reasons)
    if isinstance(result, OrderResult):
        yield from _problems_of_order(result)
    elif isinstance(result, OtherResult):
        yield from _problems_of_other(result)
    if result.success is False and not result.reasons:
        text = "result says that it was not successful"
        yield _problem(f"its {text}", message=f"the {text}")
    if result.malformed:
        names = ", ".join(dict.fromkeys(result.malformed))
        yield _problem(f"some fields have an unexpected form: {names}", f"unexpected form: {names}")


def _order_problem(result: OrderResult) -> ResultProblem:
    status, total = result.order_status, len(result.subscriptions)
    text = message = f"the order is {status}" if status else "the response does not give the order's status"
    why = f"order {status}" if status else ""
    if any(subscription.status for subscription in result.subscriptions):
        (count, first), *others = count_by_status(result.subscriptions)
        listed = [f"{count} of {total} subscription{'' if total == 1 else 's'} {first}"]
        text = f"{text}: {', '.join(listed + [f'{number} {other}' for number, other in others])}"
        why = f"{why}: {count} of {total} {first}" if why else ""
    return _problem(text, why, message)


def _problems_of_order(result: OrderResult) -> Iterator[ResultProblem]:
    if result.payment.is_in_error:
        yield _payment_problem(result.payment)
    if result.order_status == "Failed":
        yield ORDER_FAILED
    for refund in result.refunds:
        if refund.status not in {"Success", ""}:
            text = f"is in status {refund.status}"
            yield _problem(f"refund {refund.number or 'without a number'} {text}", message=f"the refund {text}")
    for write_off in result.write_offs:
        if write_off.status not in {"Success", ""}:
            why = f": {write_off.failed_reason}" if write_off.failed_reason else ""
            text = f"is in status {write_off.status}{why}"
            invoice = write_off.invoice_number or "an invoice"
            yield _problem(f"the write-off of {invoice} {text}", message=f"the write-off {text}")


def _payment_problem(payment: Payment) -> ResultProblem:
    error = payment.error_message or payment.error_code
    if payment.status in {"Error", "Failed", ""} or payment.error_code:
        text = f"the payment is in error: {error or 'no reason given'}"
    else:
        text = f"the payment is {payment.status}: {error or 'nothing was collected'}"
    return _problem(text, code=payment.error_code)


def _problems_of_other(result: OtherResult) -> Iterator[ResultProblem]:
    if not result.job_type and result.fields.keys() <= {"result"}:
        text = "result is empty or cannot be read"
        yield _problem(f"its {text}", message=f"the {text}")
    status = result.fields.get("status")
    if status not in (None, "", "Completed", "Success"):
        text = f"result is in status {status}"
        yield _problem(f"its {text}", f"not successful: {status}", f"the {text}")


INACTIVE = frozenset({"Draft", "Pending Activation", "Pending Acceptance", "Suspended", "Cancelled", "Expired"})
"""Statuses of subscriptions that are documented besides Active; a tenant may have them in another language."""

_NOT_GIVEN = "no status given"


def count_by_status(subscriptions: Iterable[Subscription]) -> tuple[tuple[int, str], ...]:
    """Count subscriptions by status, Active first, then in order of appearance: `((298, "Active"), (2, …))`."""
    counts = Counter(subscription.status or _NOT_GIVEN for subscription in subscriptions)
    active = _active_in(counts)
    ordered = sorted(counts, key=lambda status: status != active)
    return tuple((counts[status], status) for status in ordered)


def count_inactive(subscriptions: Iterable[Subscription]) -> tuple[tuple[int, str], ...]:
    """Count the subscriptions that are not Active by status, in order of appearance; not those without a status."""
    counts = count_by_status(subscriptions)
    active = _active_in({status: number for number, status in counts})
    return tuple((number, status) for number, status in counts if status not in {active, _NOT_GIVEN})


def _active_in(counts: Mapping[str, int]) -> str:
    """Return the status that means Active: the most frequent one if none of them is documented.

    A tenant may have its statuses in another language.
    """
    given = {status: number for status, number in counts.items() if status != _NOT_GIVEN}
    if not given or "Active" in given or not INACTIVE.isdisjoint(given):
        return "Active"
    return max(given, key=lambda status: given[status])
