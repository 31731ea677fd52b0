"""Statistics of how long jobs of a tenant usually take, and how one job compares."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil, floor
from typing import NamedTuple

from msgspec import Struct

from zjobtui.models.watched_job import WatchedJob

FEWEST = 5
"""Fewest ended jobs for statistics; a share must rest on as many jobs, including running ones."""

TYPICAL_TIMES_SAMPLE = 1_000
"""Jobs of a tenant from which typical times are learned, the last added ones."""

NARROW = 15.0
"""Seconds between the calls around an end up to which the end is known well enough, however young the job is."""

_ROUNDING = 1e-9


class DurationStats(Struct, frozen=True):
    """What other jobs took, in seconds, and the percentage of them that took less than this one, or None.

    `count` of them ended, `running` are running. For a job that is still running, the percentage is what it has
    exceeded so far.
    """

    count: int
    running: int
    median: float | None
    """The time within which half of them end; None if more of them have run for longer."""
    nearly_all: float | None
    """The time within which 95 % of them end; None if that is not known yet."""
    known_to: float
    """The age up to which enough jobs were seen; a median that is None lies beyond it."""
    longer_than: int | None
    is_over: bool


class RunTime(NamedTuple):
    """A job that was still running at the age `after`, in seconds; it ended at the age `end`, if that is known."""

    after: float
    end: float | None = None

    @property
    def age(self) -> float:
        """The end, or the greatest age at which the job was seen running."""
        return self.after if self.end is None else self.end


def duration_stats(watch: WatchedJob, watches: Iterable[WatchedJob]) -> DurationStats | None:
    """Return what other jobs of the same tenant took; None if fewer than `FEWEST` of them ended while watched.

    Running jobs count, too: the first of a batch to end are the fast ones (Kaplan and Meier 1958).
    """
    others = [other for other in watches if other.job.tenant == watch.job.tenant and other.job != watch.job]
    if sum(other.is_final for other in others) < FEWEST:
        return None
    times = [time for other in others if (time := run_time(other)) is not None]
    count = sum(time.end is not None for time in times)
    if count < FEWEST:
        return None
    curve, own = list(survival_steps(times)), run_time(watch)
    last, share = curve[-1]
    known_to = max(last, sorted(time.age for time in times)[-max(1, ceil(FEWEST * share - _ROUNDING))])
    outlasted = None
    if own is not None and watch.is_final == (own.end is not None):
        running = next((left for age, left in reversed(curve) if age < own.age), 1.0)
        outlasted = floor(100 * (1 - running) + _ROUNDING)
    shares = _age(curve, 0.5), _age(curve, 0.05)
    return DurationStats(count, len(times) - count, *shares, known_to, outlasted, watch.is_final)


class TypicalTimes(Struct, frozen=True):
    """How long jobs of a tenant run, in seconds: half of them end within `median`, 95 % within `nearly_all`.

    None if that is not known yet.
    """

    median: float | None
    nearly_all: float | None


TypicalByTenant = Mapping[str, TypicalTimes]
"""Typical times of the tenants that they are known of."""


def typical_times(watches: Iterable[WatchedJob]) -> dict[str, TypicalTimes]:
    """Return the typical times by tenant, for tenants of which enough jobs ended while watched.

    Only the last `TYPICAL_TIMES_SAMPLE` jobs count. Compute it once a minute for all jobs, not for each.
    """
    times: dict[str, list[RunTime]] = {}
    for watch in watches:
        if (time := run_time(watch)) is not None:
            times.setdefault(watch.job.tenant, []).append(time)
    typical = {}
    for tenant, of_tenant in times.items():
        known = of_tenant[-TYPICAL_TIMES_SAMPLE:]
        if sum(time.end is not None for time in known) >= FEWEST:
            curve = list(survival_steps(known))
            typical[tenant] = TypicalTimes(_age(curve, 0.5), _age(curve, 0.05))
    return typical


def run_time(watch: WatchedJob) -> RunTime | None:
    """Return how long a job ran since it was added; its end is taken as the middle between two calls.

    If the calls are too far apart, the job ran up to the first one, and the end is unknown. None for a job that was not
    seen running: one that had ended at the first call may have ended long before.
    """
    if watch.last_running_at is None:
        return None
    after = max(0.0, watch.last_running_at - watch.added_at)
    if not watch.is_final:
        return RunTime(after) if after else None
    if watch.ended_at is None or watch.ended_at < watch.last_running_at:
        return None
    middle = max(0.0, (watch.last_running_at + watch.ended_at) / 2 - watch.added_at)
    is_known = watch.ended_at - watch.last_running_at <= max(NARROW, middle)
    return RunTime(after, middle if is_known else None)


def survival_steps(times: Sequence[RunTime]) -> Iterator[tuple[float, float]]:
    """Yield the age of each end and the share of jobs that run on beyond it, as long as `FEWEST` jobs are left.

    The chance to end at an age is taken from the jobs that may have reached it: of the running ones, all that were seen
    running since the last call before the end, since each was polled at another moment.
    """
    ends = sorted((time.end, time.after) for time in times if time.end is not None)
    ages = sorted(time.after for time in times if time.end is None)
    share = 1.0
    for place, (end, after) in enumerate(ends):
        at_risk = len(ends) - place + len(ages) - bisect_left(ages, after)
        if at_risk < FEWEST * share - _ROUNDING:
            return
        share *= 1 - 1 / at_risk
        yield end, share


def _age(curve: Iterable[tuple[float, float]], share: float) -> float | None:
    """Return the age at which no more than this share of jobs runs on."""
    return next((age for age, running in curve if running <= share + _ROUNDING), None)
