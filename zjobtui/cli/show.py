"""`show`: everything known about one job."""

import json
import sys
from collections.abc import Iterable

import click

from zjobtui.bootstrap.output import OK
from zjobtui.cli import common
from zjobtui.cli.common import complete_jobs, open_store_and_watchlist
from zjobtui.cli.options import AS_JSON, TENANT
from zjobtui.formatting.call_info import call_lines
from zjobtui.formatting.job import about_lines, problem_text
from zjobtui.formatting.outline import OutlineNode, to_text
from zjobtui.formatting.records import full_record
from zjobtui.formatting.report import report_lines
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.timeline import timeline_lines
from zjobtui.models.watched_job import WatchedJob
from zjobtui.storage.store import Store


def print_job(store: Store, watch: WatchedJob, now: float, *, as_json: bool) -> int:
    """Prints all that is known of one job."""
    seen, timeline = store.last_response(watch.job), store.history(watch.job)
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


def _print_part(title: str, lines: Iterable[OutlineNode]) -> None:
    text = list(to_text(lines))
    if text:
        print(f"\n{title}" if title else "")
        print("\n".join(text))


@click.command()
@click.argument("job", metavar="ID", shell_complete=complete_jobs)
@AS_JSON
@TENANT
def show(job: str, as_json: bool, tenant: str | None) -> None:
    r"""Print all that is known of one job: an id, its beginning, or a label; archived and removed ones too.

    \b
    Examples:
    zjobtui show 1bc24f31
    zjobtui show CS-4390 --json | jq .answer.body
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        watch = common.resolve_one_of(store, watchlist, job, tenant)
        sys.exit(print_job(store, watch, now, as_json=as_json))
