"""Takes trials of several subjects in turns, so that what disturbs the machine disturbs all alike."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

Sample = Mapping[str, float]
"""What one trial measured, by the name of the measure."""

Samples = dict[str, list[Sample]]
"""The trials of each subject, in the order in which they were taken."""


def in_turns(rounds: int, subjects: Mapping[str, Callable[[], Sample]]) -> Samples:
    """Run every subject once a round, every other round in reverse order."""
    samples: Samples = {name: [] for name in subjects}
    for number in range(rounds):
        names = list(subjects)
        for name in names if number % 2 == 0 else reversed(names):
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            samples[name].append(subjects[name]())
    return samples


def measure(samples: Samples, name: str) -> dict[str, list[float]]:
    """One measure of every trial, by subject; subjects that do not have it are left out."""
    taken = {subject: [sample[name] for sample in trials if name in sample] for subject, trials in samples.items()}
    return {subject: values for subject, values in taken.items() if values}


def quantile(values: Iterable[float], share: float) -> float:
    """The value below which `share` of the others lie."""
    ordered: Sequence[float] = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
