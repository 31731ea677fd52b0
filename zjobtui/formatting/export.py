"""Jobs as CSV, JSON and Markdown; `ls` needs no more than this, so it imports no report."""

import csv
import io
import json
from collections.abc import Iterable
from unicodedata import normalize

from zjobtui.formatting.records import FIELDS, SCHEMA, record
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.models.watched_job import WatchedJob

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
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if normalize("NFKC", text[:1]) in _FORMULA else text


def escape_markdown(text: str) -> str:
    """Return the text with Markdown's special characters escaped."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text
