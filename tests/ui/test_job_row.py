"""Rows of the list and their columns at any width."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import NOW, PROCESSING, done, job, seen, watch, watchlist
from tests.support.screen_harness import TENANT, run_monitor
from tests.support.staging import staged
from zjobtui.config.settings import COLUMN_NAMES
from zjobtui.models.duration_stats import TypicalTimes
from zjobtui.models.sorting import Sorting, SortOrder
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.columns import (
    MEASURED,
    NAMES,
    Placed,
    RowContext,
    chosen_columns,
    fit_columns,
    header,
    job_row,
    least_tenant_width,
    measure,
    short_tenants,
)
from zjobtui.ui.styled_line import cell_length

ENDED = watchlist(watch(1)).apply_observations([(job(1), done(NOW + 5), 5.0)]).observed[-1].watch
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
    return "".join(part for part, _ in job_row(one, RowContext(fit(width, one, *others), at)))


def names_at(width: int, *watches: WatchedJob) -> list[str]:
    return [each.column.name for each in fit(width, *watches)]


@given(width=st.integers(14, 500), label=st.text("ab 一é", max_size=60))
def test_a_row_fills_its_width_and_marks_what_is_cut(width: int, label: str) -> None:
    one = replace(FULL, label=label.strip())
    row = job_row(one, RowContext(fit(width, one), NOW + 10))
    assert cell_length(row) == width
    result = "".join(part for part, _ in row)
    assert one.name in result or "…" in result or width < 40


@given(width=st.integers(14, 500), label=st.text("xyz", max_size=60))
def test_a_row_shows_at_least_eight_characters_of_the_id_whatever_the_label(width: int, label: str) -> None:
    assert FULL.job.id.given[:8] in text(replace(FULL, label=label), width)


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
    for width in range(14, 200):
        for name in names_at(width, FULL, replace(FULL, job=replace(FULL.job, tenant="eu-prod"))):
            first.setdefault(name, width)
    order = ["status", "job", "why", "tenant", "time", "order", "account", "tags", "note"]
    assert sorted(first, key=lambda name: (first[name], order.index(name))) == order
    assert first["note"] <= 140
    assert (first["why"], first["tenant"], first["time"]) == (32, 47, 62)


def test_with_one_tenant_the_time_comes_after_the_reason() -> None:
    assert [names_at(width, FULL)[2:] for width in (36, 37, 56, 57)] == [[], ["why"], ["why"], ["why", "time"]]


TENANTS = tuple(replace(FULL, job=replace(FULL.job, tenant=name)) for name in ("eu-prod", "eu-sandbox", "apac"))


@pytest.mark.parametrize(
    ("width", "label", "shown"),
    [
        (47, "", ["eu-prod", "eu-sandb…", "apac"]),
        (47, "CS-4411 renewal", ["eu…d", "eu…x", "apac"]),
        (67, "", ["eu-prod", "eu-sandbox", "apac"]),
        (67, "CS-4411 renewal", ["eu-prod", "eu-sandb…", "apac"]),
        (77, "CS-4411 renewal", ["eu-prod", "eu-sandbox", "apac"]),
    ],
)
def test_a_tenant_is_named_before_the_reason_gets_more_than_its_least(width: int, label: str, shown: list[str]) -> None:
    watches = tuple(replace(one, label=label) for one in TENANTS)
    names = [one.job.tenant for one in watches]
    placed = fit_columns(NAMES, widths(*watches), width, least_tenant=least_tenant_width(names))
    tenant = next(each for each in placed if each.column.name == "tenant")
    short = short_tenants(names, tenant.width)
    assert short is not None
    assert [short[name] for name in names] == shown
    assert any(each.column.name == "why" and each.width >= 12 for each in placed)


@pytest.mark.parametrize("width", range(14, 120))
def test_a_title_that_is_cut_has_an_ellipsis(width: int) -> None:
    placed = fit(width, *TENANTS)
    words = "".join(text for text, _ in header(placed, Sorting(SortOrder.WHY))).replace("▲", "").split()
    titles = {each.column.title for each in placed}
    assert all(word in titles or (word.endswith("…") and len(word) > 2) for word in words)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (27, "  ✓ CS-4411 ren… · 00000001 "),
        (77, "  ✓ done      CS-4411 rene… · 00000001 O-00005577 · 4 subscriptions just now"),
    ],
)
def test_what_fits_in_a_terminal_of_30_and_80_columns(width: int, shown: str) -> None:
    assert text(FULL, width)[2:].split() == shown.split()


def test_a_wide_terminal_shows_everything() -> None:
    row = text(FULL, 197, replace(FULL, job=replace(FULL.job, tenant="eu-prod")))
    for part in ("CS-4411 renewal · 00000001", "O-00005577 · 4 subs", "env", "A00000218", "acme, q4", "✎", "just now"):
        assert part in row


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
    ("names", "shortest"),
    [
        (("eu-prod", "eu-preprod"), {"eu-prod": "eu-prod", "eu-preprod": "eu-pre…"}),
        (("us", "eu"), {"us": "us", "eu": "eu"}),
        (("zuora-eu-1", "zuora-eu-2"), {"zuora-eu-1": "zu…1", "zuora-eu-2": "zu…2"}),
        (("sandbox",), {"sandbox": "san…"}),
    ],
)
def test_tenants_are_cut_as_long_as_they_differ(names: tuple[str, ...], shortest: dict[str, str]) -> None:
    assert short_tenants(names, least_tenant_width(names)) == shortest


@given(st.sets(st.text("ab-", min_size=1, max_size=12), min_size=1, max_size=6))
def test_short_tenants_always_differ(names: set[str]) -> None:
    short = short_tenants(names, least_tenant_width(names))
    assert short is not None
    assert len(set(short.values())) == len(names)


@pytest.mark.parametrize(
    ("age", "expected"),
    [(5, "░░░░░░░░ <10s of about 50s"), (34, "▓▓▓▓▓░░░ 30s of about 50s"), (200, "overdue: 95 % end within 1m40s")],
)
def test_a_running_job_shows_how_far_it_is(age: float, expected: str) -> None:
    typical = {"env": TypicalTimes(50.0, 100.0)}
    one = (
        watchlist(watch(1, added_at=NOW))
        .apply_observations([(job(1), seen(PROCESSING, NOW + age), 5.0)])
        .observed[-1]
        .watch
    )
    placed = fit_columns(NAMES, widths(one), 97)
    row = job_row(one, RowContext(placed, NOW + age, typical=typical))
    assert expected in "".join(part for part, _ in row)
    for width in range(36, 97):
        placed = fit_columns(NAMES, widths(one), width)
        whys = [index for index, each in enumerate(placed, 1) if each.column.name == "why"]
        cell = "".join(job_row(one, RowContext(placed, NOW + age, typical=typical))[index][0] for index in whys)
        assert "…" not in cell
        assert not cell or expected[-4:].strip() in cell, "the figures stay"
    narrow = fit_columns(NAMES, widths(one), 47)
    assert "░" not in "".join(part for part, _ in job_row(one, RowContext(narrow, NOW + age, typical=typical)))


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_job_of_an_unconfigured_tenant_shows_its_tenant(size: tuple[int, int]) -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine, size) as view:
        assert "TENANT" not in view.header
    async with run_monitor(engine, size, tenant=replace(TENANT, name="other")) as view:
        assert "TENANT" in view.header
        assert " env " in view.jobs[0]
