"""P2: the first full sweep over a thousand jobs whose tenant answers in a tenth of a second."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.children import sweep_once, sweeps
from tests.benchmarks.clients import CONNECTIONS
from tests.benchmarks.served import lasting, served
from tests.benchmarks.stored import copied, store
from tests.benchmarks.subjects import monitor_env
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure

WORLD, JOBS = 10_000, 1_000
LASTS = 100.0
LATENCY = 0.1
LIMIT = JOBS / CONNECTIONS * LATENCY
"""Seconds: no client can be faster with so many connections."""


def sweep(trials: int) -> Iterator[Table]:
    """Wall and CPU seconds until every job has an answer that is stored and published."""
    with TemporaryDirectory() as place:
        stored = store(Path(place) / "stored", lasting(WORLD, JOBS, LASTS))
        work = Path(place) / "work"
        subjects = {}
        for calls in (CONNECTIONS, 0):
            named = f"{calls} calls at once" if calls else "its own number of calls at once"
            subjects[f"from the engine's start, {named}"] = partial(_sweep, stored, work, calls, at_start=True)
            subjects[f"all due by hand, {named}"] = partial(_sweep, stored, work, calls, at_start=False)
        samples = in_turns(trials, {"limit": _limit, **subjects})
    title = "P2 · first full sweep, 1,000 due jobs, answers in 100 ms"
    reach = f"≤ 1.15 × the limit of {LIMIT} s, with {CONNECTIONS} connections"
    yield Table(title=title, unit="wall, s", trials=measure(samples, "wall"), base="limit", reach=reach)
    yield Table(title=f"{title}: CPU", unit="CPU, s", trials=measure(samples, "cpu"))


def _limit() -> Sample:
    return {"wall": LIMIT}


def _sweep(stored: Path, work: Path, calls: int, *, at_start: bool) -> Sample:
    with served(WORLD, LATENCY) as tenant:
        env = monitor_env(tenant, copied(stored, work))
        return sweep_once(env, calls) if at_start else sweeps(env, 1, calls)
