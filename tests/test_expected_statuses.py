"""An order in a status that the tenant expects: every place shows the same verdict, cause and advice."""

from pathlib import Path

import pytest

from tests.storage.opening import added, observed, opened
from tests.support.building import NOW, read_result, seen, watch
from tests.support.running import run
from zjobtui.config.paths import store_path
from zjobtui.formatting.clipboard_texts import markdown
from zjobtui.formatting.handover import HandoverJob, handover
from zjobtui.formatting.records import record
from zjobtui.models.job_update import apply_observation
from zjobtui.models.observation import Success
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.detail_header import JobDetails, Viewing
from zjobtui.ui.job_detail import build_page

EXPECTED = frozenset({"Pending", "Scheduled"})
MISSING_DATE = "a date is missing"
NEXT_STEP = "Next step"


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
        "handover": handover([HandoverJob(job, response)], {}, NOW, str),
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
