"""The commands that print and change the watchlist."""

import sys

import click

from zjobtui.commands.shared import chosen_tenant, opened_store, read_stdin


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID…|-")
@click.option("--label", default="", help="A name for them.")
@click.option(
    "--tenant", metavar="NAME", help="The tenant they belong to; by default the environment's, or the only one."
)
def add(ids: tuple[str, ...], label: str, tenant: str | None) -> None:
    """Watch jobs by their ids; with - every id found in the text on standard input."""
    from zjobtui.clock import SystemClock
    from zjobtui.domain.job import Job
    from zjobtui.domain.text import clean, shorten
    from zjobtui.domain.watch import Watch
    from zjobtui.headless import adding

    found, refused = adding.read_text(read_stdin()) if ids == ("-",) else adding.parse_ids(ids)
    now = SystemClock().now()
    added_by = "standard input" if ids == ("-",) else "command line"
    name = chosen_tenant(tenant)
    watches = [
        Watch(job=Job(name, job_id), added_at=now, added_by=added_by, label=shorten(clean(label), 200))
        for job_id in found
    ]
    with opened_store() as (store, watchlist):
        sys.exit(adding.add(store, watchlist, watches, refused))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
def ls(as_json: bool) -> None:
    """Print the watchlist as it is stored; nothing is asked."""
    from zjobtui.clock import SystemClock
    from zjobtui.headless import listing

    with opened_store() as (_, watchlist):
        sys.exit(listing.ls(watchlist, SystemClock().now(), as_json=as_json))


@click.command()
@click.argument("job", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
def show(job: str, as_json: bool) -> None:
    """Print all that is known of one job: an id, its beginning, or a label."""
    from zjobtui.clock import SystemClock
    from zjobtui.headless import listing

    with opened_store() as (store, watchlist):
        sys.exit(listing.show(store, watchlist, job, SystemClock().now(), as_json=as_json))


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="ID…")
def rm(jobs: tuple[str, ...]) -> None:
    """Take jobs off the watchlist: ids, beginnings of ids, or labels."""
    from zjobtui.clock import SystemClock
    from zjobtui.headless import listing

    with opened_store() as (store, watchlist):
        sys.exit(listing.rm(store, watchlist, jobs, SystemClock().now()))
