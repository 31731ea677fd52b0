"""Turns watches into rows and rows into watches."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from zjobtui.domain.digest import Digest
from zjobtui.domain.job import Job, JobId
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.timeline import Entry, Event
from zjobtui.domain.verdict import Kind, Verdict
from zjobtui.domain.watch import Watch
from zjobtui.domain.watchlist import ANNOTATIONS


class DamageError(ValueError):
    """A row holds what this program never wrote; the message says what."""


SqlValue = str | float | int | None
Row = sqlite3.Row | Mapping[str, Any]

DIGEST = ("status", "verdict", "sentence", "kind", "order_number", "account_number", "words")
PROBLEM = ("problem", "problem_detail", "problem_code")
"""Columns that hold something all together, or nothing."""

OBSERVATIONS = (
    *DIGEST,
    *("seen_at", "unfinished_at", "ended_at", "changed_at"),
    *(*PROBLEM, "problem_at"),
    *("contradiction", "planned", "heard_at"),
)
"""Columns that calls write."""

IDENTITY = ("tenant", "job", "given", "added_at", "added_by")

_PLAIN = tuple(
    name
    for name in (*IDENTITY, *ANNOTATIONS, *OBSERVATIONS)
    if name not in {"tenant", "job", "given", "tags", *DIGEST, *PROBLEM}
)
"""Columns that hold a field of the watch as it is."""

_TIMES = frozenset({"added_at", "seen_at", "unfinished_at", "ended_at", "changed_at", "problem_at", "at"})
_LATEST = 1e11
"""Seconds since the epoch that no clock shows: the year 5138."""

_TEXT, _REAL = frozenset({str}), frozenset({float})
_OR_NULL = frozenset({type(None)})
_TYPES: Mapping[str, frozenset[type]] = {
    **dict.fromkeys((*IDENTITY, *ANNOTATIONS, "contradiction", "event", "text", "verdict"), _TEXT),
    **dict.fromkeys((*DIGEST, *PROBLEM, "removed_as"), _TEXT | _OR_NULL),
    **dict.fromkeys((*_TIMES, "acknowledged_at", "removed_at"), _REAL | _OR_NULL),
    **dict.fromkeys(("added_at", "at", "planned", "heard_at"), _REAL),
}
"""What a column holds, as far as a damaged file could hold something else."""

_KINDS = {kind.value: kind for kind in Kind}
_PROBLEMS = {kind.name: kind for kind in ProblemKind}
_EVENTS = {event.value: event for event in Event}


def row_of(watch: Watch) -> dict[str, SqlValue]:
    """All columns of a watch but its position, removal and revision."""
    return {
        "tenant": watch.job.tenant,
        "job": watch.job.id.key,
        "given": watch.job.id.given,
        "tags": json.dumps(watch.tags, ensure_ascii=False),
        **{name: getattr(watch, name) for name in _PLAIN},
        **_digest_columns(watch.digest),
        **_problem_columns(watch.problem),
    }


def watches_of(rows: Sequence[sqlite3.Row]) -> tuple[Watch, ...]:
    """The watches that rows hold; raises `DamageError`."""
    for name, column in zip(rows[0].keys() if rows else (), zip(*rows, strict=True), strict=True):
        check(name, column)
    try:
        return tuple(watch_of(row) for row in rows)
    except ValueError as fault:
        raise DamageError(str(fault)) from fault


def watch_of(row: Row) -> Watch:
    """The watch that checked columns hold."""
    return Watch(
        job=_job_of(row),
        added_at=row["added_at"],
        added_by=row["added_by"],
        label=row["label"],
        tags=_tags_of(row["tags"]) if row["tags"] != "[]" else (),
        note=row["note"],
        acknowledged_at=row["acknowledged_at"],
        digest=_digest_of(row),
        seen_at=row["seen_at"],
        unfinished_at=row["unfinished_at"],
        ended_at=row["ended_at"],
        changed_at=row["changed_at"],
        problem=_problem_of(row),
        problem_at=row["problem_at"],
        contradiction=row["contradiction"],
        planned=row["planned"],
    )


def _tags_of(text: str) -> tuple[str, ...]:
    try:
        tags = json.loads(text)
    except (ValueError, RecursionError):
        tags = None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise DamageError("its tags hold something else")
    return tuple(tags)


def _job_of(row: Row) -> Job:
    given = row["given"]
    if given != row["job"] and JobId.parse(given).key != row["job"]:
        raise DamageError("a job has two ids")
    return Job(row["tenant"], JobId(given))


def check(name: str, column: tuple[object, ...]) -> None:
    """Raises `DamageError` where a column holds what this program never writes there."""
    types = _TYPES.get(name)
    if types is not None and not types.issuperset(map(type, column)):
        raise DamageError(f"its {name} holds something else")
    if name in _TIMES and not all(value is None or 0.0 <= value < _LATEST for value in column):  # type: ignore[operator]
        raise DamageError(f"its {name} holds no time")


def entry_of(row: Row, job: Job) -> Entry:
    """A timeline's entry; an event of a newer program reads as a change of status. Raises `DamageError`."""
    for name in ("at", "event", "text", "verdict"):
        check(name, (row[name],))
    return Entry(job, row["at"], _EVENTS.get(row["event"], Event.STATUS), row["text"], row["verdict"])


def _digest_columns(digest: Digest | None) -> dict[str, SqlValue]:
    if digest is None:
        return dict.fromkeys(DIGEST)
    plain = {name: getattr(digest, name) for name in DIGEST if name not in {"verdict", "sentence"}}
    return {**plain, "verdict": digest.verdict.kind.value, "sentence": digest.verdict.sentence}


def _problem_columns(problem: Problem | None) -> dict[str, SqlValue]:
    if problem is None:
        return dict.fromkeys(PROBLEM)
    return {"problem": problem.kind.name, "problem_detail": problem.detail, "problem_code": problem.code}


def _digest_of(row: Row) -> Digest | None:
    if row["status"] is None:
        return None
    verdict = Verdict(_KINDS.get(row["verdict"], Kind.ATTENTION), row["sentence"])
    return Digest(row["status"], verdict, row["kind"], row["order_number"], row["account_number"], row["words"])


def _problem_of(row: Row) -> Problem | None:
    if row["problem"] is None:
        return None
    kind = _PROBLEMS.get(row["problem"], ProblemKind.UNREADABLE)
    return Problem(kind, row["problem_detail"], row["problem_code"])
