"""`ls`: the watchlist as a table, JSON or CSV."""

import sys

import click

from zjobtui.bootstrap.output import print_error, print_json
from zjobtui.cli.common import open_store_and_watchlist
from zjobtui.cli.options import AS_JSON, TENANT
from zjobtui.cli.selection import FILTER, filter_jobs, removed_jobs
from zjobtui.formatting import export
from zjobtui.formatting.job import time_text
from zjobtui.formatting.records import SCHEMA, record
from zjobtui.formatting.symbols import GLYPHS, WORDS
from zjobtui.formatting.text_width import fit
from zjobtui.models.watched_job import WatchedJob


@click.command()
@AS_JSON
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header, for spreadsheets.")
@FILTER
@TENANT
@click.option("--archived", is_flag=True, help="List archived jobs instead, newest first.")
@click.option("--removed", is_flag=True, help="List removed jobs instead, newest first.")
def ls(as_json: bool, as_csv: bool, wanted: str, tenant: str | None, archived: bool, removed: bool) -> None:
    r"""Print the stored watchlist, without polling.

    \b
    Examples:
    zjobtui ls --filter 'status:failed,attention age<1d'
    zjobtui ls --csv --tenant eu > jobs.csv
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        if as_json and as_csv:
            raise ValueError("--json and --csv are mutually exclusive.")
        if archived and removed:
            raise ValueError("--archived and --removed are mutually exclusive.")
        listed = removed_jobs(store, archived=archived, removed=removed) if archived or removed else watchlist
        watches = filter_jobs(listed, wanted, tenant, now)
        if as_csv:
            sys.stdout.write(export.as_csv(watches, now))
            return
        if as_json:
            jobs = [record(watch, now) for watch in watches]
            print_json({"schema": SCHEMA, "jobs": jobs})
            return
        for watch in watches:
            print(table_row(watch, now))
        if not watches:
            is_empty = not (len(watchlist) or archived or removed)
            print_error("The watchlist is empty. Add jobs with: zjobtui add ID…" if is_empty else "No jobs match.")


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
