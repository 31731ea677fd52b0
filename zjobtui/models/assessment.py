"""What a response means for a job: its verdict with the cause in a few words, its digest, and the job after it."""

import re
from collections.abc import Callable, Collection
from itertools import accumulate
from math import inf, isfinite, nextafter
from typing import NamedTuple, TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.models.advice import CODE_LIMIT, advise_reason
from zjobtui.models.advice_rules import UNNAMED
from zjobtui.models.digest import WHY_CELLS, Digest
from zjobtui.models.failure_groups import MESSAGE_CHARACTERS, message_key
from zjobtui.models.history import Event, EventKind
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.reason import Reason
from zjobtui.models.report import OperationResult, OrderResult, OtherResult, PreviewResult, Report, Result, Subscription
from zjobtui.models.result_problems import ORDER_FAILED, ResultProblem, count_inactive, problems_of, stated
from zjobtui.models.text import short_number, shorten
from zjobtui.models.text_width import shorten_to_cells
from zjobtui.models.verdict import UNKNOWN, Verdict, VerdictKind
from zjobtui.models.watched_job import LONGEST_PROMISE, WatchedJob

Planned: TypeAlias = float | Callable[[WatchedJob], float]
"""Seconds within which the next response is promised, or a function that returns them for the job after this one."""


class JobUpdate(Struct, frozen=True):
    """The job as it is now, the response to store (None if the stored one still stands), and new events."""

    watch: WatchedJob
    response: Success | None = None
    events: tuple[Event, ...] = ()


def apply_observation(
    watch: WatchedJob, observation: Observation, planned: Planned, expected: Collection[str] = ()
) -> JobUpdate:
    """Apply an observation to a job, and promise the next response within `planned` seconds.

    At most `LONGEST_PROMISE` seconds are promised; without a finite number the row looks stale at once. `expected` are
    the statuses besides Completed in which an order of its tenant needs no attention.

    A failed call changes neither the last good report nor the interval that it promised, or an old report would look
    fresh. A
    final report stays: whatever Zuora says later that is not final too (running again, not found) is stored with it as
    a contradiction, and shown. That Zuora does not know a job stands as well, until Zuora itself says something else:
    other failed calls about it change nothing, the row turns stale, and the tenant shows that it is down.
    """
    if isinstance(observation, Failure):
        return _apply_failure(watch, observation, planned)
    return _apply_success(watch, observation, planned, expected)


def _apply_failure(watch: WatchedJob, failure: Failure, planned: Planned) -> JobUpdate:
    updated = replace(watch, problem=failure.problem, problem_at=failure.at)
    if failure.problem.kind is not ProblemKind.NOT_FOUND:
        return JobUpdate(watch if watch.verdict.kind is VerdictKind.UNKNOWN else updated)
    if watch.is_final:
        return _contradicted(watch, failure.at, "Zuora no longer knows this job; its last response is kept.")
    if failure.is_no_operation:
        updated = replace(updated, operation_checked_at=failure.at)
    if watch.verdict.kind is VerdictKind.UNKNOWN:
        return JobUpdate(_with_planned(updated, planned))
    updated = replace(updated, changed_at=_changed_at(watch, failure.at))
    event = Event(watch.job, failure.at, EventKind.STATUS, UNKNOWN.sentence, VerdictKind.UNKNOWN.value)
    return JobUpdate(_with_planned(updated, planned), events=(event,))


def _apply_success(watch: WatchedJob, response: Success, planned: Planned, expected: Collection[str]) -> JobUpdate:
    new = digest(response.report, expected)
    if watch.is_final and not new.is_final:
        return _contradicted(
            watch,
            response.at,
            f"When the job was polled again, Zuora returned {new.status}; the final response is kept.",
        )
    same = watch.digest == new
    updated = replace(
        watch,
        digest=watch.digest if same else new,
        last_answer_at=response.at,
        problem=None,
        problem_at=None,
        contradiction="",
        last_running_at=watch.last_running_at if new.is_final else response.at,
        ended_at=response.at if new.is_final and watch.ended_at is None else watch.ended_at,
    )
    if same and watch.verdict.kind is not VerdictKind.UNKNOWN:
        return JobUpdate(_with_planned(updated, planned), response if new.is_final else None)
    updated = replace(updated, changed_at=_changed_at(watch, response.at))
    event = Event(watch.job, response.at, EventKind.STATUS, new.verdict.sentence, new.verdict.kind.value)
    return JobUpdate(_with_planned(updated, planned), response, (event,))


def _with_planned(watch: WatchedJob, planned: Planned) -> WatchedJob:
    seconds = planned(watch) if callable(planned) else planned
    return replace(watch, planned=min(seconds, LONGEST_PROMISE) if isfinite(seconds) else 0.0)


def _changed_at(watch: WatchedJob, at: float) -> float:
    """Return the time of a change: after the last reading, even if that was by a clock that was ahead."""
    return at if watch.read_at is None or watch.read_at < at else nextafter(watch.read_at, inf)


def _contradicted(watch: WatchedJob, at: float, text: str) -> JobUpdate:
    updated = replace(watch, contradiction=text, problem=None, problem_at=at)
    if watch.contradiction == text:
        return JobUpdate(updated)
    return JobUpdate(updated, events=(Event(watch.job, at, EventKind.CONTRADICTED, text),))


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

    An operation job has no result of an order: Pending is running, too, and Completed is done unless it says
    success: false, gives errors, or has a documented field in another form.

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
            return Verdict(VerdictKind.RUNNING, "Zuora is working on it.")
        case "Failed":
            return Verdict(VerdictKind.FAILED, _why_failed(report.all_reasons))
        case "Completed":
            return _judge_completed(report, expected)
        case word:
            return Verdict(
                VerdictKind.RUNNING, f"Zuora returned “{word}”, a status that is not documented; polling continues."
            )


def _judge_operation(report: Report, operation: OperationResult) -> Verdict:
    what = f"operation job: {operation.title}"
    match report.status:
        case "Failed":
            return Verdict(VerdictKind.FAILED, f"{_why_failed(report.all_reasons).rstrip('.')} ({what}).")
        case "Completed":
            if problems := [problem.sentence for problem in problems_of(report, ())]:
                return Verdict(VerdictKind.ATTENTION, f"Job completed, but {'; '.join(problems)} ({what}).")
            return Verdict(VerdictKind.DONE, _summarize(operation))
        case "Pending" | "Processing" as status:
            return Verdict(VerdictKind.RUNNING, f"{status}, {what}.")
        case word:
            return Verdict(VerdictKind.RUNNING, f"Zuora returned “{word}”, a status that is not documented; {what}.")


def _why_failed(reasons: tuple[Reason, ...]) -> str:
    if not reasons:
        return "Job failed; Zuora gave no reason."
    first = reasons[0]
    title = advise_reason(first).title
    message = first.message or (f"code {first.code}" if first.code else "code and message are empty")
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"Job failed, {title}: {message}{more}" if title != UNNAMED else f"Job failed: {message}{more}"


def _judge_completed(report: Report, expected: Collection[str]) -> Verdict:
    problems = sorted(problems_of(report, expected), key=lambda problem: problem is not ORDER_FAILED)
    if report.result is not None and not problems:
        return Verdict(VerdictKind.DONE, _summarize(report.result))
    kind = VerdictKind.FAILED if ORDER_FAILED in problems else VerdictKind.ATTENTION
    return Verdict(kind, f"Job completed, but {'; '.join(problem.sentence for problem in problems)}.")


def _summarize(result: Result) -> str:
    match result:
        case OrderResult():
            is_completed = result.order_status == "Completed"
            title = "Order completed" if is_completed else f"Order is {result.order_status}, as expected here"
            listed = ", ".join(part for part in (_subscriptions_text(result.subscriptions), *_others(result)) if part)
            return f"{title}: {listed}." if listed else f"{title}."
        case PreviewResult():
            return f"Preview completed: {_documents_text(result)}."
        case OperationResult():
            return f"Completed, operation job: {result.title}."
        case OtherResult():
            return f"Job completed; its type ({result.job_type or 'none given'}) is not documented."
        case _:
            assert_never(result)


def _subscriptions_text(subscriptions: tuple[Subscription, ...]) -> str:
    """Return the number of subscriptions, and of those not Active: `300 subscriptions, 2 of them Suspended`."""
    total, others = len(subscriptions), count_inactive(subscriptions)
    text = _count_text(total, "subscription")
    if not others:
        return text
    if others[0][0] == total:
        return f"{text}, {'which is' if total == 1 else 'all of them'} {others[0][1]}"
    return f"{text}, {others[0][0]} of them {', '.join([others[0][1], *(f'{n} {status}' for n, status in others[1:])])}"


def _created(result: Result) -> str:
    match result:
        case OrderResult():
            created = [_short_subscriptions_text(result.subscriptions)] if result.subscriptions else _others(result)
            parts = [short_number(result.order_number or result.order_id), *created]
            status = result.order_status if result.order_status != "Completed" else "completed"
            return " · ".join(part for part in parts if part) or f"order {status}"
        case PreviewResult():
            return f"preview: {_documents_text(result)}"
        case OperationResult():
            return result.title
        case OtherResult():
            return _in_words(result.job_type) or "undocumented job type"
        case _:
            assert_never(result)


def _others(result: OrderResult) -> list[str]:
    """Return the numbers of order line items and invoices that an order created, each "" if there is none."""
    return [_count_text(len(result.order_line_items), "order line item"), _count_text(len(result.invoices), "invoice")]


def _documents_text(result: PreviewResult) -> str:
    parts = [_count_text(len(result.invoices), "invoice"), _count_text(len(result.credit_memos), "credit memo")]
    return ", ".join(part for part in parts if part) or "nothing to bill"


_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _in_words(job_type: str) -> str:
    """Return a job type of Zuora in words: `delete order` for AsyncDeleteOrder; other texts are unchanged."""
    is_name = job_type.isascii() and job_type.isalnum()
    return _CAPITAL.sub(" ", job_type.removeprefix("Async")).lower() if is_name else job_type


def _short_subscriptions_text(subscriptions: tuple[Subscription, ...]) -> str:
    """Return `4 subscriptions`, or how many of them are in another status than Active: `2 of 4 Pending Acceptance`."""
    total, others = len(subscriptions), count_inactive(subscriptions)
    if not others:
        return _count_text(total, "subscription")
    if len(others) > 1:
        return f"{sum(number for number, _ in others)} of {total} not Active"
    ((count, status),) = others
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


def _cause_of(report: Report, kind: VerdictKind, expected: Collection[str]) -> _Cause:
    """Return the cause of the verdict on a report, by which failures are distinguished and grouped."""
    if kind is VerdictKind.DONE and report.result is not None:
        return _Cause(why=shorten_to_cells(_created(report.result), WHY_CELLS))
    if kind not in {VerdictKind.FAILED, VerdictKind.ATTENTION}:
        return _Cause()
    has_failed = report.status == "Failed"
    problems = map(stated, report.all_reasons) if has_failed else problems_of(report, expected)
    _, reason, why = next(iter(problems), _NO_REASON)
    code, message = shorten(reason.code, CODE_LIMIT), shorten(reason.message, MESSAGE_CHARACTERS)
    title = advise_reason(Reason(code, message)).title
    if not why:
        why = title if title != UNNAMED else message or code or "no reason given"
    return _Cause(code, message, message_key(message), shorten_to_cells(why, WHY_CELLS))


_NO_REASON = ResultProblem("", Reason("", ""))

_WORDS_LIMIT = 8_000
_NAME_LIMIT = 200
_NUMBERS_LIMIT = 4_000
_INVOICES_LIMIT = 1_000
"""Characters of the numbers that a digest keeps; 300 subscriptions, as many as an order can have, take 3,300."""


def digest(report: Report, expected: Collection[str] = ()) -> Digest:
    """Return the digest of a report; `expected` is as in `judge`.

    Its `kind` is `order`, `preview`, `operation job` or Zuora's job type. It is empty without a result, which order
    jobs lack unless they are Completed; operation jobs always have one, and are polled at their address because of it.
    """
    status = shorten(report.status, _NAME_LIMIT)
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
        case OtherResult():
            order, account = (str(result.fields.get(key) or "") for key in ("orderNumber", "accountNumber"))
            return result.job_type, order, account
        case _:
            assert_never(result)


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
