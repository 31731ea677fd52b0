"""Many jobs as JSON, CSV or Markdown, for other programs."""

import csv
import io
import json
from collections.abc import Iterable
from unicodedata import normalize

from zjobtui.domain.watch import Watch
from zjobtui.wording.records import FIELDS, SCHEMA, record
from zjobtui.wording.signs import GLYPHS

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet takes for a formula, in letters of any width: OWASP, CSV injection."""


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
