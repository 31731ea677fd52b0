"""Glyphs and words of verdicts, short ids, and formatted numbers."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob

GLYPHS = {
    VerdictKind.FAILED: "✗",
    VerdictKind.ATTENTION: "!",
    VerdictKind.UNKNOWN: "?",
    VerdictKind.RUNNING: "◌",
    VerdictKind.DONE: "✓",
}

WORDS = {
    VerdictKind.FAILED: "failed",
    VerdictKind.ATTENTION: "attention",
    VerdictKind.UNKNOWN: "unknown",
    VerdictKind.RUNNING: "running",
    VerdictKind.DONE: "done",
}
"""One word for each verdict, for a column; at most ten characters."""

NOTE_SIGN = "✎"


def time_bar(eighths: int) -> str:
    """Return a bar of eight cells for the time that a job has run: `eighths` are full."""
    return "▓" * eighths + "░" * (8 - eighths)


def short_id(given: str, width: int = 17) -> str:
    """Return an id in `width` characters, shortened in the middle; the first eight characters always stay."""
    if len(given) <= width:
        return given
    tail = max(0, width - 9)
    return f"{given[:8]}…{given[-tail:] if tail else ''}"


def job_name(watch: WatchedJob) -> str:
    """Return a job as messages name it: label and the first eight characters of the id, else the shortened id."""
    given = watch.job.id.given
    return f"{watch.label} · {given[:8]}" if watch.label else short_id(given)


def money(amount: Decimal | None) -> str:
    """Return an amount with at least two decimals and grouped thousands; a dash for None."""
    if amount is None:
        return "–"
    exponent = amount.as_tuple().exponent
    decimals = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{amount:,.{decimals}f}"


def quantity(amount: Decimal | None) -> str:
    """Return a number without trailing zeros: `1`, `2.5`."""
    return "–" if amount is None else f"{amount.normalize():f}"


def counts(watches: Iterable[WatchedJob]) -> dict[VerdictKind, int]:
    """Return the number of jobs by verdict, most urgent first, with zeros."""
    numbers = Counter(watch.verdict.kind for watch in watches)
    return {kind: numbers[kind] for kind in VerdictKind}


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: `1 job`, `2 jobs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
