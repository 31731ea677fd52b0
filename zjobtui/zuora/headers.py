"""Rate limit headers: how many calls are left, and how long the host wants no calls."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import MappingProxyType

from zjobtui.models.rate_limits import RateLimits

SHORTEST_RETRY_AFTER_SECONDS, LONGEST_RETRY_AFTER_SECONDS = 1.0, 3600.0
"""Bounds in seconds for a host's `Retry-After`."""

_QUOTA = re.compile(r"\s*([0-9]{1,15})\s*(?:;\s*w\s*=\s*([0-9]{1,15})\s*)?")
_SECONDS = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?)\s*")


def read_rate_limits(headers: Iterable[tuple[str, str]], now: float) -> RateLimits:
    """Return the limits that headers state, in any letter case and order; unreadable ones are left out.

    Zuora sends `ratelimit-limit: 50000, 50000;w=60, 2250000;w=3600` (first the quota nearest exhaustion),
    `ratelimit-remaining`, `ratelimit-reset` in seconds, `concurrency-limit-limit`, and `retry-after` with a 429 or 503.
    `now` is when the response came, in seconds since the epoch, UTC.
    """
    texts = {name.lower(): text for name, text in headers}
    window, windows = _read_quotas(texts.get("ratelimit-limit", ""))
    retry_after = texts.get("retry-after")
    return RateLimits(
        window=window,
        remaining=_whole_number(texts.get("ratelimit-remaining", "")),
        reset=_whole_number(texts.get("ratelimit-reset", "")),
        windows=windows,
        retry_after=None if retry_after is None else _read_retry_after(retry_after, now),
        # A tenant that grants no call sends no response, so 0 is a mistake.
        concurrent=_whole_number(texts.get("concurrency-limit-limit", "")) or None,
    )


@lru_cache(maxsize=64)
def _read_quotas(text: str) -> tuple[int | None, Mapping[int, int]]:
    """Return the seconds of the window nearest exhaustion, and the calls of each window.

    The text rarely changes, and many calls are kept: they share one value.
    """
    quotas = [match.groups() for item in text.split(",") if (match := _QUOTA.fullmatch(item))]
    windows = {int(seconds): int(quota) for quota, seconds in quotas if seconds}
    nearest = [seconds for seconds, quota in windows.items() if quota == int(quotas[0][0])]
    return min(nearest, default=None), MappingProxyType(windows)


def _whole_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\s*[0-9]{1,15}\s*", text) else None


def _read_retry_after(text: str, now: float) -> float:
    """Return seconds within the bounds for `Retry-After`; the lower one for what is past, negative or unreadable.

    Takes seconds or an HTTP date (RFC 9110, 10.2.3). A header that a proxy has repeated comes as a list; the longest of
    its seconds counts.
    """
    numbers = [_SECONDS.fullmatch(item) for item in text.split(",")]
    if seconds := [float(match[1][:20]) for match in numbers if match]:
        return _clamp(max(seconds))
    try:
        date = parsedate_to_datetime(text.strip())
        return _clamp((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError, IndexError, TypeError):
        return SHORTEST_RETRY_AFTER_SECONDS


def _clamp(seconds: float) -> float:
    return min(max(seconds, SHORTEST_RETRY_AFTER_SECONDS), LONGEST_RETRY_AFTER_SECONDS)
