"""A change that the store can never hold: it is refused at the entry, or set aside, and blocks no other change."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.building import apply_observations, done, job, missed, seen, watch, watchlist
from tests.support.sources import MemoryStore
from tests.support.virtual_time import run_virtually
from zjobtui.bootstrap.report_parser import read_stored_report
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Failure
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, UnstorableError, Watchlist
from zjobtui.polling import watchlist_service
from zjobtui.polling.edits import net_unsaved
from zjobtui.polling.watchlist_service import FLUSH, GATHER, STORE_READ_SECONDS, WatchlistService
from zjobtui.storage.store import Store, open_store

HALF = "half \ud800"

Edit = Callable[[Watchlist], Change]

EDITS: dict[str, Edit] = {
    "label": lambda listed: listed.label([job(1)], HALF, 1.0),
    "note": lambda listed: listed.note([job(1)], HALF),
    "tag": lambda listed: listed.tag([job(1)], ("whole", HALF)),
    "batch": lambda listed: listed.set_batch([job(1)], HALF),
    "read at": lambda listed: Change(listed, annotated=(replace(watch(1), read_at=math.nan),), fields=("read_at",)),
    "label of a new job": lambda listed: listed.add([watch(2), watch(3, label=HALF)]),
    "source of a new job": lambda listed: listed.add([watch(2, added_by=HALF)]),
    "time of a new job": lambda listed: listed.add([watch(2, added_at=math.nan)]),
    "interval of a new job": lambda listed: listed.add([watch(2, planned=math.inf)]),
    "tenant of a new job": lambda listed: listed.add([watch(2, tenant=HALF)]),
}


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    store, _ = open_store(path, read_stored_report)
    try:
        yield store
    finally:
        store.close()


def with_store(folder: Path, script: Callable[[WatchlistService], Awaitable[None]]) -> Watchlist:
    """Run a script over a real store that holds job 1; return what is stored afterwards."""
    path = folder / "store.sqlite"

    async def run(store: Store) -> None:
        store.apply(watchlist().add([watch(1)]))
        published = list[str]()
        service = WatchlistService(store.load(), store, lambda: published.append(service.why_unsaved()))
        service.start()
        await script(service)
        assert published[-1] == service.why_unsaved(), "what is not saved is published when that changes"
        await service.close()

    with opened(path) as store:
        run_virtually(run(store))
    with opened(path) as store:
        return store.load()


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_that_cannot_be_stored_is_refused_and_changes_nothing(edit: Edit, tmp_path: Path) -> None:
    async def script(service: WatchlistService) -> None:
        before = service.watchlist
        with pytest.raises(UnstorableError, match=r"cannot be stored|not a finite number"):
            await service.edit(edit)
        assert service.watchlist is before
        assert (service.uncommitted, service.why_unsaved()) == ((), "")
        await service.edit(lambda listed: listed.add([watch(9)]))
        assert service.why_unsaved() == ""

    stored = with_store(tmp_path, script)
    assert set(stored.watches) == {job(1), job(9)}


@pytest.mark.parametrize("edit", [edit for name, edit in EDITS.items() if name != "interval of a new job"])
def test_an_accepted_edit_blocks_no_later_save(edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchlist_service, "check_storable", lambda _: None)

    async def script(service: WatchlistService) -> None:
        await service.edit(edit)
        assert service.uncommitted == ()
        later = await service.edit(lambda listed: listed.add([watch(9)]))
        assert (service.uncommitted, service.unsaved) == ((), "")
        assert service.why_unsaved(later) == "", "this edit is saved"

    assert job(9) in with_store(tmp_path, script).watches


def test_all_ids_of_new_jobs_are_saved_and_fields_that_are_not_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchlist_service, "check_storable", lambda _: None)
    new = [watch(2, label="good"), watch(3, label=HALF), watch(4, planned=math.nan, label="lost"), watch(5)]

    async def script(service: WatchlistService) -> None:
        change = await service.edit(lambda listed: listed.add(new))
        assert service.uncommitted == ()
        why = service.why_unsaved(change)
        assert job(3).id.given in why
        assert job(4).id.given in why
        assert "not retried" in why
        assert [watch.job for watch in net_unsaved(service.refused.changes).changed] == [job(3), job(4)]
        await asyncio.sleep(STORE_READ_SECONDS * 1.5)
        assert [watch.label for watch in service.watchlist] == ["", "good", "", "", ""], "the list shows what is stored"
        await service.edit(lambda listed: listed.label([job(3)], "whole", 2.0))
        await service.edit(lambda listed: listed.remove([job(4)], 3.0))
        assert service.why_unsaved() == "", "it was replaced"

    stored = with_store(tmp_path, script)
    assert [(watch.job, watch.label) for watch in stored] == [
        (job(1), ""),
        (job(2), "good"),
        (job(3), "whole"),
        (job(5), ""),
    ]


def test_a_job_whose_id_cannot_be_stored_is_not_listed_and_blocks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchlist_service, "check_storable", lambda _: None)

    async def script(service: WatchlistService) -> None:
        change = await service.edit(lambda listed: listed.add([watch(2, tenant=HALF)]))
        assert list(service.watchlist.watches) == [job(1)]
        assert job(2).id.given in service.why_unsaved(change)
        service.observe(change.added[0].job, done(), 5.0)
        await asyncio.sleep(FLUSH * 2)
        await service.edit(lambda listed: listed.add([watch(9)]))
        assert (service.uncommitted, service.unsaved) == ((), "")
        assert [watch.job for watch in net_unsaved(service.refused.changes).added] == [change.added[0].job]

    assert set(with_store(tmp_path, script).watches) == {job(1), job(9)}


def test_a_refused_removal_is_reported() -> None:
    store = MemoryStore()

    async def run() -> None:
        service = WatchlistService(watchlist(watch(1)), store, lambda: None)
        apply = store.apply
        store.apply = _raise_type_error  # type: ignore[method-assign]
        change = await service.edit(lambda listed: listed.remove([job(1)], 50.0))
        assert job(1).id.given in service.why_unsaved(change)
        store.apply = apply  # type: ignore[method-assign]
        await service.close()

    run_virtually(run())


def _raise_type_error(_: Change) -> None:
    raise TypeError("not text")


def test_an_observation_that_cannot_be_stored_does_not_block_others(tmp_path: Path) -> None:
    failure = missed(at=20.0)
    assert isinstance(failure, Failure)
    bad = replace(failure, problem=replace(failure.problem, detail=HALF))

    async def script(service: WatchlistService) -> None:
        await service.edit(lambda listed: listed.add([watch(2), watch(3)]))
        service.observe(job(1), bad, 5.0)
        service.observe(job(2), done(at=21.0), 5.0)
        service.observe(job(3), seen(at=22.0), math.nan)
        await asyncio.sleep(GATHER * 2)
        await asyncio.sleep(FLUSH * 1.1)
        assert service.uncommitted == ()
        assert job(1).id.given in service.why_unsaved()
        await service.edit(lambda listed: listed.add([watch(4)]))
        service.observe(job(1), done(at=30.0), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert service.why_unsaved() == ""

    stored = with_store(tmp_path, script)
    assert [watch.is_final for watch in stored] == [True, True, False, False]
    assert stored.watches[job(3)].planned == 0.0


class Failing(MemoryStore):
    """A store whose writes raise an exception a few times."""

    error: Exception
    times = 2

    def apply(self, change: Change, /) -> None:
        if self.times:
            self.times -= 1
            raise self.error
        super().apply(change)


@pytest.mark.parametrize("error", [MemoryError(), OSError(), Exception("")], ids=repr)
def test_an_exception_without_text_is_not_taken_for_success(error: Exception) -> None:
    store = Failing()
    store.error = error

    async def run() -> None:
        service = WatchlistService(watchlist(), store, lambda: None)
        service.start()
        change = await service.edit(lambda listed: listed.add([watch(1)]))
        assert type(error).__name__ in service.why_unsaved(change)
        assert [len(change.added) for change in service.uncommitted] == [1]
        await asyncio.sleep(STORE_READ_SECONDS * 3)
        assert service.why_unsaved() == ""
        await service.close()

    run_virtually(run())
    assert [len(change.added) for change in store.changes] == [1]


class Unreadable(MemoryStore):
    """A store whose changes cannot be read."""

    def read_changes(self) -> None:
        raise MemoryError


def test_a_store_that_cannot_be_read_and_does_not_say_why_is_reported() -> None:
    async def run() -> None:
        service = WatchlistService(watchlist(), Unreadable(), lambda: None)
        service.start()
        await asyncio.sleep(STORE_READ_SECONDS * 1.5)
        assert "MemoryError" in service.why_unsaved()
        await service.close()

    run_virtually(run())


def known(ref: JobRef) -> WatchedJob:
    """Return a job about which much is known."""
    return replace(apply_observations(watchlist(watch(1)), [(ref, done(), 5.0)]).watchlist.watches[ref], label="known")


@pytest.mark.parametrize("fault", ["", "locked"])
def test_a_job_added_again_before_its_removal_is_committed_keeps_everything(fault: str) -> None:
    store = MemoryStore()

    async def run() -> None:
        service = WatchlistService(watchlist(known(job(1))), store, lambda: None)
        store.fault = fault
        service.start()
        removing = asyncio.create_task(service.edit(lambda listed: listed.remove([job(1)], 50.0)))
        adding = asyncio.create_task(service.add([watch(1, note="new")]))
        await asyncio.gather(removing, adding)
        (back,) = service.watchlist
        assert (back.label, back.note, back.is_final) == ("known", "new", True)
        store.fault = ""
        await asyncio.sleep(STORE_READ_SECONDS * 4)
        (back,) = service.watchlist
        assert (back.label, back.is_final) == ("known", True)
        await service.close()

    run_virtually(run())
    assert [(len(change.removed), [watch.label for watch in change.added]) for change in store.changes] == [
        (1, []),
        (0, ["known"]),
    ]
