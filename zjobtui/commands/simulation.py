"""The simulated Zuora: the monitor against it, and it alone."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zjobtui.commands.guards import faults_told, need_terminal

if TYPE_CHECKING:
    from zjobtui.simulator.server import Simulator
    from zjobtui.wiring import Configured


@click.command()
@click.option(
    "--jobs", default=40, show_default=True, type=click.IntRange(1, 10_000), help="How many jobs to simulate."
)
@click.option("--seed", default=7, show_default=True, help="Another number, other jobs.")
@click.option("--faults", default="", metavar="SWITCHES", help="Trouble to simulate; see `zjobtui simulate --help`.")
def demo(jobs: int, seed: int, faults: str) -> None:
    """Show the monitor against a simulated Zuora on this machine; nothing is kept."""
    need_terminal()
    sys.exit(show_demo(jobs, seed, faults))


def show_demo(jobs: int = 40, seed: int = 7, faults: str = "") -> int:
    """The monitor against the simulator; gives the exit status."""
    import os
    from tempfile import TemporaryDirectory

    from zjobtui.config.paths import config_path
    from zjobtui.domain.id_finder import find_job_ids
    from zjobtui.simulator.running import running
    from zjobtui.wiring import file_configuration, run_monitor

    with (
        faults_told(),
        TemporaryDirectory() as folder,
        running(jobs=jobs, seed=seed, faults=faults) as served,
    ):
        ids = find_job_ids(" ".join(served.job_ids)).ids
        settings = file_configuration(os.environ, config_path())
        path = Path(folder) / "watchlist.sqlite3"
        return run_monitor([_served(served)], path, configuration=settings, demo=ids)


@click.command()
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

    with faults_told():
        serve_forever(_print_exports, port=port, jobs=jobs, seed=seed, faults=faults)


def _served(served: "Simulator") -> "Configured":
    from dataclasses import replace

    from zjobtui.config.tenants import make_tenant
    from zjobtui.domain.tenant import ClientCredentials, Secret
    from zjobtui.wiring import Configured

    tenant = replace(make_tenant("demo", served.base_url), title="demo", credentials_from="the simulator")
    return Configured(tenant, lambda: ClientCredentials(served.client_id, Secret(served.client_secret)))


def _print_exports(served: "Simulator") -> None:
    click.echo(f"export ZUORA_BASE_URL={served.base_url}")
    click.echo(f"export ZUORA_CLIENT_ID={served.client_id}")
    click.echo(f"export ZUORA_CLIENT_SECRET={served.client_secret}")
    for job_id in served.job_ids:
        click.echo(f"# {job_id}")
    sys.stdout.flush()
