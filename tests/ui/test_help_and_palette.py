"""What the help finds, the order of the palette, the theme that is kept, and keys that do nothing."""

import pytest

from tests.support.screen_harness import ScreenView, join_lines, run_monitor
from tests.support.staging import staged
from tests.support.ui_state import StateInMemory
from tests.ui.sizes import NARROW_FIRST, WIDE_FIRST
from zjobtui import __version__
from zjobtui.ui.actions import CATALOGUE, catalogue
from zjobtui.ui.help import help_text
from zjobtui.ui.themes import Appearance

RUNNING = "recorded-processing"


def found(search: str) -> str:
    return join_lines(str(help_text(CATALOGUE, search)))


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("colour", "ctrl+p or : command palette"),
        ("theme", "ctrl+p or : command palette"),
        ("archive", "zjobtui archive"),
        ("archive", "x remove"),
        ("seen", "n next unread"),
        ("tag:", "tag:acme"),
        ("filter term", "age>10m"),
        ("errors", "F failures"),
        ("next_verdict", "f next verdict"),
        ("columns", "s sort"),
    ],
)
def test_the_help_finds_entries_also_by_other_words_for_the_same(search: str, expected: str) -> None:
    assert expected in found(search)


def test_a_search_does_not_find_everything() -> None:
    assert "undo" not in found("colour")
    assert found("zzz").startswith("No help entry matches “zzz”.")


def test_ids_of_actions_are_only_at_the_end() -> None:
    text, _, ids = found("").partition("Custom keys")
    assert "mark_all_read" not in text
    assert all(action.id in ids for action in CATALOGUE)


def frame_of(view: ScreenView) -> list[tuple[int, int]]:
    return [(y, row.find("╭─ Help")) for y, row in enumerate(view.rows) if "╭─ Help" in row] + [
        (y, row.find("zjobtui 0")) for y, row in enumerate(view.rows) if f"─ zjobtui {__version__} ─╯" in row
    ]


@pytest.mark.parametrize("size", [*NARROW_FIRST, (30, 8)])
async def test_the_help_keeps_its_place_while_the_user_types(size: tuple[int, int]) -> None:
    async with run_monitor(staged(RUNNING), size) as view:
        await view.press("?")
        before = frame_of(view)
        assert len(before) == 2
        for key in "remove zzz":
            await view.press(key)
            assert frame_of(view) == before
        assert "No help entry" in view.text


@pytest.mark.parametrize("size", NARROW_FIRST)
@pytest.mark.parametrize(
    ("keys", "first"), [(["?"], "list"), (["tab", "?"], "detail"), (["/", "f1"], "filter input")], ids=lambda _: ""
)
async def test_the_help_begins_with_the_keys_of_the_focused_pane(
    size: tuple[int, int], keys: list[str], first: str
) -> None:
    async with run_monitor(staged(RUNNING), size) as view:
        await view.press(*keys[:-1])
        behind = view.rows[:-1]  # without the keys, of which none works below the help
        await view.press(keys[-1])
        titles = [row.strip(" │┃") for row in view.frame("Help") if "Keys: " in row or "Watchlist" in row]
        assert titles[0] == f"Keys: {first}"
        await view.press("pagedown", "up")
        frame = set(range(frame_of(view)[0][0], frame_of(view)[1][0] + 1))
        assert all(view.rows[y] == row for y, row in enumerate(behind) if y not in frame)
        await view.press("escape")
        assert view.rows[:-1] == behind


def test_a_long_key_is_not_cut_and_backspace_has_a_name_in_ascii() -> None:
    actions = catalogue({"remove": "ctrl+shift+f5"})
    text = join_lines(str(help_text(actions)))
    assert "ctrl+shift+f5 remove" in text
    assert "backspace previous verdict" in text


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_palette_starts_with_recent_commands_also_after_a_restart(size: tuple[int, int]) -> None:
    kept = StateInMemory()
    async with run_monitor(staged(RUNNING), size, memory=kept) as view:
        await view.press(":")
        await view.until("add (a)")
        assert view.text.find("add (a)") < view.text.find("remove (x)")
        await view.press(*"mute")
        await view.until("Mute or unmute")
        await view.press("enter")
        await view.until("muted")
    async with run_monitor(staged(RUNNING), size, memory=kept) as view:
        await view.press("ctrl+p")
        await view.until("add (a)")
        assert 0 < view.text.find("mute (b)") < view.text.find("add (a)")
        await view.press(*"zzzz")
        await view.until("No matches found")


async def test_the_theme_of_the_palette_is_kept_until_the_settings_change() -> None:
    kept = StateInMemory()
    async with run_monitor(staged(RUNNING), memory=kept) as view:
        view.app.theme = "light"
        await view.until(lambda _: kept.values.get("theme") == "light")
    for configured, expected in (("dark", "light"), ("high-contrast", "high-contrast")):
        async with run_monitor(staged(RUNNING), memory=kept, look=Appearance(theme=configured)) as view:
            assert view.app.theme == expected
    async with run_monitor(staged(RUNNING), memory=StateInMemory({"theme": "nothing", "theme_before": "dark"})) as view:
        assert view.app.theme == "dark"


@pytest.mark.parametrize("size", [(80, 24), (30, 8)])
async def test_a_key_that_does_nothing_is_named_once(size: tuple[int, int]) -> None:
    async with run_monitor(staged(RUNNING), size, look=Appearance(keys={"help": "f2"})) as view:
        await view.press("i")
        assert view.toast == "i is not bound · f2 shows all keys"
        await view.press("Z", "Z", "i")
        assert "not bound" not in view.toast
        await view.press("j", "tab", "n", "/", *"iw", "escape")
        assert "not bound" not in view.toast
        await view.press("escape", "escape", "left")
        assert view.toast == "← is not bound · f2 shows all keys"
        await view.press("f5")
        assert view.toast == "f5 is not bound · f2 shows all keys"


@pytest.mark.parametrize(
    ("opening", "hint"),
    [("F", "enter, y and esc are"), ("L", "enter, /, e, G and esc are"), ("w", "esc shows the list")],
)
async def test_other_screens_name_the_keys_that_do_something(opening: str, hint: str) -> None:
    async with run_monitor(staged(RUNNING, "recorded-failed-lock")) as view:
        await view.press(opening, "?")
        assert view.toast == f"? is not bound · {hint}"
        await view.press("f5")
        assert view.toast == f"f5 is not bound · {hint}"
        await view.press("escape", "escape")
        assert "Jobs · 2" in view.text


@pytest.mark.parametrize("key", [*"JK *12345", "]", "z"])
async def test_keys_that_need_a_job_report_that_none_is_selected(key: str) -> None:
    async with run_monitor(staged()) as view:
        await view.press("space" if key == " " else key)
        assert view.toast == "No job selected."
