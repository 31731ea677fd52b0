from random import Random

import pytest

from zjobtui.polling.backoff import CAP, Backoff, failed


def outage(seconds: float, chance: Random) -> list[float]:
    """When calls fail in an outage of so many seconds, and at last when the first call after it goes."""
    backoff, calls = None, [0.0]
    while calls[-1] < seconds:
        backoff = failed(backoff, calls[-1], chance)
        calls.append(backoff.probe_at)
    return calls


@pytest.mark.parametrize("seed", range(300))
def test_ten_minutes_of_outage_cost_few_calls_and_end_within_the_cap(seed: int) -> None:
    calls = outage(600, Random(seed))
    assert len(calls) <= 40
    assert calls[-1] <= 600 + CAP


def test_waits_are_drawn_evenly_from_zero_up_to_a_limit_that_doubles() -> None:
    chance = Random(1)
    for probes, limit in ((None, 1), (0, 2), (1, 4), (4, 32), (5, 60), (2000, 60)):
        before = None if probes is None else Backoff(0, 0, probes)
        waits = [failed(before, 100, chance).probe_at - 100 for _ in range(2000)]
        assert 0 <= min(waits) < 0.02 * limit
        assert 0.98 * limit < max(waits) <= limit
        assert sum(waits) / 2000 == pytest.approx(limit / 2, rel=0.1)


def test_an_outage_remembers_since_when_and_counts_its_probes() -> None:
    first = failed(None, 5, Random(1))
    second = failed(first, 9, Random(1))
    assert (first.since, first.probes) == (5, 0)
    assert (second.since, second.probes) == (5, 1)


def test_a_host_that_asks_for_patience_gets_it() -> None:
    assert failed(None, 100, Random(1), 300).probe_at == 400
