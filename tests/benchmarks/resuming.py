"""K3 and K5: a start with jobs that were left running hours ago, and what it costs to go on watching them."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.comparison import Column, Comparison
from tests.benchmarks.lives import Plan, drawn, serving
from tests.benchmarks.populations import LASTING
from tests.benchmarks.stored import data_env, left
from tests.benchmarks.subjects import MONITOR, SHOWN, rival
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure
from tests.benchmarks.watched import Watched, all_asked, most_in_a_second, watched

JOBS, WAITING_JOBS = 1_000, 300
ADDED, SEEN = 7 * 3600.0, 6 * 3600.0
"""Seconds ago."""

_LIMIT = 45.0
_SETTLE, _MINUTE = 20.0, 60.0


def resuming(trials: int) -> Iterator[Comparison]:
    """Seconds from the start of the process until every stored job had been answered for, and all in view."""
    samples = in_turns(trials, {"zjobtui": _resume, "rival": _resume_rival})
    columns = (
        Column("all answered, s", "all"),
        Column("all in view, s", "view"),
        Column("the first, s", "first", 2),
        Column("answered in the run", "count", 0),
        Column("most calls in a second", "peak", 0),
    )
    title = f"K3 · start with {JOBS:,} jobs that were left running {SEEN / 3600:g} hours ago, from the process on"
    rows = {f"{JOBS:,} jobs": samples}
    yield Comparison(title=title, columns=columns, rows=rows, reach="≤ 15 s, those in view first")


def waiting_long(trials: int) -> Iterator[Table]:
    """Per cent of a core over a minute, once all have been polled again."""
    samples = in_turns(trials, {"zjobtui": _wait})
    title = f"K5 · {WAITING_JOBS} jobs that have run for {SEEN / 3600:g} hours"
    yield Table(title=title, unit="% of a core", trials=measure(samples, "cpu"), reach="≤ 2 %")
    yield Table(title=f"{title}: calls a second", unit="calls/s", trials=measure(samples, "rate"), digits=1)
    yield Table(title=f"{title}: all asked once after", unit="s", trials=measure(samples, "all"), digits=1)


def _resume() -> Sample:
    return _asked(_run(JOBS, _LIMIT))


def _resume_rival() -> Sample:
    lives = drawn(LASTING, JOBS, 0)
    with TemporaryDirectory() as place, serving(Plan(lives)) as tenant:
        (ids_file := Path(place) / "ids").write_text("\n".join(lives), encoding="utf-8")
        return _asked(watched(rival(ids_file), tenant.env, tenant, _LIMIT))


def _wait() -> Sample:
    run = _run(WAITING_JOBS, _SETTLE + _MINUTE)
    since = run.until - _MINUTE
    calls = sum(call.asked_at >= since for call in run.calls)
    return {
        "cpu": run.cpu_share(since),
        "rate": calls / _MINUTE,
        "all": all_asked(run.calls, drawn(LASTING, WAITING_JOBS, 0)) - run.started,
    }


def _run(jobs: int, seconds: float) -> Watched:
    lives = drawn(LASTING, jobs, 0)
    with TemporaryDirectory() as place, serving(Plan(lives)) as tenant:
        left(Path(place), lives, ADDED, SEEN)
        return watched(MONITOR, {**tenant.env, **data_env(Path(place))}, tenant, seconds)


def _asked(run: Watched) -> Sample:
    lives = drawn(LASTING, JOBS, 0)
    run.film.play_all()
    names = set(re.findall(rf"\b[0-9a-f]{{{SHOWN}}}", run.film.text()))
    in_view = [job_id for job_id in lives if job_id[:SHOWN] in names]
    assert in_view, f"no job in view:\n{run.film.text()}"
    return {
        "all": all_asked(run.calls, lives) - run.started,
        "view": all_asked(run.calls, in_view) - run.started,
        "first": min(call.answered_at for call in run.calls) - run.started,
        "count": len({call.job_id for call in run.calls}),
        "peak": most_in_a_second([call.asked_at for call in run.calls]),
    }
