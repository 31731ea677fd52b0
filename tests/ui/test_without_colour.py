import re

import pytest

from tests.support.seeing import Sight, looking_at
from tests.support.staging import staged

COLOUR = re.compile(r"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m")


@pytest.fixture(autouse=True)
def _no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def reversed_rows(sight: Sight) -> list[int]:
    """Return the rows of the list that are drawn in reverse."""
    buffer = sight.glass.display.screen.buffer
    return [y for y in range(len(sight.jobs)) if buffer[y + 2][4].reverse]


async def test_no_colour_is_sent_and_signs_are_words() -> None:
    async with looking_at(staged("recorded-failed-lock", "recorded-processing")) as sight:
        await sight.press("down", "tab", "?")
        await sight.press("escape", "a")
        await sight.press("escape", "ctrl+p")
        assert COLOUR.findall(sight.sent) == []
        await sight.press("escape")
        assert "✗ failed" in sight.text


async def test_the_cursor_is_visible_without_colour() -> None:
    async with looking_at(staged("recorded-processing", "recorded-processing", "recorded-processing")) as sight:
        assert reversed_rows(sight) == [0]
        await sight.press("down")
        assert reversed_rows(sight) == [1]


async def test_the_focused_pane_is_visible_without_colour() -> None:
    async with looking_at(staged("recorded-processing", labels=("CS-1",))) as sight:
        assert "┏━ Jobs · 1 " in sight.rows[1]
        assert "╭─ CS-1 " in sight.rows[1]
        await sight.press("tab")
        assert "╭─ Jobs · 1 " in sight.rows[1]
        assert "┏━ CS-1 " in sight.rows[1]
