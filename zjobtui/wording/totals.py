"""The bar above everything: whose tenant it is, how many jobs stand how, and whether polling is alive."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from zjobtui.domain.pulse import Pulse
from zjobtui.domain.verdict import Kind
from zjobtui.wording.outline import Tone
from zjobtui.wording.signs import GLYPHS, WORDS
from zjobtui.wording.times import moment

SILENCE = 30.0
"""Seconds without a good answer, while jobs are waiting, after which the bar says since when."""

_USUAL = 61.0
"""Seconds between two calls about a job that nobody need be told of."""

_NOTABLE = 0.01
"""The part of the day's calls from which on it is told."""


@dataclass(frozen=True, slots=True)
class PulseText:
    """The pulse in full and in few cells, its tone, and between the two: what is wrong and since when."""

    text: str
    short: str
    tone: Tone
    since: str = ""


def count_texts(counts: Mapping[Kind, int]) -> tuple[tuple[str, str, Tone], ...]:
    """The counts by verdict in full and in few cells; a kind that no job has is left out, but for waiting and done."""
    tones = {Kind.FAILED: Tone.BAD, Kind.ATTENTION: Tone.ATTENTION, Kind.UNKNOWN: Tone.ATTENTION}
    tones |= {Kind.WAITING: Tone.WAITING, Kind.DONE: Tone.GOOD}
    return tuple(
        (f"{GLYPHS[kind]} {number:,} {WORDS[kind]}", f"{GLYPHS[kind]} {number:,}", tones[kind])
        for kind, number in counts.items()
        if number or kind in {Kind.WAITING, Kind.DONE}
    )


def worst(pulses: Iterable[Pulse]) -> Pulse | None:
    """The pulse to show of several tenants: the one that keeps jobs from being asked, with its tenant's name.

    Where all is well it is the sum: the rates together, and the answer that came last.
    """
    known = list(pulses)
    if len(known) < 2:
        return known[0] if known else None
    if troubled := _troubled(known):
        return replace(troubled[0], is_one_of_several=True)
    answered = max((pulse.answered_at for pulse in known if pulse.answered_at), default=None)
    return replace(
        known[0],
        answered_at=answered,
        calls_per_second=sum(pulse.calls_per_second for pulse in known),
        is_following=all(pulse.is_following for pulse in known),
    )


def further(pulses: Iterable[Pulse]) -> tuple[str, ...]:
    """What else a person should know, the weightiest first: the other tenants, the real interval, the day's calls."""
    known = [pulse for pulse in pulses if not pulse.is_paused]
    troubled = _troubled(known)
    told = [f"{pulse.tenant} {pulse.problem.kind.title}" for pulse in troubled[1:] if pulse.problem]
    fine = [pulse for pulse in known if pulse.problem is None]
    if troubled and fine:
        told.append(f"{', '.join(pulse.tenant for pulse in fine)} fine")
    name = "{} " if len(known) > 1 else ""
    slowest = max(fine, key=lambda pulse: pulse.ceiling, default=None)
    if slowest is not None and slowest.ceiling > _USUAL:
        told.append(f"{name.format(slowest.tenant)}every {_interval(slowest.ceiling)}")
    spent = max(known, key=lambda pulse: pulse.day_share, default=None)
    if spent is not None and spent.day_share >= _NOTABLE:
        told.append(f"{name.format(spent.tenant)}{min(spent.day_share, 1):.0%}".replace("%", " % of today's share"))
    return tuple(told)


def _troubled(pulses: Iterable[Pulse]) -> list[Pulse]:
    """Those that cannot be asked, first what has been so for longest."""
    return sorted((pulse for pulse in pulses if pulse.problem is not None), key=lambda pulse: pulse.down_since or 0.0)


def _interval(seconds: float) -> str:
    """As roughly as it is meant: `75 s`, `3 min`, `2 h`."""
    if seconds < 100:
        return f"{round(seconds / 5) * 5} s"
    return f"{round(seconds / 60)} min" if seconds < 5_400 else f"{round(seconds / 3_600)} h"


def pulse_text(pulse: Pulse | None, now: float, waiting: int, zone: tzinfo | None = None) -> PulseText:
    """What polling is doing, in words that stay true until something changes."""
    if pulse is None:
        return PulseText("○ starting", "○", Tone.MUTED)
    if pulse.is_paused:
        return PulseText("‖ paused, nothing is asked", "‖ paused", Tone.ATTENTION)
    if pulse.is_following:
        return PulseText("● another window asks, this one follows", "● follows", Tone.MUTED)
    if pulse.problem is not None:
        return _down(pulse, now, zone)
    if pulse.answered_at is None:
        return PulseText("○ asking" if waiting else "○ nothing to ask", "○", Tone.MUTED)
    if not waiting:
        return PulseText("● all finished, nothing to ask", "● idle", Tone.MUTED)
    if now - pulse.answered_at > SILENCE:
        since = moment(pulse.answered_at, now, zone)
        return PulseText(f"✗ nothing since {since}", f"✗ {since}", Tone.BAD)
    return PulseText(f"● {_rate(pulse.calls_per_second)} calls/s", f"● {_rate(pulse.calls_per_second)}/s", Tone.GOOD)


def _down(pulse: Pulse, now: float, zone: tzinfo | None) -> PulseText:
    problem = f"{pulse.tenant} {pulse.problem}" if pulse.is_one_of_several else str(pulse.problem)
    since = f" since {moment(pulse.down_since, now, zone)}" if pulse.down_since else ""
    title = pulse.problem.kind.title if pulse.problem else ""
    title = f"{pulse.tenant} {title}" if pulse.is_one_of_several else title
    return PulseText(f"✗ {problem}{since and ' ·'}{since}", f"✗ {title}", Tone.BAD, f"✗ {title}{since}")


def _rate(calls_per_second: float) -> str:
    return f"{calls_per_second:.1f}" if calls_per_second < 10 else f"{calls_per_second:.0f}"
