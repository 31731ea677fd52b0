"""Compares what the bar says of polling with what the server counted, and looks for old rows that look fresh.

    python -m tests.benchmarks.bar [--seconds S]

Twice, on a terminal with a row for every job: 40 jobs on a fast host, and 300 jobs on a host that answers in two
seconds, so that it holds polling back. From the film, once a second: the bar's calls a second beside the server's count
of the ten seconds before (a figure of the bar stands for a second, so the count may be as old), and each running row
whose last answer is too old to look fresh.
"""

import argparse
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.lives import Call, Plan, drawn, serving
from tests.benchmarks.populations import POPULATIONS
from tests.benchmarks.stored import data_env, store
from tests.benchmarks.subjects import MONITOR, SHOWN
from tests.benchmarks.watched import Watched, most_in_a_second, watched
from zjobtui.formatting.status import RATE_STANDS
from zjobtui.models.tenant import TenantKind
from zjobtui.polling.rate_limiter import BURST, RATE_WINDOW, limits_for
from zjobtui.polling.survival import STALENESS_LIMIT
from zjobtui.ui.state_feed import TIMES_EVERY

SECONDS = 300.0
LIMIT = limits_for(TenantKind.PRODUCTION).per_second * (1 + BURST)
SETTLED = 12.0
"""Seconds from the first call until the bar has ten seconds to count."""

COLUMNS = (
    *("", "seconds looked at", "calls a second", "bar off by, median", "95 %", "within 10 %"),
    *("most in a second", "limit", "old rows that look fresh"),
)
_RATE = re.compile(r"● ([\d.]+) calls/s")
_LONGEST_PLANNED = 3 * STALENESS_LIMIT
_STANDS = RATE_STANDS + TIMES_EVERY
_DRAWN = 2.0
"""Seconds for which a row may be drawn late."""


@dataclass(frozen=True, slots=True)
class Second:
    """What stood on the screen at a moment: the bar's calls a second, and the ids of running rows that look fresh."""

    at: float
    rate: float
    fresh: frozenset[str]


def looked_at(run: Watched, job_ids: Sequence[str]) -> list[Second]:
    """The screen, once a second."""
    by_name = {job_id[:SHOWN]: job_id for job_id in job_ids}
    seconds, rows, due = list[Second](), dict[int, str](), run.began + SETTLED
    for at in run.film.play():
        while at > due and rows:
            if (found := _RATE.search(rows[0])) is not None:
                fresh = {
                    name
                    for row in rows.values()
                    if "stale" not in row and "last response" not in row
                    for name in _running(row)
                }
                seconds.append(
                    Second(due, float(found[1]), frozenset(by_name[name] for name in fresh if name in by_name))
                )
            due += 1
        rows |= run.film.changed_rows()
    return seconds


def _running(row: str) -> list[str]:
    return re.findall(rf"running\s+([0-9a-f]{{{SHOWN}}})", row)


def counted(times: Sequence[float], at: float) -> float:
    """Calls a second in the ten seconds before a moment, by the server; `times` are in order."""
    return (bisect_left(times, at) - bisect_left(times, at - RATE_WINDOW)) / RATE_WINDOW


def off_by(second: Second, times: Sequence[float]) -> float:
    """The part by which the bar differs from the server's count, which may be as old as a figure of the bar stands."""
    counts = [counted(times, second.at - age * _STANDS / 10) for age in range(11)]
    return max(0.0, min(counts) - second.rate, second.rate - max(counts)) / max(counts[0], 1 / RATE_WINDOW)


def wrongly_fresh(seconds: Sequence[Second], calls: Sequence[Call]) -> int:
    """Rows, counted each second, that look fresh although their last answer is older than any plan allows."""
    answered: dict[str, list[float]] = {}
    for call in calls:
        answered.setdefault(call.job_id, []).append(call.answered_at)
    wrong = 0
    for second in seconds:
        for job_id in second.fresh:
            times = answered.get(job_id, [])
            before = bisect_left(times, second.at)
            wrong += before > 0 and second.at - times[before - 1] > _LONGEST_PLANNED + _DRAWN
    return wrong


def trial(title: str, lives: Mapping[str, float], latency: float, seconds: float) -> str:
    with TemporaryDirectory() as place, serving(Plan(lives, latency)) as tenant:
        env = {**tenant.env, **data_env(store(Path(place), lives))}
        run = watched(MONITOR, env, tenant, seconds, rows=len(lives) + 20)
    shown, times = looked_at(run, list(lives)), sorted(call.asked_at for call in run.calls)
    off = sorted(off_by(second, times) for second in shown)
    within = sum(each <= 0.1 for each in off) / max(1, len(off))
    cells = [
        *(
            title,
            f"{len(shown)}",
            f"{len(times) / seconds:.1f}",
            f"{median(off):.1%}",
            f"{off[int(0.95 * len(off))]:.1%}",
        ),
        *(f"{within:.0%}", f"{most_in_a_second(times)}", f"{LIMIT:.0f}", f"{wrongly_fresh(shown, run.calls)}"),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    lasting = POPULATIONS["stuck"]
    for title, jobs, latency in (("40 jobs, 50 ms", 40, 0.05), ("300 jobs, a host that takes 2 s", 300, 2.0)):
        print(trial(title, drawn(lasting, jobs, 1), latency, given.seconds), flush=True)


if __name__ == "__main__":
    main()
