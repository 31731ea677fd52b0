"""The UI state survives a restart, and invalid values are ignored."""

import math

import pytest

from tests.support.building import job
from tests.support.screen_harness import run_monitor
from tests.support.staging import staged
from tests.support.ui_state import StateInMemory
from zjobtui.models.ui_values import PlainValue
from zjobtui.ui.columns import NAMES
from zjobtui.ui.themes import Appearance

pytestmark = pytest.mark.usefixtures("_tick_of_a_second")

RUNNING, FAILED = "recorded-processing", "recorded-failed-lock"


@pytest.fixture
def _tick_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give slow machines enough time before a choice counts as settled."""
    monkeypatch.setattr("zjobtui.ui.monitor.TICK_SECONDS", 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 40), (80, 24)], ids=str)
async def test_order_columns_filter_and_divider_are_restored(size: tuple[int, int]) -> None:
    kept = StateInMemory()
    engine = staged(RUNNING, FAILED, FAILED, labels=("CS-1", "CS-2", "CS-3"))
    async with run_monitor(engine, size, memory=kept) as view:
        await view.press("s", "down", "enter", "C", "end", "space", "enter", ">", ">", "f")
        assert "Jobs · 2 of 3 · filter: status:failed ─" in view.text
        assert "JOB▲" in view.header
        assert "TIME" not in view.header
        frame = [view.header, *view.jobs]
    assert kept.writes <= 2
    async with run_monitor(engine, size, memory=kept) as view:
        assert "Jobs · 2 of 3 · filter: status:failed ─" in view.text
        assert [view.header, *view.jobs] == frame


@pytest.mark.slow
@pytest.mark.parametrize(("stored", "list_width"), [(0.5, 80), (0.4, 56)])
async def test_a_divider_that_an_earlier_version_stored_is_kept_if_it_was_moved(stored: float, list_width: int) -> None:
    memory = StateInMemory({"divider_beside": stored, "divider_below": 0.5})
    async with run_monitor(staged(RUNNING), memory=memory) as view:
        assert view.rows[1].index("╭", 1) == list_width


@pytest.mark.slow
async def test_ui_state_is_saved_only_after_it_has_settled() -> None:
    kept = StateInMemory()
    async with run_monitor(staged(RUNNING), memory=kept) as view:
        await view.press("/", *"is:stale", "enter")
        assert "filter" not in kept.values
        await view.until(lambda _: "filter" in kept.values)
        assert kept.values["filter"] == "is:stale"
        assert kept.values["filter_history"] == ["is:stale"]
    assert kept.writes == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        {"sort": 4, "filter": True, "divider_beside": "wide", "divider_below": math.nan},
        {"sort": "__class__", "divider_beside": 0, "divider_below": math.inf},
        {"sort": "URGENCY", "divider_beside": -1.5, "divider_below": True, "more": "of it"},
    ],
)
async def test_invalid_values_are_ignored(values: dict[str, PlainValue]) -> None:
    async with run_monitor(staged(RUNNING)) as view:
        usual = view.rows
    async with run_monitor(staged(RUNNING), memory=StateInMemory(values)) as view:
        assert view.rows == usual


@pytest.mark.parametrize(
    ("stored", "title"),
    [("age", "ADDED▲"), ("change", "TIME▼"), ("urgency", "STATUS▼"), ("urgency-reversed", "STATUS▲"), ("why", "WHY▲")],
)
async def test_an_order_kept_by_any_version_is_restored(stored: str, title: str) -> None:
    async with run_monitor(staged(RUNNING, FAILED), memory=StateInMemory({"sort": stored})) as view:
        assert title in view.header


async def test_columns_that_were_chosen_apply_until_the_settings_change() -> None:
    kept = StateInMemory({"columns": "status,job", "columns_before": "status,job,why"})
    engine = staged(RUNNING, FAILED)
    async with run_monitor(engine, memory=kept, look=Appearance(columns=("status", "job", "why"))) as view:
        assert view.header.split() == ["STATUS▼", "JOB"]
    async with run_monitor(engine, memory=kept, look=Appearance(columns=("status", "job", "time"))) as view:
        assert view.header.split() == ["STATUS▼", "JOB", "TIME"]


async def test_all_columns_are_shown_after_the_columns_of_the_settings_were_deleted() -> None:
    kept = StateInMemory()
    engine = staged(RUNNING, FAILED)
    async with run_monitor(engine, memory=kept, look=Appearance(columns=("status", "job", "why"))) as view:
        await view.press("C", "home", "down", "down", "space", "enter")
        assert view.header.split() == ["STATUS▼", "JOB"]
    for _ in range(2):
        async with run_monitor(engine, memory=kept) as view:
            assert view.header.split() == ["STATUS▼", "JOB", "WHY", "TIME"]


@pytest.mark.parametrize(
    ("new", "columns", "header"),
    [
        ("why", "status,job,time", ["STATUS▼", "JOB", "WHY", "TIME"]),
        ("why", "status,job", ["STATUS▼", "JOB", "WHY"]),
        ("why", "time,status,job", ["TIME", "STATUS▼", "JOB", "WHY"]),
        ("time", "status,job,gone", ["STATUS▼", "JOB", "TIME"]),
        ("batch", "status,job,why,time", ["STATUS▼", "JOB", "WHY", "BATCH", "TIME"]),
        ("", "status,job", ["STATUS▼", "JOB"]),
    ],
)
async def test_columns_that_were_chosen_survive_a_version_with_a_new_one(
    new: str, columns: str, header: list[str]
) -> None:
    """The default of the earlier version lacked the new column, and had one that is gone."""
    before = ",".join((*(name for name in NAMES if name != new), *(["gone"] if new else [])))
    kept = StateInMemory({"columns": columns, "columns_before": before})
    engine = staged(RUNNING, FAILED)
    engine.set_batch([job(1)], "renewals")
    for _ in range(2):  # it is stored with the default of this version
        async with run_monitor(engine, (99, 24), memory=kept) as view:
            assert view.header.split() == header


async def test_a_filter_kept_by_an_earlier_version_is_translated() -> None:
    kept = StateInMemory({"sort": "label", "filter": "status:waiting !is:unseen"})
    async with run_monitor(staged(RUNNING, FAILED), memory=kept) as view:
        assert "Jobs · 1 of 2 · filter: status:running !is:unread ─" in view.text
        assert "JOB▲" in view.header
        assert "is now" not in view.text
        await view.press("s", "home", "enter")
    assert kept.values["filter"] == "status:running !is:unread"
