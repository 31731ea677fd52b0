"""The watchlist service: commit first, publish afterwards, lose nothing if the disk fails."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, done, job, missed, order_report, seen, watch, watchlist
from tests.support.sources import MemoryStore
from tests.support.virtual_time import run_virtually
from zjobtui.models.assessment import digest
from zjobtui.models.watchlist import ExternalChanges, Watchlist
from zjobtui.polling.watchlist_service import FLUSH, GATHER, NOT_YET, SAVE_LIMIT, STORE_READ_SECONDS, WatchlistService

Script = Callable[[WatchlistService, MemoryStore], Coroutine[Any, Any, None]]


def with_service(script: Script, *numbers: int) -> tuple[WatchlistService, MemoryStore, list[str]]:
    """Run a script over a service with these watched jobs; return the service and what happened, in order."""
    store, happened = MemoryStore(), []

    async def run() -> WatchlistService:
        service = WatchlistService(
            watchlist(*map(watch, numbers)), store, lambda: happened.append(f"published {len(store.changes)}")
        )
        service.start()
        await script(service, store)
        await service.close()
        return service

    return run_virtually(run()), store, happened


def test_an_edit_is_shown_at_once_and_returns_when_it_is_committed() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        await service.edit(lambda listed: listed.add([watch(1)]))
        assert len(store.changes) == 1
        assert service.uncommitted == ()

    _, _, happened = with_service(script)
    assert happened[0] == "published 0"


def test_an_observation_is_committed_before_it_is_shown() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        service.observe(job(1), done(), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert len(store.changes) == 1

    _, _, happened = with_service(script, 1)
    assert happened[0] == "published 1"


def test_an_edit_does_not_show_an_observation_before_the_attempt_to_commit_it() -> None:
    states: list[tuple[bool, list[str], bool]] = []

    async def run() -> None:
        store = MemoryStore()

        def publish() -> None:
            shown = service.published.watches
            labels = [watch.label for watch in shown.values()]
            states.append((any(change.observed for change in store.changes), labels, shown[job(1)].is_final))

        service = WatchlistService(watchlist(watch(1), watch(2)), store, publish)
        service.start()
        service.observe(job(1), done(), 5.0)
        await service.edit(lambda listed: listed.label([job(1), job(2)], "mine", 2.0))
        await asyncio.sleep(GATHER * 2)
        await service.close()
        assert store.changes[0].observed[0].watch.is_final
        assert service.watchlist.watches[job(1)].is_final

    run_virtually(run())
    assert states[0] == (False, ["mine", "mine"], False)
    assert states[-1] == (True, ["mine", "mine"], True)
    assert all(is_committed for is_committed, _, is_final in states if is_final)


@pytest.mark.parametrize("steps", range(12))
def test_changes_queued_by_an_edit_during_a_commit_are_committed_before_they_are_shown(steps: int) -> None:
    async def run() -> None:
        store = MemoryStore()

        def publish() -> None:
            stored = {observed.watch.job for change in store.changes for observed in change.observed}
            assert stored >= {one.job for one in service.published if one.is_final}

        service = WatchlistService(watchlist(*map(watch, (1, 2, 3))), store, publish)
        service.start()
        service.observe(job(1), done(), 5.0)
        for _ in range(steps):
            await asyncio.sleep(0)
        service.observe(job(2), done(), 5.0)
        await service.edit(lambda listed: listed.label([job(3)], "mine", 2.0))
        await asyncio.sleep(GATHER * 3)
        assert [one.is_final for one in service.published] == [True, True, False]
        assert service._supervisor.fault == ""
        await service.close()

    run_virtually(run())


@pytest.mark.slow
def test_an_observation_is_shown_soon_with_the_reason_if_the_store_hangs() -> None:
    """The store blocks, as on a dead network file system."""

    async def script() -> None:
        store, blocked = MemoryStore(), threading.Event()
        apply = store.apply
        store.apply = lambda change: (blocked.wait(10), apply(change))[1]  # type: ignore[method-assign]
        service = WatchlistService(watchlist(watch(1), watch(2)), store, lambda: None)
        service.start()
        service.observe(job(1), done(), 5.0)
        await asyncio.sleep(SAVE_LIMIT / 2)
        assert not service.published.watches[job(1)].is_final
        await asyncio.sleep(SAVE_LIMIT)
        assert service.published.watches[job(1)].is_final
        assert service.unsaved == NOT_YET
        service.observe(job(2), done(), 5.0)
        await asyncio.sleep(4 * GATHER)
        assert service.published.watches[job(2)].is_final, "the next one waits no longer"
        blocked.set()
        await service.close()
        assert (service.unsaved, service.uncommitted) == ("", ())
        assert {observed.watch.job for change in store.changes for observed in change.observed} == {job(1), job(2)}

    asyncio.run(script())


def test_the_promised_interval_is_that_of_the_job_after_the_response() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        running = service.observe(job(1), seen(at=10.0), lambda watch: 7.0 if watch.digest else 3.0)[1]
        assert running is not None
        assert (running.last_answer_at, running.planned) == (10.0, 7.0)
        failing = service.observe(job(1), missed(at=12.0), 9.0)[1]
        assert failing is not None
        assert (failing.problem_at, failing.planned) == (12.0, 7.0)

    with_service(script, 1)


def test_a_response_about_a_job_that_was_removed_meanwhile_changes_nothing() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        await service.edit(lambda listed: listed.remove([job(1)], 2.0))
        assert service.observe(job(1), done(), 5.0)[1] is None
        await asyncio.sleep(FLUSH * 1.1)
        assert (len(service.watchlist), len(store.changes)) == (0, 1)

    with_service(script, 1)


def test_a_response_that_came_before_the_removal_of_its_job_is_committed_before_it() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        service.observe(job(1), done(), 5.0)
        await service.edit(lambda listed: listed.remove([job(1)], 2.0))
        assert [(len(change.observed), len(change.removed)) for change in store.changes] == [(1, 0), (0, 1)]

    with_service(script, 1)


def test_an_observation_after_a_quiet_moment_is_committed_and_shown_at_once() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        for number in (1, 2, 3):
            service.observe(job(number), done(), 5.0)
            await asyncio.sleep(0.001)
            assert len(store.changes) == number
            assert service.watchlist.watches[job(number)].is_final
            await asyncio.sleep(GATHER)

    _, _, happened = with_service(script, 1, 2, 3)
    assert happened[:3] == ["published 1", "published 2", "published 3"]


def test_a_burst_of_observations_is_committed_in_few_batches() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        for number in range(1, 101):
            service.observe(job(number), done(), 5.0)
            await asyncio.sleep(GATHER / 50)
        await asyncio.sleep(GATHER)
        assert all(watch.is_final for watch in service.watchlist)
        assert len(store.changes) <= 4

    with_service(script, *range(1, 101))


def test_observations_that_come_together_are_committed_together() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        for number in range(1, 31):
            service.observe(job(number), done(), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert len(store.changes) == 1

    service, _, _ = with_service(script, *range(1, 31))
    assert all(watch.is_final for watch in service.watchlist)


def test_a_mere_confirmation_waits_for_the_flush() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        service.observe(job(1), seen(at=10.0), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert len(store.changes) == 1
        service.observe(job(1), seen(at=12.0), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert len(store.changes) == 1
        await asyncio.sleep(FLUSH)
        assert len(store.changes) == 2

    service, _, _ = with_service(script, 1)
    assert next(iter(service.watchlist)).last_answer_at == 12.0


def test_unsaved_changes_are_kept_reported_and_retried() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        store.fault = "disk full"
        await service.edit(lambda listed: listed.add([watch(1)]))
        assert service.unsaved == "disk full"
        assert len(service.watchlist) == 1
        service.observe(job(1), done(), 5.0)
        await asyncio.sleep(FLUSH * 2)
        store.fault = ""
        await asyncio.sleep(FLUSH * 1.1)
        assert service.unsaved == ""

    _, store, _ = with_service(script)
    assert [bool(change.added) for change in store.changes] == [True, False]
    assert store.changes[1].observed[0].response is not None


def test_changes_that_stay_unsaved_hold_no_copies_of_the_watchlist_in_memory() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        store.fault = "disk full"
        for number in range(1, 10):
            service.observe(job(number), done(), 5.0)
            await asyncio.sleep(GATHER * 2)
        assert [len(change.observed) for change in service.uncommitted] == [1] * 9
        assert sum(len(change.watchlist) for change in service.uncommitted) == 0
        store.fault = ""

    service, store, _ = with_service(script, *range(1, 10))
    assert all(watch.is_final for watch in service.watchlist)
    assert len(store.changes) == 9


def test_changes_of_another_window_are_applied() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        store.waiting_news.append(ExternalChanges((watch(2, label="theirs"),), (job(1),)))
        await asyncio.sleep(STORE_READ_SECONDS * 1.5)

    service, store, _ = with_service(script, 1)
    assert [watch.label for watch in service.watchlist] == ["theirs"]
    assert store.changes == []


def test_the_last_observations_are_committed_on_close() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        service.observe(job(1), done(), 5.0)

    _, store, _ = with_service(script, 1)
    assert store.changes[0].observed[0].watch.is_final


def test_a_failed_call_causes_no_write() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        service.observe(job(1), missed(), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert store.changes == []
        assert isinstance(service.watchlist, Watchlist)

    with_service(script, 1)


@pytest.mark.slow
def test_an_edit_is_reported_as_unsaved_if_the_store_hangs() -> None:
    """The store blocks, as on a dead network file system: the edit returns all the same, and stays queued."""

    async def script() -> None:
        store, blocked = MemoryStore(), threading.Event()
        apply = store.apply
        store.apply = lambda change: (blocked.wait(10), apply(change))[1]  # type: ignore[method-assign]
        service = WatchlistService(watchlist(), store, lambda: None)
        edited = asyncio.create_task(service.edit(lambda listed: listed.add([watch(1)])))
        await asyncio.sleep(0)
        assert len(service.watchlist) == 1
        assert [len(change.added) for change in service.uncommitted] == [1]
        await edited
        assert service.unsaved == NOT_YET
        blocked.set()
        await service.close()
        assert (service.unsaved, service.uncommitted) == ("", ())

    asyncio.run(script())


def test_a_job_restored_while_the_store_is_locked_gets_its_history_afterwards() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        store.removed[job(1)] = watch(1, label="known")
        store.fault = "locked"
        await service.add([watch(1)])
        assert [watch.label for watch in service.watchlist] == [""]
        store.fault = ""
        await asyncio.sleep(STORE_READ_SECONDS * 2)
        assert [watch.label for watch in service.watchlist] == ["known"]

    with_service(script)


def test_an_edit_made_while_changes_of_others_are_read_is_kept() -> None:
    """The store reads what another window wrote; meanwhile the user labels the same job."""

    async def script() -> None:
        store, loop = MemoryStore(), asyncio.get_running_loop()
        service = WatchlistService(watchlist(watch(1)), store, lambda: None)

        def label() -> None:
            edits.append(asyncio.ensure_future(service.edit(lambda listed: listed.label([job(1)], "mine", 2.0))))

        def news() -> ExternalChanges:
            if not edits:
                loop.call_soon_threadsafe(label)
                while not service.uncommitted:
                    time.sleep(0.001)
            return ExternalChanges((watch(1, label="mine" if store.changes else "theirs"), watch(2)))

        edits: list[asyncio.Task[object]] = []
        store.read_changes = news  # type: ignore[method-assign]
        for labels in ({job(1): "mine"}, {job(1): "mine", job(2): ""}):
            await service._sync()
            assert {watch.job: watch.label for watch in service.watchlist} == labels
            await asyncio.gather(*edits)
        await service.close()

    asyncio.run(script())


def test_the_exit_tries_to_save_briefly_and_keeps_unsaved_changes() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        store.fault = "locked"
        await service.edit(lambda listed: listed.add([watch(1)]))

    service, _, _ = with_service(script)
    assert service.unsaved == "locked"
    assert [one.job for change in service.uncommitted for one in change.added] == [job(1)]


def test_a_failed_call_does_not_undo_a_new_verdict() -> None:
    """The call failed before the settings changed, and is saved after that."""
    before, after = (digest(order_report(order_status="Draft"), expected) for expected in ((), ("Draft",)))

    async def script(service: WatchlistService, store: MemoryStore) -> None:
        ended = watch(2, digest=before, last_answer_at=NOW)
        await service.edit(lambda listed: listed.add([ended]))
        store.judge_again = lambda _: (replace(ended, digest=after),)  # type: ignore[method-assign]
        service.observe(job(2), missed(at=NOW + 1.0), 5.0)
        service.expect({"env": frozenset({"Draft"})})
        await asyncio.sleep(FLUSH * 1.1)
        assert [observed.watch.digest for observed in store.changes[-1].observed] == [after]

    with_service(script)


def test_a_restored_job_shows_what_another_window_saved_before_its_removal() -> None:
    async def script(service: WatchlistService, store: MemoryStore) -> None:
        change = await service.edit(lambda listed: listed.remove([job(1)], 2.0))
        store.removed[job(1)] = watch(1, digest=digest(order_report()), last_answer_at=NOW)
        await service.edit(lambda listed: listed.restore(change.removed, 3.0))
        await asyncio.sleep(STORE_READ_SECONDS * 1.5)
        assert [one.is_final for one in service.watchlist] == [True]

    with_service(script, 1)
