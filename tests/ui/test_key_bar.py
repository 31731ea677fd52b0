"""The key bar names the keys that work now, and cuts no hint."""

import pytest

from tests.support.screen_harness import run_monitor
from tests.support.staging import staged

LIST_KEYS = " a add  / filter  s sort  x remove  u undo"


@pytest.mark.parametrize(
    "key", ["F", "ctrl+p", *(pytest.param(key, marks=pytest.mark.slow) for key in ("s", "?", "a"))]
)
async def test_below_a_dialog_no_keys_of_the_list_are_shown(key: str) -> None:
    async with run_monitor(staged("recorded-failed-lock"), (100, 30)) as view:
        await view.press(key)
        assert view.rows[-1] == ""
        await view.press("escape")
        assert view.rows[-1].startswith(LIST_KEYS)


async def test_while_the_filter_is_typed_its_keys_are_shown_and_the_mouse_runs_none_of_the_list() -> None:
    async with run_monitor(staged("recorded-failed-lock"), (100, 30)) as view:
        await view.press("/")
        assert view.rows[-1] == " enter keep  tab accept  ↑ ↓ earlier  esc clear"
        await view.click("enter keep")
        assert "Add jobs" not in view.text
        await view.press("s")
        await view.resize(30, 8)
        assert view.rows[-1] == " enter keep  esc clear"
        await view.press("enter")
        assert view.rows[-1] == " a add  ? help  q quit"
        await view.press("enter", "/")
        assert view.rows[-1] == " enter keep  esc clear"


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        ((30, 8), " enter details  esc close"),
        pytest.param((47, 12), " enter details  / filter  e export  esc close", marks=pytest.mark.slow),
        pytest.param((80, 24), " enter details  / filter  e export  G newest  esc close", marks=pytest.mark.slow),
    ],
)
async def test_the_call_log_always_shows_how_it_is_closed(size: tuple[int, int], keys: str) -> None:
    async with run_monitor(staged("recorded-failed-lock"), size) as view:
        await view.press("L")
        assert view.rows[-1] == keys
        await view.press("/")
        assert view.rows[-1] == " enter keep  esc clear"
        await view.press("escape")
        assert view.rows[-1] == keys


@pytest.mark.parametrize("width", [20, 28, 40])
async def test_the_wallboard_always_shows_how_it_is_closed(width: int) -> None:
    async with run_monitor(staged(*["recorded-failed-lock"] * 12), (width, 10), wallboard=True) as view:
        assert view.rows[0].endswith("esc list · q quit" if width >= 28 else "esc list")
        assert "12 jobs" in view.rows[0]
        assert ("zjobtui" in view.rows[0]) == (width > 30)
