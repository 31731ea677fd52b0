"""The whole engine, with thread, store and client, on a simulated tenant that throttles, drops and disappears."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from zjobtui.clock import SystemClock
from zjobtui.models.assessment import judge
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.report import Report
from zjobtui.models.tenant import ClientCredentials, Secret, Tenant, TenantKind
from zjobtui.models.verdict import NOT_ASKED, Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.engine import ENGINE_STOP_SECONDS, Engine
from zjobtui.polling.rate_limiter import BURST, limits_for
from zjobtui.polling.state import State
from zjobtui.simulator.payloads import reply
from zjobtui.simulator.scenarios import Outcome
from zjobtui.simulator.server import Simulator, running
from zjobtui.simulator.world import SimulatedJob, World
from zjobtui.storage.store import open_store
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.parser import read_report, read_response
from zjobtui.zuora.transport import Transport

JOBS = 20
PATIENCE = 30.0
"""Seconds that the engine may take in all, including an outage of 3 s and its backoff."""

GRAIN = 0.6
"""Seconds between a moment in the simulator and its record: latency, gathering, a busy machine."""


@dataclass
class Witness:
    """Compares every published state with the simulator's at that moment."""

    world: World
    simulator: Simulator
    clock: SystemClock
    wrong: list[str] = field(default_factory=list)
    states: int = 0

    def __call__(self, state: State) -> None:
        elapsed, now = self.simulator.elapsed, self.clock.now()
        self.states += 1
        for watch in state.watchlist:
            self._check(watch, elapsed, now)

    def life(self, job: JobRef) -> SimulatedJob:
        """The planned course of a job in the simulator."""
        found = self.world.job(job.id.given)
        assert found is not None
        return found

    def truth(self, job: JobRef, elapsed: float) -> Verdict | None:
        """The simulator's verdict on a job; None for one that Zuora does not know."""
        life = self.life(job)
        report = read_response(200, json.dumps(reply(life, life.phase(elapsed)), ensure_ascii=False).encode())
        return judge(report) if isinstance(report, Report) else None

    def ended(self, job: JobRef, elapsed: float) -> bool:
        """Whether the job has ended, as one that Zuora knows."""
        life = self.life(job)
        return life.outcome is not Outcome.UNKNOWN_TO_ZUORA and life.script.end <= elapsed

    def _check(self, watch: WatchedJob, elapsed: float, now: float) -> None:
        life = self.life(watch.job)
        verdict, truth = watch.verdict, self.truth(watch.job, elapsed)
        if verdict.kind is VerdictKind.UNKNOWN and life.outcome is not Outcome.UNKNOWN_TO_ZUORA:
            self.wrong.append(f"{watch.job}: unknown, but Zuora knows it")
        if watch.is_final and verdict != truth:
            self.wrong.append(f"{watch.job}: {verdict} at {elapsed:.2f}, but it is {truth}")
        if watch.ended_at is not None and life.script.end > elapsed:
            self.wrong.append(f"{watch.job}: ended at {elapsed:.2f}, but it ends at {life.script.end}")
        if watch.last_answer_at is not None and verdict != NOT_ASKED and not watch.is_final:
            answered = elapsed - (now - watch.last_answer_at)
            if life.script.end < answered - GRAIN and life.outcome is not Outcome.UNKNOWN_TO_ZUORA:
                self.wrong.append(f"{watch.job}: {verdict} by an answer of {answered:.2f}, after its end")


@dataclass
class Trial:
    """An engine at work on a simulated tenant."""

    engine: Engine
    witness: Witness

    def wait_for_ends(self, elapsed: float, share: float = 1.0, patience: float = PATIENCE) -> None:
        """Return when that share of the jobs that end up to `elapsed` seconds after the start is shown as ended."""
        end, simulator = time.monotonic() + patience, self.witness.simulator
        while True:
            watches = [watch for watch in self.engine.state.watchlist if self.witness.ended(watch.job, elapsed)]
            known = sum(watch.is_final for watch in watches)
            if simulator.elapsed >= elapsed and known >= share * len(watches):
                return
            pulses = self.engine.state.statuses
            assert time.monotonic() < end, f"{known} ends of {len(watches)} known, {simulator.requests.total} {pulses}"
            time.sleep(0.02)


@contextmanager
def engine_on(simulator: Simulator, seed: int, path: Path) -> Iterator[Trial]:
    """An engine with a store at `path` on the simulated tenant; stopped and cleaned up at the end."""
    clock, threads = SystemClock(), set(threading.enumerate())
    tenant = Tenant(name="env", base_url=simulator.base_url)
    credentials = ClientCredentials(simulator.client_id, Secret(simulator.client_secret))

    def make() -> ZuoraApi:
        return ZuoraApi(tenant, credentials, clock, Transport(tenant.base_url, clock, total_limit=5))

    store, watchlist = open_store(path, read_report)
    with store:
        engine = Engine(watchlist, store, [(tenant, make)], clock)
        witness = Witness(World(seed, JOBS), simulator, clock)
        engine.subscribe(witness)
        engine.start()
        try:
            yield Trial(engine, witness)
        finally:
            started = time.monotonic()
            engine.stop()
            assert time.monotonic() - started < ENGINE_STOP_SECONDS
    assert set(threading.enumerate()) <= threads
    assert not engine.state.fault
    assert not engine.state.unsaved
    assert witness.wrong == []


def all_of(simulator: Simulator) -> list[WatchedJob]:
    now = SystemClock().now()
    return [WatchedJob(job=JobRef("env", JobId(one)), added_at=now, added_by="test") for one in simulator.job_ids]


def kept(path: Path) -> dict[JobRef, Verdict]:
    """The watchlist that the next start loads."""
    store, watchlist = open_store(path, read_report)
    with store:
        return {watch.job: watch.verdict for watch in watchlist}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "faults"),
    [
        pytest.param(7, "rate=5,token=2,drop=0.2,outage=3@2,latency=0.02", marks=pytest.mark.long),
        (8, "error=0.2,html=0.2,throttle=0.05,latency=0.05"),
        (9, "token=1,drop=0.3,html=0.1"),
    ],
    ids=["outage", "errors and pages", "short tokens"],
)
def test_no_published_state_is_wrong_and_most_ends_are_noticed_soon(seed: int, faults: str, tmp_path: Path) -> None:
    path = tmp_path / "watchlist.sqlite3"
    with running(seed=seed, jobs=JOBS, faults=faults) as simulator, engine_on(simulator, seed, path) as trial:
        assert not trial.engine.watch(all_of(simulator)).result(5).unsaved
        trial.wait_for_ends(5.5, share=0.7)
        assert trial.witness.states > 3
        engine = trial.engine
    assert kept(path) == {watch.job: watch.verdict for watch in engine.state.watchlist}
    assert len(kept(path)) == JOBS


@pytest.mark.long
def test_a_tenant_with_many_faults_is_shown_correctly_and_recovers(
    tmp_path: Path,
) -> None:
    path, faults = tmp_path / "watchlist.sqlite3", "rate=5,token=20,drop=0.2,outage=60@30,latency=0.05"
    with running(seed=7, jobs=JOBS, faults=faults) as simulator, engine_on(simulator, 7, path) as trial:
        trial.engine.watch(all_of(simulator)).result(5)
        trial.wait_for_ends(160, patience=240)
        limits = limits_for(TenantKind.OTHER)
        assert simulator.requests.total <= BURST * limits.per_second + limits.per_second * simulator.elapsed
        assert simulator.requests.total >= 100
        engine = trial.engine
    assert kept(path) == {watch.job: watch.verdict for watch in engine.state.watchlist}


@pytest.mark.slow
def test_an_engine_stopped_during_an_outage_resumes_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.sqlite3"
    with running(seed=7, jobs=JOBS, faults="outage=1.5@0.7,latency=0.02,drop=0.1") as simulator:
        with engine_on(simulator, 7, path) as trial:
            trial.engine.watch(all_of(simulator)).result(5)
            while simulator.elapsed < 1.5:
                time.sleep(0.02)
        before = kept(path)
        assert len(before) == JOBS
        with engine_on(simulator, 7, path) as trial:
            trial.wait_for_ends(4.0, share=0.9)
        after = kept(path)
        assert {job: verdict for job, verdict in after.items() if before[job].kind is VerdictKind.DONE} == {
            job: verdict for job, verdict in before.items() if verdict.kind is VerdictKind.DONE
        }


def test_stopping_while_every_call_hangs_is_quick_and_leaves_no_threads_or_sockets(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.sqlite3"
    with running(seed=7, jobs=JOBS, faults="latency=30") as simulator, engine_on(simulator, 7, path) as trial:
        trial.engine.watch(all_of(simulator)).result(5)
        time.sleep(0.3)
        started = time.monotonic()
        trial.engine.stop()
        assert time.monotonic() - started < 1
    assert len(kept(path)) == JOBS
