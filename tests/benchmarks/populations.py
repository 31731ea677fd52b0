"""How long jobs live, in the populations that the benchmarks compare."""

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc, log, sqrt
from random import Random


@dataclass(frozen=True, slots=True)
class Population:
    """How long jobs of one kind take: `draw` one duration in seconds; the true share still `running` at an age."""

    draw: Callable[[Random], float]
    running: Callable[[float], float]


def normal_above(z: float) -> float:
    return 0.5 * erfc(z / sqrt(2))


def log_normal(median: float, sigma: float) -> Population:
    return Population(
        lambda chance: chance.lognormvariate(log(median), sigma),
        lambda age: normal_above((log(age) - log(median)) / sigma),
    )


USUAL_OR_STUCK = log_normal(15, 0.6)
POPULATIONS = {
    "log-normal, median 20 s, σ 1": log_normal(20, 1),
    "log-normal, median 20 s, σ 1.5": log_normal(20, 1.5),
    "Pareto from 10 s, α 1.2": Population(
        lambda chance: 10 * chance.paretovariate(1.2), lambda age: min(1.0, (age / 10) ** -1.2)
    ),
    "log-normal 15 s, σ 0.6; 5 % stuck": Population(
        lambda chance: chance.uniform(1800, 7200) if chance.random() < 0.05 else USUAL_OR_STUCK.draw(chance),
        lambda age: 0.05 * min(1.0, max(0.0, (7200 - age) / 5400)) + 0.95 * USUAL_OR_STUCK.running(age),
    ),
    "normal, 20 ± 2 s": Population(lambda chance: chance.gauss(20, 2), lambda age: normal_above((age - 20) / 2)),
}
