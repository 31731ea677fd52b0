"""The ledger: commit first, tell afterwards, lose nothing when the disk does not play along."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from tests.support.building import done, job, missed, seen, watch, watchlist
from tests.support.sources import MemoryShelf, News
from tests.support.virtual_time import run_virtually
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.watchlist_service import FLUSH, GATHER, LOOK, NOT_YET, WatchlistService

Script = Callable[[WatchlistService, MemoryShelf], Coroutine[Any, Any, None]]


def with_ledger(script: Script, *numbers: int) -> tuple[WatchlistService, MemoryShelf, list[str]]:
    """Runs a script over a ledger of watches with these numbers; gives the ledger and what happened in order."""
    shelf, happened = MemoryShelf(), []

    async def run() -> WatchlistService:
        ledger = WatchlistService(
            watchlist(*map(watch, numbers)), shelf, lambda: happened.append(f"told {len(shelf.changes)}")
        )
        ledger.start()
        await script(ledger, shelf)
        await ledger.close()
        return ledger

    return run_virtually(run()), shelf, happened


def test_an_edit_is_shown_at_once_and_returns_when_it_is_committed() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        await ledger.edit(lambda listed: listed.add([watch(1)]))
        assert len(shelf.changes) == 1
        assert ledger.uncommitted == ()

    _, _, happened = with_ledger(script)
    assert happened[0] == "told 0"


def test_an_observation_is_committed_before_it_is_shown() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        ledger.bring(job(1), done(), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert len(shelf.changes) == 1

    _, _, happened = with_ledger(script, 1)
    assert happened[0] == "told 1"


def test_an_observation_after_a_quiet_moment_is_committed_and_shown_at_once() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        for number in (1, 2, 3):
            ledger.bring(job(number), done(), 5.0)
            await asyncio.sleep(0.001)
            assert len(shelf.changes) == number
            assert ledger.watchlist.watches[job(number)].is_final
            await asyncio.sleep(GATHER)

    _, _, happened = with_ledger(script, 1, 2, 3)
    assert happened[:3] == ["told 1", "told 2", "told 3"]


def test_a_burst_of_observations_is_committed_in_few_parts() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        for number in range(1, 101):
            ledger.bring(job(number), done(), 5.0)
            await asyncio.sleep(GATHER / 50)
        await asyncio.sleep(GATHER)
        assert all(one.is_final for one in ledger.watchlist)
        assert len(shelf.changes) <= 4

    with_ledger(script, *range(1, 101))


def test_observations_that_come_together_are_committed_together() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        for number in range(1, 31):
            ledger.bring(job(number), done(), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert len(shelf.changes) == 1

    ledger, _, _ = with_ledger(script, *range(1, 31))
    assert all(one.is_final for one in ledger.watchlist)


def test_a_mere_confirmation_waits_for_the_flush() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        ledger.bring(job(1), seen(at=10.0), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert len(shelf.changes) == 1
        ledger.bring(job(1), seen(at=12.0), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert len(shelf.changes) == 1
        await asyncio.sleep(FLUSH)
        assert len(shelf.changes) == 2

    ledger, _, _ = with_ledger(script, 1)
    assert next(iter(ledger.watchlist)).last_answer_at == 12.0


def test_what_cannot_be_saved_is_kept_told_and_tried_again() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        shelf.fault = "disk full"
        await ledger.edit(lambda listed: listed.add([watch(1)]))
        assert ledger.unsaved == "disk full"
        assert len(ledger.watchlist) == 1
        ledger.bring(job(1), done(), 5.0)
        await asyncio.sleep(FLUSH * 2)
        shelf.fault = ""
        await asyncio.sleep(FLUSH * 1.1)
        assert ledger.unsaved == ""

    _, shelf, _ = with_ledger(script)
    assert [bool(change.added) for change in shelf.changes] == [True, False]
    assert shelf.changes[1].observed[0].response is not None


def test_what_another_window_did_is_taken_over() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        shelf.waiting_news.append(News((watch(2, label="theirs"),), (job(1),)))
        await asyncio.sleep(LOOK * 1.5)

    ledger, shelf, _ = with_ledger(script, 1)
    assert [one.label for one in ledger.watchlist] == ["theirs"]
    assert shelf.changes == []


def test_what_was_brought_last_is_committed_when_it_closes() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        ledger.bring(job(1), done(), 5.0)

    _, shelf, _ = with_ledger(script, 1)
    assert shelf.changes[0].observed[0].watch.is_final


def test_a_failed_call_is_no_reason_to_write() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        ledger.bring(job(1), missed(), 5.0)
        await asyncio.sleep(GATHER * 2)
        assert shelf.changes == []
        assert isinstance(ledger.watchlist, Watchlist)

    with_ledger(script, 1)


def test_an_edit_is_reported_as_unsaved_if_the_store_does_not_answer() -> None:
    """The shelf blocks, as on a dead network file system: the edit returns all the same, and stays queued."""

    async def script() -> None:
        shelf, blocked = MemoryShelf(), threading.Event()
        apply = shelf.apply
        shelf.apply = lambda change: (blocked.wait(10), apply(change))[1]  # type: ignore[method-assign]
        ledger = WatchlistService(watchlist(), shelf, lambda: None)
        edited = asyncio.create_task(ledger.edit(lambda listed: listed.add([watch(1)])))
        await asyncio.sleep(0)
        assert len(ledger.watchlist) == 1
        assert [len(change.added) for change in ledger.uncommitted] == [1]
        await edited
        assert ledger.unsaved == NOT_YET
        blocked.set()
        await ledger.close()
        assert (ledger.unsaved, ledger.uncommitted) == ("", ())

    asyncio.run(script())


def test_a_job_that_comes_back_while_the_store_is_locked_gets_its_history_afterwards() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        shelf.removed[job(1)] = watch(1, label="known")
        shelf.fault = "locked"
        await ledger.add([watch(1)])
        assert [one.label for one in ledger.watchlist] == [""]
        shelf.fault = ""
        await asyncio.sleep(LOOK * 2)
        assert [one.label for one in ledger.watchlist] == ["known"]

    with_ledger(script)


def test_an_edit_made_while_the_changes_of_others_are_read_stands() -> None:
    """The shelf reads what another window wrote; in the meantime the user labels the same job."""

    async def script() -> None:
        shelf, loop = MemoryShelf(), asyncio.get_running_loop()
        ledger = WatchlistService(watchlist(watch(1)), shelf, lambda: None)

        def label() -> None:
            edits.append(asyncio.ensure_future(ledger.edit(lambda listed: listed.label([job(1)], "mine", 2.0))))

        def news() -> News:
            if not edits:
                loop.call_soon_threadsafe(label)
                while not ledger.uncommitted:
                    time.sleep(0.001)
            return News((watch(1, label="mine" if shelf.changes else "theirs"), watch(2)))

        edits: list[asyncio.Task[object]] = []
        shelf.read_changes = news  # type: ignore[method-assign]
        for labels in ({job(1): "mine"}, {job(1): "mine", job(2): ""}):
            await ledger._look()
            assert {one.job: one.label for one in ledger.watchlist} == labels
            await asyncio.gather(*edits)
        await ledger.close()

    asyncio.run(script())


def test_leaving_tries_to_save_for_a_moment_and_keeps_what_it_could_not() -> None:
    async def script(ledger: WatchlistService, shelf: MemoryShelf) -> None:
        shelf.fault = "locked"
        await ledger.edit(lambda listed: listed.add([watch(1)]))

    ledger, _, _ = with_ledger(script)
    assert ledger.unsaved == "locked"
    assert [one.job for change in ledger.uncommitted for one in change.added] == [job(1)]
