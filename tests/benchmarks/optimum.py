"""The optimal inspection schedule, from the true distribution of lives: the floor that other schedules stand beside."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt

from tests.benchmarks.populations import Population

AGES = (0.0, *(0.5 * 1.01**number for number in range(1283)))
"""Ages in seconds that a call may wait for, before it is moved between two of them: up to two days."""


@dataclass(frozen=True)
class Optimum:
    """When to poll next, at a price of a call in seconds of delay.

    For each of `AGES` `jumps` has the number of the age to wait for; where the grid is wider than the best interval,
    `gaps` has that interval in seconds, else 0. `values` are the cost of what is still to come, less the time lived up
    to there.
    """

    running: Callable[[float], float]
    price: float
    jumps: Sequence[int]
    gaps: Sequence[float]
    values: Sequence[float]

    def next_age(self, age: float) -> float:
        """The age in seconds at which to poll again a job that was still running at `age`."""
        if age >= AGES[-1]:
            return age + sqrt(2 * self.price * age)
        cell = bisect_right(AGES, age) - 1
        if self.gaps[cell]:
            return age + self.gaps[cell]
        share = self.running(age) if age > 0 else 1.0

        def cost(at: int) -> float:
            return self.values[at] + share * AGES[at]

        best = min(range(max(self.jumps[cell], cell + 1), self.jumps[cell + 1] + 1), key=cost)
        if best - 1 <= cell or best + 1 == len(AGES):
            return AGES[best]
        near = (best - 1, best, best + 1)
        return _foot([AGES[at] for at in near], [cost(at) for at in near])


def optimum(population: Population, price: float) -> Optimum:
    """The optimal schedule (Barlow, Hunter and Proschan, 1963) by dynamic programming, backwards over `AGES`.

    With S(t) the share still running and L(t) the mean time lived up to t, a call at t and the next at s cost
    V(t) = price S(t) + (s-t) S(t) - (L(s)-L(t)) + V(s). So s has the least V(s) - L(s) + s S(t), and as S falls it only
    moves on: the search for t ends where that of the next age did. Where cells are wider than the best gap g, calls at
    every g cost price (dL/g + dS/2) + g dS/2. What comes after the last age is left out.
    """
    shares = [1.0, *(max(population.running(age), 1e-12) for age in AGES[1:])]
    times = [(b - a) * _mean(*ends) for (a, b), ends in zip(pairwise(AGES), pairwise(shares), strict=True)]
    last = len(AGES) - 1
    jumps, gaps, values = [last] * (last + 1), [0.0] * last, [0.0] * (last + 1)
    values[last] = -sum(times)
    for cell in range(last - 1, -1, -1):
        age, share, width = AGES[cell], shares[cell], AGES[cell + 1] - AGES[cell]
        costs = [values[at] + share * AGES[at] for at in range(cell + 1, jumps[cell + 1] + 1)]
        least = min(costs)
        jumps[cell] = cell + 1 + costs.index(least)
        values[cell] = (price - age) * share + least
        ended = share - shares[cell + 1]
        gap = sqrt(2 * price * times[cell] / ended) if ended else 0.0
        if 0 < gap < width:
            gaps[cell] = gap
            values[cell] = values[cell + 1] + times[cell] + price * times[cell] / gap + (price + gap) * ended / 2
    return Optimum(population.running, price, jumps, gaps, values)


def _mean(before: float, after: float) -> float:
    """The mean of what falls exponentially from one to the other."""
    return before if before - after < 1e-9 * before else (before - after) / log(before / after)


def _foot(at: Sequence[float], cost: Sequence[float]) -> float:
    """Where the parabola through three points, the middle one not above the others, is lowest."""
    left = (cost[1] - cost[0]) / (at[1] - at[0])
    right = (cost[2] - cost[1]) / (at[2] - at[1])
    if right <= left:
        return at[1]
    foot = (at[0] + at[1]) / 2 - left * (at[2] - at[0]) / (2 * (right - left))
    return min(max(foot, at[0]), at[2])
