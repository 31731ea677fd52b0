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
from zjobtui.models.watchlist import READ_FIELDS, Change, Watchlist
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
        store: WatchlistStore,
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
        self._store = store
        self._sources = tuple(sources)
        self._clock = clock
        self._staleness_limit = staleness_limit
        self._subscriber: Subscriber = lambda _: None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._starting, self._has_started = threading.Lock(), threading.Event()
        self._runners: list[TenantRunner] = []
        self._leases: dict[str, Lease] = {}
        self._service: WatchlistService | None = None
        self._handed: dict[object, Unsaved] = {}
        self._edits: set[asyncio.Future[Change]] = set()
        self._futures: set[Future[EditResult]] = set()
        self._has_ended = False
        self._ended_by = ""
        self._membership_version = 0
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
            self._call_soon(self._stopping.set)
            self._thread.join(STOP_LIMIT)

    def unsaved(self) -> Unsaved:
        """Edits of the user that are not on disk, from the moment they are handed over; any thread may ask.

        That a job was looked at is not worth a line on exit.
        """
        added: dict[JobRef, WatchedJob] = {}
        changed: dict[JobRef, WatchedJob] = {}
        for change in self._service.uncommitted if self._service is not None else ():
            added |= {watch.job: watch for watch in change.added}
            annotated = () if change.fields == READ_FIELDS else change.annotated
            changed |= {watch.job: watch for watch in (*change.removed, *annotated)}
        for handed in tuple(self._handed.values()):
            added |= {watch.job: watch for watch in handed.added}
            changed |= {watch.job: watch for watch in handed.changed}
        return Unsaved(tuple(added.values()), tuple(watch for job, watch in changed.items() if job not in added))

    def watch(self, watches: Iterable[WatchedJob]) -> "Future[EditResult]":
        """Watches jobs; one that was removed before comes back with all that was known of it."""
        wanted = tuple(watches)
        return self._submit(lambda service, applied: service.add(wanted, applied), Unsaved(added=wanted))

    def remove(self, jobs: Iterable[JobRef]) -> "Future[EditResult]":
        """Takes jobs off the watchlist; the change holds their watches, for `restore`."""
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.remove(wanted, self._clock.now()))

    def restore(self, watches: Iterable[WatchedJob]) -> "Future[EditResult]":
        """Takes removed watches back."""
        wanted = tuple(watches)

        def restore(watchlist: Watchlist) -> Change:
            return watchlist.restore(wanted, self._clock.now())

        return self._submit(lambda service, applied: service.edit(restore, applied), Unsaved(added=wanted))

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

        return self._submit(lambda service, applied: service.edit(mark_read, applied), Unsaved())

    def mark_unread(self, jobs: Iterable[JobRef]) -> "Future[EditResult]":
        """Nobody has looked at these jobs."""
        wanted = tuple(jobs)
        return self._submit(
            lambda service, applied: service.edit(lambda listed: listed.mark_unread(wanted), applied), Unsaved()
        )

    def poll_now(self, jobs: Iterable[JobRef]) -> None:
        """Asks about jobs at once, finished or not."""
        wanted = tuple(jobs)

        def ask() -> None:
            for runner in self._runners:
                runner.poll_now([job for job in wanted if job.tenant == runner.tenant.name])
            self._publish()

        self._call_soon(ask)

    def set_focus(self, job: JobRef | None) -> None:
        """Says which job a person looks at."""
        self._each_poller(lambda poller: poller.set_focus(job if job and job.tenant == poller.tenant else None))

    def set_visible(self, jobs: Iterable[JobRef]) -> None:
        """Say which jobs are on screen, in their order; they are polled first when many wait for a first response."""
        shown = tuple(jobs)

        def set_visible(poller: "Poller") -> None:
            poller.set_visible(job for job in shown if job.tenant == poller.tenant)

        self._call_soon(lambda: self._with_pollers(set_visible))

    def pause(self) -> None:
        """Asks nothing more, in any tenant, until `resume`."""
        self._each_poller(lambda poller: poller.pause())

    def resume(self) -> None:
        """Goes on after `pause`."""
        self._each_poller(lambda poller: poller.resume())

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

        self._service = service = WatchlistService(self.state.watchlist, self._store, self._publish, self._only)
        self._has_started.set()
        service.start()
        self._leases = leases = {
            name: Lease(self._store, service.run_io, self._clock, partial(self._lease_changed, name), name)
            for name in (tenant.name for tenant, _ in self._sources)
        }
        chance = random.Random()
        self._runners = [
            TenantRunner(
                tenant,
                make,
                service,
                self._store,
                self._clock,
                chance,
                may_poll=partial(attrgetter("is_held"), leases[tenant.name]),
                is_polled_elsewhere=partial(attrgetter("is_elsewhere"), leases[tenant.name]),
                changed=partial(self._runner_changed, leases[tenant.name]),
                staleness_limit=self._staleness_limit,
            )
            for tenant, make in self._sources
        ]
        running = [asyncio.create_task(runner.run()) for runner in self._runners]
        for runner in self._runners:
            lease = leases[runner.tenant.name]
            running.append(asyncio.create_task(lease.run(partial(_has_unfinished, runner))))
        running.append(asyncio.create_task(self._archive(service)))
        await self._stopping.wait()
        await self._finish(service, running)

    async def _finish(self, service: "WatchlistService", running: "list[asyncio.Task[None]]") -> None:
        """End polling and commit what is left; a store that does not answer must not hold up the user who leaves."""
        with suppress(TimeoutError):
            async with asyncio.timeout(APPLY_LIMIT):
                while self._handed:  # noqa: ASYNC110 - once, at the end, for a few steps of the loop
                    await asyncio.sleep(APPLY_LIMIT / 30)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if service.unsaved else CHORES_LIMIT):
                for runner in self._runners:
                    await runner.count()
                for lease in self._leases.values():
                    await lease.release()
        await service.close()

    @property
    def _pollers(self) -> "list[Poller]":
        return [runner.poller for runner in self._runners if runner.poller is not None]

    def _runner_changed(self, lease: Lease) -> None:
        """A desk may have its poller now, and with it something to poll."""
        lease.wake()
        self._publish()

    def _lease_changed(self, tenant: str) -> None:
        for poller in self._pollers:
            if poller.tenant == tenant and self._leases[tenant].was_taken_over:
                poller.replan()
            elif poller.tenant == tenant:
                poller.sync_jobs()
        self._publish()

    async def _archive(self, service: "WatchlistService") -> None:
        """Takes off the list what has been finished and seen for long; it stays in the store."""
        while True:
            now = self._clock.now()
            if jobs := due_for_archive(service.watchlist, now, self._archive_after):
                await service.edit(partial(Watchlist.remove, jobs=jobs, at=now, why=EventKind.ARCHIVED))
            await asyncio.sleep(ARCHIVE)

    def _edit_jobs(
        self, jobs: Iterable[JobRef], make: "Callable[[Watchlist, tuple[JobRef, ...]], Change]"
    ) -> "Future[EditResult]":
        wanted, known = tuple(jobs), self.state.watchlist
        changed = tuple(watch for job in wanted if (watch := known.get(job)) is not None)

        def edit(watchlist: Watchlist) -> Change:
            return make(watchlist, wanted)

        return self._submit(lambda service, applied: service.edit(edit, applied), Unsaved(changed=changed))

    def _running_service(self) -> "WatchlistService":
        if self._service is None:
            raise RuntimeError(self._ended_by or "polling has not begun")
        return self._service

    def _publish(self) -> None:
        service = self._running_service()
        statuses = {runner.tenant.name: runner.status() for runner in self._runners}
        self._log_statuses(statuses)
        faults = " ".join(runner.fault for runner in self._runners if runner.fault)
        self.state = State(service.watchlist, statuses, service.unsaved, faults, service.notice)
        if self._membership_version != service.membership_version:
            self._membership_version = service.membership_version
            for poller in self._pollers:
                poller.sync_jobs()
            for lease in self._leases.values():
                lease.wake()
        self._subscriber(self.state)
        if self._renewal is None and any(map(_is_passing, statuses.values())):
            self._renewal = self._loop.call_later(RENEW - self._loop.time() % RENEW, self._renew)

    def _log_statuses(self, statuses: dict[str, TenantStatus]) -> None:
        """Log each tenant whose status is another one than before."""
        for name, status in statuses.items() if log.is_on else ():
            if self._logged.get(name) != (words := status_words(status)):
                self._logged[name] = words
                log.info("tenant %s: %s", name, words)

    def _renew(self) -> None:
        self._renewal = None
        self._publish()

    def _submit(
        self, edit: "Callable[[WatchlistService, Callable[[], object]], Awaitable[Change]]", unsaved: Unsaved
    ) -> "Future[EditResult]":
        """Hand an edit to the engine's thread; it is unsaved from now on, then for as long as the ledger queues it."""
        key = object()
        self._handed[key] = unsaved

        async def work() -> EditResult:
            service = self._running_service()
            task = asyncio.ensure_future(edit(service, partial(self._handed.pop, key, None)))
            self._edits.add(task)
            task.add_done_callback(self._edits.discard)
            change = await asyncio.shield(task)  # a screen that closes cancels the future, and must not undo the edit
            return EditResult(change, service.unsaved)

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

    def _each_poller(self, do: "Callable[[Poller], None]") -> None:
        def tell() -> None:
            self._with_pollers(do)
            self._publish()

        self._call_soon(tell)

    def _with_pollers(self, do: "Callable[[Poller], None]") -> None:
        for runner in self._runners:
            runner.with_poller(do)

    def _call_soon(self, do: Callable[[], None]) -> None:
        self.start()
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(do)


def status_words(status: TenantStatus) -> str:
    """The status of a tenant's polling in words that change only if it does: no times, no figures."""
    if status.problem is not None:
        is_by_hand = status.next_try_at is None
        return f"not polled, {status.problem.for_log}" + ("; it is tried again only by hand" if is_by_hand else "")
    if status.is_paused:
        return "paused by the user"
    if status.is_following:
        return "another window polls it"
    if status.day_share >= 1:
        return "the calls of the day are spent"
    return f"polled, held back by {status.limit.value}" if status.limit else "polled"


def _is_passing(status: TenantStatus) -> bool:
    """Whether the pulse reads otherwise after a while, though nothing happens."""
    return bool(status.calls_per_second or status.limit or status.next_try_at)


def _has_unfinished(runner: "TenantRunner") -> bool:
    return runner.poller is not None and runner.poller.has_unfinished
