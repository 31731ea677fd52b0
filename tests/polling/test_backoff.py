import time
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.polling.backoff import CAP, LONGEST, SHORTEST, Backoff, failed, patience

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


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


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("5", 5),
        (" 90 ", 90),
        ("2.5", 2.5),
        ("0", SHORTEST),
        ("-3", SHORTEST),
        ("1000000000", LONGEST),
        ("9" * 5000, LONGEST),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 13:00:30 +0100", 30),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30),
        ("Mon, 23 Nov 2026 11:59:00 GMT", SHORTEST),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("Fri, 31 Dec 99999 23:59:59 GMT", SHORTEST),
        ("soon", SHORTEST),
        ("nan", SHORTEST),
        ("٥", SHORTEST),
        ("", SHORTEST),
        (None, SHORTEST),
    ],
)
def test_retry_after_is_read_and_clamped(said: str | None, seconds: float) -> None:
    assert patience(said, NOON) == seconds


def test_a_date_without_a_zone_is_universal_time_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert patience("Mon, 23 Nov 2026 12:00:30 -0000", NOON) == 30
    monkeypatch.undo()
    time.tzset()


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,4} [A-Z][a-z]{2} \d{1,6} \d+:\d+:\d+ [-+A-Z0-9]*"))
def test_whatever_retry_after_says_the_wait_is_sane(said: str) -> None:
    assert SHORTEST <= patience(said, NOON) <= LONGEST


@given(st.integers(min_value=1, max_value=3599))
def test_a_date_means_the_time_until_then(ahead: int) -> None:
    assert patience(format_datetime(datetime.fromtimestamp(NOON + ahead, UTC), usegmt=True), NOON) == ahead
