"""The program in a process of its own: what points it at a simulated tenant, and what it finds on disk."""

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
    """What points the program at the simulator, and at a data folder of the test's own."""
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
    """Leaves a watchlist of the simulator's jobs, added `age` seconds ago and never answered for."""
    now = time.time()
    ids = served.job_ids[:count]
    watches = [WatchedJob(job=JobRef("env", JobId(one)), added_at=now - age, added_by="test") for one in ids]
    store, watchlist = open_store(folder / STORE_NAME, read_report)
    with closing(store):
        store.apply(Watchlist(watchlist.watches).add(watches))


@contextmanager
def started(env: Mapping[str, str], *arguments: str, size: tuple[int, int] = (140, 40)) -> Iterator[Terminal]:
    with Terminal([*PROGRAM, *arguments], *size, env=env) as terminal:
        terminal.wait_for(lambda text: "Jobs · " in text and text.rstrip().endswith("q quit"), 20)
        yield terminal
