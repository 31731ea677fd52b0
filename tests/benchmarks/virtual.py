"""The poller alone in virtual time: how late it knows of an end, without a machine, a network or a screen.

    python -m tests.benchmarks.virtual [--jobs N,N…] [--seconds S]

It explains the figures of `knowing.py`, and replaces none of them.
"""

import argparse
from random import Random
from statistics import fmean

from tests.benchmarks.populations import POPULATIONS, Population
from tests.support.polling import for_seconds, job_id, polled, watches
from tests.support.sources import TimedSource
from tests.support.virtual_time import START

LATENCY = 0.05


def trial(population: Population, jobs: int, seconds: float) -> tuple[float, float, float]:
    """Mean and 95th percentile of the delay in seconds, and calls a job; all lives begin at once."""
    chance = Random(1)
    ends = {job_id(number): START + max(0.01, population.draw(chance)) for number in range(jobs)}
    calls = polled(TimedSource(dict(ends), latency=LATENCY), watches(jobs), for_seconds(seconds)).source.asked
    stop = START + seconds
    known = dict.fromkeys(ends, stop)
    for call in calls:
        answered = call.at + LATENCY
        if answered >= ends[call.job]:
            known[call.job] = min(known[call.job], answered)
    delays = sorted(known[job] - end for job, end in ends.items() if end < stop)
    return fmean(delays), delays[int(0.95 * len(delays))], len(calls) / jobs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", default="100,1000", metavar="N,N…")
    parser.add_argument("--seconds", type=float, default=120)
    given = parser.parse_args()
    for population in POPULATIONS.values():
        for jobs in map(int, given.jobs.split(",")):
            mean, late, calls = trial(population, jobs, given.seconds)
            print(
                f"{population.title:36} {jobs:5} jobs  mean {mean:5.2f} s  95 % {late:5.2f} s  {calls:4.1f} calls a job"
            )


if __name__ == "__main__":
    main()
