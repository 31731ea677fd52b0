"""The price of a call that the rest of the day can afford: jobs added in the evening get as many calls as others.

Zuora counts calls in the last 24 hours, and a user may have granted few of them. The price is the lowest one at which
the calls expected in each of the next hours fit what is left: calls about running jobs, and calls about jobs that are
still to come.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
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

_HALVINGS = 12


class Supply(NamedTuple):
    """How many calls the limits of hour and day allow within so many seconds from now."""

    seconds: float
    calls: float


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

    def about_new(self, seconds: float) -> float:
        """Return the expected calls within so many seconds about a job that is added at any time in them."""
        return 1 + self._beyond[0] - _at(self._area, seconds) / seconds


def day_price(curve: Curve, demand: Demand, supply: Sequence[Supply], ceiling_for: Callable[[float], float]) -> float:
    """Return the lowest price, in seconds of delay, at which the expected calls fit the supply at all times ahead.

    `ceiling_for` returns the longest interval in seconds for a number of unfinished jobs. The price is at most the age
    by which half of the jobs have ended: even if no price fits, a new job gets a second call.
    """
    if not supply:
        return CHEAPEST
    new = [demand.new_within(seconds) for seconds, _ in supply]
    unfinished = max(
        demand.unfinished_after(seconds, curve) + jobs * curve.at(seconds)[1] / seconds
        for jobs, (seconds, _) in zip(new, supply, strict=True)
    )
    ceiling = ceiling_for(max(1.0, unfinished))

    def fits(price: float) -> bool:
        each = Calls(curve, price, ceiling)
        return all(
            sum(count * each.between(seen, age + seconds) for seen, age, count in demand.running)
            + demand.steady * seconds / ceiling
            + jobs * each.about_new(seconds)
            <= calls
            for jobs, (seconds, calls) in zip(new, supply, strict=True)
        )

    if fits(CHEAPEST):
        return CHEAPEST
    low, high = CHEAPEST, max(CHEAPEST, curve.quantile(0.5))
    for _ in range(_HALVINGS):
        middle = sqrt(low * high)
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


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
