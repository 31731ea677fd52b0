"""Batches as printed lines and as records for other programs."""

from datetime import tzinfo
from math import ceil, floor, inf
from typing import Any

from zjobtui.formatting.failure_groups import distinct_titles, transience
from zjobtui.formatting.job import HAD_ENDED
from zjobtui.formatting.symbols import GLYPHS, WORDS, plural
from zjobtui.formatting.times import moment, stamp
from zjobtui.models.batches import BatchProgress, closing_line
from zjobtui.models.durations import format_duration, format_rounded, stepped
from zjobtui.models.failure_groups import failure_groups
from zjobtui.models.text_width import cells, fit, shorten_to_cells
from zjobtui.models.verdict import VerdictKind

TimeLeft = tuple[float, float] | None
"""The shortest and longest likely time in seconds until 95 % of a batch have ended; None if it is not known."""

_STEPS = ((100.0, 5), (6_000.0, 60), (172_800.0, 3_600), (inf, 86_400))
"""Up to how many seconds a range is given in which steps, in seconds."""

_UNITS = ((60, 1, "s"), (3_600, 60, "m"), (86_400, 3_600, "h"), (inf, 86_400, "d"))
"""Below how many seconds a time is given in which unit: its seconds, and its sign."""


def range_text(low: float, high: float) -> str:
    """Return a range of seconds such as 2 to 4 minutes, `up to 3m`, or `about 3m` if both are the same."""
    step = next(step for limit, step in _STEPS if high <= limit)
    first, last = step * floor(low / step), step * ceil(high / step)
    begin, end = _in_one_unit(first), _in_one_unit(last)
    if first <= 0 < last:
        return f"up to {end}"
    if first >= last:
        return f"about {end}"
    has_one_unit = begin[-1] == end[-1] and begin[:-1].isdecimal() and end[:-1].isdecimal()
    return f"{begin[:-1] if has_one_unit else begin}–{end}"


def _in_one_unit(seconds: int) -> str:
    """Return a time in its largest unit, such as `2d`; in two, such as `1h40m`, if it is not a whole number of that."""
    unit, sign = next((unit, sign) for limit, unit, sign in _UNITS if seconds < limit)
    return format_rounded(seconds) if seconds % unit else f"{seconds // unit}{sign}"


def time_left_text(time_left: TimeLeft) -> str:
    """Return the time until nearly all jobs have ended: `about 3m left`; empty if it is not known."""
    return f"{range_text(*time_left)} left" if time_left is not None else ""


NAME_WIDTH = 24
"""Most cells of the name of a batch in the status bar."""

_NAME_COLUMN = 30
"""Cells of the name in a printed line."""

_LONG_BAR, _SHORT_BAR = 15, 8


def count_bar(ended: int, total: int, width: int) -> str:
    """Return a bar of `width` cells: `█` for what has ended, `▒` for a part of a cell, `░` for what is running.

    It is full only if all have ended.
    """
    whole, part = divmod(ended * width, total)
    return ("█" * whole + "▒" * (part > 0)).ljust(width, "░")


def bar_texts(progress: BatchProgress, time_left: TimeLeft) -> tuple[str, ...]:
    """Return a running batch as text, for fewer and fewer cells: `renewals Q4 ██████▒░ 171/200 · about 3m left`."""
    name, number = shorten_to_cells(progress.name, NAME_WIDTH), f"{progress.ended:,}/{progress.total:,}"
    left = f" · {range_text(*time_left)} left" if time_left is not None else ""
    bars = (count_bar(progress.ended, progress.total, width) for width in (_LONG_BAR, _SHORT_BAR))
    texts = (*(f"{name} {bar} {number}{left}" for bar in bars), f"{name} {number}{left}")
    return tuple(dict.fromkeys((*texts, f"{number}{left}", f"{name} {number}", number)))


def batch_line(progress: BatchProgress, time_left: TimeLeft, now: float, width: int | None = None) -> str:
    """Return one line: name, jobs that ended, elapsed time, counts, and time left.

    If a `width` is given, the name and the line are cut, the line to so many cells.
    """
    name_width = _NAME_COLUMN if width is not None else max(_NAME_COLUMN, cells(progress.name))
    counts = ", ".join(f"{number:,} {WORDS[kind]}" for kind in VerdictKind if (number := progress.counts[kind]))
    parts = (
        fit(progress.name, name_width),
        fit(f"{progress.ended:,}/{progress.total:,}", 9),
        fit("–" if progress.had_ended else format_duration(progress.elapsed(now)), 6),
        " · ".join(part for part in (counts, time_left_text(time_left)) if part),
    )
    line = "  ".join(parts)
    return (line if width is None else fit(line, width)).rstrip()


def batch_record(progress: BatchProgress, time_left: TimeLeft, now: float) -> dict[str, Any]:
    """Return a batch as a record; times are `2026-11-23T14:02:31Z` or None, durations seconds."""
    return {
        "batch": progress.name,
        "total": progress.total,
        "ended": progress.ended,
        "jobs": {WORDS[kind]: progress.counts[kind] for kind in VerdictKind},
        "started_at": stamp(progress.started_at),
        "ended_at": stamp(progress.ended_at) if progress.ended_at is not None else None,
        "duration_s": batch_duration(progress, now),
        "time_left_s": [round(bound, 1) for bound in time_left] if time_left is not None else None,
    }


def batch_duration(progress: BatchProgress, now: float) -> float | None:
    """Return the seconds that a batch took, or has been running; None if all had ended when they were first polled."""
    return None if progress.had_ended else round(progress.elapsed(now), 1)


def took_text(progress: BatchProgress, now: float) -> str:
    """Return how long a batch took that has ended: `took 6m12s`."""
    return HAD_ENDED if progress.had_ended else f"took {format_duration(progress.elapsed(now))}"


def batch_overview(progress: BatchProgress, time_left: TimeLeft, now: float, zone: tzinfo | None = None) -> str:
    """Return a batch in lines: how far it is, its counts and times, what failed alike, and how it has ended.

    If a filter shows only a part of it, counts and failures are those of this part.
    """
    whole, stale = progress.whole or progress, progress.stale(now)
    left = f" · {range_text(*time_left)} until 95 % have ended" if time_left is not None and not whole.has_ended else ""
    times = took_text(whole, now) if whole.has_ended else stepped(whole.elapsed(now))
    ended = f"{whole.ended:,} of {plural(whole.total, 'job')} ended"
    shown = f"{progress.total:,} of {plural(whole.total, 'job')} shown"
    parts = [
        progress.name,
        ended if whole is progress else shown,
        *(f"{GLYPHS[kind]} {number:,} {WORDS[kind]}" for kind, number in progress.counts.items() if number),
        *([f"{stale:,} of them stale: no response for three polling intervals"] if stale else []),
        "",
        *([] if whole is progress else [f"Whole batch: {ended}"]),
        f"Added {moment(whole.started_at, now, zone)} · {times}{left}",
    ]
    if groups := failure_groups(progress.jobs):
        parts += ["", "Failures by reason"]
        titles = distinct_titles(groups)
        parts += [f"{g.count:,} × {title} · {transience(g)}" for g, title in zip(groups, titles, strict=True)]
    if whole.has_ended:
        parts += ["", closing_line(whole)]
    return "\n".join(parts)
