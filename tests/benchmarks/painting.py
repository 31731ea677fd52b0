"""P1: from the start of the program to the first paint of a thousand stored jobs."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.film import Filmed
from tests.benchmarks.served import served
from tests.benchmarks.stored import answered, copied, store, top_ids
from tests.benchmarks.subjects import FLOOR, FLOOR_TEXTS, MONITOR, SHOWN, monitor_env
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure

JOBS = 1_000
REACH = "≤ 1.5 × floor"
_AWAITED = 30
_ROWS_AT_MOST = 40
_AFTERWARDS = 0.3


def painting(trials: int) -> Iterator[Table]:
    """Wall time to the first paint, and CPU time until then."""
    with served(JOBS) as tenant, TemporaryDirectory() as place:
        added = store(Path(place) / "added", tenant.job_ids)
        known = answered(Path(place) / "answered", tenant.job_ids, tenant)
        work = Path(place) / "work"
        subjects = {"floor": partial(_paint, FLOOR, {}, FLOOR_TEXTS, FLOOR_TEXTS[-1])}
        for name, folder in (("jobs as added", added), ("jobs with answers", known)):
            subjects[f"monitor, {name}"] = partial(_paint_monitor, folder, work, monitor_env(tenant, work))
        in_turns(1, subjects)
        samples = in_turns(trials, subjects)
    title = "P1 · start to first paint of 1,000 stored jobs"
    yield Table(title=title, unit="wall, ms", trials=measure(samples, "wall"), base="floor", reach=REACH, digits=0)
    yield Table(
        title=f"{title}, CPU until then", unit="CPU, ms", trials=measure(samples, "cpu"), base="floor", digits=0
    )


def _paint_monitor(folder: Path, work: Path, env: Mapping[str, str]) -> Sample:
    copied(folder, work)
    texts = [job_id[:SHOWN] for job_id in top_ids(work, _ROWS_AT_MOST)]
    return _paint(MONITOR, env, texts, texts[_AWAITED - 1])


def _paint(command: Sequence[str], env: Mapping[str, str], texts: Sequence[str], awaited: str) -> Sample:
    with Filmed(command, env) as terminal:
        terminal.until_sent(awaited)
        cpu = terminal.cpu()
        terminal.bytes_within(_AFTERWARDS)
    return {"wall": terminal.painted_after(texts) * 1000, "cpu": cpu * 1000}
