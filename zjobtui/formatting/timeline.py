"""The timeline of a job in words: its changes, where the time went, and what is usual for such jobs."""

from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from itertools import pairwise

from zjobtui.formatting.job import TONES
from zjobtui.formatting.outline import OutlineNode, Tone
from zjobtui.formatting.symbols import GLYPHS
from zjobtui.formatting.times import duration, moment
from zjobtui.models.duration_stats import DurationStats
from zjobtui.models.history import EventKind, History
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob, is_stale

_EVENT_WORDS = {
    EventKind.ADDED: "added by",
    EventKind.REMOVED: "removed from the watchlist",
    EventKind.ARCHIVED: "archived",
    EventKind.RESTORED: "back on the watchlist",
    EventKind.LABELLED: "labelled",
    EventKind.CONTRADICTED: "contradicted",
}


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a job's way: a moment, or with `seconds` the time spent in one state."""

    words: str
    tone: Tone = Tone.MUTED
    seconds: float | None = None


def timeline_lines(
    timeline: History, now: float, zone: tzinfo | None = None, *, beside: float | None = None
) -> tuple[OutlineNode, ...]:
    """The changes of a job, oldest first, each with the time since the one before.

    The first names the zone of all, unless the moment `beside` stands above them with that name.
    """
    lines, before = [], None
    for number, entry in enumerate(timeline):
        gap = f" · after {duration(entry.at - before)}" if before is not None and entry.at - before >= 1 else ""
        before = entry.at
        word = _EVENT_WORDS.get(entry.event, "")
        text = " ".join(part for part in (word, entry.text.removesuffix(".") if gap else entry.text) if part)
        tone = _tone(entry.verdict)
        lines.append(
            OutlineNode(f"timeline/{number}", moment(entry.at, now, zone, beside=beside), f"{text}{gap}", tone)
        )
        beside = timeline[0].at if beside is None else beside
    return tuple(lines)


def phases(watch: WatchedJob, timeline: History, now: float, zone: tzinfo | None = None) -> tuple[Phase, ...]:
    """Where the time went: from the adding over each state to the end, and to when a person saw it.

    What nobody has heard of for too long is no waiting: it is told as time without an answer. The first moment names
    the zone of all.
    """
    way = [Phase(f"added {moment(watch.added_at, now, zone)}")]
    if watch.ended_at is None or not watch.is_final:
        known = (watch.answered_at or watch.added_at) if is_stale(watch, now) else now
        way += _spent(watch, timeline, known) if known > watch.added_at else []
        if known < now:
            way.append(Phase("no answer", Tone.ATTENTION, now - known))
        return tuple(way)
    later = partial(moment, now=now, zone=zone, beside=watch.added_at)
    kind, at_once = watch.verdict.kind, watch.last_running_at is None
    if not at_once:
        way += _spent(watch, timeline, watch.ended_at)
    ended = " when first asked" if at_once else ""
    way.append(Phase(f"{GLYPHS[kind]} {kind.value}{ended} {later(watch.ended_at)}", TONES[kind]))
    if watch.read_at is not None and not watch.is_unread:
        way.append(Phase(f"seen by you {later(watch.read_at)}"))
    return tuple(way)


def usual_text(told: DurationStats) -> str:
    """What is usual, and how this job stands to it."""
    of = f"{told.count:,} ended, {told.running:,} run" if told.running else f"median of {told.count:,}"
    median = f"more than {duration(told.known_to)}" if told.median is None else duration(told.median)
    nearly_all = "" if told.nearly_all is None else f", 95 % within {duration(told.nearly_all)}"
    usual = f"usual for jobs of this tenant: {median} ({of}){nearly_all}"
    return " · ".join(part for part in (usual, _standing(told)) if part)


def _standing(told: DurationStats) -> str:
    share = "all of them" if told.longer_than == 100 else f"{told.longer_than} %"
    if told.is_over and told.longer_than is not None:
        return f"this one took longer than {share}" if told.longer_than else "this one was among the fastest"
    return f"so far longer than {share}" if told.longer_than else ""


def _spent(watch: WatchedJob, timeline: History, until: float) -> list[Phase]:
    """The time in each state up to then, in the order in which the states came; one that came again is added up."""
    states = [(watch.added_at, Kind.RUNNING.value)]
    states += [(entry.at, entry.verdict) for entry in timeline if entry.verdict and watch.added_at < entry.at < until]
    spent: dict[str, float] = {}
    for (start, state), (end, _) in pairwise([*states, (until, "")]):
        spent[state] = spent.get(state, 0.0) + max(0.0, end - start)
    return [Phase(state, _tone(state), seconds) for state, seconds in spent.items()]


def _tone(verdict: str) -> Tone:
    return next((tone for kind, tone in TONES.items() if kind.value == verdict), Tone.MUTED)
