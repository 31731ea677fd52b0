import asyncio
import re
from types import ModuleType

import pytest

from tests.support.building import job
from tests.support.reading import cursor_steps, place_of_cursor, places, subscriptions, to_line
from tests.support.scripted import ScriptedEngine
from tests.support.seeing import Sight, looking_at
from tests.support.staging import staged, tell
from tests.ui.sizes import WIDE_FIRST
from zjobtui.models.observation import Failure
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.ui import detail_header, detail_views
from zjobtui.ui.detail_header import Viewing, build_page

DONE = "recorded-completed-localised"
FAILED = "recorded-failed-lock"
RUNNING = "recorded-processing"


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_detail_opens_with_verdict_time_and_sentence(size: tuple[int, int]) -> None:
    engine = staged("recorded-completed-order-pending", labels=("CS-4390",))
    engine.clock.at += 240
    async with looking_at(engine, size) as sight:
        assert sight.detail_title == "CS-4390 · 00000001…e73bdceb"
        assert sight.detail[0] == " ! needs attention · ended 4m ago"
        assert "Job completed, but the order is Pending" in sight.words


def test_nothing_is_wrapped_before_there_is_room() -> None:
    assert len(build_page(None, Viewing(), 0.0, width=0).lines) == 1


async def test_without_a_label_the_border_shows_the_whole_id() -> None:
    async with looking_at(staged(RUNNING)) as sight:
        assert sight.detail_title == job(1).id.given


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_open_and_closed_groups_stay_so_when_new_data_arrives(size: tuple[int, int]) -> None:
    engine = staged("recorded-completed-order-pending", RUNNING)
    tell(engine, 1, subscriptions(40))
    async with looking_at(engine, size) as sight:
        await sight.press("down")
        await to_line(sight, "▸ Subscriptions (40)")
        await sight.press("enter")
        assert places(sight, "▾ Subscriptions (40)")
        tell(engine, 1, subscriptions(40, s9="Suspended"))
        await sight.settled()
        assert places(sight, "▾ Subscriptions (40)  39 Active, 1 Suspended")
        assert "A-S00000009  Suspended" in sight.text


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_cursor_of_the_detail_stays_on_its_line_when_new_data_arrives(size: tuple[int, int]) -> None:
    engine = staged(subscriptions(5))
    async with looking_at(engine, size) as sight:
        await to_line(sight, "A-S00000002")
        tell(engine, 1, subscriptions(9, s7="Suspended"))
        await sight.settled()
        assert place_of_cursor(sight) == cursor_steps(sight, "A-S00000002")


async def test_another_job_is_shown_from_the_top() -> None:
    engine = staged(subscriptions(90), subscriptions(90))
    async with looking_at(engine) as sight:
        await to_line(sight, "Subscriptions (90)")
        await sight.press("enter", "end", "escape", "down")
        assert sight.detail[0].startswith(" ✓ done")


async def test_the_detail_follows_its_job_without_a_key() -> None:
    engine = staged(RUNNING)
    async with looking_at(engine) as sight:
        assert sight.detail[0] == " ◌ running · just added"
        tell(engine, 1, FAILED, after=20)
        await sight.settled()
        assert sight.detail[0] == " ✗ failed · ended just now"
        assert "40000050" in sight.words


async def test_a_failed_call_is_shown_with_the_last_response() -> None:
    engine = staged(RUNNING)
    async with looking_at(engine) as sight:
        tell(engine, 1, Failure(Problem(ProblemKind.TIMED_OUT, "no answer within 20 s"), 0.0), after=30)
        await sight.settled()
        assert sight.detail[0] == " ◌ running · last answer 30s ago"
        assert "The last call failed: timed out: no answer within 20 s." in sight.words
        assert "Zuora is working on it." in sight.words


async def test_a_later_contradiction_is_shown_beside_the_final_answer() -> None:
    engine = staged(DONE)
    tell(engine, 1, RUNNING)
    async with looking_at(engine) as sight:
        assert "Asked again, Zuora says Processing; the final answer is kept." in sight.words
        assert sight.detail[0].startswith(" ✓ done")


async def test_a_failing_archive_is_reported_and_the_job_still_shown() -> None:
    class Broken:
        def last_response(self, _job: object) -> None:
            raise OSError("the disk is gone")

        history = last_response

    engine: ScriptedEngine = staged(DONE)
    engine.archive = Broken()  # type: ignore[assignment]  # broken on purpose
    async with looking_at(engine) as sight:
        assert "Order completed: 1 subscription." in sight.words
        engine.publish()
        await sight.until("the disk is gone")


def tabs(sight: Sight) -> str:
    return next(line for line in sight.detail if "[" in line and "Raw" in line)


SHOWS = {"1": "Error", "2": "added 14:00:00 UTC ─", "3": "characters ·", "4": "Request id"}


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_view_keys_work_in_list_and_detail_and_the_verdict_is_on_top(
    size: tuple[int, int],
) -> None:
    async with looking_at(staged(FAILED), size) as sight:
        for pane in ("list", "detail"):
            for key, words in SHOWS.items():
                await sight.press(key)
                assert sight.detail[0] == " ✗ failed · ended just now", pane
                assert f"[{key} " in tabs(sight)
                assert [one for one, other in SHOWS.items() if other in sight.text] == [key]
                assert words in sight.text
            await sight.press("tab")


async def test_brackets_go_to_the_previous_and_next_view_and_wrap_around() -> None:
    async with looking_at(staged(FAILED)) as sight:
        for key, name in (("]", "2 T"), ("]", "3 R"), ("]", "4 R"), ("]", "1 S"), ("[", "4 R"), ("[", "3 R")):
            await sight.press(key)
            assert f"[{name}" in tabs(sight)


@pytest.mark.parametrize("size", [*WIDE_FIRST, (40, 30)])
async def test_a_click_on_a_tab_shows_its_view(size: tuple[int, int]) -> None:
    async with looking_at(staged(FAILED), size) as sight:
        await sight.press("tab", *["down"] * 2)
        cursor = place_of_cursor(sight)
        for name in ("Raw", "Request", "Timeline", "Summary"):
            await sight.click(name)
            assert re.search(rf"\[(\d )?{name}\]", tabs(sight))
        assert place_of_cursor(sight) == cursor
        assert "Error" in sight.text


async def test_right_and_left_switch_tabs_and_the_cursor_stays_there() -> None:
    async with looking_at(staged(FAILED)) as sight:
        await to_line(sight, "[1 Summary]")
        for key, name in (("right", "2 Timeline"), ("right", "3 Raw"), ("left", "2 Timeline")):
            await sight.press(key)
            assert f"[{name}]" in tabs(sight)
            assert place_of_cursor(sight) == cursor_steps(sight, f"[{name}]")


async def test_the_view_is_kept_for_another_job_and_new_data() -> None:
    engine = staged(RUNNING, FAILED)
    async with looking_at(engine) as sight:
        await sight.press("3", "down")
        assert '"Processing"' in sight.text
        tell(engine, 1, FAILED)
        await sight.settled()
        assert '"[40000050]' in sight.text
        await sight.press("x", "x", "u")
        assert "[3 Raw]" in tabs(sight)


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_each_view_keeps_its_position_and_open_groups(size: tuple[int, int]) -> None:
    async with looking_at(staged(subscriptions(90)), size) as sight:
        await to_line(sight, "▸ Subscriptions (90)")
        await sight.press("enter", "pagedown", "down")
        summary, cursor = sight.detail, place_of_cursor(sight)
        await sight.press("3")
        assert sight.detail[0].startswith(" ✓ done")
        await sight.press("end")
        raw = sight.detail
        await sight.press("1")
        assert (sight.detail, place_of_cursor(sight)) == (summary, cursor)
        await sight.press("3")
        assert sight.detail == raw


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_cursor_stays_on_a_job_that_is_being_read(
    size: tuple[int, int],
) -> None:
    engine = staged(RUNNING, RUNNING, labels=("alpha", "beta"))
    async with looking_at(engine, size) as sight:
        title = sight.detail_title
        other = 2 if title.startswith("alpha") else 1
        await sight.press("tab")
        tell(engine, other, FAILED, after=20)
        await sight.settled()
        assert "✗ failed" in sight.jobs[0]
        assert sight.detail_title == title


async def test_the_age_of_an_ended_job_is_updated_in_every_view() -> None:
    engine = staged(FAILED)
    async with looking_at(engine) as sight:
        await sight.press("3")
        engine.clock.at += 240
        await sight.until("✗ failed · ended 4m ago")


async def test_the_archive_is_not_read_again_if_only_times_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = staged(RUNNING)
    async with looking_at(engine) as sight:
        await sight.settled()
        read: list[object] = []
        monkeypatch.setattr(engine.archive, "last_response", read.append)
        for _ in range(3):
            tell(engine, 1, RUNNING, after=2)
            await sight.settled()
        assert read == []
        tell(engine, 1, Failure(Problem(ProblemKind.TIMED_OUT), engine.clock.at))
        await sight.settled()
        assert len(read) == 1


async def test_the_minute_of_the_last_answer_is_updated() -> None:
    engine = staged(RUNNING)
    async with looking_at(engine) as sight:
        assert re.search(r"Last answer +\S*:00", sight.text)
        tell(engine, 1, RUNNING, after=120)
        await sight.until(lambda text: bool(re.search(r"Last answer +\S*:02", text)))


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
    async with looking_at(engine, size) as sight:
        await sight.press("down", "up", "tab", "pagedown")
        tell(engine, 1, FAILED)
        await sight.settled()
        assert made == []
        for key, name in (("4", "request_lines"), ("2", "timeline_lines"), ("3", "pretty")):
            await sight.press(key)
            assert SHOWS[key] in sight.text
            assert made.pop() == name
            made.clear()


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_choosing_a_view_keeps_the_cursor_on_the_job(
    size: tuple[int, int],
) -> None:
    engine = staged(RUNNING, RUNNING)
    async with looking_at(engine, size) as sight:
        title = sight.detail_title
        await sight.press("3")
        tell(engine, 2, FAILED, after=20)
        await sight.settled()
        assert "✗ failed" in sight.jobs[0]
        assert sight.detail_title == title


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_scroll_position_is_kept_when_new_data_arrives(size: tuple[int, int]) -> None:
    engine = staged(subscriptions(90))
    async with looking_at(engine, size) as sight:
        await sight.press("3", "tab", "pagedown", "pagedown")
        moved = sight.detail
        for _ in range(3):
            sight.glass.receive(f"\x1b[<65;{size[0] - 9};{size[1] - 6}M")
            await sight.settled()
        shown = sight.detail
        assert shown != moved
        tell(engine, 1, subscriptions(90, s80="Suspended"), after=61)
        await sight.settled()
        engine.clock.at += 61
        await asyncio.sleep(0.15)
        await sight.settled()
        assert sight.detail == shown
