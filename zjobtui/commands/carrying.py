"""The commands that carry a watchlist from one machine to another."""

import sys
from pathlib import Path

import click

from zjobtui.commands.options import FILTER, TENANT
from zjobtui.commands.shared import opened_store
from zjobtui.domain.text import clean
from zjobtui.headless import carrying, choosing
from zjobtui.wiring.reader import read_report


@click.command()
@click.option("--results", "with_results", is_flag=True, help="With the last answers and the timelines.")
@click.option("--ids", "only_ids", is_flag=True, help="The ids alone, one a line.")
@FILTER
@TENANT
@click.option("--archived", is_flag=True, help="What was archived, in place of the watchlist.")
def export(with_results: bool, only_ids: bool, wanted: str, tenant: str | None, archived: bool) -> None:
    r"""Write the watchlist to standard output, for `zjobtui import`; times are seconds since the epoch, UTC.

    \b
    Examples:
    zjobtui export --results > watchlist.json
    zjobtui export --ids --filter is:final
    """
    with opened_store() as (store, watchlist, now):
        among = choosing.kept(store, removed=False) if archived else watchlist
        watches = choosing.chosen(among, wanted, tenant, now)
        sys.exit(carrying.export(store, watches, now, with_results=with_results, only_ids=only_ids))


@click.command("import")
@click.argument("source", metavar="FILE|-")
def import_(source: str) -> None:
    r"""Merge what `zjobtui export` wrote into the watchlist.

    What a person wrote here stands, and so does the later answer; what was taken off the list here stays off it. Of a
    file that cannot be read nothing is taken.

    \b
    Examples:
    zjobtui import watchlist.json
    ssh elsewhere zjobtui export | zjobtui import -
    """
    with opened_store() as (store, watchlist, _):
        text = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        name = "Standard input" if source == "-" else clean(source)
        sys.exit(carrying.take_in(store, watchlist, text, name, read_report))
