from msgspec.structs import replace

from tests.support.building import NOW, failed, watch
from zjobtui.formatting.events import news_line
from zjobtui.models.assessment import apply_observation
from zjobtui.models.history import EventKind


def test_a_line_names_the_tenant_if_it_is_one_of_several() -> None:
    one = replace(watch(1, tenant="eu"), label="CS-1")
    line = news_line(EventKind.STATUS, one, NOW, has_tenant=True).split("  ", 1)[1]
    assert line == f"◌ running  eu  {one.job.id.given}  CS-1  No response yet."
    assert "  eu  " not in news_line(EventKind.STATUS, one, NOW, has_tenant=False)


def test_a_job_that_has_failed_when_it_is_added_has_the_reason() -> None:
    one = apply_observation(watch(1), failed(), 5.0).watch
    line = news_line(EventKind.ADDED, one, NOW, has_tenant=False)
    assert line.endswith(f"  added: {one.verdict.sentence}")
    assert news_line(EventKind.ADDED, watch(1), NOW, has_tenant=False).endswith("  added")
