"""Two windows on one store: a job that comes back by undo has what the other window has written meanwhile."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.storage.opening import opened
from tests.support.building import failed, job, seen, watch, watchlist
from tests.support.sources import MemoryStore
from tests.support.virtual_time import START, run_virtually, wall
from zjobtui.models.history import REMOVALS, EventKind
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change
from zjobtui.polling.edits import KEPT
from zjobtui.polling.watchlist_service import STORE_READ_SECONDS, WatchlistService
from zjobtui.storage.database import StoreError
from zjobtui.storage.store import Store

Script = Callable[[WatchlistService, WatchlistService, Store], Coroutine[Any, Any, None]]

READ_BY_ALL = STORE_READ_SECONDS * 2 + 0.5
BEFORE_READING = 0.1


def with_windows(path: Path, script: Script, **fields: Any) -> tuple[WatchedJob, WatchedJob, WatchedJob]:  # noqa: ANN401 - the fields of `WatchedJob`
    """Run a script over two windows with one job; return the job in both of them and in the store."""

    async def run() -> tuple[WatchedJob, WatchedJob, WatchedJob]:
        with opened(path, wall) as (ours, listed), opened(path, wall) as (theirs, _):
            change = listed.add([watch(1, added_at=START, **fields)])
            ours.apply(change)
            services = [WatchlistService(change.watchlist, store, lambda: None, now=wall) for store in (ours, theirs)]
            for service in services:
                service.start()
            await asyncio.sleep(READ_BY_ALL)
            await script(services[0], services[1], ours)
            await asyncio.sleep(READ_BY_ALL)
            mine, other = (service.watchlist.watches[job(1)] for service in services)
            for service in services:
                await service.close()
            return mine, other, ours.load().watches[job(1)]

    return run_virtually(run())


async def remove(service: WatchlistService, why: EventKind = EventKind.REMOVED) -> Change:
    return await service.edit(lambda listed: listed.remove([job(1)], wall(), why))


async def label(service: WatchlistService, text: str) -> None:
    await service.edit(lambda listed: listed.label([job(1)], text, wall()))


async def fail(service: WatchlistService) -> None:
    service.observe(job(1), failed(wall()), 5.0)
    await asyncio.sleep(BEFORE_READING)


def verdicts(watches: Sequence[WatchedJob]) -> set[VerdictKind]:
    return {watch.verdict.kind for watch in watches}


@pytest.mark.parametrize("pause", [BEFORE_READING, READ_BY_ALL], ids=["not read", "read"])
@pytest.mark.parametrize("is_removed_first", [True, False])
@pytest.mark.parametrize("why", REMOVALS)
def test_undo_shows_the_failure_that_another_window_has_stored(
    why: EventKind, pause: float, tmp_path: Path, *, is_removed_first: bool
) -> None:
    async def script(ours: WatchlistService, theirs: WatchlistService, _: Store) -> None:
        if not is_removed_first:
            await fail(theirs)
        removal = await remove(ours, why)
        if is_removed_first:
            await fail(theirs)
        await asyncio.sleep(pause)
        await ours.undo_removal(removal.removed, wall())
        assert verdicts(list(ours.watchlist)) == {VerdictKind.FAILED}

    assert verdicts(with_windows(tmp_path / "store", script)) == {VerdictKind.FAILED}


@pytest.mark.parametrize("pause", [BEFORE_READING, READ_BY_ALL], ids=["not read", "read"])
@pytest.mark.parametrize("before", ["", "old"])
def test_undo_keeps_the_label_that_another_window_has_written(before: str, pause: float, tmp_path: Path) -> None:
    async def script(ours: WatchlistService, theirs: WatchlistService, _: Store) -> None:
        removal = await remove(ours)
        await label(theirs, "new")
        await asyncio.sleep(pause)
        await ours.undo_removal(removal.removed, wall())

    assert [one.label for one in with_windows(tmp_path / "store", script, label=before)] == ["new"] * 3


def test_undo_keeps_what_this_window_knew_and_had_not_saved(tmp_path: Path) -> None:
    """The last response confirms what is known: it is saved some seconds later."""

    async def script(ours: WatchlistService, theirs: WatchlistService, store: Store) -> None:
        ours.observe(job(1), seen(at=wall()), 5.0)
        await asyncio.sleep(READ_BY_ALL)
        heard.append(wall())
        ours.observe(job(1), seen(at=heard[0]), 5.0)
        removal = await remove(ours)
        assert store.load_removed([job(1)])[0].last_answer_at != heard[0]
        await ours.undo_removal(removal.removed, wall())
        assert ours.watchlist.watches[job(1)].last_answer_at == heard[0]

    heard: list[float] = []
    assert {one.last_answer_at for one in with_windows(tmp_path / "store", script)} == set(heard)


def test_undo_while_the_store_is_locked_keeps_the_labels_of_both_windows_in_order(tmp_path: Path) -> None:
    async def script(ours: WatchlistService, theirs: WatchlistService, store: Store) -> None:
        await label(theirs, "theirs")
        with pytest.MonkeyPatch.context() as patched:
            for name in ("apply", "load_removed", "load_watched", "read_changes"):
                patched.setattr(store, name, locked)
            removal = await remove(ours)
            await ours.undo_removal(removal.removed, wall())
            assert ours.unsaved

    assert [one.label for one in with_windows(tmp_path / "store", script, label="old")] == ["theirs"] * 3


def test_a_label_that_was_not_saved_yet_survives_removal_and_undo(tmp_path: Path) -> None:
    async def script(ours: WatchlistService, _: WatchlistService, store: Store) -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(store, "apply", locked)
            await label(ours, "mine")
            removal = await remove(ours)
            await ours.undo_removal(removal.removed, wall())
            assert [one.label for one in ours.watchlist] == ["mine"]

    assert [one.label for one in with_windows(tmp_path / "store", script, label="old")] == ["mine"] * 3


def test_a_window_that_removes_jobs_for_years_keeps_only_the_last_ones_and_those_not_saved_yet() -> None:
    async def run() -> list[int]:
        store, kept = MemoryStore(), list[int]()
        jobs = [watch(number) for number in range(3 * KEPT)]
        service = WatchlistService(watchlist(*jobs), store, lambda: None, now=wall)

        async def remove(watches: Sequence[WatchedJob]) -> None:
            await service.edit(lambda listed: listed.remove([watch.job for watch in watches], wall()))
            kept.append(len(service._removed.as_known(service.watchlist, ()).removed))

        store.fault = "locked"
        await remove(jobs[:KEPT])
        await remove(jobs[KEPT : 2 * KEPT])
        store.fault = ""
        await remove(jobs[2 * KEPT :])
        await remove(())
        await service.close()
        return kept

    assert run_virtually(run()) == [KEPT, 2 * KEPT, 3 * KEPT, KEPT]


def locked(*_: object) -> None:
    raise StoreError("locked")
