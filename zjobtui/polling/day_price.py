"""The price of a call that the rest of the day can afford: jobs added in the evening get as many calls as others.

Zuora counts calls in the last 24 hours, and a user may have granted few of them. The price is the lowest one at which
the calls expected in each of the next hours fit what is left: calls about running jobs, and calls about jobs that are
still to come.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate, pairwise
from math import sqrt
from statistics import fmean
from typing import NamedTuple, Self

from msgspec import Struct

from zjobtui.polling.survival import AGES, CHEAPEST, SHORTEST_INTERVAL_SECONDS, Curve, Intervals, cell_of

_HOUR, _DAY = 3_600.0, 86_400.0

WEEK = 7
"""Days from which the number of jobs per day is taken, back to the first job on the list, at least one day."""

LEAST_NEW = 0.5
"""At least this share of the jobs of the last 24 hours is expected again in the next 24, evenly."""

COARSE = 4
"""Cells of the curve in which running jobs are counted together: a fifth of their age."""

BUSY = 0.25
"""Days with fewer jobs in the same hours than this share of the most are ignored: on some days no jobs come."""

PLANNED_SHARE = 0.8
"""The share of the calls ahead that the expected ones may take. More jobs may come, and they may run longer: calls that
were used too early are missed more than calls that come late.
"""

_HALVINGS = 12


class Supply(NamedTuple):
    """How many calls the limits of hour and day allow within so many seconds from now."""

    seconds: float
    calls: float


class Arrivals(NamedTuple):
    """How many jobs are expected to be added between so many seconds from now, evenly."""

    start: float
    end: float
    jobs: float

    def ages_at(self, seconds: float) -> tuple[float, float] | None:
        """Return between which ages these jobs will be in so many seconds; None if they come later."""
        return (seconds - self.end, seconds - self.start) if self.end <= seconds else None


class Demand(Struct, frozen=True):
    """The jobs that will need calls.

    `running` counts jobs by the age at which they were last seen running and their age now, both in seconds; `steady`
    is the number of jobs that are polled at the longest interval, and in part of those that are polled more rarely;
    `added` contains the ages in seconds of all known jobs, including finished ones, in ascending order.
    """

    running: tuple[tuple[float, float, int], ...]
    steady: float
    added: tuple[float, ...]

    @classmethod
    def of(cls, running: Iterable[tuple[float, float]], steady: float, added: Iterable[float]) -> Self:
        """Group running jobs, given by the age when last seen and the age now, by `COARSE` cells of the curve."""
        cells = Counter((_coarse_cell(seen), _coarse_cell(age)) for seen, age in running)
        groups = tuple((AGES[seen], AGES[age], count) for (seen, age), count in cells.items())
        return cls(groups, steady, tuple(sorted(max(0.0, age) for age in added if age <= WEEK * _DAY)))

    def new_within(self, seconds: float) -> float:
        """Return how many jobs are expected to be added: as in the same hours of the busier days of the last week.

        Days with less than `BUSY` of the busiest do not count. At least `LEAST_NEW` of the jobs of the last 24 hours
        are expected to come again, evenly; on the first day all of them.
        """
        evenly = bisect_right(self.added, _DAY) * seconds / _DAY
        oldest = self.added[-1] if self.added else 0.0
        days = [day * _DAY for day in range(1, WEEK + 1) if day * _DAY <= oldest + _HOUR]
        if not days:
            return evenly
        counts = [bisect_left(self.added, day) - bisect_left(self.added, day - seconds) for day in days]
        return max(fmean(count for count in counts if count >= BUSY * max(counts)), LEAST_NEW * evenly)

    def arrivals(self) -> tuple[Arrivals, ...]:
        """Return the jobs that are expected to be added in each hour of the next 24."""
        marks = [hour * _HOUR for hour in range(25)]
        by_then = accumulate(map(self.new_within, marks), max)  # other days may count for a longer time
        hours = zip(pairwise(marks), pairwise(by_then), strict=True)
        return tuple(Arrivals(*hour, after - before) for hour, (before, after) in hours if after > before)

    def unfinished_after(self, seconds: float, curve: Curve) -> float:
        """Return how many of the running jobs are expected to be still running then."""
        shares = ((curve.at(seen)[0], curve.at(age + seconds)[0], count) for seen, age, count in self.running)
        return self.steady + sum(count * then / now for now, then, count in shares if now > 0)


class Calls:
    """The calls that a job is expected to take, by age, at one price."""

    def __init__(self, curve: Curve, price: float, ceiling: float) -> None:
        intervals = Intervals(curve, price, ceiling)
        self._share = curve.surviving
        self._beyond = _calls_beyond(curve, intervals)
        areas = (
            (b - a) * (before + after) / 2
            for (a, b), (before, after) in zip(pairwise(AGES), pairwise(self._beyond), strict=True)
        )
        self._area = [0.0]
        for area in areas:
            self._area.append(self._area[-1] + area)
        self._curve = curve

    def between(self, seen: float, age: float) -> float:
        """Return the expected calls about a job that was last seen running at `seen`, until it is `age` seconds old."""
        share = self._curve.at(seen)[0]
        return (_at(self._beyond, seen) - _at(self._beyond, age)) / share if share > 0 else 1.0

    def about_new(self, youngest: float, oldest: float) -> float:
        """Return the expected calls about a job until it is between these ages, in seconds, the first call included."""
        return 1 + self._beyond[0] - (_at(self._area, oldest) - _at(self._area, youngest)) / (oldest - youngest)


class DayPlan(Struct, frozen=True):
    """The price of a call for the rest of the day, in seconds of delay.

    If the day is not even, jobs that are polled at the longest interval would use up the calls of some hours ahead, so
    that the interval is made for the scarcest hours in place of the whole day.
    """

    price: float = CHEAPEST
    is_even: bool = True

    def rate(self, supply: Sequence[Supply]) -> float:
        """Return the calls per second, above zero, that the longest interval is made for."""
        return _rate(supply[-1]) if self.is_even else min(map(_rate, supply))


def plan_day(
    curve: Curve, demand: Demand, supply: Sequence[Supply], ceiling_for: Callable[[float, float], float]
) -> DayPlan:
    """Return the plan with the lowest price at which expected calls take at most `PLANNED_SHARE` at all times ahead.

    `ceiling_for` returns the longest interval in seconds for so many calls per second and unfinished jobs. The
    price is at most the age by which half of the jobs have ended: even if no price fits, a new job gets a second call.
    """
    if not supply:
        return DayPlan()
    highest = max(CHEAPEST, curve.quantile(0.5))
    for is_even in (True, False):
        rate = DayPlan(is_even=is_even).rate(supply)
        price = day_price(curve, demand, supply, partial(ceiling_for, rate), highest)
        if price is not None:
            return DayPlan(price, is_even)
    return DayPlan(highest, is_even=False)


def day_price(
    curve: Curve,
    demand: Demand,
    supply: Sequence[Supply],
    ceiling_for: Callable[[float], float],
    highest: float,
) -> float | None:
    """Return the lowest price up to `highest` at which calls fit `PLANNED_SHARE` of the supply; None if none does."""
    added = demand.arrivals()
    ages = [
        [(*between, each.jobs) for each in added if (between := each.ages_at(seconds)) is not None]
        for seconds, _ in supply
    ]
    unfinished = max(
        demand.unfinished_after(seconds, curve) + sum(jobs * curve.mean_between(a, b) for a, b, jobs in new)
        for new, (seconds, _) in zip(ages, supply, strict=True)
    )
    ceiling = ceiling_for(max(1.0, unfinished))

    def fits(price: float) -> bool:
        each = Calls(curve, price, ceiling)
        return all(
            sum(count * each.between(seen, age + seconds) for seen, age, count in demand.running)
            + demand.steady * seconds / ceiling
            + sum(jobs * each.about_new(a, b) for a, b, jobs in new)
            <= PLANNED_SHARE * calls
            for new, (seconds, calls) in zip(ages, supply, strict=True)
        )

    if fits(CHEAPEST):
        return CHEAPEST
    if not fits(highest):
        return None
    low, high = CHEAPEST, highest
    for _ in range(_HALVINGS):
        middle = sqrt(low * high)
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def _rate(supply: Supply) -> float:
    return max(supply.calls, 1.0) / supply.seconds


def _coarse_cell(age: float) -> int:
    return cell_of(max(0.0, age)) // COARSE * COARSE


def _calls_beyond(curve: Curve, intervals: Intervals) -> list[float]:
    """Return for each of `AGES` the expected calls after it about a job of which nothing is known at age 0.

    A job seen running at age a is polled next at a + g, whether or not it has ended by then: S(a) calls of this kind.
    If g is shorter than a cell there are several in it.
    """
    surviving = curve.surviving
    beyond = [0.0] * len(AGES)
    for cell in range(len(AGES) - 2, -1, -1):
        age, gap = AGES[cell], intervals.after(AGES[cell])
        width = AGES[cell + 1] - age
        if gap < width:
            beyond[cell] = (
                beyond[cell + 1]
                + width / max(gap, SHORTEST_INTERVAL_SECONDS) * (surviving[cell] + surviving[cell + 1]) / 2
            )
        else:
            beyond[cell] = surviving[cell] + _at(beyond, age + gap)
    return beyond


def _at(values: Sequence[float], age: float) -> float:
    """Interpolate between the values at `AGES`."""
    if age >= AGES[-1]:
        return values[-1]
    cell = cell_of(age)
    return values[cell] + (values[cell + 1] - values[cell]) * (age - AGES[cell]) / (AGES[cell + 1] - AGES[cell])
