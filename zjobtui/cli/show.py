"""`show`: everything known about one job."""

import sys
from collections.abc import Iterable

import click
from msgspec import Struct

from zjobtui.bootstrap.output import OK, print_error, print_json
from zjobtui.cli.common import load_valid_configuration, open_store_and_watchlist, read_stored_details
from zjobtui.cli.lookup import exit_status, limit_of_a_kind, print_results, read_all
from zjobtui.cli.options import AS_JSON, TENANT
from zjobtui.cli.selection import complete_jobs, resolve_stored
from zjobtui.formatting.call_info import call_lines
from zjobtui.formatting.job import about_lines, problem_text, unknown_text
from zjobtui.formatting.outline import OutlineNode, to_text
from zjobtui.formatting.records import full_record
from zjobtui.formatting.related_records import related_record
from zjobtui.formatting.report import report_lines
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.timeline import timeline_lines
from zjobtui.models.advice import advise
from zjobtui.models.observation import Success
from zjobtui.models.related import ReadResult, References
from zjobtui.models.watched_job import WatchedJob
from zjobtui.storage.store import Store


@click.command()
@click.argument("job", metavar="ID", shell_complete=complete_jobs)
@click.option("--related", is_flag=True, help="Also read the order, and what the job created, from Zuora.")
@AS_JSON
@TENANT
def show(job: str, related: bool, as_json: bool, tenant: str | None) -> None:
    r"""Print everything known about one job.

    Give its id, the first digits of its id, or its label; archived and removed jobs are found, too. With --related,
    the objects that its result names are read from Zuora, at most ten of each kind; the exit statuses are those of
    `lookup`.

    \b
    Examples:
    zjobtui show 1bc24f31
    zjobtui show CS-4390 --json | jq .answer.body
    zjobtui show CS-4390 --related
    """
    with open_store_and_watchlist(tenant=tenant) as (store, watchlist, now):
        watch = resolve_stored(store, watchlist, job, tenant)
        success, history = read_stored_details(store, watch.job)
        reads = _read(watch, success, store) if related else None
        if as_json:
            added = {} if reads is None else reads.record()
            print_json({**full_record(watch, success, history, now), **added})
            sys.exit(OK if reads is None else exit_status(reads.results))
        print(f"{GLYPHS[watch.verdict.kind]} {watch.verdict.kind.value} · {watch.verdict.sentence}")
        if unknown := unknown_text(watch):
            print(unknown)
        if problem := problem_text(watch):
            print(problem)
        if success is not None:
            _print_section("", report_lines(success.report, advise(watch.digest)))
        _print_section("Watchlist", about_lines(watch, now))
        if success is not None:
            _print_section("For Zuora support", call_lines(success.call, success.at))
        _print_section("Timeline", timeline_lines(history, now))
        if reads is not None:
            print("\nRelated" if reads.results else "\nThe result of this job names nothing that can be read.")
            print_results(reads.results, now, reads.statuses)
            for text in reads.left_out:
                print_error(f"Not read: {text}.")
            sys.exit(exit_status(reads.results))


class _Reads(Struct, frozen=True):
    """The reads about one job, what was left out, and the statuses of its subscriptions."""

    results: list[ReadResult]
    left_out: list[str]
    statuses: dict[str, str]

    def record(self) -> dict[str, object]:
        records = [related_record(result, self.statuses) for result in self.results]
        return {"related": records, "not_read": self.left_out}


def _read(watch: WatchedJob, success: Success | None, store: Store) -> _Reads:
    report = success.report if success is not None else None
    found, statuses = (report.references, report.subscription_statuses) if report else (References(), {})
    wanted, left_out = limit_of_a_kind(found.all)
    results = read_all(load_valid_configuration().tenants, watch.job.tenant, store, wanted) if wanted else []
    return _Reads(results, [*left_out, *found.unreadable], statuses)


def _print_section(title: str, nodes: Iterable[OutlineNode]) -> None:
    lines = list(to_text(nodes))
    if lines:
        print(f"\n{title}" if title else "")
        print("\n".join(lines))
