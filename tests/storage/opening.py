"""Open stores for tests, with short helpers for what the program does."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.building import NOW, apply_observations, watchlist
from zjobtui.models.observation import Observation
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.storage.store import Store, open_store
from zjobtui.zuora.parser import read_report

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of a random name is made in it


def late() -> float:
    """A time after all times of the tests, whatever the machine's clock says."""
    return max(time.time(), NOW + 30 * 86_400)


@contextmanager
def opened(path: Path, now: Callable[[], float] = late) -> Iterator[tuple[Store, Watchlist]]:
    """The store at `path` and its watchlist."""
    store, watches = open_store(path, read_report, now=now)
    with store:
        yield store, watches


def kept(path: Path) -> Watchlist:
    """The watchlist that another start of the program would load."""
    with opened(path) as (_, watches):
        return watches


def added(store: Store, *watches: WatchedJob) -> Watchlist:
    """The watchlist with these jobs, committed."""
    change = watchlist().add(watches)
    store.apply(change)
    return change.watchlist


def observed(store: Store, watches: Watchlist, *observations: Observation) -> Watchlist:
    """The watchlist after these observations of all its jobs, each committed."""
    for observation in observations:
        change = apply_observations(watches, [(job, observation, 5.0) for job in watches.watches])
        store.apply(change)
        watches = change.watchlist
    return watches


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory if the system has one: a killed process behaves the same there, and a commit costs nothing."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)
