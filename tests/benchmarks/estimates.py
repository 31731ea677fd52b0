"""How well the time left of a batch is estimated: python -m tests.benchmarks.estimates

Jobs have log-normal lives with a median of 20 to 50 s and are polled every 4 s on virtual time, as
`tests.support.batches` does it. Estimated is the time until 95 % of a batch have ended, once a share of it has.
"""

from statistics import median

from tests.support.batches import Estimate, estimate

SEEDS = 100
CASES = (
    *((200, history, spread, share) for history in (0, 200) for spread in (0.6, 1.0) for share in (1 / 3, 2 / 3)),
    (30, 100, 0.8, 1 / 3),
)
"""Jobs of the batch, jobs that ended before, standard deviation of the logarithm of lives, share that has ended."""

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


if __name__ == "__main__":
    main()
