"""K6: how soon the row of the job at the cursor, or of one that is refreshed by hand, shows that it ended."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.benchmarks.lives import Plan, drawn, serving
from tests.benchmarks.populations import LASTING
from tests.benchmarks.stored import data_env, store, top_ids
from tests.benchmarks.subjects import MONITOR
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure
from tests.benchmarks.watched import MONITOR_MARKS, OutOfView, Press, first_final, first_shown, watched

OTHERS = 300
TIMES = 3
"""Ends in each trial, each in its own run."""

IN_ROW = replace(MONITOR_MARKS, out_of_view=OutOfView.NOT_SHOWN)
_KEYS_AT = 3.0
_EARLIEST, _LATEST = 8.0, 16.0
_PATIENCE = 15.0
_REACTION = 0.1
"""Seconds after the end at which the key is pressed."""


def attended(trials: int) -> Iterator[Table]:
    """Seconds from the end of one job to its row's word, while the others run on."""
    subjects: dict[str, Callable[[], Sample]] = {
        "at the cursor": partial(_trial, _at_cursor, count()),
        f"marked, r pressed {_REACTION:g} s after its end": partial(_trial, _by_hand, count()),
    }
    samples = in_turns(TIMES * trials, subjects)
    title = f"K6 · end to row of one job, {OTHERS} others run on"
    yield Table(title=title, unit="s", trials=measure(samples, "shown"), reach="≤ 2.5 s")
    yield Table(title=f"{title}: end to answer", unit="s", trials=measure(samples, "answered"))


def _at_cursor(_: float) -> Sequence[Press]:
    """Move, so that the cursor stays with the job."""
    return [(_KEYS_AT, "down"), (_KEYS_AT + 0.3, "up")]


def _by_hand(life: float) -> Sequence[Press]:
    """Mark the job, leave it, and ask about what is marked once it has ended."""
    moves = [(_KEYS_AT + 0.5 + 0.1 * number, "down") for number in range(10)]
    return [(_KEYS_AT, "space"), *moves, (life + _REACTION, "r")]


def _trial(presses: Callable[[float], Sequence[Press]], seeds: Iterator[int]) -> Sample:
    life = Random(next(seeds)).uniform(_EARLIEST, _LATEST)
    lives = drawn(LASTING, OTHERS + 1, 0)
    with TemporaryDirectory() as place:
        env = data_env(store(Path(place), lives))
        (job_id,) = top_ids(Path(place), 1)
        with serving(Plan({**lives, job_id: life})) as tenant:
            keys = presses(life)
            run = watched(MONITOR, {**env, **tenant.env}, tenant, life + _PATIENCE, len(lives) + 20, keys)
    answered = first_final(run.calls)
    shown = first_shown(run.film, IN_ROW, answered)
    end = run.began + life
    return {"shown": shown.get(job_id, run.until) - end, "answered": answered.get(job_id, run.until) - end}
