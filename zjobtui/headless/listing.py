"""Prints the watchlist and one job of it, and takes jobs off."""

import json
from collections.abc import Iterable, Sequence

from zjobtui.domain.job import Job
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.headless.saying import OK, SOME_REFUSED, USAGE, complain, find, not_one
from zjobtui.storage.store import Store
from zjobtui.wording.cells import fit
from zjobtui.wording.jobs import about_lines, problem_text, when
from zjobtui.wording.outline import Line, printed
from zjobtui.wording.records import SCHEMA, full_record, record
from zjobtui.wording.reports import report_lines
from zjobtui.wording.requests import call_lines
from zjobtui.wording.signs import GLYPHS, WORDS, plural
from zjobtui.wording.timelines import timeline_lines


def ls(watchlist: Watchlist, now: float, *, as_json: bool) -> int:
    """Prints the watchlist."""
    if as_json:
        print(json.dumps({"schema": SCHEMA, "jobs": [record(watch, now) for watch in watchlist]}, ensure_ascii=False))
        return OK
    for watch in watchlist:
        print(_row(watch, now))
    if not len(watchlist):
        complain("The watchlist is empty. Add jobs with: zjobtui add ID…")
    return OK


def show(store: Store, watchlist: Watchlist, text: str, now: float, *, as_json: bool) -> int:
    """Prints all that is known of one job."""
    found = find(watchlist, text)
    if len(found) != 1:
        complain(not_one(text, found))
        return USAGE
    watch = found[0]
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


def rm(store: Store, watchlist: Watchlist, texts: Sequence[str], now: float) -> int:
    """Takes jobs off the watchlist; what is known of them stays on disk and comes back when they are added again."""
    gone: list[Job] = []
    status = OK
    for text in texts:
        found = find(watchlist, text)
        if len(found) == 1:
            gone.append(found[0].job)
        else:
            complain(not_one(text, found))
            status = SOME_REFUSED
    if not gone:
        return USAGE
    change = watchlist.remove(gone, now)
    store.apply(change)
    print(f"{plural(len(change.removed), 'job')} removed; `zjobtui add` brings one back with all that was known of it.")
    return status


def _row(watch: Watch, now: float) -> str:
    kind, digest = watch.verdict.kind, watch.digest
    cells = (
        fit(f"{GLYPHS[kind]} {WORDS[kind]}", 12),
        fit(watch.job.id.given, 36),
        fit(watch.label, 24),
        fit((digest.order_number or digest.kind) if digest else "", 14),
        fit(digest.account_number if digest else "", 12),
        when(watch, now).text,
    )
    return "  ".join(cells).rstrip()


def _print_part(title: str, lines: Iterable[Line]) -> None:
    text = list(printed(lines))
    if text:
        print(f"\n{title}" if title else "")
        print("\n".join(text))
