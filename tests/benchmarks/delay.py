"""Mean delay from a job's end to the call that sees it: the learnt schedule beside others, at the same number of calls.

    python -m tests.benchmarks.delay [--seeds N] [--tests N] [--bounds]

Five populations, against fixed intervals of 5 s and 2 s. `optimum` plans on the true distribution, and `learnt` on 200
jobs as polling saw them at the pace then in force: from the prior on, at the price at which the prior makes as many
calls, each call up to a tenth late. `no history` is the prior alone. `history wrong` starts from 200 jobs of another
population (the worst of the four) and goes on learning, as the program does. Each way is tuned by its one price to the
fixed interval's number of calls over the jobs tested. No bounds on the gaps for any of them, or with `--bounds` the
program's own for all.
"""

import argparse
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, erfc, inf, log, sqrt
from random import Random
from statistics import fmean

from zjobtui.polling.durations import MEMORY, PRIOR, Curve, Lifetime, learn
from zjobtui.polling.inspection import UNBOUNDED, USUAL, Bounds, Schedule, plan

Ages = Sequence[float]


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """Mean calls for a job, mean delay and its 95th percentile, in seconds."""

    calls: float
    mean: float
    p95: float

    def mixed(self, other: "Outcome", calls: float) -> "Outcome":
        """What comes of a mix of the two that makes so many calls, whichever makes more."""
        part = (calls - self.calls) / (other.calls - self.calls)
        return Outcome(calls, self.mean + part * (other.mean - self.mean), self.p95 + part * (other.p95 - self.p95))


def outcome(calls: Sequence[int], delays: Sequence[float]) -> Outcome:
    return Outcome(fmean(calls), fmean(delays), sorted(delays)[int(0.95 * len(delays))])


def asked(next_age: Callable[[float], float], longest: float) -> list[float]:
    """The ages at which a job is asked about, up to the first beyond the longest duration."""
    ages = [next_age(0.0)]
    while ages[-1] < longest:
        ages.append(next_age(ages[-1]))
    return ages


def replay(ages: Ages, durations: Ages) -> Outcome:
    calls = [bisect_left(ages, duration) + 1 for duration in durations]
    return outcome(calls, [ages[call - 1] - duration for call, duration in zip(calls, durations, strict=True)])


def fixed(interval: float, durations: Ages) -> Outcome:
    calls = [ceil(duration / interval) for duration in durations]
    return outcome(calls, [call * interval - duration for call, duration in zip(calls, durations, strict=True)])


def matched(
    try_out: Callable[[float], Outcome], calls: float, price: float = 0.2, close: float = 0.001
) -> tuple[Outcome, float]:
    """What comes of the price that makes so many calls, and that price; calls go about with 1 / √price.

    Where calls jump between two prices, both are mixed; where even free calls are fewer, fewer it is.
    """
    more, fewer = (1e-9, Outcome(inf, 0, 0)), (1e9, Outcome(0, inf, inf))
    got = try_out(price)
    for _ in range(20):
        if got.calls > calls:
            more = (price, got)
        else:
            fewer = (price, got)
        if abs(got.calls - calls) <= close * calls:
            return replace(got, mean=got.mean * got.calls / calls, p95=got.p95 * got.calls / calls), price
        price *= (got.calls / calls) ** 2
        if not more[0] < price < fewer[0]:
            price = sqrt(more[0] * fewer[0])
        got = try_out(price)
    return (more[1].mixed(fewer[1], calls) if more[1].calls < inf else fewer[1]), price


def planned(curve: Curve, bounds: Bounds, durations: Ages) -> Callable[[float], Outcome]:
    longest = max(durations)
    return lambda price: replay(asked(plan(curve, price, bounds).next_age, longest), durations)


def by_root_of_age(durations: Ages, bounds: Bounds) -> Callable[[float], Outcome]:
    longest = max(durations)
    return lambda price: replay(asked(lambda age: age + bounds.hold(sqrt(price * (age + 1))), longest), durations)


def true_curve(population: Population) -> Curve:
    ages = [0.0, *(0.5 * 1.01**number for number in range(1283))]
    return Curve.through(ages, [1.0, *(max(population.running(age), 1e-12) for age in ages[1:])])


def seen(schedule: Schedule, duration: float, chance: Random) -> Lifetime:
    """What polling knows of a job that it asked about by the schedule, each call up to a tenth late."""
    after, by = 0.0, 0.0
    while by < duration:
        after, by = by, by + (schedule.next_age(by) - by) * chance.uniform(1, 1.1)
    return Lifetime(after, by)


def history(durations: Ages, price: float, bounds: Bounds, chance: Random) -> list[Lifetime]:
    """What polling knows after these jobs, having learnt on the way."""
    lifetimes: list[Lifetime] = []
    for start, end in lessons(len(durations)):
        schedule = plan(learn(lifetimes), price, bounds)
        lifetimes += [seen(schedule, duration, chance) for duration in durations[start:end]]
    return lifetimes


def lessons(count: int) -> Iterator[tuple[int, int]]:
    """Stretches of jobs between two times of learning: after each job at first, ever longer, 200 at most."""
    start = 0
    while start < count:
        end = min(count, start + max(1, min(200, start // 4)))
        yield start, end
        start = end


def going_on(before: Sequence[Lifetime], durations: Ages, bounds: Bounds, price: float) -> Outcome:
    """All the jobs in turn at one price, learning on the way from what was known before and from them."""
    lifetimes, calls, delays = list(before), list[int](), list[float]()
    for start, end in lessons(len(durations)):
        some = durations[start:end]
        ages = asked(plan(learn(lifetimes), price, bounds).next_age, max(some))
        for duration in some:
            call = bisect_left(ages, duration)
            lifetimes.append(Lifetime(ages[call - 1] if call else 0.0, ages[call]))
            calls.append(call + 1)
            delays.append(ages[call] - duration)
    return outcome(calls, delays)


def compare(name: str, interval: float, seed: int, tests: int, bounds: Bounds) -> dict[str, Outcome]:
    """Every way to poll, at the number of calls of the fixed interval."""
    chance = Random(f"{name} {interval} {seed}")
    durations = [max(0.01, POPULATIONS[name].draw(chance)) for _ in range(tests)]
    ways = {"fixed": fixed(interval, durations)}
    calls = ways["fixed"].calls
    ways["√age"], _ = matched(by_root_of_age(durations, bounds), calls)
    ways["optimum"], _ = matched(planned(true_curve(POPULATIONS[name]), bounds, durations), calls)
    ways["no history"], price = matched(planned(PRIOR, bounds, durations), calls)
    known = {
        other: history([max(0.01, population.draw(chance)) for _ in range(MEMORY)], price, bounds, chance)
        for other, population in POPULATIONS.items()
    }
    ways["learnt"], _ = matched(planned(learn(known.pop(name)), bounds, durations), calls)
    wrong = [matched(partial(going_on, old, durations, bounds), calls, price, 0.02)[0] for old in known.values()]
    ways["history wrong"] = max(wrong, key=lambda way: way.mean)
    return ways


WAYS = ("√age", "optimum", "learnt", "no history", "history wrong")


def report(name: str, interval: float, runs: Sequence[dict[str, Outcome]]) -> str:
    """One row: ratios to the fixed interval (mean of the runs), mean delay / 95th percentile."""
    cells = []
    for way in WAYS:
        mean = fmean(run[way].mean / run["fixed"].mean for run in runs)
        p95 = fmean(run[way].p95 / run["fixed"].p95 for run in runs)
        cells.append(f"{mean:7.2f} / {p95:4.2f}")
    ratios = [run["learnt"].mean / run["optimum"].mean for run in runs]
    calls, mean, p95 = (fmean(getattr(run["fixed"], part) for run in runs) for part in ("calls", "mean", "p95"))
    fixed = f"{name:34}{interval:2g} s {calls:6.1f}  {mean:4.2f} / {p95:4.2f}"
    return f"{fixed}{''.join(cells)}   {fmean(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tests", type=int, default=3000)
    parser.add_argument("--bounds", action="store_true", help="hold every gap within the program's own bounds")
    given = parser.parse_args()
    bounds = USUAL if given.bounds else UNBOUNDED
    print(
        "Mean delay / 95th percentile: seconds for the fixed interval, ratios to it for the others, at as many calls."
    )
    print(f"{'':34}fixed  calls      seconds{''.join(f'{way:>14}' for way in WAYS)}   learnt : optimum")
    for name in POPULATIONS:
        for interval in (5.0,) if given.bounds else (5.0, 2.0):
            runs = [compare(name, interval, seed, given.tests, bounds) for seed in range(given.seeds)]
            print(report(name, interval, runs), flush=True)


if __name__ == "__main__":
    main()
