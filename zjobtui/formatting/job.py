"""Text about a watched job: its age in a row, its last problem, and the details that the watchlist has."""

from datetime import tzinfo
from functools import partial

from msgspec import Struct

from zjobtui.formatting.outline import OutlineNode, Tone, field
from zjobtui.formatting.times import age, ago, duration, moment
from zjobtui.models.durations import stepped
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob, had_ended, is_stale

VERDICT_TONES = {
    VerdictKind.FAILED: Tone.BAD,
    VerdictKind.ATTENTION: Tone.ATTENTION,
    VerdictKind.UNKNOWN: Tone.ATTENTION,
    VerdictKind.RUNNING: Tone.RUNNING,
    VerdictKind.DONE: Tone.GOOD,
}


NUMBER_CELLS = 16
"""Cells that a number of an order or account takes at most: a number that is cut is of no use."""

HAD_ENDED = "had ended when first polled"
"""Said of jobs of which nobody knows when they ended."""


def account_text(watch: WatchedJob) -> str:
    """Return the column of account numbers; "" if none is known."""
    return watch.digest.account_number if watch.digest else ""


def order_text(watch: WatchedJob) -> str:
    """Return the column of orders: the number, or the type of a job without one; "" before the first report."""
    return (watch.digest.order_number or watch.digest.kind) if watch.digest else ""


def tags_text(watch: WatchedJob) -> str:
    """Return the column of tags."""
    return ", ".join(watch.tags)


class TimeText(Struct, frozen=True):
    """The time column of a row, in full and in at most ten cells, and whether the row is stale."""

    text: str
    short: str
    is_stale: bool = False


def time_text(watch: WatchedJob, now: float, paused_at: float | None = None) -> TimeText:
    """Return how long a job has been running, or how long ago it ended; for a stale row the age of the last answer.

    Of a job that had ended when it was first polled, nobody knows when that was. While polling is paused, since
    `paused_at`, the age of a running job does not grow.
    """
    if had_ended(watch):
        return TimeText("had ended", "had ended")
    if watch.is_final:
        return _ago("ended", "", now - (watch.ended_at or now))
    answered_at = watch.answered_at
    if is_stale(watch, now):
        if answered_at and answered_at <= now:
            return _stale(now - answered_at)
        return TimeText("no data yet", "no data", is_stale=True)
    if watch.verdict.kind is VerdictKind.UNKNOWN:
        return _ago("polled", "polled ", now - (answered_at or now))
    running_for = age((paused_at or now) - watch.added_at)
    if running_for == "now":
        return TimeText("just added", "new")
    return TimeText(f"running for {running_for}", running_for)


TIME_WIDTH = 9
"""Maximum width of `row_time`, in cells."""


def row_time(watch: WatchedJob, now: float, paused_at: float | None = None, *, is_old: bool | None = None) -> str:
    """Return the time column of a row: how long a job has been running, or since when it has its state; or `stale`.

    Of a job that had ended when it was first polled, nobody knows when that was.
    The time of a running job changes every 10 s below two minutes, then every minute, and not while polling is paused,
    since `paused_at`. `is_old` is whether the row is stale, if that is known.
    """
    if is_stale(watch, now) if is_old is None else is_old:
        answered_at = watch.answered_at
        return f"stale {age(now - answered_at)}" if answered_at and answered_at <= now else "stale"
    if had_ended(watch):
        return "had ended"
    if watch.verdict.kind is VerdictKind.RUNNING:
        return stepped((paused_at or now) - watch.added_at)
    since = watch.ended_at if watch.is_final else watch.changed_at
    return ago(now - (since or now))


def _ago(word: str, prefix: str, seconds: float) -> TimeText:
    text = age(seconds)
    if text == "now":
        return TimeText(f"{word} just now", "just now")
    return TimeText(f"{word} {text} ago", f"{prefix}{text}" if prefix else f"{text} ago")


def _stale(seconds: float) -> TimeText:
    text = age(seconds)
    return TimeText(f"last response {text} ago", f"stale {text}", is_stale=True)


def problem_text(watch: WatchedJob) -> str:
    """Return why the last call failed, in a sentence; empty if it did not fail."""
    if watch.contradiction:
        return watch.contradiction
    if watch.problem is None or watch.verdict.kind is VerdictKind.UNKNOWN:
        return ""
    return f"The last call failed: {watch.problem.sentences}"


def unknown_text(watch: WatchedJob) -> str:
    """Return how often a job unknown to Zuora is polled, and how to remove it; empty for any other job."""
    if watch.verdict.kind is not VerdictKind.UNKNOWN:
        return ""
    return (
        f"It is polled less and less often, now every {age(watch.planned)}, finally once a day; r refreshes it now. "
        "If the id is not that of a job, remove it: x, or zjobtui rm."
    )


def about_lines(watch: WatchedJob, now: float, zone: tzinfo | None = None) -> tuple[OutlineNode, ...]:
    """Return label, id, tenant, tags, batch, note and times of a job; the first time names the zone.

    The last answer of a running job is given to the minute, so that the line does not change with every poll.
    """
    took = ""
    if watch.ended_at is not None and watch.last_running_at is not None:
        took = f" (took at most {duration(watch.ended_at - watch.added_at)})"
    later = partial(moment, now=now, zone=zone, beside=watch.added_at)
    answered = later(watch.answered_at, to_minute=not watch.is_final) if watch.answered_at else "none yet"
    before = "before the first poll at " if had_ended(watch) else ""
    ended = f"{before}{later(watch.ended_at)}{took}" if watch.ended_at else ""
    return (
        *field("label", "Label", watch.label),
        *field("job", "Job id", watch.job.id.given),
        *field("tenant", "Tenant", watch.job.tenant),
        *field("tags", "Tags", ", ".join(watch.tags)),
        *field("batch", "Batch", watch.batch),
        *field("note", "Note", watch.note),
        *field("added", "Added", f"{moment(watch.added_at, now, zone)} · {watch.added_by}".removesuffix(" · ")),
        *field("ended", "Ended", ended),
        *field("answered", "Last response", answered),
    )
