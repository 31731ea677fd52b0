"""Circuit breaker of one tenant: opens after failed calls, then lets single probes through until one succeeds."""

from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from zjobtui.models.observation import Failure, Observation
from zjobtui.models.problem import TRANSIENT, Problem, ProblemKind
from zjobtui.models.watched_job import WatchedJob

FAILURES = 3
"""Consecutive failed calls after which transient problems (`TRANSIENT`) count as the tenant's own."""

BASE, CAP = 1.0, 60.0
"""The longest wait for the first and for later probes in seconds: Zuora advises full jitter from 1 s up to 60 s."""

BRIEF, BRIEF_CAP = 12.0, 4.0
"""While an outage is shorter than `BRIEF` seconds, probes wait at most `BRIEF_CAP` seconds, so that polling resumes
within five seconds of a short outage.
"""

RESTART = 600.0
"""Longest age in seconds, at the start, of the last failed call that is stored for its outage to count as the same."""

_AT_ONCE = frozenset({ProblemKind.SIGNED_OUT, ProblemKind.MISCONFIGURED, ProblemKind.UNTRUSTED, ProblemKind.REDIRECTED})


class StoredOutage(NamedTuple):
    """An outage of a tenant as far as stored calls tell: its problem, since when it lasts, and the jobs it concerns."""

    problem: Problem
    since: float
    jobs: int


def stored_outage(watches: Iterable[WatchedJob], now: float) -> StoredOutage | None:
    """Return the outage in which these jobs of a tenant were last polled.

    None unless the newest stored call failed by an outage, less than `RESTART` seconds ago. Each job has the time of
    its last call only, so an outage may have begun somewhat earlier.
    """
    jobs = tuple(watches)
    answered_at = max((watch.answered_at or 0.0 for watch in jobs), default=0.0)
    failed = [
        (watch.problem_at, watch.problem)
        for watch in jobs
        if watch.problem is not None and watch.problem_at is not None and watch.problem_at > answered_at
    ]
    at, problem = max(failed, key=lambda call: call[0], default=(0.0, None))
    if problem is None or problem.kind not in _AT_ONCE | TRANSIENT or not 0 <= now - at < RESTART:
        return None
    times = [at for at, each in failed if each.kind is problem.kind]
    return StoredOutage(problem, min(times), len(times))


def outage_of_polling_window(watches: Iterable[WatchedJob], now: float) -> StoredOutage | None:
    """Return the outage in which the window is that polls these jobs of a tenant, as far as stored calls tell.

    One job that fails may be the only one, so another must have failed, too, if there is one: that window polls another
    job before its breaker opens. A problem that the user must correct does not count: a window that has one lets
    another poll.
    """
    jobs = tuple(watches)
    outage, running = stored_outage(jobs, now), sum(not watch.is_final for watch in jobs)
    is_outage = outage is not None and outage.problem.kind in TRANSIENT and outage.jobs >= min(2, running)
    return outage if is_outage else None


class CircuitBreaker:
    """Open after `FAILURES` failed calls in a row, or one refusal of the credentials; close after one successful call.

    That a host throttles counts as success. Calls that were in flight when it opened, or when a probe failed, belong to
    the same failure: they do not count again and do not lengthen the wait. Times are in seconds since the epoch, UTC.
    """

    def __init__(self, chance: Random) -> None:
        self.problem: Problem | None = None
        """Why the breaker is open, or None."""
        self.since: float | None = None
        """When it opened, or when its problem last changed to or from one that the user must correct; else None."""
        self.earlier: StoredOutage | None = None
        """The outage before the program was started; it goes on if the first calls fail for the same reason."""
        self.probe_at = 0.0
        """When the next probe is allowed; meaningful only while the breaker is open."""
        self._chance = chance
        self._in_a_row = 0
        self._probes = 0
        self._failed_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the tenant as a whole cannot be polled."""
        return self.problem is not None

    @property
    def needs_user(self) -> bool:
        """Whether it is open for a reason that the user must correct, such as credentials that are not accepted."""
        return self.problem is not None and self.problem.kind in _AT_ONCE

    @property
    def down_since(self) -> float | None:
        """Since when the tenant cannot be polled, with an outage before the start that goes on; None if it can be."""
        if self.problem is None or self.since is None or self.earlier is None:
            return self.since
        is_same = self.earlier.problem.kind is self.problem.kind
        return min(self.earlier.since, self.since) if is_same else self.since

    def record(self, observation: Observation, sent: float, now: float, retry_after: float = 0.0) -> None:
        """Record the result of a call sent at `sent`; the host asked for no calls for `retry_after` seconds."""
        problem = observation.problem if isinstance(observation, Failure) else None
        if problem is None or problem.kind not in _AT_ONCE | TRANSIENT:
            self.problem, self.since, self.earlier, self._in_a_row = None, None, None, 0
        elif self.is_open:
            if sent > self._failed_at:
                self._probes += 1
                if (
                    self.problem
                    and problem.kind is not self.problem.kind
                    and {problem.kind, self.problem.kind} & _AT_ONCE
                ):
                    self.since = observation.at
                self._wait(problem, now, retry_after)
        else:
            self._in_a_row += 1
            if self._in_a_row >= FAILURES or problem.kind in _AT_ONCE:
                self._probes, self.since = 0, observation.at
                self._wait(problem, now, retry_after)

    def probe_now(self, now: float) -> None:
        """Allow the next probe now: the user asked for it."""
        self.probe_at = min(self.probe_at, now)

    def _wait(self, problem: Problem, now: float, retry_after: float) -> None:
        self.problem, self._failed_at = problem, now
        limit = min(CAP, BASE * 2.0 ** min(self._probes, 10))
        if self.since is not None and now - self.since < BRIEF:
            limit = min(limit, BRIEF_CAP)
        self.probe_at = now + max(retry_after, self._chance.uniform(0, limit))
