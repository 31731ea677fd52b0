"""300 jobs in two batches: what the screen shows agrees exactly with the simulator's record."""

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import NOW, FixedClock, ScriptedEngine
from tests.support.world import ask
from zjobtui.clock import SystemClock
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.models.batches import closing_line, progress_of
from zjobtui.models.duration_stats import typical_times
from zjobtui.models.failure_groups import failure_groups
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.tenant import ClientCredentials, Secret, Tenant, TenantKind
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.models.why import is_overdue
from zjobtui.polling.engine import Engine
from zjobtui.simulator.payloads import reply
from zjobtui.simulator.scenarios import Outcome
from zjobtui.simulator.server import running
from zjobtui.simulator.world import World
from zjobtui.storage.store import open_store
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.parser import read_report
from zjobtui.zuora.transport import Transport

JOBS, SEED, AT = 300, 7, 400.0
"""Seconds after the start of the world at which the screen is compared with it."""

ENDED, MIXED = "renewals Q4", "price change"
"""A batch of jobs that have all ended by then, and one of the others."""

KINDS = {
    **dict.fromkeys(Outcome, VerdictKind.ATTENTION),
    **dict.fromkeys(
        (Outcome.ORDER, Outcome.ORDER_LOCALISED, Outcome.ORDER_OLD_SHAPE, Outcome.ORDER_RAMPED), VerdictKind.DONE
    ),
    **dict.fromkeys((Outcome.PREVIEW, Outcome.PREVIEW_UNTYPED, Outcome.PREVIEW_WRAPPED), VerdictKind.DONE),
    **dict.fromkeys((Outcome.ORDER_LARGE, Outcome.UNKNOWN_TYPE), VerdictKind.DONE),
    **dict.fromkeys((Outcome.LOCKED, Outcome.LOCKED_NO_COLON, Outcome.BAD_INPUT, Outcome.INTERNAL), VerdictKind.FAILED),
    Outcome.UNKNOWN_TO_ZUORA: VerdictKind.UNKNOWN,
}
"""The verdict on each outcome, by its description."""


@dataclass(frozen=True)
class Record:
    """What the simulator knows of its jobs, `AT` seconds after the start of the world."""

    world: World

    def has_ended(self, job_id: str) -> bool:
        one = self.world.job(job_id)
        assert one is not None
        return one.script.end <= AT

    def batches(self) -> dict[str, list[str]]:
        """The ids of the jobs of each batch."""
        ended = [one for one in self.world.job_ids if self.has_ended(one)][: JOBS // 2]
        return {ENDED: ended, MIXED: [one for one in self.world.job_ids if one not in ended]}

    def counts(self, ids: list[str]) -> Counter[VerdictKind]:
        return Counter(self.kind(one) for one in ids)

    def kind(self, job_id: str) -> VerdictKind:
        one = self.world.job(job_id)
        assert one is not None
        is_known = one.outcome is not Outcome.UNKNOWN_TO_ZUORA
        return VerdictKind.RUNNING if is_known and one.script.end > AT else KINDS[one.outcome]

    def codes(self) -> Counter[str]:
        """How many jobs failed with each code, by the responses."""
        bodies = [reply(job, job.phase(AT)) for one in self.world.job_ids if (job := self.world.job(one)) is not None]
        errors = [str(body["errors"]) for body in bodies if body.get("status") == "Failed"]
        return Counter(found[1] for error in errors if (found := re.match(r"\[(\d+)\]", error)))


def polled_to_the_end(record: Record) -> ScriptedEngine:
    """Return an engine that polled all jobs at several times, without sockets, the last time at `AT`."""
    engine = ScriptedEngine(FixedClock(NOW))
    jobs = {one: JobRef("env", JobId(one)) for one in record.world.job_ids}
    engine.watch(WatchedJob(job=job, added_at=NOW, added_by="paste") for job in jobs.values())
    for name, ids in record.batches().items():
        engine.set_batch([jobs[one] for one in ids], name)
    for elapsed in (0.0, 60.0, 200.0, AT):
        engine.clock.at = NOW + elapsed
        left = [job for job in jobs.values() if not (engine.state.watchlist.get(job) or _missing()).is_final]
        engine.bring(*((job, ask(record.world, job, elapsed)) for job in left))
    return engine


def _missing() -> WatchedJob:
    raise AssertionError("a job is not on the watchlist")


async def test_bar_rows_wallboard_closing_line_overdue_marks_and_reasons_are_those_of_the_record() -> None:
    record = Record(World(SEED, JOBS))
    engine = polled_to_the_end(record)
    compare_values(engine.state.watchlist, record, engine.clock.at)
    async with run_monitor(engine, (200, 60)) as view:
        await compare_screen(view, record)


def compare_values(watchlist: Watchlist, record: Record, now: float, started_at: float = NOW) -> None:
    """Compare closing line, reasons and overdue jobs with the record."""
    counts = record.counts(record.batches()[ENDED])
    words = {
        VerdictKind.DONE: f"{counts[VerdictKind.DONE]} done",
        VerdictKind.FAILED: f"{counts[VerdictKind.FAILED]} failed",
        VerdictKind.ATTENTION: f"{counts[VerdictKind.ATTENTION]} need attention",
        VerdictKind.UNKNOWN: f"{counts[VerdictKind.UNKNOWN]} unknown",
    }
    expected = ", ".join(text for kind, text in words.items() if counts[kind])
    line = closing_line(progress_of(ENDED, (one for one in watchlist if one.batch == ENDED)))
    assert re.fullmatch(rf"{ENDED}: {expected}, \d+[ms]\w*", line), line
    groups: Counter[str] = Counter()
    for group in failure_groups(watchlist):
        groups[group.code] += sum(one.verdict.kind is VerdictKind.FAILED for one in group.jobs)
    assert +groups == record.codes()
    typical = typical_times(watchlist)["env"]
    is_late = typical.nearly_all is not None and now - started_at > typical.nearly_all
    overdue = {one.job.id.key for one in watchlist if is_overdue(one, typical, now)}
    running_on = {one for one in record.world.job_ids if record.kind(one) is VerdictKind.RUNNING}
    assert overdue == (running_on if is_late else set())


async def compare_screen(view: ScreenView, record: Record) -> None:
    """Compare the status bar, the folded rows and the wallboard with the record."""
    everything, mixed = (record.counts(ids) for ids in (list(record.world.job_ids), record.batches()[MIXED]))
    for kind, word in (
        (VerdictKind.FAILED, "failed"),
        (VerdictKind.ATTENTION, "attention"),
        (VerdictKind.RUNNING, "running"),
    ):
        assert f" {everything[kind]} {word}" in view.bar
    ended, total = mixed.total() - mixed[VerdictKind.RUNNING], mixed.total()
    assert f" {ended}/{total}" in view.bar
    for name, ids in record.batches().items():
        view.app._monitor.job_list.move_cursor_to(JobRef("env", JobId(ids[-1])))
        await view.press("z")
        row, counts = view.row(f"▸ {name}"), record.counts(ids)
        assert f" {len(ids) - counts[VerdictKind.RUNNING]}/{len(ids)} " in row
        assert shown_counts(row.partition("││")[0]) == +counts
    await view.resize(40, 24)
    await view.press("w")
    for name, ids in record.batches().items():
        counts = record.counts(ids)
        title = next(place for place, row in enumerate(view.rows) if row.startswith(f" {name}"))
        assert view.rows[title + 1].endswith(f" {len(ids) - counts[VerdictKind.RUNNING]}/{len(ids)}")
        assert shown_counts(view.rows[title + 2]) == +counts


def shown_counts(row: str) -> Counter[VerdictKind]:
    """The numbers by verdict in a row."""
    kinds = {glyph: kind for kind, glyph in GLYPHS.items()}
    return Counter({kinds[glyph]: int(number) for glyph, number in re.findall(r"([✗!?◌✓]) (\d+)", row)})


class Jump:
    """The clock of a simulator, which stands still until it jumps."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.slow
async def test_the_real_engine_and_the_simulator_agree_over_http(tmp_path: Path) -> None:
    clock, jump = SystemClock(), Jump()
    with running(seed=SEED, jobs=JOBS, clock=jump) as simulator:
        record = Record(World(SEED, JOBS))
        tenant = Tenant(name="env", base_url=simulator.base_url, kind=TenantKind.SIMULATOR)
        credentials = ClientCredentials(simulator.client_id, Secret(simulator.client_secret))
        store, watchlist = open_store(tmp_path / "watchlist.sqlite3", read_report)

        def make() -> ZuoraApi:
            return ZuoraApi(tenant, credentials, clock, Transport(tenant.base_url, clock, total_limit=5))

        with store:
            engine = Engine(watchlist, store, [(tenant, make)], clock)
            engine.start()
            try:
                jobs = [
                    WatchedJob(job=JobRef("env", JobId(one)), added_at=clock.now(), added_by="paste", batch=name)
                    for name, ids in record.batches().items()
                    for one in ids
                ]
                engine.watch(jobs).result(5)
                wait_until(lambda: all(one.answered_at for one in engine.state.watchlist))
                jump.now = AT
                engine.poll_now([one.job for one in engine.state.watchlist if not one.is_final])
                expected = record.counts(list(record.world.job_ids))
                wait_until(lambda: Counter(one.verdict.kind for one in engine.state.watchlist) == expected)
                state = engine.state
            finally:
                engine.stop()
    assert typical_times(state.watchlist)["env"].nearly_all is not None
    compare_values(state.watchlist, record, clock.now(), min(one.added_at for one in jobs))
    replayed = ScriptedEngine(FixedClock(clock.now()))
    replayed.watch(state.watchlist)
    async with run_monitor(replayed, (200, 60)) as view:
        await compare_screen(view, record)


def wait_until(is_met: Callable[[], bool], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not is_met():
        assert time.monotonic() < end
        time.sleep(0.05)
