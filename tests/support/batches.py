"""Batches of jobs that live and are polled on virtual time."""

from collections.abc import Callable, Sequence
from math import ceil, exp, log
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from tests.support.building import NOW, watch
from zjobtui.models.batches import NEARLY_ALL, time_until_95_percent
from zjobtui.models.digest import Digest
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.simulator.rng import duration
from zjobtui.simulator.world import World

DONE = Digest("Completed", Verdict(VerdictKind.DONE, "Done."))
INTERVAL = 4.0
"""Seconds between two calls about a job, on average."""
CALLS_PER_SECOND = 80.0
"""Calls per second in all, at most."""


def polled(
    lives: Sequence[float],
    until: float,
    chance: Random,
    *,
    first: int = 1,
    added: float = 0.0,
    interval: float = INTERVAL,
) -> list[WatchedJob]:
    """Return jobs with these lives in seconds as they are known at `until`, each polled at its own times.

    They are numbered from `first` on; `until` and `added` are seconds after `NOW`. Lives count from the adding; those
    that are negative had ended by then.
    """
    watches = []
    for number, life in enumerate(lives, first):
        call, running_at, ended_at = added + chance.random() * interval, None, None
        while call <= until and ended_at is None:
            if call - added >= life:
                ended_at = NOW + call
            else:
                running_at = NOW + call
            call += interval * (0.5 + chance.random())
        one = watch(number, added_at=NOW + added, last_running_at=running_at)
        watches.append(one if ended_at is None else replace(one, digest=DONE, ended_at=ended_at))
    return watches


class Estimate(NamedTuple):
    """The estimated range of seconds until 95 % of a batch have ended, and the true time; (0, 0) if there is none."""

    low: float
    high: float
    true: float

    @property
    def error(self) -> float:
        """The error of the middle of the range, as a share of the true time."""
        return abs((self.low + self.high) / 2 - self.true) / self.true

    @property
    def holds(self) -> bool:
        """Whether the true time is in the range."""
        return self.low <= self.true <= self.high


def estimate(seed: int, *, jobs: int, history: int, spread: float, share: float) -> Estimate:
    """Estimate the time left of a batch when a share of its jobs has ended.

    Lives are log-normal with a median of 20 to 50 seconds and this spread; `history` jobs ended before.
    """
    chance = Random(seed)
    median = chance.uniform(20, 50)

    def draw(count: int) -> list[float]:
        return [exp(log(median) + spread * chance.gauss(0, 1)) for _ in range(count)]

    lives, former = draw(jobs), draw(history)
    ends = sorted(lives)
    now = ends[ceil(share * jobs) - 1] + INTERVAL
    batch = polled(lives, now, chance)
    others = polled(former, 0.0, chance, first=jobs + 1, added=-86_400.0)
    low, high = time_until_95_percent(batch, others, NOW + now) or (0.0, 0.0)
    return Estimate(low, high, ends[ceil(NEARLY_ALL * jobs) - 1] - now)


def late_estimate(seed: int, draw: Callable[[Random], float], *, jobs: int, share: float, batches: int = 1) -> Estimate:
    """Estimate the time left when a share of a batch has ended that was added while its jobs had been running.

    `draw` returns when a job ends, in seconds after it was added; negative if it had ended by then. The jobs are added
    in turn to so many batches, of which the first is estimated.
    """
    chance = Random(seed)
    return _estimate_of([draw(chance) for _ in range(jobs)], chance, share, batches)


def simulator_estimate(seed: int, *, jobs: int, share: float, batches: int = 1) -> Estimate:
    """Estimate the time left of the jobs of a simulator that were added five seconds after its start."""
    world = World(seed, jobs)
    ends = [one.script.end - 5 for name in world.job_ids if (one := world.job(name)) is not None]
    return _estimate_of(ends, Random(seed), share, batches)


def just_posted(chance: Random) -> float:
    """Return when a job of the simulator ends that was posted up to 15 s before it was added, in seconds."""
    return duration(chance) - chance.uniform(0, 15)


def _estimate_of(drawn: list[float], chance: Random, share: float, batches: int) -> Estimate:
    batch, others = drawn[::batches], [end for place, end in enumerate(drawn) if place % batches]
    ends, interval = sorted(batch), max(INTERVAL, len(drawn) / CALLS_PER_SECOND)
    now = max(0.0, ends[ceil(share * len(ends)) - 1]) + interval
    known = polled(batch, now, chance, interval=interval)
    known_of_others = polled(others, now, chance, interval=interval, first=len(drawn) + 1)
    low, high = time_until_95_percent(known, known_of_others, NOW + now) or (0.0, 0.0)
    return Estimate(low, high, ends[ceil(NEARLY_ALL * len(ends)) - 1] - now)
