"""A watch in words: its row, its heading, its timeline, and what Zuora's support asks for."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from zjobtui.domain.freshness import is_stale
from zjobtui.domain.timeline import Event, Timeline
from zjobtui.domain.verdict import Kind
from zjobtui.domain.watch import Watch
from zjobtui.wording.outline import Line, Tone, fact
from zjobtui.wording.times import age, duration, moment, stamp

if TYPE_CHECKING:
    from zjobtui.domain.observation import Call

TONES = {
    Kind.FAILED: Tone.BAD,
    Kind.ATTENTION: Tone.ATTENTION,
    Kind.UNKNOWN: Tone.ATTENTION,
    Kind.WAITING: Tone.WAITING,
    Kind.DONE: Tone.GOOD,
}

_EVENT_WORDS = {
    Event.ADDED: "added",
    Event.REMOVED: "removed from the watchlist",
    Event.ARCHIVED: "archived",
    Event.RESTORED: "back on the watchlist",
    Event.LABELLED: "labelled",
    Event.CONTRADICTED: "contradicted",
}


@dataclass(frozen=True, slots=True)
class When:
    """The time column of a row, in full and in at most ten cells, and whether what the row shows is stale."""

    text: str
    short: str
    is_stale: bool = False


def when(watch: Watch, now: float, held_at: float | None = None) -> When:
    """How long a job has been waiting, or how long ago it ended; for a stale row the age of what it shows.

    `held_at` is since when polling is paused: a wait that nobody watches does not grow.
    """
    if watch.is_final:
        return _ago("ended", "", now - (watch.ended_at or now))
    heard = watch.answered_at
    if is_stale(watch, now):
        return _stale(now - heard) if heard else When("no answer yet", "no answer", is_stale=True)
    if watch.verdict.kind is Kind.UNKNOWN:
        return _ago("asked", "asked ", now - (heard or now))
    waited = age((held_at or now) - watch.added_at)
    return When("just added", "new") if waited == "now" else When(f"waiting for {waited}", f"for {waited}")


def _ago(word: str, prefix: str, seconds: float) -> When:
    text = age(seconds)
    if text == "now":
        return When(f"{word} just now", "just now")
    return When(f"{word} {text} ago", f"{prefix}{text}" if prefix else f"{text} ago")


def _stale(seconds: float) -> When:
    text = age(seconds)
    return When(f"last answer {text} ago", f"stale {text}", is_stale=True)


def problem_text(watch: Watch) -> str:
    """What the last call met, in a sentence, or nothing when it was good."""
    if watch.contradiction:
        return watch.contradiction
    if watch.problem is None or watch.verdict.kind is Kind.UNKNOWN:
        return ""
    return f"The last call failed: {watch.problem}. {watch.problem.kind.meaning}"


def about_lines(watch: Watch, now: float, zone: tzinfo | None = None) -> tuple[Line, ...]:
    """What the watchlist itself knows of a job: id, label, tags, note and times."""
    took = ""
    if watch.ended_at is not None and watch.unfinished_at is not None:
        took = f" · within {duration(watch.ended_at - watch.added_at)} of being added"
    ended = moment(watch.ended_at, now, zone) + took if watch.ended_at else ""
    return (
        *fact("label", "Label", watch.label),
        *fact("job", "Job id", watch.job.id.given),
        *fact("tags", "Tags", ", ".join(watch.tags)),
        *fact("note", "Note", watch.note),
        *fact("added", "Added", f"{moment(watch.added_at, now, zone)} · {watch.added_by}".removesuffix(" · ")),
        *fact("ended", "Ended", ended),
        *fact("answered", "Last answer", moment(watch.seen_at, now, zone) if watch.seen_at else "none yet"),
    )


def call_lines(call: "Call", at: float) -> tuple[Line, ...]:
    """A call as an outline: its ids, its time in UTC, its latency."""
    status = f"HTTP {call.http_status}" if call.http_status else ""
    return (
        *fact("request id", "Request id", call.request_id),
        *fact("process id", "Process id", call.process_id),
        *fact("track id", "Track id", call.track_id),
        *fact("time", "Time", stamp(at)),
        *fact("request", "Request", f"GET {call.url}" if call.url else ""),
        *fact("answer", "Answer", " · ".join(part for part in (status, f"{call.latency * 1000:.0f} ms") if part)),
    )


def timeline_lines(timeline: Timeline, now: float, zone: tzinfo | None = None) -> tuple[Line, ...]:
    """The changes of a job, oldest first, each with the time since the one before."""
    lines, before = [], None
    for number, entry in enumerate(timeline):
        gap = f" · after {duration(entry.at - before)}" if before is not None and entry.at - before >= 1 else ""
        before = entry.at
        word = _EVENT_WORDS.get(entry.event, "")
        text = " ".join(part for part in (word, entry.text) if part)
        tone = next((tone for kind, tone in TONES.items() if kind.value == entry.verdict), Tone.MUTED)
        lines.append(Line(f"timeline/{number}", moment(entry.at, now, zone), f"{text}{gap}", tone))
    return tuple(lines)
