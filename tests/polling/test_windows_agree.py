"""Two windows on one store, random edits and responses, a store that is slow or fails: at the end all agree."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from tests.support.building import done, failed, job, missed, read_body, seen, watch
from tests.support.virtual_time import run_virtually, wall
from zjobtui.bootstrap.report_parser import read_stored_report
from zjobtui.models.observation import Observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.polling.watchlist_service import WatchlistService
from zjobtui.storage.store import Store, open_store

JOBS, BUSY, QUIET = 6, 40.0, 30.0
"""Jobs, and seconds with and without activity."""

T = TypeVar("T")


class Window:
    """A service on a store that is at times slow or full; it checks whatever it publishes."""

    def __init__(self, path: Path, disk: Store, chance: Random) -> None:
        self.is_full, self.slow = False, 0.0
        self.removed: list[WatchedJob] = []
        self.store, listed = open_store(path, read_stored_report, now=wall)
        self._disk, self._chance = disk, chance
        self.service = WatchlistService(listed, self.store, self._check, now=wall)
        self.service.run_io = self._run_io  # type: ignore[method-assign]

    async def _run_io(self, work: Callable[[], T]) -> T:
        await asyncio.sleep(self._chance.choice([0, 0.001, 0.02]) + self.slow)
        if self.is_full:
            raise OSError("disk full")
        result = work()
        await asyncio.sleep(self._chance.choice([0, 0, 0.005]) + self.slow)
        return result

    def _check(self) -> None:
        """What is shown as final is stored, or the reason is shown."""
        if not self.service.why_unsaved():
            shown = [one.job for one in self.service.published if one.is_final]
            stored = (*self._disk.load_watched(shown), *self._disk.load_removed(shown))
            assert {one.job for one in stored if one.is_final} == set(shown)

    async def edit(self, make: Callable[[Watchlist], Change]) -> None:
        self.removed += (await self.service.edit(make)).removed


class Trial:
    """Random activity in two windows; jobs end at random times."""

    def __init__(self, path: Path, seed: int) -> None:
        self.chance, self.disk = Random(seed), open_store(path, read_stored_report, now=wall)[0]
        self.windows = [Window(path, self.disk, self.chance) for _ in range(2)]
        self.ends = {number: wall() + self.chance.uniform(0, BUSY) for number in range(JOBS)}
        self.edits: list[asyncio.Future[object]] = []
        self.responses = 0

    async def run(self) -> None:
        for window in self.windows:
            window.service.start()
        await self.windows[0].service.add([watch(number, added_at=wall()) for number in range(JOBS)])
        ends = wall() + BUSY
        while wall() < ends:
            self.act(self.chance.choice(self.windows), self.chance.randrange(JOBS))
            await asyncio.sleep(self.chance.choice([0, 0, 0, 0.001, 0.01, 0.05, 0.3, 1.0]))
        for window in self.windows:
            window.is_full, window.slow = False, 0.0
        await asyncio.gather(*self.edits)
        await asyncio.sleep(QUIET)
        stored = {one.job: _compared(one) for one in self.disk.load()}
        for window in self.windows:
            service = window.service
            assert (service.unsaved, service.uncommitted) == ("", ())
            for listed in (service.watchlist, service.published):
                assert {one.job: _compared(one) for one in listed} == stored
            await service.close()
            window.store.close()
        self.disk.close()

    def act(self, window: Window, number: int) -> None:
        one, action = job(number), self.chance.random()
        if action < 0.6:
            window.service.observe(one, self.observation(number), 5.0)
        elif action < 0.7:
            self.edit(window, lambda listed: listed.label([one], f"{action}", wall()))
        elif action < 0.76:
            self.edit(window, lambda listed: listed.remove([one], wall()))
        elif action < 0.84:
            restored, window.removed = window.removed[-1:], window.removed[:-1]
            self.edit(window, lambda listed: listed.restore(restored, wall()))
        elif action < 0.9:
            self.edits.append(asyncio.ensure_future(window.service.add([watch(number, added_at=wall())])))
        elif action < 0.93:
            self.edit(window, lambda listed: listed.mark_read([one], wall()))
        elif action < 0.96:
            window.is_full = not window.is_full
        else:
            window.slow = self.chance.choice([0, 0, 0.3, 3.0])

    def edit(self, window: Window, make: Callable[[Watchlist], Change]) -> None:
        self.edits.append(asyncio.ensure_future(window.edit(make)))

    def observation(self, number: int) -> Observation:
        self.responses += 1
        at = wall() + self.responses / 100_000  # no two at the same time
        if self.chance.random() < 0.15:
            return missed(self.chance.choice([ProblemKind.TIMED_OUT, ProblemKind.NOT_FOUND]), at)
        if wall() < self.ends[number]:
            return seen(at=at)
        result = {"jobType": "AsyncCreateOrder", "status": "Pending Acceptance"}
        return (done(at), failed(at), seen(read_body(status="Completed", result=result), at))[number % 3]


def _compared(one: WatchedJob) -> tuple[object, ...]:
    return one.label, one.digest, one.last_answer_at, one.ended_at, one.problem, one.problem_at, one.contradiction


@pytest.mark.parametrize("seed", [4, 201])
def test_two_windows_show_the_same_stored_state_at_the_end(tmp_path: Path, seed: int) -> None:
    async def run() -> None:
        await Trial(tmp_path / "jobs.db", seed).run()

    run_virtually(run())
