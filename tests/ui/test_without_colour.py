import re

import pytest

from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.staging import staged
from zjobtui.ui.themes import Appearance

COLOUR = re.compile(r"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m")


@pytest.fixture(autouse=True)
def _no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def reversed_rows(view: ScreenView) -> list[int]:
    """Return the rows of the list, below its header, that are drawn in reverse."""
    buffer = view.terminal.display.screen.buffer
    return [y for y in range(len(view.jobs)) if buffer[y + 3][4].reverse]


@pytest.mark.slow
async def test_no_colour_is_sent_and_signs_are_words() -> None:
    async with run_monitor(staged("recorded-failed-lock", "recorded-processing")) as view:
        await view.press("down", "tab", "?")
        await view.press("escape", "a")
        await view.press("escape", "ctrl+p")
        assert COLOUR.findall(view.sent) == []
        await view.press("escape")
        assert "✗ failed" in view.text


async def test_the_cursor_is_visible_without_colour() -> None:
    async with run_monitor(staged("recorded-processing", "recorded-processing", "recorded-processing")) as view:
        assert reversed_rows(view) == [0]
        await view.press("down")
        assert reversed_rows(view) == [1]


async def test_the_focused_pane_is_visible_without_colour() -> None:
    async with run_monitor(staged("recorded-processing", labels=("CS-1",))) as view:
        assert "┏━ Jobs · 1 " in view.rows[1]
        assert "╭─ CS-1 " in view.rows[1]
        await view.press("tab")
        assert "╭─ Jobs · 1 " in view.rows[1]
        assert "┏━ CS-1 " in view.rows[1]


@pytest.mark.parametrize("is_ansi", [False, True])
async def test_the_selected_row_keeps_a_sign_while_the_detail_has_the_focus(
    is_ansi: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_ansi:
        monkeypatch.delenv("NO_COLOR")
    look = Appearance(theme="ansi" if is_ansi else "dark")
    async with run_monitor(staged("recorded-processing", "recorded-processing"), look=look) as view:
        await view.press("down", "tab")
        rows = [view.terminal.display.screen.buffer[y][4] for y in (3, 4, 5)]
        assert [(cell.underscore, cell.reverse) for cell in rows] == [(False, False), (True, False), (False, False)]
        await view.press("tab")
        assert reversed_rows(view) == [1]


@pytest.mark.parametrize(("column", "title"), [("STATUS", "STATUS ^"), ("JOB", "JOB ^"), ("TIME", "TIME v")])
async def test_in_ascii_a_blank_is_before_the_letter_that_is_an_arrow(column: str, title: str) -> None:
    async with run_monitor(staged("recorded-processing"), look=Appearance(is_ascii=True)) as view:
        assert "STATUS v" in view.rows[2]
        await view.click(column)
        assert title in view.rows[2]
