"""`ls`: the watchlist as a table, JSON or CSV."""

import json
import sys
from collections.abc import Sequence

import click

from zjobtui.bootstrap.output import OK, print_error
from zjobtui.cli import common
from zjobtui.cli.common import open_store_and_watchlist
from zjobtui.cli.options import AS_JSON, FILTER, TENANT
from zjobtui.formatting import export
from zjobtui.formatting.job import time_text
from zjobtui.formatting.records import SCHEMA, record
from zjobtui.formatting.symbols import GLYPHS, WORDS
from zjobtui.formatting.text_width import fit
from zjobtui.models.watched_job import WatchedJob


def print_records(watches: Sequence[WatchedJob], now: float, *, as_csv: bool) -> int:
    """Prints watches for other programs."""
    if as_csv:
        sys.stdout.write(export.as_csv(watches, now))
    else:
        print(json.dumps({"schema": SCHEMA, "jobs": [record(watch, now) for watch in watches]}, ensure_ascii=False))
    return OK


def print_watchlist(watches: Sequence[WatchedJob], now: float, *, is_all: bool) -> int:
    """Prints watches for people; where there are none, `is_all` says that the watchlist itself is empty."""
    for watch in watches:
        print(table_row(watch, now))
    if not watches:
        print_error("The watchlist is empty. Add jobs with: zjobtui add ID…" if is_all else "There is no such job.")
    return OK


def table_row(watch: WatchedJob, now: float, remark: str = "") -> str:
    """A watch in one line: verdict, id, label, order or kind, account, time, and a remark."""
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


@click.command()
@AS_JSON
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a heading, for spreadsheets.")
@FILTER
@TENANT
@click.option("--archived", is_flag=True, help="What was archived, the last one first.")
@click.option("--removed", is_flag=True, help="What was removed, the last one first.")
def ls(as_json: bool, as_csv: bool, wanted: str, tenant: str | None, archived: bool, removed: bool) -> None:
    r"""Print the watchlist as it is stored.

    \b
    Examples:
    zjobtui ls --filter 'status:failed,attention age<1d'
    zjobtui ls --csv --tenant eu > jobs.csv
    """
    with open_store_and_watchlist() as (store, watchlist, now):
        if as_json + as_csv > 1 or archived + removed > 1:
            raise ValueError("Of --json and --csv, and of --archived and --removed, only one can be had.")
        among = common.removed_jobs(store, archived=archived, removed=removed) if archived or removed else watchlist
        watches = common.filter_jobs(among, wanted, tenant, now)
        if as_json or as_csv:
            sys.exit(print_records(watches, now, as_csv=as_csv))
        sys.exit(print_watchlist(watches, now, is_all=not (len(watchlist) or archived or removed)))
