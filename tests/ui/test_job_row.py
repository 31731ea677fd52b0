"""Rows of the list and their columns at any width."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import NOW, PROCESSING, apply_observations, done, job, seen, watch, watchlist
from tests.support.screen_harness import TENANT, run_monitor
from tests.support.staging import staged
from zjobtui.config.settings import COLUMN_NAMES
from zjobtui.formatting.tenant_names import least_tenant_width, short_tenants
from zjobtui.models.duration_stats import TypicalTimes
from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui import columns
from zjobtui.ui.columns import (
    MEASURED,
    NAMES,
    Placed,
    chosen_columns,
    fit_columns,
    header,
    job_row,
    measure,
)
from zjobtui.ui.job_cells import RowContext
from zjobtui.ui.split_view import default_list_width
from zjobtui.ui.styled_line import cell_length

ENDED = (
    apply_observations(watchlist(watch(1)), [(job(1), seen(PROCESSING, NOW), 5.0), (job(1), done(NOW + 5), 5.0)])
    .observed[-1]
    .watch
)
DIGEST = ENDED.digest
assert DIGEST is not None
FULL = replace(
    ENDED,
    label="CS-4411 renewal",
    tags=("acme", "q4"),
    note="ask finance",
    digest=replace(DIGEST, why="O-00005577 · 4 subscriptions", order_number="O-00005577", account_number="A00000218"),
)


def widths(*watches: WatchedJob) -> dict[str, int]:
    rows = [measure(one) for one in watches]
    wanted = dict(zip(MEASURED, map(max, zip(*rows, strict=True)), strict=True))
    return wanted if len({one.job.tenant for one in watches}) > 1 else {**wanted, "tenant": 0}


def fit(width: int, *watches: WatchedJob, names: tuple[str, ...] = NAMES) -> tuple[Placed, ...]:
    return fit_columns(names, widths(*watches), width)


def text(one: WatchedJob, width: int, *others: WatchedJob, at: float = NOW + 10) -> str:
    placed = fit(width, one, *others)
    context = RowContext(at, has_order=any(each.column.name == "order" for each in placed))
    return "".join(part for part, _ in job_row(one, placed, context))


def names_at(width: int, *watches: WatchedJob) -> list[str]:
    return [each.column.name for each in fit(width, *watches)]


@given(width=st.integers(14, 500), label=st.text("ab 一é", max_size=60))
def test_a_row_fills_its_width_and_marks_what_is_cut(width: int, label: str) -> None:
    one = replace(FULL, label=label.strip())
    row = job_row(one, fit(width, one), RowContext(NOW + 10))
    assert cell_length(row) == width
    result = "".join(part for part, _ in row)
    is_short_id = not one.label and f" {one.job.id.given[:8]} " in result
    assert one.name in result or "…" in result or is_short_id or width < 40


@given(width=st.integers(14, 500), label=st.text("xyz", max_size=60))
def test_a_row_shows_the_beginning_of_the_id_whatever_the_label(width: int, label: str) -> None:
    assert FULL.job.id.given[: 8 if width >= 60 or not label else 4] in text(replace(FULL, label=label), width)


@given(width=st.integers(14, 400), first=st.integers(0, 60), second=st.integers(0, 60))
@example(width=17, first=1, second=0)
def test_no_column_is_cut_while_another_has_cells_that_it_does_not_need(width: int, first: int, second: int) -> None:
    """The status is a sign alone, or sign and word: cells in between are of no use to it."""
    one = replace(FULL, label="l" * first, tags=("t" * second,) if second else ())
    wanted = widths(one)
    placed = fit(width, one)
    is_cut = any(each.width < wanted[each.column.name] for each in placed if each.column.name != "status")
    spare = [each for each in placed if each.width > max(wanted[each.column.name], len(each.column.title) + 1)]
    assert not (is_cut and spare)


def test_only_the_widest_column_is_cut() -> None:
    one = replace(FULL, label="l" * 90, tags=("t" * 15,))
    cut = [each.column.name for each in fit(140, one) if each.width < widths(one)[each.column.name]]
    assert cut == ["job"]


def test_columns_appear_in_order_of_importance() -> None:
    first: dict[str, int] = {}
    full = replace(FULL, batch="renewals Q4")
    for width in range(25, 200):
        for name in names_at(width, full, replace(FULL, job=replace(FULL.job, tenant="eu-prod"))):
            first.setdefault(name, width)
    order = ["status", "job", "why", "tenant", "time", "order", "batch", "tags", "note", "account"]
    assert sorted(first, key=lambda name: (first[name], order.index(name))) == order
    assert (first["why"], first["tenant"], first["time"]) == (25, 33, 67)
    assert first["account"] <= 140


def test_with_one_tenant_the_time_comes_after_the_reason() -> None:
    assert [names_at(width, FULL)[2:] for width in (24, 25, 58, 59)] == [[], ["why"], ["why"], ["why", "time"]]


TENANTS = tuple(replace(FULL, job=replace(FULL.job, tenant=name)) for name in ("eu-prod", "eu-sandbox", "apac"))


@pytest.mark.parametrize(
    ("width", "label", "shown"),
    [
        (33, "", ["eu-prod", "eu-san…", "apac"]),
        (33, "CS-4411 renewal", ["eu-prod", "eu-san…", "apac"]),
        (47, "", ["eu-prod", "eu-san…", "apac"]),
        (47, "CS-4411 renewal", ["eu-prod", "eu-san…", "apac"]),
        (67, "", ["eu-prod", "eu-sandbox", "apac"]),
        (67, "CS-4411 renewal", ["eu-prod", "eu-san…", "apac"]),
        (77, "CS-4411 renewal", ["eu-prod", "eu-sandbox", "apac"]),
    ],
)
def test_a_tenant_is_named_if_there_is_room_for_it_and_a_reason(width: int, label: str, shown: list[str]) -> None:
    watches = tuple(replace(one, label=label) for one in TENANTS)
    names = [one.job.tenant for one in watches]
    placed = fit_columns(NAMES, widths(*watches), width, min_tenant_width=least_tenant_width(names))
    tenant = next(each for each in placed if each.column.name == "tenant")
    short = short_tenants(names, tenant.width)
    assert short is not None
    assert [short[name] for name in names] == shown
    assert any(each.column.name == "why" and each.width >= 12 for each in placed)


@pytest.mark.parametrize("label", ["", "CS-4411 renewal"])
def test_a_terminal_of_30_columns_shows_id_and_reason_before_label_and_tenant(label: str) -> None:
    assert DIGEST is not None
    failing = [replace(one, label=label, digest=replace(DIGEST, why="lock contention")) for one in TENANTS]
    assert "00000001 lock contenti…" in text(failing[0], 27, *failing[1:])


@pytest.mark.parametrize("width", range(14, 120))
def test_a_title_that_is_cut_has_an_ellipsis(width: int) -> None:
    placed = fit(width, *TENANTS)
    words = "".join(text for text, _ in header(placed, Sorting(SortOrder.WHY))).replace("▲", "").split()
    titles = {each.column.title for each in placed}
    assert all(word in titles or (word.endswith("…") and len(word) > 2) for word in words)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (27, "  ✓ 00000001 O-00005577 · …"),
        (77, "  ✓ done      CS-4411 rene… · 00000001 O-00005577 · 4 subscriptions just now"),
    ],
)
def test_terminals_of_30_and_80_columns_show_the_columns_that_fit(width: int, shown: str) -> None:
    assert text(FULL, width)[2:].split() == shown.split()


PROD, PREPROD = (
    replace(FULL, job=replace(FULL.job, tenant=name), label=label, batch="Bulk renewals December")
    for name, label in (("eu-prod", "CS-4411 renewal"), ("eu-preprod", "CS-4420"))
)


@pytest.mark.parametrize("reason", ["lock contention", "plan not effective"])
def test_beside_the_detail_of_a_terminal_of_100_columns_label_tenant_and_reason_are_legible(reason: str) -> None:
    assert DIGEST is not None
    digest = replace(DIGEST, why=reason)
    width = default_list_width(100) - 3
    placed = fit_columns(NAMES, widths(PROD, PREPROD), width, min_tenant_width=7)
    context = RowContext(NOW + 10, tenants=short_tenants(("eu-prod", "eu-preprod"), 7))
    rows = [
        "".join(part for part, _ in job_row(replace(one, digest=digest), placed, context)) for one in (PROD, PREPROD)
    ]
    assert [row.split()[2:] for row in rows] == [
        ["done", "CS-4411…", "0000", *reason.split(), "eu-prod"],
        ["done", "CS-4420", "00000", *reason.split(), "eu-pre…"],
    ]


def test_on_a_terminal_of_200_columns_the_list_has_every_column_but_one() -> None:
    width = default_list_width(200) - 3
    assert [each.column.name for each in fit(width, PROD)] == [name for name in NAMES if name != "tenant"]
    assert [each.column.name for each in fit(width, PROD, PREPROD)] == [name for name in NAMES if name != "account"]


def test_a_number_of_an_order_or_account_is_never_cut() -> None:
    for width in range(14, 200):
        placed = {each.column.name: each.width for each in fit(width, PROD, PREPROD)}
        assert placed.get("order", 10) >= 10
        assert placed.get("account", 9) >= 9
        assert "account" not in placed or "batch" in placed


def test_an_id_without_a_label_takes_no_cells_from_the_reason() -> None:
    for width in range(47, 200):
        placed = {
            each.column.name: each.width for each in fit(width, *(replace(one, label="") for one in (PROD, PREPROD)))
        }
        assert placed["job"] == 8 or placed["why"] >= 18


def test_a_wide_terminal_shows_everything() -> None:
    row = text(FULL, 197, replace(FULL, job=replace(FULL.job, tenant="eu-prod")))
    for part in ("CS-4411 renewal · 00000001", " 4 subs", "env", "A00000218", "acme, q4", "✎", "just now"):
        assert part in row
    assert row.count("O-00005577") == 1, "not in the reason if it has a column"


def test_a_column_without_a_step_comes_after_all_others_if_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [(name, limit) for name, limit in columns._STEPS if name != "tags"]
    monkeypatch.setattr(columns, "_STEPS", columns._with_others(steps, columns.COLUMNS))
    assert "acme, q4" in text(FULL, 200)
    assert "acme, q4" not in text(FULL, 110)


def test_columns_without_content_take_no_room() -> None:
    assert names_at(197, replace(ENDED, digest=None)) == ["status", "job", "why", "time"]


def test_chosen_columns_come_in_their_order_with_status_and_job() -> None:
    assert [each.column.name for each in fit(197, FULL, names=chosen_columns(["time", "tags", "nope"]))] == [
        "status",
        "job",
        "time",
        "tags",
    ]


def test_the_settings_have_the_same_columns() -> None:
    assert COLUMN_NAMES == NAMES


@pytest.mark.parametrize(
    ("sorting", "title"),
    [
        (Sorting(), "STATUS▼"),
        (Sorting(SortOrder.URGENCY, is_reversed=True), "STATUS▲"),
        (Sorting(SortOrder.ACCOUNT), "ACCOUNT▲"),
        (Sorting(SortOrder.TAGS, is_reversed=True), "TAGS▼"),
        (Sorting(SortOrder.TIME), "TIME▼"),
        (Sorting(SortOrder.ADDED, is_reversed=True), "ADDED▲"),
    ],
)
def test_the_header_shows_column_and_direction(sorting: Sorting, title: str) -> None:
    words = "".join(part for part, _ in header(fit(197, FULL), sorting)).split()
    assert title in words
    assert len(words) == 8


@pytest.mark.parametrize(
    ("age", "expected"),
    [(5, "░░░░░░░░ <10s of about 50s"), (34, "▓▓▓▓▓░░░ 30s of about 50s"), (200, "overdue: 95 % end within 1m40s")],
)
def test_a_running_job_shows_how_far_it_is(age: float, expected: str) -> None:
    context = RowContext(NOW + age, typical={"env": TypicalTimes(50.0, 100.0)})
    one = (
        apply_observations(watchlist(watch(1, added_at=NOW)), [(job(1), seen(PROCESSING, NOW + age), 5.0)])
        .observed[-1]
        .watch
    )
    placed = fit_columns(NAMES, widths(one), 97)
    row = job_row(one, placed, context)
    assert expected in "".join(part for part, _ in row)
    for width in range(36, 97):
        placed = fit_columns(NAMES, widths(one), width)
        whys = [index for index, each in enumerate(placed, 1) if each.column.name == "why"]
        cell = "".join(job_row(one, placed, context)[index][0] for index in whys)
        assert "…" not in cell
        assert not cell or expected[-4:].strip() in cell, "the figures stay"
    narrow = fit_columns(NAMES, widths(one), 47)
    assert "░" not in "".join(part for part, _ in job_row(one, narrow, context))


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_job_of_an_unconfigured_tenant_shows_its_tenant(size: tuple[int, int]) -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine, size) as view:
        assert "TENANT" not in view.header
    async with run_monitor(engine, size, tenant=replace(TENANT, name="other")) as view:
        assert "TENANT" in view.header
        assert " env " in view.jobs[0]


async def test_the_tenants_are_shown_as_long_as_a_job_of_an_unconfigured_one_is_listed() -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine) as view:
        engine.watch([watch(2, tenant="other")])
        await view.settled()
        assert "TENANT" in view.header
        assert any(" other " in row for row in view.jobs)
        engine.remove([job(2, "other")])
        await view.settled()
        assert "TENANT" not in view.header


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 40), (100, 30)])
async def test_with_several_configured_tenants_the_rows_name_theirs_until_the_filter_does(
    size: tuple[int, int],
) -> None:
    tenants = tuple(replace(TENANT, name=name) for name in ("env", "env-preprod", "sandbox"))
    async with run_monitor(staged("recorded-processing"), size, tenants=tenants) as view:
        assert "TENANT" in view.header
        assert "env" in view.jobs[0].split()
        await view.press("T")
        assert "tenant:env" in view.text
        assert "TENANT" not in view.header
        await view.press("T", "T", "T")
        assert "TENANT" in view.header
