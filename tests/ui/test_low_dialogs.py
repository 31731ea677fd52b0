"""Dialogs in few rows: what is not in view is announced, and the keys stay."""

import pytest

from tests.support.screen_harness import join_lines, run_monitor
from tests.support.staging import staged


@pytest.mark.parametrize(
    ("key", "below", "keys"),
    [
        ("s", 8, "esc cancel"),
        pytest.param("C", 6, "enter save · esc cancel", marks=pytest.mark.slow),
        pytest.param("y", 6, "", marks=pytest.mark.slow),
    ],
)
async def test_a_dialog_says_how_many_choices_are_below_and_keeps_its_keys(key: str, below: int, keys: str) -> None:
    async with run_monitor(staged("recorded-failed-lock"), (30, 8)) as view:
        await view.press(key)
        assert f"↓ {below} more" in view.rows[-1]
        assert keys in join_lines(" ".join(view.dialog))
        await view.press("down", "down", "end")
        assert "more" not in view.rows[-1]
        await view.press("home")
        assert "more ─" in view.rows[-1]
        await view.resize(80, 40)
        assert "more ─" not in view.text


@pytest.mark.parametrize("size", [(30, 8), pytest.param((47, 12), marks=pytest.mark.slow)])
async def test_the_palette_shows_commands_in_a_low_terminal(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-failed-lock"), size) as view:
        await view.press("ctrl+p", *"archive")
        await view.until("archive (X)")
        await view.press("escape")


@pytest.mark.parametrize("size", [(30, 8), (47, 12)])
async def test_a_message_does_not_cover_the_choices_of_the_next_dialog(size: tuple[int, int]) -> None:
    async with run_monitor(staged("recorded-failed-lock", "recorded-processing"), size) as view:
        await view.press("x")
        assert "u to undo" in view.text
        await view.press("s")
        assert "undo" not in view.text
        assert view.crooked() == []
