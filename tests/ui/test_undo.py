"""Undos that are requested while edits or other undos are still pending."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

import pytest

from tests.support.screen_harness import run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import staged
from zjobtui.models.watched_job import WatchedJob
from zjobtui.polling.state import EditResult

RUNNING = "recorded-processing"


def delay_edits(engine: ScriptedEngine) -> None:
    """Apply each edit a little later than it is made, as on a slow disk."""
    submit = engine._submit

    def submit_later(*edit: Any) -> "Future[EditResult]":  # noqa: ANN401 - the arguments of `_submit`
        future: Future[EditResult] = Future()
        asyncio.get_running_loop().call_later(0.03, lambda: future.set_result(submit(*edit).result()))
        return future

    engine._submit = submit_later  # type: ignore[method-assign, assignment]


def annotations(engine: ScriptedEngine) -> set[tuple[str, str, tuple[str, ...]]]:
    """Return label, note and tags of all jobs."""
    return {(watch.label, watch.note, watch.tags) for watch in engine.state.watchlist}


@pytest.mark.parametrize(
    ("keys", "label", "note"),
    [
        (["x", "u"], "CS 12", "later"),
        (["x", "u", "u"], "CS 12", ""),
        (["x", "u", "u", "u"], "CS 1", ""),
        (["u", "t", *"eu", "enter", "u"], "CS 12", ""),
    ],
)
async def test_undos_in_quick_succession_undo_one_change_each(keys: list[str], label: str, note: str) -> None:
    engine = staged(RUNNING, RUNNING, labels=("CS 1", "CS"))
    async with run_monitor(engine) as view:
        await view.press("l", "end", "2", "enter")
        await view.press("o", *"later", "enter")
        delay_edits(engine)
        await view.press(*keys)
        assert annotations(engine) == {(label, note, ()), ("CS", "", ())}


async def test_an_undo_after_one_that_fails_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = staged(RUNNING, RUNNING, labels=("CS 1", "CS"))

    def fail_once(_: Iterable[WatchedJob]) -> "Future[EditResult]":
        monkeypatch.undo()
        future: Future[EditResult] = Future()
        asyncio.get_running_loop().call_later(0.03, future.set_exception, RuntimeError("disk full"))
        return future

    async with run_monitor(engine) as view:
        await view.press("l", "end", "2", "enter")
        delay_edits(engine)
        monkeypatch.setattr(engine, "restore", fail_once)
        await view.press("x", "u", "u")
        assert annotations(engine) == {("CS 12", "", ()), ("CS", "", ())}
