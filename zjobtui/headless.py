"""The commands that print: a second front end over the same core, proof that no screen is needed."""

import json
import sys
from collections.abc import Iterable, Sequence

from zjobtui.domain.job import InvalidJobIdError, Job, JobId, find_job_ids
from zjobtui.domain.text import clean, shorten
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Watchlist
from zjobtui.storage.store import Store
from zjobtui.wording.cells import fit
from zjobtui.wording.jobs import about_lines, problem_text, when
from zjobtui.wording.outline import Line, printed
from zjobtui.wording.records import SCHEMA, full_record, record
from zjobtui.wording.reports import report_lines
from zjobtui.wording.requests import call_lines
from zjobtui.wording.signs import GLYPHS, WORDS, plural
from zjobtui.wording.timelines import timeline_lines

OK, SOME_REFUSED, USAGE = 0, 1, 2
"""Exit statuses: done; done in part, what was refused is named; nothing done."""


def parse_ids(arguments: Sequence[str]) -> tuple[list[JobId], list[str]]:
    """The ids among arguments, and a sentence for each that is none."""
    ids, refused = [], []
    for argument in arguments:
        try:
            ids.append(JobId.parse(argument))
        except InvalidJobIdError as fault:
            refused.append(str(fault))
    return ids, refused


def add(store: Store, watchlist: Watchlist, watches: Sequence[Watch], refused: Sequence[str]) -> int:
    """Watches jobs, says how many were new, known and refused, and gives the exit status."""
    change = watchlist.add(watches, store.recall(watch.job for watch in watches))
    if change.added:
        store.apply(change)
    for sentence in refused:
        _complain(sentence)
    if not watches:
        if not refused:
            _complain("No job id was found.")
        return USAGE
    known = len({watch.job for watch in watches}) - len(change.added)
    print(f"{plural(len(change.added), 'job')} added, {known} known, {len(refused)} refused.")
    return SOME_REFUSED if refused else OK


def read_text(text: str) -> tuple[list[JobId], list[str]]:
    """The ids in any text, and a sentence for each word that looks like a broken one."""
    found = find_job_ids(text)
    return list(found.ids), [f"“{word}” looks like a job id, but is none." for word in found.refused]


def ls(watchlist: Watchlist, now: float, *, as_json: bool) -> int:
    """Prints the watchlist."""
    if as_json:
        print(json.dumps({"schema": SCHEMA, "jobs": [record(watch, now) for watch in watchlist]}, ensure_ascii=False))
        return OK
    for watch in watchlist:
        print(_row(watch, now))
    if not len(watchlist):
        _complain("The watchlist is empty. Add jobs with: zjobtui add ID…")
    return OK


def show(store: Store, watchlist: Watchlist, text: str, now: float, *, as_json: bool) -> int:
    """Prints all that is known of one job."""
    found = _find(watchlist, text)
    if len(found) != 1:
        _complain(_not_one(text, found))
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
        found = _find(watchlist, text)
        if len(found) == 1:
            gone.append(found[0].job)
        else:
            _complain(_not_one(text, found))
            status = SOME_REFUSED
    if not gone:
        return USAGE
    change = watchlist.remove(gone, now)
    store.apply(change)
    print(f"{plural(len(change.removed), 'job')} removed; `zjobtui add` brings one back with all that was known of it.")
    return status


def _find(watchlist: Watchlist, text: str) -> list[Watch]:
    """The watches that a person means: by whole id, by label, or by the first six or more digits of the id."""
    wanted = text.strip()
    key = wanted.replace("-", "").lower()
    exact = [watch for watch in watchlist if watch.job.id.key == key or (watch.label and watch.label == wanted)]
    if exact or len(key) < 6:
        return exact
    return [watch for watch in watchlist if watch.job.id.key.startswith(key)]


def _not_one(text: str, found: Sequence[Watch]) -> str:
    shown = shorten(clean(text), 60)
    if found:
        return f"“{shown}” means {len(found)} jobs; give more of the id."
    return f"“{shown}” is not on the watchlist."


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


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)
