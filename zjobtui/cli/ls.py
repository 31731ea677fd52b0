"""`ls`: the watchlist as a table, JSON or CSV."""

import sys
from collections.abc import Iterable, Mapping, Sequence

import click

from zjobtui.bootstrap.output import print_error, print_json
from zjobtui.cli.common import open_store_and_watchlist
from zjobtui.cli.options import AS_JSON, TENANT
from zjobtui.cli.selection import FILTER, filter_jobs, removed_jobs
from zjobtui.formatting import export
from zjobtui.formatting.failure_groups import group_lines, group_record, heading
from zjobtui.formatting.job import time_text
from zjobtui.formatting.records import SCHEMA, record
from zjobtui.formatting.symbols import GLYPHS, WORDS, plural
from zjobtui.formatting.text_width import fit
from zjobtui.models.failure_groups import failure_groups
from zjobtui.models.problem import Problem
from zjobtui.models.text import shorten
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob, is_stale

REASON_LIMIT = 200
"""Characters of a reason in a row."""


@click.command()
@AS_JSON
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header, for spreadsheets.")
@FILTER
@TENANT
@click.option("--by", type=click.Choice(["reason"]), help="Group the jobs that failed or need attention by reason.")
@click.option("--archived", is_flag=True, help="List archived jobs instead, newest first.")
@click.option("--removed", is_flag=True, help="List removed jobs instead, newest first.")
def ls(
    as_json: bool, as_csv: bool, wanted: str, tenant: str | None, by: str | None, archived: bool, removed: bool
) -> None:
    r"""Print the stored watchlist, without polling.

    \b
    Examples:
    zjobtui ls --filter 'status:failed,attention age<1d'
    zjobtui ls --by reason --filter 'age<1d'
    zjobtui ls --csv --tenant eu > jobs.csv
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        if as_json and as_csv:
            raise ValueError("--json and --csv are mutually exclusive.")
        if as_csv and by:
            raise ValueError("--csv and --by are mutually exclusive.")
        if archived and removed:
            raise ValueError("--archived and --removed are mutually exclusive.")
        listed = removed_jobs(store, archived=archived, removed=removed) if archived or removed else watchlist
        watches = filter_jobs(listed, wanted, tenant, now)
        if as_csv:
            sys.stdout.write(export.as_csv(watches, now))
            return
        if by and (watches or as_json):
            _print_by_reason(watches, now, as_json=as_json)
            return
        if as_json:
            jobs = [record(watch, now) for watch in watches]
            print_json({"schema": SCHEMA, "jobs": jobs})
            return
        failures = tenant_failures(watchlist)
        for watch in watches:
            print(table_row(watch, now, shorten(_failure_text(watch, failures, now), REASON_LIMIT)))
        if not watches:
            is_empty = not (len(watchlist) or archived or removed)
            print_error("The watchlist is empty. Add jobs with: zjobtui add ID…" if is_empty else "No jobs match.")


def tenant_failures(watches: Iterable[WatchedJob]) -> dict[str, Problem]:
    """Return the problem of the last call of each tenant that has failed since Zuora last answered."""
    by_tenant = dict[str, list[WatchedJob]]()
    for watch in watches:
        by_tenant.setdefault(watch.job.tenant, []).append(watch)
    failures = dict[str, Problem]()
    for tenant, of_tenant in by_tenant.items():
        last = max(of_tenant, key=lambda watch: watch.problem_at or 0.0)
        answered_at = max(watch.answered_at or 0.0 for watch in of_tenant)
        if last.problem is not None and (last.problem_at or 0.0) > answered_at:
            failures[tenant] = last.problem
    return failures


def _failure_text(watch: WatchedJob, failures: Mapping[str, Problem], now: float) -> str:
    """Return why a running job has no current answer: its own last call failed, or those of its tenant do."""
    if watch.is_final or watch.verdict.kind is Kind.UNKNOWN:
        return ""
    return str(watch.problem or (is_stale(watch, now) and failures.get(watch.job.tenant)) or "")


def _print_by_reason(watches: Sequence[WatchedJob], now: float, *, as_json: bool) -> None:
    groups = failure_groups(watches)
    if as_json:
        records = [group_record(group) for group in groups]
        print_json({"schema": SCHEMA, "shown": len(watches), "groups": records})
        return
    if not groups:
        print_error(f"None of {plural(len(watches), 'job')} failed or needs attention.")
        return
    print(heading(groups, len(watches)))
    for group in groups:
        for line in group_lines(group, now):
            print(line)


def table_row(watch: WatchedJob, now: float, remark: str = "") -> str:
    """Return one line: verdict, id, label, order number or job type, account, time, and a remark."""
    kind, digest = watch.verdict.kind, watch.digest
    cells = (
        fit(f"{GLYPHS[kind]} {WORDS[kind]}", 12),
        fit(watch.job.id.given, 36),
        fit(watch.label, 24),
        fit((digest.order_number or digest.kind) if digest else "", 14),
        fit(digest.account_number if digest else "", 12),
        " · ".join(part for part in (time_text(watch, now).text, remark) if part),
    )
    return "  ".join(cells).rstrip()
