"""Measures how soon a read of an order is shown while a thousand jobs are polled, and what K1 is meanwhile.

    python -m tests.benchmarks.related [--trials N] [--jobs N] [--seconds S] [--latency S]

The whole program on a pseudo-terminal against a tenant in a process of its own. `5` opens the view of related objects
of a completed job, and `r` reads its order again; in turns with it the same program without these keys.
"""

import argparse
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.film import COLUMNS, ROWS, Film
from tests.benchmarks.lives import LATENCY, Plan, drawn, serving
from tests.benchmarks.populations import POPULATIONS
from tests.benchmarks.report import run
from tests.benchmarks.stored import data_env, store, top_ids
from tests.benchmarks.subjects import MONITOR
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure
from tests.benchmarks.watched import MONITOR_MARKS, Press, watched

JOBS, SECONDS = 1_000, 60.0
REACH = "≤ latency + 0.5 s"

_LIFE = 4.0
"""Seconds after which the job at the cursor is completed."""
_KEYS_AT = 1.5
_OPENS_AT = 20.0
_EVERY = 4.03
"""Seconds between two reads, out of step with everything that goes by a clock."""

_BUSY = "reading…"
_READ = re.compile(r"Read at +(\d\d:\d\d:\d\d)")


def main() -> None:
    """Run the figure."""
    switches = argparse.ArgumentParser(add_help=False)
    switches.add_argument("--jobs", type=int, default=JOBS, metavar="N", help=f"jobs that are polled ({JOBS})")
    switches.add_argument("--seconds", type=float, default=SECONDS, help=f"length of a trial ({SECONDS:g})")
    switches.add_argument("--latency", type=float, default=LATENCY, help=f"of each response, in seconds ({LATENCY:g})")
    given, _ = switches.parse_known_args()
    figure = partial(_related, given.jobs, given.seconds, given.latency)
    run((__doc__ or "").splitlines()[0], {"related": figure}, trials=3, switches=[switches])


def _related(jobs: int, seconds: float, latency: float, trials: int) -> Iterator[Table]:
    subjects: dict[str, Callable[[], Sample]] = {
        "with reads": partial(_trial, jobs, seconds, latency, count(), has_reads=True),
        "without": partial(_trial, jobs, seconds, latency, count(), has_reads=False),
    }
    samples = in_turns(trials, subjects)
    title = f"Related · key to read order on the screen, {jobs:,} jobs polled"
    alone = {"with reads": samples["with reads"]}
    yield Table(title=f"{title}: slowest of a trial, s", unit="s", trials=measure(alone, "shown"), reach=REACH)
    yield Table(title=f"{title}: of that the server, s", unit="s", trials=measure(alone, "server"))
    yield Table(title=f"{title}: all but the server, s", unit="s", trials=measure(alone, "own"), reach="≤ 0.5 s")
    yield Table(title="K1 meanwhile: mean delay, s", unit="s", trials=measure(samples, "mean"), base="without")
    yield Table(title="K1 meanwhile: 95 %, s", unit="s", trials=measure(samples, "p95"), base="without")


def _trial(jobs: int, seconds: float, latency: float, seeds: Iterator[int], *, has_reads: bool) -> Sample:
    lives = drawn(POPULATIONS["lognormal"], jobs, next(seeds))
    reads = list(_read_times(seconds)) if has_reads else []
    with TemporaryDirectory() as place:
        env = data_env(store(Path(place), lives))
        (job_id,) = top_ids(Path(place), 1)
        with serving(Plan({**lives, job_id: _LIFE}, latency)) as tenant:
            ran = watched(MONITOR, {**env, **tenant.env}, tenant, seconds, ROWS, _presses(reads))
            answered = tenant.reads()
    known = ran.sample({**lives, job_id: _LIFE}, MONITOR_MARKS)
    sample = {"mean": known["mean"], "p95": known["p95"]}
    if not reads:
        return sample
    assert len(answered) == len(reads), f"{len(answered)} reads instead of {len(reads)}:\n{ran.film.text()}"
    pressed = [ran.began + after for after in reads]
    shown = list(_shown(ran.film, [at for _, at in answered]))
    assert len(shown) == len(reads), f"not all reads were shown:\n{ran.film.text()}"
    delays = [(at - key, end - start) for at, key, (start, end) in zip(shown, pressed, answered, strict=True)]
    slowest, server = max(delays)
    return {**sample, "shown": slowest, "server": server, "own": max(delay - took for delay, took in delays)}


def _read_times(seconds: float) -> Iterator[float]:
    """When the reads are requested: the last one early enough to be shown."""
    at = _OPENS_AT
    while at < seconds - 3:
        yield at
        at += _EVERY


def _presses(reads: list[float]) -> list[Press]:
    """Move, so that the cursor stays with the job; then open the view, go into the record, and read it again."""
    stay: list[Press] = [(_KEYS_AT, "down"), (_KEYS_AT + 0.3, "up")]
    if not reads:
        return stay
    first, *again = reads
    into = [(first + 2, "tab"), *((first + 2.1 + 0.05 * number, "down") for number in range(7))]
    return [*stay, (first, "5"), *into, *((at, "r") for at in again)]


def _shown(film: Film, answered: list[float]) -> Iterator[float]:
    """When the screen first showed each result: another time of the read, and no read under way."""
    replay = Film(COLUMNS, ROWS)
    replay.frames = film.frames
    waiting, before = list(answered), ""
    for at in replay.play():
        if waiting and at >= waiting[0]:
            text = "\n".join("".join(replay.cells(row)) for row in range(ROWS))
            if (read := _READ.search(text)) and read[1] != before and _BUSY not in text:
                before = read[1]
                waiting.pop(0)
                yield at


if __name__ == "__main__":
    main()
