import time
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.models.rate_limits import RateLimits
from zjobtui.zuora.headers import LONGEST_RETRY_AFTER_SECONDS, SHORTEST_RETRY_AFTER_SECONDS, read_rate_limits

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
QUOTAS = "50000, 50000;w=60, 2250000;w=3600, 27000000;w=86400"
NAMES = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after", "concurrency-limit-limit", "x")
DATE = r"[A-Z][a-z]{2}, \d{1,4} [A-Z][a-z]{2} \d{1,6} \d+:\d+:\d+ [-+A-Z0-9]*"


def read(**headers: str) -> RateLimits:
    return read_rate_limits([(name.replace("_", "-"), text) for name, text in headers.items()], NOON)


def test_limits_in_headers_are_read_in_any_letter_case_and_order() -> None:
    limits = read(
        Concurrency_Limit_Limit="40",
        RATELIMIT_REMAINING="49998",
        ratelimit_reset=" 37 ",
        RateLimit_Limit=QUOTAS,
        Retry_After="5",
    )
    assert limits == RateLimits(
        window=60,
        remaining=49_998,
        reset=37,
        windows={60: 50_000, 3_600: 2_250_000, 86_400: 27_000_000},
        retry_after=5,
        concurrent=40,
    )


def test_limits_that_are_not_in_headers_are_none() -> None:
    assert read() == read(content_type="application/json") == RateLimits()


@pytest.mark.parametrize("text", ["", "abc", "5;w=", "-5;w=60", "5;w=60;w=70", "1" * 99, ";w=60", "٥;w=60"])
def test_values_that_are_not_limits_are_left_out(text: str) -> None:
    assert read(ratelimit_limit=text, ratelimit_remaining="-1", ratelimit_reset="1e3") == RateLimits()


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "4.5", "40, 40", "1" * 99, "٤٠"])
def test_a_concurrency_that_grants_nothing_or_cannot_be_read_is_left_out(text: str) -> None:
    assert read(concurrency_limit_limit=text) == RateLimits()


def test_of_two_windows_with_the_same_quota_the_shorter_is_used() -> None:
    assert read(ratelimit_limit="5, 5;w=3600, 5;w=60").window == 60


def test_a_quota_of_no_window_names_none() -> None:
    assert read(ratelimit_limit="7, 5;w=60").window is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5),
        (" 90 ", 90),
        ("2.5", 2.5),
        ("120, 120", 120),
        ("1,30", 30),
        ("0", SHORTEST_RETRY_AFTER_SECONDS),
        ("-3", SHORTEST_RETRY_AFTER_SECONDS),
        ("1000000000", LONGEST_RETRY_AFTER_SECONDS),
        ("9" * 5000, LONGEST_RETRY_AFTER_SECONDS),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 13:00:30 +0100", 30),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30),
        ("Mon, 23 Nov 2026 11:59:00 GMT", SHORTEST_RETRY_AFTER_SECONDS),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER_SECONDS),
        ("Fri, 31 Dec 99999 23:59:59 GMT", SHORTEST_RETRY_AFTER_SECONDS),
        ("soon", SHORTEST_RETRY_AFTER_SECONDS),
        ("nan", SHORTEST_RETRY_AFTER_SECONDS),
        ("٥", SHORTEST_RETRY_AFTER_SECONDS),
        ("", SHORTEST_RETRY_AFTER_SECONDS),
    ],
)
def test_retry_after_is_read_and_clamped(text: str, seconds: float) -> None:
    assert read(retry_after=text).retry_after == seconds


def test_a_date_without_a_zone_is_utc_in_any_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert read(retry_after="Mon, 23 Nov 2026 12:00:30 -0000").retry_after == 30
    monkeypatch.undo()
    time.tzset()


@given(st.integers(min_value=1, max_value=3599))
def test_a_date_is_converted_to_the_time_until_then(ahead: int) -> None:
    date = format_datetime(datetime.fromtimestamp(NOON + ahead, UTC), usegmt=True)
    assert read(retry_after=date).retry_after == ahead


@given(
    st.lists(
        st.tuples(
            st.sampled_from(NAMES), st.text("0123456789;w=, x-.") | st.text() | st.from_regex(DATE, fullmatch=True)
        )
    )
)
def test_any_headers_are_read_as_numbers_within_limits(headers: list[tuple[str, str]]) -> None:
    limits = read_rate_limits(headers, NOON)
    assert (
        limits.retry_after is None or SHORTEST_RETRY_AFTER_SECONDS <= limits.retry_after <= LONGEST_RETRY_AFTER_SECONDS
    )
    assert limits.concurrent is None or limits.concurrent > 0
    assert all(number is None or number >= 0 for number in (limits.window, limits.remaining, limits.reset))
