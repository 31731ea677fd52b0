"""Poller: polls the unfinished jobs of one tenant when the schedule says so; knows neither HTTP nor disk."""

import asyncio
from collections.abc import Callable, Iterable
from math import inf
from random import Random

from msgspec.structs import replace

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.assessment import apply_observation
from zjobtui.models.call_log import CallKind, RecordCall
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Observation
from zjobtui.models.related import ReadResult, Reference
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, stale_at
from zjobtui.polling.circuit_breaker import stored_outage
from zjobtui.polling.job_calls import CallResult, JobCalls, Turn
from zjobtui.polling.options import DEFAULT_ENGINE_OPTIONS, EngineOptions
from zjobtui.polling.protocols import JobSource
from zjobtui.polling.related_reads import ReadQueue
from zjobtui.polling.schedule import Schedule
from zjobtui.polling.supervision import internal_failure
from zjobtui.polling.survival import STALENESS_LIMIT
from zjobtui.polling.tenant_gate import TenantGate, is_transient
from zjobtui.polling.watchlist_service import WatchlistService

log = get_logger(__name__)

FOCUS_LIFETIME = 300.0
"""Seconds after which the selected job loses its preference, unless `set_focus` is called again."""

FOCUSED_INTERVAL, FOCUSED_SHARE = 1.5, 0.1
"""Seconds between two calls about the selected job, if that takes at most this share of the planned calls; otherwise as
many as the share allows. With its regular turns the job stays at about a quarter of the calls.
"""

WAKE = 2.0
"""Longest sleep of the loop in seconds: after a suspend, polling continues within this time."""

SUSPEND_GAP = 10.0
"""Seconds between two turns of the loop from which on the machine counts as having been suspended."""

SHORTEST_PROMISE = 5.0
"""Shortest interval in seconds by which a row's freshness is measured, however often it is polled."""

CHECKED_AT = 2
"""After this many failed calls in a row about one job, another is polled at once to see if the tenant is down."""

JUST_BEGUN = 0.5
"""Seconds for which a call counts as one that the user has just requested."""


class Poller:
    """Polls one tenant.

    Finished jobs are polled only at the user's request; while the tenant is down, single probes are sent. Order of
    jobs: one that the user requested, though every other call is a planned one if any is due; then the selected job;
    then the job that has been due the longest. Times are in seconds since the epoch, UTC, of a clock that never steps
    back and counts suspended time.
    """

    def __init__(
        self,
        tenant: str,
        source: JobSource,
        service: WatchlistService,
        gate: TenantGate,
        clock: Clock,
        chance: Random,
        *,
        may_poll: Callable[[], bool] = lambda: True,
        is_polled_elsewhere: Callable[[], bool] = lambda: False,
        options: EngineOptions = DEFAULT_ENGINE_OPTIONS,
        record: RecordCall = lambda _: None,
    ) -> None:
        self.tenant = tenant
        self._source = source
        self._service = service
        self._gate = gate
        gate.use(source)
        if not gate.breaker.is_open:
            of_tenant = (watch for watch in service.watchlist if watch.job.tenant == tenant)
            gate.breaker.earlier = stored_outage(of_tenant, clock.now())
        self._clock = clock
        self._chance = chance
        self._may_poll = may_poll
        self._is_polled_elsewhere = is_polled_elsewhere
        self._schedule = Schedule(options.staleness_limit or STALENESS_LIMIT)
        self._in_flight: dict[JobRef, asyncio.Task[None]] = {}
        self._started_at: dict[JobRef, float] = {}
        self._failures: dict[JobRef, int] = {}
        self._manual: dict[JobRef, float] = {}  # with the time of the request
        self._was_manual = False
        self._focused: JobRef | None = None
        self._focused_until = self._focused_at = -inf
        self._visible: frozenset[JobRef] = frozenset()
        self._swept_at = clock.now()
        self._is_paused = False
        self._fitted_calls = gate.limiter.consumed  # when the schedule was fitted
        self._fitted_rate = 0.0
        self._checked_at = clock.now()
        self._fault: Exception | None = None
        self._nudge = asyncio.Event()
        self._next_turn: list[Callable[[], None]] = []
        self._calls = JobCalls(tenant, source, gate, clock, record, self._may_plan, self._on_first_result)
        self._reads = ReadQueue(source, self._gate, clock, self._read_changed)

    @property
    def has_unfinished(self) -> bool:
        """Whether there is anything to poll."""
        return any(True for _ in self._unfinished())

    def sync_soon(self) -> None:
        """Have `run` plan new jobs and forget removed ones; also after acquiring a lease that nobody held before."""
        self._on_next_turn(self.sync_jobs)

    def replan_soon(self) -> None:
        """Have `run` plan all jobs again after another window has polled."""
        self._on_next_turn(self.replan)

    def _on_next_turn(self, plan: Callable[[], None]) -> None:
        """Leave planning to `run`, which is supervised: an error then concerns this tenant alone."""
        if plan not in self._next_turn:
            self._next_turn.append(plan)
        self._nudge.set()

    def sync_jobs(self) -> None:
        """Plan new jobs and forget removed ones."""
        watched = {watch.job: watch for watch in self._service.watchlist if watch.job.tenant == self.tenant}
        self._schedule.drop_all_but(watched)
        self._started_at = {job: at for job, at in self._started_at.items() if job in watched}
        unfinished = [watch for watch in watched.values() if not watch.is_final]
        self._keep_failures_of(unfinished)
        new = [watch for watch in unfinished if watch.job not in self._schedule]
        if any(watch.last_call_at == 0 for watch in new):
            # What keeps the others from being polled may not concern it.
            self._gate.breaker.probe_now(self._clock.now())
        self._replan(new)

    def replan(self) -> None:
        """Plan all jobs again: what another window has just polled is not polled at once."""
        self._schedule.fit_at = -inf
        unfinished = list(self._unfinished())
        self._keep_failures_of(unfinished)
        self._replan(unfinished)

    def _keep_failures_of(self, watches: Iterable[WatchedJob]) -> None:
        """Forget the failed calls about all other jobs: they are removed, or have ended and are not polled again."""
        jobs = {watch.job for watch in watches}
        self._failures = {job: failures for job, failures in self._failures.items() if job in jobs}
        self._gate.keep_failures_of(jobs)

    def poll_now(self, jobs: Iterable[JobRef]) -> None:
        """Poll these jobs first, finished or not; a tenant that is down is tried at once.

        If planned calls are due, every other call is one of those: repeated requests starve no job. A call that has
        just begun suffices; one that has been in flight for longer is followed by another.
        """
        now = self._clock.now()
        for job in (job for job in jobs if self._started_at.get(job, -inf) <= now - JUST_BEGUN):
            self._manual.setdefault(job, now)
        self._source.sign_in_again()
        self._gate.breaker.probe_now(self._clock.now())
        self._nudge.set()

    def read_related(self, reference: Reference, future: "asyncio.Future[ReadResult]") -> None:
        """Read an object that a job created, before any poll, and set the result of the future."""
        self._reads.add(reference, future)

    def set_focus(self, job: JobRef | None) -> None:
        """Set the selected job for five minutes: besides its turns it gets at most one call in ten.

        However often the selection changes, all selected jobs together get no more.
        """
        self._focused, self._focused_until = job, self._clock.now() + FOCUS_LIFETIME
        self._nudge.set()

    def set_visible(self, jobs: Iterable[JobRef]) -> None:
        """Set the jobs on screen: of those without a response since the start they are polled first."""
        visible, now = sorted(jobs, key=lambda job: job != self._focused), self._clock.now()
        self._visible = frozenset(visible)
        for job in visible:
            due = self._schedule.due(job)
            if due is not None and due > now and self._lacks_first_response(self._service.watchlist.get(job)):
                self._schedule.put(job, now)
                self._nudge.set()

    def pause(self) -> None:
        """Start no calls until `resume`; calls in flight finish."""
        self._is_paused = True

    def resume(self) -> None:
        """Continue, with overdue jobs spread out."""
        if self._is_paused:
            self._is_paused = False
            self._replan(self._unfinished())

    def status(self) -> TenantStatus:
        """Return the current status of polling."""
        now = self._clock.now()
        problem, next_try_at = self._gate.problem(now)
        return TenantStatus(
            tenant=self.tenant,
            answered_at=self._gate.answered_at,
            problem=problem,
            down_since=self._gate.breaker.down_since,
            next_try_at=next_try_at,
            is_paused=self._is_paused,
            is_following=self.has_unfinished and self._is_polled_elsewhere(),
            ceiling=self._schedule.intervals.ceiling,
            interval=self._schedule.mean_interval,
            limit=self._limit(now),
            calls_per_second=self._gate.limiter.calls_per_second(now),
            day_share=self._gate.limiter.day_share(now),
        )

    async def run(self) -> None:
        """Poll until cancelled; calls in flight are then cancelled, too."""
        self.sync_jobs()
        self._checked_at = self._clock.now()  # the pause before a restart after an error is no suspend
        try:
            while True:
                self._nudge.clear()
                if self._fault is not None:
                    fault, self._fault = self._fault, None
                    raise fault
                while self._next_turn:
                    self._next_turn.pop(0)()
                self._detect_suspend()
                self._reads.start(len(self._in_flight))
                self._start_due()
                self._fit()
                await self._until_next()
        finally:
            for task in self._in_flight.values():
                task.cancel()
            await asyncio.gather(*self._in_flight.values(), return_exceptions=True)
            self._in_flight.clear()
            await self._reads.close()
            self._gate.charge_extra(has_calls_in_flight=False)

    def _detect_suspend(self) -> None:
        """After a suspend, renew the connections and spread out what is due, as at the start.

        A NAT may have dropped the connections silently: a call on one of them would end only by its deadline.
        """
        before, self._checked_at = self._checked_at, self._clock.now()
        if self._checked_at - before > SUSPEND_GAP:
            log.info(
                "tenant %s: no code ran for %.0fs; the machine was probably suspended",
                self.tenant,
                self._checked_at - before,
            )
            self._source.renew_connections()
            self._swept_at = self._checked_at
            self._sweep(watch for watch in self._unfinished() if watch.verdict.kind is not VerdictKind.UNKNOWN)

    def _fit(self) -> None:
        """Fit the schedule when it is due, or at once if the rate has changed much."""
        now = self._clock.now()
        rate = self._gate.planned_rate(now)
        if now < self._schedule.fit_at and self._fitted_rate / 2 <= rate <= 2 * self._fitted_rate:
            return
        self._fitted_rate = rate
        watched = [watch for watch in self._service.watchlist if watch.job.tenant == self.tenant]
        supply, consumed = self._gate.limiter.supply(now), self._gate.limiter.consumed
        calls, self._fitted_calls = consumed - self._fitted_calls, consumed
        if self._schedule.fit(watched, now, rate, calls, self._in_flight, supply):
            self._replan(watch for watch in watched if not watch.is_final)

    @property
    def _calls_in_flight(self) -> int:
        """Polls and reads in flight; while the tenant is down the polls alone, so that reads delay no probe."""
        return len(self._in_flight) + (0 if self._gate.breaker.is_open else self._reads.in_flight)

    def _start_due(self) -> None:
        now = self._clock.now()
        while self._gate.max_in_flight(now) > self._calls_in_flight and (popped := self._pop_next(now)):
            job, due = popped
            watch = self._service.watchlist.get(job)
            if watch is not None and (not watch.is_final or self._was_manual):
                kind = CallKind.BY_HAND if self._was_manual else CallKind.POLL
                if self._gate.breaker.is_open:
                    kind = CallKind.PROBE
                    log.info("tenant %s: circuit breaker half-open, job %s is the probe", self.tenant, job.id.given)
                self._gate.count_call(now)
                self._manual.pop(job, None)
                self._started_at[job] = now
                turn = Turn(watch=watch, kind=kind, waited=max(0.0, now - due), is_by_hand=self._was_manual)
                self._in_flight[job] = asyncio.create_task(self._call(turn))

    def _pop_next(self, now: float) -> tuple[JobRef, float] | None:
        """Return the job to poll next, taken out of the queue, and since when it was due; None if no call is due."""
        manual = next((job for job in self._manual if job not in self._in_flight), None)
        may_plan = self._may_plan()
        if manual is not None and not (self._was_manual and may_plan and self._planned_at(now) <= now):
            self._was_manual = True
            self._schedule.drop(manual)
            return manual, self._manual.pop(manual)
        self._was_manual = False
        if not may_plan:
            return None
        if self._focused is not None and (due := self._focused_due(now)) <= now:
            self._focused_at = now
            self._schedule.drop(self._focused)
            return self._focused, due
        first = self._schedule.next_due()
        job = self._schedule.take(now)
        return (job, now if first is None else first) if job is not None else None

    def _may_plan(self) -> bool:
        return not self._is_paused and self._may_poll()

    def _planned_at(self, now: float) -> float:
        """Return when the first job is due that the user has not requested."""
        due = self._schedule.next_due()
        return min(inf if due is None else due, self._focused_due(now))

    def _focused_due(self, now: float) -> float:
        """Return when the selected job may be polled besides its turn; never if no key was pressed for long."""
        job = self._focused
        if job is None or job not in self._schedule or now >= self._focused_until:
            return inf
        watch = self._service.watchlist.get(job)
        if watch is None or watch.is_final or watch.problem is not None:
            return inf
        rate = max(min(self._gate.limiter.rate(now), self._gate.capacity), 1e-9)
        interval = max(FOCUSED_INTERVAL, 1 / (FOCUSED_SHARE * rate))
        return max(min(watch.last_call_at, now), self._focused_at) + interval

    def _limit(self, now: float) -> Limit | None:
        """Return what keeps jobs from being polled more often, or None."""
        if 0 < self._schedule.mean_interval < self._gate.latency:
            return Limit.HOST
        if not self._schedule.is_stretched:
            return None
        return Limit.HOST if self._gate.capacity < self._gate.limiter.allowance(now) else self._gate.limiter.limit(now)

    async def _until_next(self) -> None:
        now = self._clock.now()
        due = self._planned_at(now) if self._may_plan() else inf
        if any(job not in self._in_flight for job in self._manual):
            due = now
        wait = WAKE
        if due < inf and not 0 < self._gate.max_in_flight(now) <= self._calls_in_flight:
            wait = min(max(due, self._gate.next_allowed_at(now)) - now, max(self._schedule.fit_at - now, 0.05), WAKE)
        if (read_wait := self._reads.wait(len(self._in_flight))) is not None:
            wait = min(wait, max(read_wait, 0.05))
        timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._nudge.set)
        try:
            await self._nudge.wait()
        finally:
            timer.cancel()

    async def _call(self, turn: Turn) -> None:
        job = turn.watch.job
        try:
            try:
                observation, last = await self._calls.take_turn(turn)
            finally:
                self._in_flight.pop(job, None)
                self._nudge.set()
            self._gate.charge_extra(has_calls_in_flight=bool(self._in_flight or self._reads.in_flight))
            self._on_result(turn.watch, observation, last)
        except Exception as fault:  # raised again by `run`, which plans the job again when it is restarted
            log.exception("tenant %s: internal error about job %s", self.tenant, job.id.given)
            self._fault = fault

    def _read_changed(self) -> None:
        """Charge what a read cost besides its call, and look for what may be sent next."""
        self._gate.charge_extra(has_calls_in_flight=bool(self._in_flight or self._reads.in_flight))
        self._nudge.set()

    def _on_result(self, watch: WatchedJob, observation: Observation, last: CallResult) -> None:
        job = watch.job
        applied, known = self._apply(watch, observation)
        if applied is not observation:
            last = replace(last, observation=applied)
        is_failure = is_transient(last.observation)
        has_recovered = self._record_result(job, last)
        self._fit()
        now = self._clock.now()
        self._schedule.drop(job)
        interval = self._schedule.interval(known, now)
        if is_failure:
            self._failures[job] = self._failures.get(job, 0) + 1
            if self._failures[job] == CHECKED_AT and not self._gate.breaker.is_open:
                self._put_check()
            if self._gate.breaker.is_open and not self._schedule.is_stretched:
                self._put_probe(job)
            if not known.is_final and job not in self._schedule:
                self._schedule.put(job, self._schedule.retry(known, now, self._failures[job], self._chance))
        else:
            self._failures.pop(job, None)
            if not known.is_final:
                self._schedule.put(job, self._schedule.next_call(known, now))
        if known.is_final:
            self._failures.pop(job, None)
            self._gate.forget_failures_of(job)
        self._service.submit(job, applied, max(interval + self._gate.latency, SHORTEST_PROMISE))
        if has_recovered:
            self._recover()

    def _on_first_result(self, job: JobRef, result: CallResult) -> None:
        """Record the result of a call that is followed by another one about the same job."""
        if self._record_result(job, result):
            self._recover()

    def _record_result(self, job: JobRef, result: CallResult) -> bool:
        """Tell the gate the result of a call; return whether the tenant was down and responds again."""
        was_open = self._gate.breaker.is_open
        has_untried = is_transient(result.observation) and any(
            watch.job != job and watch.job not in self._failures for watch in self._unfinished()
        )
        recent = 2 * self._schedule.intervals.ceiling
        self._gate.record(job, result.observation, result.sent, result.ended, recent, has_untried=has_untried)
        return was_open and not self._gate.breaker.is_open

    def _apply(self, watch: WatchedJob, observation: Observation) -> tuple[Observation, WatchedJob]:
        """Return an observation and the job after it; if it cannot be applied, the call about this job has failed."""
        try:
            return observation, apply_observation(watch, observation, watch.planned).watch
        except Exception as fault:  # the other jobs are polled as before
            log.exception("tenant %s: internal error in the response about job %s", self.tenant, watch.job.id.given)
            failure = internal_failure(fault, observation.at, observation)
            return failure, apply_observation(watch, failure, watch.planned).watch

    def _put_probe(self, failed: JobRef) -> None:
        """Make a job due for the next probe: the first of the others, if there is any."""
        first = self._schedule.next_due()
        if first is None or first > self._gate.breaker.probe_at:
            self._schedule.put(self._schedule.take(inf) or failed, self._gate.breaker.probe_at)

    def _put_check(self) -> None:
        """Make another job due now, which shows whether a job that fails repeatedly is the only one."""
        if (other := self._schedule.take(inf)) is not None:
            self._schedule.put(other, self._clock.now())

    def _recover(self) -> None:
        """Poll failed and overdue jobs at once, spread out: the tenant responds again."""
        now = self._clock.now()
        failed, self._failures = self._failures, {}
        self._replan(self._unfinished())
        overdue = [job for job in failed if (self._schedule.due(job) or 0.0) > now]
        self._sweep(watch for job in overdue if (watch := self._service.watchlist.get(job)) and not watch.is_final)

    def _unfinished(self) -> Iterable[WatchedJob]:
        return (w for w in self._service.watchlist if w.job.tenant == self.tenant and not w.is_final)

    def _replan(self, watches: Iterable[WatchedJob]) -> None:
        """Plan jobs as if their last response had just come; jobs that are overdue by then are spread out.

        No job is delayed until it looks stale. A job whose call failed keeps its place, and so does one whose response
        is not in the watchlist yet.
        """
        now, overdue, pending = self._clock.now(), list[WatchedJob](), self._service.pending_jobs()
        for watch in watches:
            job, last_call_at = watch.job, watch.last_call_at
            if job in self._in_flight or job in pending or (job in self._failures and job in self._schedule):
                continue
            is_known = 0 < last_call_at <= now  # a clock that was ahead may have recorded a later call
            due = min(self._schedule.next_call(watch, last_call_at), _stale_at(watch)) if is_known else -inf
            if due > now:
                self._schedule.put(job, due)
            elif job not in self._schedule or (self._schedule.due(job) or 0.0) > now:
                overdue.append(watch)
        self._sweep(overdue)

    def _sweep(self, watches: Iterable[WatchedJob]) -> None:
        """Poll jobs one after the other: selected, visible, unread and new ones first, then by the longest wait.

        It may happen again soon, so the longest wait decides among equals.
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
        slot = 1 / self._gate.limiter.even_rate(now, len(ordered) or 1)
        for number, watch in enumerate(ordered):
            self._schedule.put(watch.job, now + slot * number)
        self._nudge.set()

    def _lacks_first_response(self, watch: WatchedJob | None) -> bool:
        if watch is None or watch.is_final or watch.verdict.kind is VerdictKind.UNKNOWN:
            return False
        return watch.last_call_at < self._swept_at


def _stale_at(watch: WatchedJob) -> float:
    """Return when the row turns stale; never if a call has failed: polling it sooner may not help."""
    return inf if watch.problem is not None else stale_at(watch) or inf
