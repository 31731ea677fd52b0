"""Prints the watchlist and one job of it."""

import json
import sys
from collections.abc import Sequence

from zjobtui.domain.watch import Watch
from zjobtui.headless.saying import OK, complain
from zjobtui.wording import handing_over
from zjobtui.wording.cells import fit
from zjobtui.wording.jobs import when
from zjobtui.wording.records import SCHEMA, record
from zjobtui.wording.signs import GLYPHS, WORDS


def hand_over(watches: Sequence[Watch], now: float, *, as_csv: bool) -> int:
    """Prints watches for other programs."""
    if as_csv:
        sys.stdout.write(handing_over.as_csv(watches, now))
    else:
        print(json.dumps({"schema": SCHEMA, "jobs": [record(watch, now) for watch in watches]}, ensure_ascii=False))
    return OK


def ls(watches: Sequence[Watch], now: float, *, is_all: bool) -> int:
    """Prints watches for people; where there are none, `is_all` says that the watchlist itself is empty."""
    for watch in watches:
        print(row(watch, now))
    if not watches:
        complain("The watchlist is empty. Add jobs with: zjobtui add ID…" if is_all else "There is no such job.")
    return OK


def row(watch: Watch, now: float, remark: str = "") -> str:
    """A watch in one line: verdict, id, label, order or kind, account, time, and a remark."""
    kind, digest = watch.verdict.kind, watch.digest
    cells = (
        fit(f"{GLYPHS[kind]} {WORDS[kind]}", 12),
        fit(watch.job.id.given, 36),
        fit(watch.label, 24),
        fit((digest.order_number or digest.kind) if digest else "", 14),
        fit(digest.account_number if digest else "", 12),
        " · ".join(part for part in (when(watch, now).text, remark) if part),
    )
    return "  ".join(cells).rstrip()
