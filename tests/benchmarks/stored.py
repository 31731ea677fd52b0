"""Watchlists on disk, made by the program's own command, and fresh copies of them for trials that change them."""

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from tests.benchmarks.children import first_sweep
from tests.benchmarks.served import Served
from tests.support.building import apply_observations, arranged, read_payload
from tests.support.process import environment
from zjobtui.config.paths import store_path
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Success
from zjobtui.models.report import Report
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.survival import STALENESS_LIMIT
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report


def store(folder: Path, job_ids: Iterable[str]) -> Path:
    """Add the ids to the watchlist in `folder`, as comments of the simulator's output; return the folder."""
    text = "".join(f"# {job_id}\n" for job_id in job_ids)
    command = [sys.executable, "-m", "zjobtui", "add", "-"]
    subprocess.run(command, input=text, text=True, env=environment(data_env(folder)), check=True, capture_output=True)
    return folder


def answered(folder: Path, job_ids: Iterable[str], tenant: Served) -> Path:
    """As `store`, every job has been polled once, and the next poll of each is planned within a minute.

    What sweeps without a budget promises one at once, and all rows would be stale before any is asked about again.
    """
    store(folder, job_ids)
    first_sweep({**tenant.env, **data_env(folder)})
    with closing(sqlite3.connect(store_path(data_env(folder)))) as connection, connection:
        connection.execute("UPDATE watches SET planned = ?", (STALENESS_LIMIT,))
    return folder


def left(folder: Path, job_ids: Iterable[str], added: float, seen: float, payload: str = "recorded-processing") -> Path:
    """Add jobs as of `added` seconds ago, with a response of `seen` seconds ago: running, or another payload."""
    folder.mkdir(parents=True, exist_ok=True)
    now, jobs = time.time(), [JobRef("env", JobId(job_id)) for job_id in job_ids]
    report = read_payload(payload)
    assert isinstance(report, Report)
    opened, watchlist = open_store(store_path(data_env(folder)), read_report)
    with closing(opened):
        opened.apply(
            change := watchlist.add(WatchedJob(job=job, added_at=now - added, added_by="stdin") for job in jobs)
        )
        observation = Success(report, now - seen)
        opened.apply(apply_observations(change.watchlist, ((job, observation, STALENESS_LIMIT) for job in jobs)))
    return folder


def copied(folder: Path, to: Path) -> Path:
    """A copy of a watchlist, in place of what lies at `to`."""
    shutil.rmtree(to, ignore_errors=True)
    return Path(shutil.copytree(folder, to))


def data_env(folder: Path) -> dict[str, str]:
    """The environment in which the program uses the watchlist in `folder`."""
    return {"ZJOBTUI_DATA_DIR": str(folder)}


def top_ids(folder: Path, count: int) -> tuple[str, ...]:
    """The ids of the jobs that the list shows first."""
    opened, watchlist = open_store(store_path(data_env(folder)), read_report)
    opened.close()
    return tuple(watch.job.id.given for watch in arranged(watchlist)[:count])
