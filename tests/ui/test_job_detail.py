import asyncio
import re
from types import ModuleType

import pytest

from tests.support.building import job
from tests.support.reading import cursor_steps, place_of_cursor, places, subscriptions, to_line
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import bring_response, staged
from tests.ui.sizes import WIDE_FIRST
from zjobtui.models.observation import Failure
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.ui import detail_header, detail_views
from zjobtui.ui.detail_header import Viewing
from zjobtui.ui.job_detail import build_page

DONE = "recorded-completed-localised"
FAILED = "recorded-failed-lock"
RUNNING = "recorded-processing"


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_detail_opens_with_verdict_time_and_sentence(size: tuple[int, int]) -> None:
    engine = staged(RUNNING, labels=("CS-4390",))
    bring_response(engine, 1, "recorded-completed-order-pending")
    engine.clock.at += 240
    async with run_monitor(engine, size) as view:
        assert view.detail_title == "CS-4390 · 000000015d7b48d3a20245bfe73bdceb"
        assert view.detail[0] == " ! needs attention · ended 4m ago"
        assert "Job completed, but the order is Pending" in view.words


def test_nothing_is_wrapped_before_there_is_room() -> None:
    assert len(build_page(None, Viewing(), 0.0, width=0).lines) == 1


async def test_without_a_label_the_border_shows_the_whole_id() -> None:
    async with run_monitor(staged(RUNNING)) as view:
        assert view.detail_title == job(1).id.given


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_open_and_closed_groups_stay_so_when_new_data_arrives(size: tuple[int, int]) -> None:
    engine = staged("recorded-completed-order-pending", RUNNING)
    bring_response(engine, 1, subscriptions(40))
    async with run_monitor(engine, size) as view:
        await view.press("down")
        await to_line(view, "▸ Subscriptions (40)")
        await view.press("enter")
        assert places(view, "▾ Subscriptions (40)")
        bring_response(engine, 1, subscriptions(40, s9="Suspended"))
        await view.settled()
        assert places(view, "▾ Subscriptions (40)  39 Active, 1 Suspended")
        assert "A-S00000009  Suspended" in view.text


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_cursor_of_the_detail_stays_on_its_line_when_new_data_arrives(size: tuple[int, int]) -> None:
    engine = staged(subscriptions(5))
    async with run_monitor(engine, size) as view:
        await to_line(view, "A-S00000002")
        bring_response(engine, 1, subscriptions(9, s7="Suspended"))
        await view.settled()
        assert place_of_cursor(view) == cursor_steps(view, "A-S00000002")


async def test_another_job_is_shown_from_the_top() -> None:
    engine = staged(subscriptions(90), subscriptions(90))
    async with run_monitor(engine) as view:
        await to_line(view, "Subscriptions (90)")
        await view.press("enter", "end", "escape", "down")
        assert view.detail[0].startswith(" ✓ done")


async def test_the_detail_follows_its_job_without_a_key() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        assert view.detail[0] == " ◌ running · just added · usual time not known yet"
        bring_response(engine, 1, FAILED, after=20)
        await view.settled()
        assert view.detail[0] == " ✗ failed · ended just now"
        assert "40000050" in view.words


async def test_a_failed_call_is_shown_with_the_last_response() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        bring_response(engine, 1, Failure(Problem(ProblemKind.TIMED_OUT, "no answer within 20 s"), 0.0), after=30)
        await view.settled()
        assert view.detail[0] == " ◌ running · last response 30s ago"
        assert "The last call failed: timed out: no answer within 20 s." in view.words
        assert "Zuora is working on it." in view.words


async def test_a_later_contradiction_is_shown_beside_the_final_response() -> None:
    engine = staged(DONE)
    bring_response(engine, 1, RUNNING)
    async with run_monitor(engine) as view:
        assert "When the job was polled again, Zuora returned Processing; the final response is kept." in view.words
        assert view.detail[0].startswith(" ✓ done")


async def test_a_failing_archive_is_reported_and_the_job_still_shown() -> None:
    class Broken:
        def last_response(self, _job: object) -> None:
            raise OSError("the disk is gone")

        history = last_response

    engine: ScriptedEngine = staged(DONE)
    engine.archive = Broken()  # type: ignore[assignment]  # broken on purpose
    async with run_monitor(engine) as view:
        assert "Order completed: 1 subscription." in view.words
        engine.publish()
        await view.until("the disk is gone")


def tabs(view: ScreenView) -> str:
    return next(line for line in view.detail if "[" in line and "Raw" in line)


SHOWS = {"1": "Error", "2": "added 14:00:00 UTC ─", "3": "characters ·", "4": "Request id"}


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_view_keys_work_in_list_and_detail_and_the_verdict_is_on_top(
    size: tuple[int, int],
) -> None:
    async with run_monitor(staged(FAILED), size) as view:
        for pane in ("list", "detail"):
            for key, words in SHOWS.items():
                await view.press(key)
                assert view.detail[0] == " ✗ failed · had ended when first polled", pane
                assert f"[{key} " in tabs(view)
                assert [one for one, other in SHOWS.items() if other in view.text] == [key]
                assert words in view.text
            await view.press("tab")


@pytest.mark.slow
async def test_brackets_go_to_the_previous_and_next_view_and_wrap_around() -> None:
    async with run_monitor(staged(FAILED)) as view:
        for key, name in (
            ("]", "2 T"),
            ("]", "3 R"),
            ("]", "4 R"),
            ("]", "5 R"),
            ("]", "1 S"),
            ("[", "5 R"),
            ("[", "4 R"),
        ):
            await view.press(key)
            assert f"[{name}" in tabs(view)


@pytest.mark.parametrize("size", [*WIDE_FIRST, (46, 30)])
async def test_a_click_on_a_tab_shows_its_view(size: tuple[int, int]) -> None:
    async with run_monitor(staged(FAILED), size) as view:
        await view.press("tab", *["down"] * 2)
        cursor = place_of_cursor(view)
        for name in ("Raw", "Request", "Timeline", "Summary"):
            await view.click(name)
            assert re.search(rf"\[(\d )?{name}\]", tabs(view))
        assert place_of_cursor(view) == cursor
        assert "Error" in view.text


async def test_right_and_left_switch_tabs_and_the_cursor_stays_there() -> None:
    async with run_monitor(staged(FAILED)) as view:
        await to_line(view, "[1 Summary]")
        for key, name in (("right", "2 Timeline"), ("right", "3 Raw"), ("left", "2 Timeline")):
            await view.press(key)
            assert f"[{name}]" in tabs(view)
            assert place_of_cursor(view) == cursor_steps(view, f"[{name}]")


async def test_the_view_is_kept_for_another_job_and_new_data() -> None:
    engine = staged(RUNNING, FAILED)
    async with run_monitor(engine) as view:
        await view.press("3", "down")
        assert '"Processing"' in view.text
        bring_response(engine, 1, FAILED)
        await view.settled()
        assert '"[40000050]' in view.text
        await view.press("x", "x", "u")
        assert "[3 Raw]" in tabs(view)


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_each_view_keeps_its_position_and_open_groups(size: tuple[int, int]) -> None:
    async with run_monitor(staged(subscriptions(90)), size) as view:
        await to_line(view, "▸ Subscriptions (90)")
        await view.press("enter", "pagedown", "down")
        summary, cursor = view.detail, place_of_cursor(view)
        await view.press("3")
        assert view.detail[0].startswith(" ✓ done")
        await view.press("end")
        raw = view.detail
        await view.press("1")
        assert (view.detail, place_of_cursor(view)) == (summary, cursor)
        await view.press("3")
        assert view.detail == raw


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_cursor_stays_on_a_job_that_is_being_read(
    size: tuple[int, int],
) -> None:
    engine = staged(RUNNING, RUNNING, labels=("alpha", "beta"))
    async with run_monitor(engine, size) as view:
        title = view.detail_title
        other = 2 if title.startswith("alpha") else 1
        await view.press("tab")
        bring_response(engine, other, FAILED, after=20)
        await view.settled()
        assert "▲ 1 new failed" in view.rows[1]
        assert view.detail_title == title


async def test_the_age_of_an_ended_job_is_updated_in_every_view() -> None:
    engine = staged(RUNNING)
    bring_response(engine, 1, FAILED)
    async with run_monitor(engine) as view:
        await view.press("3")
        engine.clock.at += 240
        await view.until("✗ failed · ended 4m ago")


async def test_the_archive_is_not_read_again_if_only_times_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        await view.settled()
        read: list[object] = []
        monkeypatch.setattr(engine.archive, "last_response", read.append)
        for _ in range(3):
            bring_response(engine, 1, RUNNING, after=2)
            await view.settled()
        assert read == []
        bring_response(engine, 1, Failure(Problem(ProblemKind.TIMED_OUT), engine.clock.at))
        await view.settled()
        assert len(read) == 1


async def test_the_minute_of_the_last_response_is_updated() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        assert re.search(r"Last response +\S*:00", view.text)
        bring_response(engine, 1, RUNNING, after=120)
        await view.until(lambda text: bool(re.search(r"Last response +\S*:02", text)))


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_a_view_is_built_only_when_it_is_shown(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def noted(module: ModuleType, name: str) -> None:
        make = getattr(module, name)

        def make_and_note(*given: object, **more: object) -> object:
            made.append(name)
            return make(*given, **more)

        monkeypatch.setattr(module, name, make_and_note)

    for module, name in ((detail_views, "request_lines"), (detail_views, "timeline_lines"), (detail_header, "pretty")):
        noted(module, name)
    engine = staged(FAILED, RUNNING)
    async with run_monitor(engine, size) as view:
        await view.press("down", "up", "tab", "pagedown")
        bring_response(engine, 1, FAILED)
        await view.settled()
        assert made == []
        for key, name in (("4", "request_lines"), ("2", "timeline_lines"), ("3", "pretty")):
            await view.press(key)
            assert SHOWS[key] in view.text
            assert made.pop() == name
            made.clear()


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_choosing_a_view_keeps_the_cursor_on_the_job(
    size: tuple[int, int],
) -> None:
    engine = staged(RUNNING, RUNNING)
    async with run_monitor(engine, size) as view:
        title = view.detail_title
        await view.press("3")
        bring_response(engine, 2, FAILED, after=20)
        await view.settled()
        assert "▲ 1 new failed" in view.rows[1]
        assert view.detail_title == title


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_scroll_position_is_kept_when_new_data_arrives(size: tuple[int, int]) -> None:
    engine = staged(subscriptions(90))
    async with run_monitor(engine, size) as view:
        await view.press("3", "tab", "pagedown", "pagedown")
        moved = view.detail
        for _ in range(3):
            view.terminal.receive(f"\x1b[<65;{size[0] - 9};{size[1] - 6}M")
            await view.settled()
        shown = view.detail
        assert shown != moved
        bring_response(engine, 1, subscriptions(90, s80="Suspended"), after=61)
        await view.settled()
        engine.clock.at += 61
        await asyncio.sleep(0.15)
        await view.settled()
        assert view.detail == shown


@pytest.mark.parametrize("pane", [[], ["tab"]])
@pytest.mark.parametrize("keys", [["ctrl+l"], pytest.param(["?", "escape"], marks=pytest.mark.slow)])
async def test_a_moved_cursor_leaves_no_highlighted_cell_behind(pane: list[str], keys: list[str]) -> None:
    async with run_monitor(staged(*["recorded-processing"] * 4), (100, 30)) as view:
        await view.press(*pane, *keys, "down")
        rows = [view.terminal.display.screen.buffer[y] for y in range(2, 28)]
        beside = {row[x].bg for x in (55, 98) for row in rows}
        assert len(beside) == 1
        assert sum(row[x].bg not in beside for row in rows for x in (54, 97)) == (2 if pane else 1)
