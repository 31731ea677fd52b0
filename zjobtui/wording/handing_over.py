"""What a person takes away: the request as curl, a summary in Markdown, and many jobs as JSON, CSV or Markdown."""

import csv
import io
import json
import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING
from unicodedata import normalize

from zjobtui.domain.watch import Watch
from zjobtui.wording.jobs import problem_text
from zjobtui.wording.outline import printed
from zjobtui.wording.records import FIELDS, SCHEMA, record
from zjobtui.wording.signs import GLYPHS
from zjobtui.wording.times import stamp

if TYPE_CHECKING:
    from zjobtui.domain.observation import Seen
    from zjobtui.domain.tenant import Tenant

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet takes for a formula, in letters of any width: OWASP, CSV injection."""


def curl(tenant: "Tenant", given: str) -> str:
    """The call about a job as a shell command; the token is a variable, never itself."""
    parts = [
        "curl -sS",
        '-H "Authorization: Bearer $ZUORA_TOKEN"',
        f"-H {shlex.quote(f'Zuora-Version: {tenant.version}')}",
        shlex.quote(f"{tenant.base_url}/v1/async-jobs/{given}"),
    ]
    return " ".join(parts)


def markdown(watch: Watch, seen: "Seen | None") -> str:
    """One job for a ticket: verdict, what it made, and what Zuora's support asks for."""
    from zjobtui.wording.reports import report_lines  # noqa: PLC0415 - the first screen shows no report

    lines = [f"### {_escaped(watch.name)}: {watch.verdict.kind.value}", "", _escaped(watch.verdict.sentence), ""]
    if problem := problem_text(watch):
        lines += [_escaped(problem), ""]
    lines += [f"- Job id: `{watch.job.id.given}` (tenant {_escaped(watch.job.tenant)})"]
    lines += [f"- Added {stamp(watch.added_at)}" + (f", ended {stamp(watch.ended_at)}" if watch.ended_at else "")]
    if seen is not None:
        lines += [f"- Request id `{seen.call.request_id}`, track id `{seen.call.track_id}`, answered {stamp(seen.at)}"]
        lines += ["", "```", *(line.replace("```", "ʼʼʼ") for line in printed(report_lines(seen.report))), "```"]
    return "\n".join(lines) + "\n"


def as_json(watches: Iterable[Watch], now: float) -> str:
    """Many jobs as JSON, one object with a schema version."""
    return json.dumps({"schema": SCHEMA, "jobs": [record(w, now) for w in watches]}, ensure_ascii=False, indent=2)


def as_csv(watches: Iterable[Watch], now: float) -> str:
    """Many jobs as CSV with a heading; a cell that a spreadsheet would take for a formula is quoted as text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in record(watch, now).items()} for watch in watches)
    return out.getvalue()


def as_markdown(watches: Iterable[Watch]) -> str:
    """Many jobs as a Markdown table."""
    lines = ["| verdict | job | label | order | account | why |", "|---|---|---|---|---|---|"]
    for watch in watches:
        digest, kind = watch.digest, watch.verdict.kind
        order, account = (digest.order_number, digest.account_number) if digest else ("", "")
        sign = f"{GLYPHS[kind]} {kind.value}"
        cells = (sign, f"`{watch.job.id.given}`", watch.label, order, account, watch.verdict.sentence)
        lines.append(f"| {' | '.join(_escaped(cell) if cell != cells[1] else cell for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    text = "" if value is None else " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if normalize("NFKC", text[:1]) in _FORMULA else text


def _escaped(text: str) -> str:
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text
