"""Measures polling: CPU of a poll beside bare clients, a full sweep beside its limit, a minute of keeping watch."""

from tests.benchmarks.cost import cost
from tests.benchmarks.report import run
from tests.benchmarks.sweep import sweep
from tests.benchmarks.waiting import waiting

if __name__ == "__main__":
    run(__doc__ or "", {"P2": sweep, "P3": cost, "P8": waiting}, trials=5)
