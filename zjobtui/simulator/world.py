"""The jobs of a simulated tenant as a pure function of seed, job id and elapsed time; knows no clock and no socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from zjobtui.simulator import rng
from zjobtui.simulator.scenarios import CAST, ORDINARY, Outcome, ScriptedJob, draw

FINISHED_BEFORE = 0.15
"""Share of the jobs after the cast that had ended when the world began."""
BACKLOG = 90.0
"""Mean seconds that the others wait behind one another, so that a watcher sees them end over minutes."""


class Phase(Enum):
    """Where a job is in its life."""

    QUEUED = auto()
    RUNNING = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What a posted body asked for: None or empty where it said nothing; `by_id` is `?returnIds=true`."""

    account: str = ""
    order: str = ""
    subscriptions: int | None = None
    order_line_items: int | None = None
    by_id: bool = False


@dataclass(frozen=True, slots=True)
class SimulatedJob:
    """One job from start to end, in seconds after the world's start; `number` is its place among the tenant's jobs."""

    seed: int
    id: str
    number: int
    part: ScriptedJob
    asked: OrderRequest = OrderRequest()

    @property
    def outcome(self) -> Outcome:
        """How the job ends."""
        return self.part.outcome

    def phase(self, elapsed: float) -> Phase:
        """Where the job is, `elapsed` seconds after the world's start."""
        if elapsed >= self.part.end:
            return Phase.ENDED
        queued = self.part.queued_until is not None and elapsed < self.part.queued_until
        return Phase.QUEUED if queued else Phase.RUNNING


class World:
    """A tenant's jobs at the start, the cast first; what is posted later is derived from it and kept by the caller."""

    def __init__(self, seed: int = 0, jobs: int = 40) -> None:
        self.seed = seed
        self.job_ids = tuple(rng.job_id(seed, number) for number in range(jobs))
        self._lives = {job_id: self._opening(number, job_id) for number, job_id in enumerate(self.job_ids)}

    def life(self, job_id: str) -> SimulatedJob | None:
        """The life of a job that the world began with."""
        return self._lives.get(job_id)

    def posted(self, count: int, at: float, asked: OrderRequest, shares: Mapping[Outcome, int]) -> SimulatedJob:
        """The life of the job that was posted as number `count`, at `at` seconds after the world's start."""
        job_id = rng.job_id(self.seed, "posted", count)
        throw = rng.dice(self.seed, job_id, "life")
        part = ScriptedJob(draw(shares, throw), at, at + rng.duration(throw))
        return SimulatedJob(self.seed, job_id, len(self.job_ids) + count, part, asked)

    def _opening(self, number: int, job_id: str) -> SimulatedJob:
        part = CAST[number] if number < len(CAST) else _ordinary(self.seed, job_id)
        return SimulatedJob(self.seed, job_id, number, part)


def _ordinary(seed: int, job_id: str) -> ScriptedJob:
    throw = rng.dice(seed, job_id, "life")
    outcome, seconds = draw(ORDINARY, throw), rng.duration(throw)
    if throw.random() < FINISHED_BEFORE:
        end = -throw.uniform(30, 3600)
        return ScriptedJob(outcome, end - seconds, end)
    start = -throw.uniform(0, 20)
    return ScriptedJob(outcome, start, start + throw.expovariate(1 / BACKLOG) + seconds)
