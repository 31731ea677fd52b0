"""Jobs as CSV, JSON and text, for files and for the clipboard."""

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
"""How a cell begins that a spreadsheet takes for a formula, in letters of any width: OWASP, CSV injection."""


def as_json(watches: Iterable[WatchedJob], now: float) -> str:
    """Many jobs as JSON, one object with a schema version."""
    return json.dumps({"schema": SCHEMA, "jobs": [record(w, now) for w in watches]}, ensure_ascii=False, indent=2)


def as_csv(watches: Iterable[WatchedJob], now: float) -> str:
    """Many jobs as CSV with a heading; a cell that a spreadsheet would take for a formula is quoted as text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in record(watch, now).items()} for watch in watches)
    return out.getvalue()


def as_markdown(watches: Iterable[WatchedJob]) -> str:
    """Many jobs as a Markdown table."""
    lines = ["| verdict | job | label | order | account | why |", "|---|---|---|---|---|---|"]
    for watch in watches:
        digest, kind = watch.digest, watch.verdict.kind
        order, account = (digest.order_number, digest.account_number) if digest else ("", "")
        sign = f"{GLYPHS[kind]} {kind.value}"
        cells = (sign, f"`{watch.job.id.given}`", watch.label, order, account, watch.verdict.sentence)
        lines.append(f"| {' | '.join(escaped(cell) if cell != cells[1] else cell for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    text = "" if value is None else " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if normalize("NFKC", text[:1]) in _FORMULA else text


def escaped(text: str) -> str:
    """Return the text with what Markdown acts on escaped."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text


def clipboard_texts(watches: Sequence[WatchedJob], seen: "Success | None", tenant: "Tenant | None") -> dict[str, str]:
    """Texts by what they are: of several jobs their ids and a table, of one all there is; `seen` is of the first."""
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
        "error": "\n".join(_errors(seen)) if seen else "",
        "for Zuora support": _for_support(watch, seen) if seen else "",
        "Markdown summary": markdown(watch, seen),
        "request id": seen.call.request_id if seen else "",
        "raw answer": seen.report.raw if seen else "",
        "curl": curl(tenant, watch.job.id.given) if tenant else "",
    }
    return {name: text for name, text in texts.items() if text}


def markdown(watch: WatchedJob, seen: "Success | None") -> str:
    """One job for a ticket: verdict, what it made, and what Zuora's support asks for."""
    lines = [f"### {escaped(watch.name)}: {watch.verdict.kind.value}", "", escaped(watch.verdict.sentence), ""]
    if problem := problem_text(watch):
        lines += [escaped(problem), ""]
    lines += [f"- Job id: `{watch.job.id.given}` (tenant {escaped(watch.job.tenant)})"]
    lines += [f"- Added {stamp(watch.added_at)}" + (f", ended {stamp(watch.ended_at)}" if watch.ended_at else "")]
    if seen is not None:
        lines += [f"- Request id `{seen.call.request_id}`, track id `{seen.call.track_id}`, answered {stamp(seen.at)}"]
        lines += ["", "```", *(line.replace("```", "ʼʼʼ") for line in to_text(report_lines(seen.report))), "```"]
    return "\n".join(lines) + "\n"


def _for_support(watch: WatchedJob, seen: "Success") -> str:
    """What went wrong, the job, and the ids of the call."""
    errors = _errors(seen) or [watch.verdict.sentence]
    return "\n".join([*errors, f"job id {watch.job.id.given}", support_text(seen.call, seen.at)])


def _errors(seen: "Success") -> list[str]:
    """The codes and messages as Zuora wrote them."""
    inner = seen.report.result.reasons if seen.report.result else ()
    return [str(reason) for reason in (*seen.report.reasons, *inner)]
