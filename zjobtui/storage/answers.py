"""Turns last good answers into rows and rows into answers: the body as it came, and the call that brought it."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from zjobtui.domain.job import Job
from zjobtui.domain.rate_limits import RateLimits
from zjobtui.storage.rows import DamageError, check

if TYPE_CHECKING:
    from zjobtui.domain.observation import Call, Earlier, Seen
    from zjobtui.domain.report import Report

ReadReport = Callable[[str], "Report | None"]
"""Reads a kept body as a report; handed in, since only the wire knows how."""


def answer_row(job: Job, seen: "Seen") -> dict[str, str | float]:
    """The columns of an answer; the call holds no header of the request, and so no token."""
    call = json.dumps(call_fields(seen.call), ensure_ascii=False)
    return {"tenant": job.tenant, "job": job.id.key, "at": seen.at, "body": seen.report.raw, "call": call}


def answer_of(row: sqlite3.Row, read_report: ReadReport) -> "Seen | None":
    """The answer that a row holds; None where its body is no report any more. Raises `DamageError`."""
    check("at", (row["at"],))
    try:
        report, call = read_report(row["body"]), call_of(json.loads(row["call"]))
    except (ValueError, TypeError, LookupError, AttributeError) as fault:
        raise DamageError(f"an answer cannot be read, {fault}") from fault
    return _classes()[0](report, row["at"], call) if report else None


def earlier_of(row: sqlite3.Row) -> "Earlier | None":
    """The body that a row's answer replaced; None where it is the first one. Raises `DamageError`."""
    raw, at = row["earlier"], row["earlier_at"]
    if raw is None and at is None:
        return None
    check("at", (at,))
    if not isinstance(raw, str):
        raise DamageError("an earlier answer is no text")
    return _classes()[1](raw, at)


def call_fields(call: "Call") -> dict[str, Any]:
    """What is kept of a call; the headers about limits are kept, and what they say is not kept beside them."""
    fields = asdict(call)
    del fields["rate_limits"]
    return fields


def call_of(fields: Mapping[str, Any]) -> "Call":
    """The call that these fields tell of; raises `TypeError`, `ValueError` or `LookupError` where they do not."""
    limits = tuple((name, value) for name, value in fields["limits"])
    return _classes()[2](rate_limits=RateLimits(), **{**fields, "limits": limits})


def _classes() -> "tuple[type[Seen], type[Earlier], type[Call]]":
    from zjobtui.domain.observation import Call, Earlier, Seen  # noqa: PLC0415 - 10 ms; the first screen shows no answer

    return Seen, Earlier, Call
