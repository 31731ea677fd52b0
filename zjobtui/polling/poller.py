"""Asks about the unfinished jobs of one tenant, each when its pace says so; knows neither HTTP nor disk."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

from zjobtui.domain.job import Job
from zjobtui.domain.observation import Missed
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.pulse import Pulse
from zjobtui.domain.watch import Watch
from zjobtui.polling import pace
from zjobtui.polling.agenda import Agenda
from zjobtui.polling.ledger import Ledger
from zjobtui.polling.outage import Line, after
from zjobtui.polling.ports import JobSource

CONCURRENCY = 10
"""Calls under way at once; Zuora grants 40 a tenant, and others use them too."""

BY_HAND = -1.0
"""Due before everything that is planned, and also while polling is paused."""

RATE_WINDOW = 10.0
"""Seconds over which the rate of calls is counted."""


class Poller:
    """Polls one tenant. A finished job is asked about only by hand; while the tenant is down, a single probe is."""

    def __init__(
        self, tenant: str, source: JobSource, ledger: Ledger, now: Callable[[], float], chance: Random
    ) -> None:
        self.tenant = tenant
        self._source = source
        self._ledger = ledger
        self._now = now
        self._chance = chance
        self._agenda = Agenda()
        self._asking: dict[Job, asyncio.Task[None]] = {}
        self._by_hand: set[Job] = set()
        self._attended: Job | None = None
        self._line = Line()
        self._is_paused = False
        self._answered_at: float | None = None
        self._calls: deque[tuple[float, int]] = deque()
        self._nudge = asyncio.Event()

    def follow(self) -> None:
        """Takes note of jobs that came to the watchlist or left it; new ones are spread over one interval."""
        mine = {watch.job: watch for watch in self._ledger.watchlist if watch.job.tenant == self.tenant}
        self._agenda.drop_all_but(mine)
        new = [job for job, watch in mine.items() if not watch.is_final and not self._has_planned(job)]
        self._spread(new)

    def ask_now(self, jobs: Iterable[Job]) -> None:
        """A person has asked: these come first, finished or not, and a tenant that is down is tried at once."""
        for job in jobs:
            self._by_hand.add(job)
            if job not in self._asking:
                self._agenda.put(job, BY_HAND)
        self._source.sign_in_again()
        if self._line.outage is not None:
            self._line = replace(self._line, outage=replace(self._line.outage, probe_at=self._clock()))
        self._nudge.set()

    def attend(self, job: Job | None) -> None:
        """The job that a person looks at; it is asked about soon, unless it is finished."""
        self._attended = job
        watch = self._ledger.watchlist.get(job) if job else None
        if job and watch and not watch.is_final and self._now() - watch.heard_at > pace.ATTENDED_INTERVAL:
            self._agenda.put(job, self._clock())
            self._nudge.set()

    def pause(self) -> None:
        """Asks nothing more until `resume`; calls under way come to their end."""
        self._is_paused = True

    def resume(self) -> None:
        """Goes on, with all jobs spread over one interval anew."""
        if self._is_paused:
            self._is_paused = False
            self._spread([watch.job for watch in self._unfinished() if watch.job not in self._asking])

    def pulse(self) -> Pulse:
        """How the line is doing, now."""
        outage = self._line.outage
        return Pulse(
            tenant=self.tenant,
            answered_at=self._answered_at,
            problem=outage.problem if outage else None,
            down_since=outage.since if outage else None,
            next_try_at=self._now() + max(0.0, outage.probe_at - self._clock()) if outage else None,
            is_paused=self._is_paused,
            calls_per_second=self._rate(),
        )

    async def run(self) -> None:
        """Polls until it is cancelled; calls under way are then cancelled too."""
        self.follow()
        try:
            while True:
                self._nudge.clear()
                self._start_due()
                await self._until_next()
        finally:
            for task in self._asking.values():
                task.cancel()
            await asyncio.gather(*self._asking.values(), return_exceptions=True)
            self._asking.clear()

    def _start_due(self) -> None:
        horizon = BY_HAND if self._is_paused else self._clock()
        while len(self._asking) < self._room() and (job := self._agenda.take(horizon)):
            watch = self._ledger.watchlist.get(job)
            if watch is not None and (not watch.is_final or job in self._by_hand):
                self._asking[job] = asyncio.create_task(self._ask(watch))

    def _room(self) -> int:
        outage = self._line.outage
        if outage is None:
            return CONCURRENCY
        return 1 if self._clock() >= outage.probe_at else 0

    async def _until_next(self) -> None:
        due = self._agenda.next_due()
        if self._line.outage is not None and due is not None:
            due = max(due, self._line.outage.probe_at)
        if due is None or (self._is_paused and due > BY_HAND) or len(self._asking) >= self._room() > 0:
            await self._nudge.wait()
            return
        timer = asyncio.get_running_loop().call_at(due, self._nudge.set)
        try:
            await self._nudge.wait()
        finally:
            timer.cancel()

    async def _ask(self, watch: Watch) -> None:
        job, before = watch.job, self._source.requests
        try:
            observation = await self._source.observe(job.id)
        except Exception as fault:  # noqa: BLE001 - a source never raises; if it does, the job must not be forgotten
            problem = Problem(ProblemKind.UNREADABLE, f"a fault in zjobtui itself: {type(fault).__name__}")
            observation = Missed(problem, self._now())
        finally:
            self._asking.pop(job, None)
            self._nudge.set()
        self._calls.append((self._clock(), self._source.requests - before))
        was_down = self._line.outage is not None
        self._line = after(self._line, observation, self._clock(), self._chance)
        planned = self._planned(job, watch)
        self._ledger.bring(job, observation, planned)
        if not isinstance(observation, Missed):
            self._answered_at = observation.at
        self._by_hand.discard(job)
        self._agenda.put(job, self._clock() + pace.jittered(planned, self._chance))
        if was_down and self._line.outage is None:
            self._spread([other.job for other in self._unfinished() if other.job not in self._asking])

    def _planned(self, job: Job, watch: Watch) -> float:
        planned = pace.interval(watch)
        return min(planned, pace.ATTENDED_INTERVAL) if job == self._attended else planned

    def _has_planned(self, job: Job) -> bool:
        return job in self._agenda or job in self._asking

    def _unfinished(self) -> list[Watch]:
        return [w for w in self._ledger.watchlist if w.job.tenant == self.tenant and not w.is_final]

    def _spread(self, jobs: list[Job]) -> None:
        now = self._clock()
        for job, delay in zip(jobs, pace.spread(len(jobs), pace.INTERVAL, self._chance), strict=True):
            self._agenda.put(job, now + delay)
        self._nudge.set()

    def _rate(self) -> float:
        while self._calls and self._calls[0][0] < self._clock() - RATE_WINDOW:
            self._calls.popleft()
        return sum(requests for _, requests in self._calls) / RATE_WINDOW

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()
