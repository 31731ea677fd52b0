"""Poller: polls the unfinished jobs of one tenant when the schedule says so; knows neither HTTP nor disk."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from math import inf
from random import Random

from msgspec.structs import replace

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.call_log import CallKind, LoggedCall, RecordCall
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Observation, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.related import ReadResult, Reference
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.circuit_breaker import outage_of_polling_window
from zjobtui.polling.options import DEFAULT_ENGINE_OPTIONS, EngineOptions
from zjobtui.polling.poll_queue import NextPoll, PollQueue
from zjobtui.polling.protocols import JobSource
from zjobtui.polling.related_reads import ReadQueue
from zjobtui.polling.schedule import Schedule
from zjobtui.polling.supervision import internal_failure
from zjobtui.polling.survival import STALENESS_LIMIT
from zjobtui.polling.tenant_gate import CallResult, TenantGate, is_transient
from zjobtui.polling.watchlist_service import WatchlistService

log = get_logger(__name__)

WAKE = 2.0
"""Longest sleep of the loop in seconds: after a suspend, polling continues within this time."""

SUSPEND_GAP = 10.0
"""Seconds between two turns of the loop from which on the machine counts as having been suspended."""

SHORTEST_PROMISE = 5.0
"""Shortest interval in seconds by which a row's freshness is measured, however often it is polled."""

CHECKED_AT = 2
"""After this many failed calls in a row about one job, another is polled at once to see if the tenant is down."""

_NO_OPERATION = frozenset({ProblemKind.NOT_FOUND, ProblemKind.FORBIDDEN, ProblemKind.REFUSED})
"""What Zuora says of an id for which it will say nothing else the next time."""


class Poller:
    """Poll one tenant.

    Finished jobs are polled only at the user's request; while the tenant is down, single probes are sent. The order of
    jobs is that of `PollQueue`. Times are in seconds since the epoch, UTC, of a clock that never steps back and counts
    suspended time.
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
        gate.use(source, self._watched())
        self._clock = clock
        self._chance = chance
        self._may_poll = may_poll
        self._is_polled_elsewhere = is_polled_elsewhere
        self._record = record
        self._schedule = Schedule(options.staleness_limit or STALENESS_LIMIT)
        self._queue = PollQueue(self._schedule, self._find, gate.sustained_rate)
        self._in_flight: dict[JobRef, asyncio.Task[None]] = {}
        self._failures: dict[JobRef, int] = {}
        self._swept_at = clock.now()
        self._is_paused = False
        self._fitted_calls = gate.limiter.consumed  # when the schedule was fitted
        self._checked_at = clock.now()
        self._fault: Exception | None = None
        self._nudge = asyncio.Event()
        self._next_turn: list[Callable[[], None]] = []
        self._reads = ReadQueue(source, self._gate, clock, self._charge_extra)

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
        watched = {watch.job: watch for watch in self._watched()}
        self._schedule.drop_all_but(watched)
        self._queue.keep(watched)
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

        If planned calls are due, every other call is one of those: repeated requests starve no job.
        """
        now = self._clock.now()
        self._queue.request(jobs, now)
        self._source.sign_in_again()
        self._gate.breaker.probe_now(now)
        self._nudge.set()

    def read_related(self, reference: Reference, future: "asyncio.Future[ReadResult]") -> None:
        """Read an object that a job created, before any poll, and set the result of the future."""
        self._reads.add(reference, future)

    def set_selected(self, job: JobRef | None) -> None:
        """Set the selected job, which is polled more often for five minutes."""
        self._queue.select(job, self._clock.now())
        self._nudge.set()

    def set_visible(self, jobs: Iterable[JobRef]) -> None:
        """Set the jobs on screen: of those without a response since the start they are polled first."""
        self._queue.show(jobs, self._clock.now(), self._swept_at)
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
        is_following = self.has_unfinished and self._is_polled_elsewhere()
        status = self._gate.status(now)
        if is_following:
            outage = outage_of_polling_window(self._watched(), now)
            problem, since = (outage.problem, outage.since) if outage else (None, None)
            status = replace(status, problem=problem, down_since=since, next_try_at=None)
        return replace(
            status,
            is_paused=self._is_paused,
            is_following=is_following,
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
        gap = self._checked_at - before
        if gap > SUSPEND_GAP:
            log.info("tenant %s: no code ran for %.0fs; the machine was probably suspended", self.tenant, gap)
            self._source.renew_connections()
            self._swept_at = self._checked_at
            self._sweep(watch for watch in self._unfinished() if watch.verdict.kind is not VerdictKind.UNKNOWN)

    def _fit(self) -> None:
        """Fit the schedule when it is due, or at once if the rate has changed much."""
        now = self._clock.now()
        rate = self._gate.planned_rate(now)
        if not self._schedule.is_fit_due(now, rate):
            return
        watched = list(self._watched())
        supply, consumed = self._gate.limiter.supply(now), self._gate.limiter.consumed
        calls, self._fitted_calls = consumed - self._fitted_calls, consumed
        if self._schedule.fit(watched, now, rate, calls, self._in_flight, supply):
            self._replan(watch for watch in watched if not watch.is_final)

    @property
    def _calls_in_flight(self) -> int:
        """Polls and reads in flight; while the tenant is down the polls alone, so that reads delay no probe."""
        return len(self._in_flight) + (0 if self._gate.breaker.is_open else self._reads.in_flight)

    def _start_due(self) -> None:
        now, may_plan = self._clock.now(), self._may_plan()
        while self._gate.max_in_flight(now) > self._calls_in_flight:
            poll = self._queue.take(now, self._in_flight, may_plan=may_plan)
            if poll is None:
                return
            job, kind = poll.watch.job, CallKind.REFRESH if poll.is_by_hand else CallKind.POLL
            if self._gate.breaker.is_open:
                kind = CallKind.PROBE
                log.info("tenant %s: circuit breaker half-open, job %s is the probe", self.tenant, job.id.given)
            self._gate.count_call(now)
            self._in_flight[job] = asyncio.create_task(self._call(poll, kind))

    def _may_plan(self) -> bool:
        return not self._is_paused and self._may_poll()

    def _limit(self, now: float) -> Limit | None:
        """Return what keeps jobs from being polled more often, or None."""
        if 0 < self._schedule.mean_interval < self._gate.latency:
            return Limit.HOST
        return self._gate.limit(now) if self._schedule.is_stretched else None

    async def _until_next(self) -> None:
        now = self._clock.now()
        due = self._queue.next_at(now, self._in_flight, may_plan=self._may_plan())
        waits_for_a_call = 0 < self._gate.max_in_flight(now) <= self._calls_in_flight
        wait = WAKE
        if due < inf and not waits_for_a_call:
            wait = min(max(due, self._gate.next_allowed_at(now)) - now, max(self._schedule.fit_at - now, 0.05), WAKE)
        if (read_wait := self._reads.wait(len(self._in_flight))) is not None:
            wait = min(wait, max(read_wait, 0.05))
        timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._nudge.set)
        try:
            await self._nudge.wait()
        finally:
            timer.cancel()

    async def _call(self, poll: NextPoll, kind: CallKind) -> None:
        job = poll.watch.job
        try:
            try:
                observation, last = await self._take_turn(poll, kind)
            finally:
                self._in_flight.pop(job, None)
                self._nudge.set()
            self._charge_extra()
            self._on_result(poll.watch, observation, last)
        except Exception as fault:  # raised again by `run`, which plans the job again when it is restarted
            log.exception("tenant %s: internal error while job %s was polled", self.tenant, job.id.given)
            self._fault = fault

    async def _take_turn(self, poll: NextPoll, kind: CallKind) -> tuple[Observation, CallResult]:
        """Request the status of a job. If Zuora does not know its id, request that of an operation job once.

        Returns what is known of the job now, and the result of the last call. If both calls fail, Zuora does not know
        the job, whatever went wrong in the second one. If that is not possible now, it follows the next call about the
        job.
        """
        watch, waited = poll.watch, max(0.0, self._clock.now() - poll.due)
        observe = self._source.observe_operation if watch.is_operation else self._source.observe
        first = await self._request(watch.job, kind, waited, observe)
        wait = await self._wait_for_second_call(poll, first) if _may_be_operation(watch, first.observation) else None
        if wait is None:
            return first.observation, first
        if self._record_result(watch.job, first):
            self._recover()
        second = await self._request(watch.job, kind, wait, self._source.observe_operation)
        if isinstance(second.observation, Success):
            log.info("tenant %s: job %s is an operation job", self.tenant, watch.job.id.given)
            return second.observation, second
        is_no_operation = second.observation.problem.kind in _NO_OPERATION
        return replace(first.observation, is_no_operation=is_no_operation), second

    async def _wait_for_second_call(self, poll: NextPoll, first: CallResult) -> float | None:
        """Wait until the limits allow a second call about a job; return the seconds, None if it is not to be made."""
        wait = self._gate.count_second_call(first.observation.call, self._clock.now())
        if wait is None:
            return None
        await asyncio.sleep(wait)
        return wait if poll.is_by_hand or self._may_plan() else None

    async def _request(
        self, job: JobRef, kind: CallKind, waited: float, observe: Callable[[JobId, CallKind], Awaitable[Observation]]
    ) -> CallResult:
        """Make one call about a job and add it to the call log."""
        sent = self._clock.now()
        try:
            observation = await observe(job.id, kind)
        except Exception as fault:  # a source never raises; if it does, the job must not be forgotten
            log.exception("tenant %s: internal error in the call about job %s", self.tenant, job.id.given)
            observation = internal_failure(fault, self._clock.now())
        ended = self._clock.now()
        self._record(_logged_poll(job, kind, observation, waited, ended - sent))
        return CallResult(observation, sent, ended)

    def _charge_extra(self) -> None:
        """Charge what a poll or a read cost besides its call, and look for what may be sent next."""
        self._gate.charge_extra(has_calls_in_flight=bool(self._in_flight or self._reads.in_flight))
        self._nudge.set()

    def _on_result(self, watch: WatchedJob, observation: Observation, last: CallResult) -> None:
        """Apply what is known of a job after its call, and plan the next call about it from the job as it is then."""
        job = watch.job
        has_recovered = self._record_result(job, last)
        self._fit()  # before the interval is promised: the rate may have changed
        applied, listed = self._service.observe(job, observation, self._promise)
        known = listed or watch  # a job that was removed meanwhile is left out when its turn comes
        now = self._clock.now()
        self._schedule.drop(job)
        if is_transient(last.observation) or is_transient(applied):
            self._plan_retry(known, now)
        else:
            self._failures.pop(job, None)
            if not known.is_final:
                self._schedule.put(job, self._schedule.next_call(known, now))
        if known.is_final:
            self._failures.pop(job, None)
            self._gate.forget_failures_of(job)
        if has_recovered:
            self._recover()

    def _promise(self, watch: WatchedJob) -> float:
        """Return the seconds within which the next response about a job is expected, after a response now."""
        return max(self._schedule.interval(watch, self._clock.now()) + self._gate.latency, SHORTEST_PROMISE)

    def _plan_retry(self, watch: WatchedJob, now: float) -> None:
        """Plan the next call about a job after one that failed, and which job shows whether the tenant is down."""
        job = watch.job
        self._failures[job] = failures = self._failures.get(job, 0) + 1
        if failures == CHECKED_AT and not self._gate.breaker.is_open:
            self._schedule.move_first(now)
        if self._gate.breaker.is_open and not self._schedule.is_stretched:
            self._put_probe(job)
        if not watch.is_final and job not in self._schedule:
            self._schedule.put(job, self._schedule.retry(watch, now, failures, self._chance))

    def _put_probe(self, failed: JobRef) -> None:
        """Make a job due for the next probe: the first of the others, if there is any."""
        first, probe_at = self._schedule.next_due(), self._gate.breaker.probe_at
        if first is None:
            self._schedule.put(failed, probe_at)
        elif first > probe_at:
            self._schedule.move_first(probe_at)

    def _record_result(self, job: JobRef, result: CallResult) -> bool:
        """Tell the gate the result of a call; return whether the tenant was down and responds again."""
        was_open = self._gate.breaker.is_open
        has_untried = is_transient(result.observation) and any(
            watch.job != job and watch.job not in self._failures for watch in self._unfinished()
        )
        recent = 2 * self._schedule.intervals.ceiling
        self._gate.record(job, result, recent, has_untried=has_untried)
        return was_open and not self._gate.breaker.is_open

    def _recover(self) -> None:
        """Poll overdue jobs, and failed ones that wait for their retry, spread out: the tenant responds again."""
        now = self._clock.now()
        failed, self._failures = self._failures, {}
        self._replan(self._unfinished())
        waiting_to_retry = [job for job in failed if (self._schedule.due(job) or 0.0) > now]
        self._sweep(watch for job in waiting_to_retry if (watch := self._find(job)) and not watch.is_final)

    def _find(self, job: JobRef) -> WatchedJob | None:
        return self._service.watchlist.get(job)

    def _watched(self) -> Iterable[WatchedJob]:
        return (watch for watch in self._service.watchlist if watch.job.tenant == self.tenant)

    def _unfinished(self) -> Iterable[WatchedJob]:
        return (watch for watch in self._watched() if not watch.is_final)

    def _replan(self, watches: Iterable[WatchedJob]) -> None:
        """Plan jobs as if their last response had just come; jobs that are overdue by then are spread out.

        No job is delayed until it looks stale. A job whose call failed keeps its place.
        """
        now, overdue = self._clock.now(), list[WatchedJob]()
        for watch in watches:
            job = watch.job
            if job in self._in_flight or (job in self._failures and job in self._schedule):
                continue
            due = self._schedule.planned_at(watch, now)
            if due > now:
                self._schedule.put(job, due)
            elif job not in self._schedule or (self._schedule.due(job) or 0.0) > now:
                overdue.append(watch)
        self._sweep(overdue)

    def _sweep(self, watches: Iterable[WatchedJob]) -> None:
        """Poll jobs one after the other, as fast as the limits allow."""
        now = self._clock.now()
        waiting = [watch for watch in watches if watch.job not in self._in_flight]
        self._queue.sweep(waiting, now, self._gate.limiter.even_rate(now, len(waiting) or 1))
        self._nudge.set()


def _may_be_operation(watch: WatchedJob, observation: Observation) -> bool:
    """Return whether Zuora does not know a job that was not requested as an operation job yet."""
    if isinstance(observation, Success) or observation.problem.kind is not ProblemKind.NOT_FOUND:
        return False
    return not (watch.is_operation or watch.is_final or watch.operation_checked_at is not None)


def _logged_poll(job: JobRef, kind: CallKind, observation: Observation, waited: float, took: float) -> LoggedCall:
    call = LoggedCall(
        at=observation.at, tenant=job.tenant, kind=kind, call=observation.call, job=job, waited=waited, took=took
    )
    if isinstance(observation, Success):
        return replace(call, status=observation.report.status)
    return replace(call, problem=observation.problem, body=observation.body)
