"""The program in its own process: its environment for a simulated tenant, and its stored watchlist."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.terminal import Terminal
from zjobtui.config.paths import STORE_NAME
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.simulator.server import Simulator
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

PROGRAM = (sys.executable, "-m", "zjobtui")


def pointed_at(served: Simulator, folder: Path, **more: str) -> dict[str, str]:
    """Return the environment that points the program to the simulator and to this data folder."""
    return {
        "ZUORA_BASE_URL": served.base_url,
        "ZUORA_CLIENT_ID": served.client_id,
        "ZUORA_CLIENT_SECRET": served.client_secret,
        "ZJOBTUI_DATA_DIR": str(folder),
        "HOME": str(folder),
        "TZ": "UTC",
        **more,
    }


def stored(folder: Path, served: Simulator, age: float = 0.0, count: int = 40) -> None:
    """Store a watchlist of the simulator's jobs, added `age` seconds ago and never polled."""
    now = time.time()
    ids = served.job_ids[:count]
    watches = [WatchedJob(job=JobRef("env", JobId(job_id)), added_at=now - age, added_by="test") for job_id in ids]
    store, watchlist = open_store(folder / STORE_NAME, read_report)
    with closing(store):
        store.apply(Watchlist(watchlist.watches).add(watches))


@contextmanager
def started(env: Mapping[str, str], *arguments: str, size: tuple[int, int] = (140, 40)) -> Iterator[Terminal]:
    with Terminal([*PROGRAM, *arguments], *size, env=env) as terminal:
        terminal.wait_for(lambda text: "Jobs · " in text and text.rstrip().endswith("q quit"), 20)
        yield terminal
