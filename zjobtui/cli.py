"""The commands, and the only place where the parts are wired together; each imports what it needs and no more."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zjobtui import __version__

if TYPE_CHECKING:
    from zjobtui.clock import Clock
    from zjobtui.domain.job import JobId
    from zjobtui.domain.report import Report
    from zjobtui.domain.tenant import Credentials, Tenant
    from zjobtui.domain.watchlist import Watchlist
    from zjobtui.polling.ports import JobSource
    from zjobtui.simulator.server import Simulator
    from zjobtui.storage.store import Store

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
        sys.exit(_monitor_environment(tenant))


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

    _need_terminal()

    with (
        _faults_told(),
        TemporaryDirectory() as folder,
        running(jobs=jobs, seed=seed, faults=faults) as served,
    ):
        tenant, credentials = _served_tenant(served)
        status = _monitor(
            tenant, credentials, Path(folder) / "watchlist.sqlite3", find_job_ids(" ".join(served.job_ids)).ids
        )
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


def _monitor_environment(wanted: str | None) -> int:
    import os

    from zjobtui.domain.text import clean
    from zjobtui.storage.places import store_path
    from zjobtui.zuora.tenants import InvalidTenantError, environment_tenant

    try:
        configured = environment_tenant(os.environ)
    except InvalidTenantError as fault:
        click.echo(str(fault), err=True)
        return USAGE
    if configured is None:
        click.echo(NO_TENANT, err=True)
        return USAGE
    if wanted not in (None, configured[0].name):
        click.echo(f"There is no tenant “{clean(str(wanted))}”; there is: {configured[0].name}.", err=True)
        return USAGE
    with _faults_told():
        return _monitor(*configured, store_path())


def _monitor(tenant: "Tenant", credentials: "Credentials", path: Path, ids: "Sequence[JobId]" = ()) -> int:
    """The screen over an engine over the store; what could not be saved is named when the screen is gone."""
    import gc

    gc.disable()  # a tenth of the start is spent on collecting what is not garbage; the screen turns it on again
    from zjobtui.clock import SystemClock
    from zjobtui.domain.job import Job
    from zjobtui.domain.watch import Watch
    from zjobtui.polling.engine import Engine
    from zjobtui.storage.store import open_store
    from zjobtui.ui.app import MonitorApp

    clock = SystemClock()
    store, watchlist = open_store(path, _read_report)
    if store.notice:
        click.echo(store.notice, err=True)
    sources = {tenant.name: lambda: _client(tenant, credentials, clock)}
    engine = Engine(watchlist, store, sources, clock, (tenant,))
    now = clock.now()
    first = [Watch(job=Job(tenant.name, job_id), added_at=now, added_by="demo") for job_id in ids]
    app = MonitorApp(engine, store, (tenant,), clock, notice=store.notice, first=first)
    try:
        status = app.run_in_terminal()
    finally:
        engine.stop()
        store.close()
    if engine.state.unsaved:
        click.echo(f"Not everything was saved. {engine.state.unsaved}", err=True)
        for watch in engine.state.watchlist:
            click.echo(watch.job.id.given, err=True)
    return status


def _read_report(raw: str) -> "Report | None":
    from zjobtui.zuora.wire import read_report

    return read_report(raw)


def _client(tenant: "Tenant", credentials: "Credentials", clock: "Clock") -> "JobSource":
    from zjobtui.zuora.client import Client

    return Client(tenant, credentials, clock)


def _served_tenant(served: "Simulator") -> "tuple[Tenant, Credentials]":
    from dataclasses import replace

    from zjobtui.domain.tenant import ClientCredentials, Secret
    from zjobtui.zuora.tenants import make_tenant

    tenant = replace(make_tenant("demo", served.base_url), title="demo")
    return tenant, ClientCredentials(served.client_id, Secret(served.client_secret))


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

    with _faults_told():
        store, watchlist = open_store(store_path(), _read_report)
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
