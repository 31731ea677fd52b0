"""Assessment of a report: its verdict, and the digest that the list needs."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import accumulate

from zjobtui.models.advice import advise_reason
from zjobtui.models.cause import cause_of, count_by_status, count_text
from zjobtui.models.digest import Digest
from zjobtui.models.reason import Category, Reason
from zjobtui.models.report import (
    OperationResult,
    OrderResult,
    OtherResult,
    Payment,
    PreviewResult,
    Report,
    Result,
    Subscription,
)
from zjobtui.models.text import shorten
from zjobtui.models.verdict import Kind, Verdict


def judge(report: Report, expected: Collection[str] = ()) -> Verdict:
    """Return the verdict on a report; `expected` are the statuses besides Completed in which an order is done, too.

    | status      | result                                            | verdict         |
    |-------------|---------------------------------------------------|-----------------|
    | Processing  | any                                               | running         |
    | other word  | any                                               | running         |
    | Failed      | any                                               | failed          |
    | Completed   | none, empty, or not an object                     | needs attention |
    | Completed   | order Failed                                      | failed          |
    | Completed   | order not Completed, or without a status          | needs attention |
    | Completed   | order in an expected status                       | done            |
    | Completed   | a payment, refund or write-off in error           | needs attention |
    | Completed   | success: false inside, or errors beside it        | needs attention |
    | Completed   | a documented field in another form                | needs attention |
    | Completed   | order Completed, a preview, an unknown job type   | done            |

    An operation job is judged by its status alone, and Pending is running, too.

    Completed is believed only with proof: an order's own status decides, not the job's
    (a job can be Completed while its order is still Pending, and no other client reports that).
    """
    verdict = _judge(report, expected)
    return Verdict(verdict.kind, shorten(verdict.sentence))


def _judge(report: Report, expected: Collection[str]) -> Verdict:
    if isinstance(report.result, OperationResult):
        return _judge_operation(report, report.result)
    match report.status:
        case "Processing":
            return Verdict(Kind.RUNNING, "Zuora is working on it.")
        case "Failed":
            return Verdict(Kind.FAILED, _why_failed(report.all_reasons))
        case "Completed":
            return _judge_completed(report, expected)
        case word:
            return Verdict(
                Kind.RUNNING, f"Zuora returned “{word}”, a status that is not documented; polling continues."
            )


def _judge_operation(report: Report, operation: OperationResult) -> Verdict:
    what = f"operation job: {operation.title}"
    match report.status:
        case "Failed":
            return Verdict(Kind.FAILED, f"{_why_failed(report.all_reasons).rstrip('.')} ({what}).")
        case "Completed":
            if problems := [*_unsuccessful(report, operation)]:
                return Verdict(Kind.ATTENTION, f"Job completed, but {'; '.join(problems)} ({what}).")
            return Verdict(Kind.DONE, f"Completed, {what}.")
        case "Pending" | "Processing" as status:
            return Verdict(Kind.RUNNING, f"{status}, {what}.")
        case word:
            return Verdict(Kind.RUNNING, f"Zuora returned “{word}”, a status that is not documented; {what}.")


def _why_failed(reasons: tuple[Reason, ...]) -> str:
    if not reasons:
        return "Job failed; Zuora gave no reason."
    first = reasons[0]
    misleads = first.category in {Category.INTERNAL, Category.INTEGRATION}  # a declined card has these codes, too
    title = advise_reason(first).title if misleads else first.category.title
    message = first.message or f"code {first.code or 'and message are empty'}"
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"Job failed, {title}: {message}{more}" if title != "error" else f"Job failed: {message}{more}"


def _judge_completed(report: Report, expected: Collection[str]) -> Verdict:
    result = report.result
    if result is None:
        return Verdict(Kind.ATTENTION, "Job completed, but the response contains no result.")
    problems = [*_unsuccessful(report, result), *_problems_of(result, expected)]
    if isinstance(result, OrderResult) and result.order_status == "Failed":
        return Verdict(Kind.FAILED, "; ".join(["Job completed, but the order Failed", *problems]) + ".")
    if problems:
        return Verdict(Kind.ATTENTION, f"Job completed, but {'; '.join(problems)}.")
    return Verdict(Kind.DONE, _summarize(result))


def _unsuccessful(report: Report, result: Result) -> Iterator[str]:
    for reason in report.all_reasons:
        yield f"with an error: {str(reason).rstrip('.')}"
    if result.success is False and not result.reasons:
        yield "its result says that it was not successful"
    if result.malformed:
        yield f"some fields have an unexpected form: {', '.join(dict.fromkeys(result.malformed))}"


def _problems_of(result: Result, expected: Collection[str]) -> Iterator[str]:
    if isinstance(result, OtherResult):
        yield from _problems_of_other(result)
    if not isinstance(result, OrderResult):
        return
    if result.order_status not in {"Completed", "Failed", *expected}:
        yield _order_problem(result)
    if result.payment.is_in_error:
        yield _payment_problem(result.payment)
    for refund in result.refunds:
        if refund.status not in {"Success", ""}:
            yield f"refund {refund.number or 'without number'} is in status {refund.status}"
    for write_off in result.write_offs:
        if write_off.status not in {"Success", ""}:
            why = f": {write_off.failed_reason}" if write_off.failed_reason else ""
            yield f"the write-off of {write_off.invoice_number or 'an invoice'} is in status {write_off.status}{why}"


def _problems_of_other(result: OtherResult) -> Iterator[str]:
    if not result.job_type and result.fields.keys() <= {"result"}:
        yield "its result is empty or cannot be read"
    status = result.fields.get("status")
    if status not in (None, "", "Completed", "Success"):
        yield f"its result is in status {status}"


def _order_problem(result: OrderResult) -> str:
    text = (
        f"the order is {result.order_status}"
        if result.order_status
        else "the response does not give the order's status"
    )
    if not any(subscription.status for subscription in result.subscriptions):
        return text
    first, *others = count_by_status(result.subscriptions)
    total = len(result.subscriptions)
    counts = [f"{first[0]} of {total} subscription{'' if total == 1 else 's'} {first[1]}"]
    return f"{text}: {', '.join(counts + [f'{count} {status}' for count, status in others])}"


def _payment_problem(payment: Payment) -> str:
    why = payment.error_message or payment.error_code
    if payment.status in {"Error", "Failed", ""} or payment.error_code:
        return f"the payment is in error: {why or 'no reason given'}"
    return f"the payment is {payment.status}: {why or 'nothing was collected'}"


def _summarize(result: Result) -> str:
    match result:
        case OrderResult():
            counts = [
                _count_subscriptions(result.subscriptions),
                count_text(len(result.order_line_items), "order line item"),
                count_text(len(result.invoices), "invoice"),
            ]
            is_completed = result.order_status == "Completed"
            title = "Order completed" if is_completed else f"Order is {result.order_status}, as expected here"
            listed = ", ".join(part for part in counts if part)
            return f"{title}: {listed}." if listed else f"{title}."
        case PreviewResult():
            parts = [count_text(len(result.invoices), "invoice"), count_text(len(result.credit_memos), "credit memo")]
            return f"Preview completed: {', '.join(part for part in parts if part) or 'nothing to bill'}."
        case _:
            return f"Job completed; its type ({result.job_type or 'none given'}) is not documented."


INACTIVE = frozenset({"Draft", "Pending Activation", "Pending Acceptance", "Suspended", "Cancelled", "Expired"})
"""Statuses of subscriptions that are documented besides Active; a tenant may have them in another language."""


def _count_subscriptions(subscriptions: Sequence[Subscription]) -> str:
    """Return the number of subscriptions, and of those that are not Active: `300 subscriptions, 2 of them Suspended`.

    If no status is a documented one, the most frequent one is taken for Active in the tenant's language.
    """
    total, counts = len(subscriptions), Counter(each.status for each in subscriptions if each.status)
    active = "Active"
    if counts and "Active" not in counts and INACTIVE.isdisjoint(counts):
        active = counts.most_common(1)[0][0]
    others = [(number, status) for status, number in counts.items() if status != active]
    text = count_text(total, "subscription")
    if not others:
        return text
    if len(others) == 1 and others[0][0] == total:
        return f"{text}, {'which is' if total == 1 else 'all of them'} {others[0][1]}"
    return f"{text}, {others[0][0]} of them {', '.join([others[0][1], *(f'{n} {status}' for n, status in others[1:])])}"


_WORDS_LIMIT = 8_000
_NAME_LIMIT = 200
_NUMBERS_LIMIT = 4_000
_INVOICES_LIMIT = 1_000
"""Characters of the numbers that a digest keeps; 300 subscriptions, as many as an order can have, take 3,300."""


def digest(report: Report, expected: Collection[str] = ()) -> Digest:
    """Return the digest of a report; `kind` is `order`, `preview`, Zuora's job type, or empty while running.

    `expected` is as in `judge`.
    """
    status = shorten(report.status, _NAME_LIMIT)
    if report.result is None and not report.reasons:
        return _bare(status)
    kind, order, account = (shorten(name, _NAME_LIMIT) for name in _about(report.result))
    verdict = judge(report, expected)
    cause = cause_of(report, verdict.kind)
    subscriptions, invoices = _numbers(report.result)
    kept_invoices = _first(invoices, _INVOICES_LIMIT)
    kept = _first(subscriptions, _NUMBERS_LIMIT - sum(map(len, kept_invoices)))
    others = (*_words(report), *subscriptions[len(kept) :], *invoices[len(kept_invoices) :])
    return Digest(
        status,
        verdict,
        kind,
        order,
        account,
        words=shorten(" ".join(others), _WORDS_LIMIT),
        code=cause.code,
        message=cause.message,
        message_key=cause.message_key,
        why=cause.why,
        subscriptions=kept,
        invoices=kept_invoices,
        subscription_count=len(subscriptions),
        invoice_count=len(invoices),
    )


def _about(result: Result | None) -> tuple[str, str, str]:
    match result:
        case None:
            return "", "", ""
        case OrderResult():
            return "order", result.order_number or result.order_id, result.account_number or result.account_id
        case PreviewResult():
            return "preview", "", ""
        case OperationResult():
            return result.job_type, "", ""
        case _:
            order, account = (str(result.fields.get(key) or "") for key in ("orderNumber", "accountNumber"))
            return result.job_type, order, account


@lru_cache(maxsize=256)
def _bare(status: str) -> Digest:
    report = Report(status=status)
    verdict = judge(report)
    return Digest(status, verdict, **asdict(cause_of(report, verdict.kind)))


def _numbers(result: Result | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the numbers, or else the ids, of subscriptions and invoices."""
    if not isinstance(result, OrderResult):
        return (), ()
    subscriptions = (subscription.number or subscription.id for subscription in result.subscriptions)
    return tuple(number for number in subscriptions if number), tuple(number for number in result.invoices if number)


def _first(numbers: tuple[str, ...], limit: int) -> tuple[str, ...]:
    """Return the first numbers that have no more characters than `limit` together."""
    return numbers[: sum(length <= limit for length in accumulate(map(len, numbers)))]


def _words(report: Report) -> list[str]:
    words = [str(reason) for reason in report.all_reasons]
    result = report.result
    if isinstance(result, OperationResult):
        words.append(result.title)
    if isinstance(result, OrderResult):
        words += [*result.credit_memos, result.payment.number, result.payment.id]
        words += [item.number or item.id for item in result.order_line_items]
    return [word for word in words if word]
