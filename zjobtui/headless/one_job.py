"""Prints all that is known of one job."""

import json
from collections.abc import Iterable

from zjobtui.domain.watch import Watch
from zjobtui.headless.saying import OK
from zjobtui.storage.store import Store
from zjobtui.wording.jobs import about_lines, problem_text
from zjobtui.wording.outline import Line, printed
from zjobtui.wording.records import full_record
from zjobtui.wording.reports import report_lines
from zjobtui.wording.requests import call_lines
from zjobtui.wording.signs import GLYPHS
from zjobtui.wording.timelines import timeline_lines


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


def _print_part(title: str, lines: Iterable[Line]) -> None:
    text = list(printed(lines))
    if text:
        print(f"\n{title}" if title else "")
        print("\n".join(text))
