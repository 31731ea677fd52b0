"""The lease: of several windows one polls, and another takes over when that one is gone."""

import asyncio

from tests.support.sources import MemoryShelf
from tests.support.virtual_time import VirtualClock, run_virtually
from zjobtui.polling.lease import Lease


def lease_on(shelf: MemoryShelf, tenant: str = "env") -> Lease:
    async def on_disk(work):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - as the ledger does
        return work()

    return Lease(shelf, on_disk, VirtualClock(), lambda: None, tenant)


async def keep(lease: Lease) -> "asyncio.Task[None]":
    task = asyncio.create_task(lease.keep(lambda: True))
    await asyncio.sleep(0.1)
    return task


def test_of_two_windows_one_polls() -> None:
    async def script() -> None:
        first, second = lease_on(shelf := MemoryShelf()), lease_on(shelf)
        tasks = [await keep(first), await keep(second)]
        await asyncio.sleep(60)
        assert (first.is_held, second.is_held) == (True, False)
        for task in tasks:
            task.cancel()

    run_virtually(script())


def test_a_window_that_polls_one_tenant_keeps_no_other_window_from_polling_another() -> None:
    async def script() -> None:
        one, other = lease_on(shelf := MemoryShelf(), "eu"), lease_on(shelf, "us")
        tasks = [await keep(one), await keep(other)]
        await asyncio.sleep(60)
        assert (one.is_held, other.is_held) == (True, True)
        for task in tasks:
            task.cancel()

    run_virtually(script())


def test_another_window_takes_over_within_ten_seconds() -> None:
    async def script() -> None:
        first, second = lease_on(shelf := MemoryShelf()), lease_on(shelf)
        gone, other = await keep(first), await keep(second)
        await asyncio.sleep(30)
        gone.cancel()
        await asyncio.sleep(10)
        assert second.is_held
        other.cancel()

    run_virtually(script())


def test_a_window_that_leaves_gives_the_lease_back_at_once() -> None:
    async def script() -> None:
        first, second = lease_on(shelf := MemoryShelf()), lease_on(shelf)
        leaving, other = await keep(first), await keep(second)
        leaving.cancel()
        await first.let_go()
        await asyncio.sleep(1.1)
        assert second.is_held
        other.cancel()

    run_virtually(script())


def test_without_a_working_store_a_window_polls_all_the_same() -> None:
    async def script() -> None:
        lease = lease_on(MemoryShelf(fault="read-only"))
        task = await keep(lease)
        assert lease.is_held
        task.cancel()

    run_virtually(script())
