"""The lease: of several windows one polls, and another takes over when that one ends."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.polling import read_on_the_loop, watches
from tests.support.sources import MemoryStore, TimedSource
from tests.support.virtual_time import START, VirtualClock, run_virtually, wall
from zjobtui.bootstrap.report_parser import read_stored_report
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import Tenant
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.engine import Engine
from zjobtui.polling.lease import (
    ACQUIRE_LIMIT,
    LEASE_NAME,
    LEASE_RENEW_SECONDS,
    LEASE_RETRY_SECONDS,
    LIFE,
    Lease,
    is_running,
    name_holder,
)
from zjobtui.polling.protocols import WatchlistStore
from zjobtui.storage.store import open_store


async def no_count() -> None:
    """Stand for a window that has made no calls."""


def lease_on(
    store: MemoryStore, tenant: str = "env", *, ahead: float = 0.0, count: Callable[[], Awaitable[None]] = no_count
) -> Lease:
    async def run_io(work):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - as the service does
        return work()

    clock = VirtualClock()
    clock.suspend(ahead)

    return Lease(store, run_io, clock, lambda: None, tenant, count)


async def keep(lease: Lease) -> "asyncio.Task[None]":
    task = asyncio.create_task(lease.run(lambda: True))
    await asyncio.sleep(0.1)
    return task


def test_only_one_of_two_windows_polls() -> None:
    async def script() -> None:
        first, second = lease_on(store := MemoryStore()), lease_on(store)
        tasks = [await keep(first), await keep(second)]
        await asyncio.sleep(60)
        assert (first.is_held, second.is_held) == (True, False)
        assert (first.is_elsewhere, second.is_elsewhere) == (False, True)
        for task in tasks:
            task.cancel()

    run_virtually(script())


def test_a_window_that_polls_one_tenant_lets_others_poll_other_tenants() -> None:
    async def script() -> None:
        one, other = lease_on(store := MemoryStore(), "eu"), lease_on(store, "us")
        tasks = [await keep(one), await keep(other)]
        await asyncio.sleep(60)
        assert (one.is_held, other.is_held) == (True, True)
        for task in tasks:
            task.cancel()

    run_virtually(script())


def test_another_window_takes_over_within_ten_seconds() -> None:
    async def script() -> None:
        first, second = lease_on(store := MemoryStore()), lease_on(store)
        gone, other = await keep(first), await keep(second)
        await asyncio.sleep(30)
        gone.cancel()
        await asyncio.sleep(10)
        assert second.is_held
        assert (first.was_taken_over, second.was_taken_over) == (False, True)
        other.cancel()

    run_virtually(script())


@pytest.mark.parametrize("first_ahead", [True, False])
def test_a_window_with_a_clock_a_day_ahead_polls_alone_until_it_is_closed(first_ahead: bool) -> None:
    async def script() -> None:
        store = MemoryStore()
        ahead, right = lease_on(store, ahead=86_400), lease_on(store)
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


def test_a_window_that_closes_releases_the_lease_at_once() -> None:
    async def script() -> None:
        first, second = lease_on(store := MemoryStore()), lease_on(store)
        leaving, other = await keep(first), await keep(second)
        leaving.cancel()
        await first.release()
        await asyncio.sleep(1.1)
        assert second.is_held
        other.cancel()

    run_virtually(script())


def test_without_a_working_store_a_window_still_polls() -> None:
    async def script() -> None:
        lease = lease_on(MemoryStore(fault="read-only"))
        task = await keep(lease)
        assert (lease.is_held, lease.is_elsewhere) == (True, False)
        task.cancel()

    run_virtually(script())


def test_a_window_polls_if_the_disk_hangs_before_it_has_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script() -> None:
        lease = lease_on(MemoryStore())
        monkeypatch.setattr(lease, "_run_io", lambda _: asyncio.Event().wait())
        task = await keep(lease)
        held = [lease.is_held]
        await asyncio.sleep(ACQUIRE_LIMIT)
        assert [*held, lease.is_held] == [False, True]
        task.cancel()

    run_virtually(script())


def test_calls_are_counted_before_another_window_polls_and_before_this_one_does() -> None:
    async def script() -> None:
        counts: list[tuple[bool, bool]] = []

        async def count() -> None:
            counts.append((lease.is_held, bool(store.leases)))

        lease = lease_on(store := MemoryStore(), count=count)
        task = await keep(lease)
        await asyncio.sleep(LEASE_RENEW_SECONDS * 3)
        await lease.release()
        assert counts == [(False, True), (True, True)]
        task.cancel()

    run_virtually(script())


def test_the_lease_is_taken_as_soon_as_there_is_something_to_poll() -> None:
    async def script() -> None:
        lease, is_wanted = lease_on(MemoryStore()), False
        task = asyncio.create_task(lease.run(lambda: is_wanted))
        await asyncio.sleep(0.3)
        lease.wake()
        await asyncio.sleep(0)
        assert (lease.is_held, lease.is_elsewhere) == (False, False)
        is_wanted = True
        lease.wake()
        await asyncio.sleep(0.001)
        assert lease.is_held
        task.cancel()

    run_virtually(script())


def test_the_window_that_holds_the_lease_is_not_woken_to_renew_it() -> None:
    async def script() -> None:
        lease = lease_on(store := MemoryStore())
        task = await keep(lease)
        before = store.leases[LEASE_NAME.format("env")]
        lease.wake()
        await asyncio.sleep(0.5)
        assert store.leases[LEASE_NAME.format("env")] == before
        task.cancel()

    run_virtually(script())


def ended_process() -> int:
    """The id of a process that no longer exists."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_the_lease_of_a_window_that_was_killed_is_taken_over_at_once() -> None:
    async def script() -> None:
        lease = lease_on(store := MemoryStore())
        store.acquire_lease(LEASE_NAME.format("env"), name_holder(ended_process()), VirtualClock().now() + 86_400, LIFE)
        task = await keep(lease)
        assert (lease.is_held, lease.is_elsewhere, lease.was_taken_over) == (True, False, True)
        task.cancel()

    run_virtually(script())


def test_only_one_of_two_windows_takes_over_the_lease_of_a_killed_one() -> None:
    async def script() -> None:
        first, second = lease_on(store := MemoryStore()), lease_on(store)
        store.acquire_lease(LEASE_NAME.format("env"), name_holder(ended_process()), VirtualClock().now(), LIFE)
        tasks = [await keep(first), await keep(second)]
        await asyncio.sleep(60)
        assert (first.is_held, second.is_held) == (True, False)
        for task in tasks:
            task.cancel()

    run_virtually(script())


@pytest.mark.parametrize(
    "holder", ["far:9:0", "5f0c7e2a", "", "another window", "far:x:0", "::", "far:" + "9" * 30 + ":0"]
)
def test_an_invisible_process_that_never_renews_its_lease_is_not_another_window(holder: str) -> None:
    async def script() -> None:
        states = set[tuple[bool, bool]]()
        lease = lease_on(store := MemoryStore())
        lease._changed = lambda: states.add((lease.is_held, lease.is_elsewhere))
        store.acquire_lease(LEASE_NAME.format("env"), holder, VirtualClock().now(), LIFE)
        task = await keep(lease)
        assert not lease.is_held
        await asyncio.sleep(LIFE + LEASE_RETRY_SECONDS)
        assert states == {(True, False)}
        task.cancel()

    run_virtually(script())


def test_an_invisible_process_is_another_window_once_it_renews_its_lease() -> None:
    async def script() -> None:
        lease = lease_on(store := MemoryStore())
        store.acquire_lease(LEASE_NAME.format("env"), "far:9:0", VirtualClock().now(), LIFE)
        task = await keep(lease)
        for _ in range(3):
            await asyncio.sleep(LEASE_RENEW_SECONDS)
            store.acquire_lease(LEASE_NAME.format("env"), "far:9:0", VirtualClock().now(), LIFE)
            await asyncio.sleep(LEASE_RETRY_SECONDS)
            assert (lease.is_held, lease.is_elsewhere) == (False, True)
        store.release_lease(LEASE_NAME.format("env"), "far:9:0")
        await asyncio.sleep(LEASE_RETRY_SECONDS)
        assert (lease.is_held, lease.is_elsewhere) == (True, False)
        task.cancel()

    run_virtually(script())


def test_without_anything_to_poll_there_is_no_other_window() -> None:
    async def script() -> None:
        first, second, is_wanted = lease_on(store := MemoryStore()), lease_on(store), True
        tasks = [await keep(first), asyncio.create_task(second.run(lambda: is_wanted))]
        await asyncio.sleep(LEASE_RETRY_SECONDS)
        assert second.is_elsewhere
        is_wanted = False
        await asyncio.sleep(LEASE_RETRY_SECONDS)
        assert (second.is_held, second.is_elsewhere) == (False, False)
        for task in tasks:
            task.cancel()

    run_virtually(script())


def test_a_process_is_checked_only_by_processes_that_can_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gone, ours = name_holder(ended_process()), name_holder(os.getpid())
    assert (is_running(ours), is_running(gone)) == (True, False)
    monkeypatch.setattr(os, "readlink", lambda _: "pid:[1]")
    assert (is_running(ours), is_running(gone)) == (None, None)
    monkeypatch.undo()
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "another-boot\n")
    assert (is_running(ours), is_running(gone)) == (None, None)


def test_without_other_identification_the_host_name_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise FileNotFoundError

    pid = ended_process()
    monkeypatch.setattr(Path, "read_text", fail)
    assert name_holder(pid).startswith(f"{os.uname().nodename}:{pid}:")
    assert (is_running(name_holder(os.getpid())), is_running(name_holder(pid))) == (True, False)


def test_a_process_of_another_user_counts_as_running(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert is_running(name_holder(1)) is True


def in_two_windows(
    monkeypatch: pytest.MonkeyPatch,
    first: TimedSource,
    second: TimedSource,
    script: Callable[[Engine, Engine, Callable[[], tuple[bool, bool]]], Awaitable[None]],
    stores: Sequence[WatchlistStore] = (),
) -> None:
    """Poll three jobs in two windows on one store; the script gets a function that returns which of them poll.

    `stores` are the two that the windows use; by default one in memory, of which no window reads what the other wrote.
    """
    read_on_the_loop(monkeypatch)
    jobs = Watchlist({watch.job: watch for watch in watches(3)})
    memory = MemoryStore()

    def polls(source: TimedSource) -> bool:
        return any(asked.was_good and wall() - asked.at < 10 for asked in source.asked)

    async def run() -> None:
        windows, running = list[Engine](), list[asyncio.Task[None]]()
        for source, store in zip((first, second), stores or (memory, memory), strict=True):
            made = partial(lambda source: source, source)
            windows.append(Engine(jobs, store, [(Tenant(name="env", base_url=""), made)], VirtualClock()))
            running.append(asyncio.create_task(windows[-1]._main()))
            await asyncio.sleep(5)
        await script(windows[0], windows[1], lambda: (polls(first), polls(second)))
        for each in windows:
            each._stopping.set()
        await asyncio.gather(*running)

    run_virtually(run())


def test_while_a_window_is_paused_another_one_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(first: Engine, _: Engine, polls: Callable[[], tuple[bool, bool]]) -> None:
        assert first._tenants is not None
        found = [polls()]
        for is_paused in (True, False):
            first._tenants.set_paused(is_paused=is_paused)
            await asyncio.sleep(20)
            found.append(polls())
        assert found == [(True, False), (False, True), (False, True)]
        assert first.state.statuses["env"].is_following

    in_two_windows(monkeypatch, TimedSource(), TimedSource(), script)


def test_a_window_that_follows_shows_the_outage_and_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begins, ends = START + 60, START + 75
    broken = TimedSource(trouble=lambda at, _: Problem(ProblemKind.UNREACHABLE) if begins <= at < ends else None)
    first, second = (open_store(tmp_path / "store", read_stored_report, now=lambda: START + 3_600)[0] for _ in range(2))
    first.apply(Watchlist({}).add(watches(3)))

    async def script(_: Engine, following: Engine, __: object) -> None:
        found = []
        for at in (begins - 1, begins + 10, ends + 30):
            await asyncio.sleep(at - wall())
            status = following.state.statuses["env"]
            found.append((status.is_following, status.problem and status.problem.kind))
        assert found == [(True, None), (True, ProblemKind.UNREACHABLE), (True, None)]

    in_two_windows(monkeypatch, broken, broken, script, (first, second))


def test_a_window_whose_credentials_are_not_accepted_lets_another_one_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if its bearer token had expired, and the other window had a new one."""
    expires, corrected = START + 60, START + 600
    expired = TimedSource(trouble=lambda at, _: Problem(ProblemKind.SIGNED_OUT) if expires <= at < corrected else None)

    async def script(first: Engine, second: Engine, polls: Callable[[], tuple[bool, bool]]) -> None:
        await asyncio.sleep(expires - 1 - wall())
        assert polls() == (True, False)
        await asyncio.sleep(30)
        assert polls() == (False, True)
        problem = first.state.statuses["env"].problem
        assert problem is not None
        assert problem.kind is ProblemKind.SIGNED_OUT
        probes = len(expired.sent)
        await asyncio.sleep(corrected - 1 - wall())
        assert 5 <= len(expired.sent) - probes <= 40
        await asyncio.sleep(120)
        assert polls() == (False, True)
        assert [each.state.statuses["env"].is_following for each in (first, second)] == [True, False]

    in_two_windows(monkeypatch, expired, TimedSource(), script)


def test_a_window_that_cannot_reach_the_host_lets_another_one_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if they ran on two machines, or with different proxy settings."""
    fails, works = START + 60, START + 600
    broken = TimedSource(trouble=lambda at, _: Problem(ProblemKind.UNREACHABLE) if fails <= at < works else None)

    async def script(first: Engine, second: Engine, polls: Callable[[], tuple[bool, bool]]) -> None:
        await asyncio.sleep(fails - 1 - wall())
        assert polls() == (True, False)
        await asyncio.sleep(60)
        assert polls() == (False, True)
        assert first.state.statuses["env"].problem is not None
        await asyncio.sleep(works + 120 - wall())
        assert [each.state.statuses["env"].is_following for each in (first, second)] == [True, False]

    in_two_windows(monkeypatch, broken, TimedSource(), script)


def test_in_an_outage_no_window_polls_and_one_does_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fails, works = START + 60, START + 1_200
    sources = [
        TimedSource(trouble=lambda at, _: Problem(ProblemKind.UNREACHABLE) if fails <= at < works else None)
        for _ in range(2)
    ]

    async def script(first: Engine, second: Engine, polls: Callable[[], tuple[bool, bool]]) -> None:
        windows = (first, second)
        await asyncio.sleep(fails + 300 - wall())
        before = [len(source.sent) for source in sources]
        await asyncio.sleep(600)
        assert polls() == (False, False)
        assert all(5 <= len(source.sent) - count <= 50 for source, count in zip(sources, before, strict=True))
        await asyncio.sleep(works + 120 - wall())
        assert sorted(each.state.statuses["env"].is_following for each in windows) == [False, True]
        assert all(each.state.statuses["env"].problem is None for each in windows)

    in_two_windows(monkeypatch, sources[0], sources[1], script)


def test_no_window_calls_a_host_before_its_retry_after_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host is in maintenance, and says for how long."""
    fails, works, wait = START + 60, START + 900, 300
    sources = [
        TimedSource(
            trouble=lambda at, _: Problem(ProblemKind.UNAVAILABLE) if fails <= at < works else None,
            limits=lambda at: (("retry-after", str(wait)),) if fails <= at < works else (),
            failed_status=503,
        )
        for _ in range(2)
    ]

    async def script(first: Engine, second: Engine, _polls: Callable[[], tuple[bool, bool]]) -> None:
        await asyncio.sleep(fails + 10 - wall())
        before = [len(source.sent) for source in sources]
        await asyncio.sleep(wait - 10)
        assert [len(source.sent) for source in sources] == before
        await asyncio.sleep(works + wait - wall())
        assert sorted(each.state.statuses["env"].is_following for each in (first, second)) == [False, True]

    in_two_windows(monkeypatch, sources[0], sources[1], script)


def test_a_window_polls_again_at_once_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    read_on_the_loop(monkeypatch)
    source = TimedSource()
    jobs = Watchlist({watch.job: watch for watch in watches(3)})

    async def script() -> None:
        window = Engine(jobs, MemoryStore(), [(Tenant(name="env", base_url=""), lambda: source)], VirtualClock())
        running = asyncio.create_task(window._main())
        await asyncio.sleep(1)
        assert window._tenants is not None
        window._tenants.set_paused(is_paused=True)
        await asyncio.sleep(600)
        count, before = len(source.sent), wall() - START
        assert source.sent[-1] < 10
        window._tenants.set_paused(is_paused=False)
        await asyncio.sleep(1)
        assert source.sent[count] - before < 0.1
        window._stopping.set()
        await running

    run_virtually(script())
