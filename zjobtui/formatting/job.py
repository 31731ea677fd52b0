"""A watch in words: its row, its heading, and what the watchlist itself knows of it."""

from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from zjobtui.formatting.outline import OutlineNode, Tone, field
from zjobtui.formatting.times import age, duration, moment
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob, is_stale

TONES = {
    Kind.FAILED: Tone.BAD,
    Kind.ATTENTION: Tone.ATTENTION,
    Kind.UNKNOWN: Tone.ATTENTION,
    Kind.RUNNING: Tone.RUNNING,
    Kind.DONE: Tone.GOOD,
}


@dataclass(frozen=True, slots=True)
class TimeText:
    """The time column of a row, in full and in at most ten cells, and whether what the row shows is stale."""

    text: str
    short: str
    is_stale: bool = False


def time_text(watch: WatchedJob, now: float, held_at: float | None = None, *, by_minute: bool = False) -> TimeText:
    """How long a job has been waiting, or how long ago it ended; for a stale row the age of what it shows.

    `held_at` is since when polling is paused: a wait that nobody watches does not grow. `by_minute` tells a wait in
    whole minutes, for a list in which many wait.
    """
    if watch.is_final:
        return _ago("ended", "", now - (watch.ended_at or now))
    heard = watch.answered_at
    if is_stale(watch, now):
        return _stale(now - heard) if heard and heard <= now else TimeText("no answer yet", "no answer", is_stale=True)
    if watch.verdict.kind is Kind.UNKNOWN:
        return _ago("asked", "asked ", now - (heard or now))
    waited = age((held_at or now) - watch.added_at)
    if by_minute and (waited == "now" or waited.endswith("s")):
        return TimeText("waiting under 1m", "under 1m")
    return TimeText("just added", "new") if waited == "now" else TimeText(f"waiting for {waited}", f"for {waited}")


def _ago(word: str, prefix: str, seconds: float) -> TimeText:
    text = age(seconds)
    if text == "now":
        return TimeText(f"{word} just now", "just now")
    return TimeText(f"{word} {text} ago", f"{prefix}{text}" if prefix else f"{text} ago")


def _stale(seconds: float) -> TimeText:
    text = age(seconds)
    return TimeText(f"last answer {text} ago", f"stale {text}", is_stale=True)


def problem_text(watch: WatchedJob) -> str:
    """What the last call met, in a sentence, or nothing when it was good."""
    if watch.contradiction:
        return watch.contradiction
    if watch.problem is None or watch.verdict.kind is Kind.UNKNOWN:
        return ""
    return f"The last call failed: {watch.problem}. {watch.problem.kind.meaning}"


def about_lines(watch: WatchedJob, now: float, zone: tzinfo | None = None) -> tuple[OutlineNode, ...]:
    """What the watchlist itself knows of a job: label, id, tenant, tags, note and times, the first with the zone.

    Of a job that is asked about all the time the last answer is told to the minute, so that it stands still.
    """
    took = ""
    if watch.ended_at is not None and watch.last_running_at is not None:
        took = f" · within {duration(watch.ended_at - watch.added_at)} of being added"
    later = partial(moment, now=now, zone=zone, beside=watch.added_at)
    answered = later(watch.answered_at, to_minute=not watch.is_final) if watch.answered_at else "not yet"
    ended = later(watch.ended_at) + took if watch.ended_at else ""
    return (
        *field("label", "Label", watch.label),
        *field("job", "Job id", watch.job.id.given),
        *field("tenant", "Tenant", watch.job.tenant),
        *field("tags", "Tags", ", ".join(watch.tags)),
        *field("note", "Note", watch.note),
        *field("added", "Added", f"{moment(watch.added_at, now, zone)} · {watch.added_by}".removesuffix(" · ")),
        *field("ended", "Ended", ended),
        *field("answered", "Answered", answered),
    )
