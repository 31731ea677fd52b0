"""The lease: of several windows one polls, and another takes over when that one is gone."""

import asyncio

import pytest

from tests.support.sources import MemoryShelf
from tests.support.virtual_time import VirtualClock, run_virtually
from zjobtui.polling.lease import Lease


def lease_on(shelf: MemoryShelf, tenant: str = "env", *, ahead: float = 0.0) -> Lease:
    async def on_disk(work):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - as the ledger does
        return work()

    clock = VirtualClock()
    clock.suspend(ahead)
    return Lease(shelf, on_disk, clock, lambda: None, tenant)


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
        assert (first.is_inherited, second.is_inherited) == (False, True)
        other.cancel()

    run_virtually(script())


@pytest.mark.parametrize("first_ahead", [True, False])
def test_a_window_whose_clock_is_a_day_ahead_polls_alone_and_is_followed_when_it_is_gone(first_ahead: bool) -> None:
    async def script() -> None:
        shelf = MemoryShelf()
        ahead, right = lease_on(shelf, ahead=86_400), lease_on(shelf)
        tasks = {one: await keep(one) for one in ((ahead, right) if first_ahead else (right, ahead))}
        await asyncio.sleep(60)
        for _ in range(600):
            await asyncio.sleep(0.1)
            assert (ahead.is_held, right.is_held) == (True, False)
        tasks.pop(ahead).cancel()
        await asyncio.sleep(10)
        assert right.is_held
        tasks.pop(right).cancel()

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
