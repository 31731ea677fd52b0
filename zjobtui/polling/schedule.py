"""Schedule: when each unfinished job of a tenant is polled next, at intervals learned from the tenant's jobs."""

import heapq
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from math import inf
from random import Random

from zjobtui.models.job import JobRef
from zjobtui.models.problem import ProblemKind
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, stale_at
from zjobtui.polling.day_price import DayPlan, Demand, Supply, plan_day
from zjobtui.polling.survival import CHEAPEST, STALENESS_LIMIT, Curve, Intervals, Lifetime, expected_delay, fit_curve

MEMORY = 300
"""Jobs that the curve is learned from, the ones added last, finished or running: enough for a curve, and soon current.
"""

LEARN_SOONEST, LEARN_LATEST = 5.0, 60.0
"""Seconds between two updates of the curve, if a job has finished meanwhile, and if none has."""

PLANNED_EVERY = 300.0
"""Seconds between two plans of the rest of the day."""

CEILING, DAY_CEILING = 2.0, 2.5
"""The longest interval as a multiple of jobs / rate, which is the interval if all jobs were polled equally often: the
calls that this leaves are used where they are worth most. With 2.5, if the day is short of calls, no job waits longer
than three times jobs / rate, including its time in the queue.
"""

PRICE_SECONDS, PRICE_SECONDS_AT_REST = 0.5, 15.0
"""Seconds for which a price is set: an eighth of the mean interval, between these bounds, and at least one call."""

NOTABLE = 0.1
"""The relative change of the price of a call from which on all jobs are planned again."""

JOB_RETRY_SECONDS = 1.0
"""Seconds until a job whose call failed is polled again; then twice as long each time, up to its interval."""

RETRY_SHARE = 1 / 8
"""The share of its interval that is waited at least before such a retry if calls are scarce."""

UNKNOWN_SHARE, UNKNOWN_LONGEST = 0.5, 86_400.0
"""The interval of a job that Zuora does not know, as a share of the time for which it has been unknown, and the longest
one in seconds: twenty calls on the first day, then one a day.
"""

MAX_OUTDATED = 100
"""The heap is rebuilt when it has more than twice as many entries as there are jobs, and this many besides."""

UNUSABLE_RETRIES = 3
"""Retries after which an unusable response is not expected to be over soon."""

_UNUSABLE = frozenset({ProblemKind.UNREADABLE, ProblemKind.TOO_LARGE, ProblemKind.REFUSED, ProblemKind.FORBIDDEN})


class Schedule:
    """Jobs and the time at which each is due, in seconds since the epoch, UTC.

    A job's age counts from when it was added, since Zuora states no start. All running jobs of a tenant share a curve,
    since a response about a running job does not state its type.
    """

    def __init__(self, staleness_limit: float = STALENESS_LIMIT) -> None:
        self.intervals = Intervals(ceiling=staleness_limit)
        self.mean_interval = 0.0
        """Mean seconds between two calls about a running job; 0 if none is running."""
        self._credit, self._fitted_at, self._fitted_rate = 0.0, inf, 0.0
        self.fit_at = -inf
        """When the price is to be set again."""
        self.staleness_limit = staleness_limit
        self._learned_at, self._ended = -inf, 0
        self._day, self._day_planned_at = DayPlan(), -inf
        self._first_seen: dict[JobRef, float] = {}
        self._due: dict[JobRef, float] = {}
        self._heap: list[tuple[float, int, JobRef]] = []
        self._order = count()

    def __contains__(self, job: object) -> bool:
        return job in self._due

    def __len__(self) -> int:
        return len(self._due)

    @property
    def is_stretched(self) -> bool:
        """Whether there are fewer calls than would be worth making."""
        return self.intervals.price > CHEAPEST or self.intervals.ceiling > self.staleness_limit

    def put(self, job: JobRef, due: float) -> None:
        """Make the job due at `due`, replacing earlier plans."""
        if self._due.get(job) == due:
            return
        self._due[job] = due
        heapq.heappush(self._heap, (due, next(self._order), job))
        if len(self._heap) > MAX_OUTDATED + 2 * len(self._due):
            self._heap = [entry for entry in self._heap if self._due.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    def drop(self, job: JobRef) -> None:
        """Remove a job, if present."""
        self._due.pop(job, None)

    def drop_all_but(self, wanted: Container[JobRef]) -> None:
        """Remove every job that is not in `wanted`."""
        self._due = {job: due for job, due in self._due.items() if job in wanted}

    def due(self, job: JobRef) -> float | None:
        """Return when the job is due, or None."""
        return self._due.get(job)

    def next_due(self) -> float | None:
        """Return when the first job is due, or None if there is none."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float) -> JobRef | None:
        """Remove and return the job that has been due the longest, or None if none is due."""
        due = self.next_due()
        if due is None or due > now:
            return None
        job = heapq.heappop(self._heap)[2]
        del self._due[job]
        return job

    def move_first(self, due: float) -> None:
        """Make the first job due at `due` instead, if there is any job."""
        if (job := self.take(inf)) is not None:
            self.put(job, due)

    def interval(self, watch: WatchedJob, now: float) -> float:
        """Return the seconds until this job should be polled again after a response at `now`.

        A job whose responses are unusable is polled at the longest interval. So is one that Zuora does not know, and
        ever more rarely the longer it has been unknown: it is probably no job.
        """
        if watch.verdict.kind is VerdictKind.UNKNOWN:
            unknown_for = now - (watch.changed_at or watch.added_at)
            return max(self.intervals.ceiling, min(UNKNOWN_SHARE * unknown_for, UNKNOWN_LONGEST))
        if _is_unusable(watch):
            return self.intervals.ceiling
        return self.intervals.after(now - self._began_at(watch, now))

    def next_call(self, watch: WatchedJob, now: float) -> float:
        """Return when this job should be polled again after a response at `now`."""
        return now + self.interval(watch, now)

    def planned_at(self, watch: WatchedJob, now: float) -> float:
        """Return when this job should be polled, as if its last response had just come; minus infinity if none has.

        The job is polled before its row turns stale.
        """
        at = watch.last_call_at
        is_known = 0 < at <= now  # a clock that was ahead may have recorded a later call
        return min(self.next_call(watch, at), _must_be_polled_by(watch)) if is_known else -inf

    def retry(self, watch: WatchedJob, now: float, failures: int, chance: Random) -> float:
        """Return when to poll this job again after `failures` failed calls in a row, the last one at `now`.

        A job whose responses are unusable is soon polled as rarely as it can be.
        """
        if failures > UNUSABLE_RETRIES and _is_unusable(watch):
            return self.next_call(watch, now)
        interval = self.interval(watch, now)
        wait = max(JOB_RETRY_SECONDS, RETRY_SHARE * interval if self.is_stretched else 0.0) * 2.0 ** min(
            failures - 1, 20
        )
        return now + min(interval, wait) * chance.uniform(0.5, 1)

    def is_fit_due(self, now: float, rate: float) -> bool:
        """Return whether `fit` is due: by its time, or because the rate has changed much since the last one."""
        return now >= self.fit_at or not self._fitted_rate / 2 <= rate <= 2 * self._fitted_rate

    def fit(
        self,
        watches: Iterable[WatchedJob],
        now: float,
        rate: float,
        calls: int = 0,
        in_flight: Container[JobRef] = (),
        supply: Sequence[Supply] = (),
    ) -> bool:
        """Set the price of a call for these jobs of the tenant at `rate` calls per second, above zero.

        `supply` is what the day allows in the hours ahead; the price is the one that this affords (`day_price.py`), or
        more if `rate` demands it.

        `calls` of every kind were made since the last time; what was not used then is available now. Jobs `in_flight`
        are being polled. Returns whether the intervals have changed notably.

        Calls are used where they are worth most: of those that can be made until `fit_at` the last one sets the price,
        so that the jobs with the largest expected delay get them. If the staleness limit takes more than half of the
        calls, it is raised so that it takes half of them; if the day is short of calls, so that it takes two fifths of
        an even share.
        """
        ahead = self._begin_period(now, rate, calls)
        known = list(watches)
        running = [watch for watch in known if not watch.is_final]
        curve = self._learn(known, running, now)
        if now - self._day_planned_at >= PLANNED_EVERY:
            self._day_planned_at = now
            demand = self._demand(known, running, now)
            self._day = plan_day(curve, demand, supply, partial(self._ceiling, DAY_CEILING))
        is_short = bool(supply) and self._day.price > CHEAPEST
        longest = (DAY_CEILING, min(rate, self._day.rate(supply))) if is_short else (CEILING, rate)
        ceiling = self._ceiling(*longest, len(running))
        waiting = [watch for watch in running if watch.job not in in_flight]
        price = max(self._day.price, self._price(curve, waiting, now, rate, ahead))
        before, self.intervals = self.intervals, Intervals(curve, price, ceiling)
        self.mean_interval = self._mean_interval(running, now)
        return curve is not before.curve or _differs(self.intervals, before)

    def _begin_period(self, now: float, rate: float, calls: int) -> float:
        """Return the seconds for which a price is set now; save up what is left of the calls until now."""
        ahead = max(1 / rate, min(max(self.mean_interval / 8, PRICE_SECONDS), PRICE_SECONDS_AT_REST))
        unused = self._credit + rate * max(0.0, now - self._fitted_at) - calls
        self._credit = min(max(unused, 0.0), max(1.0, PRICE_SECONDS * rate))
        self.fit_at, self._fitted_at, self._fitted_rate = now + ahead, now, rate
        return ahead

    def _mean_interval(self, running: Iterable[WatchedJob], now: float) -> float:
        """Return the mean seconds between two calls about a job that Zuora knows; 0 if there is none."""
        intervals = [self.interval(watch, now) for watch in running if watch.verdict.kind is not VerdictKind.UNKNOWN]
        return len(intervals) / sum(1 / interval for interval in intervals) if intervals else 0.0

    def _ceiling(self, shares: float, rate: float, unfinished: float) -> float:
        """Return the longest interval in seconds for so many jobs at `rate` calls per second."""
        return max(self.staleness_limit, shares * unfinished / rate)

    def _learn(self, watches: Sequence[WatchedJob], running: Sequence[WatchedJob], now: float) -> Curve:
        """Return the curve, learned again from all jobs if that is due."""
        for watch in running:
            if watch.last_running_at is not None:
                self._first_seen.setdefault(watch.job, watch.last_running_at)
        ended = len(watches) - len(running)
        since = now - self._learned_at
        if since >= LEARN_LATEST or (since >= LEARN_SOONEST and ended != self._ended):
            self._learned_at, self._ended = now, ended
            latest = latest_of(watches)
            kept = {watch.job for watch in (*latest, *running)}
            self._first_seen = {job: at for job, at in self._first_seen.items() if job in kept}
            return fit_curve(lifetimes(latest, now, self._first_seen))
        return self.intervals.curve

    def _began_at(self, watch: WatchedJob, now: float) -> float:
        """Return when the age of a job starts: when it was added, or first seen if the clock was ahead then."""
        return watch.added_at if watch.added_at <= now else min(now, self._first_seen.get(watch.job, now))

    def _price(self, curve: Curve, running: Sequence[WatchedJob], now: float, rate: float, ahead: float) -> float:
        """Return the expected delay, in seconds, of the job that gets the last of the calls ahead; at least `CHEAPEST`.

        Jobs that have never been polled come before all others, so the others wait for as long as that takes.
        """
        for_new = sum(map(_is_new, running)) / rate
        calls = max(1, round(self._credit + rate * (ahead - for_new)))
        then = now + max(ahead, for_new + 1 / rate)
        worth = [self._expected_delay(curve, watch, then) for watch in running if not _is_new(watch)]
        if not worth:
            return max(CHEAPEST, expected_delay(curve, 0.0, for_new))
        return max(CHEAPEST, heapq.nlargest(calls, worth)[-1]) if calls <= len(worth) else CHEAPEST

    def _expected_delay(self, curve: Curve, watch: WatchedJob, then: float) -> float:
        """Return the expected delay of a job at `then`; 0 if its interval does not depend on its age.

        If the last calls failed, it counts from the last of them: the job has had its turn, and must not set the price
        for all others. A clock that was ahead may have recorded a response in the future.
        """
        if watch.last_running_at is None or watch.last_call_at > then or _is_unusable(watch):
            return 0.0
        began_at = self._began_at(watch, then)
        seen = max(0.0, watch.last_call_at - began_at)
        return expected_delay(curve, seen, max(seen, then - began_at))

    def _demand(self, watches: Sequence[WatchedJob], running: Sequence[WatchedJob], now: float) -> Demand:
        """Return the demand of the tenant's jobs; one that has never been polled counts as seen at age 0."""
        usual = [watch for watch in running if not _is_unusable(watch)]
        began = ((watch, self._began_at(watch, now)) for watch in usual)
        return Demand.of(
            ((min(watch.last_call_at, now) - began_at, now - began_at) for watch, began_at in began),
            sum(self.intervals.ceiling / self.interval(watch, now) for watch in running if _is_unusable(watch)),
            (now - watch.added_at for watch in watches),
        )


def _is_new(watch: WatchedJob) -> bool:
    """Return whether no call about it has ended yet."""
    return watch.last_call_at == 0


def _must_be_polled_by(watch: WatchedJob) -> float:
    """Return when the row turns stale; never if a call has failed: polling it sooner may not help."""
    return inf if watch.problem is not None else stale_at(watch) or inf


def latest_of(watches: Iterable[WatchedJob]) -> list[WatchedJob]:
    """Return the `MEMORY` jobs that were added last, whenever they ended."""
    return heapq.nlargest(MEMORY, watches, key=lambda watch: (watch.added_at, watch.job.id.key))


def lifetimes(watches: Iterable[WatchedJob], now: float, first_seen: Mapping[JobRef, float]) -> list[Lifetime]:
    """Return what is known of how long these jobs ran.

    A job that had ended when it was first polled is left out: it may have ended long before it was added. So is one
    that was added by a clock that was ahead.
    """
    known = (_lifetime(watch, now, first_seen.get(watch.job, watch.added_at)) for watch in watches)
    return [lifetime for lifetime in known if lifetime is not None]


def _lifetime(watch: WatchedJob, now: float, first_seen: float) -> Lifetime | None:
    """Return between which ages a job ended: after it was last seen running, and by the first final response."""
    if watch.last_running_at is None or watch.last_running_at > now or watch.added_at > now:
        return None
    after = max(0.0, watch.last_running_at - watch.added_at)
    since = min(after, max(0.0, first_seen - watch.added_at))
    if not watch.is_final:
        return Lifetime(after, since=since)
    if watch.ended_at is None or watch.ended_at <= watch.last_running_at:
        return None
    return Lifetime(after, max(watch.ended_at - watch.added_at, after + 0.001), since)


def _is_unusable(watch: WatchedJob) -> bool:
    """Return whether Zuora does not know the job, or its responses are unusable."""
    return watch.verdict.kind is VerdictKind.UNKNOWN or (watch.problem is not None and watch.problem.kind in _UNUSABLE)


def _differs(after: Intervals, before: Intervals) -> bool:
    pairs = ((after.price, before.price), (after.ceiling, before.ceiling))
    return any(not old / (1 + NOTABLE) < new < old * (1 + NOTABLE) for new, old in pairs)
