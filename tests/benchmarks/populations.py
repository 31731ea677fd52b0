"""How long jobs live, in the populations that the benchmarks compare."""

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc, inf, log, sqrt
from random import Random


@dataclass(frozen=True, slots=True)
class Population:
    """How long jobs of one kind live: `draw` one life in seconds, which may be infinite; the true share still `running`
    at an age above 0.
    """

    title: str
    draw: Callable[[Random], float]
    running: Callable[[float], float]


def _normal_above(z: float) -> float:
    return 0.5 * erfc(z / sqrt(2))


def _log_normal(title: str, median: float, sigma: float) -> Population:
    return Population(
        title,
        lambda chance: chance.lognormvariate(log(median), sigma),
        lambda age: _normal_above((log(age) - log(median)) / sigma),
    )


_USUAL = _log_normal("", 15, 0.6)
POPULATIONS = {
    "lognormal": _log_normal("log-normal, median 20 s, σ 1", 20, 1),
    "wide": _log_normal("log-normal, median 20 s, σ 1.5", 20, 1.5),
    "pareto": Population(
        "Pareto from 10 s, α 1.2",
        lambda chance: 10 * chance.paretovariate(1.2),
        lambda age: min(1.0, (age / 10) ** -1.2),
    ),
    "stuck": Population(
        "log-normal 15 s, σ 0.6; 5 % stuck",
        lambda chance: chance.uniform(1800, 7200) if chance.random() < 0.05 else _USUAL.draw(chance),
        lambda age: 0.05 * min(1.0, max(0.0, (7200 - age) / 5400)) + 0.95 * _USUAL.running(age),
    ),
    "normal": Population(
        "normal, 20 ± 2 s",
        lambda chance: max(0.1, chance.gauss(20, 2)),
        lambda age: _normal_above((age - 20) / 2),
    ),
}
LASTING = Population("all stuck", lambda _: inf, lambda _: 1.0)
