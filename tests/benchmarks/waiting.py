"""P8: what it costs to keep watch over three hundred running jobs at the program's own pace."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.children import paced
from tests.benchmarks.film import Filmed
from tests.benchmarks.served import lasting, served
from tests.benchmarks.stored import copied, store
from tests.benchmarks.subjects import MONITOR, monitor_env
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure

WORLD, JOBS = 10_000, 300
LASTS = 150.0
SETTLE, SECONDS = 60.0, 60.0


def waiting(trials: int) -> Iterator[Table]:
    """Per cent of one core over a minute, and calls a second."""
    with TemporaryDirectory() as place:
        stored = store(Path(place) / "stored", lasting(WORLD, JOBS, LASTS))
        work = Path(place) / "work"
        subjects = {"engine alone": lambda: _engine(stored, work), "whole monitor": lambda: _monitor(stored, work)}
        samples = in_turns(trials, subjects)
    title = "P8 · CPU with 300 running jobs at the default pace"
    yield Table(title=title, unit="% of a core", trials=measure(samples, "share"), reach="≤ 1 %")
    yield Table(title=f"{title}: polls a second", unit="polls/s", trials=measure(samples, "rate"), digits=1)


def _engine(stored: Path, work: Path) -> Sample:
    with served(WORLD) as tenant:
        cost = paced(monitor_env(tenant, copied(stored, work)), SETTLE, SECONDS)
    return {"share": 100 * cost["cpu"] / cost["wall"], "rate": cost["polls"] / cost["wall"]}


def _monitor(stored: Path, work: Path) -> Sample:
    with served(WORLD) as tenant, Filmed(MONITOR, monitor_env(tenant, copied(stored, work))) as terminal:
        terminal.until_sent("/s")
        terminal.bytes_within(SETTLE)
        cpu = terminal.cpu()
        terminal.bytes_within(SECONDS)
        return {"share": 100 * (terminal.cpu() - cpu) / SECONDS}
