"""Changes of jobs as lines, and as notifications."""

from collections.abc import Iterable, Sequence
from typing import Any

from zjobtui.formatting.records import SCHEMA, record
from zjobtui.formatting.symbols import GLYPHS, WORDS, counts, plural, short_id
from zjobtui.formatting.times import moment, stamp
from zjobtui.models.history import EventKind
from zjobtui.models.notifications import Notification, Topic
from zjobtui.models.text import clean, shorten
from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob

_WORDS = {
    EventKind.ADDED: "added",
    EventKind.REMOVED: "off the watchlist",
    EventKind.LABELLED: "label, tags or note changed",
}


def news_line(event: EventKind, watch: WatchedJob, now: float) -> str:
    """`14:02:31  ✗ failed  1bc24f31…  CS-4390  Job failed, …`: the job by its whole id and its label."""
    kind = watch.verdict.kind
    told = watch.contradiction if event is EventKind.CONTRADICTED else _WORDS.get(event, watch.verdict.sentence)
    parts = (moment(now, now), f"{GLYPHS[kind]} {WORDS[kind]}", watch.job.id.given, watch.label, told)
    return "  ".join(part for part in parts if part)


def news_record(event: EventKind, watch: WatchedJob, now: float) -> dict[str, Any]:
    """The watch as a record, with what happened to it and when that was seen."""
    return {"schema": SCHEMA, "at": stamp(now), "event": event.value, **record(watch, now)}


LIMIT = 200
"""Characters of a line; desktops show no more."""


def line_of(news: Sequence[Notification], watches: Iterable[WatchedJob]) -> str:
    """All news in one line, safe for a terminal: one job by its name, more of them by their number."""
    told = [_about([one.watch for one in news if one.topic is topic and one.watch], topic) for topic in Topic]
    if any(one.topic is Topic.ALL_DONE for one in news):
        told.append(_in_all(watches))
    return shorten(clean(" · ".join(part for part in told if part)), LIMIT)


def records_of(news: Iterable[Notification], watches: Sequence[WatchedJob], now: float) -> list[dict[str, Any]]:
    """A record for each: the event, and the job as `ls --json` prints it, or how many jobs stand how."""
    numbers = {WORDS[kind]: number for kind, number in counts(watches).items()}
    return [{"event": one.topic.value, **(record(one.watch, now) if one.watch else {"jobs": numbers})} for one in news]


def _about(watches: Sequence[WatchedJob], topic: Topic) -> str:
    if len(watches) == 1:
        name = watches[0].label or short_id(watches[0].job.id.given)
        return f"{name} {'failed' if topic is Topic.FAILED else 'needs attention'}: {watches[0].verdict.sentence}"
    word = "failed" if topic is Topic.FAILED else "need attention"
    return f"{plural(len(watches), 'job')} {word}" if watches else ""


def _in_all(watches: Iterable[WatchedJob]) -> str:
    counted = counts(watches)
    parts = (f"{number:,} {WORDS[kind]}" for kind, number in counted.items() if number and kind is not Kind.RUNNING)
    return f"nothing is waited for any more: {', '.join(parts)}"
