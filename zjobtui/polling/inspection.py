"""When to ask about a job so that calls and delay cost least, given how long jobs take; knows no clock, no budget."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log, sqrt
from typing import NamedTuple

from zjobtui.polling.durations import Curve

CHEAPEST = 0.25
"""Seconds of delay that a call is worth at the least, however large the budget: about 5 s between calls at first."""

_DEAREST = 1e9
_HALVINGS = 16


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds between two calls about one job: at least `floor`, at most `ceiling`, the limit of staleness."""

    floor: float = 2.0
    ceiling: float = 60.0

    def hold(self, gap: float) -> float:
        """The gap, within the bounds."""
        return min(max(gap, self.floor), self.ceiling)


USUAL = Bounds()
UNBOUNDED = Bounds(0.0, inf)


class Cost(NamedTuple):
    """What a schedule costs for one job in the mean: calls, and seconds from its end to the call that sees it."""

    calls: float
    delay: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """The cheapest times to ask at, for one curve and one price of a call (seconds of delay that it is worth).

    For each age of the curve's grid `jumps` has the number of the age to wait for; where the grid is wider than the
    best gap, `gaps` has that gap in seconds, else 0. `values` are the cost of what is still to come, less the time
    lived up to there.
    """

    curve: Curve
    price: float
    bounds: Bounds
    jumps: tuple[int, ...]
    gaps: tuple[float, ...]
    values: tuple[float, ...]

    def next_age(self, age: float) -> float:
        """The age in seconds at which to ask again about a job that was still running at `age`."""
        if age >= self.curve.ages[-1]:
            return age + _tail_gap(self.price, age, self.bounds)
        cell = self.curve.cell(age)
        return age + self.bounds.hold(self.gaps[cell] or self._best(cell, age) - age)

    def _best(self, cell: int, age: float) -> float:
        """The best age of the grid to wait for, moved to the foot of the parabola through its neighbours."""
        ages, running = self.curve.ages, self.curve.at(age)[0]
        first, last = self.jumps[cell], self.jumps[cell + 1]
        best = min(range(first, last + 1), key=lambda at: self.values[at] + running * ages[at])
        if best - 1 <= cell or best + 1 == len(ages):
            return ages[best]
        near = range(best - 1, best + 2)
        return _foot([ages[at] for at in near], [self.values[at] + running * ages[at] for at in near])


def plan(curve: Curve, price: float, bounds: Bounds = USUAL) -> Schedule:
    """The optimal inspection schedule (Barlow, Hunter and Proschan, 1963), backwards over the curve's ages.

    With S(t) the share still running and L(t) the time lived up to t, a call at t and the next at s cost
    V(t) = price S(t) + (s-t) S(t) - (L(s)-L(t)) + V(s). So s has the least V(s) - L(s) + s S(t), and as S falls it only
    moves on: the search for t ends where the next age's did. Where cells are wider than the best gap g, calls at every
    g cost price (dL/g + dS/2) + g dS/2. What comes after the last age is left out.
    """
    ages, running, lived = curve.ages, curve.running, curve.lived
    last = len(ages) - 1
    jumps, gaps, values = [last] * (last + 1), [0.0] * last, [0.0] * (last + 1)
    values[last] = -lived[last]
    for cell in range(last - 1, -1, -1):
        age, share, width = ages[cell], running[cell], ages[cell + 1] - ages[cell]
        first = min(max(bisect_left(ages, age + bounds.floor), cell + 1), jumps[cell + 1])
        end = max(min(bisect_right(ages, age + bounds.ceiling) - 1, jumps[cell + 1]), first)
        jumps[cell] = min(range(first, end + 1), key=lambda at: values[at] + share * ages[at])
        values[cell] = (price - age) * share + values[jumps[cell]] + share * ages[jumps[cell]]
        ended, spent = share - running[cell + 1], lived[cell + 1] - lived[cell]
        gap = bounds.hold(sqrt(2 * price * spent / ended) if ended else inf)
        if 0 < gap < width:
            gaps[cell] = gap
            values[cell] = values[cell + 1] + spent + price * spent / gap + (price + gap) * ended / 2
    return Schedule(curve, price, bounds, tuple(jumps), tuple(gaps), tuple(values))


def cost(schedule: Schedule, truth: Curve | None = None) -> Cost:
    """Mean calls and delay of a schedule for one job, by its own curve or by another one that is the truth.

    What becomes of one job in a billion, or past the curve's ages, is left out.
    """
    curve = truth or schedule.curve
    age = calls = delay = 0.0
    running, lived = 1.0, 0.0
    while running > 1e-9 and age < curve.ages[-1]:
        then = schedule.next_age(age)
        share, time = curve.at(then)
        calls += running
        delay += (then - age) * running - (time - lived)
        age, running, lived = then, share, time
    return Cost(calls, delay)


def call_rate(schedule: Schedule, ages: Iterable[float]) -> float:
    """Calls per second that jobs of these ages, all still running, make in the mean over the time ahead of them.

    For each, that is up to the first call after its age has doubled and a minute has passed: soon enough to be the rate
    of now, long enough to see past the next call.
    """
    cells = Counter(map(schedule.curve.cell, ages))
    return sum(jobs * _rate_from(schedule, cell) for cell, jobs in cells.items())


def fit(curve: Curve, ages: Iterable[float], rate: float, bounds: Bounds = USUAL) -> Schedule:
    """The schedule at the lowest price, not under `CHEAPEST`, at which running jobs of these ages keep to `rate`.

    `rate` is in calls per second, above zero. Where it is too low for the ceiling, that is lifted so far that half of
    the calls keep to it; the other half goes where ends are likely.
    """
    ages = list(ages)
    if len(ages) > rate * bounds.ceiling:
        bounds = replace(bounds, ceiling=2 * len(ages) / rate)
    low, high = log(CHEAPEST), log(_DEAREST)
    schedule = plan(curve, CHEAPEST, bounds)
    if call_rate(schedule, ages) <= rate:
        return schedule
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if call_rate(plan(curve, exp(middle), bounds), ages) > rate:
            low = middle
        else:
            high = middle
    return plan(curve, exp(high), bounds)


def _rate_from(schedule: Schedule, cell: int) -> float:
    """Calls over the time for which the job is watched, which is up to the call that sees its end."""
    curve, gaps = schedule.curve, schedule.gaps
    end = min(2 * curve.ages[cell] + 60, curve.ages[-1])
    at, calls, watched = cell, 0.0, 0.0
    while curve.ages[at] < end:
        then = at + 1 if gaps[at] else schedule.jumps[at]
        if gaps[at]:
            time = curve.lived[then] - curve.lived[at]
            calls += time / gaps[at]
        else:
            time = curve.running[at] * schedule.bounds.hold(curve.ages[then] - curve.ages[at])
            calls += curve.running[at]
        watched += time
        at = then
    return calls / watched


def _tail_gap(price: float, age: float, bounds: Bounds) -> float:
    return bounds.hold(sqrt(2 * price * age))


def _foot(at: Sequence[float], cost: Sequence[float]) -> float:
    """Where the parabola through three points, the middle one not above the others, is lowest."""
    left = (cost[1] - cost[0]) / (at[1] - at[0])
    right = (cost[2] - cost[1]) / (at[2] - at[1])
    if right <= left:
        return at[1]
    foot = (at[0] + at[1]) / 2 - left * (at[2] - at[0]) / (2 * (right - left))
    return min(max(foot, at[0]), at[2])
