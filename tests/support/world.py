"""The jobs of the simulator as the monitor would have polled them, without sockets and waiting."""

import json

from msgspec.structs import replace

from tests.support.scripted import NOW, FixedClock, ScriptedEngine, call
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.report import Report
from zjobtui.models.watched_job import WatchedJob
from zjobtui.simulator.payloads import reply
from zjobtui.simulator.world import World
from zjobtui.zuora.parser import read_response

LABELS = ("CS-4390", "CS-4398 bulk price", "CS-4411 renewal batch", "preview Q3", "CS-4420 migration")


def watched_world(jobs: int, elapsed: float, seed: int = 7, tenant: str = "env", step: float = 5.0) -> ScriptedEngine:
    """Return an engine that has polled a world from its start for `elapsed` seconds, every `step` seconds."""
    world, clock = World(seed, jobs), FixedClock(NOW)
    engine = ScriptedEngine(clock, tenant)
    names = [JobRef(tenant, JobId(job_id)) for job_id in world.job_ids]
    labels = {job: LABELS[number] for number, job in enumerate(names[: len(LABELS)])}
    engine.watch(WatchedJob(job=job, added_at=NOW, added_by="paste", label=labels.get(job, "")) for job in names)
    at = 0.0
    while at <= elapsed:
        clock.at = NOW + at
        engine.bring(*((job, ask(world, job, at)) for job in names if not _is_final(engine, job)))
        at += step
    clock.at = NOW + elapsed
    engine.pulse = replace(engine.pulse, answered_at=clock.at)
    engine.publish()
    return engine


def ask(world: World, job: JobRef, elapsed: float) -> Observation:
    """Return the observation of a call, `elapsed` seconds after the start of the world."""
    life = world.job(job.id.given)
    assert life is not None
    outcome = read_response(200, json.dumps(reply(life, life.phase(elapsed)), ensure_ascii=False).encode())
    now = NOW + elapsed
    return Success(outcome, now, call()) if isinstance(outcome, Report) else Failure(outcome, now, call())


def _is_final(engine: ScriptedEngine, job: JobRef) -> bool:
    watch = engine.state.watchlist.get(job)
    return watch is not None and watch.is_final
