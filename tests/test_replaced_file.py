"""The store's file is moved, deleted or replaced under an open window: nothing is lost, and the new file is used."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.storage.opening import added, kept, observed, opened
from tests.support.building import NOW, PROCESSING, done, job, seen, watch, watchlist
from tests.support.virtual_time import run_virtually
from zjobtui.models.history import EventKind
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.watchlist_service import FLUSH, STORE_READ_SECONDS, WatchlistService
from zjobtui.storage.store import Store


def delete(path: Path) -> None:
    path.unlink()


def put_back(path: Path) -> None:
    """The file as it was before any job was added, as from a copy."""
    path.with_name("copy").replace(path)


def mend(path: Path) -> None:
    """Replace the file by a copy with the same content, and keep the old file."""
    whole = path.with_name("whole")
    shutil.copy(path, whole)
    path.rename(path.with_name("aside"))
    whole.rename(path)


def let_another_start_over(path: Path) -> None:
    """Another window starts after the file was deleted, adds a job and removes one of ours."""
    path.unlink()
    with opened(path) as (store, _):
        watches = added(store, watch(1), watch(9))
        store.apply(watches.remove([job(1)], NOW + 1))


def overwrite(path: Path) -> None:
    """The same file, with other content: its name and its inode stay."""
    path.write_bytes(b"no database at all\n" * 500)


def truncate(path: Path) -> None:
    os.truncate(path, 0)


def replace_by_garbage(path: Path) -> None:
    path.unlink()
    overwrite(path)


WAYS = {
    "deleted": delete,
    "put back": put_back,
    "mended": mend,
    "overwritten": overwrite,
    "truncated": truncate,
    "replaced by garbage": replace_by_garbage,
}


def with_open_window(path: Path, replace: Callable[[Path], None]) -> WatchlistService:
    """A window with jobs 1 (done) and 2 (running) that labels job 2 just after the file was replaced."""

    async def run(store: Store, watches: Watchlist) -> WatchlistService:
        service = WatchlistService(watches, store, lambda: None)
        service.start()
        await asyncio.sleep(STORE_READ_SECONDS * 1.5)
        replace(path)
        await service.edit(lambda listed: listed.label([job(2)], "kept", NOW + 2))
        assert str(path) in service.unsaved
        await asyncio.sleep(2 * STORE_READ_SECONDS + FLUSH)
        assert service.unsaved == ""
        assert "was deleted, replaced or damaged while it was open. All jobs are kept and saved to" in service.notice
        service.observe(job(2), seen(PROCESSING, NOW + 9), 5.0)
        await service.close()
        return service

    with opened(path) as (store, _):
        shutil.copy(path, path.with_name("copy"))
        watches = added(store, watch(1), watch(2))
        watches = watchlist(*observed(store, Watchlist({job(1): watches.watches[job(1)]}), done(NOW)), watch(2))
        return run_virtually(run(store, watches))


@pytest.mark.parametrize("way", WAYS)
def test_the_window_continues_with_the_new_file(way: str, tmp_path: Path) -> None:
    path = tmp_path / "store"
    service = with_open_window(path, WAYS[way])
    assert kept(path) == service.watchlist
    assert [(watch.is_final, watch.label) for watch in service.watchlist] == [(True, ""), (False, "kept")]


@pytest.mark.parametrize("way", [delete, put_back, replace_by_garbage])
def test_responses_histories_and_archived_jobs_are_copied_to_the_new_file(
    way: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "store"

    async def run(store: Store, watches: Watchlist) -> None:
        service = WatchlistService(watches, store, lambda: None)
        service.start()
        await asyncio.sleep(STORE_READ_SECONDS * 1.5)
        way(path)
        await asyncio.sleep(STORE_READ_SECONDS * 2)
        await service.close()

    with opened(path) as (store, _):
        shutil.copy(path, path.with_name("copy"))
        watches = observed(store, added(store, watch(1), watch(2)), done(NOW))
        change = watches.remove([job(2)], NOW + 1, EventKind.ARCHIVED)
        store.apply(change)
        run_virtually(run(store, change.watchlist))
    with opened(path) as (store, watches):
        assert set(watches.watches) == {job(1)}
        assert store.last_response(job(1)) == done(NOW)
        assert [watch.job for watch in store.list_removed(EventKind.ARCHIVED)] == [job(2)]
        assert [event.event for event in store.history(job(2))] == [
            EventKind.ADDED,
            EventKind.STATUS,
            EventKind.ARCHIVED,
        ]


def test_an_older_store_copied_over_the_file_loses_no_job(tmp_path: Path) -> None:
    path = tmp_path / "store"

    async def run(store: Store, watches: Watchlist) -> WatchlistService:
        service = WatchlistService(watches, store, lambda: None)
        service.start()
        await asyncio.sleep(STORE_READ_SECONDS * 1.5)
        path.write_bytes(path.with_name("copy").read_bytes())
        await asyncio.sleep(STORE_READ_SECONDS * 3)
        await service.close()
        return service

    with opened(path) as (store, _):
        added(store, watch(1))
        shutil.copy(path, path.with_name("copy"))
        watches = added(store, watch(1), watch(2, label="CS-2", note="n"))
        service = run_virtually(run(store, watches))
    assert service.unsaved == ""
    assert kept(path) == watches


def test_edits_of_another_window_in_the_new_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "store"
    service = with_open_window(path, let_another_start_over)
    assert set(service.watchlist.watches) == {job(2), job(9)} == set(kept(path).watches)
    assert kept(path).watches[job(2)].label == "kept"


def test_a_job_removed_while_nothing_could_be_saved_stays_removed(tmp_path: Path) -> None:
    path = tmp_path / "store"

    async def run(store: Store, watches: Watchlist) -> WatchlistService:
        service = WatchlistService(watches, store, lambda: None)
        service.start()
        mend(path)
        await service.edit(lambda listed: listed.remove([job(1)], NOW + 1))
        await asyncio.sleep(STORE_READ_SECONDS + FLUSH)
        await service.close()
        return service

    with opened(path) as (store, _):
        service = run_virtually(run(store, added(store, watch(1), watch(2))))
    assert set(service.watchlist.watches) == {job(2)} == set(kept(path).watches)
