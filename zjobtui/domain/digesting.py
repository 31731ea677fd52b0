"""Makes the digest of a report."""

from functools import lru_cache

from zjobtui.domain.digest import Digest
from zjobtui.domain.judging import judge
from zjobtui.domain.report import OrderResult, PreviewResult, Report
from zjobtui.domain.text import shorten

_WORDS_LIMIT = 8_000


def digest(report: Report) -> Digest:
    """The digest of a report; `kind` is `order`, `preview`, the job type as Zuora wrote it, or empty while running."""
    if report.result is None and not report.reasons:
        return _bare(report.status)
    verdict, result = judge(report), report.result
    words = shorten(" ".join(_words(report)), _WORDS_LIMIT)
    match result:
        case None:
            return Digest(report.status, verdict, words=words)
        case OrderResult():
            order, account = result.order_number or result.order_id, result.account_number or result.account_id
            return Digest(report.status, verdict, "order", order, account, words)
        case PreviewResult():
            return Digest(report.status, verdict, "preview", words=words)
        case _:
            order, account = (str(result.fields.get(key) or "") for key in ("orderNumber", "accountNumber"))
            return Digest(report.status, verdict, result.job_type, order, account, words)


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
