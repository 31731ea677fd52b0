"""Polls the unfinished jobs of one tenant, each when the schedule says so; knows neither HTTP nor disk."""

import asyncio
from collections.abc import Callable, Iterable
from math import inf
from random import Random

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.job import JobRef
from zjobtui.models.job_update import apply_observation
from zjobtui.models.observation import Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.watched_job import WatchedJob, stale_at
from zjobtui.polling.circuit_breaker import CircuitBreaker
from zjobtui.polling.protocols import JobSource
from zjobtui.polling.rate_limiter import RateLimiter
from zjobtui.polling.schedule import Schedule
from zjobtui.polling.survival import STALENESS_LIMIT
from zjobtui.polling.watchlist_service import WatchlistService

log = get_logger(__name__)

FOCUS_LIFETIME = 300.0
"""Seconds after which the selected job loses its preference, unless `attend` is called again."""

FOCUSED_INTERVAL, FOCUSED_SHARE = 1.5, 0.1
"""Seconds between two calls about the selected job, if that takes no more than this share of the calls that may be
planned with; otherwise what the share gives. With its own turns the job stays at about a quarter."""

WAKE = 2.0
"""Seconds between two looks at the clock at most: after the machine has slept, polling goes on within as many."""

SUSPEND_GAP = 10.0
"""Seconds that pass unseen between two looks when the machine has slept."""

THROTTLED_OVERBOOK = 1.3
"""How much more is planned than a host lets go that throttles: where it does not, the limit is looked for."""

SHORTEST_PROMISE = 5.0
"""Seconds: the shortest interval that a row's freshness is measured by, however often it is really polled."""

JUST_BEGUN = 0.5
"""Seconds for which a call counts as one that the user has just asked for."""

SHORT_PAUSE = 3.0
"""Seconds for which a host may want no calls without that being reported as a problem of the tenant."""

_THROTTLED = Problem(ProblemKind.THROTTLED, "the host wants no calls for a while")
_TRANSIENT = frozenset({ProblemKind.TIMED_OUT, ProblemKind.UNREACHABLE, ProblemKind.SERVER_ERROR})
_RETRY_AFTER = 1.0
_LATENCY_WEIGHT = 0.1
_LONGEST = 30.0  # a call has ended after 20 s, unless the machine has slept meanwhile


class Poller:
    """Polls one tenant. A finished job is polled only by hand; while the tenant is down, a single probe is sent.

    Which job is next: one that the user has asked for by hand, though every other call is a planned one where such are
    due; then the selected job; then the one that has been due the longest. Times are in seconds since the epoch, UTC,
    of a clock that never steps back and counts the machine's sleep.
    """

    def __init__(
        self,
        tenant: str,
        source: JobSource,
        service: WatchlistService,
        limiter: RateLimiter,
        clock: Clock,
        chance: Random,
        *,
        may_poll: Callable[[], bool] = lambda: True,
        is_polled_elsewhere: Callable[[], bool] = lambda: False,
        staleness_limit: float | None = None,
    ) -> None:
        self.tenant = tenant
        self._source = source
        self._service = service
        self._limiter = limiter
        self._breaker = CircuitBreaker(chance)
        self._clock = clock
        self._chance = chance
        self._may_poll = may_poll
        self._is_polled_elsewhere = is_polled_elsewhere
        self._schedule = Schedule(staleness_limit or STALENESS_LIMIT)
        self._in_flight: dict[JobRef, asyncio.Task[None]] = {}
        self._begun_at: dict[JobRef, float] = {}
        self._failures: dict[JobRef, int] = {}
        self._failing_since: dict[JobRef, float] = {}
        self._manual: dict[JobRef, None] = {}
        self._was_manual = False
        self._focused: JobRef | None = None
        self._focused_until = self._focused_at = -inf
        self._visible: frozenset[JobRef] = frozenset()
        self._swept_at = clock.now()
        self._is_paused = False
        self._charged = source.requests
        self._calls = 0  # since the schedule was fitted
        self._fitted_rate = 0.0
        self._latency: float | None = None
        self._answered_at: float | None = None
        self._looked_at = clock.now()
        self._fault: Exception | None = None
        self._nudge = asyncio.Event()

    @property
    def has_unfinished(self) -> bool:
        """Whether there is anything to poll."""
        return any(True for _ in self._unfinished())

    def sync_jobs(self) -> None:
        """Take note of jobs that came to the watchlist or left it, and of a lease that nobody had before."""
        mine = {watch.job: watch for watch in self._service.watchlist if watch.job.tenant == self.tenant}
        self._schedule.drop_all_but(mine)
        self._begun_at = {job: at for job, at in self._begun_at.items() if job in mine}
        self._failures = {job: failures for job, failures in self._failures.items() if job in mine}
        self._failing_since = {job: since for job, since in self._failing_since.items() if job in mine}
        self._replan(watch for job, watch in mine.items() if not watch.is_final and job not in self._schedule)

    def replan(self) -> None:
        """The lease comes from another window, or goes to one: what that has just polled is not polled at once."""
        self._schedule.fit_at = -inf
        self._replan(self._unfinished())

    def poll_now(self, jobs: Iterable[JobRef]) -> None:
        """The user has asked: these come first, finished or not, and a tenant that is down is tried at once.

        Where planned calls are due, every other call is one of those: to ask again and again starves no job. A call
        that has just begun will do; one that has been in flight for longer is followed by another.
        """
        recent = self._clock.now() - JUST_BEGUN
        self._manual.update(dict.fromkeys(job for job in jobs if self._begun_at.get(job, -inf) <= recent))
        self._source.sign_in_again()
        self._breaker.probe_now(self._clock.now())
        self._nudge.set()

    def set_focus(self, job: JobRef | None) -> None:
        """Name the selected job, for five minutes: besides its turns it gets one call in ten at most.

        However often another one is selected, all of them together get no more.
        """
        self._focused, self._focused_until = job, self._clock.now() + FOCUS_LIFETIME
        self._nudge.set()

    def set_visible(self, jobs: Iterable[JobRef]) -> None:
        """Name the jobs on screen: of those that wait for their first response since the start they come first."""
        shown, now = sorted(jobs, key=lambda job: job != self._focused), self._clock.now()
        self._visible = frozenset(shown)
        for job in shown:
            due = self._schedule.due(job)
            if due is not None and due > now and self._is_unswept(self._service.watchlist.get(job)):
                self._schedule.put(job, now)
                self._nudge.set()

    def pause(self) -> None:
        """Poll nothing until `resume`; calls in flight come to their end."""
        self._is_paused = True

    def resume(self) -> None:
        """Go on, with what is overdue spread out."""
        if self._is_paused:
            self._is_paused = False
            self._replan(self._unfinished())

    def status(self) -> TenantStatus:
        """How polling is doing, now."""
        now, problem, next_try_at = self._clock.now(), self._breaker.problem, None
        if problem is not None:
            # Credentials that were refused are not tried again before the user asks for it.
            next_try_at = None if problem.kind is ProblemKind.SIGNED_OUT else self._next_allowed_at(now)
        elif (until := self._limiter.paused_until(now)) is not None and until - now > SHORT_PAUSE:
            problem, next_try_at = _THROTTLED, until
        return TenantStatus(
            tenant=self.tenant,
            answered_at=self._answered_at,
            problem=problem,
            down_since=self._breaker.since,
            next_try_at=next_try_at,
            is_paused=self._is_paused,
            is_following=self.has_unfinished and self._is_polled_elsewhere(),
            ceiling=self._schedule.intervals.ceiling,
            interval=self._schedule.mean_interval,
            limit=self._limit(now),
            calls_per_second=self._limiter.calls_per_second(now),
            day_share=self._limiter.day_share(now),
        )

    async def run(self) -> None:
        """Poll until it is cancelled; calls in flight are then cancelled, too."""
        self.sync_jobs()
        try:
            while True:
                self._nudge.clear()
                if self._fault is not None:
                    fault, self._fault = self._fault, None
                    raise fault
                self._detect_suspend()
                self._start_due()
                self._fit()
                await self._until_next()
        finally:
            for task in self._in_flight.values():
                task.cancel()
            await asyncio.gather(*self._in_flight.values(), return_exceptions=True)
            self._in_flight.clear()
            self._charge_extra()

    def _detect_suspend(self) -> None:
        """After the machine has slept, renew the connections and spread out what is due, as at the start.

        A NAT may have dropped the connections silently: a call on one of them would end after its deadline only.
        """
        before, self._looked_at = self._looked_at, self._clock.now()
        if self._looked_at - before > SUSPEND_GAP:
            log.info(
                "tenant %s: nothing ran for %.0f s, as when the machine sleeps", self.tenant, self._looked_at - before
            )
            self._source.renew_connections()
            self._swept_at = self._looked_at
            self._sweep(self._unfinished())

    def _fit(self) -> None:
        """Fit the schedule now and then, at once where the rate is quite another."""
        now = self._clock.now()
        rate = self._rate(now) * (THROTTLED_OVERBOOK if self._limiter.is_throttled(now) else 1.0)
        if now < self._schedule.fit_at and self._fitted_rate / 2 <= rate <= 2 * self._fitted_rate:
            return
        self._fitted_rate = rate
        mine = [watch for watch in self._service.watchlist if watch.job.tenant == self.tenant]
        supply = self._limiter.supply(now)
        if self._schedule.fit(mine, now, rate, self._calls, self._in_flight, supply):
            self._replan(watch for watch in mine if not watch.is_final)
        self._calls = 0

    def _start_due(self) -> None:
        now = self._clock.now()
        while self._max_in_flight(now) > len(self._in_flight) and (job := self._pop_next(now)):
            watch = self._service.watchlist.get(job)
            if watch is not None and (not watch.is_final or self._was_manual):
                if self._breaker.is_open:
                    log.info("tenant %s: circuit breaker half-open, job %s is the probe", self.tenant, job.id.given)
                self._limiter.consume(now)
                self._charged += 1
                self._calls += 1
                self._manual.pop(job, None)
                self._begun_at[job] = now
                self._in_flight[job] = asyncio.create_task(self._call(watch))

    def _pop_next(self, now: float) -> JobRef | None:
        """Take the job to poll next, if any: by hand, but not twice where another is due, or attended, or planned."""
        by_hand = next((job for job in self._manual if job not in self._in_flight), None)
        may_plan = self._may_plan()
        if by_hand is not None and not (self._was_manual and may_plan and self._planned_at(now) <= now):
            self._was_manual = True
            del self._manual[by_hand]
            self._schedule.drop(by_hand)
            return by_hand
        self._was_manual = False
        if not may_plan:
            return None
        if self._focused is not None and self._focused_due(now) <= now:
            self._focused_at = now
            self._schedule.drop(self._focused)
            return self._focused
        return self._schedule.take(now)

    def _may_plan(self) -> bool:
        return not self._is_paused and self._may_poll()

    def _planned_at(self, now: float) -> float:
        """When the first job is due that the user has not asked for by hand."""
        due = self._schedule.next_due()
        return min(inf if due is None else due, self._focused_due(now))

    def _focused_due(self, now: float) -> float:
        """When the selected job may be polled out of its turn; never if the user has pressed no key for long."""
        job = self._focused
        if job is None or job not in self._schedule or now >= self._focused_until:
            return inf
        watch = self._service.watchlist.get(job)
        if watch is None or watch.is_final or watch.problem is not None:
            return inf
        rate = max(min(self._limiter.rate(now), self._capacity), 1e-9)
        interval = max(FOCUSED_INTERVAL, 1 / (FOCUSED_SHARE * rate))
        return max(min(watch.last_call_at, now), self._focused_at) + interval

    def _max_in_flight(self, now: float) -> int:
        """How many calls may be in flight now."""
        if self._next_allowed_at(now) > now:
            return 0
        return 1 if self._breaker.is_open else self._limiter.concurrency

    def _next_allowed_at(self, now: float) -> float:
        """When the next call may be sent: now, or later."""
        return max(now + self._limiter.wait(now), self._breaker.probe_at if self._breaker.is_open else now)

    def _rate(self, now: float) -> float:
        """Calls per second that may be planned with: what the limits let go, and what the host answers in time."""
        return min(self._limiter.allowance(now), self._capacity)

    @property
    def _capacity(self) -> float:
        """Calls per second that can be answered with as many in flight as may be."""
        return self._limiter.concurrency / max(self._latency or 0.0, 0.001)

    def _limit(self, now: float) -> Limit | None:
        """What keeps jobs from being polled more often, if anything does."""
        if 0 < self._schedule.mean_interval < (self._latency or 0.0):
            return Limit.HOST
        if not self._schedule.is_stretched:
            return None
        return Limit.HOST if self._capacity < self._limiter.allowance(now) else self._limiter.limit(now)

    async def _until_next(self) -> None:
        now = self._clock.now()
        due = self._planned_at(now) if self._may_plan() else inf
        if any(job not in self._in_flight for job in self._manual):
            due = now
        wait = WAKE
        if due < inf and not 0 < self._max_in_flight(now) <= len(self._in_flight):
            wait = min(max(due, self._next_allowed_at(now)) - now, max(self._schedule.fit_at - now, 0.05), WAKE)
        timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._nudge.set)
        try:
            await self._nudge.wait()
        finally:
            timer.cancel()

    async def _call(self, watch: WatchedJob) -> None:
        job, sent = watch.job, self._clock.now()
        try:
            observation = await self._source.observe(job.id)
        except Exception as fault:  # a source never raises; if it does, the job must not be forgotten
            log.exception("tenant %s: internal error in the call about job %s", self.tenant, job.id.given)
            problem = Problem(ProblemKind.UNREADABLE, f"a fault in zjobtui itself: {type(fault).__name__}")
            observation = Failure(problem, self._clock.now())
        finally:
            self._in_flight.pop(job, None)
            self._nudge.set()
        try:
            self._charge_extra()
            self._on_result(watch, observation, sent)
        except Exception as fault:  # raised again by `run`, which plans the job anew when it is started again
            log.exception("tenant %s: internal error about job %s", self.tenant, job.id.given)
            self._fault = fault

    def _charge_extra(self) -> None:
        """Charge what calls took beside themselves, tokens and repeats; give back what was never sent."""
        extra = self._source.requests - self._charged
        if extra > 0:
            self._limiter.consume(self._clock.now(), extra)
        if extra < 0 and not self._in_flight:
            self._limiter.refund(-extra)
        if extra > 0 or not self._in_flight:
            self._charged = self._source.requests

    def _on_result(self, watch: WatchedJob, observation: Observation, sent: float) -> None:
        job, now, was_open = watch.job, self._clock.now(), self._breaker.is_open
        is_failing = isinstance(observation, Failure) and observation.problem.kind in _TRANSIENT
        if is_failing:
            self._failing_since.setdefault(job, now)
        else:
            self._failing_since.pop(job, None)
        self._learn_of_host(job, observation, sent, now)
        self._fit()
        self._schedule.drop(job)
        known = apply_observation(watch, observation, watch.planned).watch
        interval = self._schedule.interval(known, now)
        if is_failing:
            self._failures[job] = self._failures.get(job, 0) + 1
            if self._breaker.is_open and not self._schedule.is_stretched:
                self._put_probe(job)
            if job not in self._schedule:
                self._schedule.put(job, self._schedule.retry(known, now, self._failures[job], self._chance))
        else:
            self._failures.pop(job, None)
            if not known.is_final:
                self._schedule.put(job, self._schedule.next_call(known, now))
        self._service.submit(job, observation, max(interval + (self._latency or 0.0), SHORTEST_PROMISE))
        if was_open and not self._breaker.is_open:
            self._recover()

    def _put_probe(self, failed: JobRef) -> None:
        """Make a job due for the next probe: the first of the others, if there is any."""
        first = self._schedule.next_due()
        if first is None or first > self._breaker.probe_at:
            self._schedule.put(self._schedule.take(inf) or failed, self._breaker.probe_at)

    def _learn_of_host(self, job: JobRef, observation: Observation, sent: float, now: float) -> None:
        """Tell the limiter and the breaker what came of a call that went out at `sent`."""
        stated = observation.call.rate_limits
        self._limiter.apply_headers(stated, now)
        retry_after = stated.retry_after or 0.0
        if isinstance(observation, Success):
            self._answered_at = observation.at
        elif observation.problem.kind is ProblemKind.THROTTLED or observation.call.http_status == 503:
            # A host that is down altogether has shown no wall, only how long it wants to be left alone.
            retry_after = retry_after or _RETRY_AFTER
            log.warning("tenant %s: throttled, no calls for %g s", self.tenant, retry_after)
            if self._breaker.is_open:
                self._limiter.pause(now, retry_after)
            else:
                self._limiter.throttle(sent, now, retry_after)
        was_open, took = self._breaker.is_open, now - sent
        if not was_open and took <= _LONGEST:
            before = took if self._latency is None else self._latency
            self._latency = before + _LATENCY_WEIGHT * (took - before)
        if was_open or not self._fails_alone(job, now):
            self._breaker.record(observation, sent, now)
            self._log_breaker(now, was_open=was_open)
        if self._breaker.is_open and not was_open and observation.call.http_status == 503:
            self._limiter.forget_throttling(now)

    def _log_breaker(self, now: float, *, was_open: bool) -> None:
        problem = self._breaker.problem
        if problem is not None:
            state = "still open, the probe failed" if was_open else "open"
            is_by_hand = problem.kind is ProblemKind.SIGNED_OUT
            then = (
                "only the user can try again" if is_by_hand else f"next probe in {self._breaker.probe_at - now:.1f} s"
            )
            log.warning("tenant %s: circuit breaker %s (%s); %s", self.tenant, state, problem.for_log, then)
        elif was_open:
            log.info("tenant %s: circuit breaker closed, the host answers", self.tenant)

    def _fails_alone(self, job: JobRef, now: float) -> bool:
        """Whether calls about others have been answered since those about this job fail: it is not the tenant then."""
        answered_at = self._answered_at or -inf
        lately = now - 2 * self._schedule.intervals.ceiling
        return answered_at > max(self._failing_since.get(job, inf), lately)

    def _recover(self) -> None:
        """The tenant answers again: what failed meanwhile, or came due, is polled at once, spread out."""
        now = self._clock.now()
        failed, self._failures = self._failures, {}
        self._replan(self._unfinished())
        overdue = [job for job in failed if (self._schedule.due(job) or 0.0) > now]
        self._sweep(watch for job in overdue if (watch := self._service.watchlist.get(job)) and not watch.is_final)

    def _unfinished(self) -> Iterable[WatchedJob]:
        return (w for w in self._service.watchlist if w.job.tenant == self.tenant and not w.is_final)

    def _replan(self, watches: Iterable[WatchedJob]) -> None:
        """Plan jobs as if their last response had just come; those that are overdue then are spread out.

        None is put off for so long that it looks stale before; one whose call failed keeps its place, and so does one
        whose response the watchlist does not hold yet.
        """
        now, overdue, pending = self._clock.now(), list[WatchedJob](), self._service.pending_jobs()
        for watch in watches:
            job, last_call_at = watch.job, watch.last_call_at
            if job in self._in_flight or job in pending or (job in self._failures and job in self._schedule):
                continue
            is_known = 0 < last_call_at <= now  # a clock that was ahead may have noted a later call
            due = min(self._schedule.next_call(watch, last_call_at), _stale_at(watch)) if is_known else -inf
            if due > now:
                self._schedule.put(job, due)
            elif job not in self._schedule or (self._schedule.due(job) or 0.0) > now:
                overdue.append(watch)
        self._sweep(overdue)

    def _sweep(self, watches: Iterable[WatchedJob]) -> None:
        """Poll jobs one after the other, the selected, visible, unread and new ones first, then who has waited longest.

        It may soon happen again, so the longest wait decides among equals.
        """
        now = self._clock.now()

        def rank(watch: WatchedJob) -> tuple[bool, bool, bool, bool, float]:
            job = watch.job
            return (
                job != self._focused,
                job not in self._visible,
                not watch.is_unread,
                watch.answered_at is not None,
                watch.last_call_at,
            )

        ordered = sorted((watch for watch in watches if watch.job not in self._in_flight), key=rank)
        slot = 1 / self._limiter.even_rate(now, len(ordered) or 1)
        for number, watch in enumerate(ordered):
            self._schedule.put(watch.job, now + slot * number)
        self._nudge.set()

    def _is_unswept(self, watch: WatchedJob | None) -> bool:
        return watch is not None and not watch.is_final and watch.last_call_at < self._swept_at


def _stale_at(watch: WatchedJob) -> float:
    """When its row turns stale; never where a call has failed: to poll it sooner may not help."""
    return inf if watch.problem is not None else stale_at(watch) or inf
