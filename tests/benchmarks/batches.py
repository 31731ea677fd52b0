"""P4, P5 and P6 with 5,000 jobs in 50 batches, on the whole program in a pseudo-terminal."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.echo import REACH, echo_floor, echo_monitor
from tests.benchmarks.memory import resident
from tests.benchmarks.output import SETTLE, quiet_monitor
from tests.benchmarks.served import lasting, served
from tests.benchmarks.stored import answered, copied, data_env, left
from tests.benchmarks.subjects import MONITOR, monitor_env
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure
from zjobtui.config.paths import store_path

WORLD, RUNNING, ENDED, BATCHES = 10_000, 500, 4_500, 50
"""Jobs of the tenant; of those watched, how many run for the whole trial and how many are over; their batches."""

_LASTS = 190.0
_ADDED, _SEEN = 3_600.0, 3_000.0
"""Seconds since the jobs that are over were added, and have ended."""

_MEMORY_AFTER = 60.0
"""Seconds after which memory is read."""


def batches(trials: int) -> Iterator[Table]:
    """Key echo, bytes while nothing changes, and memory."""
    with TemporaryDirectory() as place:
        work, stored = Path(place) / "work", _stored(Path(place) / "stored")
        echoes = in_turns(trials, {"floor": echo_floor, "monitor, polling": partial(echo_monitor, stored, work, WORLD)})
        quiet = in_turns(trials, {"monitor": lambda: quiet_monitor(copied(stored, work), SETTLE, WORLD)})
        memory = in_turns(trials, {"monitor": lambda: _memory(copied(stored, work))})
    title = f"{ENDED + RUNNING:,} jobs in {BATCHES} batches"
    yield Table(
        title=f"P4 · key press to changed screen, {title}, p95",
        unit="p95, ms",
        trials=measure(echoes, "p95"),
        base="floor",
        reach=REACH,
        digits=1,
    )
    yield Table(
        title=f"P5 · bytes a second, {title}, {RUNNING} running, nothing changes",
        unit="B/s",
        trials=measure(quiet, "bytes"),
        reach="≤ 1,000 B/s",
        digits=1,
    )
    yield Table(title=f"P6 · resident memory, {title}", unit="MiB", trials=measure(memory, "MiB"), digits=1)


def _stored(folder: Path) -> Path:
    running = lasting(WORLD, RUNNING, _LASTS)
    with served(WORLD) as tenant:
        answered(folder, running, tenant)
        ended = islice((job_id for job_id in tenant.job_ids if job_id not in set(running)), ENDED)
        left(folder, ended, _ADDED, _SEEN, "recorded-completed-old-shape")
    with closing(sqlite3.connect(store_path(data_env(folder)))) as connection, connection:
        connection.execute("UPDATE watches SET batch = 'renewals ' || (position % ?)", (BATCHES,))
    return folder


def _memory(folder: Path) -> Sample:
    with served(WORLD) as tenant:
        return resident(MONITOR, monitor_env(tenant, folder), _MEMORY_AFTER)
