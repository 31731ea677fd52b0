"""Events of jobs as printed lines, records and notifications."""

from collections.abc import Iterable, Sequence
from typing import Any

from zjobtui.formatting.batches import batch_duration
from zjobtui.formatting.records import RECORD_SCHEMA, record
from zjobtui.formatting.symbols import GLYPHS, WORDS, counts, job_name, plural
from zjobtui.formatting.times import moment, stamp
from zjobtui.models.batches import closing_line
from zjobtui.models.history import EventKind
from zjobtui.models.notifications import Notification, Topic
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.text import clean, shorten
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob

_WORDS = {
    EventKind.ADDED: "added",
    EventKind.REMOVED: "removed from the watchlist",
    EventKind.LABELLED: "label, tags, note or batch changed",
}


def news_line(event: EventKind, watch: WatchedJob, now: float, *, has_tenant: bool) -> str:
    """Return an event as a line: `14:02:31  ✗ failed  eu  1bc24f31…  CS-4390  Job failed, …`, with the whole id.

    The tenant is in it only if it `has_tenant`. A job that has ended when it is added has the reason, too.
    """
    kind = watch.verdict.kind
    text = watch.contradiction if event is EventKind.CONTRADICTED else _WORDS.get(event, watch.verdict.sentence)
    if event is EventKind.ADDED and kind is not VerdictKind.RUNNING:
        text = f"{text}: {watch.verdict.sentence}"
    tenant = watch.job.tenant if has_tenant else ""
    parts = (moment(now, now), f"{GLYPHS[kind]} {WORDS[kind]}", tenant, watch.job.id.given, watch.label, text)
    return "  ".join(part for part in parts if part)


def news_record(event: EventKind, watch: WatchedJob, now: float) -> dict[str, Any]:
    """Return the job as a record with the event and its time."""
    return {"schema": RECORD_SCHEMA, "at": stamp(now), "event": event.value, **record(watch, now)}


NOTIFICATION_CHARACTERS = 200
"""Characters of a notification; desktops show no more."""


def notification_line(notifications: Sequence[Notification], watches: Iterable[WatchedJob]) -> str:
    """Return all notifications in one line that is safe for a terminal: one job by name, several by number."""
    parts = [_topic_text([n.watch for n in notifications if n.topic is topic and n.watch], topic) for topic in Topic]
    parts += [closing_line(n.batch) for n in notifications if n.batch]
    parts += [_tenant_text(n.tenant) for n in notifications if n.tenant]
    if any(n.topic is Topic.ALL_DONE for n in notifications):
        parts.append(_all_done_text(watches))
    return shorten(clean(" · ".join(part for part in parts if part)), NOTIFICATION_CHARACTERS)


def notification_records(
    notifications: Iterable[Notification], watches: Sequence[WatchedJob], now: float
) -> list[dict[str, Any]]:
    """Return a record for each notification: the event, and the job as in `ls --json`, or the batch, or job counts."""
    return [{"schema": RECORD_SCHEMA, "event": n.topic.value, **_content(n, watches, now)} for n in notifications]


def _content(notification: Notification, watches: Sequence[WatchedJob], now: float) -> dict[str, Any]:
    if notification.watch is not None:
        return record(notification.watch, now)
    if (status := notification.tenant) is not None:
        since = stamp(status.down_since) if status.down_since else None
        problem = status.problem.for_log if status.problem else None
        return {"tenant": status.tenant, "since": since, "problem": problem, "text": _tenant_text(status)}
    if (batch := notification.batch) is not None:
        took = batch_duration(batch, now)
        return {"batch": batch.name, "text": closing_line(batch), "duration_s": took, "jobs": _numbers(batch.jobs)}
    return {"jobs": _numbers(watches)}


def _numbers(watches: Iterable[WatchedJob]) -> dict[str, int]:
    return {WORDS[kind]: number for kind, number in counts(watches).items()}


_TOPIC_WORDS = {
    Topic.FAILED: ("failed", "failed"),
    Topic.ATTENTION: ("needs attention", "need attention"),
    Topic.OVERDUE: ("is overdue", "are overdue"),
}
"""What is said of one job, and of several."""


def _topic_text(watches: Sequence[WatchedJob], topic: Topic) -> str:
    if not watches:
        return ""
    of_one, of_several = _TOPIC_WORDS[topic]
    if len(watches) > 1:
        return f"{plural(len(watches), 'job')} {of_several}"
    name = job_name(watches[0])
    text = "95 % of the tenant's jobs end sooner" if topic is Topic.OVERDUE else watches[0].verdict.sentence
    return f"{name} {of_one}: {text}"


def _tenant_text(status: TenantStatus) -> str:
    title = status.problem.kind.title if status.problem else "down"
    return f"tenant {status.tenant} {title} since {stamp(status.down_since)}" if status.down_since else ""


def _all_done_text(watches: Iterable[WatchedJob]) -> str:
    counted = counts(watches)
    parts = (
        f"{number:,} {WORDS[kind]}" for kind, number in counted.items() if number and kind is not VerdictKind.RUNNING
    )
    return f"all jobs finished: {', '.join(parts)}"
