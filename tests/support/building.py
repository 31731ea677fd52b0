"""Build values of the models in one line each; everything that a test does not set has a default."""

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

from tests.support.payloads import http_status, payload
from zjobtui.formatting.outline import OutlineNode
from zjobtui.formatting.report import report_lines
from zjobtui.models.advice import advise
from zjobtui.models.assessment import digest
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.observation import Call, Failure, Observation, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.report import OrderResult, Report
from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.zuora.parser import read_response

NOW = 1_795_442_400.0
"""A fixed time: 2026-11-23 14:00:00 UTC."""

PROCESSING = Report(status="Processing")


def job_id(number: int = 1) -> JobId:
    """Return an id whose first eight digits are the number."""
    return JobId(f"{number:08x}5d7b48d3a20245bfe73bdceb")


def dashed(one: JobId) -> str:
    """Return the id in the format of a UUID."""
    key = one.key
    return "-".join((key[:8], key[8:12], key[12:16], key[16:20], key[20:]))


def job(number: int = 1, tenant: str = "env") -> JobRef:
    return JobRef(tenant, job_id(number))


def watch(number: int = 1, *, tenant: str = "env", **fields: Any) -> WatchedJob:  # noqa: ANN401 - the fields of `WatchedJob`
    return WatchedJob(**{"job": job(number, tenant), "added_at": NOW, "added_by": "test", **fields})


def watchlist(*watches: WatchedJob) -> Watchlist:
    return Watchlist({one.job: one for one in watches})


def apply_observations(listed: Watchlist, observations: Iterable[tuple[JobRef, Observation, float]]) -> Change:
    """Return the change of several observations, oldest first: job, observation, planned interval in seconds.

    Observations of jobs that are not on the list are left out, as by the service.
    """
    watches, changes = dict(listed.watches), list[Change]()
    for ref, observation, planned in observations:
        if ref in watches:  # a list of one job at a time: copies of ten thousand would take seconds
            changes.append(Watchlist({ref: watches[ref]}).apply_observation(ref, observation, planned))
            watches |= changes[-1].watchlist.watches
    observed = tuple(chain.from_iterable(change.observed for change in changes))
    events = tuple(chain.from_iterable(change.events for change in changes))
    return Change(Watchlist(watches), observed=observed, events=events)


def order(**fields: Any) -> OrderResult:  # noqa: ANN401 - the fields of `OrderResult`
    """Return the result of a completed order with these fields changed."""
    made = {
        "job_type": "AsyncCreateOrder",
        "order_number": "O-00000001",
        "account_number": "A00000001",
        "order_status": "Completed",
    }
    return OrderResult(**{**made, **fields})


def order_report(**fields: Any) -> Report:  # noqa: ANN401 - the fields of `OrderResult`
    return Report(status="Completed", result=order(**fields))


def outline(report: Report) -> tuple[OutlineNode, ...]:
    """Return the outline of the report of a job whose tenant expects no other statuses."""
    return report_lines(report, advise(digest(report)))


def seen(report: Report = PROCESSING, at: float = NOW, call: Call | None = None) -> Success:
    return Success(report, at, call or Call())


def done(at: float = NOW) -> Success:
    """Return the observation of a completed job, with a body that can be parsed again."""
    return seen(read_body(status="Completed", result={"jobType": "AsyncCreateOrder", "status": "Completed"}), at)


def failed(at: float = NOW) -> Success:
    return seen(read_body(status="Failed", errors="[40000050]: locked", result=None), at)


def missed(kind: ProblemKind = ProblemKind.TIMED_OUT, at: float = NOW, detail: str = "no answer") -> Failure:
    return Failure(Problem(kind, detail), at)


def body(**fields: object) -> bytes:
    """Return the body of a successful response with these fields at its root."""
    return json.dumps({"success": True, **fields}, ensure_ascii=False).encode()


def read_body(**fields: object) -> Report:
    """The report in a good answer with these fields at its root."""
    report = read_response(200, body(**fields))
    assert isinstance(report, Report)
    return report


def read_result(result: object) -> Report:
    """Return the report of a completed job with this result."""
    return read_body(status="Completed", errors=None, result=result)


def read_payload(name: str) -> Report | Problem:
    """What a recorded reply says."""
    return read_response(http_status(name), payload(name))


def arranged(watches: Iterable[WatchedJob], sorting: Sorting | SortOrder = SortOrder.URGENCY) -> list[WatchedJob]:
    """Return the jobs in this order."""
    return (sorting if isinstance(sorting, Sorting) else Sorting(sorting)).sort(watches)
