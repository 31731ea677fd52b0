"""Measures how soon the user knows: from the end of a job to its row on the screen, beside the rival.

    python -m tests.benchmarks.knowing [--only K1,K2] [--trials N] [--jobs N,N] [--population NAME] [--seconds S]

The installed program on a pseudo-terminal against a tenant in a process of its own, whose jobs all begin at once; the
rival in turns with it, against the same lives.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.attended import attended
from tests.benchmarks.comparison import Column, Comparison
from tests.benchmarks.film import ROWS
from tests.benchmarks.lives import Plan, drawn, serving
from tests.benchmarks.populations import POPULATIONS, Population
from tests.benchmarks.report import Figure, run
from tests.benchmarks.resuming import resuming, waiting_long
from tests.benchmarks.stored import data_env, store
from tests.benchmarks.subjects import MONITOR, rival
from tests.benchmarks.trials import Sample, Samples, in_turns
from tests.benchmarks.watched import MONITOR_MARKS, RIVAL_MARKS, watched

SECONDS = 120.0
K1_JOBS, K1_REACH = (10, 100, 300, 1_000, 3_000), "≤ 0.5 × rival up to 300 jobs, ≤ 0.6 × at 1,000, ≤ 1 × at 3,000"
K2_JOBS, K2_REACH = (100, 1_000), "< 1 × rival in each row"
K2_POPULATIONS = ("wide", "pareto", "stuck", "normal")
DELAYS = (
    Column("mean delay, s", "mean", 2),
    Column("95 %, s", "p95", 1),
    Column("median, s", "median", 2),
    Column("mean to the answer, s", "answer mean", 2),
    Column("ended, not shown", "unknown", 0),
    Column("calls a job", "calls", 1),
    Column("calls to the end", "calls to end", 1),
    Column("most calls in a second", "peak", 0),
    Column("all asked once after, s", "all asked", 1),
    Column("CPU, % of a core", "cpu", 1),
    Column("CPU a call, ms", "cpu a call", 2),
    Column("MiB", "MiB", 0),
)
NOTE = (
    "Delays are to the screen: to the job's row or, where it is out of view, to the count of what is done. The rival "
    "has no count: its rows out of view are taken to be as late after the answer as those in view. What was "
    "not shown counts to the end of the run."
)


@dataclass(frozen=True, slots=True)
class Setting:
    """Jobs of one population, watched for some `seconds` on a terminal of so many `rows`."""

    population: Population
    jobs: int
    seconds: float
    rows: int


def main() -> None:
    """Run the figures that the command line requests."""
    switches = argparse.ArgumentParser(add_help=False)
    switches.add_argument("--jobs", metavar="N,N…", help="numbers of jobs for K1 and K2, in place of the usual ones")
    switches.add_argument("--population", metavar="NAME,…", help=f"populations for K1 and K2: {', '.join(POPULATIONS)}")
    switches.add_argument("--seconds", type=float, default=SECONDS, help=f"length of their trials ({SECONDS:g})")
    switches.add_argument("--rows", type=int, default=ROWS, metavar="N", help=f"rows of their terminal ({ROWS})")
    given, _ = switches.parse_known_args()

    def settings(names: Iterable[str], numbers: Iterable[int]) -> list[Setting]:
        names = given.population.split(",") if given.population else names
        numbers = [int(number) for number in given.jobs.split(",")] if given.jobs else numbers
        return [Setting(POPULATIONS[name], number, given.seconds, given.rows) for name in names for number in numbers]

    figures: dict[str, Figure] = {
        "K1": partial(_knowing, "K1 · log-normal lives", K1_REACH, settings(["lognormal"], K1_JOBS)),
        "K2": partial(_knowing, "K2 · other lives", K2_REACH, settings(K2_POPULATIONS, K2_JOBS)),
        "K3": resuming,
        "K5": waiting_long,
        "K6": attended,
    }
    run((__doc__ or "").splitlines()[0], figures, trials=3, switches=[switches])


def _knowing(title: str, reach: str, settings: Sequence[Setting], trials: int) -> Iterator[Comparison]:
    rows: dict[str, Samples] = {}
    for setting in settings:
        name = f"{setting.population.title}; {setting.jobs:,} jobs, {setting.seconds:g} s"
        print(name, file=sys.stderr)
        subjects = {"zjobtui": _monitor, "rival": _rival}
        rows[name] = in_turns(
            trials, {who: partial(_trial, trial, setting, count()) for who, trial in subjects.items()}
        )
    title = f"{title}: from a job's end to the screen"
    yield Comparison(title=title, columns=DELAYS, rows=rows, reach=reach, notes=[NOTE])


def _trial(trial: Callable[[Setting, Mapping[str, float]], Sample], setting: Setting, seeds: Iterator[int]) -> Sample:
    """One trial with the next lives; says on standard error what it measured."""
    sample = trial(setting, drawn(setting.population, setting.jobs, next(seeds)))
    print(f"  {json.dumps({name: round(value, 3) for name, value in sample.items()})}", file=sys.stderr, flush=True)
    return sample


def _monitor(setting: Setting, lives: Mapping[str, float]) -> Sample:
    with TemporaryDirectory() as place, serving(Plan(lives)) as tenant:
        env = {**tenant.env, **data_env(store(Path(place), lives))}
        return watched(MONITOR, env, tenant, setting.seconds, setting.rows).sample(lives, MONITOR_MARKS)


def _rival(setting: Setting, lives: Mapping[str, float]) -> Sample:
    with TemporaryDirectory() as place, serving(Plan(lives)) as tenant:
        (ids_file := Path(place) / "ids").write_text("\n".join(lives), encoding="utf-8")
        return watched(rival(ids_file), tenant.env, tenant, setting.seconds, setting.rows).sample(lives, RIVAL_MARKS)


if __name__ == "__main__":
    main()
