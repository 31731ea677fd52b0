"""Keys that arrive at once are processed one after the other."""

import pytest

from tests.support.keys import key_bytes
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.staging import staged

KINDS = ("recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing")


async def burst(view: ScreenView, *keys: str) -> None:
    """Send all keys before the first one is processed."""
    view.terminal.receive("".join(key_bytes(key).decode() for key in keys))
    await view.settled()


async def test_a_filter_typed_at_once_is_only_a_filter() -> None:
    engine = staged(*KINDS, labels=("xray", "aqua", "lamp"))
    async with run_monitor(engine) as view:
        await burst(view, "/", *"xray", "enter")
        assert len(engine.state.watchlist) == 3
        assert "filter: xray" in view.rows[1]
        assert "xray" in view.jobs[0]


async def test_a_label_typed_at_once_is_a_label() -> None:
    engine = staged(*KINDS)
    async with run_monitor(engine) as view:
        await burst(view, "down", "l", *"extra pq", "enter", "home")
        assert [watch.label for watch in engine.state.watchlist] == ["", "extra pq", ""]
        assert not engine.is_paused


async def test_keys_after_tab_go_to_the_detail() -> None:
    async with run_monitor(staged(*KINDS)) as view:
        title = view.detail_title
        await burst(view, "tab", "end", "4", "end", "1")
        assert view.detail_title == title
        await burst(view, "3", "/", *"error", "enter", "n")
        assert len(view.engine.state.watchlist) == 3
        assert "1 of 1 · “error”" in view.text


@pytest.mark.parametrize("opens", ["a", "s", "e", "?"])
async def test_keys_after_one_that_opens_a_dialog_go_to_the_dialog(opens: str) -> None:
    engine = staged(*KINDS)
    async with run_monitor(engine) as view:
        await burst(view, opens, "x", "p", "u")
        assert len(engine.state.watchlist) == 3
        assert not engine.is_paused


@pytest.mark.slow
async def test_an_id_that_is_typed_very_fast_is_complete() -> None:
    async with run_monitor(staged()) as view:
        await burst(view, "a", *"1bc24f315d7b48d3a20245bfe73bdceb")
        assert "1 new job, 0 watched" in view.text


@pytest.mark.slow
async def test_a_hundred_moves_at_once_all_count() -> None:
    engine = staged(*["recorded-processing"] * 60)
    async with run_monitor(engine) as view:
        await burst(view, *["down"] * 50, *["up"] * 10)
        assert view.detail_title.startswith("00000029")
