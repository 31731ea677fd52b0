"""The commands that print what is stored; nothing is asked."""

import sys

import click

from zjobtui.commands.shared import AS_JSON, FILTER, TENANT, complete_jobs, opened_store


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
    from zjobtui.headless import choosing, listing

    with opened_store() as (store, watchlist, now):
        if as_json + as_csv > 1 or archived + removed > 1:
            raise ValueError("Of --json and --csv, and of --archived and --removed, only one can be had.")
        among = choosing.kept(store, archived=archived, removed=removed) if archived or removed else watchlist
        watches = choosing.chosen(among, wanted, tenant, now)
        if as_json or as_csv:
            sys.exit(listing.hand_over(watches, now, as_csv=as_csv))
        sys.exit(listing.ls(watches, now, is_all=not (len(watchlist) or archived or removed)))


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
    from zjobtui.headless import choosing, listing

    with opened_store() as (store, watchlist, now):
        watch = choosing.one(store, watchlist, job, tenant)
        sys.exit(listing.show(store, watch, now, as_json=as_json))
