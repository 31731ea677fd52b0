"""Rows of the list at any width."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.support.building import NOW, done, job, watch, watchlist
from tests.support.screen_harness import TENANT, run_monitor
from tests.support.staging import staged
from zjobtui.formatting.job import time_text
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.job_list import fit_columns, job_row
from zjobtui.ui.styled_line import cell_length

ENDED = watchlist(watch(1)).fold([(job(1), done(NOW + 5), 5.0)]).observed[-1].watch


def text(one: WatchedJob, width: int, tenant: str = "") -> str:
    row = job_row(one, fit_columns(width), time_text(one, NOW + 10, by_minute=True), tenant=tenant)
    return "".join(part for part, _ in row)


@given(width=st.integers(14, 500), label=st.text("ab 一é", max_size=40), tenant=st.text("xyz", max_size=20))
def test_a_row_fills_its_width_and_marks_what_is_cut(width: int, label: str, tenant: str) -> None:
    one = replace(ENDED, label=label.strip())
    row = job_row(one, fit_columns(width), time_text(one, NOW + 10, by_minute=True), tenant=tenant)
    assert cell_length(row) == width
    result = "".join(part for part, _ in row)
    assert one.name in result or "…" in result


@given(width=st.integers(14, 500), tenant=st.text("xyz", max_size=20))
def test_a_row_shows_at_least_eight_characters_of_the_id_whatever_the_tenant(width: int, tenant: str) -> None:
    assert ENDED.job.id.given[:8] in text(ENDED, width, tenant)


def test_a_long_label_leaves_room_for_the_tenant() -> None:
    assert "eu · CS-4411 rene…" in text(replace(ENDED, label="CS-4411 renewal batch"), 68, "eu")
    assert "eu · CS-4411 renewal batch" in text(replace(ENDED, label="CS-4411 renewal batch"), 140, "eu")


def test_columns_appear_in_order_of_importance() -> None:
    first: dict[str, int] = {}
    for width in range(14, 200):
        columns = fit_columns(width)
        for name in ("time", "word", "order", "account"):
            if getattr(columns, name):
                first.setdefault(name, width)
        if columns.has_long_time:
            first.setdefault("long time", width)
    assert list(first) == ["time", "word", "order", "account", "long time"]
    assert first["order"] <= 47 < first["account"]


def test_at_a_hundred_columns_the_tenant_takes_precedence_over_the_order() -> None:
    row = job_row(ENDED, fit_columns(47, show_tenants=True), time_text(ENDED, NOW + 10), tenant="uat")
    assert "uat · 00000001…" in "".join(part for part, _ in row)
    assert cell_length(row) == 47


def test_at_a_hundred_columns_a_row_has_the_order_number() -> None:
    digest = replace(ENDED.digest, order_number="O-00005577")  # type: ignore[type-var]  # it has ended, so there is one
    assert "O-00005577" in text(replace(ENDED, digest=digest), 47)


async def test_a_job_of_an_unconfigured_tenant_shows_its_tenant() -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine) as view:
        assert "env · " not in view.jobs[0]
    async with run_monitor(engine, tenant=replace(TENANT, name="other")) as view:
        assert "env · " in view.jobs[0]
