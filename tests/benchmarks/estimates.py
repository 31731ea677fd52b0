"""How well the time left of a batch is estimated: python -m tests.benchmarks.estimates

Jobs are those of the simulator, or have log-normal lives with a median of 20 to 50 s, and are polled every 4 s on
virtual time, as `tests.support.batches` does it. Estimated is the time until 95 % of a batch have ended, once a share
of it has.
"""

from statistics import median

from tests.support.batches import Estimate, estimate, just_posted, late_estimate, simulator_estimate

SEEDS = 100
CASES = (
    *((200, history, spread, share) for history in (0, 200) for spread in (0.6, 1.0) for share in (1 / 3, 2 / 3)),
    (30, 100, 0.8, 1 / 3),
)
"""Jobs of the batch, jobs that ended before, standard deviation of the logarithm of lives, share that has ended."""

SIMULATED = tuple((300, batches, share) for batches in (1, 2) for share in (1 / 3, 1 / 2, 2 / 3))
"""Jobs of the simulator, batches to which they are added in turn, share of the first one that has ended."""

SIMULATED_HEADING = """\
| jobs | batches | ended | median error | in the range | high / low |
|---:|---:|---:|---:|---:|---:|"""

HEADING = """\
| jobs | before | spread | ended | median error | in the range | high / low |
|---:|---:|---:|---:|---:|---:|---:|"""


def figures(estimates: list[Estimate]) -> str:
    """Return the last cells of a row: error of the middle, how often the range holds the time, how wide it is."""
    error = median(each.error for each in estimates)
    held = sum(each.holds for each in estimates) / len(estimates)
    width = median(each.high / max(each.low, 1.0) for each in estimates)
    return f"{error:.0%} | {held:.0%} | {width:.1f}"


def main() -> None:
    """Print a table for `RESULTS.md`."""
    print(HEADING)
    for jobs, history, spread, share in CASES:
        found = [estimate(seed, jobs=jobs, history=history, spread=spread, share=share) for seed in range(SEEDS)]
        print(f"| {jobs} | {history} | {spread} | {share:.0%} | {figures(found)} |")
    print(f"\nJobs of the simulator:\n\n{SIMULATED_HEADING}")
    for jobs, batches, share in SIMULATED:
        found = [simulator_estimate(seed, jobs=jobs, share=share, batches=batches) for seed in range(SEEDS)]
        print(f"| {jobs} | {batches} | {share:.0%} | {figures(found)} |")
    print(f"\nJobs just posted to the simulator:\n\n{SIMULATED_HEADING}")
    for batches in (1, 2):
        found = [late_estimate(seed, just_posted, jobs=300, share=1 / 3, batches=batches) for seed in range(SEEDS)]
        print(f"| 300 | {batches} | 33% | {figures(found)} |")


if __name__ == "__main__":
    main()
