"""Prints the watchlist and one job of it."""

import json
import sys
from collections.abc import Iterable, Sequence

from zjobtui.domain.watch import Watch
from zjobtui.headless.saying import OK, complain
from zjobtui.storage.store import Store
from zjobtui.wording.cells import fit
from zjobtui.wording.jobs import about_lines, problem_text, when
from zjobtui.wording.outline import Line, printed
from zjobtui.wording.records import SCHEMA, full_record, record
from zjobtui.wording.reports import report_lines
from zjobtui.wording.requests import call_lines
from zjobtui.wording.signs import GLYPHS, WORDS
from zjobtui.wording.timelines import timeline_lines


def hand_over(watches: Sequence[Watch], now: float, *, as_csv: bool) -> int:
    """Prints watches for other programs."""
    if as_csv:
        from zjobtui.wording import handing_over  # noqa: PLC0415 - few lists go to a spreadsheet

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


def show(store: Store, watch: Watch, now: float, *, as_json: bool) -> int:
    """Prints all that is known of one job."""
    seen, timeline = store.seen(watch.job), store.timeline(watch.job)
    if as_json:
        print(json.dumps(full_record(watch, seen, timeline, now), ensure_ascii=False))
        return OK
    print(f"{GLYPHS[watch.verdict.kind]} {watch.verdict.kind.value} · {watch.verdict.sentence}")
    if problem := problem_text(watch):
        print(problem)
    if seen is not None:
        _print_part("", report_lines(seen.report))
    _print_part("Watch", about_lines(watch, now))
    if seen is not None:
        _print_part("For Zuora support", call_lines(seen.call, seen.at))
    _print_part("Timeline", timeline_lines(timeline, now))
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


def _print_part(title: str, lines: Iterable[Line]) -> None:
    text = list(printed(lines))
    if text:
        print(f"\n{title}" if title else "")
        print("\n".join(text))
