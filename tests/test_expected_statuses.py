"""An order in a status that the tenant expects: every place shows the same verdict, cause and advice."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.storage.opening import added, observed, opened
from tests.support.building import NOW, read_result, seen, watch
from tests.support.running import run
from zjobtui.config.paths import store_path
from zjobtui.formatting.clipboard_texts import markdown
from zjobtui.formatting.handover import HandoverJob, handover_text
from zjobtui.formatting.records import record
from zjobtui.models.assessment import apply_observation, digest
from zjobtui.models.digest import Digest, ExpectedStatuses
from zjobtui.models.failure_groups import failure_groups
from zjobtui.models.merge import ImportedJob
from zjobtui.models.observation import Success
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.why import settled_why
from zjobtui.storage.export_import import from_json, to_json
from zjobtui.ui.detail_header import JobDetails, Viewing
from zjobtui.ui.job_detail import build_page
from zjobtui.zuora.parser import read_report

EXPECTED = frozenset({"Pending", "Scheduled"})
MISSING_DATE = "a date is missing"
NEXT_STEP = "Next step"
OLDER = Digest("Completed", Verdict(VerdictKind.ATTENTION, "The order is not completed."))
"""A digest of a version that knew no `why`."""


def ended(**fields: object) -> tuple[WatchedJob, Success]:
    """Return a job whose order is Pending, with these fields of its result, in a tenant that expects that."""
    response = seen(read_result({"jobType": "AsyncCreateOrder", "status": "Pending", "orderNumber": "O-1", **fields}))
    return apply_observation(watch(), response, 5.0, EXPECTED).watch, response


def texts(job: WatchedJob, response: Success) -> dict[str, str]:
    """Return what each place shows about a job."""
    page = build_page(JobDetails(job, response), Viewing(), NOW, 100)
    return {
        "summary": "\n".join("".join(text for text, _ in line.spans) for line in page.lines),
        "Markdown": markdown(job, response),
        "handover": handover_text([HandoverJob(job, response)], {}, NOW, str),
        "JSON": str(record(job, NOW)),
    }


@pytest.mark.parametrize("status", ["Pending", "Scheduled"])
def test_nothing_is_advised_for_an_order_in_an_expected_status(status: str) -> None:
    job, response = ended(status=status)
    assert job.verdict.sentence == f"Order is {status}, as expected here."
    for place, text in texts(job, response).items():
        assert MISSING_DATE not in text, place
        assert NEXT_STEP not in text, place
        assert "Advice" not in text, place


def test_show_advises_nothing_for_an_order_in_an_expected_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, response = ended()
    with opened(store_path()) as (store, _):
        observed(store, added(store, watch(1, tenant="eu")), response)
    table = '[tenants.eu]\nhost = "EU production"\nclient_id = "id"\nsecret_env = "EU"\n'
    config = tmp_path / "config.toml"
    config.write_text(f'{table}expected_order_statuses = ["Pending"]\n', encoding="utf-8")
    monkeypatch.setenv("ZJOBTUI_CONFIG", str(config))
    shown = run("show", watch(1).job.id.given).stdout
    assert shown.startswith("✓ done · Order is Pending, as expected here.\n")
    assert MISSING_DATE not in shown
    assert NEXT_STEP not in shown


@pytest.mark.parametrize(
    ("fields", "sentence", "why"),
    [
        (
            {"paymentStatus": "Error", "paymentErrorMessage": "Card declined"},
            "the payment is in error: Card declined",
            "payment declined",
        ),
        ({"refunds": [{"number": "R-1", "status": "Error"}]}, "refund R-1 is in status Error", "refund failed"),
        ({"success": False}, "its result says that it was not successful", "not successful"),
    ],
)
def test_problems_besides_an_expected_status_are_the_cause_everywhere(
    fields: dict[str, object], sentence: str, why: str
) -> None:
    job, response = ended(**fields)
    assert job.verdict.sentence == f"Job completed, but {sentence}."
    assert settled_why(job) == why
    (group,) = failure_groups([job])
    assert group.title == why
    for place, text in texts(job, response).items():
        assert MISSING_DATE not in text, place
        assert "order Pending" not in text, place


def test_an_order_in_an_expected_status_that_created_nothing_is_not_called_completed() -> None:
    job, _ = ended(orderNumber="")
    assert settled_why(job) == "order Pending"


@pytest.mark.parametrize(("expected", "verdict"), [({"env": EXPECTED}, "done"), ({}, "needs attention")])
def test_an_imported_job_is_judged_by_the_settings_here(expected: ExpectedStatuses, verdict: str) -> None:
    """The export may come from a machine with other settings, or from a version with other rules."""
    job, response = ended()
    for exported in (job, replace(job, digest=digest(response.report)), replace(job, digest=OLDER)):
        text = to_json([ImportedJob(exported, response)], "now")
        (imported,) = from_json(text, read_report, expected)
        assert imported.watch.verdict.kind.value == verdict
        assert settled_why(imported.watch) != ""


def test_an_imported_job_without_its_response_keeps_its_verdict() -> None:
    job, _ = ended()
    (imported,) = from_json(to_json([ImportedJob(job)], "now"), read_report, {})
    assert imported.watch == job
