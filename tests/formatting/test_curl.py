"""The copied curl command makes the call that the program makes."""

import shlex
from itertools import pairwise

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, PROCESSING, job, job_id, missed, seen, watch
from tests.support.scripted import call
from zjobtui.formatting.call_info import request_lines
from zjobtui.formatting.clipboard_texts import clipboard_texts
from zjobtui.formatting.outline import to_text
from zjobtui.models.assessment import apply_observation
from zjobtui.models.call_log import CallKind, LoggedCall
from zjobtui.models.observation import Call, Success
from zjobtui.models.problem import ProblemKind
from zjobtui.models.redaction import mask_secrets
from zjobtui.models.report import OperationResult, Report
from zjobtui.models.tenant import Tenant
from zjobtui.models.watched_job import WatchedJob
from zjobtui.zuora.requests import tenant_headers

TENANT = Tenant(
    name="eu",
    base_url="https://rest.eu.zuora.com",
    org_ids="8ad08e0178d5b1d00178f0a1e3d11bb2, org 2",
    entity_ids="2c92c0f8-6a8d-d422",
)
JOB = f"https://rest.eu.zuora.com/v1/async-jobs/{job_id()}"
OPERATION = f"https://rest.eu.zuora.com/v1/operations/jobs/{job_id()}"
OPERATION_JOB = Report(status="Completed", result=OperationResult(operation="Delete", object_type="Invoice"))


def known(success: Success) -> WatchedJob:
    return apply_observation(watch(), success, 5.0).watch


def copied(one: WatchedJob, success: Success | None, last: Call | None = None) -> list[list[str]]:
    """Return the words of the command in the view Request, and of the one among the texts to copy."""
    logged = LoggedCall(at=NOW, tenant="eu", kind=CallKind.POLL, call=last, job=job()) if last else None
    *_, line = to_text(request_lines(one, TENANT, success, NOW, last=logged))
    texts = (line.removeprefix("Command"), clipboard_texts([one], success, TENANT)["curl"])
    return [shlex.split(mask_secrets(text)) for text in texts]


def headers_of(command: list[str]) -> dict[str, str]:
    headers = [after for before, after in pairwise(command) if before == "-H"]
    return dict(header.split(": ", 1) for header in headers)


@pytest.mark.parametrize(("report", "url"), [(PROCESSING, JOB), (OPERATION_JOB, OPERATION)])
def test_the_command_has_the_address_and_the_headers_of_the_call(report: Report, url: str) -> None:
    success = replace(seen(), report=report, call=call(url=url))
    for command in copied(known(success), success):
        assert command[:2] == ["curl", "-sS"]
        assert command[-1] == url
        assert headers_of(command) == {"Authorization": "Bearer $ZUORA_TOKEN", **tenant_headers(TENANT)}


def test_without_a_call_the_address_is_that_of_the_next_one() -> None:
    assert [command[-1] for command in copied(watch(), None)] == [JOB, JOB]
    stored = known(seen(OPERATION_JOB))
    assert [command[-1] for command in copied(stored, None)] == [OPERATION, OPERATION]


def test_the_view_shows_the_command_for_the_call_that_it_shows() -> None:
    unknown = apply_observation(watch(), missed(ProblemKind.NOT_FOUND), 5.0).watch
    assert copied(unknown, None, call(url=OPERATION))[0][-1] == OPERATION
    refused = call(url="https://rest.eu.zuora.com/oauth/token")
    assert copied(unknown, None, refused)[0][-1] == JOB


@pytest.mark.parametrize("url", [OPERATION.replace("eu.", "na."), f"https://elsewhere.test/v1/async-jobs/{job_id()}"])
def test_the_curl_command_sends_the_token_only_to_the_tenant_and_not_to_an_imported_host(url: str) -> None:
    success = seen(call=call(url=url))
    for command in copied(known(success), success):
        assert command[-1].startswith("https://rest.eu.zuora.com/v1/")
