"""Measures how soon the user knows: from the end of a job to its row on the screen, beside the rival.

    python -m tests.benchmarks.knowing [--only K1,K2] [--trials N] [--jobs N,N] [--population NAME] [--seconds S]

The installed program on a pseudo-terminal against a tenant in a process of its own, whose jobs all begin at once; the
rival in turns with it, against the same lives.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.attended import attended
from tests.benchmarks.comparison import Column, Comparison
from tests.benchmarks.lives import POPULATIONS, Plan, drawn, serving
from tests.benchmarks.report import Figure, run
from tests.benchmarks.resuming import resuming, waiting_long
from tests.benchmarks.stored import data_env, store
from tests.benchmarks.subjects import MONITOR, rival
from tests.benchmarks.trials import Sample, Samples, in_turns
from tests.benchmarks.watched import DONE, ROWS, watched

SECONDS = 120.0
K1_JOBS, K2_JOBS = (10, 100, 300, 1_000, 3_000), (100, 1_000)
MOST_ROWS = 300
"""Jobs up to which the terminal is so tall that it shows them all; with more, the screen is a common one."""

MORE_ROWS = 20
RIVAL_DONE = "Completed"

DELAYS = (
    Column("mean delay, s", "mean", 2),
    Column("95 %, s", "p95", 1),
    Column("median, s", "median", 2),
    Column("mean to the answer, s", "answer mean", 2),
    Column("ended, not known", "unknown", 0),
    Column("calls a job", "calls", 1),
    Column("calls to the end", "calls to end", 1),
    Column("most calls in a second", "peak", 0),
    Column("all asked once after, s", "all asked", 1),
    Column("CPU, % of a core", "cpu", 1),
    Column("CPU a call, ms", "cpu a call", 2),
    Column("MiB", "MiB", 0),
)
NOTE = (
    f"Delays are to the row on the screen for up to {MOST_ROWS} jobs, on a terminal that shows them all; with more, to "
    f"the answer of the call (a terminal of {ROWS} rows). What was not known counts to the run's end."
)


def main() -> None:
    """Runs the figures that the command line asks for."""
    switches = argparse.ArgumentParser(add_help=False)
    switches.add_argument("--jobs", metavar="N,N…", help="numbers of jobs for K1 and K2, in place of the usual ones")
    switches.add_argument("--seconds", type=float, default=SECONDS, help=f"length of a trial ({SECONDS:g})")
    switches.add_argument("--population", metavar="NAME,…", help=f"populations for K1 and K2: {', '.join(POPULATIONS)}")
    switches.add_argument("--rows", type=int, help="rows of the terminal for K1 and K2, in place of the usual ones")
    given, _ = switches.parse_known_args()
    jobs = [int(number) for number in given.jobs.split(",")] if given.jobs else None
    names = given.population.split(",") if given.population else None
    others = [name for name in POPULATIONS if name != "lognormal"]
    figures: dict[str, Figure] = {
        "K1": partial(_knowing, "K1", names or ["lognormal"], jobs or K1_JOBS, given.seconds, given.rows),
        "K2": partial(_knowing, "K2", names or others, jobs or K2_JOBS, given.seconds, given.rows),
        "K3": resuming,
        "K5": waiting_long,
        "K6": attended,
    }
    run((__doc__ or "").splitlines()[0], figures, trials=3, switches=[switches])


def _knowing(
    figure: str, names: Sequence[str], jobs: Sequence[int], seconds: float, rows: int | None, trials: int
) -> Iterator[Comparison]:
    """One table a population."""
    for name in names:
        subjects: dict[tuple[int, str], Callable[[], Sample]] = {}
        for number in jobs:
            for subject, trial in (("zjobtui", _monitor), ("rival", _rival)):
                subjects[number, subject] = partial(_told, partial(trial, rows), name, number, seconds, count())
        samples = in_turns(trials, {f"{number:,} jobs, {subject}": one for (number, subject), one in subjects.items()})
        table: dict[str, Samples] = {}
        for number, subject in subjects:
            table.setdefault(f"{number:,} jobs", {})[subject] = samples[f"{number:,} jobs, {subject}"]
        title = f"{figure} · end to row, {POPULATIONS[name].title}, {seconds:g} s"
        yield Comparison(title=title, columns=DELAYS, rows=table, reach=_REACH[figure], notes=[NOTE])


_REACH = {"K1": "≤ 0.5 × rival up to 300 jobs, ≤ 0.6 × at 1,000, ≤ 1 × at 3,000", "K2": "< 1 × rival"}


def _told(
    trial: Callable[[Mapping[str, float], float], Sample], name: str, jobs: int, seconds: float, seeds: Iterator[int]
) -> Sample:
    """One trial with the next lives, and what it measured on standard error."""
    sample = trial(drawn(POPULATIONS[name], jobs, next(seeds)), seconds)
    print(f"  {json.dumps({key: round(value, 3) for key, value in sample.items()})}", file=sys.stderr, flush=True)
    return sample


def _monitor(rows: int | None, lives: Mapping[str, float], seconds: float) -> Sample:
    with TemporaryDirectory() as place, serving(Plan(lives)) as tenant:
        env = {**tenant.env, **data_env(store(Path(place), lives))}
        return watched(MONITOR, env, tenant, seconds, _rows(rows, lives)).sample(lives, _word(rows, lives, DONE))


def _rival(rows: int | None, lives: Mapping[str, float], seconds: float) -> Sample:
    with TemporaryDirectory() as place, serving(Plan(lives)) as tenant:
        (ids_file := Path(place) / "ids").write_text("\n".join(lives), encoding="utf-8")
        seen = watched(rival(ids_file), tenant.env, tenant, seconds, _rows(rows, lives))
        return seen.sample(lives, _word(rows, lives, RIVAL_DONE))


def _rows(rows: int | None, lives: Mapping[str, float]) -> int:
    return rows or (len(lives) + MORE_ROWS if len(lives) <= MOST_ROWS else ROWS)


def _word(rows: int | None, lives: Mapping[str, float], word: str) -> str:
    return word if len(lives) <= _rows(rows, lives) - MORE_ROWS else ""


if __name__ == "__main__":
    main()
