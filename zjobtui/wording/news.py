"""What happened to a job, as a line for people and as a record for programs."""

from typing import Any

from zjobtui.domain.timeline import Event
from zjobtui.domain.watch import Watch
from zjobtui.wording.records import SCHEMA, record
from zjobtui.wording.signs import GLYPHS, WORDS
from zjobtui.wording.times import moment, stamp

_WORDS = {Event.ADDED: "added", Event.REMOVED: "off the watchlist", Event.LABELLED: "label, tags or note changed"}


def news_line(event: Event, watch: Watch, now: float) -> str:
    """`14:02:31  ✗ failed  1bc24f31…  CS-4390  Job failed, …`: the job by its whole id and its label."""
    kind = watch.verdict.kind
    told = watch.contradiction if event is Event.CONTRADICTED else _WORDS.get(event, watch.verdict.sentence)
    parts = (moment(now, now), f"{GLYPHS[kind]} {WORDS[kind]}", watch.job.id.given, watch.label, told)
    return "  ".join(part for part in parts if part)


def news_record(event: Event, watch: Watch, now: float) -> dict[str, Any]:
    """The watch as a record, with what happened to it and when that was seen."""
    return {"schema": SCHEMA, "at": stamp(now), "event": event.value, **record(watch, now)}
