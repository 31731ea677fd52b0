"""Fit of how long jobs run after they were added: what share of them runs longer than an age, beyond all seen ages."""

from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum, auto
from math import erfc, exp, log, pi, sqrt
from typing import Self

from msgspec import Struct

from zjobtui.models.duration_stats import RunTime


class Lives(Enum):
    """A kind of distribution of how long jobs run; its size is a median, a scale, or the longest life."""

    LOG_NORMAL = auto()
    WEIBULL = auto()
    UNIFORM = auto()


class Shape(Struct, frozen=True):
    """A family of distributions of lives with one free parameter, their size, and how likely it is beforehand, of 1.

    `spread` is the standard deviation of the logarithm of log-normal lives, or the reciprocal of the exponent of
    Weibull lives (with 1.0 they are exponential). `head_start` is how long the jobs had been running when they were
    added, as a multiple of the size.
    """

    prior: float
    spread: float = 1.0
    head_start: float = 0.0
    lives: Lives = Lives.LOG_NORMAL


SHAPES = (
    Shape(0.19, spread=0.45),
    Shape(0.10, spread=0.6),
    Shape(0.12, spread=1.0),
    Shape(0.06, spread=0.45, head_start=0.3),
    Shape(0.11, spread=0.6, head_start=0.3),
    Shape(0.08, spread=1.0, head_start=0.3),
    Shape(0.05, spread=0.45, head_start=1.0),
    Shape(0.03, spread=0.8, head_start=1.0),
    Shape(0.13, spread=0.7, lives=Lives.WEIBULL),
    Shape(0.11, spread=1.0, lives=Lives.WEIBULL),
    Shape(0.01, lives=Lives.UNIFORM),
    Shape(0.01, lives=Lives.UNIFORM, head_start=0.3),
)
"""The shapes that are considered.

The first third of a batch does not tell how the rest will run, so the prior likelihoods decide. They were chosen so
that estimates are near the truth for the simulator and for log-normal and exponential lives, as in
`tests/models/test_batches.py`, with other seeds. Jobs that end at a constant rate to the last one, as those of a host
that always works on the same number, have uniform lives; until most of them have ended, they look like others, and end
up to three times earlier than estimated.
"""

_SOFT_END, _FALL = -0.02, 50.0
"""Logarithm of the share of the longest uniform life from which on few jobs run, and how fast their number falls then.

So no life is impossible.
"""

MOST_RUNS = 400
"""A greater number of runs counts as this: no shape is exactly true, yet so many would leave only one of them."""

_AROUND = (-1.5, -0.75, 0.0, 0.75, 1.5)
"""Standard errors around the most likely size of a shape of which the sizes are considered, too."""

_NEGLIGIBLE = -6.0
"""Logarithm of the share of the greatest likelihood below which a distribution is left out."""

BINS, SHORTEST = 16, 0.5
"""Bins of ages by factor e, and the least age in seconds."""

_ROUNDS, _GOLDEN = 16, (sqrt(5) - 1) / 2
"""Steps of the search for the most likely size, each of which leaves this share of the interval."""

_LARGEST = 700.0
"""A number whose exponential a float can hold."""

_FAR = 8.0
"""Standard deviations beyond which the normal distribution is approximated."""


class WatchedRun(Struct, frozen=True):
    """How long a job ran after it was added, and the age `since` in seconds from which an end would have been seen."""

    time: RunTime
    since: float = 0.0

    @property
    def is_informative(self) -> bool:
        """Whether the job was running at the age `since`, and is known to have run on."""
        return self.time.age > self.since


class LifeModel(Struct, frozen=True):
    """Lives of one shape and size: `log_size` is the logarithm of their median, or scale, in seconds.

    `weight` is how likely they are, of 1.
    """

    weight: float
    shape: Shape
    log_size: float

    @property
    def head_start(self) -> float:
        """How long the jobs had been running when they were added, in seconds."""
        return self.shape.head_start * exp(self.log_size)

    def log_share(self, age: float) -> float:
        """Return the logarithm of the share that runs on beyond the age in seconds, up to a constant."""
        life = age + self.head_start
        if life <= 0:
            return 0.0
        z = (log(life) - self.log_size) / self.shape.spread
        match self.shape.lives:
            case Lives.LOG_NORMAL:
                return _log_tail(z)
            case Lives.WEIBULL:
                return -_exp(z)
            case Lives.UNIFORM:
                return log(1 - exp(min(z, _SOFT_END))) - _FALL * max(0.0, z - _SOFT_END)

    def log_density(self, age: float) -> float:
        """Return the logarithm of the share that ends at this age, for each unit of its logarithm, up to a constant."""
        life = log(age + self.head_start)
        z = (life - self.log_size) / self.shape.spread
        return self._log_density_of(z) - life - log(self.shape.spread)

    def _log_density_of(self, z: float) -> float:
        match self.shape.lives:
            case Lives.LOG_NORMAL:
                return -z * z / 2 - log(sqrt(2 * pi))
            case Lives.WEIBULL:
                return z - _exp(z)
            case Lives.UNIFORM if z < _SOFT_END:
                return z
            case Lives.UNIFORM:
                return log(_FALL * (1 - exp(_SOFT_END))) - _FALL * (z - _SOFT_END)


class RunTimeFit(Struct, frozen=True):
    """Distributions of run times with their likelihood; a time is estimated from all of them (Bayesian average).

    One distribution would not do: the first ends of a batch tell little about its shape. Jobs that ran before they were
    added end at a nearly constant rate, which a log-normal distribution of their times since then continues much too
    far.
    """

    models: tuple[LifeModel, ...]

    @classmethod
    def learn(cls, runs: Sequence[WatchedRun]) -> Self:
        """Return the fit of these runs; `FEWEST` of them at least should have an end.

        Each counts only from the age `since` on (delayed entry): of jobs that had ended before, nobody knows whether
        they ended before they were added, and how long they ran.
        """
        known = [run for run in runs if run.is_informative]
        ends = Counter(binned(run.time.end) for run in known if run.time.end is not None)
        ages = Counter(binned(run.time.after) for run in known if run.time.end is None)
        since = Counter(binned(run.since) if run.since > 0 else 0.0 for run in known)
        trust = min(1.0, MOST_RUNS / max(1, len(known)))
        middle = log(max((*ends, *ages), default=1.0))
        found: list[tuple[float, LifeModel]] = []
        for shape in SHAPES:

            def likelihood(log_size: float, shape: Shape = shape) -> float:
                return trust * _log_likelihood(LifeModel(0.0, shape, log_size), ends, ages, since)

            best = _maximum(likelihood, middle - 4 * shape.spread, middle + 5 * shape.spread + 1)
            error = _standard_error(likelihood, best, shape.spread)
            for log_size in (best + place * error for place in _AROUND):
                weight = likelihood(log_size) + log(error * shape.prior)
                found.append((weight, LifeModel(0.0, shape, log_size)))
        greatest = max(weight for weight, _ in found)
        kept = [(exp(weight - greatest), model) for weight, model in found if weight - greatest > _NEGLIGIBLE]
        total = sum(weight for weight, _ in kept)
        return cls(tuple(LifeModel(weight / total, model.shape, model.log_size) for weight, model in kept))


def _log_likelihood(model: LifeModel, ends: Counter[float], ages: Counter[float], since: Counter[float]) -> float:
    """Return the logarithm of the likelihood of ends, of running jobs at ages, all seen since an age, up to a constant.

    Each is a number of jobs by age in seconds.
    """
    value = 0.0
    for age, number in ends.items():
        value += number * model.log_density(age)
    for age, number in ages.items():
        value += number * model.log_share(age)
    for age, number in since.items():
        value -= number * model.log_share(age)
    return value


def binned(seconds: float, bins: float = BINS) -> float:
    """Return the middle of the bin of a time in seconds, by which likelihoods are calculated: by default within 4 %.

    There are so many bins by factor e.
    """
    return exp(round(bins * log(max(seconds, SHORTEST))) / bins)


def _maximum(value: Callable[[float], float], low: float, high: float) -> float:
    """Return where between two numbers the value is greatest."""
    for _ in range(_ROUNDS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if value(left) < value(right):
            low = left
        else:
            high = right
    return (low + high) / 2


def _standard_error(likelihood: Callable[[float], float], best: float, spread: float) -> float:
    """Return the standard error of the size's logarithm by the curvature at the maximum, at most two spreads."""
    step = spread / 20
    bend = (2 * likelihood(best) - likelihood(best - step) - likelihood(best + step)) / step**2
    return min(1 / sqrt(bend), 2 * spread) if bend > 0 else 2 * spread


def _log_tail(z: float) -> float:
    """Return the logarithm of the share of a standard normal distribution above `z`."""
    return log(0.5 * erfc(z / sqrt(2))) if z < _FAR else -z * z / 2 - log(z * sqrt(2 * pi))


def _exp(z: float) -> float:
    """Return the exponential of `z`, or that of the greatest number that has one."""
    return exp(min(z, _LARGEST))
