"""Which job of a tenant is polled next, and when: by what the user asks for and looks at, then by the schedule."""

from collections.abc import Callable, Container, Iterable
from math import inf

from msgspec import Struct

from zjobtui.models.job import JobRef
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.schedule import Schedule

SELECTED_LIFETIME = 300.0
"""Seconds after which the selected job loses its preference, unless it is selected again."""

SELECTED_INTERVAL, SELECTED_SHARE = 1.5, 0.1
"""Seconds between two calls about the selected job, if that takes at most this share of the planned calls; otherwise as
many as the share allows. With its regular turns the job stays at about a quarter of the calls.
"""

JUST_BEGUN = 0.5
"""Seconds for which a call counts as one that the user has just requested."""


class NextPoll(Struct, frozen=True):
    """A job that is polled now; it has been due since `due` (seconds since the epoch, UTC).

    `is_by_hand`: the user requested it.
    """

    watch: WatchedJob
    due: float
    is_by_hand: bool


class PollQueue:
    """Choose among the jobs that the user requested, the selected job, and those of the schedule.

    A job that the user requested comes first, though every other call is a planned one if any is due; then the selected
    job; then the job that has been due the longest. `find` returns a watched job, and `rate` the calls per second that
    can be made at a time. Times are in seconds since the epoch, UTC. Jobs `in_flight` are being polled; if not
    `may_plan`, only those that the user requested are polled.
    """

    def __init__(
        self, schedule: Schedule, find: Callable[[JobRef], WatchedJob | None], rate: Callable[[float], float]
    ) -> None:
        self._schedule = schedule
        self._find = find
        self._rate = rate
        self._requested: dict[JobRef, float] = {}  # with the time of the request
        self._was_by_hand = False
        self._began_at: dict[JobRef, float] = {}
        self._selected: JobRef | None = None
        self._selected_until = self._selected_polled_at = -inf
        self._visible: frozenset[JobRef] = frozenset()

    def request(self, jobs: Iterable[JobRef], now: float) -> None:
        """Poll these jobs first, finished or not.

        A call that has just begun suffices; one that has been in flight for longer is followed by another.
        """
        for job in jobs:
            if self._began_at.get(job, -inf) <= now - JUST_BEGUN:
                self._requested.setdefault(job, now)

    def select(self, job: JobRef | None, now: float) -> None:
        """Prefer this job for five minutes: besides its turns it gets at most one call in ten.

        However often the selection changes, all selected jobs together get no more.
        """
        self._selected, self._selected_until = job, now + SELECTED_LIFETIME

    def show(self, jobs: Iterable[JobRef], now: float, since: float) -> None:
        """Set the jobs on screen; those without a call since `since` are due now, the selected one first."""
        visible = sorted(jobs, key=lambda job: job != self._selected)
        self._visible = frozenset(visible)
        for job in visible:
            due, watch = self._schedule.due(job), self._find(job)
            if due is not None and due > now and watch is not None and _is_unpolled(watch, since):
                self._schedule.put(job, now)

    def keep(self, jobs: Container[JobRef]) -> None:
        """Forget when the calls about all other jobs began."""
        self._began_at = {job: at for job, at in self._began_at.items() if job in jobs}

    def next_at(self, now: float, in_flight: Container[JobRef], *, may_plan: bool) -> float:
        """Return when the next job is due: `now` if the user requested it, infinity if there is none."""
        if self._next_requested(in_flight) is not None:
            return now
        return self._planned_at(now) if may_plan else inf

    def take(self, now: float, in_flight: Container[JobRef], *, may_plan: bool) -> NextPoll | None:
        """Return the job to poll now, taken out of the queue, or None if none is due.

        Jobs that are no longer watched are left out, and so are finished ones that the user did not request.
        """
        while (taken := self._take(now, in_flight, may_plan=may_plan)) is not None:
            job, due = taken
            watch = self._find(job)
            if watch is not None and (not watch.is_final or self._was_by_hand):
                self._requested.pop(job, None)
                self._began_at[job] = now
                return NextPoll(watch, due, self._was_by_hand)
        return None

    def sweep(self, watches: Iterable[WatchedJob], now: float, rate: float) -> None:
        """Make jobs due one after the other at `rate` calls per second: selected, visible, unread and new ones first.

        It may happen again soon, so the longest wait decides among equals.
        """
        for number, watch in enumerate(sorted(watches, key=self._rank)):
            self._schedule.put(watch.job, now + number / rate)

    def _rank(self, watch: WatchedJob) -> tuple[bool, bool, bool, bool, float]:
        job = watch.job
        return (
            job != self._selected,
            job not in self._visible,
            not watch.is_unread,
            watch.answered_at is not None,
            watch.last_call_at,
        )

    def _take(self, now: float, in_flight: Container[JobRef], *, may_plan: bool) -> tuple[JobRef, float] | None:
        """Return the next job and since when it was due, taken out of the queue."""
        requested = self._next_requested(in_flight)
        is_others_turn = self._was_by_hand and may_plan and self._planned_at(now) <= now
        self._was_by_hand = requested is not None and not is_others_turn
        if requested is not None and self._was_by_hand:
            self._schedule.drop(requested)
            return requested, self._requested.pop(requested)
        return self._take_planned(now) if may_plan else None

    def _take_planned(self, now: float) -> tuple[JobRef, float] | None:
        if self._selected is not None and (due := self._selected_at(now)) <= now:
            self._selected_polled_at = now
            self._schedule.drop(self._selected)
            return self._selected, due
        due_since = self._schedule.next_due()
        job = self._schedule.take(now)
        return None if job is None or due_since is None else (job, due_since)

    def _next_requested(self, in_flight: Container[JobRef]) -> JobRef | None:
        return next((job for job in self._requested if job not in in_flight), None)

    def _planned_at(self, now: float) -> float:
        """Return when the first job is due that the user has not requested."""
        due = self._schedule.next_due()
        return min(inf if due is None else due, self._selected_at(now))

    def _selected_at(self, now: float) -> float:
        """Return when the selected job may be polled besides its turn; never if no key was pressed for long."""
        job = self._selected
        if job is None or job not in self._schedule or now >= self._selected_until:
            return inf
        watch = self._find(job)
        if watch is None or watch.is_final or watch.problem is not None:
            return inf
        interval = max(SELECTED_INTERVAL, 1 / (SELECTED_SHARE * max(self._rate(now), 1e-9)))
        return max(min(watch.last_call_at, now), self._selected_polled_at) + interval


def _is_unpolled(watch: WatchedJob, since: float) -> bool:
    """Return whether a job that is running, as far as is known, has not been polled since `since`."""
    return not watch.is_final and watch.verdict.kind is not VerdictKind.UNKNOWN and watch.last_call_at < since
