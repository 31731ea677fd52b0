"""Watchlist service: applies edits and observations, commits them, and publishes the result."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from zjobtui.logs import get_logger
from zjobtui.models.digest import ExpectedStatuses
from zjobtui.models.history import Event, EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, ObservedJob, Watchlist, with_annotations
from zjobtui.polling.edits import RemovedJobs, unsaved_ids
from zjobtui.polling.protocols import WatchlistStore
from zjobtui.polling.refused import PERMANENT, RefusedChanges, check_storable, jobs_of, text_of
from zjobtui.polling.supervision import Supervisor, internal_failure, repeat

if TYPE_CHECKING:
    from zjobtui.models.assessment import Planned
    from zjobtui.models.observation import Observation

log = get_logger(__name__)

GATHER = 0.05
"""Seconds after a publication for which observations are gathered; after a quiet time one is published at once."""

FLUSH = 4.0
"""Seconds after which observations that only confirm are committed; a crash can only make rows look older."""

STORE_READ_SECONDS = 2.0
"""Seconds between two reads of what other windows have committed."""

LOAD_LIMIT = 0.15
"""Seconds that a new row waits for what the store knows of the job; a locked store delivers that later."""

SAVE_LIMIT = 2.0
"""Seconds for which an edit or news waits for its commit. Then `unsaved` says why it is not on disk, the news is
published all the same, and the commit goes on.
"""

CLOSE_LIMIT = 1.0
"""Seconds for which the last commit is retried; the user waits for it on exit."""

SLOW = 0.25
"""Seconds that a call of the store may take before that is logged."""

CLOSE_RETRY = 0.1
"""Seconds between two attempts at the last commit."""

NOT_YET = "The store does not respond yet; another program may hold its lock."

T = TypeVar("T")


class WatchlistService:
    """Own the watchlist on one event loop; the store runs on a thread of its own.

    Edits and observations change `watchlist` at once. When they are published and committed differs:

    - An edit of the user is published first, then committed.
    - News is an observation with an event or a response to keep. It is committed first, since the detail reads the
      report from the store, then published; while commits fail, it is published without waiting.
    - An observation that only confirms is published first, and committed with others every `FLUSH` seconds.

    A commit that fails is retried until it succeeds. What the store can never hold is set aside (`refused`), so that
    later changes are saved.

    `changed` is called when there is something to publish; `only` are the tenants whose jobs are taken over from other
    windows; `expected` are the order statuses that need no attention; `now` returns seconds since the epoch, UTC.
    `supervisor` keeps the errors of its tasks for the user.
    """

    def __init__(
        self,
        watchlist: Watchlist,
        store: WatchlistStore,
        changed: Callable[[], None],
        only: Container[str] | None = None,
        expected: ExpectedStatuses | None = None,
        *,
        now: Callable[[], float] = time.time,
        supervisor: Supervisor | None = None,
    ) -> None:
        self.watchlist = watchlist
        """All jobs as they are now, with every response that has arrived."""
        self._expected = expected
        self._judge_by: ExpectedStatuses | None = None
        """The expected order statuses by which stored jobs are still to be judged again; None if that is done."""
        self._now = now
        self._only = only
        self.unsaved = ""
        """Why changes are not on disk yet; empty when all are, except for those that are refused."""
        self.refused = RefusedChanges()
        """The changes that the store can never hold."""
        self.notice = ""
        """What last happened to the store while it was open; empty if nothing did."""
        self.membership_version = 0
        """Increases whenever jobs are added to the watchlist or removed from it."""
        self._store = store
        self._changed = changed
        self._supervisor = supervisor or Supervisor(changed)
        self._arrived: list[tuple[ObservedJob, tuple[Event, ...]]] = []
        """News that has changed `watchlist` and is to be moved to `_uncommitted`, oldest first."""
        self._confirmed: dict[JobRef, WatchedJob] = {}
        """Jobs with an observation that only confirms, which `flush` is to move to `_uncommitted`, as they are now."""
        self._uncommitted: list[Change] = []
        """Edits and observations that are to be committed, oldest first; a change is here until it is stored."""
        self._held: dict[JobRef, WatchedJob] = {}
        """Jobs with news that is not published yet, as they were before it."""
        self._incomplete: set[JobRef] = set()
        """Jobs of which the store may know what `watchlist` lacks: they came back, or a change was refused.

        They are read from the store when `_uncommitted` is empty.
        """
        self._removed = RemovedJobs(now)
        self._has_arrived = asyncio.Event()
        self._store_lock = asyncio.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._tasks: list[asyncio.Task[None]] = []
        self._commits: set[asyncio.Task[None]] = set()

    def why_unsaved(self, change: Change | None = None) -> str:
        """Return why this change is not on disk, or any change if it is None; empty if it is."""
        jobs = self.refused.jobs if change is None else jobs_of(change)
        return " ".join(text for text in (self.unsaved, self.refused.explain(jobs)) if text)

    def expect(self, expected: ExpectedStatuses) -> None:
        """Judge responses by these expected order statuses from now on, and soon the stored ones again.

        They have to be those of all tenants, also of those whose jobs are not here: windows share the store.
        """
        self._expected = self._judge_by = expected

    @property
    def uncommitted(self) -> tuple[Change, ...]:
        """Changes that are not on disk yet, oldest first; may be read from any thread."""
        return tuple(self._uncommitted)

    @property
    def published(self) -> Watchlist:
        """The watchlist to publish: a job with news stays as it was until the attempt to commit that."""
        listed = self.watchlist.watches
        before = {job: with_annotations(was, listed[job]) for job, was in self._held.items() if job in listed}
        return Watchlist({**listed, **before}) if before else self.watchlist

    def start(self) -> None:
        """Start publishing observations, flushing, and reading changes of other windows."""
        tasks: dict[str, Callable[[], Awaitable[None]]] = {
            "the update of rows": self._publish_arrived,
            "saving": partial(repeat, FLUSH, self.flush),
            "reading changes of other windows": partial(repeat, STORE_READ_SECONDS, self._sync),
        }
        self._tasks = [asyncio.create_task(self._supervisor.run(what, task)) for what, task in tasks.items()]

    async def close(self) -> None:
        """Commit what is left, for up to `CLOSE_LIMIT` seconds; what remains is in `uncommitted`."""
        self._queue_arrived()
        try:
            async with asyncio.timeout(CLOSE_LIMIT):
                async with self._store_lock:  # a task is not cancelled between a commit and its removal from the list
                    for task in self._tasks:
                        task.cancel()
                await self.flush()
                while self._uncommitted:
                    await asyncio.sleep(CLOSE_RETRY)
                    await self.flush()
        except TimeoutError:
            self.unsaved = self.unsaved or NOT_YET
        self._held = {}
        self._changed()
        self._worker.shutdown(wait=not self.unsaved, cancel_futures=True)

    def observe(
        self, job: JobRef, observation: "Observation", planned: "Planned"
    ) -> "tuple[Observation, WatchedJob | None]":
        """Apply an observation at once; it is committed and published soon, after `GATHER` seconds if many come.

        Returns it as it was applied, a failed call if it could not be, and the job after it, None if that is not on the
        list any more. `planned` is as in `apply_observation`.
        """
        if (before := self.watchlist.get(job)) is None:
            return observation, None
        try:
            change = self.watchlist.apply_observation(job, observation, planned, self._expected)
        except Exception as error:  # it concerns this job alone, whose row then shows the error
            log.exception("internal error: the response about %s/%s could not be applied", job.tenant, job.id.given)
            observation = internal_failure(error, observation.at, observation)
            change = self.watchlist.apply_observation(job, observation, planned)
        self.watchlist, watch = change.watchlist, change.watchlist.watches[job]
        if change.must_commit_now:
            self._arrived.append((change.observed[0], change.events))
            self._held.setdefault(job, before)
        else:
            self._confirmed[job] = watch
        self._has_arrived.set()
        return observation, watch

    async def edit(self, make: Callable[[Watchlist], Change], applied: Callable[[], object] = lambda: None) -> Change:
        """Apply and publish an edit of the user at once, then commit it; `applied` is called in between.

        Returns after the commit, or at the latest after `SAVE_LIMIT` seconds with the reason in `unsaved`. Raises
        `UnstorableError` if the change contains what no store can hold; then nothing is changed.
        """
        return await self._edit(make(self.watchlist), applied)

    async def add(
        self,
        watches: Iterable[WatchedJob],
        applied: Callable[[], object] = lambda: None,
        found: Container[JobRef] = (),
    ) -> Change:
        """Watch jobs, as `edit` does; jobs that were removed earlier come back with all that the store knows of them.

        Jobs that were only `found` in a text do not, if Zuora did not know them. If the store does not respond within
        `LOAD_LIMIT` seconds, what it knows follows after the commit.
        """
        added = tuple(watches)
        recalled = await self._recall([watch.job for watch in added])
        return await self._edit(self.watchlist.add(added, recalled, found), applied)

    async def undo_removal(
        self, watches: Iterable[WatchedJob], at: float, applied: Callable[[], object] = lambda: None
    ) -> Change:
        """Restore jobs that this window removed; they come back as in `add`, also with what other windows wrote."""
        undone = tuple(watches)
        recalled = await self._recall([watch.job for watch in undone], undone)
        return await self._edit(self.watchlist.restore(recalled, at), applied)

    async def flush(self) -> None:
        """Retry what could not be committed, then commit observations that only confirm.

        While commits fail, only the last of them is kept for each job, so memory does not grow.
        """
        async with self._store_lock:
            if self._uncommitted:
                await self._commit()
            if not self._uncommitted and (confirmed := self._take_confirmed()):
                self._uncommitted.append(Change(self.watchlist, observed=confirmed))
                await self._commit()

    def _take_confirmed(self) -> tuple[ObservedJob, ...]:
        """Return the jobs of observations that only confirm, as they are now: they may have been judged again since.

        No confirmation is committed before the news of its job, which is older: these jobs stay in `_confirmed`.
        """
        confirmed, listed, later = self._confirmed, self.watchlist.watches, self._not_tried()
        self._confirmed = {job: watch for job, watch in confirmed.items() if job in later}
        return tuple(ObservedJob(listed.get(job, watch)) for job, watch in confirmed.items() if job not in later)

    async def _recall(self, jobs: list[JobRef], undone: Sequence[WatchedJob] = ()) -> tuple[WatchedJob, ...]:
        """Return what is known of removed jobs."""
        stored = await self._load_removed(jobs)
        if stored is None:
            self._incomplete.update(jobs)
        return self._removed.recall(jobs, undone, stored or (), self._uncommitted)

    async def _load_removed(self, jobs: list[JobRef]) -> tuple[WatchedJob, ...] | None:
        """Return what the store knows of removed jobs, or None if it does not respond in time."""
        try:
            async with asyncio.timeout(LOAD_LIMIT):
                return await self.run_io(partial(self._store.load_removed, jobs))
        except TimeoutError:
            log.info("the stored data of %d restored jobs could not be read within %gs", len(jobs), LOAD_LIMIT)
        except Exception:  # a store may fail in any way
            log.exception("the stored data of %d restored jobs could not be read yet", len(jobs))
        return None  # what it knows is loaded later

    async def _edit(self, change: Change, applied: Callable[[], object]) -> Change:
        check_storable(change)
        self._queue_arrived()
        self._apply(change)
        applied()
        if change.must_commit_now:
            self._changed()
            await self._commit_soon()
        return change

    async def _publish_arrived(self) -> None:
        """Publish what has arrived, news after the attempt to commit it; at once while saving is retried anyway."""
        while True:
            await self._has_arrived.wait()
            self._queue_arrived()
            self._has_arrived.clear()
            if self._held:
                if not self.unsaved:
                    await self._commit_soon()
                later = self._not_tried()
                self._held = {job: watch for job, watch in self._held.items() if job in later}
                if self._held:
                    self._has_arrived.set()
            self._changed()
            await asyncio.sleep(GATHER)

    def _not_tried(self) -> set[JobRef]:
        """Return the jobs with news that no attempt was made to commit; an edit may have queued it just now.

        News is in `_arrived`, then in `_uncommitted`; what is there while saving fails (`unsaved`) was tried.
        """
        queued = () if self.unsaved else self._uncommitted
        news = chain((observed for observed, _ in self._arrived), *(change.observed for change in queued))
        return {observed.watch.job for observed in news}

    def _queue_arrived(self) -> None:
        """Queue the news that has arrived for the next commit, except of jobs that have left the list."""
        arrived, self._arrived = self._arrived, []
        if news := [(observed, events) for observed, events in arrived if self.watchlist.get(observed.watch.job)]:
            observed = tuple(observed for observed, _ in news)
            events = tuple(event for _, of_job in news for event in of_job)
            # Without the watchlist: many copies of it would fill the memory while commits fail.
            self._uncommitted.append(Change(Watchlist({}), observed=observed, events=events))

    def _apply(self, change: Change) -> None:
        """Apply an edit in memory and queue it for the next commit."""
        if not self._uncommitted:
            self._removed.trim()
        if change.must_commit_now:
            self._uncommitted.append(change)
        self.watchlist = change.watchlist
        self._removed.update(change)
        # Another window may have written a response about them that was not read before they were removed.
        self._incomplete.update(event.job for event in change.events if event.event is EventKind.RESTORED)
        self.membership_version += bool(change.added or change.removed)

    async def _sync(self) -> None:
        async with self._store_lock:
            try:
                known = self._removed.as_known(self.watchlist, self._uncommitted)
                if notice := await self.run_io(partial(self._store.reopen_if_replaced, known)):
                    self.notice = notice
                    self._changed()
                if self._uncommitted:
                    await self._commit()
                if not self._uncommitted:  # unwritten edits would be overwritten by what is read
                    await self._load_incomplete()
                    await self._read_changes()
                    await self._judge_again()
                if not self._uncommitted:
                    self._report_unsaved("")
            except Exception as fault:  # a store may fail in any way; polling continues
                log.exception("the store could not be read")
                self._report_unsaved(text_of(fault))

    async def _read_changes(self) -> None:
        changes = await self.run_io(self._store.read_changes)
        if changes is not None and self._uncommitted:  # an edit came while the store was read
            self._store.reread_changes(changes.since)
            return
        watches, removed = (changes.watches, changes.removed) if changes is not None else ((), ())
        if watches or removed:
            self._merge(watches, removed)
            self._changed()

    async def _judge_again(self) -> None:
        """Judge the stored jobs by changed settings; the lock must be held."""
        if (expected := self._judge_by) is None or self._uncommitted or self._arrived:
            return
        judged = await self.run_io(partial(self._store.judge_again, expected))
        if self._judge_by is expected:
            self._judge_by = None
        if judged:
            log.info("verdicts of %d jobs updated because settings changed", len(judged))
            self.watchlist = self.watchlist.with_digests_of(judged)  # what came meanwhile was judged by the new ones
            self._changed()

    def _merge(self, watches: Sequence[WatchedJob], removed: Iterable[JobRef] = ()) -> None:
        before, merged = self.watchlist, self.watchlist.merged(watches, removed, self._now())
        self.watchlist = merged if self._only is None else merged.of(self._only)
        self._removed.forget(watches)
        self.membership_version += before.watches.keys() != self.watchlist.watches.keys()

    async def _commit_soon(self) -> None:
        """Commit what is queued; return after `SAVE_LIMIT` seconds at the latest, with the reason in `unsaved`."""
        commit = asyncio.create_task(self._commit_in_turn())
        self._commits.add(commit)
        commit.add_done_callback(self._commits.discard)
        await asyncio.wait({commit}, timeout=SAVE_LIMIT)
        if not commit.done():
            self._report_unsaved(self.unsaved or NOT_YET)

    async def _commit_in_turn(self) -> None:
        async with self._store_lock:
            await self._commit()

    async def _commit(self) -> None:
        """Commit what is queued, oldest first; the lock must be held."""
        try:
            while self._uncommitted:
                await self._commit_first()
        except Exception as fault:  # a store may fail in any way; nothing is lost, it is tried again
            log.exception("not saved, saving will be retried: %s", unsaved_ids(self._uncommitted))
            self._report_unsaved(text_of(fault))
        else:
            self._report_unsaved("")

    async def _commit_first(self) -> None:
        """Commit the oldest change, or put the parts that the store may take in its place."""
        change, refused = self._uncommitted[0], self.refused.jobs
        try:
            await self.run_io(partial(self._store.apply, change))
        except PERMANENT as error:
            self._uncommitted[:1] = self.refused.split(change, error, self._now())
            self._incomplete.update(self.refused.jobs)  # the list shows what is stored of them
            self._unlist(self.refused.new_jobs)
        else:
            del self._uncommitted[0]
            self.refused.forget(change)
        if self.refused.jobs != refused:
            self._changed()

    def _unlist(self, jobs: Iterable[JobRef]) -> None:
        """Take jobs off the list that the store refuses: their observations could never be saved, nor what follows."""
        unlisted = [job for job in jobs if job in self.watchlist.watches]
        if unlisted:
            self.watchlist = self.watchlist.remove(unlisted, self._now()).watchlist
            self._confirmed = {job: watch for job, watch in self._confirmed.items() if job not in unlisted}
            self.membership_version += 1

    async def _load_incomplete(self) -> None:
        """Merge what the store knows of jobs that were added while it did not respond."""
        if not self._incomplete:
            return
        jobs = tuple(self._incomplete)
        watches = await self.run_io(partial(self._store.load_watched, jobs))
        if self._uncommitted:  # an edit came while the store was read: read again later
            return
        self._incomplete.difference_update(jobs)
        self._merge(watches)
        self.membership_version += 1  # a job may have come back as finished
        self._changed()

    def _report_unsaved(self, why: str) -> None:
        if why != self.unsaved:
            if why:
                log.warning("unsaved: %s (%s)", unsaved_ids(self._uncommitted), why)
            else:
                log.info("saved: the store responds again")
            self.unsaved = why
            self._changed()

    async def run_io(self, work: Callable[[], T]) -> T:
        """Run a blocking call on the store's thread."""
        started = time.monotonic()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, work)
        finally:
            if (took := time.monotonic() - started) >= SLOW:
                log.warning("the store took %.1fs; another program may have held its lock", took)
