"""Time zone, mouse, screenshot, custom keys and help."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.driver import Driver

from tests.support.building import job
from tests.support.seeing import Sight, flowing, looking_at
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
    async with looking_at(engine, size) as sight:
        assert "Added 15:00:00 CET · test" in sight.words
        assert size[0] == 80 or "since 15:00 CET" in sight.bar
        await sight.press("Z")
        assert "Added 14:00:00 UTC · test" in sight.words
        assert size[0] == 80 or "since 14:00 UTC" in sight.bar
        assert "CET" not in sight.text
        for view, local, utc in (
            ("2", "added 15:00:00 CET", "added 14:00:00 UTC"),
            ("3", "characters · 15:00:00 CET", "characters · 14:00:00 UTC"),
            ("4", "Local time 15:00:00 CET", "UTC time 14:00:00 UTC"),
        ):
            await sight.press(view)
            assert utc in sight.words
            await sight.press("Z")
            assert local in sight.words
            assert "14:00:00 UTC" not in sight.text
            await sight.press("Z")
        await sight.press("Z", "1")
        assert "Added 15:00:00 CET · test" in sight.words


@pytest.mark.usefixtures("_in_vienna")
async def test_settings_can_start_with_utc() -> None:
    async with looking_at(staged("recorded-processing"), look=Appearance(is_utc=True)) as sight:
        assert "Added 14:00:00 UTC · test" in sight.words
    assert moment(sight.engine.clock.at, sight.engine.clock.at) == "15:00:00 CET"


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_m_turns_mouse_capture_off_and_on_with_a_message(size: tuple[int, int]) -> None:
    async with looking_at(staged("recorded-processing"), size) as sight:
        await sight.press("m")
        assert sight.sent.count(RELEASED) == 1
        assert flowing(" ".join(sight.rows[1:3])).startswith("Mouse capture is off: select text as usual")
        await sight.press("m")
        assert sight.sent.count(TAKEN) == 1
        assert "Mouse capture is off" not in sight.text


async def test_mouse_capture_stays_off_after_a_suspension() -> None:
    async with looking_at(staged("recorded-processing")) as sight:
        await sight.press("m")
        sight.app.post_message(Driver.SignalResume())
        await sight.settled()
        assert sight.sent.count(RELEASED) == 2


async def test_mouse_capture_stays_on_after_a_suspension() -> None:
    async with looking_at(staged("recorded-processing")) as sight:
        await sight.press("m", "m")
        sight.app.post_message(Driver.SignalResume())
        await sight.settled()
        assert sight.sent.rindex(TAKEN) > sight.sent.rindex(RELEASED)


def pictures(folder: Path) -> list[Path]:
    return list((folder / "data" / "exports").glob("*.svg"))


async def from_palette(sight: Sight) -> None:
    await sight.press("ctrl+p")
    await sight.press(*"scree")
    await sight.until("Save a screenshot")
    await sight.press("enter")


async def from_key(sight: Sight) -> None:
    await sight.press("S")


@pytest.mark.parametrize("ask", [from_key, from_palette])
async def test_a_screenshot_is_saved_and_its_path_shown(
    ask: Callable[[Sight], Awaitable[None]], tmp_path: Path
) -> None:
    async with looking_at(staged("recorded-processing", labels=("CS-4390",))) as sight:
        await ask(sight)
        await sight.until("Saved to")
        (path,) = pictures(tmp_path)
        assert path.name in sight.toast.replace(" ", "")
        picture = path.read_text(encoding="utf-8")
        assert picture.startswith("<svg")
        assert "CS-4390" in picture
        assert "Search" not in picture


KEYS = {
    "mark_all": "f6",
    "next_unread": "f7",
    "difference": "f9",
    "ask_now": "f5",
    "remove": "a",
    "add": "x",
    "undo": "question_mark",
    "help": "h",
}


async def test_custom_keys_work_and_are_shown_in_key_bar_help_and_palette() -> None:
    engine = staged("recorded-processing", "recorded-processing")
    async with looking_at(engine, (140, 60), look=Appearance(keys=KEYS)) as sight:
        assert sight.rows[-1].startswith(" x add  / filter  s sort  a remove  ? undo  l label  f5 refresh ")
        await sight.press("r")
        assert engine.asked == []
        await sight.press("f5")
        assert engine.asked == [job(1)]
        await sight.press("n", "*", "f6")
        assert "2 marked" in sight.rows[1]
        await sight.press("escape", "f9")
        assert "[3 Raw]" in sight.text
        await sight.press("a")
        assert len(engine.state.watchlist) == 1
        assert "removed; ? to undo." in sight.toast
        await sight.press("?")
        assert len(engine.state.watchlist) == 2
        await sight.press("h")
        assert "f5 ask_now Refresh jobs now" in flowing("\n".join(sight.frame("Help")))
        await sight.press("escape", "ctrl+p", *"refresh")
        await sight.until("refresh (f5)")
        await sight.press("escape")
        await sight.click("f5 refresh")
        assert len(engine.asked) == 2


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_help_shows_entries_that_contain_all_typed_words(size: tuple[int, int]) -> None:
    async with looking_at(staged("recorded-processing"), size) as sight:
        await sight.press("?", *"refresh job")
        result = flowing("\n".join(sight.frame("Help")))
        assert "Polling r ask_now Refresh jobs now, finished or not" in result
        assert "undo" not in result
        await sight.press("q")
        assert "No matching help entries." in sight.text
        await sight.press("ctrl+u")
        assert "Add jobs from any" in sight.text
        await sight.press("escape")
        assert "Help" not in sight.text


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_ctrl_l_redraws_the_screen_after_output_of_another_program(size: tuple[int, int]) -> None:
    async with looking_at(staged("recorded-processing", "recorded-processing"), size) as sight:
        for opening, closing in (((), ()), (("l",), ("escape",))):
            await sight.press(*opening)
            stands = sight.rows
            sight.glass.write("\x1b[3;3H\x1b[7mBroadcast message\x1b[m\x1b[H")
            assert "Broadcast" in sight.text
            await sight.press("ctrl+l")
            assert sight.rows == stands
            await sight.press(*closing)


async def test_a_change_of_the_zone_is_confirmed_even_without_a_time_on_screen() -> None:
    async with looking_at(staged()) as sight:
        await sight.press("Z")
        assert sight.toast == "Times are in UTC."
        await sight.press("Z")
        assert sight.toast == "Times are in local time."


@pytest.mark.parametrize("size", [(140, 40), (60, 20)])
async def test_ctrl_c_shows_in_one_line_which_key_quits(size: tuple[int, int]) -> None:
    async with looking_at(staged("recorded-processing"), size, look=Appearance(keys={"quit": "f10"})) as sight:
        await sight.press("ctrl+c")
        assert sight.rows[-2].endswith("▌ Press f10 to quit; the watchlist is kept. ─╯")
        assert "▌" not in sight.rows[-3]
        await sight.press("ctrl+c")
        assert not sight.app._exit


async def test_a_time_in_utc_is_not_called_local() -> None:
    async with looking_at(staged("recorded-failed-lock")) as sight:
        await sight.press("4")
        assert "Local time" in sight.words
        await sight.press("Z")
        assert "UTC time" in sight.words
        assert "Local time" not in sight.words


@pytest.mark.parametrize("size", [(140, 40), (60, 20)])
async def test_ctrl_d_and_ctrl_u_move_one_page(size: tuple[int, int]) -> None:
    labels = [f"CS-{number}" for number in range(100, 180)]
    async with looking_at(staged(*["recorded-processing"] * 80, labels=labels), size) as sight:
        before = sight.jobs
        await sight.press("ctrl+d", "ctrl+d")
        assert not set(sight.jobs) & set(before[:-1])
        await sight.press("ctrl+u", "ctrl+u")
        assert sight.jobs == before
