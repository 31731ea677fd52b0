"""How long jobs take, learnt as a survival curve from what polling saw; knows no clock, no job and no schedule."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import exp, inf, lgamma, log, log2
from operator import mul, sub
from typing import NamedTuple, Self

YOUNGEST, OLDEST, STEP = 0.5, 172_800.0, 1.05
AGES = (0.0, *(YOUNGEST * STEP**number for number in range(1 + round(log(OLDEST / YOUNGEST) / log(STEP)))))
"""The geometric grid of ages, in seconds, that everything is learnt and planned on."""

MEMORY = 200
"""Ended jobs that are learnt from at most: enough for the schedule, few enough to follow a tenant that changes."""

_ROUNDS, _STILL = 40, 0.0005
_NARROW = 0.55
"""The kernel, as a part of Silverman's rule: that is for one hump, and durations may well have two."""

_WIDEST = 2.0
"""How much wider it grows where jobs are few, so that a handful of stuck jobs does not smear over all ages before."""

_BELIEF = 0.05
"""Jobs that are believed to follow the prior at any age (the beta process of Hjort, 1990), however much was seen: where
few jobs are left, a chance gap between their ends must not pass for an age at which none ends."""

_CHANGED = log(1000)
_DOUBLINGS = 14


class Lifetime(NamedTuple):
    """The ages in seconds between which a job ended: still running at `after`, ended by `by` (inf: not yet)."""

    after: float
    by: float = inf


@dataclass(frozen=True, slots=True)
class Curve:
    """The share of jobs still running at each of `ages`, and the mean time in seconds that jobs lived up to there.

    Between two ages the chance to end is constant; beyond the last one, half of the jobs live on to twice any age.
    """

    ages: tuple[float, ...]
    running: tuple[float, ...]
    lived: tuple[float, ...]

    @classmethod
    def through(cls, ages: Sequence[float], running: Sequence[float]) -> Self:
        """The curve through shares that never rise, at ages that rise from zero."""
        cells = zip(pairwise(ages), pairwise(running), strict=True)
        lived = accumulate((_mean(before, after) * (b - a) for (a, b), (before, after) in cells), initial=0.0)
        return cls(tuple(ages), tuple(running), tuple(lived))

    def cell(self, age: float) -> int:
        """The number of the last grid age that is not beyond `age`; for what lies past the grid, of the last cell."""
        return min(bisect_right(self.ages, age), len(self.ages) - 1) - 1

    def at(self, age: float) -> tuple[float, float]:
        """The share still running at `age` seconds, and the mean time lived up to there."""
        last = self.ages[-1]
        if age >= last:
            return self.running[-1] * last / age, self.lived[-1] + self.running[-1] * last * log(age / last)
        cell = self.cell(age)
        before, after = self.running[cell], self.running[cell + 1]
        part = (age - self.ages[cell]) / (self.ages[cell + 1] - self.ages[cell])
        share = before * exp(part * log(after / before)) if after else before * (1 - part)
        return share, self.lived[cell] + _mean(before, share) * (age - self.ages[cell])

    def quantile(self, share: float) -> float:
        """The age in seconds by which this share of the jobs, at least 0 and below 1, has ended."""
        cell = bisect_right(self.running, share - 1, key=lambda running: -running) - 1
        if cell == len(self.ages) - 1:
            return self.ages[-1] * self.running[-1] / (1 - share)
        before, after = self.running[cell], self.running[cell + 1]
        return self.ages[cell] + (self.ages[cell + 1] - self.ages[cell]) * (before - 1 + share) / (before - after)


def learn(ended: Sequence[Lifetime], running: Iterable[float] = ()) -> Curve:
    """The curve of a tenant, from its ended jobs in the order in which they ended and the ages of those still running.

    Ends lie somewhere between two calls and running jobs are right-censored, so shares are found self-consistently
    (Turnbull, 1976) with the product limit (Kaplan and Meier, 1958), smoothed between rounds (the EMS of Silverman,
    Jones, Wilson and Nychka, 1990) by a kernel in log age that is wider where jobs are few (Abramson, 1982). The prior
    counts as pseudo-observations that fade from 21 to 2. A job that had ended when it was first asked about tells
    nothing: leave it out.
    """
    spans = [_span(lifetime) for lifetime in recent(ended[-MEMORY:])]
    survivors = _outlived(running)
    doubt = 1 + 200 / (10 + len(spans))
    pseudo = [doubt * share for share in _shares(PRIOR)]
    curve = PRIOR
    for _ in range(_ROUNDS):
        widths = _widths(curve, len(spans))
        seen = _spread(_spread(_apportioned(spans, _shares(curve)), widths), widths)
        before = curve
        curve = _product_limit([mass + more for mass, more in zip(seen, pseudo, strict=True)], survivors)
        if max(map(abs, map(sub, curve.running, before.running))) < _STILL:
            break
    return curve


def recent(ended: Sequence[Lifetime]) -> Sequence[Lifetime]:
    """The latest jobs, back to where the tenant last changed, if it did.

    A change is where two histograms on doubling ages, each with its own Dirichlet prior, are `_CHANGED` times likelier
    than one (the Bayes factor). A few surprising jobs are enough to drop a history that has become wrong.
    """
    counts = [_coarse(lifetime) for lifetime in ended]
    later = [0.0] * _DOUBLINGS
    earlier = [sum(column) for column in zip(later, *counts, strict=True)]
    together, best, start = _evidence(earlier), _CHANGED, 0
    for place in range(len(ended) - 1, 0, -1):
        later = [a + b for a, b in zip(later, counts[place], strict=True)]
        earlier = [a - b for a, b in zip(earlier, counts[place], strict=True)]
        gain = _evidence(earlier) + _evidence(later) - together
        if gain > best:
            best, start = gain, place
    return ended[start:]


def _mean(before: float, after: float) -> float:
    """The mean of what falls exponentially from one to the other."""
    if after <= 0:
        return before / 2
    return before if before - after < 1e-9 * before else (before - after) / log(before / after)


def _position(age: float) -> float:
    """The age in cells of the grid, with a fraction; what lies past the grid is the last cell."""
    if age < YOUNGEST:
        return max(0.0, age / YOUNGEST)
    return min(len(AGES) - 0.01, 1 + log(min(age, 2 * OLDEST) / YOUNGEST) / log(STEP))


def _span(lifetime: Lifetime) -> tuple[float, float]:
    after = _position(lifetime.after)
    return after, max(_position(lifetime.by), after + 0.001)


def _apportioned(spans: Iterable[tuple[float, float]], shares: Sequence[float]) -> list[float]:
    """Each end, shared out over the cells in which it may lie, as the shares suggest (the E step)."""
    below = [0.0, *accumulate(shares)]
    steps = [0.0] * (len(shares) + 2)
    for after, by in spans:
        first, last = int(after), int(by)
        mass = below[last] - below[first] + (by - last) * shares[last] - (after - first) * shares[first]
        _lay(steps, after, by, 1 / mass)
    return [share * weight for share, weight in zip(shares, accumulate(steps), strict=False)]


def _lay(steps: list[float], start: float, end: float, height: float) -> None:
    """Adds a block from `start` to `end`, in cells, to the steps between cells; their running sum is the blocks."""
    for edge, step in ((start, height), (end, -height)):
        cell = int(edge)
        part = edge - cell
        steps[cell] += step * (1 - part)
        steps[cell + 1] += step * part


def _widths(curve: Curve, count: int) -> list[float]:
    """The kernel's width at each cell, in cells: Silverman's rule of thumb, times Abramson's square root law."""
    quartiles = log(curve.quantile(0.75) / curve.quantile(0.25)) / log(STEP)
    width = _NARROW * quartiles / 1.349 * max(count, 1) ** -0.2 / 2**0.5
    shares = [max(share, 1e-12) for share in _shares(curve)]
    typical = exp(sum(share * log(share) for share in shares))
    return [width * min(_WIDEST, max(1.0, (typical / share) ** 0.5)) for share in shares]


def _spread(masses: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Every cell's mass, spread evenly around it over a block of that standard deviation."""
    steps = [0.0] * (len(masses) + 2)
    for cell, (mass, width) in enumerate(zip(masses, widths, strict=True)):
        reach = (0.25 + 3 * width * width) ** 0.5
        start, end = max(0.0, cell + 0.5 - reach), min(len(masses) - 0.01, cell + 0.5 + reach)
        _lay(steps, start, end, mass / (end - start))
    return list(accumulate(steps[: len(masses)]))


def _outlived(running: Iterable[float]) -> list[int]:
    """How many of the running jobs have outlived each cell."""
    cells = Counter(int(_position(age)) for age in running)
    outlived = accumulate(cells[cell] for cell in range(len(AGES) - 1, 0, -1))
    return list(outlived)[::-1]


def _product_limit(masses: Sequence[float], survivors: Sequence[int]) -> Curve:
    """The curve of ends (their mass in each cell, the last one past the grid) among jobs of which some still run."""
    running = [1.0]
    at_risk = list(accumulate(reversed(masses)))[::-1]
    for ended, rest, outlived, (before, after) in zip(
        masses, at_risk, survivors, pairwise(PRIOR.running), strict=False
    ):
        expected = _BELIEF * (1 - after / before)
        running.append(running[-1] * (1 - (ended + expected) / (rest + outlived + _BELIEF)))
    return Curve.through(AGES, running)


def _shares(curve: Curve) -> list[float]:
    """The share of jobs that end in each cell, and at last of those that end past the grid."""
    return [a - b for a, b in pairwise((*curve.running, 0.0))]


def _coarse(lifetime: Lifetime) -> list[float]:
    """The end as parts of one in cells of doubling ages, spread evenly in log age over where it may lie."""
    after, by = (min(log2(max(1.0, age)), _DOUBLINGS - 0.1) for age in lifetime)
    by = max(by, after + 0.01)
    return [max(0.0, min(by, cell + 1) - max(after, cell)) / (by - after) for cell in range(_DOUBLINGS)]


def _evidence(counts: Sequence[float]) -> float:
    """The log of how likely the counts are under any histogram (Dirichlet with Jeffreys's half a count a cell)."""
    cells = sum(lgamma(count + 0.5) - lgamma(0.5) for count in counts)
    return cells + lgamma(0.5 * len(counts)) - lgamma(sum(counts) + 0.5 * len(counts))


def _prior() -> Curve:
    """Jobs of which nothing is known: a start, then a steady chance to end up to 40 s, then a heavy tail.

    A steady chance makes a steady interval, so this is never worse than one; the first ten seconds, in which a request
    still queues, and the Pareto tail are where it gains (measured by tests/benchmarks/delay.py).
    """
    middles = [((a + b) / 2, b - a) for a, b in pairwise(AGES)]
    falls = (exp(-width * min(1.0, 0.5 + age / 20) / max(age, 40)) for age, width in middles)
    return Curve.through(AGES, list(accumulate(falls, mul, initial=1.0)))


PRIOR = _prior()
"""What is expected of a tenant that has ended no job yet."""
