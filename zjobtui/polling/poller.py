"""Asks about the unfinished jobs of one tenant, each when the pace says so; knows neither HTTP nor disk."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from math import inf
from random import Random

from zjobtui.clock import Clock
from zjobtui.domain.folding import fold
from zjobtui.domain.freshness import stale_at
from zjobtui.domain.job import Job
from zjobtui.domain.observation import Missed, Observation, Seen
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.pulse import Pulse
from zjobtui.domain.watch import Watch
from zjobtui.polling import pace
from zjobtui.polling.agenda import Agenda
from zjobtui.polling.ledger import Ledger
from zjobtui.polling.line import Line
from zjobtui.polling.ports import JobSource

CONCURRENCY = 12
"""Calls under way at once: as many as go out on a beat. Zuora grants 40 a tenant, and others use them too."""

ATTENTION = 300.0
"""Seconds after which the selected job loses its preference, unless `attend` is called again."""

WAKE = 2.0
"""Seconds between two looks at the clock at most: after the machine has slept, polling goes on within as many."""

SLEPT = 10.0
"""Seconds that pass unseen between two looks when the machine has slept."""

BEAT, LONGEST_BEAT = 0.5, 2.0
"""Seconds: plans are rounded to a beat, so that calls go out together; to wake for each costs twice the CPU. The
longer a job is left alone the longer the beat, up to a quarter of that: it makes the mean delay 1 % longer at most."""

SLACK = 1.1
"""How much more is planned than the budget lets through: what is planned too tightly is never used up."""

WEIGH = 10.0
"""Seconds between two looks at whether the pace still fits."""

REFIT_SOONEST, REFIT = 30.0, 900.0
"""Seconds between two fittings of the pace, which cost up to 0.1 s of CPU: the jobs' mean age by half again, but held
between these. Jobs that grow older need ever fewer calls, and what they leave is there for others."""


class Poller:
    """Polls one tenant. A finished job is asked about only by hand; while the tenant is down, a single probe is sent.

    Times are in seconds since the epoch, UTC, of a clock that never steps back and counts the machine's sleep.
    """

    def __init__(
        self,
        tenant: str,
        source: JobSource,
        ledger: Ledger,
        line: Line,
        clock: Clock,
        chance: Random,
        *,
        may_poll: Callable[[], bool] = lambda: True,
        concurrency: int = CONCURRENCY,
        staleness_limit: float | None = None,
    ) -> None:
        self.tenant = tenant
        self._source = source
        self._ledger = ledger
        self._line = line
        self._clock = clock
        self._chance = chance
        self._may_poll = may_poll
        self._concurrency = concurrency
        self._staleness_limit = staleness_limit or pace.STALENESS_LIMIT
        self._agenda = Agenda()
        self._asking: dict[Job, asyncio.Task[None]] = {}
        self._by_hand: dict[Job, None] = {}
        self._was_by_hand = False
        self._attended: Job | None = None
        self._attended_until = self._attended_at = -inf
        self._visible: frozenset[Job] = frozenset()
        self._is_paused = False
        self._paid = source.requests
        self._pace = pace.FIRST_PACE
        self._weighed_at, self._refit_at, self._fitted_for = -inf, -inf, (0, 0.0)
        self._looked_at = clock.now()
        self._nudge = asyncio.Event()

    @property
    def has_unfinished(self) -> bool:
        """Whether there is anything to poll."""
        return any(True for _ in self._unfinished())

    def follow(self) -> None:
        """Takes note of jobs that came to the watchlist or left it, and of a lease that nobody had before."""
        mine = {watch.job: watch for watch in self._ledger.watchlist if watch.job.tenant == self.tenant}
        self._agenda.drop_all_but(mine)
        self._spread([job for job, watch in mine.items() if not watch.is_final and not self._has_planned(job)])

    def begin_anew(self) -> None:
        """The lease comes from another window, or goes to one: what that has just asked about is not asked at once."""
        self._weighed_at = self._refit_at = -inf
        self._spread_unfinished()

    def ask_now(self, jobs: Iterable[Job]) -> None:
        """A person has asked: these come first, finished or not, and a tenant that is down is tried at once.

        Where planned calls are due, every other call is one of those: asking again and again starves no job.
        """
        self._by_hand.update(dict.fromkeys(job for job in jobs if job not in self._asking))
        self._source.sign_in_again()
        self._line.try_at_once(self._clock.now())
        self._nudge.set()

    def attend(self, job: Job | None) -> None:
        """The selected job, for five minutes: besides its turns it gets a fifth of the calls at most.

        However often another one is selected, all of them together get no more.
        """
        self._attended, self._attended_until = job, self._clock.now() + ATTENTION
        self._nudge.set()

    def show(self, jobs: Iterable[Job]) -> None:
        """Take note of the jobs on screen, which are polled first when many wait for their first response."""
        self._visible = frozenset(jobs)

    def pause(self) -> None:
        """Asks nothing more until `resume`; calls under way come to their end."""
        self._is_paused = True

    def resume(self) -> None:
        """Goes on, with all jobs spread anew."""
        if self._is_paused:
            self._is_paused = False
            self._spread_unfinished()

    def pulse(self) -> Pulse:
        """How polling is doing, now."""
        return replace(
            self._line.pulse(self.tenant, self._clock.now()),
            is_paused=self._is_paused,
            is_following=self.has_unfinished and not self._may_poll(),
            ceiling=self._pace.ceiling,
        )

    async def run(self) -> None:
        """Polls until it is cancelled; calls under way are then cancelled too."""
        self.follow()
        try:
            while True:
                self._nudge.clear()
                self._notice_sleep()
                await self._keep_pace()
                self._start_due()
                await self._until_next()
        finally:
            for task in self._asking.values():
                task.cancel()
            await asyncio.gather(*self._asking.values(), return_exceptions=True)
            self._asking.clear()

    def _notice_sleep(self) -> None:
        """After the machine has slept everything is due at once; it is spread as at the start."""
        before, self._looked_at = self._looked_at, self._clock.now()
        if len(self._agenda) and self._looked_at - before > SLEPT:
            self._spread_unfinished()

    async def _keep_pace(self) -> None:
        """Fits the pace anew when what it was fitted to has changed much, and otherwise now and then."""
        now = self._clock.now()
        if now - self._weighed_at < WEIGH or not (ages := [now - watch.added_at for watch in self._unfinished()]):
            return
        self._weighed_at, rate = now, self._line.rate(now)
        is_other = _differs(len(ages), self._fitted_for[0]) or _differs(rate, self._fitted_for[1])
        if is_other or now > self._refit_at:
            self._fitted_for = (len(ages), rate)
            self._refit_at = now + min(max(sum(ages) / len(ages) / 2, REFIT_SOONEST), REFIT)
            mine = [watch for watch in self._ledger.watchlist if watch.job.tenant == self.tenant]
            fitting = partial(pace.fit_pace, mine, now, SLACK * rate, self._staleness_limit)
            self._pace = await asyncio.get_running_loop().run_in_executor(None, fitting)
            self._replan(now)

    def _replan(self, now: float) -> None:
        """Takes the new pace to heart for calls that the old one had planned too far ahead, or too near.

        None is put off for so long that it looks stale before.
        """
        overdue: list[Job] = []
        for watch in self._unfinished():
            job = watch.job
            is_past = 0 < watch.heard_at <= now  # a clock that was ahead may have noted a later call
            if job in self._agenda and is_past:
                planned = self._pace.interval(watch, watch.heard_at)
                due = watch.heard_at + pace.jittered(planned, self._chance)
                if due <= now or (watch.problem is None and due > (stale_at(watch) or inf)):
                    overdue.append(job)
                else:
                    self._plan(job, due, _beat(planned))
        self._spread(overdue)

    def _start_due(self) -> None:
        now = self._clock.now()
        while self._room(now) > len(self._asking) and (job := self._take(now)):
            watch = self._ledger.watchlist.get(job)
            if watch is not None and (not watch.is_final or self._was_by_hand):
                self._line.spend(now)
                self._paid += 1
                self._asking[job] = asyncio.create_task(self._ask(watch))

    def _take(self, now: float) -> Job | None:
        """The job to ask about next, if any: by hand, but not twice where another is due, or attended, or planned."""
        horizon = self._horizon(now)
        if self._by_hand and not (self._was_by_hand and horizon >= self._planned_at(now) < inf):
            self._was_by_hand = True
            job = next(iter(self._by_hand))
            del self._by_hand[job]
            self._agenda.drop(job)
            return job
        self._was_by_hand = False
        if self._attended is not None and self._attended_due(now) <= min(horizon, now):
            self._attended_at = now
            self._agenda.drop(self._attended)
            return self._attended
        return self._agenda.take(horizon)

    def _planned_at(self, now: float) -> float:
        """When the first job is due that nobody has asked for by hand."""
        due = self._agenda.next_due()
        return min(inf if due is None else due, self._attended_due(now))

    def _attended_due(self, now: float) -> float:
        """When the attended job may be asked about though it may not be its turn; never where nobody looks."""
        job = self._attended
        if job is None or job not in self._agenda or now >= self._attended_until:
            return inf
        if (watch := self._ledger.watchlist.get(job)) is None or watch.is_final:
            return inf
        since = max(min(watch.heard_at, now), self._attended_at)
        return _on_beat(since + self._pace.attended_interval(watch, self._line.rate(now)), LONGEST_BEAT)

    def _horizon(self, now: float) -> float:
        """Up to when what is planned may be asked now.

        Where a host throttles so much that rows grow stale, a call that it grants is never left unused.
        """
        if self._is_paused or not self._may_poll():
            return -inf
        is_stretched = self._pace.ceiling > self._pace.staleness_limit
        return inf if is_stretched and self._line.is_walled(now) else now

    def _room(self, now: float) -> int:
        if self._line.opens_at(now) > now:
            return 0
        return 1 if self._line.is_down else self._concurrency

    async def _until_next(self) -> None:
        now = self._clock.now()
        horizon, due = self._horizon(now), self._planned_at(now)
        if self._by_hand:
            due = now
        elif horizon == -inf:
            due = inf
        if due == inf or 0 < self._room(now) <= len(self._asking):
            await self._nudge.wait()
            self._looked_at = self._clock.now()
            return
        wait = min(max(now if horizon == inf else due, self._line.opens_at(now)) - now, WAKE)
        timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._nudge.set)
        try:
            await self._nudge.wait()
        finally:
            timer.cancel()

    async def _ask(self, watch: Watch) -> None:
        job, sent = watch.job, self._clock.now()
        try:
            observation = await self._source.observe(job.id)
        except Exception as fault:  # noqa: BLE001 - a source never raises; if it does, the job must not be forgotten
            problem = Problem(ProblemKind.UNREADABLE, f"a fault in zjobtui itself: {type(fault).__name__}")
            observation = Missed(problem, self._clock.now())
        finally:
            self._asking.pop(job, None)
            self._nudge.set()
        self._pay()
        self._heard(watch, observation, sent)

    def _pay(self) -> None:
        """Charges what calls took beside themselves: tokens and repeats, whichever call they were for."""
        extra = self._source.requests - self._paid
        if extra > 0:
            self._line.spend(self._clock.now(), extra)
        if extra > 0 or not self._asking:
            self._paid = self._source.requests

    def _heard(self, watch: Watch, observation: Observation, sent: float) -> None:
        job, now = watch.job, self._clock.now()
        was_down = self._line.is_down
        self._line.heard(observation, sent, now)
        is_as_before = isinstance(observation, Seen) and watch.problem is None
        known = watch if is_as_before else fold(watch, observation, watch.planned).watch
        planned = self._pace.interval(known, now)
        self._plan(job, now + pace.jittered(planned, self._chance), _beat(planned))
        self._ledger.bring(job, observation, pace.promised(planned))
        if was_down and not self._line.is_down:
            self._spread_unfinished()

    def _has_planned(self, job: Job) -> bool:
        return job in self._agenda or job in self._asking

    def _unfinished(self) -> Iterable[Watch]:
        return (w for w in self._ledger.watchlist if w.job.tenant == self.tenant and not w.is_final)

    def _spread_unfinished(self) -> None:
        self._spread([watch.job for watch in self._unfinished() if watch.job not in self._asking])

    def _spread(self, jobs: list[Job]) -> None:
        """Plans the jobs one after the other, those first that have waited longest: it may soon happen again."""
        now = self._clock.now()
        rate = self._line.even_rate(now, len(jobs))
        heard_at = {watch.job: watch.heard_at for watch in self._ledger.watchlist}
        jobs = sorted(jobs, key=lambda job: heard_at.get(job, 0.0))
        for job, delay in zip(jobs, pace.spread(len(jobs), rate, self._chance), strict=True):
            self._plan(job, now + delay)
        self._nudge.set()

    def _plan(self, job: Job, due: float, beat: float = BEAT) -> None:
        self._agenda.put(job, _on_beat(due, beat))


def _beat(interval: float) -> float:
    """The beat for a job that is left alone for so long."""
    return LONGEST_BEAT if interval >= 4 * LONGEST_BEAT else BEAT


def _on_beat(due: float, beat: float) -> float:
    return round(due / beat) * beat


def _differs(value: float, before: float) -> bool:
    """Whether a figure has changed by half or more."""
    return not before / 1.5 < value < before * 1.5
