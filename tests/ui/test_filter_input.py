"""Completion, history and saved filters in the filter input."""

import pytest

from tests.support.building import job
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import staged
from tests.support.ui_state import StateInMemory
from tests.ui.sizes import NARROW_FIRST, WIDE_FIRST

FAILED, RUNNING = "recorded-failed-lock", "recorded-processing"


def engine() -> ScriptedEngine:
    stage = staged(FAILED, RUNNING, RUNNING, labels=("one", "two", "three"))
    stage.tag([job(1), job(2)], ("alpha",))
    stage.tag([job(3)], ("acme", "alpha"))
    stage.set_batch([job(3)], "renewals Q4")
    return stage


def title(view: ScreenView) -> str:
    return view.rows[1]


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_tab_and_right_accept_the_suggestion(size: tuple[int, int]) -> None:
    async with run_monitor(engine(), size) as view:
        await view.press("/", *"ta")
        assert view.rows[-2].strip() == "tag:"
        assert view.rows[-3].strip() == "tag:"
        await view.press("tab")
        assert view.rows[-3].strip() == "alpha  acme"
        await view.press("a", "c", "right")
        assert view.rows[-2].strip() == "tag:acme"
        assert "Jobs · 1 of 3 · filter: tag:acme" in title(view)
        await view.press(*" bat", "tab", *"ren", "tab")
        assert view.rows[-2].strip() == 'tag:acme batch:"renewals Q4"'
        assert "Jobs · 1 of 3" in title(view)
        assert not view.crooked()
        await view.press("enter")
        assert "alpha  acme" not in view.text


async def test_tab_leaves_the_input_if_there_is_nothing_to_complete() -> None:
    async with run_monitor(engine()) as view:
        await view.press("/", *"one", "tab", "j", "enter")
        assert view.rows[-2].strip() == "one" or "one" in title(view)


async def test_a_low_screen_has_the_suggestion_without_candidates() -> None:
    async with run_monitor(engine(), (30, 8)) as view:
        await view.press("/", *"tag:a")
        assert view.rows[-2].strip() == "tag:alpha"
        assert "acme" not in view.text
        await view.press("tab")
        assert "3" in title(view)


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_earlier_filters_are_recalled_also_after_a_restart(size: tuple[int, int]) -> None:
    kept = StateInMemory()
    async with run_monitor(engine(), size, memory=kept) as view:
        for text in ("one", "tag:acme"):
            await view.press("/", "ctrl+u", *text, "enter")
        await view.press("escape")
    async with run_monitor(engine(), size, memory=kept) as view:
        await view.press("/", *"tw", "up")
        assert "filter: tag:acme" in title(view)
        await view.press("up")
        assert "filter: one" in title(view)
        await view.press("up", "down", "down")
        assert "filter: tw" in title(view)
        await view.press("down", "j")
        assert "filter: tw" in title(view)
    assert kept.values["filter_history"] == ["tw", "tag:acme", "one"]


async def test_fifty_filters_are_kept_without_secrets() -> None:
    kept = StateInMemory({"filter_history": [f"x{number}" for number in range(80)]})
    async with run_monitor(engine(), memory=kept) as view:
        await view.press("/")
        await view.paste("client_secret=0123456789abcdef0123456789abcdef")
        await view.press("enter")
    history = kept.values["filter_history"]
    assert isinstance(history, list)
    assert len(history) == 50
    assert "0123456789abcdef" not in history[0]
    assert history[1] == "x0"


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_filter_is_saved_by_name_chosen_and_deleted(size: tuple[int, int]) -> None:
    kept = StateInMemory()
    async with run_monitor(engine(), size, memory=kept) as view:
        await view.press("@")
        assert view.toast.startswith("No saved filters.")
        await view.press("/", *"tag:acme", "enter", "@", "enter", *"my acme", "enter")
        assert view.toast == "Saved as @my-acme, also for --filter @my-acme."
        assert kept.values["saved_filters"] == {"my-acme": "tag:acme"}
        await view.press("escape", "@", "enter")
        assert "filter: tag:acme" in title(view)
        await view.press("escape", "/", *"@m", "tab")
        assert "Jobs · 1 of 3 · filter: tag:acme" in title(view)
        await view.press("enter", "escape", "@", "end", "enter", "enter")
        assert view.toast == "Deleted the filter @my-acme."
        assert kept.values["saved_filters"] == {}
