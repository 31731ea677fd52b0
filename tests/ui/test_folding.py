"""Folding a batch to one row: what it shows, where it is, and what keys on it do."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from tests.support.building import job, watch
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import bring_response, staged
from tests.ui.sizes import NARROW_FIRST, WIDE_FIRST
from zjobtui.models.batches import BatchProgress
from zjobtui.models.ui_values import PlainValue
from zjobtui.models.verdict import VerdictKind
from zjobtui.ui.batch_rows import batch_row, common_widths
from zjobtui.ui.job_actions import CONFIRM_ABOVE
from zjobtui.ui.styled_line import cell_length
from zjobtui.ui.ui_state import _folded

RUNNING, FAILED, DONE, PENDING = (
    "recorded-processing",
    "recorded-failed-lock",
    "recorded-completed-localised",
    "recorded-completed-order-pending",
)


def renewals(*results: str, alone: str = DONE) -> ScriptedEngine:
    """Return an engine with a batch of these jobs, and one job that is in none."""
    engine = staged(*results, alone)
    engine.set_batch([job(number) for number in range(1, len(results) + 1)], "renewals Q4")
    return engine


def listed(view: ScreenView) -> list[str]:
    """The rows of the list below its header, without the sign for marked or unread."""
    return [row[1:].strip() for row in view.jobs if row.strip()]


async def select(view: ScreenView, number: int) -> None:
    """Move the cursor to a job."""
    view.app._monitor.job_list.move_cursor_to(job(number))
    await view.settled()


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_a_folded_batch_is_one_row_with_its_counts_and_unfolds_at_its_place(size: tuple[int, int]) -> None:
    engine = renewals(RUNNING, FAILED, RUNNING, DONE)
    async with run_monitor(engine, size) as view:
        assert len(listed(view)) == 5
        await select(view, 1)
        await view.press("z")
        first, second = listed(view)
        assert first.startswith("▸ renewals Q4")
        assert "2/4" in first
        assert [part for part in ("✗ 1", "◌ 2", "✓ 1") if part not in first] == []
        assert second.startswith("✓ done")
        assert view.row("Jobs ·").startswith("╭─ Jobs · 5 ") or "Jobs · 5 " in view.row("Jobs ·")
        await view.press("z")
        assert len(listed(view)) == 5
        await view.press("z", "enter")
        assert len(listed(view)) == 5


@pytest.mark.slow
async def test_the_place_is_that_of_the_most_urgent_job_and_the_row_follows_its_jobs() -> None:
    engine = renewals(RUNNING, RUNNING, alone=PENDING)
    async with run_monitor(engine) as view:
        await select(view, 1)
        await view.press("z", "home", "escape")
        assert [row[0] for row in listed(view)] == ["!", "▸"]
        bring_response(engine, 2, FAILED, after=5)
        await view.settled()
        await view.press("home")
        row = next(row for row in listed(view) if row.startswith("▸"))
        assert "1/2" in row
        assert "✗ 1" in row
        view.app._monitor._presenter.resort()
        await view.settled()
        assert [row[0] for row in listed(view)] == ["▸", "!"]


async def test_the_detail_shows_the_overview_of_the_batch_and_reads_no_job() -> None:
    engine = renewals(RUNNING, FAILED, FAILED)
    async with run_monitor(engine) as view:
        await select(view, 1)
        await view.press("z")
        assert view.detail_title == "Batch"
        for text in ("renewals Q4", "2 of 3 jobs ended", "✗ 2 failed", "◌ 1 running", "2 × lock contention"):
            assert text in "\n".join(view.detail), text
        engine.clock.at += 100
        await view.press("j", "k")
        await view.until(lambda _: engine.attended[-1:] == [None])
        assert all(one.is_unread for one in engine.state.watchlist if one.batch and one.is_final)
        bring_response(engine, 1, DONE, after=1)
        await view.settled()
        assert "renewals Q4: 1 done, 2 failed, 1m41s" in "\n".join(view.detail)
        assert " · took 1m41s" in "\n".join(view.detail)
        assert "took 1m41s" in view.row("▸ renewals Q4")


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_keys_on_the_row_act_on_all_its_jobs_and_confirm_if_they_are_many(size: tuple[int, int]) -> None:
    engine = renewals(*[RUNNING] * (CONFIRM_ABOVE + 1))
    async with run_monitor(engine, size) as view:
        await select(view, 1)
        await view.press("z", "r")
        assert len(engine.asked) == CONFIRM_ABOVE + 1
        await view.press("x")
        assert f"Remove {CONFIRM_ABOVE + 1} jobs from the watchlist?" in view.text
        await view.press("down", "enter")
        assert [one.job for one in engine.state.watchlist] == [job(CONFIRM_ABOVE + 2)]
        await view.press("u", "home")
        assert len(engine.state.watchlist) == CONFIRM_ABOVE + 2
        assert len(listed(view)) == 2


async def test_with_a_filter_the_row_counts_and_keys_act_on_matching_jobs_only() -> None:
    engine = renewals(FAILED, FAILED, DONE, RUNNING)
    async with run_monitor(engine) as view:
        await select(view, 1)
        await view.press("z", "/", *"status:failed", "enter")
        (row,) = listed(view)
        assert "2 of 4 shown" in row
        await view.press("x")
        assert sorted(one.job.id.given[:8] for one in engine.state.watchlist) == ["00000003", "00000004", "00000005"]


@pytest.mark.parametrize(
    "term",
    [
        "status:failed",
        pytest.param("status:done", marks=pytest.mark.slow),
        pytest.param("is:final", marks=pytest.mark.slow),
    ],
)
async def test_with_a_filter_a_running_batch_has_no_result_and_its_detail_says_how_far_all_of_it_is(term: str) -> None:
    engine = renewals(FAILED, FAILED, DONE, DONE, RUNNING)
    engine.clock.at += 70
    async with run_monitor(engine, (100, 30)) as view:
        await select(view, 1)
        await view.press("z", "/", *f"batch:renewals {term}", "enter")
        (row,) = listed(view)
        shown = 4 if term == "is:final" else 2
        assert f"▸ renewals Q4 {shown} of 5 shown" in " ".join(row.split())
        assert not {"█", "took"} & set(row.split()), row
        detail = "\n".join(view.detail)
        assert f"{shown} of 5 jobs shown" in detail
        assert "Whole batch: 4 of 5 jobs ended" in detail
        assert " · 1m10s" in detail
        assert "renewals Q4:" not in detail, "no result as long as a job is running"
        bring_response(engine, 5, DONE)
        await view.settled()
        assert "5 of 5 jobs ended" in "\n".join(view.detail)
        assert "renewals Q4: 3 done, 2 failed, 1m11s" in "\n".join(view.detail)


async def test_marking_a_folded_row_marks_all_its_jobs() -> None:
    engine = renewals(RUNNING, RUNNING, RUNNING)
    async with run_monitor(engine) as view:
        await select(view, 1)
        await view.press("z", "space")
        assert "3 marked" in view.text
        assert view.app._monitor.job_list.marked == {job(1), job(2), job(3)}
        await view.press("*")
        assert "4 marked" in view.text


async def test_failures_by_reason_count_the_jobs_of_folded_batches() -> None:
    engine = renewals(FAILED, FAILED, RUNNING, alone=FAILED)
    async with run_monitor(engine) as view:
        await select(view, 1)
        await view.press("z", "F")
        assert "Failures by reason · 3 of 4" in view.text
        await view.press("escape", "/", *"batch:renewals", "enter", "F")
        assert "Failures by reason · 2 of 3" in view.text
        shown = view.app._monitor._presenter.shown_jobs()
        assert view.app._monitor._presenter.shown_jobs() is shown, "groups are made again only if a job has changed"


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_rows_of_folded_batches_line_up_and_end_below_the_title_of_the_times(size: tuple[int, int]) -> None:
    engine = staged(RUNNING, FAILED, DONE, RUNNING, DONE)
    engine.set_batch([job(1), job(2), job(3)], "renewals Q4")
    engine.set_batch([job(4), job(5)], "price rise")
    async with run_monitor(engine, size) as view:
        for number in (1, 4):
            await select(view, number)
            await view.press("z")
        first, second = (row for row in view.jobs if "▸" in row)
        assert [first.index(sign) for sign in "█/◌✓"] == [second.index(sign) for sign in "█/◌✓"]
        assert ("✗" in first, "✗" in second) == (True, False)
        assert len(first.rstrip()) == len(second.rstrip()) == len(view.header.rstrip())


def test_a_row_of_any_width_is_never_too_long_and_drops_its_times_before_its_counts() -> None:
    counts = dict.fromkeys(VerdictKind, 0) | {VerdictKind.FAILED: 1_300, VerdictKind.DONE: 4}
    long = BatchProgress("price increase November, all", (watch(1),) * 1_304, counts, 0.0, 9.0)
    short = BatchProgress("x", (watch(1),) * 4, counts | {VerdictKind.FAILED: 0}, 0.0, None)
    common = common_widths((long, short))
    for width in range(16, 130):
        rows = [batch_row(batch, "1m10s · 2–4m left", width, common) for batch in (long, short)]
        assert all(cell_length(row) <= width for row in rows), width
        assert width < 80 or [cell_length(row) for row in rows] == [width, width]
        first, second = ("".join(text for text, _ in row) for row in rows)
        assert [first.find(sign) for sign in ("✓", "1m10s")] == [second.find(sign) for sign in ("✓", "1m10s")]
        assert ("░" in first or "█" in first) == ("░" in second or "█" in second)
    part = replace(short, whole=long)
    for batches in ((long, part), (part, part), (part,)):
        common = common_widths(batches)
        for width in range(20, 130):
            assert all(cell_length(batch_row(batch, "", width, common)) <= width for batch in batches), width
        texts = ["".join(text for text, _ in batch_row(batch, "", 100, common)) for batch in batches]
        assert "x" in texts[-1]
        assert " 4 of 1,304 shown  " in texts[-1]
        assert {text.rindex("✓") for text in texts} == {texts[0].rindex("✓")}
    common = common_widths((long, short))
    text = "".join(part for part, _ in batch_row(long, "1m10s", 44, common))
    assert "… 1,304/1,304  ✗ 1,300  ✓ 4" in text


def test_the_name_in_a_row_is_cut_before_bar_counts_and_times_are_left_out() -> None:
    counts = dict.fromkeys(VerdictKind, 50) | {VerdictKind.UNKNOWN: 0}
    batch = BatchProgress("Bulk renewals December 17:02", (watch(1),) * 200, counts, 0.0, None)
    rows = {
        width: "".join(part for part, _ in batch_row(batch, "1m10s", width, common_widths([batch])))
        for width in (45, 54, 80)
    }
    assert rows[45].startswith("Bulk renewa")
    assert rows[45].endswith(" 150/200  ✗ 50  ! 50  ◌ 50  ✓ 50")
    assert rows[54].split()[-9:] == ["150/200", "✗", "50", "!", "50", "◌", "50", "✓", "50", "1m10s"][1:]
    assert "█" in rows[80]
    assert rows[80].endswith("  ✗ 50  ! 50  ◌ 50  ✓ 50                   1m10s")


async def test_the_views_of_a_job_are_not_those_of_a_folded_batch() -> None:
    async with run_monitor(renewals(RUNNING, RUNNING)) as view:
        await select(view, 1)
        await view.press("z")
        for key in ("1", "5", "]", "d"):
            await view.press("u", key)
            assert view.toast == "This row is a batch: z unfolds it.", key
        assert view.detail_title == "Batch"


async def test_a_job_in_no_batch_cannot_be_folded() -> None:
    async with run_monitor(renewals(RUNNING, RUNNING)) as view:
        await select(view, 3)
        await view.press("z")
        assert view.toast == "This job is in no batch."


async def test_a_renamed_batch_is_folded_under_its_new_name() -> None:
    engine = renewals(RUNNING, RUNNING)
    async with run_monitor(engine) as view:
        await select(view, 1)
        await view.press("z", "B", "end", *"!", "enter")
        assert [row for row in listed(view) if row.startswith("▸ renewals Q4!")]
        await view.press("u")
        assert [row for row in listed(view) if row.startswith("▸ renewals Q4 ")]


async def test_undoing_a_grouping_folds_no_batch_that_was_not_folded() -> None:
    engine = renewals(*[RUNNING] * 6)
    async with run_monitor(engine) as view:
        await select(view, 1)
        await view.press("space", "space", "B", *"two", "enter", "escape")
        await select(view, 1)
        await view.press("z")
        assert [row for row in listed(view) if row.startswith("▸ two")]
        await view.press("u")
        assert len(listed(view)) == 7


async def test_undoing_a_merge_of_batches_folds_none_of_them() -> None:
    engine = renewals(*[RUNNING] * 4)
    engine.set_batch([job(3), job(4)], "renewals Q3")
    async with run_monitor(engine) as view:
        await select(view, 1)
        await view.press(*["space"] * 4, "B", *"all", "enter", "escape")
        await select(view, 1)
        await view.press("z")
        assert [row for row in listed(view) if row.startswith("▸ all")]
        await view.press("u")
        assert len(listed(view)) == 5


class Memory:
    """Keeps the state of the screen."""

    def __init__(self, **values: PlainValue) -> None:
        self.values = dict(values)

    def load(self) -> dict[str, PlainValue]:
        return self.values

    def save(self, values: Mapping[str, PlainValue], /) -> None:
        self.values = dict(values)


async def test_folded_batches_are_folded_after_a_restart_and_other_values_are_ignored() -> None:
    memory = Memory()
    async with run_monitor(renewals(RUNNING, RUNNING), memory=memory) as view:
        await select(view, 1)
        await view.press("z")
    async with run_monitor(renewals(RUNNING, RUNNING), memory=memory) as view:
        assert len(listed(view)) == 2
    async with run_monitor(renewals(RUNNING, RUNNING), (80, 24), memory=Memory(folded="[")) as view:
        assert len(listed(view)) == 3


@pytest.mark.parametrize("value", ["", "[", "{}", "[1, null]", 5.0, None, "[" * 5_000])
def test_invalid_stored_values_fold_no_batch(value: object) -> None:
    assert _folded(value) == frozenset()


@pytest.mark.parametrize("key", [pytest.param("x", marks=pytest.mark.slow), "X"])
async def test_taking_jobs_off_a_running_batch_says_how_many_are_left_in_it(key: str) -> None:
    async with run_monitor(renewals(FAILED, RUNNING, RUNNING, alone=FAILED)) as view:
        done = "removed" if key == "x" else "archived"
        await select(view, 1)
        await view.press(key)
        assert view.toast == f"00000001…e73bdceb {done}, leaving 2 jobs in renewals Q4; u to undo."
        await view.press("u")
        await select(view, 4)
        await view.press(key)
        assert view.toast == f"00000004…e73bdceb {done}; u to undo.", "it is in no batch"
        await view.press("u", "*", key)
        assert ("leaving" in view.toast) is (key == "X"), "all of the batch is gone, or both running jobs are left"
