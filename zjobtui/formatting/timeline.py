"""Text of the timeline of a job: its events, where the time went, and how long such jobs typically take."""

from datetime import tzinfo
from functools import partial
from itertools import pairwise

from msgspec import Struct

from zjobtui.formatting.job import VERDICT_TONES
from zjobtui.formatting.outline import OutlineNode, Tone
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.times import duration, moment
from zjobtui.models.duration_stats import DurationStats, TypicalTimes
from zjobtui.models.durations import about
from zjobtui.models.history import EventKind, History
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.models.why import nearly_all_text

_EVENT_WORDS = {
    EventKind.ADDED: "added by",
    EventKind.REMOVED: "removed from the watchlist",
    EventKind.ARCHIVED: "archived",
    EventKind.RESTORED: "restored to the watchlist",
    EventKind.LABELLED: "labelled",
    EventKind.CONTRADICTED: "contradicted:",
}


class Phase(Struct, frozen=True):
    """A part of the life of a job: a point in time, or with `seconds` the time spent in one state."""

    text: str
    tone: Tone = Tone.MUTED
    seconds: float | None = None


def timeline_lines(
    timeline: History, now: float, zone: tzinfo | None = None, *, beside: float | None = None
) -> tuple[OutlineNode, ...]:
    """Return the events of a job, oldest first, each with the time since the one before.

    The first line names the zone, unless the time `beside`, which is shown above, has named it.
    """
    lines, before = [], None
    for number, event in enumerate(timeline):
        gap = f" · after {duration(event.at - before)}" if before is not None and event.at - before >= 1 else ""
        before = event.at
        word = _EVENT_WORDS.get(event.event, "")
        text = " ".join(part for part in (word, event.text.removesuffix(".") if gap else event.text) if part)
        tone = _tone(event.verdict)
        lines.append(
            OutlineNode(f"timeline/{number}", moment(event.at, now, zone, beside=beside), f"{text}{gap}", tone)
        )
        beside = timeline[0].at if beside is None else beside
    return tuple(lines)


def phases(watch: WatchedJob, timeline: History, now: float, zone: tzinfo | None = None) -> tuple[Phase, ...]:
    """Return where the time went: when the job was added, the time in each state, its end, when the user read it.

    The time since the last answer of a stale job is a phase without an answer, not time in a state. The first time
    names the zone.
    """
    result = [Phase(f"added {moment(watch.added_at, now, zone)}")]
    if watch.ended_at is None or not watch.is_final:
        known_until = (watch.answered_at or watch.added_at) if is_stale(watch, now) else now
        result += _time_in_states(watch, timeline, known_until) if known_until > watch.added_at else []
        if known_until < now:
            result.append(Phase("no response", Tone.ATTENTION, now - known_until))
        return tuple(result)
    later = partial(moment, now=now, zone=zone, beside=watch.added_at)
    kind, was_over_at_first = watch.verdict.kind, watch.last_running_at is None
    if not was_over_at_first:
        result += _time_in_states(watch, timeline, watch.ended_at)
    note = " at the first poll" if was_over_at_first else ""
    result.append(Phase(f"{GLYPHS[kind]} {kind.value}{note} {later(watch.ended_at)}", VERDICT_TONES[kind]))
    if watch.read_at is not None and not watch.is_unread:
        result.append(Phase(f"read {later(watch.read_at)}"))
    return tuple(result)


def typical_text(stats: DurationStats, typical: TypicalTimes | None) -> str:
    """Return how long jobs of this tenant usually take, and how this one compares.

    `typical` are the times that the list shows, if it knows them: they count this job, too.
    """
    times = typical or stats
    sample = f"{stats.count:,} ended, {stats.running:,} running" if stats.running else f"{stats.count:,} jobs"
    median = f"over {about(stats.known_to)}" if times.median is None else about(times.median)
    nearly_all = "" if times.nearly_all is None else f", {nearly_all_text(times.nearly_all)}"
    return " · ".join(part for part in (f"Usually {median}{nearly_all} ({sample})", _comparison(stats)) if part)


def _comparison(stats: DurationStats) -> str:
    share = "all of them" if stats.longer_than == 100 else f"{stats.longer_than} % of them"
    if stats.is_over and stats.longer_than is not None:
        return f"this one was slower than {share}" if stats.longer_than else "this one was among the fastest"
    return f"already slower than {share}" if stats.longer_than else ""


def _time_in_states(watch: WatchedJob, timeline: History, until: float) -> list[Phase]:
    """Return the time in each state, in the order of first entry; the times of a state that came again are summed."""
    states = [(watch.added_at, VerdictKind.RUNNING.value)]
    states += [(event.at, event.verdict) for event in timeline if event.verdict and watch.added_at < event.at < until]
    spent: dict[str, float] = {}
    for (start, state), (end, _) in pairwise([*states, (until, "")]):
        spent[state] = spent.get(state, 0.0) + max(0.0, end - start)
    return [Phase(state, _tone(state), seconds) for state, seconds in spent.items()]


def _tone(verdict: str) -> Tone:
    return next((tone for kind, tone in VERDICT_TONES.items() if kind.value == verdict), Tone.MUTED)
