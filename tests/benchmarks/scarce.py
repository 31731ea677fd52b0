"""K4: delay where calls are scarce, beside a fixed interval that spends as many calls over the same day.

    python -m tests.benchmarks.scarce [--seeds N]

A day in virtual time with the real poller: a hundred jobs in an API sandbox, held to the program's share of it, or to
300 calls a day that the user has set. The program knows two hundred ended jobs of the same population. The fixed
interval polls each job at once and then every so many seconds; it is found by bisection, and held to no rate. What is
not seen by the end of the day counts up to there.

A fair share is one call for each job that is not known to have ended, where the day's calls go evenly over the day and
the jobs. The longest wait of a job for its next call is given in such shares, as they were while it waited.
"""

import argparse
import asyncio
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import ceil, floor, isnan, nan, sqrt
from random import Random
from statistics import fmean

from tests.benchmarks.populations import POPULATIONS, Population
from tests.support.polling import Run, Script, job, job_id, polled
from tests.support.sources import Asked, TimedSource
from tests.support.virtual_time import START
from zjobtui.models.digest import Digest
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.tenant import TenantKind
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.rate_limiter import Limits, limits_for

JOBS, HISTORY = 100, 200
HOUR, DAY = 3600.0, 86_400.0
END = START + DAY
BUDGETS = (limits_for(TenantKind.API_SANDBOX), limits_for(TenantKind.API_SANDBOX, daily_calls=300))

REACH = {"lognormal": 1.0, "wide": 1.0, "pareto": 0.7, "stuck": 0.7, "normal": 0.7}
"""The ratio to the fixed interval at most, for each population."""

COLUMNS = (
    *("calls a day", "lives", "population", "calls", "of the day", "mean delay, s", "fixed, s", "ratio"),
    *("longest wait, shares", "reach", "reached"),
)
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Case:
    """How much longer jobs live than in the population, and the seconds over which they are added."""

    title: str
    scale: float
    over: float


CASES = (
    Case("× 1, added over 8 hours", 1, 8 * HOUR),
    Case("× 60, added over 8 hours", 60, 8 * HOUR),
    Case("× 600, added all at once", 600, 0),
)


@dataclass(frozen=True, slots=True)
class Life:
    """When a job is added and when it ends, in seconds since the epoch."""

    added: float
    ends: float


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one day: calls, mean delays in seconds, and the longest wait in fair shares.

    `fixed_delay` is not a number where no fixed interval sees the ends with so few calls.
    """

    calls: float
    delay: float
    fixed_delay: float
    longest: float

    @property
    def ratio(self) -> float:
        return self.delay / self.fixed_delay


def trial(population: Population, case: Case, limits: Limits, seed: int) -> Result:
    chance = Random(f"{population.title} {case.title} {seed}")
    added = sorted(START + chance.uniform(0, case.over) for _ in range(JOBS))
    lives = {job_id(number): Life(at, at + drawn(population, case, chance)) for number, at in enumerate(added)}
    source = TimedSource({id_: life.ends for id_, life in lives.items()})
    polled(source, history(population, case, chance), adding(lives), limits, seed=seed)
    seen = ends_seen(source, lives)
    calls, all_lives = len(source.asked), list(lives.values())
    delays = [seen.get(id_, END) - life.ends for id_, life in lives.items() if life.ends < END]
    fixed_delay = fixed(interval_for(calls, all_lives), all_lives)[1] if calls >= JOBS + len(delays) else nan
    return Result(calls, fmean(delays), fixed_delay, longest_wait(source.asked, lives, seen, limits.per_day / DAY))


def drawn(population: Population, case: Case, chance: Random) -> float:
    return max(0.5, case.scale * population.draw(chance))


def history(population: Population, case: Case, chance: Random) -> list[WatchedJob]:
    """Jobs of the two days before, added in the same hours, polled at a fixed interval that is short beside lives.

    All have ended: those that live too long for it were added earlier.
    """
    done, watches = Digest("Completed", Verdict(VerdictKind.DONE, "done")), list[WatchedJob]()
    for number in range(JOBS, JOBS + HISTORY):
        life, interval = drawn(population, case, chance), 5 * case.scale
        polls = ceil(life / interval)
        day = START - DAY * (1 + number % 2)
        added = min(day + chance.uniform(0, case.over), START - 1 - polls * interval)
        ended = added + polls * interval
        running = added + (polls - 1) * interval + 0.001
        watches.append(
            WatchedJob(
                job=job(number),
                added_at=added,
                digest=done,
                last_answer_at=ended,
                last_running_at=running,
                ended_at=ended,
            )
        )
    return watches


def adding(lives: Mapping[JobId, Life]) -> Script:
    """A script that adds each job when its life begins, and goes on to the end of the day."""

    async def add(run: Run) -> None:
        for id_, life in lives.items():
            await asyncio.sleep(max(0.0, life.added - run.clock.now()))
            await run.service.add([WatchedJob(job=JobRef("env", id_), added_at=life.added)])
            run.poller.sync_jobs()
        await asyncio.sleep(END - run.clock.now())

    return add


def ends_seen(source: TimedSource, lives: Mapping[JobId, Life]) -> dict[JobId, float]:
    """When the first final response about each job came, for those that had one."""
    seen = dict[JobId, float]()
    for asked in source.asked:
        answered = asked.at + source.latency
        if answered >= lives[asked.job].ends:
            seen.setdefault(asked.job, answered)
    return seen


def longest_wait(
    asked: Sequence[Asked], lives: Mapping[JobId, Life], seen: Mapping[JobId, float], calls_per_second: float
) -> float:
    """The longest time without a call about a job that is not known to have ended, in fair shares."""
    changes = sorted([(life.added, 1) for life in lives.values()] + [(at, -1) for at in seen.values()])
    times, shares, unfinished = [START], [0.0], 0
    for at, change in [*changes, (END, 0)]:
        rate = calls_per_second / unfinished if unfinished else 0.0
        times.append(at)
        shares.append(shares[-1] + (at - times[-2]) * rate)
        unfinished += change

    def shares_by(at: float) -> float:
        cell = min(bisect_right(times, at), len(times) - 1) - 1
        width = times[cell + 1] - times[cell]
        return shares[cell] + (shares[cell + 1] - shares[cell]) * ((at - times[cell]) / width if width else 0.0)

    moments = {id_: [life.added] for id_, life in lives.items()}
    for call in asked:
        moments[call.job].append(call.at)
    for id_ in lives.keys() - seen.keys():
        moments[id_].append(END)
    return max(shares_by(b) - shares_by(a) for each in moments.values() for a, b in pairwise(each))


def fixed(interval: float, lives: Sequence[Life]) -> tuple[int, float]:
    """Calls and mean delay in seconds of jobs that are polled at once, and then at this interval."""
    calls, delays = 0, list[float]()
    for life in lives:
        needed = ceil((life.ends - life.added) / interval)
        calls += 1 + min(needed, floor((END - life.added) / interval))
        if life.ends < END:
            delays.append(min(life.added + needed * interval, END) - life.ends)
    return calls, fmean(delays)


def interval_for(calls: int, lives: Sequence[Life]) -> float:
    """The shortest fixed interval, in seconds, that takes no more calls than these."""
    low, high = 0.01, 1e6
    for _ in range(_HALVINGS):
        middle = sqrt(low * high)
        low, high = (middle, high) if fixed(middle, lives)[0] > calls else (low, middle)
    return high


def report(name: str, case: Case, limits: Limits, results: Sequence[Result]) -> str:
    """One row: means of the days, and the longest wait of all."""
    calls, delay, beside = (fmean(getattr(day, part) for day in results) for part in ("calls", "delay", "fixed_delay"))
    ratio, longest = fmean(day.ratio for day in results), max(day.longest for day in results)
    is_reached = "–" if isnan(ratio) else "yes" if ratio <= REACH[name] else "no"
    means = [f"{calls:.0f}", f"{calls / limits.per_day:.0%}", f"{delay:,.1f}", _shown(beside, 1), _shown(ratio, 2)]
    about = [f"{limits.per_day:,.0f}", case.title, POPULATIONS[name].title]
    return " | ".join([*about, *means, f"{longest:.1f}", f"≤ {REACH[name]:g} ×", is_reached])


def _shown(value: float, digits: int) -> str:
    return "–" if isnan(value) else f"{value:,.{digits}f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---:|---|---|---:|---:|---:|---:|---:|---:|---|---|")
    for limits, case, name in product(BUDGETS, CASES, POPULATIONS):
        results = [trial(POPULATIONS[name], case, limits, seed) for seed in range(given.seeds)]
        print(f"| {report(name, case, limits, results)} |", flush=True)
    print(
        "\n–: fewer than one call for each job and one more for each end, so no fixed interval sees the ends with them."
    )


if __name__ == "__main__":
    main()
