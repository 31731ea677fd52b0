"""The pollers of all tenants on a thread and an event loop of their own, so that a blocked screen never stops them."""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable, Container, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.tenant import Tenant
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watched_job import WatchedJob, due_for_archive
from zjobtui.models.watchlist import LOOKED_AT, Change, Watchlist
from zjobtui.polling.lease import Lease
from zjobtui.polling.protocols import EditResult, MakeSource, State, Subscriber, Unsaved, WatchlistStore
from zjobtui.polling.watchlist_service import WatchlistService

if TYPE_CHECKING:
    from zjobtui.polling.poller import Poller
    from zjobtui.polling.tenant_runner import TenantRunner

log = get_logger(__name__)

STOP_LIMIT = 2.0
"""Seconds that stopping may take before the thread, a daemon, is left behind."""

APPLY_LIMIT = 0.3
"""Seconds that stopping waits until edits that were handed over just before are in the watchlist."""

CHORES_LIMIT = 0.3
"""Seconds for the store's last chores, the day's count of calls and the leases, which also end by themselves."""

ARCHIVE = 3_600.0
"""Seconds between two looks at which jobs may leave the list."""

RENEW = 2.0
"""Seconds after which pulses are published again that time alone changes: without calls their rate goes down."""


class Engine:
    """Polls and keeps the watchlist, or what is in it of the tenants `only`.

    Every method may be called from any thread; futures are done after the commit.
    """

    def __init__(
        self,
        watchlist: Watchlist,
        shelf: WatchlistStore,
        sources: Iterable[tuple[Tenant, MakeSource]],
        clock: Clock,
        *,
        staleness_limit: float | None = None,
        archive_after: float = inf,
        only: Container[str] | None = None,
    ) -> None:
        self.state = State(watchlist if only is None else watchlist.of(only))
        """The newest state; what subscribers were last told."""
        self._archive_after = archive_after
        self._only = only
        self._shelf = shelf
        self._sources = tuple(sources)
        self._clock = clock
        self._staleness_limit = staleness_limit
        self._subscriber: Subscriber = lambda _: None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._starting, self._has_started = threading.Lock(), threading.Event()
        self._desks: list[TenantRunner] = []
        self._leases: dict[str, Lease] = {}
        self._ledger: WatchlistService | None = None
        self._handed: dict[object, Unsaved] = {}
        self._edits: set[asyncio.Future[Change]] = set()
        self._futures: set[Future[EditResult]] = set()
        self._has_ended = False
        self._ended_by = ""
        self._turnover = 0
        self._renewal: asyncio.TimerHandle | None = None
        self._logged: dict[str, str] = {}

    def subscribe(self, subscriber: Subscriber) -> None:
        """Names the one who is told of every new state; it is told the newest at once."""
        self._subscriber = subscriber
        subscriber(replace(self.state, fault=self._ended_by) if self._ended_by else self.state)

    def start(self) -> None:
        """Starts the thread; the sources are made on it, so that what they import costs the caller nothing.

        Whatever is asked of the engine before starts it, too: a person may be faster than the first screen.
        """
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()
        self._has_started.wait()

    def stop(self) -> None:
        """Ends calls under way, commits what is left, and waits for the thread."""
        if self._thread.is_alive():
            self._has_started.wait(STOP_LIMIT)  # a signal may come before the thread has its loop
            self._soon(self._stopping.set)
            self._thread.join(STOP_LIMIT)

    def unsaved(self) -> Unsaved:
        """Edits of the user that are not on disk, from the moment they are handed over; any thread may ask.

        That a job was looked at is not worth a line on exit.
        """
        added: dict[JobRef, WatchedJob] = {}
        changed: dict[JobRef, WatchedJob] = {}
        for change in self._ledger.uncommitted if self._ledger is not None else ():
            added |= {watch.job: watch for watch in change.added}
            annotated = () if change.fields == LOOKED_AT else change.annotated
            changed |= {watch.job: watch for watch in (*change.removed, *annotated)}
        for handed in tuple(self._handed.values()):
            added |= {watch.job: watch for watch in handed.added}
            changed |= {watch.job: watch for watch in handed.changed}
        return Unsaved(tuple(added.values()), tuple(watch for job, watch in changed.items() if job not in added))

    def watch(self, watches: Iterable[WatchedJob]) -> "Future[EditResult]":
        """Watches jobs; one that was removed before comes back with all that was known of it."""
        wanted = tuple(watches)
        return self._do(lambda ledger, applied: ledger.add(wanted, applied), Unsaved(added=wanted))

    def forget(self, jobs: Iterable[JobRef]) -> "Future[EditResult]":
        """Takes jobs off the watchlist; the change holds their watches, for `restore`."""
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.remove(wanted, self._clock.now()))

    def restore(self, watches: Iterable[WatchedJob]) -> "Future[EditResult]":
        """Takes removed watches back."""
        wanted = tuple(watches)

        def restore(watchlist: Watchlist) -> Change:
            return watchlist.restore(wanted, self._clock.now())

        return self._do(lambda ledger, applied: ledger.edit(restore, applied), Unsaved(added=wanted))

    def label(self, jobs: Iterable[JobRef], label: str) -> "Future[EditResult]":
        """Names jobs."""
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.label(wanted, label, self._clock.now()))

    def tag(self, jobs: Iterable[JobRef], tags: tuple[str, ...]) -> "Future[EditResult]":
        """Gives jobs these tags."""
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.tag(wanted, tags))

    def note(self, jobs: Iterable[JobRef], note: str) -> "Future[EditResult]":
        """Gives jobs a note."""
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.note(wanted, note))

    def mark_read(self, jobs: Iterable[JobRef]) -> "Future[EditResult]":
        """A person has looked at these jobs as they are now."""
        wanted = tuple(jobs)

        def mark_read(watchlist: Watchlist) -> Change:
            return watchlist.mark_read(wanted, self._clock.now())

        return self._do(lambda ledger, applied: ledger.edit(mark_read, applied), Unsaved())

    def mark_unread(self, jobs: Iterable[JobRef]) -> "Future[EditResult]":
        """Nobody has looked at these jobs."""
        wanted = tuple(jobs)
        return self._do(
            lambda ledger, applied: ledger.edit(lambda listed: listed.mark_unread(wanted), applied), Unsaved()
        )

    def ask_now(self, jobs: Iterable[JobRef]) -> None:
        """Asks about jobs at once, finished or not."""
        wanted = tuple(jobs)

        def ask() -> None:
            for desk in self._desks:
                desk.ask_now([job for job in wanted if job.tenant == desk.tenant.name])
            self._publish()

        self._soon(ask)

    def attend(self, job: JobRef | None) -> None:
        """Says which job a person looks at."""
        self._tell(lambda poller: poller.attend(job if job and job.tenant == poller.tenant else None))

    def show(self, jobs: Iterable[JobRef]) -> None:
        """Say which jobs are on screen, in their order; they are polled first when many wait for a first response."""
        shown = tuple(jobs)

        def show(poller: "Poller") -> None:
            poller.show(job for job in shown if job.tenant == poller.tenant)

        self._soon(lambda: self._tell_pollers(show))

    def pause(self) -> None:
        """Asks nothing more, in any tenant, until `resume`."""
        self._tell(lambda poller: poller.pause())

    def resume(self) -> None:
        """Goes on after `pause`."""
        self._tell(lambda poller: poller.resume())

    def _run(self) -> None:
        try:
            log.info("polling starts, %d jobs", len(self.state.watchlist))
            asyncio.run(self._main())
            log.info("polling stopped")
        except Exception as fault:  # a thread that ends unseen would leave old rows looking watched
            log.exception("internal error: polling stopped")
            self._ended_by = f"A fault in zjobtui itself: polling has ended ({type(fault).__name__}: {fault})."
            self._subscriber(replace(self.state, fault=self._ended_by))
        finally:
            self._has_ended = True
            self._has_started.set()
            for future in tuple(self._futures):
                future.cancel()  # handed over while the loop was ending; nobody will work on it

    async def _main(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        from zjobtui.polling.tenant_runner import TenantRunner  # noqa: PLC0415 - 20 ms, on this thread after the first screen

        self._ledger = ledger = WatchlistService(self.state.watchlist, self._shelf, self._publish, self._only)
        self._has_started.set()
        ledger.start()
        self._leases = leases = {
            name: Lease(self._shelf, ledger.on_disk, self._clock, partial(self._lease_changed, name), name)
            for name in (tenant.name for tenant, _ in self._sources)
        }
        chance = random.Random()
        self._desks = [
            TenantRunner(
                tenant,
                make,
                ledger,
                self._shelf,
                self._clock,
                chance,
                may_poll=partial(attrgetter("is_held"), leases[tenant.name]),
                is_polled_elsewhere=partial(attrgetter("is_elsewhere"), leases[tenant.name]),
                changed=partial(self._desk_changed, leases[tenant.name]),
                staleness_limit=self._staleness_limit,
            )
            for tenant, make in self._sources
        ]
        running = [asyncio.create_task(desk.run()) for desk in self._desks]
        running += [
            asyncio.create_task(leases[desk.tenant.name].keep(partial(_has_unfinished, desk))) for desk in self._desks
        ]
        running.append(asyncio.create_task(self._archive(ledger)))
        await self._stopping.wait()
        await self._finish(ledger, running)

    async def _finish(self, ledger: "WatchlistService", running: "list[asyncio.Task[None]]") -> None:
        """End polling and commit what is left; a store that does not answer must not hold up the user who leaves."""
        with suppress(TimeoutError):
            async with asyncio.timeout(APPLY_LIMIT):
                while self._handed:  # noqa: ASYNC110 - once, at the end, for a few steps of the loop
                    await asyncio.sleep(APPLY_LIMIT / 30)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if ledger.unsaved else CHORES_LIMIT):
                for desk in self._desks:
                    await desk.count()
                for lease in self._leases.values():
                    await lease.let_go()
        await ledger.close()

    @property
    def _pollers(self) -> "list[Poller]":
        return [desk.poller for desk in self._desks if desk.poller is not None]

    def _desk_changed(self, lease: Lease) -> None:
        """A desk may have its poller now, and with it something to poll."""
        lease.wake()
        self._publish()

    def _lease_changed(self, tenant: str) -> None:
        for poller in self._pollers:
            if poller.tenant == tenant and self._leases[tenant].is_inherited:
                poller.begin_anew()
            elif poller.tenant == tenant:
                poller.follow()
        self._publish()

    async def _archive(self, ledger: "WatchlistService") -> None:
        """Takes off the list what has been finished and seen for long; it stays in the store."""
        while True:
            now = self._clock.now()
            if jobs := due_for_archive(ledger.watchlist, now, self._archive_after):
                await ledger.edit(partial(Watchlist.remove, jobs=jobs, at=now, why=EventKind.ARCHIVED))
            await asyncio.sleep(ARCHIVE)

    def _edit_jobs(
        self, jobs: Iterable[JobRef], make: "Callable[[Watchlist, tuple[JobRef, ...]], Change]"
    ) -> "Future[EditResult]":
        wanted, known = tuple(jobs), self.state.watchlist
        changed = tuple(watch for job in wanted if (watch := known.get(job)) is not None)

        def edit(watchlist: Watchlist) -> Change:
            return make(watchlist, wanted)

        return self._do(lambda ledger, applied: ledger.edit(edit, applied), Unsaved(changed=changed))

    def _running_ledger(self) -> "WatchlistService":
        if self._ledger is None:
            raise RuntimeError(self._ended_by or "polling has not begun")
        return self._ledger

    def _publish(self) -> None:
        ledger = self._running_ledger()
        pulses = {desk.tenant.name: desk.pulse() for desk in self._desks}
        self._log_pulses(pulses)
        faults = " ".join(desk.fault for desk in self._desks if desk.fault)
        self.state = State(ledger.watchlist, pulses, ledger.unsaved, faults, ledger.notice)
        if self._turnover != ledger.turnover:
            self._turnover = ledger.turnover
            for poller in self._pollers:
                poller.follow()
            for lease in self._leases.values():
                lease.wake()
        self._subscriber(self.state)
        if self._renewal is None and any(map(_is_passing, pulses.values())):
            self._renewal = self._loop.call_later(RENEW - self._loop.time() % RENEW, self._renew)

    def _log_pulses(self, pulses: dict[str, TenantStatus]) -> None:
        """Log each tenant whose status is another one than before."""
        for name, pulse in pulses.items() if log.is_on else ():
            if self._logged.get(name) != (status := status_words(pulse)):
                self._logged[name] = status
                log.info("tenant %s: %s", name, status)

    def _renew(self) -> None:
        self._renewal = None
        self._publish()

    def _do(
        self, edit: "Callable[[WatchlistService, Callable[[], object]], Awaitable[Change]]", unsaved: Unsaved
    ) -> "Future[EditResult]":
        """Hand an edit to the engine's thread; it is unsaved from now on, then for as long as the ledger queues it."""
        key = object()
        self._handed[key] = unsaved

        async def work() -> EditResult:
            ledger = self._running_ledger()
            task = asyncio.ensure_future(edit(ledger, partial(self._handed.pop, key, None)))
            self._edits.add(task)
            task.add_done_callback(self._edits.discard)
            change = await asyncio.shield(task)  # a screen that closes cancels the future, and must not undo the edit
            return EditResult(change, ledger.unsaved)

        self.start()
        running = work()
        try:
            future = asyncio.run_coroutine_threadsafe(running, self._loop)
        except (RuntimeError, AttributeError) as fault:  # the loop has ended, or never began
            running.close()
            future = Future()
            future.set_exception(RuntimeError(self._ended_by or str(fault)))
            return future
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        if self._has_ended:
            future.cancel()
        return future

    def _tell(self, do: "Callable[[Poller], None]") -> None:
        def tell() -> None:
            self._tell_pollers(do)
            self._publish()

        self._soon(tell)

    def _tell_pollers(self, do: "Callable[[Poller], None]") -> None:
        for desk in self._desks:
            desk.tell(do)

    def _soon(self, do: Callable[[], None]) -> None:
        self.start()
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(do)


def status_words(pulse: TenantStatus) -> str:
    """The status of a tenant's polling in words that change only if it does: no times, no figures."""
    if pulse.problem is not None:
        is_by_hand = pulse.next_try_at is None
        return f"not polled, {pulse.problem.for_log}" + ("; it is tried again only by hand" if is_by_hand else "")
    if pulse.is_paused:
        return "paused by the user"
    if pulse.is_following:
        return "another window polls it"
    if pulse.day_share >= 1:
        return "the calls of the day are spent"
    return f"polled, held back by {pulse.limit.value}" if pulse.limit else "polled"


def _is_passing(pulse: TenantStatus) -> bool:
    """Whether the pulse reads otherwise after a while, though nothing happens."""
    return bool(pulse.calls_per_second or pulse.limit or pulse.next_try_at)


def _has_unfinished(desk: "TenantRunner") -> bool:
    return desk.poller is not None and desk.poller.has_unfinished
