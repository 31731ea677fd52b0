"""How long to wait before a job is polled again, by its age: a call is worth its price in seconds of delay."""

from dataclasses import dataclass, field
from math import sqrt

from zjobtui.polling.survival import AGES, PRIOR, Curve, cell_of

CHEAPEST = 0.07
"""Seconds of delay that a call is worth at the least, even if calls are plentiful: at first a call each 2 to 3 s.

With 0.05 the mean delay is up to a fifth shorter, and calls are a sixth more (`tests/benchmarks/virtual.py`).
"""

SHORTEST = 0.5
"""Seconds between two calls about one job at the least."""

STALENESS_LIMIT = 60.0
"""Seconds after which even a job of which nothing is expected is polled again, if the budget allows."""


def expected_delay(curve: Curve, seen: float, age: float) -> float:
    """V(a, b): the mean seconds for which a job that was running at age `seen` has been over unnoticed at `age`.

    V(a, b) = E[b - X; a < X <= b | X > a] = (b - a) - (1 / S(a)) times the integral of S from a to b.
    """
    share, lived = curve.at(seen)
    return (age - seen) - (curve.at(age)[1] - lived) / share if share > 0 else age - seen


@dataclass(frozen=True)
class Intervals:
    """When the expected delay of a job reaches the price of a call.

    `price` is in seconds of delay; `ceiling` is the longest interval in seconds.
    """

    curve: Curve = PRIOR
    price: float = CHEAPEST
    ceiling: float = STALENESS_LIMIT
    gaps: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gaps", _gaps(self.curve, self.price))

    def after(self, age: float) -> float:
        """Seconds until a job that was running at `age` (seconds) is polled again."""
        return min(max(self._unbounded(age), SHORTEST), self.ceiling)

    def _unbounded(self, age: float) -> float:
        if age >= AGES[-1]:
            return sqrt(2 * self.price * age)
        cell = cell_of(age)
        part = (age - AGES[cell]) / (AGES[cell + 1] - AGES[cell])
        return self.gaps[cell] + part * (self.gaps[cell + 1] - self.gaps[cell])


def _gaps(curve: Curve, price: float) -> tuple[float, ...]:
    """The interval at each of `AGES`. A later age is followed by a later call, so one pass finds them all.

    Within a cell the square root of the expected delay grows nearly in proportion to time.
    """
    surviving, lived, last = curve.surviving, curve.lived, len(AGES) - 1
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
