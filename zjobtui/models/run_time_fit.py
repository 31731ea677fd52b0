"""Fit of how long jobs run after they were added: what share of them runs longer than an age, beyond all seen ages."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import erfc, exp, log, pi, sqrt
from typing import Self

from msgspec import Struct

from zjobtui.models.duration_stats import RunTime

_SPREADS = (0.3, 0.45, 0.6, 0.8, 1.0, 1.4)
"""Standard deviations of the logarithm of the lives that are considered."""

_USUAL_SPREAD, _FACTOR = 0.65, 0.3
"""The most likely of them before any job has ended, and how much less likely others are: log-normally with this."""

_HEAD_STARTS = ((0.0, 0.3), (0.1, 0.175), (0.3, 0.175), (1.0, 0.175), (3.0, 0.175))
"""How long the jobs had been running when they were added, in median lives, and how likely that is beforehand."""

_AROUND = (-1.5, -0.75, 0.0, 0.75, 1.5)
"""Standard errors around the most likely median of which the medians are considered, too."""

_NEGLIGIBLE = -6.0
"""Logarithm of the share of the greatest likelihood below which a distribution is left out."""

_BINS, _SHORTEST = 16, 0.5
"""Bins of ages by factor e, and the least age in seconds."""

_ROUNDS, _GOLDEN = 16, (sqrt(5) - 1) / 2
"""Steps of the search for the most likely median, each of which leaves this share of the interval."""

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
    """Jobs with log-normal lives that had been running for `head_start` seconds when they were added.

    `mean` and `spread` are those of the logarithm of their lives in seconds; `weight` is how likely they are, of 1.
    """

    weight: float
    head_start: float
    mean: float
    spread: float

    def log_share(self, age: float) -> float:
        """Return the logarithm of the share that runs on beyond the age in seconds, up to a constant."""
        life = age + self.head_start
        return _log_tail((log(life) - self.mean) / self.spread) if life > 0 else 0.0


class RunTimeFit(Struct, frozen=True):
    """Distributions of run times with their likelihood; a time is estimated from all of them (Bayesian average).

    One log-normal distribution would not do: the first ends of a batch tell little about the shape. Jobs that ran
    before they were added end at a nearly constant rate, which a log-normal distribution of their times since then
    continues much too far.
    """

    models: tuple[LifeModel, ...]

    @classmethod
    def learn(cls, runs: Sequence[WatchedRun]) -> Self:
        """Return the fit of these runs; `FEWEST` of them at least should have an end.

        Each counts only from the age `since` on (delayed entry): of jobs that had ended before, nobody knows whether
        they ended before they were added, and how long they ran.
        """
        known = [run for run in runs if run.is_informative]
        ends = Counter(_binned(run.time.end) for run in known if run.time.end is not None)
        ages = Counter(_binned(run.time.after) for run in known if run.time.end is None)
        since = Counter(_binned(run.since) if run.since > 0 else 0.0 for run in known)
        middle = log(max((*ends, *ages), default=1.0))
        found: list[tuple[float, LifeModel]] = []
        for medians, prior in _HEAD_STARTS:
            for spread in _SPREADS:
                chance = log(prior) - ((log(spread / _USUAL_SPREAD)) / _FACTOR) ** 2 / 2

                def likelihood(mean: float, medians: float = medians, spread: float = spread) -> float:
                    return _log_likelihood(LifeModel(0.0, medians * exp(mean), mean, spread), ends, ages, since)

                best = _maximum(likelihood, middle - 4 * spread, middle + 5 * spread + 1)
                error = _standard_error(likelihood, best, spread)
                for mean in (best + place * error for place in _AROUND):
                    weight = likelihood(mean) + log(error) + chance
                    found.append((weight, LifeModel(0.0, medians * exp(mean), mean, spread)))
        greatest = max(weight for weight, _ in found)
        kept = [(exp(weight - greatest), model) for weight, model in found if weight - greatest > _NEGLIGIBLE]
        total = sum(weight for weight, _ in kept)
        return cls(tuple(LifeModel(w / total, one.head_start, one.mean, one.spread) for w, one in kept))


def _log_likelihood(model: LifeModel, ends: Counter[float], ages: Counter[float], since: Counter[float]) -> float:
    """Return the logarithm of the likelihood of ends, of running jobs at ages, all seen since an age, up to a constant.

    Each is a number of jobs by age in seconds.
    """
    value = 0.0
    for age, number in ends.items():
        life = log(age + model.head_start)
        value -= number * (life + log(model.spread) + ((life - model.mean) / model.spread) ** 2 / 2)
    for age, number in ages.items():
        value += number * model.log_share(age)
    for age, number in since.items():
        value -= number * model.log_share(age)
    return value


def _binned(seconds: float) -> float:
    return exp(round(_BINS * log(max(seconds, _SHORTEST))) / _BINS)


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
    """Return the standard error of the mean by the curvature at the maximum, at most two spreads."""
    step = spread / 20
    bend = (2 * likelihood(best) - likelihood(best - step) - likelihood(best + step)) / step**2
    return min(1 / sqrt(bend), 2 * spread) if bend > 0 else 2 * spread


def _log_tail(z: float) -> float:
    """Return the logarithm of the share of a standard normal distribution above `z`."""
    return log(0.5 * erfc(z / sqrt(2))) if z < _FAR else -z * z / 2 - log(z * sqrt(2 * pi))
