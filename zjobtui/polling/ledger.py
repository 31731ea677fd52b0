"""The one owner of the watchlist: folds in what calls bring, commits it, and only then tells."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from zjobtui.domain.job import Job
from zjobtui.domain.observation import Observation
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import Change, Observed, Watchlist
from zjobtui.polling.beats import until_beat
from zjobtui.polling.ports import NewsLike, Shelf

GATHER = 0.05
"""Seconds for which observations gather before they are folded and committed together."""

FLUSH = 4.0
"""Seconds after which mere confirmations (nothing new but when) are committed; a crash can only make rows older."""

LOOK = 2.0
"""Seconds between looks at what other windows have done."""

T = TypeVar("T")


class Ledger:
    """Keeps the watchlist on one event loop, while the shelf works on a thread of its own.

    `changed` is called after every change; `only` are the tenants whose jobs are taken over from other windows.
    """

    def __init__(
        self, watchlist: Watchlist, shelf: Shelf, changed: Callable[[], None], only: Container[str] | None = None
    ) -> None:
        self.watchlist = watchlist
        self._only = only
        self.unsaved = ""
        """Why changes are not on disk yet; empty when all are."""
        self.turnover = 0
        """Grows whenever jobs come to the watchlist or leave it."""
        self._shelf = shelf
        self._changed = changed
        self._brought: list[tuple[Job, Observation, float]] = []
        self._confirmed: dict[Job, Watch] = {}
        self._uncommitted: list[Change] = []
        self._is_elsewhere = False
        self._has_brought = asyncio.Event()
        self._gate = asyncio.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to fold what is brought, to flush, and to look for other windows' changes."""
        self._tasks = [
            asyncio.create_task(self._fold_brought()),
            asyncio.create_task(_every(FLUSH, self.flush)),
            asyncio.create_task(_every(LOOK, self._look)),
        ]

    async def close(self) -> None:
        """Commits what is left, as far as the disk lets it, and lets the thread go."""
        async with self._gate:
            for task in self._tasks:
                task.cancel()
            await self._take(self._folded())
        await self.flush()
        self._worker.shutdown(wait=True)

    def bring(self, job: Job, observation: Observation, planned: float) -> None:
        """Takes an observation; it is committed and told within `GATHER` seconds."""
        self._brought.append((job, observation, planned))
        self._has_brought.set()

    async def edit(self, make: Callable[[Watchlist], Change]) -> Change:
        """What a person changes: committed when this returns, or else kept in memory with the reason in `unsaved`."""
        async with self._gate:
            change = make(self.watchlist)
            await self._take(change)
            return change

    async def recall(self, jobs: Iterable[Job]) -> tuple[Watch, ...]:
        """What is kept of jobs that were removed; nothing where the disk does not answer."""
        try:
            return await self.on_disk(lambda: self._shelf.recall(jobs))
        except Exception:  # noqa: BLE001 - without the shelf a job is simply new
            return ()

    async def flush(self) -> None:
        """Tries again what could not be committed, and commits confirmations.

        While the disk refuses, confirmations are kept as the last one of each job: nothing grows.
        """
        async with self._gate:
            if self._uncommitted:
                await self._commit()
            if self._confirmed and not self._uncommitted:
                observed = tuple(Observed(watch) for watch in self._confirmed.values())
                self._confirmed = {}
                self._uncommitted.append(Change(self.watchlist, observed=observed))
                await self._commit()

    async def _fold_brought(self) -> None:
        while True:
            await self._has_brought.wait()
            await asyncio.sleep(GATHER)
            async with self._gate:
                await self._take(self._folded())

    def _folded(self) -> Change:
        self._has_brought.clear()
        brought, self._brought = self._brought, []
        return self.watchlist.fold(brought)

    async def _take(self, change: Change) -> None:
        if change.is_urgent:
            self._uncommitted.append(change)
            await self._commit()
        else:
            self._confirmed.update((observed.watch.job, observed.watch) for observed in change.observed)
        self.watchlist = change.watchlist
        self.turnover += bool(change.added or change.removed)
        self._changed()

    async def _look(self) -> None:
        async with self._gate:
            try:
                self._is_elsewhere |= await self.on_disk(self._shelf.go_over)
                if self._uncommitted:
                    await self._commit()
                if not self._uncommitted:  # what is not written yet would be overwritten by what is read
                    await self._learn(await self.on_disk(self._shelf.news))
            except Exception as fault:  # noqa: BLE001 - a shelf may fail in any way; polling goes on
                self._tell_unsaved(str(fault))

    async def _learn(self, news: NewsLike | None) -> None:
        watches, removed = (news.watches, news.removed) if news is not None else ((), ())
        if watches or removed:
            before, merged = self.watchlist, self.watchlist.merged(watches, removed)
            self.watchlist = merged if self._only is None else merged.of(self._only)
            self.turnover += before.watches.keys() != self.watchlist.watches.keys()
            self._changed()
        if self._is_elsewhere:
            self._is_elsewhere = False
            await self._take(self._untold({watch.job for watch in watches}))

    def _untold(self, known: Container[Job]) -> Change:
        """What a shelf in another place must yet be told; it passes over what it knows better."""
        new = tuple(watch for watch in self.watchlist if watch.job not in known)
        return Change(self.watchlist, added=new, observed=tuple(map(Observed, self.watchlist)))

    async def _commit(self) -> None:
        try:
            while self._uncommitted:
                await self.on_disk(lambda: self._shelf.apply(self._uncommitted[0]))
                del self._uncommitted[0]
        except Exception as fault:  # noqa: BLE001 - a shelf may fail in any way; nothing is lost, it is tried again
            self._tell_unsaved(str(fault))
        else:
            self._tell_unsaved("")

    def _tell_unsaved(self, why: str) -> None:
        if why != self.unsaved:
            self.unsaved = why
            self._changed()

    async def on_disk(self, work: Callable[[], T]) -> T:
        """Runs what may block on the store's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)


async def _every(seconds: float, do: Callable[[], Awaitable[None]]) -> None:
    while True:
        await until_beat(seconds)
        await do()
