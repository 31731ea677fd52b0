"""Parser: turns whatever was received into a report or a problem; never raises, and all text it returns is clean."""

from functools import lru_cache

from zjobtui.models.json_value import Json
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.reason import Category, Reason
from zjobtui.models.report import Report
from zjobtui.models.text import clean, clean_lines, shorten
from zjobtui.zuora.json_reader import Fields, NotReadableError, decode, read_object
from zjobtui.zuora.results import read_result

SHORT = 256
"""Bytes of a response up to which its parsed form is cached: all running jobs get the same few responses."""

_BY_CATEGORY = {
    Category.PERMISSION: ProblemKind.FORBIDDEN,
    Category.AUTHENTICATION: ProblemKind.SIGNED_OUT,
    Category.NOT_FOUND: ProblemKind.NOT_FOUND,
    Category.LIMIT: ProblemKind.THROTTLED,
    Category.LOCK: ProblemKind.SERVER_ERROR,
    Category.INTERNAL: ProblemKind.SERVER_ERROR,
    Category.TEMPORARY: ProblemKind.SERVER_ERROR,
    Category.INTEGRATION: ProblemKind.SERVER_ERROR,
}
_BY_HTTP_STATUS = {
    401: ProblemKind.SIGNED_OUT,
    403: ProblemKind.FORBIDDEN,
    429: ProblemKind.THROTTLED,
}


def read_response(http_status: int, body: bytes, location: str = "") -> Report | Problem:
    """Parse a response of `GET /v1/async-jobs/{jobId}`.

    Both of Zuora's error styles (an HTTP status, or 200 with `success: false`) are treated alike. A response is a
    report only if it is a JSON object with a text `status` and no sign of failure.
    """
    read = _read_short if len(body) <= SHORT else _read
    return read(http_status, body, location)


def _read(http_status: int, body: bytes, location: str) -> Report | Problem:
    if 300 <= http_status < 400:
        return Problem(ProblemKind.REDIRECTED, f"HTTP {http_status} to {shorten(clean(location), 200) or 'nowhere'}")
    try:
        fields = read_object(body)
    except NotReadableError as fault:
        return _unreadable(http_status, str(fault))
    if fields.get("success") is False or not 200 <= http_status < 300:
        return _read_refusal(http_status, Fields(fields))
    status, success = fields.get("status"), fields.get("success")
    if not isinstance(status, str) or not status.strip() or not (success is None or success is True):
        return _unreadable(http_status, "JSON, but not a response about a job")
    return _read_report(fields, decode(body))


_read_short = lru_cache(maxsize=64)(_read)


def read_report(raw: str) -> Report | None:
    """Return the report in a stored body, or None if it is not one."""
    report = read_response(200, raw.encode("utf-8", errors="replace"))
    return report if isinstance(report, Report) else None


def read_process_id(body: bytes) -> str:
    """Return the `processId` of a refusal, which Zuora's support asks for; empty if there is none."""
    try:
        return Fields(read_object(body)).text("processId")
    except NotReadableError:
        return ""


def _read_report(fields: dict[str, Json], text: str) -> Report:
    body = Fields(fields)
    body.boolean("success")
    status, reasons = body.text("status"), body.reasons("errors")
    result = read_result(body.pop_many(["result"]).get("result"))
    raw = clean_lines(text.replace("\r\n", "\n").replace("\r", "\n"))
    return Report(status=status, reasons=reasons, result=result, rest=body.remaining(), raw=raw)


def _read_refusal(http_status: int, fields: Fields) -> Problem:
    reasons = fields.reasons("reasons") or fields.reasons("errors") or _plain_reason(fields)
    reason = reasons[0] if reasons else Reason("", "")
    kind = _BY_CATEGORY.get(reason.category) or _by_status(http_status)
    detail = shorten(reason.message, 500) or f"HTTP {http_status} without a reason"
    return Problem(kind, detail, reason.code)


def _plain_reason(fields: Fields) -> tuple[Reason, ...]:
    code, message = fields.text("code"), fields.text("message")
    return (Reason(code, message),) if code or message else ()


def _by_status(http_status: int) -> ProblemKind:
    if http_status >= 500:
        return ProblemKind.SERVER_ERROR
    return _BY_HTTP_STATUS.get(http_status, ProblemKind.REFUSED)


def _unreadable(http_status: int, what: str) -> Problem:
    if 200 <= http_status < 300:
        return Problem(ProblemKind.UNREADABLE, f"HTTP {http_status}, {what}")
    kind = _by_status(http_status)
    return Problem(ProblemKind.UNREADABLE if kind is ProblemKind.REFUSED else kind, f"HTTP {http_status}, {what}")
