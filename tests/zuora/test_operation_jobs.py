"""Operation jobs: what is read of their responses, and the verdicts on them, over the simulator and as text."""

import json
from typing import Any

import pytest

from tests.support.answers import Answer
from tests.support.building import outline
from tests.support.fault_server import fault_server
from tests.support.openapi import DOCUMENT, violations
from tests.zuora.test_api import client_of
from zjobtui.formatting.outline import to_text
from zjobtui.models.assessment import digest, judge
from zjobtui.models.job import JobId
from zjobtui.models.observation import Failure, Success
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.report import OperationResult, Report
from zjobtui.models.verdict import VerdictKind
from zjobtui.simulator.operations import OperationJobs
from zjobtui.simulator.server import running
from zjobtui.zuora.parser import read_report, read_response

SCHEMA = DOCUMENT["paths"]["/v1/operations/jobs/{jobId}"]["get"]["responses"]["200"]["content"]["application/json"]
DELETION = {"id": "a" * 32, "objectId": "8ad0", "objectType": "Invoice", "operationType": "Delete", "success": True}


def read(**fields: Any) -> Report:  # noqa: ANN401 - JSON of any shape
    report = read_response(200, json.dumps({**DELETION, **fields}).encode())
    assert isinstance(report, Report)
    assert read_report(report.raw) == report
    return report


@pytest.mark.parametrize(
    ("fields", "kind", "sentence"),
    [
        ({"status": "Pending"}, VerdictKind.RUNNING, "Pending, operation job: Delete of invoice 8ad0."),
        ({"status": "Processing"}, VerdictKind.RUNNING, "Processing, operation job: Delete of invoice 8ad0."),
        ({"status": "Completed"}, VerdictKind.DONE, "Completed, operation job: Delete of invoice 8ad0."),
        (
            {"status": "Completed", "objectType": "CreditMemo", "operationType": "Post"},
            VerdictKind.DONE,
            "Completed, operation job: Post of credit memo 8ad0.",
        ),
        ({"status": "Stopped"}, VerdictKind.RUNNING, "Zuora returned “Stopped”, a status that is not documented"),
        (
            {"status": "Failed", "reasons": [{"code": 59210020, "message": "Only Draft."}]},
            VerdictKind.FAILED,
            "Job failed, bad input: Only Draft (operation job: Delete of invoice 8ad0).",
        ),
        ({"status": "Failed", "success": False}, VerdictKind.FAILED, "Job failed; Zuora gave no reason (operation job"),
        ({"status": "Completed", "success": False}, VerdictKind.ATTENTION, "not successful (operation job"),
    ],
)
def test_the_verdict_depends_on_the_status(fields: dict[str, Any], kind: VerdictKind, sentence: str) -> None:
    report = read(**fields)
    verdict = judge(report)
    assert verdict.kind is kind
    assert sentence in verdict.sentence
    assert digest(report).kind == "operation job"
    assert digest(report).is_final is (fields["status"] in {"Completed", "Failed"})


def test_the_summary_names_operation_object_and_status() -> None:
    text = "\n".join(to_text(outline(read(status="Completed"))))
    assert "Operation job          Delete of invoice 8ad0, Completed" in text


def test_a_refusal_is_not_an_operation_job() -> None:
    result = read_response(200, b'{"success": false, "reasons": [{"code": 50000040, "message": "Cannot find"}]}')
    assert isinstance(result, Problem)
    assert result.kind is ProblemKind.NOT_FOUND


async def test_an_operation_job_is_read_at_its_own_address() -> None:
    with running(seed=7, jobs=3) as server:
        async with client_of(server) as client:
            first = JobId(server.operation_job_ids[0])
            assert isinstance(await client.observe(first), Failure)
            observation = await client.observe_operation(first)
            assert isinstance(await client.observe_operation(JobId("f" * 32)), Failure)
    assert isinstance(observation, Success)
    assert isinstance(observation.report.result, OperationResult)
    assert judge(observation.report).sentence.startswith("Completed, operation job: Delete of invoice 8ad0")


@pytest.mark.parametrize(("response_id", "is_accepted"), [("A" * 32, True), ("", True), ("b" * 32, False)])
async def test_a_response_about_another_operation_job_is_refused_but_the_id_may_be_missing(
    response_id: str, is_accepted: bool
) -> None:
    answer = Answer.of({**DELETION, "id": response_id, "status": "Processing"})
    with fault_server([answer]) as server:
        async with client_of(server) as client:
            observation = await client.observe_operation(JobId("a" * 32))
    if is_accepted:
        assert isinstance(observation, Success)
    else:
        assert isinstance(observation, Failure)
        assert observation.problem.detail == "the response is not about this operation job"


def test_the_simulator_returns_operation_jobs_as_documented() -> None:
    jobs = OperationJobs(7)
    found = {
        each
        for at in (0.0, 30.0, 9_000.0)
        for job in jobs.ids
        for each in violations(SCHEMA["schema"], _body(jobs, job, at))
    }
    # The SDK documents more objects and operations than the OpenAPI, and a code is an int or a text.
    assert found <= {
        ".objectType: 'CreditMemo' is not documented",
        ".operationType: 'Post' is not documented",
        ".reasons[].code: int instead of string",
    }


def _body(jobs: OperationJobs, job: str, at: float) -> object:
    body = jobs.body(job, at)
    assert body is not None
    return json.loads(body.plain)
