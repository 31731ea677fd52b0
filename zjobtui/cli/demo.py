"""The monitor against a simulated Zuora."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from zjobtui.bootstrap.configuration import Configured, file_configuration
from zjobtui.bootstrap.monitor import run_monitor
from zjobtui.cli.errors import need_terminal, report_errors
from zjobtui.config.paths import config_path
from zjobtui.config.tenants import make_tenant
from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.tenant import ClientCredentials, Secret
from zjobtui.simulator.server import Simulator, running


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
    with (
        report_errors(),
        TemporaryDirectory() as folder,
        running(jobs=jobs, seed=seed, faults=faults) as served,
    ):
        ids = find_job_ids(" ".join(served.job_ids)).ids
        settings = file_configuration(os.environ, config_path())
        path = Path(folder) / "watchlist.sqlite3"
        return run_monitor([_served(served)], path, configuration=settings, demo=ids)


def _served(served: Simulator) -> Configured:
    tenant = replace(make_tenant("demo", served.base_url), title="demo", credentials_from="the simulator")
    return Configured(tenant, lambda: ClientCredentials(served.client_id, Secret(served.client_secret)))
