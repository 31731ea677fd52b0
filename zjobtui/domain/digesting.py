"""Makes the digest of a report."""

from functools import lru_cache

from zjobtui.domain.digest import Digest
from zjobtui.domain.judging import judge
from zjobtui.domain.report import OrderResult, PreviewResult, Report, Result
from zjobtui.domain.text import shorten

_WORDS_LIMIT = 8_000
_NAME_LIMIT = 200


def digest(report: Report) -> Digest:
    """The digest of a report; `kind` is `order`, `preview`, the job type as Zuora wrote it, or empty while running."""
    status = shorten(report.status, _NAME_LIMIT)
    if report.result is None and not report.reasons:
        return _bare(status)
    kind, order, account = (shorten(name, _NAME_LIMIT) for name in _about(report.result))
    words = shorten(" ".join(_words(report)), _WORDS_LIMIT)
    return Digest(status, judge(report), kind, order, account, words)


def _about(result: Result | None) -> tuple[str, str, str]:
    match result:
        case None:
            return "", "", ""
        case OrderResult():
            return "order", result.order_number or result.order_id, result.account_number or result.account_id
        case PreviewResult():
            return "preview", "", ""
        case _:
            order, account = (str(result.fields.get(key) or "") for key in ("orderNumber", "accountNumber"))
            return result.job_type, order, account


@lru_cache(maxsize=256)
def _bare(status: str) -> Digest:
    return Digest(status, judge(Report(status=status)))


def _words(report: Report) -> list[str]:
    words = [str(reason) for reason in report.reasons]
    result = report.result
    if isinstance(result, OrderResult):
        words += [subscription.number or subscription.id for subscription in result.subscriptions]
        words += [*result.invoices, *result.credit_memos, result.payment.number, result.payment.id]
        words += [item.number or item.id for item in result.order_line_items]
    return [word for word in words if word]
