"""How long to keep away from a host that fails or asks for patience, as pure state; knows no clock, sends nothing."""

import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from random import Random

BASE, CAP = 1.0, 60.0
"""Seconds that the first and the last probes wait at most: Zuora advises full jitter from 1 s up to 60 s."""

SHORTEST, LONGEST = 1.0, 3600.0
"""Seconds between which a host's `Retry-After` is held, whatever it says."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """A host that cannot be asked: since when, when the one next probe may go, and how many have failed so far."""

    since: float
    probe_at: float
    probes: int = 0


def failed(before: Backoff | None, now: float, chance: Random, patience: float = 0.0) -> Backoff:
    """The state after a failed call (`before` None) or a failed probe; a good answer ends it.

    The wait is drawn evenly from zero up to a limit that doubles with each probe (full jitter), but is never shorter
    than the `patience` in seconds that the host asked for. Times are in seconds on the caller's clock.
    """
    probes = before.probes + 1 if before else 0
    limit = min(CAP, BASE * 2.0 ** min(probes, 10))
    return Backoff(before.since if before else now, now + max(patience, chance.uniform(0, limit)), probes)


def patience(retry_after: str | None, now: float) -> float:
    """Seconds that a 429 or 503 asks for, from `SHORTEST` to `LONGEST`; `now` in seconds since the epoch, UTC.

    Takes seconds or an HTTP date (RFC 9110, 10.2.3); what is missing, past, negative or unreadable is `SHORTEST`.
    """
    text = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
        return min(max(float(text[:20]), SHORTEST), LONGEST)
    try:
        date = parsedate_to_datetime(text)
        at = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return SHORTEST
    return min(max(at - now, SHORTEST), LONGEST)
