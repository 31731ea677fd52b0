"""`demo`: the monitor with a simulated Zuora."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from msgspec.structs import replace

from zjobtui.bootstrap.configuration import Configuration, Configured, file_configuration
from zjobtui.bootstrap.monitor import run_monitor
from zjobtui.cli.common import report_errors
from zjobtui.cli.terminal import need_terminal
from zjobtui.clock import SystemClock
from zjobtui.config.paths import STORE_NAME, NoHomeError, config_path
from zjobtui.config.tenants import make_tenant
from zjobtui.models.id_finder import find_job_ids
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.tenant import ClientCredentials, Secret
from zjobtui.models.watched_job import WatchedJob
from zjobtui.signals import before_exit, block_job_control, forget
from zjobtui.simulator.server import Simulator, running


@click.command()
@click.option("--jobs", default=40, show_default=True, type=click.IntRange(1, 10_000), help="Number of jobs.")
@click.option("--seed", default=7, show_default=True, help="Random seed.")
@click.option("--faults", default="", metavar="SWITCHES", help="Faults to simulate; see `zjobtui simulate --help`.")
def demo(jobs: int, seed: int, faults: str) -> None:
    """Show the monitor with a simulated Zuora; nothing is saved."""
    need_terminal()
    sys.exit(show_demo(jobs, seed, faults))


BATCHES = ("renewals Q4", "price change")
"""The batches of the demo, added together at its start."""

LABELS = ("CS-4390", "CS-4398 bulk price", "CS-4411 renewal", "CS-4415 preview", "CS-4420 migration")
"""The labels of the first jobs."""

TAGS = (("acme",), ("globex", "urgent"), ("acme", "renewal"))

OFF = "off=credit-memos"
"""The demo's tenant has no credit memos: reading one shows that the feature is off."""

MOST_SCRIPTED = 22
"""Jobs that the simulator scripts; of more jobs the last is an operation job, whose id Zuora does not know at first."""

NOTED = 8
"""The job with a note: its payment is declined."""


def demo_ids(simulator: Simulator) -> tuple[JobId, ...]:
    """Return the ids of the demo's jobs: those of the simulator, the last one of many replaced by an operation job."""
    ids = simulator.job_ids
    if len(ids) > MOST_SCRIPTED:
        ids = (*ids[:-1], simulator.operation_job_ids[0])
    return find_job_ids(" ".join(ids)).ids


def demo_jobs(ids: Iterable[JobId], tenant: str, now: float) -> list[WatchedJob]:
    """Return the jobs of the demo as a user might have added them: two thirds in one batch, the others in another."""
    return [
        WatchedJob(
            job=JobRef(tenant, job_id),
            added_at=now,
            added_by="demo",
            label=LABELS[number] if number < len(LABELS) else "",
            tags=TAGS[number // 2 % len(TAGS)] if number % 4 == 0 else (),
            note="Called the customer about a new card." if number == NOTED else "",
            batch=BATCHES[number % 3 // 2],
        )
        for number, job_id in enumerate(ids)
    ]


@contextmanager
def _temporary_folder() -> Iterator[str]:
    """Yield a folder that is removed after the block, or by a signal in it."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        remove = partial(shutil.rmtree, folder, ignore_errors=True)
        before_exit(remove)
        yield folder
        forget(remove)


def show_demo(jobs: int = 40, seed: int = 7, faults: str = "") -> int:
    """Run the monitor with a simulated Zuora; return the exit status."""
    with report_errors(), _temporary_folder() as folder, ExitStack() as stack:
        with block_job_control():
            simulator = stack.enter_context(running(jobs=jobs, seed=seed, faults=f"{OFF},{faults}"))
        tenant = replace(make_tenant("demo", simulator.base_url), title="demo", credentials_from="the simulator")
        credentials = ClientCredentials(simulator.client_id, Secret(simulator.client_secret))
        settings = Configuration()
        with suppress(NoHomeError):
            settings = file_configuration(os.environ, config_path())
        return run_monitor(
            [Configured(tenant, lambda: credentials)],
            Path(folder) / STORE_NAME,
            configuration=settings,
            demo=demo_jobs(demo_ids(simulator), tenant.name, SystemClock().now()),
        )
