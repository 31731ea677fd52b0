"""Fit of how long jobs run: what share of them runs longer than an age, beyond the ages that were seen, too."""

from bisect import bisect_right
from collections.abc import Sequence
from math import erfc, exp, log, pi, sqrt
from operator import itemgetter
from typing import Self

from msgspec import Struct

from zjobtui.models.duration_stats import RunTime, survival_steps

_PRIOR_WEIGHT, _PRIOR_SPREAD = 4.0, 0.9
"""Imaginary jobs, and the standard deviation of their logarithmic run times, that keep the fit of a few jobs sane."""

_ROUNDS, _PRECISE = 50, 1e-6
"""Most steps of Newton's method, and the relative step at which it ends; usually after ten."""


class RunTimeFit(Struct, frozen=True):
    """The share of jobs that run longer than an age, learned from jobs of which `ended` were seen to end.

    Up to the last of `steps` it is the estimate of Kaplan and Meier (1958), in which running jobs count for the time
    they have run; beyond, it falls as the log-normal distribution with the greatest likelihood does.
    """

    steps: tuple[tuple[float, float], ...]
    """Ages in seconds, and the share that runs on beyond each."""
    mean: float
    spread: float
    ended: int

    @classmethod
    def learn(cls, times: Sequence[RunTime], early: Sequence[float] = ()) -> Self:
        """Return the fit of these run times, at least `FEWEST` of which have an end.

        `early` are the ages in seconds at which further jobs were found ended that were never seen running. They say
        nothing about jobs that run on, but without them the distribution would seem narrower than it is.
        """
        steps = tuple(step for step in survival_steps(times) if step[1] > 0)
        mean, spread = _fit_log_normal(times, early)
        return cls(steps, mean, spread, sum(time.end is not None for time in times))

    def share(self, age: float) -> float:
        """Return the share of jobs that run longer than `age` seconds."""
        index = bisect_right(self.steps, age, key=itemgetter(0)) - 1
        if index < len(self.steps) - 1:
            return self.steps[index][1] if index >= 0 else 1.0
        last, share = self.steps[-1]
        before, after = self._tail(last), self._tail(age)
        return share * (after / before if before > 0 else last / age)

    def _tail(self, age: float) -> float:
        return 0.5 * erfc((log(age) - self.mean) / (self.spread * sqrt(2))) if age > 0 else 1.0


def _fit_log_normal(times: Sequence[RunTime], early: Sequence[float]) -> tuple[float, float]:
    """Return mean and standard deviation of the logarithm of run times, by the greatest likelihood.

    In the parameters 1 / deviation (`slope`) and mean / deviation (`offset`) the likelihood has a single maximum even
    if of some jobs only a bound is known (Olsen 1978), which Newton's method finds.
    """
    ended = [_log(time.end) for time in times if time.end is not None]
    shift = sum(ended) / len(ended)
    bounds = [(_log(time.after) - shift, 1.0) for time in times if time.end is None]
    bounds += [(_log(end) - shift, -1.0) for end in early]
    slope, offset, weight = 1 / _PRIOR_SPREAD, 0.0, _PRIOR_WEIGHT + len(ended)
    for _ in range(_ROUNDS):
        gradient, bend = [weight / slope - _PRIOR_WEIGHT * _PRIOR_SPREAD, 0.0], [-weight / slope**2, 0.0, 0.0]
        for value in ended:
            y = value - shift
            _add(gradient, bend, y, -(slope * y - offset), 1.0)
        for y, sign in bounds:  # 1: runs longer than that, -1: ended before
            z = sign * (slope * y - offset)
            hazard = _hazard(z)
            _add(gradient, bend, y, -sign * hazard, hazard * (hazard - z))
        determinant = bend[0] * bend[2] - bend[1] ** 2
        step_slope = (bend[2] * gradient[0] - bend[1] * gradient[1]) / determinant
        step_offset = (bend[0] * gradient[1] - bend[1] * gradient[0]) / determinant
        factor = 1.0
        while slope - factor * step_slope <= slope / 4:
            factor /= 2
        slope, offset = slope - factor * step_slope, offset - factor * step_offset
        if max(abs(step_slope) / slope, abs(step_offset)) < _PRECISE:
            break
    return offset / slope + shift, 1 / slope


def _add(gradient: list[float], bend: list[float], y: float, first: float, second: float) -> None:
    """Add the derivatives of a term in slope * y - offset, with these derivatives; the second one is negative."""
    gradient[0] += first * y
    gradient[1] -= first
    bend[0] -= second * y * y
    bend[1] += second * y
    bend[2] -= second


def _log(seconds: float) -> float:
    return log(max(seconds, 0.1))


def _hazard(z: float) -> float:
    """Return the hazard of the standard normal distribution at `z`."""
    if z > 30:
        return z + 1 / z
    return sqrt(2 / pi) * exp(-z * z / 2) / erfc(z / sqrt(2))
