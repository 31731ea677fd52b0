"""A watchlist as JSON, to be carried to another machine and back: exact, checked, of one known schema."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import inf, isfinite
from typing import Any, TypeVar, cast

from zjobtui.domain.job import InvalidJobIdError, Job, JobId
from zjobtui.domain.merging import Carried
from zjobtui.domain.observation import Seen
from zjobtui.domain.redaction import mask_secrets
from zjobtui.domain.text import clean
from zjobtui.domain.timeline import Entry, Event, Timeline
from zjobtui.domain.watchlist import ANNOTATIONS
from zjobtui.storage.answers import ReadReport, call_fields, call_of
from zjobtui.storage.rows import (
    DIGEST,
    IDENTITY,
    OBSERVATIONS,
    PROBLEM,
    DamageError,
    SqlValue,
    check,
    entry_of,
    row_of,
    watch_of,
)

T = TypeVar("T")

FORMAT = "zjobtui watchlist"
SCHEMA = 1
"""Counts up when a file can no longer be read by the program before."""

_PLACE = re.compile(r"[a-z_]+(?:\[[0-9]+\])?[.:]")


class CarriedError(ValueError):
    """A text is no exported watchlist; the message says what is wrong, and where: `jobs[3].added_at: is missing`."""

    def under(self, place: str) -> "CarriedError":
        """The same fault, seen from outside."""
        text = str(self)
        return CarriedError(f"{place}.{text}" if _PLACE.match(text) else f"{place}: {text}")


def to_json(carried: Iterable[Carried], now: str) -> str:
    """The export, one job a line; without answers and timelines where `carried` has none."""
    jobs = ",\n".join(json.dumps(_told(one), ensure_ascii=False) for one in carried)
    head = f'"format": {json.dumps(FORMAT)}, "schema": {SCHEMA}, "exported_at": {json.dumps(now)}'
    return f'{{{head}, "jobs": [\n{jobs}\n]}}\n'


def from_json(text: str | bytes, read_report: ReadReport) -> list[Carried]:
    """The jobs of an export; raises `CarriedError`."""
    try:
        given = json.loads(text)
    except json.JSONDecodeError as fault:
        raise CarriedError(f"line {fault.lineno}, column {fault.colno}: {fault.msg}") from None
    except UnicodeDecodeError as fault:
        raise CarriedError(f"byte {fault.start + 1}: it is not written in UTF-8") from None
    except (ValueError, RecursionError):
        raise CarriedError("it is nested too deeply, or a number in it is too long") from None
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        raise CarriedError(f"format: it is no export of zjobtui, which says “{FORMAT}” there")
    schema, jobs = given.get("schema"), given.get("jobs")
    if not isinstance(schema, int) or not isinstance(jobs, list):
        raise CarriedError("schema, jobs: one of them is missing or something else")
    if schema > SCHEMA:
        raise CarriedError(f"schema: {schema} was written by a newer zjobtui; this one reads up to {SCHEMA}")
    return [_at(f"jobs[{number}]", partial(_carried, one, read_report)) for number, one in enumerate(jobs)]


def _told(one: Carried) -> dict[str, Any]:
    row: dict[str, Any] = {**row_of(one.watch), "tags": list(one.watch.tags)}
    del row["job"], row["heard_at"]
    if one.seen is not None:
        row["answer"] = {"at": one.seen.at, "body": one.seen.report.raw, "call": call_fields(one.seen.call)}
    if one.timeline:
        row["timeline"] = [
            {"at": entry.at, "event": entry.event.value, "text": entry.text, "verdict": entry.verdict}
            for entry in one.timeline
        ]
    return row


def _carried(given: object, read_report: ReadReport) -> Carried:
    told = _harmless(_mapping(given))
    job = Job(_named(told, "tenant"), _at("given", lambda: JobId.parse(_named(told, "given"))))
    watch = watch_of(_row(told, job))
    answer = told.get("answer")
    seen = None if answer is None else _at("answer", lambda: _seen(_mapping(answer), read_report))
    return Carried(watch, seen, _timeline(told.get("timeline", []), job))


def _row(told: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """The columns as the store has them; raises `CarriedError` for what is missing or of another type."""
    row: dict[str, Any] = {"job": job.id.key}
    for name in (*IDENTITY, *ANNOTATIONS, *OBSERVATIONS):
        if name == "tags":
            row[name] = _at(name, lambda: json.dumps([_text(tag) for tag in _list(told.get("tags"))]))
        elif name not in {"job", "heard_at"}:
            row[name] = _checked(told, name)
    for group in (DIGEST, PROBLEM):
        for name in group if row[group[0]] is not None else ():
            _named(row, name)
    return row


def _checked(told: Mapping[str, Any], name: str) -> SqlValue:
    if name not in told:
        raise CarriedError(f"{name}: is missing")
    value = told[name]
    if type(value) is int:
        value = float(value) if abs(value) < 1e300 else inf
    _at(name, lambda: check(name, (value,)))
    if isinstance(value, float) and not isfinite(value):
        raise CarriedError(f"{name}: holds no number")
    return cast("SqlValue", value)


def _seen(told: Mapping[str, Any], read_report: ReadReport) -> Seen:
    call, body = _mapping(told.get("call")), _text(told.get("body"))
    if (report := read_report(body)) is None:
        raise CarriedError("body: it is no answer about a job")
    try:
        made = call_of(call)
    except (TypeError, ValueError, LookupError):
        raise CarriedError("call: it is none") from None
    texts = (
        made.url,
        made.track_id,
        made.request_id,
        made.process_id,
        *(text for pair in made.limits for text in pair),
    )
    if not (all(isinstance(text, str) for text in texts) and isinstance(made.latency, int | float)):
        raise CarriedError("call: it holds something else")
    return Seen(report, cast("float", _checked(told, "at")), made)


def _timeline(given: object, job: Job) -> Timeline:
    return tuple(_at(f"timeline[{number}]", partial(_entry, one, job)) for number, one in enumerate(_list(given)))


def _entry(given: object, job: Job) -> Entry:
    told = _mapping(given)
    if told.get("event") == Event.ADDED.value:  # its text is the `added_by` of the job
        told = {**told, "text": mask_secrets(_named(told, "text"))}
    return entry_of({name: _checked(told, name) for name in ("at", "event", "text", "verdict")}, job)


def _harmless(value: Any, name: str = "") -> Any:  # noqa: ANN401 - JSON holds anything
    """The value with every text in it made safe, but for what Zuora sent, which its reader makes safe.

    Where jobs came from is not written by the user, so it holds no credential.
    """
    if isinstance(value, str):
        return value if name == "body" else clean(mask_secrets(value) if name == "added_by" else value)
    if isinstance(value, list):
        return [_harmless(one) for one in value]
    return {key: _harmless(one, key) for key, one in value.items()} if isinstance(value, dict) else value


def _named(told: Mapping[str, Any], name: str) -> str:
    return _at(name, lambda: _text(told.get(name)))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise CarriedError("must be a text")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise CarriedError("must be a list")
    return value


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CarriedError("must be an object")
    return value


def _at(place: str, make: Callable[[], T]) -> T:
    """What is made there; whatever is wrong with it is told with the place."""
    try:
        return make()
    except CarriedError as fault:
        raise fault.under(place) from None
    except (DamageError, InvalidJobIdError) as fault:
        raise CarriedError(f"{place}: {fault}") from None
