"""The bar above everything: whose tenant it is, how many jobs stand how, and whether polling is alive."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from math import ceil

from zjobtui.formatting.outline import Tone
from zjobtui.formatting.symbols import GLYPHS, WORDS
from zjobtui.formatting.times import moment
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import STALE_AFTER

SILENCE = 30.0
"""Seconds without a good answer, while jobs are waiting, after which the bar says since when; longer if the plan is."""

RATE_TOLERANCE = 0.05
"""The part by which calls a second may differ from the figure that stands."""

ONE_CALL, ONE_CALL_FOR = 0.1, 5.0
"""One call in ten seconds more or less is no change either, unless it stays so for these seconds."""

RATE_STANDS = 1.0
"""Seconds for which a new figure of calls a second stands at least."""

INTERVAL_TOLERANCE = 0.25
"""The part by which the mean interval may differ from the figure that stands."""

LIMIT_STANDS = 5.0
"""Seconds for which something must hold polling back, or not, until that is shown: a burst is over sooner."""

_NOTABLE = 0.01
"""The part of the day's calls from which on it is shown."""

_LIMITS = {Limit.CALLS_PER_SECOND: "calls_per_second", Limit.DAILY_CALLS: "daily_calls", Limit.HOST: "the host"}

_DOWN = {ProblemKind.UNREACHABLE: "cannot be reached"}
"""What reads better than the title of a problem if all of a tenant has it."""

_RATE_CELLS, _INTERVAL_CELLS, _NEXT_CELLS = len("<0.1"), len("12 min"), len("next try in 12 min")
"""Cells that are kept free for a figure, so that nothing beside it moves when it gets longer."""


@dataclass(frozen=True, slots=True)
class StatusText:
    """The pulse in words: in full, and in ever fewer cells. Blanks at the end of a text are room for its figures."""

    full: str
    texts: tuple[str, ...]
    tone: Tone


class SteadyStatuses:
    """Hold the figures of pulses until they differ notably: a figure that flickers says nothing and costs bytes."""

    def __init__(self) -> None:
        self._rates: dict[str, _SteadyRate] = {}
        self._intervals: dict[str, float] = {}
        self._limits: dict[str, tuple[Limit | None, float]] = {}

    def hold(self, pulses: Iterable[TenantStatus], now: float) -> list[TenantStatus]:
        """Return the pulses, one a tenant, each with the figures to show at `now`, in seconds since the epoch."""
        return [self._hold_one(pulse, now) for pulse in pulses]

    def _hold_one(self, pulse: TenantStatus, now: float) -> TenantStatus:
        figure = self._rates.setdefault(pulse.tenant, _SteadyRate()).follow(pulse.calls_per_second, now)
        interval = self._intervals.get(pulse.tenant, 0.0)
        if _differs(pulse.interval, interval, INTERVAL_TOLERANCE):
            interval = self._intervals[pulse.tenant] = pulse.interval
        limit, agreed_at = self._limits.get(pulse.tenant, (None, now))
        if pulse.limit is limit or not agreed_at <= now < agreed_at + LIMIT_STANDS:
            limit, agreed_at = pulse.limit, now
        self._limits[pulse.tenant] = (limit, agreed_at)
        return replace(pulse, calls_per_second=figure, interval=interval, limit=limit)


@dataclass(slots=True)
class _SteadyRate:
    """The figure that stands for a rate, since when, and when they last agreed."""

    figure: float = 0.0
    changed_at: float = 0.0
    agreed_at: float = 0.0

    def follow(self, rate: float, now: float) -> float:
        """Take the rate at `now`; return the figure."""
        new = float(_rate(rate))
        if not _differs(rate if new else 0.0, self.figure, RATE_TOLERANCE):
            self.agreed_at = now
            return self.figure
        is_near = bool(new) and abs(rate - self.figure) < 1.01 * ONE_CALL
        stands_until = max(self.changed_at + RATE_STANDS, self.agreed_at + ONE_CALL_FOR if is_near else 0.0)
        if self.figure == 0 or not self.changed_at <= now < stands_until:
            self.figure, self.changed_at, self.agreed_at = new, now, now
        return self.figure


def _differs(figure: float, held: float, part: float) -> bool:
    return (figure == 0) != (held == 0) or abs(figure - held) > part * held


def count_texts(counts: Mapping[Kind, int]) -> tuple[tuple[str, str, Tone], ...]:
    """The counts by verdict in full and in few cells; a kind that no job has is left out, but for waiting and done."""
    tones = {Kind.FAILED: Tone.BAD, Kind.ATTENTION: Tone.ATTENTION, Kind.UNKNOWN: Tone.ATTENTION}
    tones |= {Kind.RUNNING: Tone.RUNNING, Kind.DONE: Tone.GOOD}
    return tuple(
        (f"{GLYPHS[kind]} {number:,} {WORDS[kind]}", f"{GLYPHS[kind]} {number:,}", tones[kind])
        for kind, number in counts.items()
        if number or kind in {Kind.RUNNING, Kind.DONE}
    )


def worst_status(pulses: Iterable[TenantStatus]) -> TenantStatus | None:
    """The pulse to show of several tenants: the one that keeps jobs from being polled, with its tenant's name.

    If all is well it is the sum: the rates together, and the answer that came last. Its interval is the longest one;
    if the others are not alike, `further` names them, and the pulse is one of several.
    """
    known = list(pulses)
    if len(known) < 2:
        return known[0] if known else None
    if troubled := _troubled(known):
        return replace(troubled[0], is_one_of_several=True)
    answered = max((pulse.answered_at for pulse in known if pulse.answered_at), default=None)
    return replace(
        max(known, key=lambda pulse: pulse.interval),
        answered_at=answered,
        calls_per_second=sum(pulse.calls_per_second for pulse in known),
        is_following=all(pulse.is_following for pulse in known),
        is_one_of_several=not _are_alike(known),
    )


def other_statuses(pulses: Iterable[TenantStatus]) -> tuple[str, ...]:
    """What else the user should know, the most important first: the other tenants, how they differ, the day's calls."""
    known = [pulse for pulse in pulses if not pulse.is_paused]
    troubled = _troubled(known)
    notes = [f"{pulse.tenant} {_trouble(pulse)}" for pulse in troubled[1:]]
    fine = [pulse for pulse in known if pulse.problem is None]
    if troubled and fine:
        notes.append(f"{', '.join(pulse.tenant for pulse in fine)} fine")
    is_named = len(known) > 1
    if is_named and not _are_alike(fine):
        slowest_first = sorted(fine, key=lambda pulse: pulse.interval, reverse=True)
        notes += [f"{pulse.tenant} {_plan(pulse)}" for pulse in slowest_first if pulse.interval]
    shared = (pulse for pulse in known if pulse.problem or not pulse.interval or pulse.limit is not Limit.DAILY_CALLS)
    spent = max(shared, key=lambda pulse: pulse.day_share, default=None)
    if spent is not None and spent.day_share >= _NOTABLE:
        notes.append(f"{spent.tenant} {_share(spent)}" if is_named else _share(spent))
    return tuple(notes)


def _troubled(pulses: Iterable[TenantStatus]) -> list[TenantStatus]:
    """Those that cannot be polled, first what has been so for longest."""
    return sorted((pulse for pulse in pulses if pulse.problem is not None), key=lambda pulse: pulse.down_since or 0.0)


def _are_alike(pulses: Iterable[TenantStatus]) -> bool:
    """Whether what is said of the interval of one of them holds for all that poll."""
    running = [pulse for pulse in pulses if pulse.interval and not pulse.is_following]
    intervals = [pulse.interval for pulse in running]
    are_held_back = any(pulse.limit for pulse in running)
    return len(running) < 2 or not (are_held_back or _differs(max(intervals), min(intervals), INTERVAL_TOLERANCE))


def status_text(
    pulse: TenantStatus | None, now: float, waiting: int, zone: tzinfo | None = None, retry_key: str = ""
) -> StatusText:
    """What polling is doing, in words that stay true until something changes.

    `retry_key` is named if a tenant is tried again only by hand.
    """
    if pulse is None:
        return _plain("○ starting", "○", Tone.MUTED)
    if pulse.is_paused:
        return _plain("‖ paused, nothing is polled", "‖ paused", Tone.ATTENTION)
    if pulse.is_following:
        return _plain("● another window polls, this one follows", "● follows", Tone.MUTED)
    if pulse.problem is not None:
        return _down(pulse, now, zone, retry_key)
    if pulse.answered_at is None:
        return _plain("○ polling" if waiting else "○ no jobs to poll", "○", Tone.MUTED)
    if not waiting:
        return _plain("● all finished, no jobs to poll", "● idle", Tone.MUTED)
    if now - pulse.answered_at > max(SILENCE, STALE_AFTER * pulse.interval / waiting):
        since = moment(pulse.answered_at, now, zone)
        return _plain(f"✗ nothing since {since}", f"✗ {since}", Tone.BAD)
    return _well(pulse)


def _plain(full: str, short: str, tone: Tone) -> StatusText:
    return StatusText(full, (full, short), tone)


def _well(pulse: TenantStatus) -> StatusText:
    rate = _rate(pulse.calls_per_second)
    rate = rate if float(rate) else "<0.1"
    room = " " * (_RATE_CELLS - len(rate))
    calls, brief = f"● {rate} calls/s", f"● {rate}/s"
    if not pulse.interval or pulse.is_one_of_several:
        return StatusText(calls + room, (calls + room, brief + room), Tone.GOOD)
    interval = _interval(pulse.interval)
    every = f"every {interval}"
    wide = room + " " * (_INTERVAL_CELLS - len(interval))
    planned, short = f"{calls} · each job {every}", f"{brief} · {every}"
    shortest = (short + wide, brief + room)
    if pulse.limit is None:
        return StatusText(planned + wide, (planned + wide, *shortest), Tone.GOOD)
    limit = _LIMITS[pulse.limit]
    held = f"{planned} · held back by {limit}"
    share = f" ({_share(pulse)})" if pulse.limit is Limit.DAILY_CALLS else ""
    narrow = (f"{short} ({limit}){wide}", f"● {every} ({limit}){wide}")
    return StatusText(held + share + wide, (held + wide, *narrow, *shortest), Tone.GOOD)


def _down(pulse: TenantStatus, now: float, zone: tzinfo | None, retry_key: str) -> StatusText:
    title = f"✗ {pulse.tenant} {_trouble(pulse)}" if pulse.is_one_of_several else f"✗ {_trouble(pulse)}"
    since = f" since {moment(pulse.down_since, now, zone, to_minute=True)}" if pulse.down_since else ""
    detail = f" · {pulse.problem.detail}" if pulse.problem and pulse.problem.detail else ""
    if pulse.next_try_at is None:
        again = f" · {retry_key} tries again" if retry_key else ""
        brief = again or since
    else:
        left = ceil(pulse.next_try_at - now)
        words = f"next try in {_countdown(left)}" if left > 0 else "trying now"
        again = f" · {words:{_NEXT_CELLS}}"
        brief = since or again
    shortest = f"✗ {pulse.problem.kind.title}" if pulse.problem else title
    texts = (f"{title}{since}{again}", f"{title}{brief}", title, shortest)
    return StatusText(f"{title}{since}{detail}{again}", texts, Tone.BAD)


def _trouble(pulse: TenantStatus) -> str:
    return _DOWN.get(pulse.problem.kind, pulse.problem.kind.title) if pulse.problem else ""


def _plan(pulse: TenantStatus) -> str:
    """How often a tenant's jobs are polled, and what holds that back: `every 40 s, held back by the host`."""
    plan = f"every {_interval(pulse.interval)}"
    if pulse.limit is None:
        return plan
    share = f" ({_share(pulse)})" if pulse.limit is Limit.DAILY_CALLS else ""
    return f"{plan}, held back by {_LIMITS[pulse.limit]}{share}"


def _share(pulse: TenantStatus) -> str:
    return f"{min(pulse.day_share, 1):.0%} of today's share".replace("%", " %")


def _rate(calls_per_second: float) -> str:
    return f"{calls_per_second:.1f}" if calls_per_second < 9.95 else f"{calls_per_second:.0f}"


def _interval(seconds: float) -> str:
    """As roughly as it is meant: `0.4 s`, `2.5 s`, `4 s`, `75 s`, `3 min`, `2 h`."""
    if seconds < 1:
        return f"{max(seconds, 0.1):.1f} s"
    if seconds < 10:
        return f"{round(2 * seconds) / 2:g} s"
    return _countdown(round(seconds)) if seconds < 100 else _coarse(seconds)


def _countdown(seconds: int) -> str:
    return f"{seconds} s" if seconds < 100 else _coarse(seconds)


def _coarse(seconds: float) -> str:
    return f"{round(seconds / 60)} min" if seconds < 5_400 else f"{round(seconds / 3_600)} h"
