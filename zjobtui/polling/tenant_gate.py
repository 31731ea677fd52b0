"""Gate of one tenant: rate limiter, circuit breaker, response time, and the count of its requests."""

from collections.abc import Container, Iterable
from math import inf
from random import Random

from msgspec import Struct

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.job import JobRef
from zjobtui.models.observation import Call, Failure, Observation, Success
from zjobtui.models.problem import TRANSIENT, Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.related import ReadProblemKind, ReadResult, Related
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.circuit_breaker import CircuitBreaker, stored_outage
from zjobtui.polling.protocols import JobSource
from zjobtui.polling.rate_limiter import RateLimiter

log = get_logger(__name__)

THROTTLED_OVERBOOK = 1.3
"""How much more is planned than a throttling host lets through: calls that it does not throttle find its limit."""

SHORT_PAUSE = 3.0
"""Seconds for which a host may want no calls without that being reported as a problem of the tenant."""

_THROTTLED = Problem(ProblemKind.THROTTLED, "the host accepts no calls for a while")
_RETRY_AFTER = 1.0
"""Seconds without calls after a 429 that does not say how many."""

_LATENCY_WEIGHT = 0.1
"""The share of the newest call in the mean response time: that of about the last ten calls counts."""

_LONGEST_CALL = 30.0
"""The longest time in seconds that is measured: a call has ended after 20 s, unless the machine was suspended."""


class CallResult(Struct, frozen=True):
    """The result of one call, when it was sent, and when it ended (seconds since the epoch)."""

    observation: Observation
    sent: float
    ended: float


def is_transient(observation: Observation) -> bool:
    """Return whether a call failed in a way that may be over soon."""
    return isinstance(observation, Failure) and observation.problem.kind in TRANSIENT


class TenantGate:
    """Say when the next call is allowed, and how many; every call and every result passes through it.

    It outlives the poller of a tenant whose settings have changed.
    """

    def __init__(self, tenant: str, limiter: RateLimiter, clock: Clock, chance: Random) -> None:
        self.limiter = limiter
        self.breaker = CircuitBreaker(chance)
        self.latency = 0.0
        """Mean seconds that a call takes; 0 before the first result."""
        self.answered_at: float | None = None
        """When the host last gave a good response."""
        self.down_until = 0.0
        """The end of the time for which the host, while it was not available, last asked for no calls; 0 if never."""
        self._tenant = tenant
        self._clock = clock
        self._failing_since: dict[JobRef, float] = {}
        self._source: JobSource | None = None
        self._charged = 0
        self._has_latency = False
        self._downtime: Problem | None = None

    def use(self, source: JobSource, watches: Iterable[WatchedJob]) -> None:
        """Charge the requests that this source sends from now on; these jobs of the tenant are polled with it."""
        self._source, self._charged = source, source.requests
        if not self.breaker.is_open:
            self.breaker.earlier = stored_outage(watches, self._clock.now())

    def next_allowed_at(self, now: float) -> float:
        """Return when the next call may be sent: now, or later."""
        return max(now + self.limiter.wait(now), self.breaker.probe_at if self.breaker.is_open else now)

    def max_in_flight(self, now: float) -> int:
        """Return how many calls may be in flight now."""
        if self.next_allowed_at(now) > now:
            return 0
        return 1 if self.breaker.is_open else self.limiter.concurrency

    @property
    def capacity(self) -> float:
        """Calls per second that the host can answer with as many in flight as are allowed."""
        return self.limiter.concurrency / max(self.latency, 0.001)

    def sustained_rate(self, now: float) -> float:
        """Return the calls per second that the limits and the host allow for long."""
        return min(self.limiter.rate(now), self.capacity)

    def planned_rate(self, now: float) -> float:
        """Return the calls per second to plan with: as many as the limits allow, and as many as the host can answer."""
        rate = min(self.limiter.allowance(now), self.capacity)
        return rate * (THROTTLED_OVERBOOK if self.limiter.is_throttled(now) else 1.0)

    def problem(self, now: float) -> tuple[Problem | None, float | None]:
        """Return what keeps the tenant from being polled, and when it is tried again (None: only by the user)."""
        problem = self.breaker.problem
        if problem is not None:
            return problem, self.next_allowed_at(now)
        until = self.limiter.paused_until(now)
        if until is None or until - now <= SHORT_PAUSE:
            return None, None
        return self._downtime if self._downtime and until <= self.down_until else _THROTTLED, until

    def status(self, now: float) -> TenantStatus:
        """Return whether the tenant can be polled."""
        problem, next_try_at = self.problem(now)
        return TenantStatus(
            tenant=self._tenant,
            answered_at=self.answered_at,
            problem=problem,
            down_since=self.breaker.down_since,
            next_try_at=next_try_at,
        )

    def limit(self, now: float) -> Limit:
        """Return what limits the calls most now."""
        return Limit.HOST if self.capacity < self.limiter.allowance(now) else self.limiter.limit(now)

    def count_call(self, now: float) -> None:
        """Charge one call that is sent now."""
        self.limiter.consume(now)
        self._charged += 1

    def count_second_call(self, first: Call, now: float) -> float | None:
        """Charge a call that belongs to the `first` one; return the seconds until it may be sent, None if it may not.

        Calls counted later wait for their turn after it.
        """
        self.limiter.apply_headers(first.rate_limits, now)
        wait = self.limiter.wait_for_second(now)
        if wait is not None:
            self.count_call(now)
        return wait

    def charge_extra(self, *, has_calls_in_flight: bool) -> None:
        """Charge token requests and retries besides the calls; refund calls that were never sent."""
        requests = self._charged if self._source is None else self._source.requests
        extra = requests - self._charged
        if extra > 0:
            self.limiter.consume(self._clock.now(), extra)
        if extra < 0 and not has_calls_in_flight:
            self.limiter.refund(-extra)
        if extra > 0 or not has_calls_in_flight:
            self._charged = requests

    def forget_failures_of(self, job: JobRef) -> None:
        """Forget that calls about this job fail."""
        self._failing_since.pop(job, None)

    def keep_failures_of(self, jobs: Container[JobRef]) -> None:
        """Forget that calls about all other jobs fail."""
        self._failing_since = {job: since for job, since in self._failing_since.items() if job in jobs}

    def record(self, job: JobRef, result: CallResult, recent: float, *, has_untried: bool = False) -> None:
        """Tell the limiter and the breaker the result of a call about a job.

        A good response about another job in the last `recent` seconds shows that the tenant as a whole is not down.
        `has_untried` says that calls about other jobs have not failed: they show whether an unreadable response
        concerns this job only.
        """
        observation, sent, now = result.observation, result.sent, result.ended
        if is_transient(observation):
            self._failing_since.setdefault(job, now)
        else:
            self._failing_since.pop(job, None)
        if isinstance(observation, Success):
            self.answered_at = observation.at
        self._apply_limits(observation, sent, now)
        was_open = self.breaker.is_open
        if not was_open:
            self._measure_latency(now - sent)
        if was_open or not (self._fails_alone(job, now, recent) or (has_untried and self._may_be_odd(observation))):
            self.breaker.record(observation, sent, now, observation.call.rate_limits.retry_after or 0.0)
            self._log_breaker(now, was_open=was_open)

    def record_read(self, result: ReadResult, sent: float, now: float) -> None:
        """Tell the limiter the result of a read sent at `sent`.

        That a read fails says nothing about polling, unless the host says how long it wants no calls; that one succeeds
        makes the next probe of a tenant that is down due.
        """
        stated = result.call.rate_limits
        self.limiter.apply_headers(stated, now)
        if isinstance(result, Related):
            self.breaker.probe_now(now)
        elif result.kind is ReadProblemKind.THROTTLED:
            self._throttle("a read was throttled", stated, sent, now)
        elif stated.retry_after and result.call.http_status == 503:
            problem = Problem(ProblemKind.UNAVAILABLE, result.detail)
            self._wait_for_host("not available to a read", problem, stated.retry_after, now)

    def _apply_limits(self, observation: Observation, sent: float, now: float) -> None:
        """Pass to the limiter what a response says of the calls that the host wants."""
        stated = observation.call.rate_limits
        self.limiter.apply_headers(stated, now)
        problem = observation.problem if isinstance(observation, Failure) else None
        if problem is None:
            return
        if problem.kind is ProblemKind.THROTTLED:
            self._throttle("throttled", stated, sent, now)
        elif stated.retry_after and (problem.kind is ProblemKind.UNAVAILABLE or observation.call.http_status == 503):
            self._wait_for_host("not available", problem, stated.retry_after, now)

    def _throttle(self, what: str, stated: RateLimits, sent: float, now: float) -> None:
        """Send no calls for as long as the response to a call sent at `sent` says, and then fewer; `what` is logged."""
        seconds = stated.retry_after or _RETRY_AFTER
        log.warning("tenant %s: %s, no calls for %gs", self._tenant, what, seconds)
        if self.breaker.is_open:
            self.limiter.pause(now, seconds)
        else:
            self.limiter.throttle(sent, now, seconds)

    def _wait_for_host(self, what: str, problem: Problem, seconds: float, now: float) -> None:
        """Send no calls for so many seconds to a host that is down: it shows no rate limit; `what` is logged."""
        log.warning("tenant %s: %s, no calls for %gs", self._tenant, what, seconds)
        self.limiter.pause(now, seconds)
        self._downtime, self.down_until = problem, now + seconds

    def _measure_latency(self, took: float) -> None:
        if took <= _LONGEST_CALL:
            self.latency += (_LATENCY_WEIGHT if self._has_latency else 1.0) * (took - self.latency)
            self._has_latency = True

    def _fails_alone(self, job: JobRef, now: float, recent: float) -> bool:
        """Return whether other jobs got responses since this one fails: then the tenant is not at fault."""
        return (self.answered_at or -inf) > max(self._failing_since.get(job, inf), now - recent)

    def _may_be_odd(self, observation: Observation) -> bool:
        """Return whether a response about the only failing job is unreadable: others may still be good."""
        is_unreadable = isinstance(observation, Failure) and observation.problem.kind is ProblemKind.UNREADABLE
        return is_unreadable and len(self._failing_since) < 2

    def _log_breaker(self, now: float, *, was_open: bool) -> None:
        problem = self.breaker.problem
        if problem is not None:
            state = "still open, the probe failed" if was_open else "open"
            wait = self.breaker.probe_at - now
            log.warning(
                "tenant %s: circuit breaker %s (%s); next probe in %.1fs", self._tenant, state, problem.for_log, wait
            )
        elif was_open:
            log.info("tenant %s: circuit breaker closed, the host responds", self._tenant)
