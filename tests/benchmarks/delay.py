"""Mean delay from a job's end to the call that sees it: learnt intervals beside others, at the same number of calls.

    python -m tests.benchmarks.delay [--seeds N] [--tests N]

Five populations, against fixed intervals of 5 s and 2 s. `optimum` is planned with the true distribution. `learnt`
knows 200 jobs as polling saw them: from the prior on, at the price at which the prior makes as many calls, each call up
to a tenth late. `no history` is the prior alone. `history wrong` starts from 200 jobs of another population (the worst
of the four) and goes on learning, as the program does. Each way is tuned by its one price to the fixed interval's
number of calls over the jobs tested. No bounds on the intervals for any of them.
"""

import argparse
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, inf, sqrt
from random import Random
from statistics import fmean

from tests.benchmarks.optimum import optimum
from tests.benchmarks.populations import POPULATIONS, Population
from zjobtui.polling.schedule import MEMORY
from zjobtui.polling.survival import PRIOR, Curve, Intervals, Lifetime, fit_curve

HISTORY = 200
"""Jobs that are known before those tested."""

Ages = Sequence[float]
Schedule = Callable[[float], float]
"""The age at which to poll next a job that was running at an age, both in seconds."""


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


def asked(next_age: Schedule, longest: float) -> list[float]:
    """The ages at which a job is polled, up to the first beyond the longest duration."""
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


def intervals(curve: Curve, price: float) -> Schedule:
    """The program's own intervals, without its bounds."""
    unbounded = Intervals(curve, price)._unbounded
    return lambda age: age + unbounded(age)


def priced(schedule: Callable[[float], Schedule], durations: Ages) -> Callable[[float], Outcome]:
    """What comes of a schedule at a price."""
    longest = max(durations)
    return lambda price: replay(asked(schedule(price), longest), durations)


def by_root_of_age(price: float) -> Schedule:
    return lambda age: age + sqrt(price * (age + 1))


def seen(next_age: Schedule, duration: float, chance: Random) -> Lifetime:
    """What polling knows of a job that was polled by the schedule, each call up to a tenth late."""
    after, by = 0.0, 0.0
    while by < duration:
        after, by = by, by + (next_age(by) - by) * chance.uniform(1, 1.1)
    return Lifetime(after, by)


def history(population: Population, price: float, chance: Random) -> list[Lifetime]:
    """What polling knows after some jobs, having learnt on the way."""
    lives = list[Lifetime]()
    for start, end in lessons(HISTORY):
        next_age = intervals(fit_curve(lives), price)
        lives += [seen(next_age, duration, chance) for duration in drawn(population, end - start, chance)]
    return lives


def drawn(population: Population, count: int, chance: Random) -> list[float]:
    return [max(0.01, population.draw(chance)) for _ in range(count)]


def lessons(count: int) -> Iterator[tuple[int, int]]:
    """Stretches of jobs between two times of learning: after each job at first, ever longer, 200 at most."""
    start = 0
    while start < count:
        end = min(count, start + max(1, min(200, start // 4)))
        yield start, end
        start = end


def going_on(before: Sequence[Lifetime], durations: Ages, price: float) -> Outcome:
    """All the jobs in turn at one price, learning on the way from what was known before and from them."""
    lives, calls, delays = list(before), list[int](), list[float]()
    for start, end in lessons(len(durations)):
        some = durations[start:end]
        ages = asked(intervals(fit_curve(lives[-MEMORY:]), price), max(some))
        for duration in some:
            call = bisect_left(ages, duration)
            lives.append(Lifetime(ages[call - 1] if call else 0.0, ages[call]))
            calls.append(call + 1)
            delays.append(ages[call] - duration)
    return outcome(calls, delays)


def compare(name: str, interval: float, seed: int, tests: int) -> dict[str, Outcome]:
    """Every way to poll, at the number of calls of the fixed interval."""
    population = POPULATIONS[name]
    chance = Random(f"{population.title} {interval} {seed}")
    durations = drawn(population, tests, chance)
    ways = {"fixed": fixed(interval, durations)}
    calls = ways["fixed"].calls
    ways["√age"], _ = matched(priced(by_root_of_age, durations), calls)
    ways["optimum"], _ = matched(priced(lambda price: optimum(population, price).next_age, durations), calls)
    ways["no history"], price = matched(priced(partial(intervals, PRIOR), durations), calls)
    known = {other: history(population, price, chance) for other, population in POPULATIONS.items()}
    ways["learnt"], _ = matched(priced(partial(intervals, fit_curve(known.pop(name))), durations), calls)
    wrong = [matched(partial(going_on, lives, durations), calls, price, 0.02)[0] for lives in known.values()]
    ways["history wrong"] = max(wrong, key=lambda way: way.mean)
    return ways


WAYS = ("√age", "optimum", "learnt", "no history", "history wrong")


def report(name: str, interval: float, runs: Sequence[dict[str, Outcome]]) -> str:
    """One row: ratios to the fixed interval (mean of the runs), mean delay / 95th percentile."""
    calls, mean, p95 = (fmean(getattr(run["fixed"], part) for run in runs) for part in ("calls", "mean", "p95"))
    cells = [POPULATIONS[name].title, f"{interval:g} s", f"{calls:.1f}", f"{mean:.2f} / {p95:.2f}"]
    for way in WAYS:
        mean = fmean(run[way].mean / run["fixed"].mean for run in runs)
        p95 = fmean(run[way].p95 / run["fixed"].p95 for run in runs)
        cells.append(f"{mean:.2f} / {p95:.2f}")
    ratios = [run["learnt"].mean / run["optimum"].mean for run in runs]
    return " | ".join([*cells, f"{fmean(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tests", type=int, default=3000)
    given = parser.parse_args()
    print(
        "Mean delay / 95th percentile: seconds for the fixed interval, ratios to it for the others, at as many calls."
    )
    print(f"\n| lives | fixed | calls a job | fixed, s | {' | '.join(WAYS)} | learnt : optimum |")
    print(f"|---|---|---:|{'---|' * (len(WAYS) + 2)}")
    for name in POPULATIONS:
        for interval in (5.0, 2.0):
            runs = [compare(name, interval, seed, given.tests) for seed in range(given.seeds)]
            print(f"| {report(name, interval, runs)} |", flush=True)


if __name__ == "__main__":
    main()
