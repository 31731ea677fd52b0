"""A watched job as a record for other programs; field names are stable, versioned by `RECORD_SCHEMA`."""

import json
from typing import TYPE_CHECKING, Any

from zjobtui.formatting.times import stamp
from zjobtui.models.advice import advise
from zjobtui.models.history import History
from zjobtui.models.watched_job import WatchedJob, had_ended, is_stale
from zjobtui.models.why import settled_why

if TYPE_CHECKING:
    from zjobtui.models.observation import Success

RECORD_SCHEMA = 2
"""Incremented when a field changes its name or meaning or is removed, not for a new field.

Schema 2 is schema 1 with `last_answer_at` for `seen_at`, and the verdict `running` for `waiting`.
"""

RECORD_FIELDS = (
    *("tenant", "job_id", "label", "tags", "note", "verdict", "sentence", "status", "type"),
    *("order_number", "account_number", "is_final", "is_stale", "problem", "added_at", "last_answer_at", "ended_at"),
    *("error_code", "error_category", "is_transient", "why", "subscriptions", "invoices"),
    *("batch", "duration_s"),
)
"""The names of the fields of `record`, in order."""


def record(watch: WatchedJob, now: float) -> dict[str, Any]:
    """Return a job as a record; times are `2026-11-23T14:02:31Z` or None."""
    digest, advice = watch.digest, advise(watch.digest)
    return {
        "tenant": watch.job.tenant,
        "job_id": watch.job.id.given,
        "label": watch.label,
        "tags": list(watch.tags),
        "note": watch.note,
        "verdict": watch.verdict.kind.value,
        "sentence": watch.verdict.sentence,
        "status": digest.status if digest else None,
        "type": (digest.kind or None) if digest else None,
        "order_number": (digest.order_number or None) if digest else None,
        "account_number": (digest.account_number or None) if digest else None,
        "is_final": watch.is_final,
        "is_stale": is_stale(watch, now),
        "problem": str(watch.problem) if watch.problem else None,
        "added_at": stamp(watch.added_at),
        "last_answer_at": stamp(watch.last_answer_at) if watch.last_answer_at else None,
        "ended_at": stamp(watch.ended_at) if watch.ended_at else None,
        "error_code": (digest.code or None) if digest else None,
        "error_category": advice.title or None,
        "is_transient": advice.is_transient,
        "why": settled_why(watch) or None,
        "subscriptions": list(digest.subscriptions) if digest else [],
        "invoices": list(digest.invoices) if digest else [],
        "batch": watch.batch,
        "duration_s": duration_of(watch),
    }


def duration_of(watch: WatchedJob) -> float | None:
    """Return the seconds from when a job was added until it was first seen ended.

    None while it is running, and if it had ended when it was first polled.
    """
    if watch.ended_at is None or not watch.is_final or had_ended(watch):
        return None
    return round(max(0.0, watch.ended_at - watch.added_at), 1)


def full_record(watch: WatchedJob, seen: "Success | None", timeline: History, now: float) -> dict[str, Any]:
    """Return a job with its last response and its timeline; a body that is not JSON is a text."""
    events = [{"at": stamp(e.at), "event": e.event.value, "text": e.text, "verdict": e.verdict} for e in timeline]
    answer = None
    if seen is not None:
        answer = {
            "at": stamp(seen.at),
            "http_status": seen.call.http_status,
            "request_id": seen.call.request_id,
            "track_id": seen.call.track_id,
            "body": _body_of(seen.report.raw),
        }
    return {"schema": RECORD_SCHEMA, **record(watch, now), "answer": answer, "timeline": events}


def _body_of(raw: str) -> Any:  # noqa: ANN401 - JSON holds anything
    """Return the body as JSON; the text itself if it is not JSON, or holds what JSON has no number for."""
    try:
        return json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return raw


def _refuse(constant: str) -> None:
    raise ValueError(constant)
