"""Jobs as CSV, JSON and Markdown; `ls` needs no more than this, so it imports no report."""

import csv
import io
import json
from collections.abc import Iterable
from unicodedata import normalize

from zjobtui.formatting.records import RECORD_FIELDS, RECORD_SCHEMA, record
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.times import stamp
from zjobtui.models.watched_job import WatchedJob

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters of a cell that a spreadsheet takes for a formula (OWASP, CSV injection), after NFKC normalization.
"""


def as_json(watches: Iterable[WatchedJob], now: float) -> str:
    """Return jobs as JSON, one object with a schema version."""
    return json.dumps(
        {"schema": RECORD_SCHEMA, "jobs": [record(w, now) for w in watches]}, ensure_ascii=False, indent=2
    )


def as_csv(watches: Iterable[WatchedJob], now: float) -> str:
    """Return jobs as CSV with a header; a cell that looks like a formula gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, RECORD_FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in record(watch, now).items()} for watch in watches)
    return out.getvalue()


def as_markdown(watches: Iterable[WatchedJob]) -> str:
    """Return jobs as a Markdown table."""
    of_report = ("order", "account", "why")
    columns = ("verdict", "job", "label", "tenant", *of_report, "added", "ended", "tags", "batch", "note")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for watch in watches:
        digest, kind = watch.digest, watch.verdict.kind
        order, account = (digest.order_number, digest.account_number) if digest else ("", "")
        sign = f"{GLYPHS[kind]} {kind.value}"
        job_id, ended = f"`{watch.job.id.given}`", stamp(watch.ended_at) if watch.ended_at else ""
        of_job = (watch.label, watch.job.tenant, order, account, watch.verdict.sentence)
        texts = (*of_job, stamp(watch.added_at), ended, ", ".join(watch.tags), watch.batch, watch.note)
        lines.append(f"| {' | '.join((sign, job_id, *map(escape_markdown, texts)))} |")
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if normalize("NFKC", text[:1]) in _FORMULA else text


def escape_markdown(text: str) -> str:
    """Return the text with Markdown's special characters escaped."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text
