"""`show`: everything known about one job."""

from collections.abc import Iterable

import click

from zjobtui.bootstrap.output import print_json
from zjobtui.cli.common import open_store_and_watchlist
from zjobtui.cli.options import AS_JSON, TENANT
from zjobtui.cli.selection import complete_jobs, resolve_stored
from zjobtui.formatting.call_info import call_lines
from zjobtui.formatting.job import about_lines, problem_text, unknown_text
from zjobtui.formatting.outline import OutlineNode, to_text
from zjobtui.formatting.records import full_record
from zjobtui.formatting.report import report_lines
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.timeline import timeline_lines


@click.command()
@click.argument("job", metavar="ID", shell_complete=complete_jobs)
@AS_JSON
@TENANT
def show(job: str, as_json: bool, tenant: str | None) -> None:
    r"""Print everything known about one job.

    Give its id, the first digits of its id, or its label; archived and removed jobs are found, too.

    \b
    Examples:
    zjobtui show 1bc24f31
    zjobtui show CS-4390 --json | jq .answer.body
    """
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, now):
        watch = resolve_stored(store, watchlist, job, tenant)
        success, history = store.last_response(watch.job), store.history(watch.job)
        if as_json:
            print_json(full_record(watch, success, history, now))
            return
        print(f"{GLYPHS[watch.verdict.kind]} {watch.verdict.kind.value} · {watch.verdict.sentence}")
        if unknown := unknown_text(watch):
            print(unknown)
        if problem := problem_text(watch):
            print(problem)
        if success is not None:
            _print_section("", report_lines(success.report))
        _print_section("Watchlist", about_lines(watch, now))
        if success is not None:
            _print_section("For Zuora support", call_lines(success.call, success.at))
        _print_section("Timeline", timeline_lines(history, now))


def _print_section(title: str, nodes: Iterable[OutlineNode]) -> None:
    lines = list(to_text(nodes))
    if lines:
        print(f"\n{title}" if title else "")
        print("\n".join(lines))
