"""P2: the first full sweep over a thousand jobs whose tenant answers in a tenth of a second."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.children import first_sweep, start
from tests.benchmarks.clients import CONNECTIONS
from tests.benchmarks.served import lasting, served
from tests.benchmarks.stored import copied, store
from tests.benchmarks.subjects import monitor_env
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, Samples, in_turns, measure
from zjobtui.polling.rate_limiter import CONCURRENCY

WORLD, JOBS = 10_000, 1_000
LASTS = 150.0
LATENCY = 0.1
LIMIT = JOBS / CONNECTIONS * LATENCY
"""Seconds: no client can be faster with so many connections."""


def sweep(trials: int) -> Iterator[Table]:
    """Wall and CPU seconds until every job has an answer that is folded in and published."""
    with TemporaryDirectory() as place:
        stored = store(Path(place) / "stored", lasting(WORLD, JOBS, LASTS))
        work = Path(place) / "work"
        subjects = {
            f"all due at once, {calls} calls at once": partial(_sweep, stored, work, calls)
            for calls in (CONNECTIONS, CONCURRENCY)
        }
        samples: Samples = {"limit": [{"wall": LIMIT}]}
        samples |= in_turns(trials, subjects)
        samples |= in_turns(1, {"the program as it is, from its start": partial(_start, stored, work)})
    title = "P2 · first full sweep, 1,000 jobs, answers in 100 ms"
    reach = f"≤ 1.15 × the limit of {LIMIT} s, with {CONNECTIONS} connections"
    yield Table(title=title, unit="wall, s", trials=measure(samples, "wall"), base="limit", reach=reach)
    yield Table(title=f"{title}: CPU", unit="CPU, s", trials=measure(samples, "cpu"))


def _sweep(stored: Path, work: Path, calls: int) -> Sample:
    with served(WORLD, LATENCY) as tenant:
        return first_sweep(monitor_env(tenant, copied(stored, work)), calls)


def _start(stored: Path, work: Path) -> Sample:
    with served(WORLD, LATENCY) as tenant:
        return start(monitor_env(tenant, copied(stored, work)))
