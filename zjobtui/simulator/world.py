"""The jobs of a simulated tenant as a pure function of seed, job id and elapsed time."""

from collections.abc import Mapping
from enum import Enum, auto

from msgspec import Struct

from zjobtui.simulator import rng
from zjobtui.simulator.scenarios import ORDINARY, SCENARIOS, Outcome, ScriptedJob, draw

FINISHED_BEFORE = 0.15
"""Share of the jobs after the scenarios that have ended when the world starts."""
BACKLOG = 90.0
"""Mean seconds by which the other jobs are delayed, so that they end over several minutes."""


class Phase(Enum):
    """The phase of a job."""

    QUEUED = auto()
    RUNNING = auto()
    ENDED = auto()


class OrderRequest(Struct, frozen=True):
    """The content of a posted order, None or empty if absent; `by_id` is `?returnIds=true`."""

    account: str = ""
    order: str = ""
    subscriptions: int | None = None
    order_line_items: int | None = None
    by_id: bool = False


class SimulatedJob(Struct, frozen=True):
    """One job; `number` is its position among the jobs of the tenant."""

    seed: int
    id: str
    number: int
    script: ScriptedJob
    request: OrderRequest = OrderRequest()

    @property
    def outcome(self) -> Outcome:
        """How the job ends."""
        return self.script.outcome

    def phase(self, elapsed: float) -> Phase:
        """Return the phase of the job, `elapsed` seconds after the start of the world."""
        if elapsed >= self.script.end:
            return Phase.ENDED
        queued = self.script.queued_until is not None and elapsed < self.script.queued_until
        return Phase.QUEUED if queued else Phase.RUNNING


class World:
    """The jobs of a tenant at the start, scenarios first; the caller keeps the jobs that are posted later."""

    def __init__(self, seed: int = 0, jobs: int = 40) -> None:
        self.seed = seed
        self.job_ids = tuple(rng.job_id(seed, number) for number in range(jobs))
        self._jobs_by_id = {job_id: self._first_job(number, job_id) for number, job_id in enumerate(self.job_ids)}

    def job(self, job_id: str) -> SimulatedJob | None:
        """Return a job that existed at the start."""
        return self._jobs_by_id.get(job_id)

    def posted_job(self, count: int, at: float, request: OrderRequest, shares: Mapping[Outcome, int]) -> SimulatedJob:
        """Return the job that was posted as number `count`, at `at` seconds after the start of the world."""
        job_id = rng.job_id(self.seed, "posted", count)
        random = rng.seeded(self.seed, job_id, "life")
        script = ScriptedJob(draw(shares, random), at, at + rng.duration(random))
        return SimulatedJob(self.seed, job_id, len(self.job_ids) + count, script, request)

    def _first_job(self, number: int, job_id: str) -> SimulatedJob:
        script = SCENARIOS[number] if number < len(SCENARIOS) else _ordinary_script(self.seed, job_id)
        return SimulatedJob(self.seed, job_id, number, script)


def _ordinary_script(seed: int, job_id: str) -> ScriptedJob:
    random = rng.seeded(seed, job_id, "life")
    outcome, seconds = draw(ORDINARY, random), rng.duration(random)
    if random.random() < FINISHED_BEFORE:
        end = -random.uniform(30, 3600)
        return ScriptedJob(outcome, end - seconds, end)
    start = -random.uniform(0, 20)
    return ScriptedJob(outcome, start, start + random.expovariate(1 / BACKLOG) + seconds)
