"""The commands that change the watchlist."""

import sys

import click

from zjobtui.clock import SystemClock
from zjobtui.commands.faults import faults_told
from zjobtui.commands.options import FILTER, TENANT, tenant_option
from zjobtui.commands.shared import (
    complete_gone_jobs,
    complete_jobs,
    home_of_new,
    opened_store,
    read_stdin,
    sound_configuration,
)
from zjobtui.headless import adding, taking_off


@click.command()
@click.argument("ids", nargs=-1, metavar="ID…|-")
@click.option("--file", "files", multiple=True, metavar="PATH", help="Every id in the text of a file; can be repeated.")
@click.option("--label", default="", help="A name for them.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag for them; can be repeated.")
@click.option("--note", default="", help="A note on them.")
@tenant_option("Their tenant; by default the only one, or env.")
def add(
    ids: tuple[str, ...], files: tuple[str, ...], label: str, tags: tuple[str, ...], note: str, tenant: str
) -> None:
    r"""Watch jobs: ids, or with - or --file every id in a text: a ticket, a log, CSV, the JSON of a posted order.

    Exit status: 0 all ids were taken, 1 some were refused, and are named, 2 nothing was done.

    \b
    Examples:
    zjobtui add 1bc24f315d7b48d3a20245bfe73bdceb --label CS-4390 --tag renewal
    curl … /v1/async/orders | zjobtui add -
    """
    if not ids and not files:
        raise click.UsageError("Name ids, a --file, or - for standard input.")
    with faults_told():
        texts = [(path, adding.read_file(path)) for path in files]  # first: what stands in a file is not lost
        texts += [("standard input", read_stdin())] if ids == ("-",) else []
        given = adding.gather(() if ids == ("-",) else ids, texts)
    with opened_store([one.given for one in given.ids]) as (store, watchlist, _):
        home = home_of_new(sound_configuration().tenants, tenant)
        written = adding.Written(label, tags, note)
        sys.exit(adding.add(store, watchlist, given, written, home, SystemClock().now()))


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="ID…", shell_complete=complete_jobs)
@TENANT
def rm(jobs: tuple[str, ...], tenant: str | None) -> None:
    r"""Take jobs off the watchlist: ids, beginnings of ids, or labels.

    \b
    Example:
    zjobtui rm CS-4390
    """
    with opened_store() as (store, watchlist, now):
        sys.exit(taking_off.remove(store, watchlist, jobs, tenant, now))


@click.command()
@click.argument("jobs", nargs=-1, metavar="[ID…]", shell_complete=complete_jobs)
@FILTER
@TENANT
def archive(jobs: tuple[str, ...], wanted: str, tenant: str | None) -> None:
    r"""Put finished jobs aside: the named ones, those of a filter, or those whose time has come.

    The monitor does so by itself with jobs that ended, and were looked at, longer ago than `archive_after` in
    config.toml says (30 days). Nothing is deleted: see `zjobtui ls --archived` and `zjobtui restore`.

    \b
    Examples:
    zjobtui archive
    zjobtui archive --filter 'status:done ended>2d'
    """
    with opened_store() as (store, watchlist, now):
        if jobs or wanted or tenant:
            sys.exit(taking_off.archive(store, watchlist, jobs, wanted, tenant, now))
        sys.exit(taking_off.archive_due(store, watchlist, sound_configuration().archive_after, now))


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="ID…", shell_complete=complete_gone_jobs)
@TENANT
def restore(jobs: tuple[str, ...], tenant: str | None) -> None:
    r"""Bring back jobs that were archived or removed: ids, beginnings of ids, or labels.

    \b
    Example:
    zjobtui restore CS-4390
    """
    with opened_store() as (store, watchlist, now):
        sys.exit(taking_off.restore(store, watchlist, jobs, tenant, now))
