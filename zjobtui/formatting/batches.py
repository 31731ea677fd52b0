"""Batches as printed lines and as records for other programs."""

from math import ceil, floor, inf
from typing import Any

from zjobtui.formatting.symbols import WORDS
from zjobtui.formatting.text_width import fit
from zjobtui.formatting.times import stamp
from zjobtui.models.batches import BatchProgress
from zjobtui.models.durations import format_duration
from zjobtui.models.verdict import Kind

TimeLeft = tuple[float, float] | None
"""The shortest and longest likely time in seconds until 95 % of a batch have ended; None if it is not known."""

_UNITS = ((100.0, 5, 1, "s"), (6_000.0, 1, 60, "m"), (172_800.0, 1, 3_600, "h"), (inf, 1, 86_400, "d"))
"""Up to how many seconds a range is given in which steps of which unit: its seconds, and its sign."""


def range_text(low: float, high: float) -> str:
    """Return a range of seconds in one unit, such as 2 to 4 minutes, or `about 3m` if both are the same."""
    step, seconds, unit = next((step, seconds, unit) for limit, step, seconds, unit in _UNITS if high <= limit)
    first, last = (step * rounded(value / seconds / step) for rounded, value in ((floor, low), (ceil, high)))
    return f"{first}–{last}{unit}" if first < last else f"about {last}{unit}"


def time_left_text(time_left: TimeLeft) -> str:
    """Return the time until nearly all jobs have ended: `95 % in about 3m`; empty if it is not known."""
    return f"95 % in {range_text(*time_left)}" if time_left is not None else ""


def batch_line(progress: BatchProgress, time_left: TimeLeft, now: float, width: int) -> str:
    """Return one line of at most `width` cells: name, jobs that ended, elapsed time, counts, and time left."""
    counts = ", ".join(f"{number:,} {WORDS[kind]}" for kind in _ORDER if (number := progress.counts[kind]))
    parts = (
        fit(progress.name, 30),
        fit(f"{progress.ended:,}/{progress.total:,}", 9),
        fit(format_duration(progress.elapsed(now)), 6),
        " · ".join(part for part in (counts, time_left_text(time_left)) if part),
    )
    return fit("  ".join(parts), width).rstrip()


_ORDER = (Kind.FAILED, Kind.ATTENTION, Kind.UNKNOWN, Kind.RUNNING, Kind.DONE)


def batch_record(progress: BatchProgress, time_left: TimeLeft, now: float) -> dict[str, Any]:
    """Return a batch as a record; times are `2026-11-23T14:02:31Z` or None, durations seconds."""
    return {
        "batch": progress.name,
        "total": progress.total,
        "ended": progress.ended,
        "jobs": {WORDS[kind]: progress.counts[kind] for kind in Kind},
        "started_at": stamp(progress.started_at),
        "ended_at": stamp(progress.ended_at) if progress.ended_at is not None else None,
        "duration_s": round(progress.elapsed(now), 1),
        "time_left_s": [round(bound, 1) for bound in time_left] if time_left is not None else None,
    }
