"""The cause of a verdict: code, message and a few words, by which failures can be told apart and grouped."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zjobtui.models.advice import advise_reason
from zjobtui.models.digest import WHY_CELLS
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.reason import Reason
from zjobtui.models.report import OperationResult, OrderResult, OtherResult, PreviewResult, Report, Result, Subscription
from zjobtui.models.text import fit_cells, shorten
from zjobtui.models.verdict import Kind

MESSAGE_LIMIT = 500
"""Characters of the message that a digest keeps."""

KEY_LIMIT = 160
"""Characters of a message key."""

CODE_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Cause:
    """The fields of the same names in `Digest`."""

    code: str = ""
    message: str = ""
    message_key: str = ""
    why: str = ""


def count_by_status(subscriptions: Iterable[Subscription]) -> tuple[tuple[int, str], ...]:
    """Count subscriptions by status, Active first, then in order of appearance: `((298, "Active"), (2, …))`."""
    counts = Counter(subscription.status or "no status given" for subscription in subscriptions)
    ordered = sorted(counts, key=lambda status: status != "Active")
    return tuple((counts[status], status) for status in ordered)


def cause_of(report: Report, kind: Kind) -> Cause:
    """Return the cause of the verdict on a report."""
    match kind:
        case Kind.FAILED | Kind.ATTENTION:
            return _problem_of(report)
        case Kind.DONE if report.result is not None:
            return Cause(why=fit_cells(_created(report.result), WHY_CELLS))
        case _:
            return Cause()


def _problem_of(report: Report) -> Cause:
    reason, why = next(_problems(report), (Reason("", ""), ""))
    code, message = shorten(reason.code, CODE_LIMIT), shorten(reason.message, MESSAGE_LIMIT)
    title = advise_reason(Reason(code, message)).title
    if not why:
        why = title if title != "error" else message or code or "no reason given"
    return Cause(code, message, message_key(message), fit_cells(why, WHY_CELLS))


def _problems(report: Report) -> Iterator[tuple[Reason, str]]:
    """Yield what is wrong, the most telling first: the reason, and a few words if its title does not say enough.

    The table of advice knows the texts that are not Zuora's.
    """
    result = report.result
    yield from ((reason, "") for reason in report.reasons)
    if report.status == "Failed":
        yield from ((reason, "") for reason in (result.reasons if result else ()))
        return
    if result is None:
        yield Reason("", "The response contains no result"), ""
        return
    if isinstance(result, OrderResult) and result.order_status not in {"Completed", "Failed"}:
        yield _order_problem(result)
    yield from ((reason, "") for reason in result.reasons)
    if isinstance(result, OrderResult):
        yield from _order_parts(result)
    elif isinstance(result, OtherResult):
        yield from _other_parts(result)
    if result.success is False:
        yield Reason("", "The result says that it was not successful"), ""
    if result.malformed:
        names = ", ".join(dict.fromkeys(result.malformed))
        yield Reason("", f"Some fields have an unexpected form: {names}"), f"unexpected form: {names}"


def _order_problem(result: OrderResult) -> tuple[Reason, str]:
    status = result.order_status
    if not status:
        return Reason("", "The response does not give the order's status"), ""
    why, total = f"order {status}", len(result.subscriptions)
    if any(subscription.status for subscription in result.subscriptions):
        count, first = count_by_status(result.subscriptions)[0]
        why = f"{why}: {count} of {total} {first}"
    return Reason("", f"The order is {status}"), why


def _order_parts(result: OrderResult) -> Iterator[tuple[Reason, str]]:
    payment = result.payment
    if payment.is_in_error:
        error = payment.error_message or payment.error_code or "no reason given"
        yield Reason(payment.error_code, f"The payment is in error: {error}"), ""
    if result.order_status == "Failed":
        yield Reason("", "The order Failed"), ""
    for refund in result.refunds:
        if refund.status not in {"Success", ""}:
            yield Reason("", f"The refund is in status {refund.status}"), ""
    for write_off in result.write_offs:
        if write_off.status not in {"Success", ""}:
            failed = f": {write_off.failed_reason}" if write_off.failed_reason else ""
            yield Reason("", f"The write-off is in status {write_off.status}{failed}"), ""


def _other_parts(result: OtherResult) -> Iterator[tuple[Reason, str]]:
    if not result.job_type and result.fields.keys() <= {"result"}:
        yield Reason("", "The result is empty or cannot be read"), ""
    status = result.fields.get("status")
    if status not in (None, "", "Completed", "Success"):
        yield Reason("", f"The result is in status {status}"), f"result in status {status}"


def _created(result: Result) -> str:
    match result:
        case OrderResult():
            parts = [_short_id(result.order_number or result.order_id), _subscriptions(result.subscriptions)]
            if not result.subscriptions:
                parts += [
                    count_text(len(result.order_line_items), "order line item"),
                    count_text(len(result.invoices), "invoice"),
                ]
            return " · ".join(part for part in parts if part) or "order completed"
        case PreviewResult():
            parts = [
                count_text(len(result.invoices), "invoice"),
                count_text(len(result.credit_memos), "credit memo"),
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
        return count_text(total, "subscription")
    if len(odd) > 1:
        return f"{odd.total()} of {total} not Active"
    ((status, count),) = odd.items()
    return f"{count_text(total, 'subscription')} {status}" if count == total else f"{count} of {total} {status}"


def count_text(number: int, noun: str) -> str:
    """Return `1 invoice`, `2 invoices`, or "" for none."""
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


_QUOTED = lazy_pattern(
    r"\"[^\"]*(?:\"|$)|“[^”]*(?:”|$)|(?<!\w)'[^']*(?:'(?!\w)|$)|(?<!\w)‘[^’]*(?:’(?!\w)|$)|«[^»]*(?:»|$)|「[^」]*(?:」|$)"
)
_WORD = re.compile(r"[0-9A-Za-z_]+")
_NUMBERS = re.compile(r"#(?:[-./:,+]*#)+")
_HEX = frozenset("0123456789abcdef")


def message_key(message: str) -> str:
    """Return a message without what differs from job to job: quoted text, ids, numbers and dates.

    `Rate plan "Gold" is not effective on the contract effective date of 03/12/2025.` becomes
    `rate plan … is not effective on the contract effective date of #`.
    """
    text = _QUOTED.sub("…", message[:MESSAGE_LIMIT].casefold())
    text = _NUMBERS.sub("#", _WORD.sub(_without_numbers, text))
    return shorten(" ".join(text.split()).rstrip(" .,;:!"), KEY_LIMIT)


def _without_numbers(match: re.Match[str]) -> str:
    word = match.group()
    is_id = len(word) >= 16 and _HEX.issuperset(word)
    return "#" if is_id or any(character.isdigit() for character in word) else word
