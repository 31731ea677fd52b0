"""Engine: polls all tenants on its own thread and event loop, so that a blocked screen never stops polling."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from zjobtui.clock import Clock
from zjobtui.daemon_thread import run_on_daemon_thread
from zjobtui.logs import get_logger
from zjobtui.models.call_log import CallLog
from zjobtui.models.digest import ExpectedStatuses
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Reference, RelatedKind
from zjobtui.models.tenant import Tenant
from zjobtui.models.tenant_status import TenantStatus, changes_with_time, status_words
from zjobtui.models.watched_job import WatchedJob, due_for_archive
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.polling.edits import Unsaved, net_unsaved
from zjobtui.polling.loop_thread import LoopThread
from zjobtui.polling.options import DEFAULT_ENGINE_OPTIONS, EngineOptions, Reload
from zjobtui.polling.protocols import MakeSource, WatchlistStore
from zjobtui.polling.state import EditResult, State, Subscriber
from zjobtui.polling.supervision import Supervisor, describe_error
from zjobtui.polling.watchlist_service import WatchlistService

if TYPE_CHECKING:
    from zjobtui.polling.tenant_runner import TenantRunner
    from zjobtui.polling.tenant_set import TenantSet

log = get_logger(__name__)

ENGINE_STOP_SECONDS = 2.0
"""Seconds that stopping may take before the thread, a daemon, is abandoned."""

APPLY_LIMIT = 0.3
"""Seconds for which stopping waits until edits that were just submitted are in the watchlist."""

RELOAD = 3.0
"""Seconds between two looks for changed settings."""

ARCHIVE = 3_600.0
"""Seconds between two checks for jobs to archive."""

REPUBLISH_SECONDS = 2.0
"""Seconds after which statuses that change with time alone are published again: without calls their rate falls."""


class Engine:
    """Poll and own the watchlist, or only the jobs of some tenants.

    Every method may be called from any thread. The future of an edit is done after the commit, or after `SAVE_LIMIT`
    seconds with the reason why it is not saved yet.
    """

    def __init__(
        self,
        watchlist: Watchlist,
        store: WatchlistStore,
        sources: Iterable[tuple[Tenant, MakeSource]],
        clock: Clock,
        options: EngineOptions = DEFAULT_ENGINE_OPTIONS,
        *,
        calls: CallLog | None = None,
    ) -> None:
        self.calls = calls or CallLog()
        """The last calls; may be read from any thread."""
        self.state = State(watchlist if options.only is None else watchlist.of(options.only))
        """The newest state, as last published."""
        self._options = options
        self._store = store
        self._sources = tuple(sources)
        self._clock = clock
        self._subscriber: Subscriber = lambda _: None
        self._thread = LoopThread("engine", "polling", self._main, self._end)
        self._stopping = asyncio.Event()
        self._tenants: TenantSet | None = None
        self._settings_notice = ""
        self._service: WatchlistService | None = None
        self._supervisor = Supervisor(self._publish)
        self._publishing = threading.Lock()
        # By key, added and removed by single operations on any thread, which the interpreter's lock makes atomic.
        self._submitted: dict[object, Change] = {}
        self._failed: list[WatchedJob] = []  # new jobs of edits that raised an exception, until they are listed
        self._edits: set[asyncio.Future[Change]] = set()
        self._membership_version = 0
        self._renewal: asyncio.TimerHandle | None = None
        self._logged: dict[str, str] = {}

    def subscribe(self, subscriber: Subscriber) -> None:
        """Set the subscriber, which is called with every new state, and at once with the current one."""
        with self._publishing:  # else the state of now could reach it after a newer one
            self._subscriber = subscriber
            subscriber(self._last_state() if self._thread.why_ended else self.state)

    def _last_state(self) -> State:
        return replace(self.state, fault=self._thread.why_ended, has_ended=True)

    def start(self) -> None:
        """Start the thread; the sources are created on it, so that their imports do not delay the caller.

        Every other method starts it, too: the user may be faster than the first screen.
        """
        self._thread.start()

    def stop(self) -> None:
        """Cancel calls in flight, commit what is left, and wait for the thread, at most `ENGINE_STOP_SECONDS`."""
        self._thread.stop(self._stopping.set, ENGINE_STOP_SECONDS)

    def unsaved(self) -> Unsaved:
        """Return what the edits of the user that are not on disk come to, from the moment they are submitted.

        Thread-safe. A job that was added and removed again, or removed and restored, is not included, and neither is
        marking a job as read, which is not worth a message on exit.
        """
        # In the order in which a change passes through them, so that none is missed that moves on meanwhile.
        submitted = tuple(self._submitted.values())
        listed = self.state.watchlist
        failed = Change(listed, added=tuple(watch for watch in self._failed if watch.job not in listed.watches))
        if self._service is None:
            return net_unsaved((failed, *submitted))
        uncommitted = self._service.uncommitted
        return net_unsaved((*self._service.refused.changes, *uncommitted, failed, *submitted))

    def watch(self, watches: Iterable[WatchedJob], found: Container[JobRef] = ()) -> "Future[EditResult]":
        """Add jobs; one that was removed before comes back with everything known about it.

        One that was only `found` in a text does not, if Zuora did not know it; it is in `dismissed` of the change.
        """
        added = tuple(watches)
        change = Change(self.state.watchlist, added=added)
        return self._submit(lambda service, applied: service.add(added, applied, found), change)

    def remove(self, jobs: Iterable[JobRef]) -> "Future[EditResult]":
        """Remove jobs from the watchlist; the change contains the jobs, for `restore`."""
        at = self._clock.now()
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.remove(wanted, at))

    def archive_jobs(self, jobs: Iterable[JobRef]) -> "Future[EditResult]":
        """Archive jobs: they leave the watchlist and stay in the store; the change contains them, for `restore`."""
        at = self._clock.now()
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.remove(wanted, at, EventKind.ARCHIVED))

    def restore(self, watches: Iterable[WatchedJob]) -> "Future[EditResult]":
        """Restore removed jobs, with what other windows have stored of them since."""
        restored, at = tuple(watches), self._clock.now()
        change = Change(self.state.watchlist, added=restored)
        return self._submit(lambda service, applied: service.undo_removal(restored, at, applied), change)

    def label(self, jobs: Iterable[JobRef], label: str) -> "Future[EditResult]":
        """Set the label of jobs."""
        at = self._clock.now()
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.label(wanted, label, at))

    def tag(self, jobs: Iterable[JobRef], tags: tuple[str, ...]) -> "Future[EditResult]":
        """Set the tags of jobs."""
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.tag(wanted, tags))

    def note(self, jobs: Iterable[JobRef], note: str) -> "Future[EditResult]":
        """Set the note of jobs."""
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.note(wanted, note))

    def set_batch(self, jobs: Iterable[JobRef], name: str) -> "Future[EditResult]":
        """Put jobs into the batch of this name; an empty name takes them out of any."""
        return self._edit_jobs(jobs, lambda watchlist, wanted: watchlist.set_batch(wanted, name))

    def mark_read(self, jobs: Iterable[JobRef]) -> "Future[EditResult]":
        """Mark jobs as read."""
        read, at = tuple(jobs), self._clock.now()
        return self._submit(
            lambda service, applied: service.edit(lambda watchlist: watchlist.mark_read(read, at), applied),
            Change(self.state.watchlist),
        )

    def set_read_at(self, times: Mapping[JobRef, float | None]) -> "Future[EditResult]":
        """Set when jobs were read, to undo `mark_read`; None for never."""
        return self._submit(
            lambda service, applied: service.edit(lambda watchlist: watchlist.set_read_at(times), applied),
            Change(self.state.watchlist),
        )

    def poll_now(self, jobs: Iterable[JobRef]) -> None:
        """Poll jobs at once, finished or not; tenants without any of them are left alone."""
        polled = tuple(jobs)

        def poll() -> None:
            for runner in self._runners:
                if of_tenant := [job for job in polled if job.tenant == runner.tenant.name]:
                    runner.poll_now(of_tenant)
            self._publish()

        self._call_soon(poll)

    def read_related(self, tenant: str, kind: RelatedKind, key: str) -> "Future[ReadResult]":
        """Read an object that a job created, once and before any poll.

        The future is cancelled if the engine ends first; cancelling it drops a read that has not been sent.
        """
        reference = Reference(kind, key)

        async def read() -> ReadResult:
            runner = next((runner for runner in self._runners if runner.tenant.name == tenant), None)
            if runner is None:
                detail, now = f"no tenant “{tenant}” is configured", self._clock.now()
                return ReadProblem(reference, ReadProblemKind.MISCONFIGURED, detail, at=now)
            return await runner.read_related(reference)

        return self._thread.submit(read())

    def set_selected(self, job: JobRef | None) -> None:
        """Set the selected job, or None."""

        def set_selected(tenants: "TenantSet") -> None:
            tenants.set_selected(job)
            self._publish()

        self._with_tenants(set_selected)

    def set_visible(self, jobs: Iterable[JobRef]) -> None:
        """Set the jobs on screen, in their order; they are polled first if many wait for a first response."""
        shown = tuple(jobs)
        self._with_tenants(lambda tenants: tenants.set_visible(shown))

    def pause(self) -> None:
        """Stop polling in all tenants until `resume`."""
        self._set_paused(is_paused=True)

    def resume(self) -> None:
        """Continue after `pause`."""
        self._set_paused(is_paused=False)

    def _set_paused(self, *, is_paused: bool) -> None:
        def set_paused(tenants: "TenantSet") -> None:
            tenants.set_paused(is_paused=is_paused)
            self._publish()

        self._with_tenants(set_paused)

    def _end(self, fault: BaseException | None) -> None:
        if fault is not None:
            self._thread.why_ended = f"Internal error: polling stopped ({describe_error(fault)})."
            with self._publishing, self._supervisor.guard("the update of the screen"):
                self._subscriber(self._last_state())

    async def _main(self) -> None:
        log.info("polling starts, %d jobs", len(self.state.watchlist))
        self._service = service = WatchlistService(
            self.state.watchlist,
            self._store,
            self._publish,
            self._options.only,
            self._expected_statuses(),
            now=self._clock.now,
            supervisor=self._supervisor,
        )
        self._thread.open()  # before the import: a disk that does not respond must not block the screen
        service.start()
        from zjobtui.polling.tenant_set import TenantSet  # noqa: PLC0415 - 20 ms, on this thread after the first screen

        self._tenants = TenantSet(
            service,
            self._store,
            self._clock,
            self._publish,
            options=self._options,
            record=self.calls.record,
        )
        self._tenants.start(self._sources)
        supervise = self._supervisor.run
        running = [
            asyncio.create_task(supervise("archiving", partial(self._archive, service))),
            asyncio.create_task(supervise("reading changed settings", self._follow_settings)),
        ]
        await self._stopping.wait()
        await self._finish(service, running)
        log.info("polling stopped")

    async def _finish(self, service: "WatchlistService", running: "list[asyncio.Task[None]]") -> None:
        """End polling and commit what is left; a store that does not respond must not delay the exit."""
        with suppress(TimeoutError):
            async with asyncio.timeout(APPLY_LIMIT):
                while self._submitted:  # noqa: ASYNC110 - once, at the end, for a few steps of the loop
                    await asyncio.sleep(APPLY_LIMIT / 30)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._tenants is not None:
            await (self._tenants.stop_all(0) if service.unsaved else self._tenants.stop_all())
        await service.close()

    async def _follow_settings(self) -> None:
        """Look for changed settings, and poll the tenants that they name."""
        while (reload_settings := self._options.reload) is not None:
            await asyncio.sleep(RELOAD)
            try:
                reload = await run_on_daemon_thread(reload_settings)
            except Exception:  # whatever it is, polling goes on with the settings of before
                log.exception("internal error: changed settings are not used")
                continue
            if reload is not None:
                await self._apply_settings(reload)

    def _expected_statuses(self) -> ExpectedStatuses:
        return {tenant.name: tenant.expected_order_statuses for tenant, _ in self._sources}

    async def _apply_settings(self, reload: Reload) -> None:
        self._settings_notice = reload.notice
        if reload.sources is not None and self._tenants is not None:
            before = {tenant.name for tenant, _ in self._sources}
            after = {tenant.name for tenant, _ in reload.sources}
            self._sources = reload.sources
            if reload.expected is not None:
                self._running_service().expect(reload.expected)
            await self._tenants.stop((before - after) | reload.changed)
            self._tenants.start(reload.sources)
        self._publish()

    async def _archive(self, service: "WatchlistService") -> None:
        """Archive jobs that were finished and read long ago; they stay in the store."""
        while True:
            now = self._clock.now()
            if jobs := due_for_archive(service.watchlist, now, self._options.archive_after):
                await service.edit(partial(Watchlist.remove, jobs=jobs, at=now, why=EventKind.ARCHIVED))
            await asyncio.sleep(ARCHIVE)

    def _edit_jobs(
        self, jobs: Iterable[JobRef], make: "Callable[[Watchlist, tuple[JobRef, ...]], Change]"
    ) -> "Future[EditResult]":
        """Edit jobs: `make` is applied to the published watchlist, for `unsaved`, and then to that of the service.

        `make` must be a pure function, so that both changes are equal.
        """
        wanted = tuple(jobs)

        def edit(watchlist: Watchlist) -> Change:
            return make(watchlist, wanted)

        change = edit(self.state.watchlist)
        return self._submit(lambda service, applied: service.edit(edit, applied), change)

    def _running_service(self) -> "WatchlistService":
        if self._service is None:
            raise RuntimeError(self._thread.why_ended or "polling has not started")
        return self._service

    def _publish(self) -> None:
        """Publish the state. An error on the way is shown in it and raises nothing, so that the caller goes on."""
        service = self._running_service()
        with self._supervisor.guard("planning of added and removed jobs"):
            self._sync_pollers(service)
        statuses = {runner.tenant.name: self._status(runner) for runner in self._runners}
        self._log_statuses(statuses)
        supervisors = (self._supervisor, *(runner.supervisor for runner in self._runners))
        faults = " ".join(supervisor.fault for supervisor in supervisors if supervisor.fault)
        notice = " ".join(text for text in (service.notice, self._settings_notice) if text)
        tenants = tuple(tenant for tenant, _ in self._sources)
        self._failed = [watch for watch in self._failed if service.watchlist.get(watch.job) is None]
        with self._publishing, self._supervisor.guard("the update of the screen"):
            self.state = State(service.published, statuses, service.why_unsaved(), faults, notice, tenants)
            self._subscriber(self.state)
        if self._renewal is None and any(map(changes_with_time, statuses.values())):
            loop = asyncio.get_running_loop()
            self._renewal = loop.call_later(REPUBLISH_SECONDS - loop.time() % REPUBLISH_SECONDS, self._renew)

    def _sync_pollers(self, service: WatchlistService) -> None:
        if self._tenants is not None and self._membership_version != service.membership_version:
            self._membership_version = service.membership_version
            for poller in self._tenants.pollers:
                poller.sync_soon()
            self._tenants.wake_leases()

    def _status(self, runner: "TenantRunner") -> TenantStatus:
        """Return the status of a tenant, the one before if it cannot be determined."""
        what = f"the status of {runner.tenant.title}"
        try:
            return runner.status()
        except Exception as error:  # rows and the other tenants are published all the same
            if runner.supervisor.record(what, error):
                log.exception("internal error: %s", what)
            return self.state.statuses.get(runner.tenant.name, TenantStatus(tenant=runner.tenant.name))

    def _log_statuses(self, statuses: dict[str, TenantStatus]) -> None:
        """Log the tenants whose status has changed."""
        for name, status in statuses.items() if log.is_on else ():
            if self._logged.get(name) != (words := status_words(status)):
                self._logged[name] = words
                log.info("tenant %s: %s", name, words)

    def _renew(self) -> None:
        self._renewal = None
        self._publish()

    def _submit(
        self, edit: "Callable[[WatchlistService, Callable[[], object]], Awaitable[Change]]", change: Change
    ) -> "Future[EditResult]":
        """Submit an edit to the engine's thread; `change` counts as unsaved from now on until it is applied there."""
        key = object()
        self._submitted[key] = change

        def end(task: "asyncio.Future[Change]") -> None:
            self._edits.discard(task)
            if (not_applied := self._submitted.pop(key, None)) is not None:  # it raised an exception
                self._failed += not_applied.added

        async def work() -> EditResult:
            service = self._running_service()
            task = asyncio.ensure_future(edit(service, partial(self._submitted.pop, key, None)))
            self._edits.add(task)
            task.add_done_callback(end)
            change = await asyncio.shield(task)  # closing the screen cancels the future, which must not undo the edit
            return EditResult(change, service.why_unsaved(change))

        return self._thread.submit(work())

    @property
    def _runners(self) -> "list[TenantRunner]":
        return self._tenants.runners if self._tenants is not None else []

    def _with_tenants(self, do: "Callable[[TenantSet], None]") -> None:
        """Call a function with the tenants on the engine's thread."""

        def call() -> None:
            if self._tenants is not None:
                do(self._tenants)

        self._call_soon(call)

    def _call_soon(self, do: Callable[[], None]) -> None:
        def call() -> None:
            with self._supervisor.guard("a request of the screen"):
                do()

        self._thread.call_soon(call)
