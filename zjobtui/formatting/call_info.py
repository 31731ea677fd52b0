"""Text about calls: ids for Zuora support, rate limits from the response headers, and the call for curl.

Calls of the call log are also rows of a table, and records for other programs.
"""

import json
import shlex
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from zjobtui.formatting.job import problem_text
from zjobtui.formatting.outline import OutlineNode, Tone, field, group
from zjobtui.formatting.symbols import short_id
from zjobtui.formatting.times import duration, moment, stamp
from zjobtui.models.call_log import CallKind, LoggedCall
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text_width import cells, fit
from zjobtui.zuora.headers import read_rate_limits
from zjobtui.zuora.requests import JOBS_PATH, OPERATIONS_PATH, job_path, tenant_headers

if TYPE_CHECKING:
    from zjobtui.models.observation import Call, Success
    from zjobtui.models.tenant import Tenant
    from zjobtui.models.watched_job import WatchedJob

_WINDOWS = {1: "per second", 60: "per minute", 3_600: "per hour", 86_400: "per day"}

_SHOWN_FROM = 0.001
"""Seconds from which on a part of the time of a call is shown."""

_REQUEST_ID_CELLS, _MEDIUM, _WITH_TENANT = 118, 56, 74
"""Cells from which on a row has the request id; the kind and the duration of the call; and its tenant."""

_JOB_CELLS, _MOST_JOB_CELLS, _TENANT_CELLS, _ID_CELLS, _OUTCOME_CELLS = 17, 30, 10, 36, 32
"""Cells of a job at least, and at most if there is room beside the outcome, which takes more than these if it can."""

_LEAST_LABEL, _LABELLED, _SHORT_ID = 4, 15, 8
"""Cells of a label below which it is left out, of one with ` · ` and the beginning of an id, and of that beginning."""


def call_lines(call: "Call", at: float) -> tuple[OutlineNode, ...]:
    """Return a call as an outline: ids, time in UTC, URL, status and latency."""
    status = f"HTTP {call.http_status}" if call.http_status else ""
    return (
        *field("request id", "Request id", call.request_id),
        *field("process id", "Process id", call.process_id),
        *field("track id", "Track id", call.track_id),
        *field("time", "Time", stamp(at)),
        *field("request", "Request", f"{_method(call.url)} {call.url}" if call.url else ""),
        *field("answer", "Response", " · ".join(part for part in (status, _latency(call)) if part)),
    )


def _method(url: str) -> str:
    return "POST" if url.endswith("/oauth/token") else "GET"


def _latency(call: "Call") -> str:
    return f"{call.latency * 1000:.0f} ms" if call.http_status or call.latency else ""


def request_lines(
    watch: "WatchedJob",
    tenant: "Tenant | None",
    success: "Success | None",
    now: float,
    zone: tzinfo | None = None,
    last: LoggedCall | None = None,
) -> Iterator[OutlineNode]:
    """Return the most recent call, also if it failed, its rate limits, and the curl command for the same call.

    `last` is the last call since the start of the program, `success` the stored response, whose own call follows if
    it is another one.
    """
    call = _newest(last, success)
    if call is not None:
        yield from _logged_lines(call, now, zone)
    elif success is None or _has_failed_since(watch, success):
        yield from _unlogged_lines(watch, now, zone)
    else:
        yield from field("local time", _time_title(zone), moment(success.at, now, zone))
        yield from call_lines(success.call, success.at)
        if (watch.last_answer_at or 0.0) - success.at >= 1 and watch.last_answer_at:
            latest = moment(watch.last_answer_at, now, zone, beside=success.at)
            since = f"the same at {latest}; the ids are those of the first response"
            yield from field("unchanged", "Unchanged", since, Tone.MUTED)
    if success is not None and (call is not None or _has_failed_since(watch, success)):
        stored = (*field("stored/time", "Time", stamp(success.at)), *_prefixed("stored", success.call, success.at))
        if call is None or call.call.track_id != success.call.track_id:
            yield from group("stored", "Response shown in Raw", moment(success.at, now, zone), stored, is_open=False)
    if tenant is not None:
        titles = dict.fromkeys(part for part in (tenant.title, tenant.name, tenant.kind.value) if part)
        yield from field("tenant", "Tenant", " · ".join(titles))
        yield from field("host", "Host", tenant.base_url.rpartition("//")[2])
        yield from field("secret from", "Secret from", tenant.credentials_from)
    shown = call or success
    if shown is not None:
        yield from _limit_lines(shown.call.limits, shown.at)
    if tenant is not None:
        yield OutlineNode("curl", "Command", curl(tenant, watch, shown.call if shown else None))


def _outcome_text(call: LoggedCall) -> str:
    """Return what came of a call: that it is ok, with the job's status, or the problem."""
    if call.problem is None:
        return f"ok · {call.status}"
    return str(call.problem) if call.was_sent else f"not sent, {call.problem}"


def _timing_text(call: LoggedCall) -> str:
    """Return where the time of a call went, as far as it is worth a word: waiting, sign-in and connection, response."""
    latency = call.call.latency if call.was_sent else 0.0
    parts = {"waited": call.waited, "sign-in": call.took - latency if latency else 0.0, "response": latency}
    return " · ".join(f"{name} {_short(seconds)}" for name, seconds in parts.items() if seconds >= _SHOWN_FROM)


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else duration(seconds)


def logged_call_lines(call: LoggedCall) -> Iterator[OutlineNode]:
    """Return everything known about a logged call: outcome, ids, where the time went, and the body of a failed one."""
    yield from field("outcome", "Outcome", _outcome_text(call), Tone.ATTENTION if call.problem else Tone.PLAIN)
    if call.problem is not None:
        yield from field("code", "Code", call.problem.code)
    if call.reference is not None:
        yield OutlineNode("read", "Read", f"{call.reference.kind.noun} {call.reference.key}")
    yield from call_lines(call.call, call.at)
    yield from field("timing", "Duration", _timing_text(call))
    lines = (
        OutlineNode(f"body/{number}", "", line) for number, line in enumerate(call.body.split("\n")) if line.strip()
    )
    if call.body:
        yield from group("body", "Response body", f"{len(call.body):,} characters", lines)


def _logged_lines(call: LoggedCall, now: float, zone: tzinfo | None) -> Iterator[OutlineNode]:
    yield from field("local time", _time_title(zone), f"{moment(call.at, now, zone)} · {call.kind.value}")
    yield from logged_call_lines(call)


def _unlogged_lines(watch: "WatchedJob", now: float, zone: tzinfo | None) -> Iterator[OutlineNode]:
    """Return the last call of another run of the program, of which only the problem is stored."""
    if watch.problem is None or watch.problem_at is None:
        yield OutlineNode("none", "Response", "No response yet.", Tone.MUTED)
        return
    yield from field("local time", _time_title(zone), moment(watch.problem_at, now, zone))
    yield from field("outcome", "Outcome", problem_text(watch) or str(watch.problem), Tone.ATTENTION)
    yield from field("code", "Code", watch.problem.code)
    yield OutlineNode("no ids", "Ids", "not kept: another run or window of zjobtui made this call", Tone.MUTED)


def _newest(last: LoggedCall | None, success: "Success | None") -> LoggedCall | None:
    """Return the logged call unless the stored response is newer, of another window."""
    return last if last is not None and (success is None or last.at >= success.at) else None


def _has_failed_since(watch: "WatchedJob", success: "Success") -> bool:
    return watch.problem is not None and (watch.problem_at or 0.0) > success.at


def _time_title(zone: tzinfo | None) -> str:
    return "UTC time" if zone else "Local time"


def _prefixed(prefix: str, call: "Call", at: float) -> Iterator[OutlineNode]:
    return (replace(line, key=f"{prefix}/{line.key}") for line in call_lines(call, at) if line.key != "time")


def support_text(call: "Call", at: float) -> str:
    """Return what Zuora support asks for, in one line."""
    ids = {"request id": call.request_id, "process id": call.process_id, "track id": call.track_id}
    return " · ".join([*(f"{name} {value}" for name, value in ids.items() if value), stamp(at)])


def allowance(calls: int, window: int) -> str:
    """Return the calls that are allowed in a window of so many seconds: `2,500 per minute`."""
    return f"{calls:,} {_WINDOWS.get(window, f'per {duration(window)}')}"


def _limit_lines(headers: tuple[tuple[str, str], ...], at: float) -> Iterator[OutlineNode]:
    limits, texts = read_rate_limits(headers, at), {name.lower(): text for name, text in headers}
    windows = limits.windows.items()
    allowed = {window: allowance(calls, window) for window, calls in windows}
    yield from field("allowed", "Calls allowed", ", ".join(allowed.values()))
    if limits.remaining is not None:
        quota = allowed.get(limits.window) if limits.window else None
        total = f" of {quota}" if quota else ""
        reset = f", resets in {duration(limits.reset)}" if limits.reset is not None else ""
        yield OutlineNode("left", "Calls left", f"{limits.remaining:,}{total}{reset}")
    concurrency = texts.get("concurrency-limit-limit", "")
    free = texts.get("concurrency-limit-remaining", "")
    yield from field("at once", "Concurrency", f"{concurrency} calls, {free or 'unknown'} free" if concurrency else "")
    yield from field("wait", "Retry after", texts.get("retry-after", ""), Tone.ATTENTION)
    lines = (OutlineNode(f"limits/{number}", name, text, Tone.MUTED) for number, (name, text) in enumerate(headers))
    yield from group("limits", f"Rate limit headers ({len(headers)})", "", lines)


def curl(tenant: "Tenant", watch: "WatchedJob", call: "Call | None") -> str:
    """Return a shell command that requests a job as `call` did, or as the next call will if there was none.

    It names a variable instead of the token, and goes to the tenant's host, whatever host an imported call has.
    """
    folders = (OPERATIONS_PATH, JOBS_PATH) if watch.is_operation else (JOBS_PATH, OPERATIONS_PATH)
    paths = [job_path(watch.job.id, folder) for folder in folders]
    path = next((path for path in paths if call is not None and call.url.endswith(path)), paths[0])
    headers = (shlex.quote(f"{name}: {value}") for name, value in tenant_headers(tenant).items())
    parts = ("curl -sS", '"Authorization: Bearer $ZUORA_TOKEN"', *headers)
    return " ".join((" -H ".join(parts), shlex.quote(tenant.base_url + path)))


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
    if width >= _MEDIUM:
        first.append(fit(call.kind.value, max(len(kind.value) for kind in CallKind)))
    if width >= _WITH_TENANT and with_tenant:
        last.append(fit(call.tenant, _TENANT_CELLS))
    if width >= _MEDIUM:
        last.append(f"{_short(call.took):>6}")
    if width >= _REQUEST_ID_CELLS:
        last.append(fit(call.call.request_id or "–", _ID_CELLS))
    room = width - sum(cells(part) + 1 for part in (*first, *last)) - _OUTCOME_CELLS
    subject = _subject(call, name, max(_JOB_CELLS, min(room, _MOST_JOB_CELLS)) if width >= _MEDIUM else 8)
    return " ".join((*first, subject, *last, _outcome_text(call)))


def _subject(call: LoggedCall, label: str, width: int) -> str:
    """Return what a call is about in `width` cells: of a job label and id, if there is room for both."""
    if call.job is None:
        return fit(_subject_text(call), width)
    if not label or width < _LABELLED:
        given, shown = call.job.id.given, min(width, _JOB_CELLS)
        return fit(short_id(given, shown) if width > _SHORT_ID else given[:_SHORT_ID], width)
    label = fit(label, min(cells(label), width - _LABELLED + _LEAST_LABEL))
    return fit(f"{label} · {call.job.id.given[:_SHORT_ID]}", width)


def _subject_text(call: LoggedCall) -> str:
    """Return what a call is about: the beginning of a job's id, the number of what was read, or the sign-in."""
    if call.job is not None:
        return short_id(call.job.id.given)
    return call.reference.key if call.reference is not None else "sign-in"


def _record(call: LoggedCall) -> dict[str, Any]:
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
    return mask("".join(f"{json.dumps(_record(call), ensure_ascii=False)}\n" for call in calls))
