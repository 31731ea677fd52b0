"""Turns watches into rows and rows into watches."""

import json
import sqlite3

from zjobtui.domain.digest import Digest
from zjobtui.domain.job import Job, JobId
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.timeline import Entry, Event
from zjobtui.domain.verdict import Kind, Verdict
from zjobtui.domain.watch import Watch

SqlValue = str | float | int | None

ANNOTATIONS = ("label", "tags", "note", "acknowledged_at")
"""Columns that people write, or that tell what they have looked at."""

OBSERVATIONS = (
    *("status", "verdict", "sentence", "kind", "order_number", "account_number", "words"),
    *("seen_at", "unfinished_at", "ended_at", "changed_at"),
    *("problem", "problem_detail", "problem_code", "problem_at"),
    *("contradiction", "planned", "heard_at"),
)
"""Columns that calls write."""

IDENTITY = ("tenant", "job", "given", "added_at", "added_by")

_KINDS = {kind.value: kind for kind in Kind}
_PROBLEMS = {kind.name: kind for kind in ProblemKind}
_EVENTS = {event.value: event for event in Event}


def row_of(watch: Watch) -> dict[str, SqlValue]:
    """All columns of a watch but its position, removal and revision."""
    return {
        "tenant": watch.job.tenant,
        "job": watch.job.id.key,
        "given": watch.job.id.given,
        "added_at": watch.added_at,
        "added_by": watch.added_by,
        "label": watch.label,
        "tags": json.dumps(watch.tags, ensure_ascii=False),
        "note": watch.note,
        "acknowledged_at": watch.acknowledged_at,
        **_digest_columns(watch.digest),
        "seen_at": watch.seen_at,
        "unfinished_at": watch.unfinished_at,
        "ended_at": watch.ended_at,
        "changed_at": watch.changed_at,
        **_problem_columns(watch.problem),
        "problem_at": watch.problem_at,
        "contradiction": watch.contradiction,
        "planned": watch.planned,
        "heard_at": watch.heard_at,
    }


def watch_of(row: sqlite3.Row) -> Watch:
    """The watch that a row holds."""
    return Watch(
        job=job_of(row),
        added_at=row["added_at"],
        added_by=row["added_by"],
        label=row["label"],
        tags=tuple(json.loads(row["tags"])) if row["tags"] != "[]" else (),
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


def job_of(row: sqlite3.Row) -> Job:
    """The job that a row is about."""
    return Job(row["tenant"], JobId(row["given"]))


def entry_of(row: sqlite3.Row, job: Job) -> Entry:
    """A timeline's entry; an event of a newer program reads as a change of status."""
    return Entry(job, row["at"], _EVENTS.get(row["event"], Event.STATUS), row["text"], row["verdict"])


def _digest_columns(digest: Digest | None) -> dict[str, SqlValue]:
    if digest is None:
        return dict.fromkeys(OBSERVATIONS[:7])
    return {
        "status": digest.status,
        "verdict": digest.verdict.kind.value,
        "sentence": digest.verdict.sentence,
        "kind": digest.kind,
        "order_number": digest.order_number,
        "account_number": digest.account_number,
        "words": digest.words,
    }


def _problem_columns(problem: Problem | None) -> dict[str, SqlValue]:
    if problem is None:
        return {"problem": None, "problem_detail": None, "problem_code": None}
    return {"problem": problem.kind.name, "problem_detail": problem.detail, "problem_code": problem.code}


def _digest_of(row: sqlite3.Row) -> Digest | None:
    if row["status"] is None:
        return None
    verdict = Verdict(_KINDS.get(row["verdict"], Kind.ATTENTION), row["sentence"])
    return Digest(row["status"], verdict, row["kind"], row["order_number"], row["account_number"], row["words"])


def _problem_of(row: sqlite3.Row) -> Problem | None:
    if row["problem"] is None:
        return None
    kind = _PROBLEMS.get(row["problem"], ProblemKind.UNREADABLE)
    return Problem(kind, row["problem_detail"], row["problem_code"])
