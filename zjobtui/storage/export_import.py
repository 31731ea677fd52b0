"""Export and import of a watchlist as JSON: exact, checked, with a schema number."""

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from math import inf
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from zjobtui.models.assessment import digest
from zjobtui.models.digest import ExpectedStatuses
from zjobtui.models.history import EventKind
from zjobtui.models.job import InvalidJobIdError, JobId, JobRef
from zjobtui.models.merge import ImportedJob
from zjobtui.models.observation import Success
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.text import clean
from zjobtui.storage.migrations import ADDED_COLUMNS
from zjobtui.storage.rows import (
    DIGEST,
    DIGEST_NUMBERS,
    LARGEST_COUNT,
    LATEST_TIME,
    PROBLEM,
    ReadReport,
    StoredCall,
    call_fields,
    call_of,
    event_columns,
    event_of,
    removal_columns,
    removal_of,
    row_of,
    watch_of,
)

FORMAT = "zjobtui watchlist"
EXPORT_SCHEMA = 1
"""Increases when older programs can no longer read the file."""

Moment = Annotated[float, Meta(ge=0, lt=LATEST_TIME)]
"""Seconds since the epoch, UTC, before the year 5138."""

Interval = Annotated[float, Meta(ge=0)]
"""Seconds."""

ObjectCount = Annotated[int, Meta(ge=0, lt=LARGEST_COUNT)]


class _Head(Struct):
    """The fields that identify an export."""

    format: str = ""
    schema: int | None = None


class _ExportedResponse(Struct):
    at: Moment
    body: str
    call: StoredCall


class _ExportedEvent(Struct):
    at: Moment
    event: str
    text: str
    verdict: str


class _Job(Struct):
    """The columns of a job as in the store, with its response and its history."""

    tenant: str
    given: str
    added_at: Moment
    added_by: str
    label: str
    tags: list[str]
    note: str
    acknowledged_at: Moment | None
    status: str | None
    verdict: str | None
    sentence: str | None
    kind: str | None
    order_number: str | None
    account_number: str | None
    words: str | None
    seen_at: Moment | None
    unfinished_at: Moment | None
    ended_at: Moment | None
    changed_at: Moment | None
    problem: str | None
    problem_detail: str | None
    problem_code: str | None
    problem_at: Moment | None
    contradiction: str
    planned: Interval
    code: str | None = None
    message: str | None = None
    message_key: str | None = None
    why: str | None = None
    subscriptions: list[str] | None = None
    invoices: list[str] | None = None
    subscription_count: ObjectCount | None = None
    invoice_count: ObjectCount | None = None
    batch: str | None = None
    operation_checked_at: Moment | None = None
    removed_at: Moment | None = None
    removed_as: str | None = None
    answer: _ExportedResponse | None = None
    timeline: list[_ExportedEvent] = []


class _Export(Struct):
    schema: int
    jobs: list[_Job]


class ImportFileError(ValueError):
    """The text is not a valid export; the message says what is wrong, and where: `jobs[3].added_at: is missing`."""


def to_json(jobs: Iterable[ImportedJob], now: str) -> str:
    """Return the export, one job per line; without responses and histories if `jobs` has none."""
    rows = ",\n".join(json.dumps(_fields_of(job), ensure_ascii=False) for job in jobs)
    head = f'"format": {json.dumps(FORMAT)}, "schema": {EXPORT_SCHEMA}, "exported_at": {json.dumps(now)}'
    return f'{{{head}, "jobs": [\n{rows}\n]}}\n'


def from_json(
    text: str | bytes, read_report: ReadReport, expected: ExpectedStatuses | None = None, *, now: float = inf
) -> list[ImportedJob]:
    """Return the jobs of an export; raises `ImportFileError`.

    Jobs with their response are judged again, since the export may come from a machine with other settings or from a
    version with other rules. If it is not known which statuses are `expected` here, only jobs without a `why` are
    judged. A job that was read after `now` (seconds since the epoch, UTC), by a clock that was ahead, counts as read
    now.
    """
    text = _text_of(text)
    try:
        head = _decode(text, _Head)
    except msgspec.ValidationError:
        head = _Head()
    if head.format != FORMAT:
        raise ImportFileError(f"format: this is not an export of zjobtui: expected “{FORMAT}”")
    if head.schema is not None and head.schema > EXPORT_SCHEMA:
        raise ImportFileError(
            f"schema: {head.schema} was written by a newer zjobtui; this one reads up to {EXPORT_SCHEMA}"
        )
    try:
        export = _decode(text, _Export)
    except msgspec.ValidationError as fault:
        raise ImportFileError(_explain(str(fault))) from None
    jobs = [_job_of(job, f"jobs[{number}]", read_report, now) for number, job in enumerate(export.jobs)]
    return [_judged(job, expected) for job in jobs]


def _text_of(text: str | bytes) -> str:
    """Return the text, decoded as UTF-8 or as the UTF-16 that PowerShell writes; raises `ImportFileError`."""
    if isinstance(text, str):
        return text
    is_utf_16 = text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return text.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ImportFileError(f"byte {fault.start + 1}: it is not written in UTF-8") from None


T = TypeVar("T")


def _decode(text: str, kind: type[T]) -> T:
    """Decode JSON; raises `msgspec.ValidationError` for another type, and `ImportFileError` for anything but JSON."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as fault:
        what, _, byte = str(fault).removeprefix("JSON is malformed: ").removesuffix(")").partition(" (byte ")
        before = text.encode()[: int(byte)].decode(errors="replace") if byte else text
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ImportFileError(f"line {line}, column {column}: {what[:1].lower()}{what[1:]}") from None
    except RecursionError:
        raise ImportFileError("it is nested too deeply") from None


_FAULT = re.compile(
    r"(?:Object missing required field `(?P<missing>.+?)`|(?P<what>.+?))(?: - at `\$\.?(?P<place>[^`]*)`)?", re.DOTALL
)
"""A message of msgspec; it may quote the name of a field from the file, but a place has no backquote."""


def _explain(fault: str) -> str:
    """Return the message of msgspec with the place first: `jobs[3].tags[0]: expected `str`, got `int``."""
    parts = re.fullmatch(_FAULT, fault)
    if parts is None:
        return fault
    missing, place = parts["missing"] or "", parts["place"] or ""
    place = ".".join(part for part in (place, missing) if part)
    what = "is missing" if missing else f"{parts['what'][:1].lower()}{parts['what'][1:]}"
    return f"{place}: {what}" if place else what


def _fields_of(job: ImportedJob) -> dict[str, Any]:
    row: dict[str, Any] = {**row_of(job.watch), "tags": list(job.watch.tags)}
    if job.watch.digest is not None:
        row |= {name: list(getattr(job.watch.digest, name)) for name in DIGEST_NUMBERS}
    del row["job"], row["heard_at"]
    if job.removal is not None:
        row |= removal_columns(job.removal)
    if job.response is not None:
        row["answer"] = {"at": job.response.at, "body": job.response.report.raw, "call": call_fields(job.response.call)}
    if job.timeline:
        row["timeline"] = [event_columns(event) for event in job.timeline]
    return row


def _job_of(exported: _Job, place: str, read_report: ReadReport, now: float) -> ImportedJob:
    """Return the job that an export has at `place`; raises `ImportFileError`."""
    fields: dict[str, Any] = _cleaned(msgspec.to_builtins(exported))
    try:
        job = JobRef(fields["tenant"], JobId.parse(fields["given"]))
    except InvalidJobIdError as fault:
        raise ImportFileError(f"{place}.given: {fault}") from None
    if not job.tenant.strip():
        raise ImportFileError(f"{place}.tenant: is empty")
    for group in (DIGEST, PROBLEM):
        for name in group if fields[group[0]] is not None else ():
            if fields[name] is None and name not in ADDED_COLUMNS:
                raise ImportFileError(f"{place}.{name}: is missing, but {group[0]} is given")
    for name in ("acknowledged_at", "removed_at"):
        if fields[name] is not None:
            fields[name] = min(fields[name], now)
    lists = {name: json.dumps(fields[name] or []) for name in ("tags", *DIGEST_NUMBERS)}
    watch = watch_of({**fields, "job": job.id.key, **lists})
    for event in fields["timeline"]:
        if event["event"] == EventKind.ADDED.value:  # its text is the `added_by` of the job
            event["text"] = mask_secrets(event["text"])
    timeline = tuple(event_of(event, job) for event in fields["timeline"])
    response = None if fields["answer"] is None else _response_of(fields["answer"], f"{place}.answer", read_report)
    return ImportedJob(watch, response, timeline, removal_of(fields, job))


def _judged(job: ImportedJob, expected: ExpectedStatuses | None) -> ImportedJob:
    before, response = job.watch.digest, job.response
    if response is None or before is None or (expected is None and not before.lacks_why):
        return job
    after = digest(response.report, (expected or {}).get(job.watch.job.tenant, ()))
    return replace(job, watch=replace(job.watch, digest=after)) if after.status == before.status else job


def _response_of(fields: Mapping[str, Any], place: str, read_report: ReadReport) -> Success:
    if (report := read_report(fields["body"])) is None:
        raise ImportFileError(f"{place}.body: it is not a response about a job")
    return Success(report, fields["at"], call_of(fields["call"]))


def _cleaned(value: Any, name: str = "") -> Any:  # noqa: ANN401 - JSON holds anything
    """Return the value with every text in it cleaned, except response bodies, which their parser cleans.

    Where jobs came from is not written by the user, so credentials in it are masked.
    """
    if isinstance(value, str):
        return value if name == "body" else clean(mask_secrets(value) if name == "added_by" else value)
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return {key: _cleaned(item, key) for key, item in value.items()} if isinstance(value, dict) else value
