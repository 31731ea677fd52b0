from collections.abc import Iterable
from concurrent.futures import Future

import pytest
from msgspec.structs import replace

from tests.support.building import job, watch
from tests.support.reading import whole
from tests.support.screen_harness import ScreenView, join_lines, run_monitor
from tests.support.staging import bring_response, staged
from tests.ui.sizes import NARROW_FIRST
from zjobtui.models.job import JobRef
from zjobtui.polling.state import EditResult
from zjobtui.ui.actions import CATALOGUE

RUNNING = "recorded-processing"


async def test_a_label_is_shown_before_the_id() -> None:
    async with run_monitor(staged(RUNNING, RUNNING)) as view:
        await view.press("l")
        assert "Label for 00000001…e73bdceb" in view.text
        await view.press(*"CS 1")
        await view.press("enter")
        assert view.jobs[0].startswith("  ◌ running   CS 1 · 00000001 ")
        assert view.detail_title == "CS 1 · 000000015d7b48d3a20245bfe73bdceb"
        assert "CS 1 · 00000001 labelled; u to undo." in view.text


@pytest.mark.slow
async def test_a_label_can_be_changed_and_cleared_and_escape_cancels() -> None:
    async with run_monitor(staged(RUNNING, labels=("CS 1",))) as view:
        await view.press("l", "x", "escape")
        assert view.jobs[0].startswith("  ◌ running   CS 1 · 00000001 ")
        await view.press("l", "end", "0", "enter")
        assert view.jobs[0].startswith("  ◌ running   CS 10 · 00000001 ")
        await view.press("l", *["backspace"] * 5, "enter")
        assert view.jobs[0].startswith("  ◌ running   00000001…")


async def test_a_label_can_be_pasted_and_is_cleaned() -> None:
    async with run_monitor(staged(RUNNING)) as view:
        await view.press("l")
        await view.paste("  CS \x1b[31m1 \u202e\n")
        await view.press("enter")
        assert view.jobs[0].startswith("  ◌ running   CS ␛[31m")
        assert "CS ␛[31m1 \ufffd" in view.detail_title


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_shift_x_archives_ended_jobs_and_u_restores_them(size: tuple[int, int]) -> None:
    engine = staged(RUNNING, "recorded-failed-lock", "recorded-failed-lock", labels=("CS 1", "CS 2", "CS 3"))
    async with run_monitor(engine, size) as view:
        await view.press("*", "X")
        assert "2 jobs archived, 1 not: still running or unknown; u to undo." in view.toast
        assert [watch.label for watch in engine.state.watchlist] == ["CS 1"]
        await view.press("X")
        assert "CS 1 · 00000001 not archived: still running or unknown." in view.toast
        assert len(engine.state.watchlist) == 1
        await view.press("u", "escape")
        assert len([row for row in view.jobs if "CS " in row]) == 3


@pytest.mark.slow
async def test_x_removes_the_job_and_u_restores_it_with_its_data() -> None:
    engine = staged(RUNNING, "recorded-failed-lock", RUNNING, labels=("", "CS 2"))
    async with run_monitor(engine) as view:
        before = view.jobs
        await view.press("x")
        assert "CS 2 · 00000002 removed; u to undo." in view.text
        assert engine.state.watchlist.get(job(2)) is None
        await view.press("delete")
        assert len([row for row in view.jobs if row]) == 1
        await view.press("u", "u")
        assert "Undone: CS 2 · 00000002 removed." in view.text
        assert sorted(row[1:] for row in view.jobs) == sorted(
            row[1:] for row in before
        )  # without the mark of unread jobs
        await view.press("u")
        assert "Nothing to undo." in view.text


@pytest.mark.parametrize("size", [*NARROW_FIRST, (50, 15)])
async def test_a_toast_covers_the_bottom_border_and_replaces_the_last_one(size: tuple[int, int]) -> None:
    async with run_monitor(staged(*[RUNNING] * 3), size) as view:
        await view.press("*", "x")
        assert view.rows[-2].endswith("▌ 3 jobs removed; u to undo.")
        assert "│" in view.rows[-3]
        await view.press("u")
        assert view.rows[-2].endswith("▌ Undone: 3 jobs removed.")
        assert "u to undo" not in view.text


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_removing_more_than_twenty_jobs_is_confirmed_first_and_undone_in_one_step(size: tuple[int, int]) -> None:
    engine = staged(*[RUNNING] * 21)
    async with run_monitor(engine, size) as view:
        for answer, left in ((["enter"], 21), (["escape"], 21), (["down", "enter"], 0)):
            await view.press("*", "x")
            assert "Remove 21 jobs from the watchlist?" in view.text
            assert "Cancel" in view.text
            await view.press(*answer)
            assert len(engine.state.watchlist) == left
            await view.press("escape")
        await view.press("u")
        assert len(engine.state.watchlist) == 21


async def test_no_key_acts_on_marked_jobs_that_the_filter_hides() -> None:
    failed = "recorded-failed-lock"
    engine = staged(failed, RUNNING, failed, RUNNING, labels=("a", "a", "b", "b"))
    async with run_monitor(engine, (100, 30)) as view:
        await view.press("*", "/", *"label:b status:failed", "enter")
        assert "4 marked, 3 hidden" in view.rows[1]
        await view.press("l")
        assert "Label for 1 of 4 marked jobs" in view.text
        await view.press(*"b", "enter", "y")
        assert "Copy from 1 of 4 marked jobs" in view.text
        await view.press("escape", "H")
        assert "Hand over 1 of 4 marked jobs" in view.text
        await view.press("escape", "r")
        assert engine.asked == [job(3)]
        await view.press("X")
        assert view.toast == "b · 00000003 archived, 3 not: hidden by the filter; u to undo."
        await view.press("u", "x")
        assert view.toast == "b · 00000003 removed, 3 not: hidden by the filter; u to undo."
        assert [one.job for one in engine.state.watchlist] == [job(1), job(2), job(4)]
        assert [one.label for one in engine.state.watchlist] == ["a", "a", "b"]
        for key in "xXlryH":
            await view.press(key)
            assert view.toast.startswith("The filter hides 3 marked jobs: esc unmarks"), key
        assert len(engine.state.watchlist) == 3
        await view.press("escape", "escape", "*", "x")
        assert len(engine.state.watchlist) == 0


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_label_tags_note_refresh_and_remove_act_on_all_marked_jobs(size: tuple[int, int]) -> None:
    engine = staged("recorded-failed-lock", RUNNING, "recorded-failed-lock", RUNNING)
    failed = [job(1), job(3)]
    async with run_monitor(engine, size) as view:
        await view.press("/", *"status:failed", "enter", "*")
        assert "Jobs · 2 of 4 · 2 marked · filter: status:failed" in view.rows[1]
        await view.press("l", *"CS-1", "enter")
        assert "2 jobs labelled; u to undo." in view.toast
        await view.press("t", *"acme", "enter", "o", *"call Kim", "enter", "r")
        assert engine.asked == failed
        for one in engine.state.watchlist:
            is_one = one.job in failed
            assert (one.label, one.tags, one.note) == (("CS-1", ("acme",), "call Kim") if is_one else ("", (), ""))
        assert [row.split()[3] for row in view.jobs if row] == ["CS-1", "CS-1"]
        await view.press("tab")
        assert "Tags acme Note call Kim" in await whole(view)
        await view.press("escape", "x")
        assert "Jobs · 0 of 2 · " in view.rows[1]
        await view.press("u")
        assert [row.split()[:4] for row in view.jobs if row] == [["◆", "✗", "failed", "CS-1"]] * 2


async def test_undo_puts_the_cursor_on_the_restored_job() -> None:
    async with run_monitor(staged(*[RUNNING] * 9, labels=[f"CS {number}" for number in range(9)]), (80, 24)) as view:
        await view.press("down", "down", "2")
        title = view.detail_title
        await view.press("x", "down", "down")
        assert view.detail_title != title
        await view.press("u")
        assert view.detail_title == title
        assert "[2 Timeline]" in view.text


async def test_undo_restores_the_data_from_the_time_of_removal() -> None:
    engine = staged(*[RUNNING] * 21)
    async with run_monitor(engine) as view:
        await view.press("*", "x")
        bring_response(engine, 1, "recorded-failed-lock")
        await view.press("down", "enter", "u")
        assert "✗ 1 failed" in view.bar


async def test_the_last_job_can_be_removed_too() -> None:
    async with run_monitor(staged(RUNNING)) as view:
        await view.press("x")
        assert "No jobs." in view.words
        await view.press("u")
        assert view.jobs[0].startswith("  ◌ running ")


async def test_r_refreshes_the_selected_job_finished_or_not() -> None:
    engine = staged(RUNNING, "recorded-failed-lock")
    async with run_monitor(engine) as view:
        await view.press("r")
        assert engine.asked == [job(2)]
        assert "Refreshing 00000002…e73bdceb…" in view.text
        await view.press("down", "r")
        assert engine.asked == [job(2), job(1)]


async def test_keys_of_the_list_work_from_the_detail_too() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        await view.press("tab", "r", "p")
        assert engine.asked == [job(1)]
        assert engine.is_paused


async def test_p_pauses_and_resumes_and_the_bar_shows_it() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        await view.press("p")
        assert view.bar.endswith("‖ polling paused")
        assert view.toast == "Polling is paused until you press p or quit."
        await view.press("p")
        assert view.bar.endswith("● 1.4 calls/s")
        assert not engine.is_paused


def borders(view: ScreenView) -> list[str]:
    """Return the colours of the borders, from left to right; the focused pane has another colour."""
    return [view.terminal.display.screen.buffer[1][x].fg for x, cell in enumerate(view.cells[1]) if cell == "╭"]


@pytest.mark.slow
async def test_tab_enter_and_escape_move_between_list_and_detail() -> None:
    async with run_monitor(staged(RUNNING, labels=("CS 1",))) as view:
        with_keys, without = borders(view)
        assert with_keys != without
        for key, looks in (
            ("tab", [without, with_keys]),
            ("tab", [with_keys, without]),
            ("enter", [without, with_keys]),
            ("escape", [with_keys, without]),
        ):
            await view.press(key)
            assert borders(view) == looks, key


async def test_the_key_bar_shows_the_keys_and_they_can_be_clicked() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        assert view.rows[-1] == (
            " a add  / filter  s sort  x remove  u undo  l label  r refresh  p pause  y copy"
            "  e export  F failures  tab detail  ? help  q quit"
        )
        await view.click("r refresh")
        assert engine.asked == [job(1)]


async def test_a_narrow_key_bar_keeps_help_and_quit() -> None:
    async with run_monitor(staged(RUNNING), size=(50, 24)) as view:
        assert view.rows[-1].endswith(" ? help  q quit")
        assert "…" not in view.rows[-1]
        await view.click("? help")
        assert "Help" in view.text


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 50), (80, 24)])
async def test_help_lists_every_key(size: tuple[int, int]) -> None:
    async with run_monitor(staged(RUNNING), size) as view:
        await view.press("?")
        result = [join_lines("\n".join(view.frame("Help")))]
        for _ in range(20):
            await view.press("pagedown", "up", "up")
            result.append(join_lines("\n".join(view.frame("Help"))))
        whole = " ".join(result)
        for action in CATALOGUE:
            assert f"{action.display_key} " in whole
            assert action.description.split(",")[0].split(":")[0][:40] in whole
        assert "✗ failed" in whole
        await view.press("escape")
        assert "Help" not in view.text


@pytest.mark.parametrize(("columns", "is_beside"), [(52, True), (36, False)])
async def test_help_is_wrapped_to_the_width(columns: int, is_beside: bool) -> None:
    async with run_monitor(staged(RUNNING), (100, 24)) as view:
        await view.press("?")
        await view.resize(columns, 60)
        lines = [line.strip(" │") for line in view.frame("Help")]
        (line,) = [line for line in lines if "Remove jobs from" in line]
        assert line.startswith("x ") == is_beside
        assert "watchlist" in lines[lines.index(line) + 1]


@pytest.mark.slow
async def test_the_palette_lists_every_action() -> None:
    async with run_monitor(staged(RUNNING), size=(140, 180)) as view:
        await view.press("ctrl+p")
        await view.until("Change the colour theme")
        for action in CATALOGUE:
            assert action.description in view.text, action.id


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_palette_runs_the_chosen_action(size: tuple[int, int]) -> None:
    engine = staged(RUNNING, RUNNING)
    async with run_monitor(engine, size) as view:
        await view.press("ctrl+p", *"mark all")
        await view.until("Mark or unmark all shown jobs")
        await view.press("enter")
        await view.until("2 marked")
        await view.press("escape", "ctrl+p", *"refresh")
        await view.until("Refresh jobs now")
        await view.press("enter")
        await view.until(lambda _: engine.asked == [job(1)])


async def test_a_notice_about_a_moved_store_stays_above_the_list() -> None:
    notice = "The watchlist could not be read and was moved to /tmp/watchlist.broken; the last backup is used."
    async with run_monitor(staged(RUNNING), notice=notice) as view:
        assert view.rows[1].strip() == notice
        assert view.jobs[0].startswith("  ◌ running ")
        await view.resize(80, 24)
        assert join_lines(" ".join(view.rows[1:3])) == notice


async def test_a_store_that_cannot_be_read_is_reported_until_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: JobRef) -> None:
        raise OSError(result)

    engine, result = staged(RUNNING, RUNNING), "The watchlist could not be used: disk I/O error."
    monkeypatch.setattr(engine.archive, "last_response", refuse)
    async with run_monitor(engine) as view:
        await view.until(result)
        monkeypatch.undo()
        await view.press("j")
        await view.until(lambda text: result not in text)


async def test_unsaved_changes_are_reported_until_they_are_saved() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        engine.why_unsaved = "disk full"
        engine.publish()
        await view.settled()
        assert view.rows[1].strip() == "Not saved: disk full"
        engine.why_unsaved = ""
        bring_response(engine, 1, RUNNING)
        await view.settled()
        assert "Not saved" not in view.text


async def test_q_and_ctrl_q_exit_with_status_zero() -> None:
    for key in ("q", "ctrl+q"):
        async with run_monitor(staged(RUNNING)) as view:
            await view.press(key)
            assert view.app.return_code in {0, None}
            assert view.app._exit


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_an_edit_of_several_jobs_is_undone_for_each(size: tuple[int, int]) -> None:
    engine = staged(*[RUNNING] * 3, labels=("CS 1", "CS 2", ""))
    engine.note([job(1)], "asked finance")
    before = tuple(engine.state.watchlist)
    async with run_monitor(engine, size) as view:
        await view.press("*", "l", *"all", "enter")
        assert view.toast == "3 jobs labelled; u to undo."
        await view.press("o", *"mine", "enter")
        assert [watch.label + watch.note for watch in engine.state.watchlist] == ["allmine"] * 3
        await view.press("u")
        assert view.toast == "Undone: 3 jobs annotated."
        await view.press("u")
        assert view.toast == "Undone: 3 jobs labelled."
        assert tuple(engine.state.watchlist) == before
        await view.press("u")
        assert view.toast == "Nothing to undo."


@pytest.mark.slow
@pytest.mark.parametrize("fault", [RuntimeError("the engine has failed"), None])
async def test_if_some_edits_of_an_action_fail_the_others_can_be_undone(fault: Exception | None) -> None:
    engine = staged(*[RUNNING] * 3, labels=("CS 1", "CS 2", ""))
    before = tuple(engine.state.watchlist)
    set_label, broken = engine.label, set[str]()

    def label_or_fail(jobs: Iterable[JobRef], label: str) -> "Future[EditResult]":
        if label not in broken:
            return set_label(jobs, label)
        future: Future[EditResult] = Future()
        if fault is None:
            future.cancel()
        else:
            future.set_exception(fault)
        return future

    def labels() -> list[str]:
        return [watch.label for watch in engine.state.watchlist]

    engine.label = label_or_fail  # type: ignore[method-assign]
    async with run_monitor(engine, (100, 24)) as view:
        await view.press("*", "l", *"all", "enter")
        assert labels() == ["all"] * 3
        broken.add("")
        await view.press("u")
        assert labels() == ["CS 1", "CS 2", "all"]
        reason = "the engine has failed" if fault else "polling has stopped."
        assert f"Undone: 2 jobs labelled. The change to other jobs failed: {reason}" in view.toast
        broken.clear()
        await view.press("u")
        assert tuple(engine.state.watchlist) == before
        broken.add("mine")
        await view.press("l", *"mine", "enter")
        assert view.toast == f"The change failed: {reason}"
        await view.press("u")
        assert view.toast == "Nothing to undo."


async def test_a_message_about_several_edits_says_of_each_why_it_is_not_saved() -> None:
    engine = staged(RUNNING, RUNNING, RUNNING, labels=("CS 1", "CS 2", "CS 3"))
    set_label, reasons = engine.label, iter(["", "job 1 cannot be stored.", "job 2 cannot be stored.", ""])

    def label(jobs: Iterable[JobRef], text: str) -> "Future[EditResult]":
        future: Future[EditResult] = Future()
        future.set_result(replace(set_label(jobs, text).result(), unsaved=next(reasons)))
        return future

    engine.label = label  # type: ignore[method-assign, assignment]
    async with run_monitor(engine, (100, 24)) as view:
        await view.press("*", "l", *"all", "enter", "u")
        assert view.toast == "Undone: 3 jobs labelled. Not saved yet: job 1 cannot be stored. job 2 cannot be stored."


async def test_enter_without_text_keeps_different_texts_of_several_jobs() -> None:
    engine = staged(RUNNING, RUNNING, labels=("CS 1", "CS 2"))
    before = engine.state.watchlist
    async with run_monitor(engine) as view:
        await view.press("*", "l")
        assert "the jobs have different values; leave empty to keep them" in view.text
        await view.press("enter")
        assert tuple(engine.state.watchlist) == tuple(before)


async def test_an_empty_field_says_what_enter_does_to_common_tags() -> None:
    engine = staged(RUNNING, RUNNING, labels=("CS 1", "CS 2"))
    engine.tag([job(1)], ("batch", "acme"))
    engine.tag([job(2)], ("batch",))
    async with run_monitor(engine) as view:
        await view.press("*", "t", "ctrl+u")
        assert "empty removes batch; other tags stay" in view.text
        assert "leave empty to keep" not in view.text
        await view.press("enter")
        assert [watch.tags for watch in engine.state.watchlist] == [("acme",), ()]
        await view.press("t")
        assert "the jobs have different values; leave empty to keep them" in view.text
        await view.press("enter")
        assert [watch.tags for watch in engine.state.watchlist] == [("acme",), ()]


async def test_undo_keeps_later_edits_of_another_window() -> None:
    engine = staged(RUNNING, RUNNING, labels=("CS 1", "CS 2"))
    async with run_monitor(engine, (120, 24)) as view:
        await view.press("*", "l", *"mine", "enter")
        engine.label([job(2)], "theirs")
        await view.press("u")
        assert [watch.label for watch in engine.state.watchlist] == ["CS 1", "theirs"]


async def test_undo_says_if_another_window_has_left_nothing_to_undo() -> None:
    engine = staged(RUNNING, RUNNING, labels=("CS 1", "CS 2"))
    async with run_monitor(engine, (120, 24)) as view:
        await view.press("l", *"CS 3", "enter", "x")
        engine.restore([watch(1, label="CS 3")])
        await view.press("u")
        assert view.toast == "Nothing left to undo of “CS 3 · 00000001 removed”; u undoes the change before it."
        engine.remove([job(1)])
        await view.press("u")
        assert view.toast == "Nothing left to undo of “CS 3 · 00000001 labelled”."
        await view.press("u")
        assert view.toast == "Nothing to undo."


async def test_undo_removes_and_restores_a_job_that_was_added_again() -> None:
    engine = staged(RUNNING, RUNNING, labels=("CS 1", "CS 2"))
    async with run_monitor(engine, (120, 24)) as view:
        await view.press("x")
        await view.paste(job(1).id.given)
        await view.press("enter")
        assert len(engine.state.watchlist) == 2
        await view.press("u")
        assert len(engine.state.watchlist) == 1
        assert view.toast.startswith("Undone: ")
        await view.press("u")
        assert view.toast == "Undone: CS 1 · 00000001 removed."
        assert {one.label for one in engine.state.watchlist} == {"CS 1", "CS 2"}


async def test_common_tags_are_edited_and_other_tags_stay() -> None:
    engine = staged(RUNNING, RUNNING, RUNNING)
    engine.tag([job(1)], ("acme", "batch"))
    engine.tag([job(2)], ("batch",))
    async with run_monitor(engine) as view:
        await view.press("*", "t", *"urgent", "enter")
        assert view.toast == "3 jobs tagged; u to undo."
        tags = [watch.tags for watch in engine.state.watchlist]
        assert tags == [("acme", "batch", "urgent"), ("batch", "urgent"), ("urgent",)]
        await view.press("t", *["backspace"] * 6, "enter")
        assert [watch.tags for watch in engine.state.watchlist] == [("acme", "batch"), ("batch",), ()]


async def test_clearing_a_label_is_confirmed() -> None:
    async with run_monitor(staged(RUNNING, labels=("CS 1",))) as view:
        await view.press("l", *["backspace"] * 4, "enter")
        assert view.toast == "00000001…e73bdceb no longer labelled; u to undo."
        await view.press("u")
        assert view.toast == "Undone: CS 1 · 00000001 no longer labelled."


@pytest.mark.slow
@pytest.mark.parametrize("size", [(140, 40), (50, 15)])
async def test_an_empty_list_explains_what_to_do_and_keys_report_no_job(size: tuple[int, int]) -> None:
    async with run_monitor(staged(), size) as view:
        assert "paste any text that contains job ids" in view.text
        for key in "ltoxrye":
            await view.press(key)
            assert view.toast == "No job selected.", key
            await view.press("Z")
    async with run_monitor(staged(RUNNING), size) as view:
        await view.press("/", *"nothing", "enter")
        assert ("No jobs match “nothing”. Esc clears the filter. ─╯" in view.text) == (size[0] > 50)
        assert ("no matches · esc clear" in view.text) == (size[0] <= 50)
        await view.press("escape")
        assert "match" not in view.text
