"""Keys do not leak: after a thousand presses of each the program is as small and as fast as before."""

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from textual.dom import DOMNode

from tests.support.keys import key_bytes
from tests.support.program import PROGRAM, pointed_at, stored
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.staging import staged
from tests.support.terminal import Terminal
from zjobtui.simulator.server import running
from zjobtui.ui.actions import CATALOGUE, key_name

KEYS = {action.id: [action.keys.split(",")[0]] for action in CATALOGUE if action.id != "quit"} | {
    "remove": ["x", "u"],
    "label a job": ["l", "x", "enter", "u"],
    "filter by a word": ["/", "j", "enter"],
    "copy something": ["y", "enter"],
    "palette": ["ctrl+p"],
    "word in the palette": ["ctrl+p", "u"],
    "what ctrl+c does not do": ["ctrl+c"],
}
"""Keys to press, each followed by escape, by action id."""

ESCAPE = b"\x1b[27u"
"""An escape key that cannot be the beginning of a sequence."""


def bytes_of_key(key: str) -> bytes:
    """Return what a terminal sends for a key by Textual's name."""
    return key_bytes(shown if len(shown := key_name(key)) == 1 else key)


async def send_at_once(view: ScreenView) -> None:
    """Send all keys at once, as a slow connection does."""
    for keys in KEYS.values():
        for key in keys:
            view.terminal.receive(bytes_of_key(key).decode())
        view.terminal.receive_escape()
    await view.settled()


async def count_nodes(view: ScreenView) -> Counter[str]:
    """Count the nodes of each class in memory."""
    for _ in range(200):
        asyncio.get_running_loop().call_later(0, int).cancel()  # enough to make asyncio drop cancelled timers
    await asyncio.sleep(0)
    await view.settled()
    gc.collect()
    return Counter(type(node).__name__ for node in gc.get_objects() if isinstance(node, DOMNode))


@pytest.mark.slow
async def test_dialogs_and_toasts_are_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with run_monitor(staged("recorded-processing", "recorded-failed-lock"), (60, 16)) as view:
        for _ in range(2):  # widgets create their scrollbars at the first need and keep them
            await send_at_once(view)
        before = await count_nodes(view)
        await send_at_once(view)
        assert await count_nodes(view) <= before


@pytest.mark.long
async def test_the_last_hundred_changes_can_be_undone() -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine, (60, 16)) as view:
        for number in range(102):
            await view.press("l", "end", str(number % 10), "enter")
        for _ in range(103):
            await view.press("u")
        assert "Nothing to undo." in view.toast
        assert [watch.label for watch in engine.state.watchlist] == ["01"]


def press(terminal: Terminal, keys: list[str], times: int, marks: Iterator[int]) -> float:
    """Press keys and escape repeatedly; return the CPU seconds of each repetition."""
    before = terminal.cpu()
    for done in range(1, times + 1):
        terminal.send(b"".join(map(bytes_of_key, keys)) + ESCAPE, 60)
        if done % 20 == 0:
            mark = f"mark-{next(marks)}-"
            terminal.send(b"/" + mark.encode(), 60)
            terminal.wait_for(mark, 60)
            terminal.send(ESCAPE)
            terminal.wait_until_gone(mark, 60)
    return (terminal.cpu() - before) / times


@pytest.mark.long
def test_pressing_each_key_a_thousand_times_costs_no_memory_or_speed(tmp_path: Path) -> None:
    with running(jobs=40, seed=7) as served:
        stored(tmp_path, served)
        env = pointed_at(served, tmp_path)
        with Terminal(PROGRAM, env=env, cwd=tmp_path) as terminal:
            terminal.wait_for("calls/s", 20)
            marks = count()
            for keys in KEYS.values():
                press(terminal, keys, 40, marks)
            start, grown, slower = terminal.memory(), dict[str, float](), dict[str, float]()
            for name, keys in KEYS.items():
                before = terminal.memory()
                first, *_, last = [press(terminal, keys, 200, marks) for _ in range(5)]
                grown[name], slower[name] = terminal.memory() - before, last - 1.5 * first
            assert terminal.memory() - start <= 5, grown
            assert max(slower.values()) <= 0.02, slower
