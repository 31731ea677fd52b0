"""P6: memory with a thousand and with ten thousand jobs."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.film import Filmed
from tests.benchmarks.served import served
from tests.benchmarks.stored import answered, copied
from tests.benchmarks.subjects import FLOOR, MONITOR, monitor_env, rival
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure

FEW, MANY = 1_000, 10_000
_SECONDS = {FEW: 20.0, MANY: 75.0}
"""Seconds after which memory is read."""


def memory(trials: int) -> Iterator[Table]:
    """Resident memory, all jobs answered once before, and jobs ending all the while."""
    with TemporaryDirectory() as place:
        subjects = {"floor": partial(resident, FLOOR, {}, 3.0)}
        for jobs in (FEW, MANY):
            with served(jobs) as tenant:
                stored = answered(Path(place) / str(jobs), tenant.job_ids, tenant)
            subjects[f"rival, {jobs:,} jobs"] = partial(_rival, jobs, Path(place) / "ids")
            subjects[f"monitor, {jobs:,} jobs"] = partial(_monitor, jobs, stored, Path(place) / "work")
        samples = in_turns(trials, subjects)
    reach = f"≤ 70 MiB with {FEW:,} jobs, ≤ 120 MiB with {MANY:,}"
    title = "P6 · resident memory"
    yield Table(title=title, unit="MiB", trials=measure(samples, "MiB"), base="floor", reach=reach, digits=1)


def _monitor(jobs: int, stored: Path, work: Path) -> Sample:
    with served(jobs) as tenant:
        return resident(MONITOR, monitor_env(tenant, copied(stored, work)), _SECONDS[jobs])


def _rival(jobs: int, ids_file: Path) -> Sample:
    with served(jobs) as tenant:
        ids_file.write_text("\n".join(tenant.job_ids), encoding="utf-8")
        return resident(rival(ids_file), tenant.env, _SECONDS[jobs])


def resident(command: Sequence[str], env: Mapping[str, str], seconds: float) -> Sample:
    """Return the memory of a program after so many seconds."""
    with Filmed(command, env) as terminal:
        terminal.bytes_within(seconds)
        return {"MiB": terminal.memory()}
