"""Assessment of a report: its verdict, the cause of that in a few words, and the digest that the list needs."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from zjobtui.models.advice import CODE_LIMIT, advise_reason
from zjobtui.models.digest import WHY_CELLS, Digest
from zjobtui.models.failure_key import MESSAGE_LIMIT, message_key
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
from zjobtui.models.text import fit_cells, shorten
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
            if problems := [problem.sentence for problem in _problems(report, ())]:
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
    # That the order failed comes first in the sentence; as a cause it says less than what is beside it.
    problems = sorted(_problems(report, expected), key=lambda problem: problem is not _ORDER_FAILED)
    if report.result is not None and not problems:
        return Verdict(Kind.DONE, _summarize(report.result))
    kind = Kind.FAILED if _ORDER_FAILED in problems else Kind.ATTENTION
    return Verdict(kind, f"Job completed, but {'; '.join(problem.sentence for problem in problems)}.")


class _Problem(NamedTuple):
    """What is wrong with a completed job: a part of a sentence, the reason that advice goes by, and a few words.

    The words are for the list; without them it shows the title of the advice. A reason that is not Zuora's has a text
    that the rules of advice know, without what differs from job to job.
    """

    sentence: str
    reason: Reason
    why: str = ""


def _problem(sentence: str, why: str = "", message: str = "") -> _Problem:
    """Return a problem for which Zuora gives no reason; its message is the sentence if that is the same for all."""
    message = message or sentence
    return _Problem(sentence, Reason("", message[:1].upper() + message[1:]), why)


def _stated(reason: Reason) -> _Problem:
    return _Problem(f"with an error: {str(reason).rstrip('.')}", reason)


_ORDER_FAILED = _problem("the order Failed")


def _problems(report: Report, expected: Collection[str]) -> Iterator[_Problem]:
    """Yield what is wrong with a completed job, the most telling first; `expected` is as in `judge`."""
    result = report.result
    yield from map(_stated, report.reasons)
    if result is None:
        yield _problem("the response contains no result")
        return
    if isinstance(result, OrderResult) and result.order_status not in {"Completed", "Failed", *expected}:
        yield _order_problem(result)
    yield from map(_stated, result.reasons)
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


def _order_problem(result: OrderResult) -> _Problem:
    status, total = result.order_status, len(result.subscriptions)
    text = message = f"the order is {status}" if status else "the response does not give the order's status"
    why = f"order {status}" if status else ""
    if any(subscription.status for subscription in result.subscriptions):
        (count, first), *others = count_by_status(result.subscriptions)
        listed = [f"{count} of {total} subscription{'' if total == 1 else 's'} {first}"]
        text = f"{text}: {', '.join(listed + [f'{number} {other}' for number, other in others])}"
        why = f"{why}: {count} of {total} {first}" if why else ""
    return _problem(text, why, message)


def _problems_of_order(result: OrderResult) -> Iterator[_Problem]:
    if result.payment.is_in_error:
        yield _payment_problem(result.payment)
    if result.order_status == "Failed":
        yield _ORDER_FAILED
    for refund in result.refunds:
        if refund.status not in {"Success", ""}:
            text = f"is in status {refund.status}"
            yield _problem(f"refund {refund.number or 'without number'} {text}", message=f"the refund {text}")
    for write_off in result.write_offs:
        if write_off.status not in {"Success", ""}:
            why = f": {write_off.failed_reason}" if write_off.failed_reason else ""
            text = f"is in status {write_off.status}{why}"
            invoice = write_off.invoice_number or "an invoice"
            yield _problem(f"the write-off of {invoice} {text}", message=f"the write-off {text}")


def _payment_problem(payment: Payment) -> _Problem:
    error = payment.error_message or payment.error_code
    text = f"the payment is in error: {error or 'no reason given'}"
    reason = Reason(payment.error_code, f"T{text[1:]}")
    if payment.status not in {"Error", "Failed", ""} and not payment.error_code:
        text = f"the payment is {payment.status}: {error or 'nothing was collected'}"
    return _Problem(text, reason)


def _problems_of_other(result: OtherResult) -> Iterator[_Problem]:
    if not result.job_type and result.fields.keys() <= {"result"}:
        text = "result is empty or cannot be read"
        yield _problem(f"its {text}", message=f"the {text}")
    status = result.fields.get("status")
    if status not in (None, "", "Completed", "Success"):
        text = f"result is in status {status}"
        yield _problem(f"its {text}", f"result in status {status}", f"the {text}")


def count_by_status(subscriptions: Iterable[Subscription]) -> tuple[tuple[int, str], ...]:
    """Count subscriptions by status, Active first, then in order of appearance: `((298, "Active"), (2, …))`."""
    counts = Counter(subscription.status or "no status given" for subscription in subscriptions)
    ordered = sorted(counts, key=lambda status: status != "Active")
    return tuple((counts[status], status) for status in ordered)


def _summarize(result: Result) -> str:
    match result:
        case OrderResult():
            counts = [
                _count_subscriptions(result.subscriptions),
                _count_text(len(result.order_line_items), "order line item"),
                _count_text(len(result.invoices), "invoice"),
            ]
            is_completed = result.order_status == "Completed"
            title = "Order completed" if is_completed else f"Order is {result.order_status}, as expected here"
            listed = ", ".join(part for part in counts if part)
            return f"{title}: {listed}." if listed else f"{title}."
        case PreviewResult():
            parts = [_count_text(len(result.invoices), "invoice"), _count_text(len(result.credit_memos), "credit memo")]
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
    text = _count_text(total, "subscription")
    if not others:
        return text
    if len(others) == 1 and others[0][0] == total:
        return f"{text}, {'which is' if total == 1 else 'all of them'} {others[0][1]}"
    return f"{text}, {others[0][0]} of them {', '.join([others[0][1], *(f'{n} {status}' for n, status in others[1:])])}"


def _created(result: Result) -> str:
    match result:
        case OrderResult():
            parts = [_short_id(result.order_number or result.order_id), _subscriptions(result.subscriptions)]
            if not result.subscriptions:
                parts += [
                    _count_text(len(result.order_line_items), "order line item"),
                    _count_text(len(result.invoices), "invoice"),
                ]
            status = result.order_status if result.order_status != "Completed" else "completed"
            return " · ".join(part for part in parts if part) or f"order {status}"
        case PreviewResult():
            parts = [
                _count_text(len(result.invoices), "invoice"),
                _count_text(len(result.credit_memos), "credit memo"),
            ]
            return f"preview: {', '.join(part for part in parts if part) or 'nothing to bill'}"
        case OperationResult():
            return result.title
        case _:
            return result.job_type or "undocumented job type"


def _short_id(name: str) -> str:
    return name if len(name) <= 20 else f"{name[:8]}…"


def _subscriptions(subscriptions: tuple[Subscription, ...]) -> str:
    """Return `4 subscriptions`, or how many of them are in another status than Active: `2 of 4 Pending Acceptance`."""
    odd = Counter(item.status for item in subscriptions if item.status not in {"Active", ""})
    total = len(subscriptions)
    if not odd:
        return _count_text(total, "subscription")
    if len(odd) > 1:
        return f"{odd.total()} of {total} not Active"
    ((status, count),) = odd.items()
    return f"{_count_text(total, 'subscription')} {status}" if count == total else f"{count} of {total} {status}"


def _count_text(number: int, noun: str) -> str:
    """Return `1 invoice`, `2 invoices`, or "" for none."""
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


class _Cause(NamedTuple):
    """The fields of the same names in `Digest`."""

    code: str = ""
    message: str = ""
    message_key: str = ""
    why: str = ""


def _cause_of(report: Report, kind: Kind, expected: Collection[str]) -> _Cause:
    """Return the cause of the verdict on a report, by which failures can be told apart and grouped."""
    if kind is Kind.DONE and report.result is not None:
        return _Cause(why=fit_cells(_created(report.result), WHY_CELLS))
    if kind not in {Kind.FAILED, Kind.ATTENTION}:
        return _Cause()
    has_failed = report.status == "Failed"
    problems = map(_stated, report.all_reasons) if has_failed else _problems(report, expected)
    _, reason, why = next(iter(problems), _NO_REASON)
    code, message = shorten(reason.code, CODE_LIMIT), shorten(reason.message, MESSAGE_LIMIT)
    title = advise_reason(Reason(code, message)).title
    if not why:
        why = title if title != "error" else message or code or "no reason given"
    return _Cause(code, message, message_key(message), fit_cells(why, WHY_CELLS))


_NO_REASON = _Problem("", Reason("", ""))

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
    cause = _cause_of(report, verdict.kind, expected)
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
        subscriptions=kept,
        invoices=kept_invoices,
        subscription_count=len(subscriptions),
        invoice_count=len(invoices),
        **cause._asdict(),
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
    return Digest(status, verdict, **_cause_of(report, verdict.kind, ())._asdict())


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
