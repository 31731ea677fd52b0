"""The command that prints the list as it is stored; nothing is asked."""

import sys

import click

from zjobtui.commands.options import AS_JSON, FILTER, TENANT
from zjobtui.commands.shared import opened_store
from zjobtui.headless import choosing, listing


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
    with opened_store() as (store, watchlist, now):
        if as_json + as_csv > 1 or archived + removed > 1:
            raise ValueError("Of --json and --csv, and of --archived and --removed, only one can be had.")
        among = choosing.kept(store, archived=archived, removed=removed) if archived or removed else watchlist
        watches = choosing.chosen(among, wanted, tenant, now)
        if as_json or as_csv:
            sys.exit(listing.hand_over(watches, now, as_csv=as_csv))
        sys.exit(listing.ls(watches, now, is_all=not (len(watchlist) or archived or removed)))
