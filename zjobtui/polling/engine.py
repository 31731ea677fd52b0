"""The pollers of all tenants on a thread and an event loop of their own, so that a blocked screen never stops them."""

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from zjobtui.clock import Clock
from zjobtui.domain.job import Job
from zjobtui.domain.tenant import Tenant, TenantKind
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Change, Watchlist
from zjobtui.polling.ports import Edited, JobSource, Shelf, State, Subscriber

if TYPE_CHECKING:
    from zjobtui.polling.line import Line
    from zjobtui.polling.poller import Poller

T = TypeVar("T")

STOP_LIMIT = 5.0
"""Seconds that stopping may take before the thread, a daemon, is left behind."""


COUNT = 10.0
"""Seconds between two writings of the day's count of calls."""

DAY = 86_400

RESTART = 1.0
"""Seconds until a poller that stumbled goes on."""


class Engine:
    """Polls and keeps the watchlist. Every method may be called from any thread; futures are done after the commit."""

    def __init__(
        self,
        watchlist: Watchlist,
        shelf: Shelf,
        sources: Mapping[str, Callable[[], JobSource]],
        clock: Clock,
        tenants: Iterable[Tenant] = (),
    ) -> None:
        self.state = State(watchlist)
        """The newest state; what subscribers were last told."""
        self._shelf = shelf
        self._make_sources = sources
        self._clock = clock
        self._tenants = {tenant.name: tenant for tenant in tenants}
        self._subscriber: Subscriber = lambda _: None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._has_started = threading.Event()
        self._pollers: dict[str, Poller] = {}
        self._fault = ""

    def subscribe(self, subscriber: Subscriber) -> None:
        """Names the one who is told of every new state; it is told the newest at once."""
        self._subscriber = subscriber
        subscriber(self.state)

    def start(self) -> None:
        """Starts the thread; the sources are made on it, so that what they import costs the caller nothing."""
        self._thread.start()
        self._has_started.wait()

    def stop(self) -> None:
        """Ends calls under way, commits what is left, and waits for the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_LIMIT)

    def watch(self, watches: Iterable[Watch]) -> "Future[Edited]":
        """Watches jobs; one that was removed before comes back with all that was known of it."""
        return self._do(self._watch(tuple(watches)))

    def forget(self, jobs: Iterable[Job]) -> "Future[Edited]":
        """Takes jobs off the watchlist; the change holds their watches, for `restore`."""
        wanted = tuple(jobs)
        return self._do(self._edit(lambda watchlist: watchlist.remove(wanted, self._clock.now())))

    def restore(self, watches: Iterable[Watch]) -> "Future[Edited]":
        """Takes removed watches back."""
        wanted = tuple(watches)
        return self._do(self._edit(lambda watchlist: watchlist.restore(wanted, self._clock.now())))

    def label(self, jobs: Iterable[Job], label: str) -> "Future[Edited]":
        """Names jobs."""
        wanted = tuple(jobs)
        return self._do(self._edit(lambda watchlist: watchlist.label(wanted, label, self._clock.now())))

    def tag(self, jobs: Iterable[Job], tags: tuple[str, ...]) -> "Future[Edited]":
        """Gives jobs these tags."""
        wanted = tuple(jobs)
        return self._do(self._edit(lambda watchlist: watchlist.tag(wanted, tags)))

    def note(self, jobs: Iterable[Job], note: str) -> "Future[Edited]":
        """Gives jobs a note."""
        wanted = tuple(jobs)
        return self._do(self._edit(lambda watchlist: watchlist.note(wanted, note)))

    def acknowledge(self, jobs: Iterable[Job]) -> "Future[Edited]":
        """A person has looked at these jobs as they are now."""
        wanted = tuple(jobs)
        return self._do(self._edit(lambda watchlist: watchlist.acknowledge(wanted, self._clock.now())))

    def ask_now(self, jobs: Iterable[Job]) -> None:
        """Asks about jobs at once, finished or not."""
        wanted = tuple(jobs)
        self._tell(lambda poller: poller.ask_now([job for job in wanted if job.tenant == poller.tenant]))

    def attend(self, job: Job | None) -> None:
        """Says which job a person looks at."""
        self._tell(lambda poller: poller.attend(job if job and job.tenant == poller.tenant else None))

    def pause(self) -> None:
        """Asks nothing more, in any tenant, until `resume`."""
        self._tell(lambda poller: poller.pause())

    def resume(self) -> None:
        """Goes on after `pause`."""
        self._tell(lambda poller: poller.resume())

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception as fault:  # noqa: BLE001 - a thread that ends unseen would leave old rows looking watched
            self._stumbled("zjobtui has stopped polling", fault)
            self._subscriber(replace(self.state, fault=self._fault))
        finally:
            self._has_started.set()

    async def _main(self) -> None:
        from zjobtui.polling.lease import Lease  # noqa: PLC0415 - as above
        from zjobtui.polling.ledger import Ledger  # noqa: PLC0415 - imported on this thread, after the first screen
        from zjobtui.polling.line import Line, limits_for  # noqa: PLC0415 - as above
        from zjobtui.polling.poller import Poller  # noqa: PLC0415 - as above

        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._ledger = Ledger(self.state.watchlist, self._shelf, self._publish)
        self._has_started.set()
        self._ledger.start()
        lease = Lease(self._shelf, self._ledger.on_disk, self._clock, self._lease_changed)
        sources = self._sources()
        chance = random.Random()
        running: list[asyncio.Task[None]] = []
        for tenant, source in sources.items():
            known = self._tenants.get(tenant)
            limits = limits_for(known.kind, known.daily_calls) if known else limits_for(TenantKind.OTHER)
            line = Line(limits, self._clock.now(), chance)
            self._pollers[tenant] = Poller(
                tenant, source, self._ledger, line, self._clock, chance, may_poll=lambda: lease.is_held
            )
            running.append(asyncio.create_task(self._count_calls(tenant, line)))
        running += [asyncio.create_task(self._keep_running(poller)) for poller in self._pollers.values()]
        running.append(asyncio.create_task(lease.keep(self._has_unfinished)))
        await self._stopping.wait()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await lease.let_go()
        await self._ledger.close()
        await asyncio.gather(*(source.aclose() for source in sources.values()), return_exceptions=True)

    def _sources(self) -> dict[str, JobSource]:
        """The sources that can be made; one that cannot is told, and its jobs go stale while the others are watched."""
        made: dict[str, JobSource] = {}
        for tenant, make in self._make_sources.items():
            try:
                made[tenant] = make()
            except Exception as fault:  # noqa: BLE001 - whatever it is, the watchlist must stay usable
                self._stumbled(f"{tenant} cannot be asked", fault)
                self._publish()
        return made

    def _stumbled(self, what: str, fault: Exception) -> None:
        self._fault = f"A fault in zjobtui itself: {what} ({type(fault).__name__}: {fault})."

    async def _keep_running(self, poller: "Poller") -> None:
        """A fault in the program must not end polling unseen: it is told, and the poller starts anew."""
        while True:
            try:
                await poller.run()
            except Exception as fault:  # noqa: BLE001 - whatever it was, it is told and polling goes on
                self._stumbled("polling stumbled and goes on", fault)
                self._publish()
                await asyncio.sleep(RESTART)

    async def _count_calls(self, tenant: str, line: "Line") -> None:
        """Adds to the day's count of all windows, and tells the line what that is."""
        uncounted = 0
        while True:
            uncounted += line.take_uncounted()
            try:
                count = partial(self._shelf.count_calls, tenant, int(self._clock.now() // DAY), uncounted)
                line.counted(await self._ledger.on_disk(count), self._clock.now())
                uncounted = 0
            except Exception:  # noqa: BLE001, S110 - a shelf may fail in any way; the calls are counted later
                pass
            await asyncio.sleep(COUNT)

    def _has_unfinished(self) -> bool:
        return any(poller.has_unfinished for poller in self._pollers.values())

    def _lease_changed(self) -> None:
        for poller in self._pollers.values():
            poller.follow()
        self._publish()

    async def _watch(self, watches: tuple[Watch, ...]) -> Edited:
        recalled = {watch.job: watch for watch in await self._ledger.recall(watch.job for watch in watches)}
        return await self._edit(lambda watchlist: watchlist.add(recalled.get(w.job, w) for w in watches))

    async def _edit(self, make: Callable[[Watchlist], Change]) -> Edited:
        change = await self._ledger.edit(make)
        return Edited(change, self._ledger.unsaved)

    def _publish(self) -> None:
        pulses = {tenant: poller.pulse() for tenant, poller in self._pollers.items()}
        before, self.state = self.state, State(self._ledger.watchlist, pulses, self._ledger.unsaved, self._fault)
        if before.watchlist.watches.keys() != self.state.watchlist.watches.keys():
            for poller in self._pollers.values():
                poller.follow()
        self._subscriber(self.state)

    def _do(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError as fault:
            work.close()
            failed: Future[T] = Future()
            failed.set_exception(fault)
            return failed

    def _tell(self, do: "Callable[[Poller], None]") -> None:
        def tell() -> None:
            for poller in self._pollers.values():
                do(poller)
            self._publish()

        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(tell)
