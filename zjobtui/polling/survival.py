"""Survival curve of a tenant's jobs, learned from its own, and how long until a call about one is worth its price."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import exp, inf, log, sqrt
from typing import NamedTuple, Self

from msgspec import Struct

YOUNGEST, OLDEST, STEP = 0.5, 172_800.0, 1.05
AGES = (0.0, *(YOUNGEST * STEP**number for number in range(1 + round(log(OLDEST / YOUNGEST) / log(STEP)))))
"""The ages in seconds between which the chance to end is taken as constant: each 5 % more than the one before."""

IMAGINARY = 10.0
"""How many imaginary jobs the prior counts as: with a few dozen ended jobs it hardly matters any more."""

NEIGHBOURING_CELLS = 3
"""Neighbouring cells on either side over which ends are counted together: about a sixth of the age."""


class Lifetime(NamedTuple):
    """The ages in seconds between which a job ended: last seen running at `after`, ended by `by` (inf: not yet).

    `since` is the age at which it was first seen running. What came before is not counted: a job that had ended by then
    would not be known (left truncation).
    """

    after: float
    by: float = inf
    since: float = 0.0


class Curve(Struct, frozen=True):
    """S(x), the share of jobs that run longer than x, and its integral, at each of `AGES`.

    `integral` is the mean time in seconds that jobs run up to the age. Between two ages S falls exponentially; beyond
    the last one half of the jobs run on to twice any age.
    """

    surviving: tuple[float, ...]
    integral: tuple[float, ...]

    @classmethod
    def through(cls, surviving: Sequence[float]) -> Self:
        """Return the curve through these shares, which never rise, at `AGES`."""
        cells = zip(pairwise(AGES), pairwise(surviving), strict=True)
        lived = accumulate(((b - a) * _mean(before, after) for (a, b), (before, after) in cells), initial=0.0)
        return cls(tuple(surviving), tuple(lived))

    def at(self, age: float) -> tuple[float, float]:
        """Return S(age), and its integral from 0 to `age` (seconds)."""
        last = AGES[-1]
        if age >= last:
            share = self.surviving[-1] * last / age
            return share, self.integral[-1] + self.surviving[-1] * last * log(age / last)
        cell = cell_of(age)
        before, after = self.surviving[cell], self.surviving[cell + 1]
        part = (age - AGES[cell]) / (AGES[cell + 1] - AGES[cell])
        share = before * (after / before) ** part if after > 0 else before * (1 - part)
        return share, self.integral[cell] + _mean(before, share) * (age - AGES[cell])

    def mean_between(self, youngest: float, oldest: float) -> float:
        """Return the share of the jobs of these ages, in seconds, that still run, if all ages are as frequent."""
        return (self.at(oldest)[1] - self.at(youngest)[1]) / (oldest - youngest)

    def quantile(self, share: float) -> float:
        """Return the age in seconds by which this share of the jobs, at least 0 and below 1, has ended."""
        cell = bisect_right(self.surviving, share - 1, key=lambda surviving: -surviving) - 1
        if cell == len(AGES) - 1:
            return AGES[-1] * self.surviving[-1] / (1 - share)
        before, after = self.surviving[cell], self.surviving[cell + 1]
        return AGES[cell] + (AGES[cell + 1] - AGES[cell]) * (before - 1 + share) / (before - after)


def cell_of(age: float) -> int:
    """Return the index of the last of `AGES` that is not above `age`; beyond them, that of the last cell."""
    return min(bisect_right(AGES, age), len(AGES) - 1) - 1


def fit_curve(lifetimes: Iterable[Lifetime]) -> Curve:
    """Return the curve of a tenant from the lifetimes of its jobs, ended and running.

    In each cell the chance to end is the number of ends divided by the seconds that jobs ran in it, so that running
    jobs count for the time they have run (right-censored; the estimate of Kaplan and Meier, 1958, in cells). An end
    that lies in several cells counts partly in each. The prior is added as `IMAGINARY` jobs.
    """
    ends = [IMAGINARY * (a - b) for a, b in pairwise(PRIOR.surviving)]
    exposure = [IMAGINARY * (b - a) for a, b in pairwise(PRIOR.integral)]
    ended_running = [0.0] * len(AGES)
    for lifetime in map(_bounded, lifetimes):
        for age, sign in ((lifetime.after, 1), (lifetime.since, -1)):
            cell = cell_of(age)
            ended_running[cell] += sign
            exposure[cell] += sign * (min(age, AGES[-1]) - AGES[cell])
        if lifetime.by < AGES[-1]:
            _add_end(lifetime, ends, exposure)
    lived_through = list(accumulate(reversed(ended_running[1:])))[::-1]
    widths = [b - a for a, b in pairwise(AGES)]
    seconds = [more + jobs * width for more, jobs, width in zip(exposure, lived_through, widths, strict=True)]
    surviving = [1.0]
    for cell, width in enumerate(widths):
        near = slice(max(0, cell - NEIGHBOURING_CELLS), cell + NEIGHBOURING_CELLS + 1)
        surviving.append(surviving[-1] * exp(-width * sum(ends[near]) / sum(seconds[near])))
    return Curve.through(surviving)


def _bounded(lifetime: Lifetime) -> Lifetime:
    """Return the lifetime with ages in order from 0 on, whatever the clocks did."""
    after = max(0.0, lifetime.after)
    return Lifetime(after, max(after, lifetime.by), min(max(0.0, lifetime.since), after))


def _add_end(lifetime: Lifetime, ends: list[float], exposure: list[float]) -> None:
    """Spread an end over the cells between its bounds, evenly in the number of cells, with the time run there."""
    first, last = _position(lifetime.after), _position(lifetime.by)
    last = max(last, first + 1e-3)
    for cell in range(int(first), min(int(last), len(ends) - 1) + 1):
        part = (min(last, cell + 1) - max(first, cell)) / (last - first)
        if part <= 0:
            continue
        ends[cell] += part
        start, end = max(lifetime.after, AGES[cell]), min(lifetime.by, AGES[cell + 1])
        still = (last - max(first, cell)) / (last - first)
        exposure[cell] += (end - start) * (still - part / 2)


def _position(age: float) -> float:
    """Return the age in cells, with a fraction."""
    cell = cell_of(age)
    return cell + min(1.0, (age - AGES[cell]) / (AGES[cell + 1] - AGES[cell]))


def _mean(before: float, after: float) -> float:
    """Return the mean of a value that falls exponentially from `before` to `after`."""
    if after <= 0:
        return before / 2
    return before if before - after < 1e-9 * before else (before - after) / log(before / after)


def _prior() -> Curve:
    """Return the curve expected without any data: a start, a constant chance to end up to 40 s, then a heavy tail.

    The first ten seconds, in which a request is still queued, and the tail, in which half of the jobs run on to twice
    any age, are common to all populations that `tests/benchmarks/delay.py` compares.
    """
    cells = (((a + b) / 2, b - a) for a, b in pairwise(AGES))
    shares = [1.0]
    for age, width in cells:
        shares.append(shares[-1] * exp(-width * min(1.0, 0.5 + age / 20) / max(age, 40)))
    return Curve.through(shares)


PRIOR = _prior()
"""The curve of a tenant that has ended no job yet."""


CHEAPEST = 0.07
"""Seconds of delay that a call is worth at least, even if calls are plentiful: at first a call each 2 to 3 s.

With 0.05 the mean delay is up to a fifth shorter, and calls are a sixth more (`tests/benchmarks/virtual.py`).
"""

SHORTEST_INTERVAL_SECONDS = 0.5
"""Shortest seconds between two calls about one job."""

STALENESS_LIMIT = 60.0
"""Seconds after which even a job that is not expected to end is polled again, if the budget allows."""


def expected_delay(curve: Curve, seen: float, age: float) -> float:
    """Return V(a, b): the mean seconds for which a job seen running at age `seen` has been over unnoticed at `age`.

    V(a, b) = E[b - X; a < X <= b | X > a] = (b - a) - (1 / S(a)) times the integral of S from a to b.
    """
    share, lived = curve.at(seen)
    return (age - seen) - (curve.at(age)[1] - lived) / share if share > 0 else age - seen


@dataclass(frozen=True)
class Intervals:
    """Polling intervals: when the expected delay of a job reaches the price of a call.

    `price` is in seconds of delay; `ceiling` is the longest interval in seconds.
    """

    curve: Curve = PRIOR
    price: float = CHEAPEST
    ceiling: float = STALENESS_LIMIT
    gaps: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gaps", _gaps(self.curve, self.price))

    def after(self, age: float) -> float:
        """Return the seconds until a job that was running at `age` (seconds) is polled again."""
        return min(max(self._unbounded(age), SHORTEST_INTERVAL_SECONDS), self.ceiling)

    def _unbounded(self, age: float) -> float:
        if age >= AGES[-1]:
            return sqrt(2 * self.price * age)
        cell = cell_of(age)
        part = (age - AGES[cell]) / (AGES[cell + 1] - AGES[cell])
        return self.gaps[cell] + part * (self.gaps[cell + 1] - self.gaps[cell])


def _gaps(curve: Curve, price: float) -> tuple[float, ...]:
    """Return the interval at each of `AGES`.

    The next call after a later age is never earlier, so one pass over the ages finds all of them. Within
    a cell the square root of the expected delay grows nearly in proportion to time.
    """
    surviving, lived, last = curve.surviving, curve.integral, len(AGES) - 1
    gaps, upper, root = [], 1, sqrt(price)
    for cell, seen in enumerate(AGES):
        share, before = surviving[cell], lived[cell]
        if share <= 0:
            gaps.append(0.0)
            continue
        upper = max(upper, cell + 1)
        while upper <= last and (AGES[upper] - seen) - (lived[upper] - before) / share < price:
            upper += 1
        if upper > last:
            gaps.append(sqrt(2 * price * AGES[-1]) if cell == last else max(AGES[-1] - seen, sqrt(2 * price * seen)))
            continue
        early, late = max(AGES[upper - 1], seen), AGES[upper]
        from_root = sqrt(max(0.0, (early - seen) - (lived[upper - 1] - before) / share)) if early > seen else 0.0
        to_root = sqrt((late - seen) - (lived[upper] - before) / share)
        gaps.append(early + (late - early) * (root - from_root) / (to_root - from_root) - seen)
    return tuple(gaps)
