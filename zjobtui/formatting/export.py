"""Jobs as CSV, JSON and Markdown, for files and for the clipboard."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from unicodedata import normalize

from zjobtui.formatting.call_info import curl, support_text
from zjobtui.formatting.job import problem_text
from zjobtui.formatting.outline import to_text
from zjobtui.formatting.records import FIELDS, SCHEMA, record
from zjobtui.formatting.report import report_lines
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.times import stamp
from zjobtui.models.watched_job import WatchedJob

if TYPE_CHECKING:
    from zjobtui.models.observation import Success
    from zjobtui.models.tenant import Tenant

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters of a cell that a spreadsheet takes for a formula (OWASP, CSV injection), after NFKC normalization.
"""


def as_json(watches: Iterable[WatchedJob], now: float) -> str:
    """Return jobs as JSON, one object with a schema version."""
    return json.dumps({"schema": SCHEMA, "jobs": [record(w, now) for w in watches]}, ensure_ascii=False, indent=2)


def as_csv(watches: Iterable[WatchedJob], now: float) -> str:
    """Return jobs as CSV with a header; a cell that looks like a formula gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in record(watch, now).items()} for watch in watches)
    return out.getvalue()


def as_markdown(watches: Iterable[WatchedJob]) -> str:
    """Return jobs as a Markdown table."""
    lines = ["| verdict | job | label | order | account | why |", "|---|---|---|---|---|---|"]
    for watch in watches:
        digest, kind = watch.digest, watch.verdict.kind
        order, account = (digest.order_number, digest.account_number) if digest else ("", "")
        sign = f"{GLYPHS[kind]} {kind.value}"
        cells = (sign, f"`{watch.job.id.given}`", watch.label, order, account, watch.verdict.sentence)
        lines.append(f"| {' | '.join(escape_markdown(cell) if cell != cells[1] else cell for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    text = "" if value is None else " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if normalize("NFKC", text[:1]) in _FORMULA else text


def escape_markdown(text: str) -> str:
    """Return the text with Markdown's special characters escape_markdown."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text


def clipboard_texts(
    watches: Sequence[WatchedJob], success: "Success | None", tenant: "Tenant | None"
) -> dict[str, str]:
    """Return what can be copied, by name: ids, numbers and a table of several jobs; all details of one.

    `success` is the last successful observation of the first job.
    """
    ids = "\n".join(watch.job.id.given for watch in watches)
    if len(watches) > 1:
        digests = [watch.digest for watch in watches if watch.digest]
        orders = dict.fromkeys(digest.order_number for digest in digests if digest.order_number)
        accounts = dict.fromkeys(digest.account_number for digest in digests if digest.account_number)
        many = {"job ids": ids, "order numbers": "\n".join(orders), "account numbers": "\n".join(accounts)}
        return {name: text for name, text in {**many, "Markdown table": as_markdown(watches)}.items() if text}
    watch = watches[0]
    texts = {
        "job id": ids,
        "order number": watch.digest.order_number if watch.digest else "",
        "account number": watch.digest.account_number if watch.digest else "",
        "verdict": f"{watch.verdict.kind.value}: {watch.verdict.sentence}",
        "error": "\n".join(_error_texts(success)) if success else "",
        "details for Zuora support": _support_text(watch, success) if success else "",
        "Markdown summary": markdown(watch, success),
        "request id": success.call.request_id if success else "",
        "raw response": success.report.raw if success else "",
        "curl": curl(tenant, watch.job.id.given) if tenant else "",
    }
    return {name: text for name, text in texts.items() if text}


def markdown(watch: WatchedJob, success: "Success | None") -> str:
    """Return one job as Markdown for a ticket: verdict, results, and the ids for Zuora support."""
    lines = [
        f"### {escape_markdown(watch.name)}: {watch.verdict.kind.value}",
        "",
        escape_markdown(watch.verdict.sentence),
        "",
    ]
    if problem := problem_text(watch):
        lines += [escape_markdown(problem), ""]
    lines += [f"- Job id: `{watch.job.id.given}` (tenant {escape_markdown(watch.job.tenant)})"]
    lines += [f"- Added {stamp(watch.added_at)}" + (f", ended {stamp(watch.ended_at)}" if watch.ended_at else "")]
    if success is not None:
        ids = f"Request id `{success.call.request_id}`, track id `{success.call.track_id}`"
        lines += [f"- {ids}, response {stamp(success.at)}"]
        lines += ["", "```", *(line.replace("```", "ʼʼʼ") for line in to_text(report_lines(success.report))), "```"]
    return "\n".join(lines) + "\n"


def _support_text(watch: WatchedJob, success: "Success") -> str:
    """Return the errors, the job id and the ids of the call."""
    errors = _error_texts(success) or [watch.verdict.sentence]
    return "\n".join([*errors, f"job id {watch.job.id.given}", support_text(success.call, success.at)])


def _error_texts(success: "Success") -> list[str]:
    """Return the error codes and messages from Zuora."""
    inner = success.report.result.reasons if success.report.result else ()
    return [str(reason) for reason in (*success.report.reasons, *inner)]
