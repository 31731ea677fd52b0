"""The commands; each imports what it needs and no more."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zjobtui import __version__

if TYPE_CHECKING:
    from zjobtui.domain.watchlist import Watchlist
    from zjobtui.simulator.server import Simulator
    from zjobtui.storage.store import Store
    from zjobtui.wiring import Configured

USAGE = 2

NO_TENANT = """\
No tenant is configured. Set these, from an OAuth client of your Zuora tenant:

  export ZUORA_BASE_URL=https://rest.eu.zuora.com     the host of your tenant's REST API
  export ZUORA_CLIENT_ID=…                            36 characters
  export ZUORA_CLIENT_SECRET=…                        or ZUORA_BEARER_TOKEN instead of both

and start zjobtui again. Or see it at work without a tenant:

  zjobtui demo
"""

NO_TERMINAL = "zjobtui needs a terminal; without one use its other commands, such as: zjobtui ls --json"


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zjobtui")
@click.option("--tenant", metavar="NAME", help="Watch this tenant only.")
@click.pass_context
def main(context: click.Context, tenant: str | None) -> None:
    """Watch Zuora's asynchronous order jobs.

    Without a command: the monitor, a live list of your jobs beside what each one made.
    """
    if context.invoked_subcommand is None:
        _need_terminal()
        sys.exit(_monitor(tenant))


@main.command()
@click.option(
    "--jobs", default=40, show_default=True, type=click.IntRange(1, 10_000), help="How many jobs to simulate."
)
@click.option("--seed", default=7, show_default=True, help="Another number, other jobs.")
@click.option("--faults", default="", metavar="SWITCHES", help="Trouble to simulate; see `zjobtui simulate --help`.")
def demo(jobs: int, seed: int, faults: str) -> None:
    """Show the monitor against a simulated Zuora on this machine; nothing is kept."""
    from tempfile import TemporaryDirectory

    from zjobtui.domain.job import find_job_ids
    from zjobtui.simulator.running import running
    from zjobtui.wiring import run_monitor

    _need_terminal()

    with (
        _faults_told(),
        TemporaryDirectory() as folder,
        running(jobs=jobs, seed=seed, faults=faults) as served,
    ):
        ids = find_job_ids(" ".join(served.job_ids)).ids
        status = run_monitor([_served(served)], Path(folder) / "watchlist.sqlite3", demo=ids)
    sys.exit(status)


@main.command()
@click.option("--port", default=0, help="The port on 127.0.0.1; any free one by default.")
@click.option(
    "--jobs", default=40, show_default=True, type=click.IntRange(1, 10_000), help="How many jobs to simulate."
)
@click.option("--seed", default=7, show_default=True, help="Another number, other jobs.")
@click.option("--faults", default="", metavar="SWITCHES", help="Trouble to simulate, such as latency=0.3,error=0.1")
def simulate(port: int, jobs: int, seed: int, faults: str) -> None:
    r"""Run a simulated Zuora on loopback until ctrl+c.

    Prints base URL and credentials as `export` lines, then the ids of its jobs as comments, so that
    `eval "$(…)"` works on a file of it and `zjobtui add -` finds the ids.

    \b
    Switches of --faults, separated by commas:
    latency=S     seconds added to every answer
    error=P       share of calls answered with HTTP 500
    drop=P        share of calls whose connection is cut
    html=P        share of calls answered with a web page
    throttle=P    share of calls answered with HTTP 429
    rate=N        calls a second that are let through
    token=S       seconds that a token lives
    outage=L@S    every connection is cut for L seconds, from S seconds after the start
    """
    from zjobtui.simulator.running import serve_forever

    with _faults_told():
        serve_forever(_print_exports, port=port, jobs=jobs, seed=seed, faults=faults)


@main.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID…|-")
@click.option("--label", default="", help="A name for them.")
@click.option("--tenant", default="env", show_default=True, metavar="NAME", help="The tenant they belong to.")
def add(ids: tuple[str, ...], label: str, tenant: str) -> None:
    """Watch jobs by their ids; with - every id found in the text on standard input."""
    from zjobtui import headless
    from zjobtui.clock import SystemClock
    from zjobtui.domain.job import Job
    from zjobtui.domain.text import clean, shorten
    from zjobtui.domain.watch import Watch

    found, refused = headless.read_text(_read_stdin()) if ids == ("-",) else headless.parse_ids(ids)
    now = SystemClock().now()
    added_by = "standard input" if ids == ("-",) else "command line"
    watches = [
        Watch(job=Job(clean(tenant), job_id), added_at=now, added_by=added_by, label=shorten(clean(label), 200))
        for job_id in found
    ]
    with _store() as (store, watchlist):
        sys.exit(headless.add(store, watchlist, watches, refused))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
def ls(as_json: bool) -> None:
    """Print the watchlist as it is stored; nothing is asked."""
    from zjobtui import headless
    from zjobtui.clock import SystemClock

    with _store() as (_, watchlist):
        sys.exit(headless.ls(watchlist, SystemClock().now(), as_json=as_json))


@main.command()
@click.argument("job", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
def show(job: str, as_json: bool) -> None:
    """Print all that is known of one job: an id, its beginning, or a label."""
    from zjobtui import headless
    from zjobtui.clock import SystemClock

    with _store() as (store, watchlist):
        sys.exit(headless.show(store, watchlist, job, SystemClock().now(), as_json=as_json))


@main.command()
@click.argument("jobs", nargs=-1, required=True, metavar="ID…")
def rm(jobs: tuple[str, ...]) -> None:
    """Take jobs off the watchlist: ids, beginnings of ids, or labels."""
    from zjobtui import headless
    from zjobtui.clock import SystemClock

    with _store() as (store, watchlist):
        sys.exit(headless.rm(store, watchlist, jobs, SystemClock().now()))


def _monitor(wanted: str | None) -> int:
    import gc

    gc.disable()  # a tenth of the start is spent on collecting what is not garbage; the screen turns it on again
    import os

    from zjobtui.domain.text import clean
    from zjobtui.storage.places import config_path, store_path
    from zjobtui.wiring import configuration, run_monitor
    from zjobtui.zuora.tenants import InvalidTenantError

    try:
        configured = configuration(os.environ, config_path())
    except InvalidTenantError as fault:
        click.echo(str(fault), err=True)
        return USAGE
    names = [one.tenant.name for one in configured.tenants]
    chosen = [one for one in configured.tenants if wanted in (None, one.tenant.name)]
    if not chosen:
        for problem in configured.problems:
            click.echo(problem, err=True)
        told = f"There is no tenant “{clean(str(wanted))}”; there is: {', '.join(names)}." if names else NO_TENANT
        click.echo(told, err=True)
        return USAGE
    with _faults_told():
        return run_monitor(chosen, store_path(), problems=configured.problems, settings=configured.settings)


def _served(served: "Simulator") -> "Configured":
    from dataclasses import replace

    from zjobtui.domain.tenant import ClientCredentials, Secret
    from zjobtui.wiring import Configured
    from zjobtui.zuora.tenants import make_tenant

    tenant = replace(make_tenant("demo", served.base_url), title="demo")
    return Configured(tenant, lambda: ClientCredentials(served.client_id, Secret(served.client_secret)))


def _print_exports(served: "Simulator") -> None:
    click.echo(f"export ZUORA_BASE_URL={served.base_url}")
    click.echo(f"export ZUORA_CLIENT_ID={served.client_id}")
    click.echo(f"export ZUORA_CLIENT_SECRET={served.client_secret}")
    for job_id in served.job_ids:
        click.echo(f"# {job_id}")
    sys.stdout.flush()


def _read_stdin() -> str:
    return sys.stdin.buffer.read().decode("utf-8", errors="replace")


def _need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(NO_TERMINAL, err=True)
        sys.exit(USAGE)


@contextmanager
def _store() -> "Iterator[tuple[Store, Watchlist]]":
    from zjobtui.storage.places import store_path
    from zjobtui.storage.store import open_store
    from zjobtui.wiring import read_report

    with _faults_told():
        store, watchlist = open_store(store_path(), read_report)
        with store:
            if store.notice:
                click.echo(store.notice, err=True)
            yield store, watchlist


@contextmanager
def _faults_told() -> Iterator[None]:
    """What a person can mend is told in one sentence, without a traceback."""
    from zjobtui.storage.database import StoreError

    try:
        yield
    except (StoreError, ValueError, OSError) as fault:
        click.echo(str(fault), err=True)
        sys.exit(USAGE)
