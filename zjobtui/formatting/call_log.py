"""Calls of the call log as rows of a table and as records for other programs."""

import json
from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import Any

from zjobtui.formatting.call_info import outcome_text
from zjobtui.formatting.symbols import short_id
from zjobtui.formatting.times import duration, moment, stamp
from zjobtui.models.call_log import CallKind, LoggedCall
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text_width import cells, fit

REQUEST_ID_CELLS, MEDIUM, WITH_TENANT = 118, 56, 74
"""Cells from which on a row has the request id; the kind and the duration of the call; and its tenant."""

_JOB_CELLS, _MOST_JOB_CELLS, _TENANT_CELLS, _ID_CELLS, _OUTCOME_CELLS = 17, 30, 10, 36, 32
"""Cells of a job at least, and at most if there is room beside the outcome, which takes more than these if it can."""

_LEAST_LABEL, _LABELLED, _SHORT_ID = 4, 15, 8
"""Cells of a label below which it is left out, of one with ` · ` and the beginning of an id, and of that beginning."""


def call_row(
    call: LoggedCall, name: str, width: int, now: float, zone: tzinfo | None = None, *, with_tenant: bool = True
) -> str:
    """Return a call in one line: time, HTTP status, kind, job, tenant, duration, outcome and request id.

    As many columns as fit into `width` cells; `name` is the label of the job, or "". The first eight characters of its
    id are never cut.
    """
    status = f"{call.call.http_status or '–':>3}"
    first = [moment(call.at, now, zone, beside=call.at), status]
    last = []
    if width >= MEDIUM:
        first.append(fit(call.kind.value, max(len(kind.value) for kind in CallKind)))
    if width >= WITH_TENANT and with_tenant:
        last.append(fit(call.tenant, _TENANT_CELLS))
    if width >= MEDIUM:
        last.append(f"{_took(call):>6}")
    if width >= REQUEST_ID_CELLS:
        last.append(fit(call.call.request_id or "–", _ID_CELLS))
    room = width - sum(cells(part) + 1 for part in (*first, *last)) - _OUTCOME_CELLS
    subject = _subject(call, name, max(_JOB_CELLS, min(room, _MOST_JOB_CELLS)) if width >= MEDIUM else 8)
    return " ".join((*first, subject, *last, outcome_text(call)))


def _subject(call: LoggedCall, label: str, width: int) -> str:
    """Return what a call is about in `width` cells: of a job label and id, if there is room for both."""
    if call.job is None:
        return fit(subject_text(call), width)
    if not label or width < _LABELLED:
        given, shown = call.job.id.given, min(width, _JOB_CELLS)
        return fit(short_id(given, shown) if width > _SHORT_ID else given[:_SHORT_ID], width)
    label = fit(label, min(cells(label), width - _LABELLED + _LEAST_LABEL))
    return fit(f"{label} · {call.job.id.given[:_SHORT_ID]}", width)


def subject_text(call: LoggedCall) -> str:
    """Return what a call is about: the beginning of a job's id, the number of what was read, or the sign-in."""
    if call.job is not None:
        return short_id(call.job.id.given)
    return call.reference.key if call.reference is not None else "sign-in"


def _took(call: LoggedCall) -> str:
    return f"{call.took * 1000:.0f} ms" if call.took < 1 else duration(call.took)


def call_record(call: LoggedCall) -> dict[str, Any]:
    """Return a call as a record without response body, headers and the user's own text; times in UTC, else seconds."""
    problem = call.problem
    return {
        "at": stamp(call.at),
        "tenant": call.tenant,
        "job_id": call.job.id.given if call.job else None,
        "what": call.kind.value,
        "read": {"kind": call.reference.kind.word, "key": call.reference.key} if call.reference else None,
        "outcome": "failed" if problem else "ok",
        "status": call.status or None,
        "problem": mask_secrets(str(problem)) if problem else None,
        "error_code": (problem.code or None) if problem else None,
        "http_status": call.call.http_status,
        "waited_s": round(call.waited, 3),
        "took_s": round(call.took, 3),
        "response_s": round(call.call.latency, 3) if call.was_sent else None,
        "request_id": call.call.request_id or None,
        "process_id": call.call.process_id or None,
        "track_id": call.call.track_id or None,
        "url": call.call.url or None,
    }


def as_json_lines(calls: Iterable[LoggedCall], mask: Callable[[str], str]) -> str:
    """Return calls as JSON, one in each line; `mask` masks known secrets."""
    return mask("".join(f"{json.dumps(call_record(call), ensure_ascii=False)}\n" for call in calls))
