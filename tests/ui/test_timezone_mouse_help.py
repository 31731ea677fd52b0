"""Time zone, mouse, screenshot, custom keys and help."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.driver import Driver

from tests.support.building import job
from tests.support.screen_harness import ScreenView, join_lines, run_monitor
from tests.support.staging import staged
from tests.ui.sizes import NARROW_FIRST
from zjobtui.formatting.times import moment
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.ui.themes import Appearance

pytestmark = pytest.mark.slow

RELEASED, TAKEN = "\x1b[?1003l\x1b[?1000l", "\x1b[?1000h\x1b[?1003h"


@pytest.fixture
def _in_vienna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()


@pytest.mark.usefixtures("_in_vienna")
@pytest.mark.parametrize("size", [(140, 40), (80, 40)])
async def test_capital_z_switches_all_times_between_local_time_and_utc(size: tuple[int, int]) -> None:
    engine = staged("recorded-processing")
    problem = Problem(ProblemKind.UNREACHABLE, "refused")
    engine.pulse = replace(engine.pulse, problem=problem, down_since=engine.clock.at)
    engine.publish()
    async with run_monitor(engine, size) as screen_view:
        assert "Added 15:00:00 CET · test" in screen_view.words
        assert size[0] == 80 or "since 15:00 CET" in screen_view.bar
        await screen_view.press("Z")
        assert "Added 14:00:00 UTC · test" in screen_view.words
        assert size[0] == 80 or "since 14:00 UTC" in screen_view.bar
        assert "CET" not in screen_view.text
        for view, local, utc in (
            ("2", "added 15:00:00 CET", "added 14:00:00 UTC"),
            ("3", "characters · 15:00:00 CET", "characters · 14:00:00 UTC"),
            ("4", "Local time 15:00:00 CET", "UTC time 14:00:00 UTC"),
        ):
            await screen_view.press(view)
            assert utc in screen_view.words
            await screen_view.press("Z")
            assert local in screen_view.words
            assert "14:00:00 UTC" not in screen_view.text
            await screen_view.press("Z")
        await screen_view.press("Z", "1")
        assert "Added 15:00:00 CET · test" in screen_view.words


@pytest.mark.usefixtures("_in_vienna")
async def test_settings_can_start_with_utc() -> None:
    async with run_monitor(staged("recorded-processing"), look=Appearance(is_utc=True)) as screen_view:
        assert "Added 14:00:00 UTC · test" in screen_view.words
    assert moment(screen_view.engine.clock.at, screen_view.engine.clock.at) == "15:00:00 CET"


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_m_turns_mouse_capture_off_and_on_with_a_message(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-processing"), size) as screen_view:
        await screen_view.press("m")
        assert screen_view.sent.count(RELEASED) == 1
        assert join_lines(" ".join(screen_view.rows[1:3])).startswith("Mouse capture is off: select text as usual")
        await screen_view.press("m")
        assert screen_view.sent.count(TAKEN) == 1
        assert "Mouse capture is off" not in screen_view.text


async def test_mouse_capture_stays_off_after_a_suspension() -> None:
    async with run_monitor(staged("recorded-processing")) as screen_view:
        await screen_view.press("m")
        screen_view.app.post_message(Driver.SignalResume())
        await screen_view.settled()
        assert screen_view.sent.count(RELEASED) == 2


async def test_mouse_capture_stays_on_after_a_suspension() -> None:
    async with run_monitor(staged("recorded-processing")) as screen_view:
        await screen_view.press("m", "m")
        screen_view.app.post_message(Driver.SignalResume())
        await screen_view.settled()
        assert screen_view.sent.rindex(TAKEN) > screen_view.sent.rindex(RELEASED)


def pictures(folder: Path) -> list[Path]:
    return list((folder / "data" / "exports").glob("*.svg"))


async def from_palette(screen_view: ScreenView) -> None:
    await screen_view.press("ctrl+p")
    await screen_view.press(*"scree")
    await screen_view.until("Save a screenshot")
    await screen_view.press("enter")


async def from_key(screen_view: ScreenView) -> None:
    await screen_view.press("S")


@pytest.mark.parametrize("ask", [from_key, from_palette])
async def test_a_screenshot_is_saved_and_its_path_shown(
    ask: Callable[[ScreenView], Awaitable[None]], tmp_path: Path
) -> None:
    async with run_monitor(staged("recorded-processing", labels=("CS-4390",))) as screen_view:
        await ask(screen_view)
        await screen_view.until("Save to file")
        await screen_view.press("enter")
        await screen_view.until("Saved to")
        (path,) = pictures(tmp_path)
        assert path.name in screen_view.toast.replace(" ", "")
        picture = path.read_text(encoding="utf-8")
        assert picture.startswith("<svg")
        assert "CS-4390" in picture
        assert "Search" not in picture


KEYS = {
    "mark_all": "f6",
    "next_unread": "f7",
    "difference": "f9",
    "refresh": "f5",
    "remove": "a",
    "add": "x",
    "undo": "question_mark",
    "help": "h",
}


async def test_custom_keys_work_and_are_shown_in_key_bar_help_and_palette() -> None:
    engine = staged("recorded-processing", "recorded-processing")
    async with run_monitor(engine, (140, 90), look=Appearance(keys=KEYS)) as screen_view:
        assert screen_view.rows[-1].startswith(" x add  / filter  s sort  a remove  ? undo  l label  f5 refresh ")
        await screen_view.press("r")
        assert engine.asked == []
        await screen_view.press("f5")
        assert engine.asked == [job(1)]
        await screen_view.press("n", "*", "f6")
        assert "2 marked" in screen_view.rows[1]
        await screen_view.press("escape", "f9")
        assert "[3 Raw]" in screen_view.text
        await screen_view.press("a")
        assert len(engine.state.watchlist) == 1
        assert "removed; ? to undo." in screen_view.toast
        await screen_view.press("?")
        assert len(engine.state.watchlist) == 2
        await screen_view.press("h")
        assert "f5 refresh Refresh jobs now" in join_lines("\n".join(screen_view.frame("Help")))
        await screen_view.press("escape", "ctrl+p", *"refresh")
        await screen_view.until("refresh (f5)")
        await screen_view.press("escape")
        await screen_view.click("f5 refresh")
        assert len(engine.asked) == 2


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_help_shows_entries_that_contain_all_typed_words(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-processing"), size) as screen_view:
        await screen_view.press("?", *"refresh job")
        result = join_lines("\n".join(screen_view.frame("Help")))
        assert "Polling r refresh Refresh jobs now, finished or not" in result
        assert "undo" not in result
        await screen_view.press("q")
        assert "No help entry matches “refresh jobq”." in screen_view.text
        await screen_view.press("ctrl+u")
        assert "Add jobs from any" in screen_view.text
        await screen_view.press("escape")
        assert "Help" not in screen_view.text


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_ctrl_l_redraws_the_screen_after_output_of_another_program(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-processing", "recorded-processing"), size) as screen_view:
        for opening, closing in (((), ()), (("l",), ("escape",))):
            await screen_view.press(*opening)
            stands = screen_view.rows
            screen_view.terminal.write("\x1b[3;3H\x1b[7mBroadcast message\x1b[m\x1b[H")
            assert "Broadcast" in screen_view.text
            await screen_view.press("ctrl+l")
            assert screen_view.rows == stands
            await screen_view.press(*closing)


async def test_a_change_of_the_zone_is_confirmed_even_without_a_time_on_screen() -> None:
    async with run_monitor(staged()) as screen_view:
        await screen_view.press("Z")
        assert screen_view.toast == "Times are in UTC."
        await screen_view.press("Z")
        assert screen_view.toast == "Times are in local time."


@pytest.mark.parametrize("size", [(140, 40), (60, 20)])
async def test_ctrl_c_shows_in_one_line_which_key_quits(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-processing"), size, look=Appearance(keys={"quit": "f10"})) as screen_view:
        await screen_view.press("ctrl+c")
        assert screen_view.rows[-2].endswith("▌ Press f10 to quit; the watchlist is kept.")
        assert "▌" not in screen_view.rows[-3]
        await screen_view.press("ctrl+c")
        assert not screen_view.app._exit


async def test_a_time_in_utc_is_not_labelled_local() -> None:
    async with run_monitor(staged("recorded-failed-lock")) as screen_view:
        await screen_view.press("4")
        assert "Local time" in screen_view.words
        await screen_view.press("Z")
        assert "UTC time" in screen_view.words
        assert "Local time" not in screen_view.words


@pytest.mark.parametrize("size", [(140, 40), (60, 20)])
async def test_ctrl_d_and_ctrl_u_move_one_page(size: tuple[int, int]) -> None:
    labels = [f"CS-{number}" for number in range(100, 180)]
    async with run_monitor(staged(*["recorded-processing"] * 80, labels=labels), size) as screen_view:
        before = screen_view.jobs
        await screen_view.press("ctrl+d", "ctrl+d")
        assert not set(screen_view.jobs) & set(before[:-1])
        await screen_view.press("ctrl+u", "ctrl+u")
        assert screen_view.jobs == before
