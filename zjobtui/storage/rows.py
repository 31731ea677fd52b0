"""Rows of the store: reading watched jobs and responses from them, and the statements that write a change."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from sys import intern
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, Struct, convert
from msgspec.structs import asdict

from zjobtui.models.digest import FINAL_STATUSES, Digest
from zjobtui.models.history import REMOVALS, Event, EventKind
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Call, PreviousBody, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.rate_limits import RateLimits
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import CLOCK_AHEAD_SECONDS, LONGEST_PROMISE, WatchedJob
from zjobtui.models.watchlist import ANNOTATIONS as ANNOTATION_FIELDS
from zjobtui.models.watchlist import Change, ObservedJob
from zjobtui.storage.migrations import ADDED_COLUMNS

if TYPE_CHECKING:
    from zjobtui.models.report import Report


class DamageError(ValueError):
    """A row contains what this program never wrote; the message says what."""


SqlValue = str | float | int | None
Row = sqlite3.Row | Mapping[str, Any]

DIGEST_NUMBERS = ("subscriptions", "invoices")
"""Columns of the digest that hold a list of texts as JSON."""

DIGEST_COUNTS = ("subscription_count", "invoice_count")
"""Columns of the digest that hold a number of objects."""

DIGEST = (
    *("status", "verdict", "sentence", "kind", "order_number", "account_number", "words"),
    *("code", "message", "message_key", "why"),
    *DIGEST_NUMBERS,
    *DIGEST_COUNTS,
)
PROBLEM = ("problem", "problem_detail", "problem_code")
"""Columns that are all set or all NULL, except those of later migrations (`ADDED_COLUMNS`)."""

OBSERVATIONS = (
    *DIGEST,
    *("seen_at", "unfinished_at", "ended_at", "changed_at"),
    *(*PROBLEM, "problem_at"),
    *("contradiction", "planned", "heard_at", "operation_checked_at"),
)
"""Columns that calls write."""

IDENTITY = ("tenant", "job", "given", "added_at", "added_by")

EVENT_COLUMNS = ("at", "event", "text", "verdict")
"""Columns of an event in the table `entries`, besides its number and the position of its job."""

_FIELDS = {
    "acknowledged_at": "read_at",
    "seen_at": "last_answer_at",
    "unfinished_at": "last_running_at",
    "heard_at": "last_call_at",
}
"""Columns whose field in a watched job has another name; exported files use the names of columns."""

_COLUMN_OF = {field: column for column, field in _FIELDS.items()}

ANNOTATION_COLUMNS = tuple(_COLUMN_OF.get(field, field) for field in ANNOTATION_FIELDS)
"""Columns that the user writes."""

WATCH_COLUMNS = (*IDENTITY, *ANNOTATION_COLUMNS, *OBSERVATIONS)
"""Columns of a watched job in the table `watches`, besides its position, removal and revision."""

_PLAIN = tuple(name for name in WATCH_COLUMNS if name not in {"tenant", "job", "given", "tags", *DIGEST, *PROBLEM})
"""Columns that hold a field of the job unchanged."""

_PLAIN_DIGEST = tuple(name for name in DIGEST if name not in {"verdict", "sentence", *DIGEST_NUMBERS})
"""Columns that hold a field of the digest unchanged."""

_PLAIN_PROBLEM = tuple((name, name.removeprefix("problem_")) for name in PROBLEM if name != "problem")
"""Columns that hold a field of the problem unchanged, with that field."""

_ADDED_PLAIN = tuple((name, _FIELDS.get(name, name)) for name in _PLAIN if name in ADDED_COLUMNS)
"""Columns of later migrations with their fields, which have their default if the column is NULL."""

_TIMES = frozenset(
    {"added_at", "acknowledged_at", "seen_at", "unfinished_at", "ended_at", "changed_at", "problem_at", "at"}
    | {"removed_at", "operation_checked_at", "heard_at"}
)
LATEST_TIME = 1e11
"""Seconds since the epoch that no clock shows: the year 5138."""

LARGEST_COUNT = 1_000_000_000
"""A number of objects that no response has room for."""

_TEXT, _REAL = frozenset({str}), frozenset({float})
_OR_NULL = frozenset({type(None)})
_DECLARED: Mapping[str, frozenset[type]] = {
    **dict.fromkeys(("tenant", "job", "given", "added_by", "label", "tags", "note", "contradiction"), _TEXT),
    **dict.fromkeys(("batch", "event", "text"), _TEXT),
    **dict.fromkeys(("status", "verdict", "sentence", "kind", "order_number", "account_number"), _TEXT | _OR_NULL),
    **dict.fromkeys(("code", "message", "message_key", "why", *DIGEST_NUMBERS), _TEXT | _OR_NULL),
    **dict.fromkeys(DIGEST_COUNTS, frozenset({int}) | _OR_NULL),
    **dict.fromkeys(("words", "problem", "problem_detail", "problem_code", "removed_as"), _TEXT | _OR_NULL),
    **dict.fromkeys(("seen_at", "unfinished_at", "ended_at", "changed_at", "problem_at"), _REAL | _OR_NULL),
    **dict.fromkeys(("acknowledged_at", "removed_at", "operation_checked_at"), _REAL | _OR_NULL),
    **dict.fromkeys(("added_at", "at", "planned", "heard_at"), _REAL),
}
_TYPES = {name: types | _OR_NULL if name in ADDED_COLUMNS else types for name, types in _DECLARED.items()}
"""The types of columns, as far as a damaged file could contain others: those of the schema, column by column."""

_STORED_VERDICTS = {VerdictKind.RUNNING.value: "waiting"}
"""Verdicts that stores and exports hold under their former name, since windows of earlier versions read no other.

Both names are read.
"""

_VERDICTS = {stored: verdict for verdict, stored in _STORED_VERDICTS.items()}
_KINDS = {kind.value: kind for kind in VerdictKind} | {
    stored: VerdictKind(verdict) for stored, verdict in _VERDICTS.items()
}
_PROBLEMS = {kind.name: kind for kind in ProblemKind}
_EVENTS = {event.value: event for event in EventKind}
_REMOVALS = {kind.value: kind for kind in REMOVALS}


def row_of(watch: WatchedJob) -> dict[str, SqlValue]:
    """Return all columns of a job except its position, removal and revision."""
    return {
        "tenant": watch.job.tenant,
        "job": watch.job.id.key,
        "given": watch.job.id.given,
        "tags": json.dumps(watch.tags, ensure_ascii=False),
        **{name: getattr(watch, _FIELDS.get(name, name)) for name in _PLAIN},
        **_digest_columns(watch.digest),
        **_problem_columns(watch.problem),
    }


def watches_of(rows: Sequence[sqlite3.Row]) -> tuple[WatchedJob, ...]:
    """Return the jobs of rows; raises `DamageError`."""
    for name, column in zip(rows[0].keys() if rows else (), zip(*rows, strict=True), strict=True):
        check(name, column)
    try:
        return tuple(watch_of(row) for row in rows)
    except ValueError as fault:
        raise DamageError(str(fault)) from fault


def watch_of(row: Row) -> WatchedJob:
    """Return the job of checked columns; one of a later migration that is NULL gives the default of its field."""
    return WatchedJob(
        job=_job_of(row),
        added_at=row["added_at"],
        added_by=row["added_by"],
        label=row["label"],
        tags=_texts_of("tags", row["tags"]),
        note=row["note"],
        read_at=row["acknowledged_at"],
        digest=_digest_of(row),
        last_answer_at=row["seen_at"],
        last_running_at=row["unfinished_at"],
        ended_at=row["ended_at"],
        changed_at=row["changed_at"],
        problem=_problem_of(row),
        problem_at=row["problem_at"],
        contradiction=row["contradiction"],
        planned=min(max(row["planned"], 0.0), LONGEST_PROMISE),
        **{field: row[name] for name, field in _ADDED_PLAIN if row[name] is not None},
    )


def _texts_of(name: str, text: str) -> tuple[str, ...]:
    if text == "[]":
        return ()
    try:
        texts = json.loads(text)
    except (ValueError, RecursionError):
        texts = None
    if not isinstance(texts, list) or not all(isinstance(item, str) for item in texts):
        raise DamageError(f"its {name} are not a list of texts")
    return tuple(texts)


def _job_of(row: Row) -> JobRef:
    given = row["given"]
    if given != row["job"] and JobId.parse(given).key != row["job"]:
        raise DamageError("a job has two ids")
    return JobRef(row["tenant"], JobId(given))


def check(name: str, column: tuple[object, ...]) -> None:
    """Raise `DamageError` if a column contains what this program never writes there."""
    types = _TYPES.get(name)
    if types is not None and not types.issuperset(map(type, column)):
        raise DamageError(f"the type of its {name} is wrong")
    if name in _TIMES and not all(value is None or 0.0 <= value < LATEST_TIME for value in column):  # type: ignore[operator]
        raise DamageError(f"its {name} is not a time")
    if name in DIGEST_COUNTS and not all(value is None or 0 <= value < LARGEST_COUNT for value in column):  # type: ignore[operator]
        raise DamageError(f"its {name} is not a count")


def event_of(row: Row, job: JobRef) -> Event:
    """Return the event of a row; an event of a newer program reads as a change of status. Raises `DamageError`."""
    for name in EVENT_COLUMNS:
        check(name, (row[name],))
    event, verdict = _EVENTS.get(row["event"], EventKind.STATUS), _VERDICTS.get(row["verdict"], row["verdict"])
    return Event(job, row["at"], event, row["text"], verdict)


def removal_kind(row: Row) -> EventKind | None:
    """Return how a job left the list, None if it is on the list; in a way of a newer program counts as removed."""
    return None if row["removed_at"] is None else _REMOVALS.get(row["removed_as"], EventKind.REMOVED)


def removal_of(row: Row, job: JobRef) -> Event | None:
    """Return the event with which a job left the list; None if it is on the list."""
    kind = removal_kind(row)
    return Event(job, row["removed_at"], kind, "") if kind else None


def removal_columns(event: Event | None) -> dict[str, SqlValue]:
    """Return the columns that say how a job left the list; NULL if it is on the list."""
    return {"removed_at": event.at if event else None, "removed_as": event.event.value if event else None}


def event_columns(event: Event) -> dict[str, SqlValue]:
    """Return the columns of an event."""
    verdict = _STORED_VERDICTS.get(event.verdict, event.verdict)
    return {"at": event.at, "event": event.event.value, "text": event.text, "verdict": verdict}


def _digest_columns(digest: Digest | None) -> dict[str, SqlValue]:
    if digest is None:
        return dict.fromkeys(DIGEST)
    plain = {name: getattr(digest, name) for name in _PLAIN_DIGEST}
    numbers = {name: json.dumps(getattr(digest, name), ensure_ascii=False) for name in DIGEST_NUMBERS}
    verdict = digest.verdict.kind.value
    return {**plain, **numbers, "verdict": _STORED_VERDICTS.get(verdict, verdict), "sentence": digest.verdict.sentence}


def _problem_columns(problem: Problem | None) -> dict[str, SqlValue]:
    if problem is None:
        return dict.fromkeys(PROBLEM)
    return {"problem": problem.kind.name, **{name: getattr(problem, field) for name, field in _PLAIN_PROBLEM}}


def _digest_of(row: Row) -> Digest | None:
    if row["status"] is None:
        return None
    verdict = Verdict(_KINDS.get(row["verdict"], VerdictKind.ATTENTION), intern(row["sentence"]))
    plain = {name: _shared(row[name]) for name in _PLAIN_DIGEST if row[name] is not None}
    numbers: dict[str, Any] = {name: _texts_of(name, row[name]) for name in DIGEST_NUMBERS if row[name] is not None}
    return Digest(verdict=verdict, **plain, **numbers)


def _shared(value: SqlValue) -> Any:  # noqa: ANN401 - a field of the digest
    """Return a value; equal texts are the same object, so that ten thousand jobs stay small."""
    return intern(value) if isinstance(value, str) else value


def _problem_of(row: Row) -> Problem | None:
    if row["problem"] is None:
        return None
    kind = _PROBLEMS.get(row["problem"], ProblemKind.UNREADABLE)
    return Problem(kind, **{field: row[name] for name, field in _PLAIN_PROBLEM if row[name] is not None})


ReadReport = Callable[[str], "Report | None"]
"""Parses a stored body as a report; passed in, since only the API's parser knows how."""


def response_row(job: JobRef, response: Success) -> dict[str, str | float]:
    """Return the columns of a response; the call contains no request header, and so no token."""
    call = json.dumps(call_fields(response.call), ensure_ascii=False)
    return {"tenant": job.tenant, "job": job.id.key, "at": response.at, "body": response.report.raw, "call": call}


def response_of(row: sqlite3.Row, read_report: ReadReport) -> Success | None:
    """Return the response of a row; None if its body is not a report any more. Raises `DamageError`."""
    check("at", (row["at"],))
    try:
        report, call = read_report(row["body"]), call_of(json.loads(row["call"]))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as fault:
        raise DamageError(f"a response cannot be read, {fault}") from fault
    return Success(report, row["at"], call) if report else None


def previous_body_of(row: sqlite3.Row) -> PreviousBody | None:
    """Return the body that the response of a row replaced; None if it is the first one. Raises `DamageError`."""
    raw, at = row["earlier"], row["earlier_at"]
    if raw is None and at is None:
        return None
    check("at", (at,))
    if not isinstance(raw, str):
        raise DamageError("an earlier response is not text")
    return PreviousBody(raw, at)


def call_fields(call: Call) -> dict[str, Any]:
    """Return what is stored of a call: the rate limit headers, but not what was read from them."""
    fields = asdict(call)
    del fields["rate_limits"]
    return fields


class StoredCall(Struct, forbid_unknown_fields=True):
    """The fields of a call as they are stored and exported."""

    url: str = ""
    track_id: str = ""
    request_id: str = ""
    process_id: str = ""
    http_status: Annotated[int, Meta(ge=0, lt=1_000)] | None = None
    latency: Annotated[float, Meta(ge=0, lt=LATEST_TIME)] = 0.0
    limits: tuple[tuple[str, str], ...] = ()


def call_of(fields: object) -> Call:
    """Return the call of these fields; raises `ValueError` if they are not one."""
    return Call(rate_limits=RateLimits(), **asdict(convert(fields, StoredCall)))


_FINAL = tuple(sorted(FINAL_STATUSES))
_EMPTY_ROW = row_of(WatchedJob(job=JobRef("", JobId("0" * 32)), added_at=0.0))
_EMPTY = {f"empty_{name}": _EMPTY_ROW[name] for name in ANNOTATION_COLUMNS}
"""Parameters of a statement: what columns of the user hold if nothing was written, the default of their field."""
_INSERT = (
    f"INSERT INTO watches ({', '.join(WATCH_COLUMNS)}, revision) "
    f"VALUES ({', '.join(f':{name}' for name in WATCH_COLUMNS)}, :revision) "
    "ON CONFLICT (tenant, job) DO UPDATE SET removed_at = NULL, removed_as = NULL, revision = excluded.revision"
)
"""A job that was removed comes back with its annotations; `_add` appends those that are newly written."""
_OBSERVE = (
    f"UPDATE watches SET {', '.join(f'{name} = :{name}' for name in OBSERVATIONS)}, revision = :revision "
    "WHERE tenant = :tenant AND job = :job "
    f"AND (ifnull(status, '') IN {_FINAL}, CASE WHEN heard_at > :latest THEN 0.0 ELSE heard_at END) "
    f"<= (ifnull(:status, '') IN {_FINAL}, :heard_at)"
)
"""The order of observations is that of `observation_order`, with `:latest` for the latest possible time."""
_STORE_RESPONSE = (
    "INSERT INTO reports (position, at, body, call) "
    "SELECT position, :at, :body, :call FROM watches WHERE tenant = :tenant AND job = :job "
    "ON CONFLICT (position) DO UPDATE SET "
    "earlier_at = CASE body WHEN excluded.body THEN earlier_at ELSE at END, "
    "earlier = CASE body WHEN excluded.body THEN earlier ELSE body END, "
    "at = excluded.at, body = excluded.body, call = excluded.call"
)
"""The body that another one replaces is kept as the earlier one; an equal one replaces nothing."""
_ADD_EVENT = (
    f"INSERT INTO entries (position, {', '.join(EVENT_COLUMNS)}) "
    f"VALUES (:position, {', '.join(f':{name}' for name in EVENT_COLUMNS)})"
)
_LAST_EVENT = f"SELECT {', '.join(EVENT_COLUMNS)} FROM entries WHERE position = ? ORDER BY number DESC LIMIT 1"
SAME_EVENT_SECONDS = 10.0
"""Seconds within which two windows notice one change; each reads every two seconds what the other has written."""
POSITION = "(SELECT position FROM watches WHERE tenant = ? AND job = ?)"
"""Finds the row of a job by tenant and job key."""


class MissingJobError(Exception):
    """A change is about a job that the store does not know: the file is not the one that was read."""


def write_change(connection: sqlite3.Connection, change: Change, revision: int, now: float) -> None:
    """Write a change, each group of columns by itself, so that two windows never undo each other's writes.

    An observation older than the stored one is skipped, and so is any that would undo a final one. A stored time that
    is later than `now` (seconds since the epoch, UTC) is that of a clock that was ahead, and skips nothing. It is
    compared with the time of the commit, not with that of the new observation, which may have waited for a lock for
    hours. Raises `MissingJobError` if the store does not know a job of the change: no row is ever deleted.
    """
    columns = [_COLUMN_OF.get(field, field) for field in change.fields]
    _add(connection, change.added, columns, revision)
    _remove(connection, change, revision)
    fields = ", ".join(f"{name} = :{name}" for name in columns)
    annotate = f"UPDATE watches SET {fields}, revision = :revision WHERE tenant = :tenant AND job = :job"
    _update_each(connection, annotate, [{**row_of(watch), "revision": revision} for watch in change.annotated])
    _observe(connection, change.observed, revision, now + CLOCK_AHEAD_SECONDS)
    _append(connection, change.events)


def _add(connection: sqlite3.Connection, watches: Iterable[WatchedJob], columns: Iterable[str], revision: int) -> None:
    """Add jobs; of those that are stored already, write what is not empty in these columns."""
    new = (
        f"{name} = CASE WHEN excluded.{name} IS :empty_{name} THEN {name} ELSE excluded.{name} END" for name in columns
    )
    insert = ", ".join((_INSERT, *new))
    connection.executemany(insert, [{**row_of(watch), **_EMPTY, "revision": revision} for watch in watches])


def _remove(connection: sqlite3.Connection, change: Change, revision: int) -> None:
    removals = change.removals
    _update_each(
        connection,
        "UPDATE watches SET removed_at = :removed_at, removed_as = :removed_as, revision = :revision "
        "WHERE tenant = :tenant AND job = :job",
        [
            {**removal_columns(removals[job]), "revision": revision, "tenant": job.tenant, "job": job.id.key}
            for job in (watch.job for watch in change.removed)
        ],
    )


def _update_each(
    connection: sqlite3.Connection, update: str, rows: Sequence[Mapping[str, SqlValue] | Sequence[SqlValue]]
) -> None:
    """Run an update of one job for each of these rows."""
    if rows and connection.executemany(update, rows).rowcount != len(rows):
        raise MissingJobError


def _observe(connection: sqlite3.Connection, jobs: Iterable[ObservedJob], revision: int, latest: float) -> None:
    for observed in jobs:
        written = connection.execute(_OBSERVE, {**row_of(observed.watch), "revision": revision, "latest": latest})
        if written.rowcount and observed.response is not None:
            connection.execute(_STORE_RESPONSE, response_row(observed.watch.job, observed.response))
        elif not written.rowcount and not _is_known(connection, observed.watch.job):
            raise MissingJobError


def _is_known(connection: sqlite3.Connection, job: JobRef) -> bool:
    return connection.execute(f"SELECT {POSITION}", (job.tenant, job.id.key)).fetchone()[0] is not None


def _append(connection: sqlite3.Connection, events: Iterable[Event]) -> None:
    """Append to histories, except for what another window or an earlier attempt has written already."""
    for event in events:
        row = connection.execute(f"SELECT {POSITION}", (event.job.tenant, event.job.id.key)).fetchone()
        if row[0] is not None and not _is_repeated(event, connection.execute(_LAST_EVENT, (row[0],)).fetchone()):
            connection.execute(_ADD_EVENT, {"position": row[0], **event_columns(event)})


def _is_repeated(event: Event, last: sqlite3.Row | None) -> bool:
    """Return whether an event is the last one of its job again. A status in the same words is no change at any time."""
    columns = event_columns(event)
    if last is None or any(last[name] != columns[name] for name in ("event", "text", "verdict")):
        return False
    return event.event is EventKind.STATUS or abs(event.at - last["at"]) < SAME_EVENT_SECONDS
