"""Text of the status bar: job counts by verdict and the status of polling."""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from math import ceil

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.formatting.job import VERDICT_TONES
from zjobtui.formatting.outline import Tone
from zjobtui.formatting.symbols import GLYPHS, WORDS
from zjobtui.formatting.times import moment
from zjobtui.models.durations import format_rounded
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import STALE_AFTER

SILENCE = 30.0
"""Seconds without an answer, while jobs are running, after which the bar shows since when; longer for long intervals.
"""

RATE_TOLERANCE = 0.05
"""Relative difference of the rate of calls up to which the figure shown is kept."""

ONE_CALL, ONE_CALL_FOR = 0.1, 5.0
"""One call in ten seconds more or less is not a change either, unless it lasts for this many seconds."""

RATE_STANDS = 1.0
"""Seconds for which a new figure for the rate is shown at least."""

INTERVAL_TOLERANCE = 0.25
"""Relative difference of the mean interval up to which the figure shown is kept."""

LIMIT_STANDS = 5.0
"""Seconds for which a limit must hold, or not hold, before that is shown: a burst is over sooner."""

_NOTABLE = 0.01
"""Share of the daily budget from which it is shown."""

_LIMITS = {limit: limit.value for limit in Limit} | {Limit.HOST: "the host"}

_DOWN = {ProblemKind.UNREACHABLE: "cannot be reached"}
"""Replacements for titles of problems, to read well for a whole tenant."""

_RATE_CELLS, _INTERVAL_CELLS, _NEXT_CELLS = len("<0.1"), len("1m40s"), len("next try in 1m40s")
"""Cells reserved for a figure, so that the text next to it does not move when the figure gets longer."""


class StatusText(Struct, frozen=True):
    """Polling status as text: in full, and in fewer and fewer cells. Trailing blanks are room for longer figures."""

    full: str
    texts: tuple[str, ...]
    tone: Tone


class SteadyStatuses:
    """Keep the figures of tenant statuses until they differ notably: a flickering figure is noise and costs bytes."""

    def __init__(self) -> None:
        self._rates: dict[str, _SteadyRate] = {}
        self._intervals: dict[str, float] = {}
        self._limits: dict[str, tuple[Limit | None, float]] = {}

    def hold(self, statuses: Iterable[TenantStatus], now: float) -> list[TenantStatus]:
        """Return the statuses, one per tenant, with the figures to show at `now`, in seconds since the epoch."""
        return [self._hold_one(status, now) for status in statuses]

    def _hold_one(self, status: TenantStatus, now: float) -> TenantStatus:
        figure = self._rates.setdefault(status.tenant, _SteadyRate()).update(status.calls_per_second, now)
        interval = self._intervals.get(status.tenant, 0.0)
        if _differs(status.interval, interval, INTERVAL_TOLERANCE):
            interval = self._intervals[status.tenant] = status.interval
        limit, agreed_at = self._limits.get(status.tenant, (None, now))
        if status.limit is limit or not agreed_at <= now < agreed_at + LIMIT_STANDS:
            limit, agreed_at = status.limit, now
        self._limits[status.tenant] = (limit, agreed_at)
        return replace(status, calls_per_second=figure, interval=interval, limit=limit)


class _SteadyRate(Struct):
    """The figure shown for a rate, when it changed, and when the rate last agreed with it."""

    figure: float = 0.0
    changed_at: float = 0.0
    agreed_at: float = 0.0

    def update(self, rate: float, now: float) -> float:
        """Take the rate at `now`; return the figure to show."""
        new = float(_rate_text(rate))
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


def count_texts(counts: Mapping[VerdictKind, int]) -> tuple[tuple[str, str, Tone], ...]:
    """Return the counts by verdict, long and short; zero counts are left out except for running and done."""
    return tuple(
        (f"{GLYPHS[kind]} {number:,} {WORDS[kind]}", f"{GLYPHS[kind]} {number:,}", VERDICT_TONES[kind])
        for kind, number in counts.items()
        if number or kind in {VerdictKind.RUNNING, VerdictKind.DONE}
    )


def worst_status(statuses: Iterable[TenantStatus]) -> TenantStatus | None:
    """Combine the statuses of several tenants into the one to show.

    If a tenant cannot be polled, that is its status, with the name. Otherwise it is the sum of the rates, the latest
    answer and the longest interval; if the tenants differ, it is marked as one of several, and `other_statuses` names
    them.
    """
    known = list(statuses)
    if len(known) < 2:
        return known[0] if known else None
    if troubled := troubled_statuses(known):
        return replace(troubled[0], is_one_of_several=True)
    answered = max((status.answered_at for status in known if status.answered_at), default=None)
    return replace(
        max(known, key=lambda status: status.interval),
        answered_at=answered,
        calls_per_second=sum(status.calls_per_second for status in known),
        is_following=all(status.is_following for status in known),
        is_one_of_several=not _have_same_interval(known),
    )


def other_statuses(statuses: Iterable[TenantStatus]) -> tuple[str, ...]:
    """Return what else to show, most important first: other tenants, their intervals if they differ, daily budget."""
    polled = [status for status in statuses if not status.is_paused]
    troubled = troubled_statuses(polled)
    notes = list(trouble_notes(troubled)[1:])
    fine = [status for status in polled if status.problem is None]
    if troubled and fine:
        notes.append(f"{', '.join(status.tenant for status in fine)} ok")
    is_named = len(polled) > 1
    if is_named and not _have_same_interval(fine):
        slowest_first = sorted(fine, key=lambda status: status.interval, reverse=True)
        notes += [f"{status.tenant} {_plan_text(status)}" for status in slowest_first if status.interval]
    shared = (
        status for status in polled if status.problem or not status.interval or status.limit is not Limit.DAILY_CALLS
    )
    spent = max(shared, key=lambda status: status.day_share, default=None)
    if spent is not None and spent.day_share >= _NOTABLE:
        notes.append(f"{spent.tenant} {_share_text(spent)}" if is_named else _share_text(spent))
    return tuple(notes)


def trouble_notes(statuses: Iterable[TenantStatus]) -> tuple[str, ...]:
    """Return what is wrong with each tenant that cannot be polled, with its name, the longest outage first."""
    return tuple(f"{status.tenant}: {_trouble_text(status)}" for status in troubled_statuses(statuses))


def troubled_statuses(statuses: Iterable[TenantStatus]) -> list[TenantStatus]:
    """Return the tenants that cannot be polled, the longest outage first."""
    return sorted(
        (status for status in statuses if status.problem is not None), key=lambda status: status.down_since or 0.0
    )


def _have_same_interval(statuses: Iterable[TenantStatus]) -> bool:
    """Return whether the interval of one polled tenant is true for all of them."""
    running = [status for status in statuses if status.interval and not status.is_following]
    intervals = [status.interval for status in running]
    are_limited = any(status.limit for status in running)
    return len(running) < 2 or not (are_limited or _differs(max(intervals), min(intervals), INTERVAL_TOLERANCE))


def status_text(
    status: TenantStatus | None,
    now: float,
    jobs: Mapping[VerdictKind, int],
    zone: tzinfo | None = None,
    retry_key: str = "",
) -> StatusText:
    """Return what polling is doing, in words that stay the same until something changes.

    `jobs` are the numbers of the jobs that the status is about, by verdict; `retry_key` is shown if the tenant is
    retried only on request.
    """
    if status is None:
        return _simple("○ starting", "○", Tone.MUTED)
    if status.is_paused:
        return _simple("‖ polling paused", "‖ paused", Tone.ATTENTION)
    if status.problem is not None:
        return _outage(status, now, zone, retry_key)
    if status.is_following:
        return _simple("● another window is polling", "● following", Tone.MUTED)
    sign = "○" if status.answered_at is None else "●"
    if not (running := jobs.get(VerdictKind.RUNNING, 0)):
        return _simple(f"{sign} idle: {_why_idle(jobs)}", f"{sign} idle", Tone.MUTED)
    if status.answered_at is None:
        return _simple("○ polling", "○", Tone.MUTED)
    if now - status.answered_at > max(SILENCE, STALE_AFTER * status.interval / running):
        since = moment(status.answered_at, now, zone)
        return _simple(f"✗ no response since {since}", f"✗ {since}", Tone.BAD)
    return _healthy(status)


def _why_idle(jobs: Mapping[VerdictKind, int]) -> str:
    if jobs.get(VerdictKind.UNKNOWN):
        return "no jobs are running"
    return "all jobs have ended" if any(jobs.values()) else "no jobs"


def _simple(full: str, short: str, tone: Tone) -> StatusText:
    return StatusText(full, (full, short), tone)


def _healthy(status: TenantStatus) -> StatusText:
    rate = _rate_text(status.calls_per_second)
    rate = rate if float(rate) else "<0.1"
    room = " " * (_RATE_CELLS - len(rate))
    calls, brief = f"● {rate} calls/s", f"● {rate}/s"
    if not status.interval or status.is_one_of_several:
        return StatusText(calls + room, (calls + room, brief + room), Tone.GOOD)
    interval = _interval_text(status.interval)
    every = f"every {interval}"
    wide = room + " " * (_INTERVAL_CELLS - len(interval))
    planned, short = f"{calls} · each job {every}", f"{brief} · {every}"
    shortest = (short + wide, brief + room)
    if status.limit is None:
        return StatusText(planned + wide, (planned + wide, *shortest), Tone.GOOD)
    limit = _LIMITS[status.limit]
    held = f"{planned} · limited by {limit}"
    share = f" ({_share_text(status)})" if status.limit is Limit.DAILY_CALLS else ""
    narrow = (f"{short} ({limit}){wide}", f"● {every} ({limit}){wide}")
    return StatusText(held + share + wide, (held + wide, *narrow, *shortest), Tone.GOOD)


def _outage(status: TenantStatus, now: float, zone: tzinfo | None, retry_key: str) -> StatusText:
    name = f"{status.tenant}: " if status.is_one_of_several else ""
    title = f"✗ {name}{_trouble_text(status)}"
    since = f" since {moment(status.down_since, now, zone, to_minute=True)}" if status.down_since else ""
    detail = f" · {status.problem.detail}" if status.problem and status.problem.detail else ""
    if status.is_following:
        again = " · another window retries"
        brief = since or again
    elif status.next_try_at is None:
        again = f" · {retry_key} to retry" if retry_key else ""
        brief = again or since
    else:
        left = ceil(status.next_try_at - now)
        words = f"next try in {_countdown(left)}" if left > 0 else "trying now"
        again = f" · {words:{_NEXT_CELLS}}"
        brief = since or again
    shortest = f"✗ {name}{status.problem.kind.title}" if status.problem else title
    reason = (f"{title}{detail}{again}",) if detail else ()
    texts = (*reason, f"{title}{since}{again}", f"{title}{brief}", title, shortest)
    return StatusText(f"{title}{since}{detail}{again}", texts, Tone.BAD)


def _trouble_text(status: TenantStatus) -> str:
    return _DOWN.get(status.problem.kind, status.problem.kind.title) if status.problem else ""


def _plan_text(status: TenantStatus) -> str:
    """Return how often a tenant's jobs are polled, and what limits that: `every 40s, limited by the host`."""
    plan = f"every {_interval_text(status.interval)}"
    if status.limit is None:
        return plan
    share = f" ({_share_text(status)})" if status.limit is Limit.DAILY_CALLS else ""
    return f"{plan}, limited by {_LIMITS[status.limit]}{share}"


def _share_text(status: TenantStatus) -> str:
    return f"{min(status.day_share, 1):.0%} of daily budget"


def _rate_text(calls_per_second: float) -> str:
    return f"{calls_per_second:.1f}" if calls_per_second < 9.95 else f"{calls_per_second:.0f}"


def _interval_text(seconds: float) -> str:
    """Return a rounded interval: `0.4s`, `2.5s`, `4s`, `1m15s`, `3m`, `2h05m`."""
    if seconds < 1:
        return f"{max(seconds, 0.1):.1f}s"
    if seconds < 10:
        return f"{round(2 * seconds) / 2:g}s"
    return _countdown(round(seconds))


def _countdown(seconds: int) -> str:
    return format_rounded(seconds if seconds < 100 else round(seconds / 60) * 60)
