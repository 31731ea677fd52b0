"""Keys leave nothing behind: after a thousand of each the program is as large and as fast as it was."""

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from textual.dom import DOMNode
from textual.keys import format_key

from tests.support.keys import key_bytes
from tests.support.program import PROGRAM, pointed_at, stored
from tests.support.seeing import Sight, looking_at
from tests.support.staging import staged
from tests.support.terminal import Terminal
from zjobtui.simulator.server import running
from zjobtui.ui.actions import CATALOGUE

KEYS = {action.id: [action.keys.split(",")[0]] for action in CATALOGUE if action.id != "quit"} | {
    "remove": ["x", "u"],
    "label a job": ["l", "x", "enter", "u"],
    "filter by a word": ["/", "j", "enter"],
    "copy something": ["y", "enter"],
    "palette": ["ctrl+p"],
    "word in the palette": ["ctrl+p", "u"],
    "what ctrl+c does not do": ["ctrl+c"],
}
"""What is pressed, each followed by escape, by a name for it."""

ESCAPE = b"\x1b[27u"
"""What a terminal sends for escape that tells it from the beginning of a sequence."""


def sent_for(key: str) -> bytes:
    """What a terminal sends for a key by Textual's name."""
    return key_bytes(shown if len(shown := format_key(key)) == 1 else key)


async def typed_ahead(sight: Sight) -> None:
    """All keys at once, as a slow line brings them."""
    for keys in KEYS.values():
        for key in keys:
            sight.glass.receive(sent_for(key).decode())
        sight.glass.receive_escape()
    await sight.settled()


async def kept(sight: Sight) -> Counter[str]:
    """How many nodes of each class are in memory."""
    for _ in range(200):
        asyncio.get_running_loop().call_later(0, int).cancel()  # so many make asyncio drop all that were cancelled
    await asyncio.sleep(0)
    await sight.settled()
    gc.collect()
    return Counter(type(node).__name__ for node in gc.get_objects() if isinstance(node, DOMNode))


@pytest.mark.slow
async def test_what_keys_open_and_tell_is_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with looking_at(staged("recorded-processing", "recorded-failed-lock"), (60, 16)) as sight:
        await typed_ahead(sight)
        before = await kept(sight)
        await typed_ahead(sight)
        assert await kept(sight) <= before


@pytest.mark.long
async def test_the_last_hundred_changes_can_be_taken_back() -> None:
    engine = staged("recorded-processing")
    async with looking_at(engine, (60, 16)) as sight:
        for number in range(102):
            await sight.press("l", "end", str(number % 10), "enter")
        for _ in range(103):
            await sight.press("u")
        assert "There is nothing to undo." in sight.toast
        assert [watch.label for watch in engine.state.watchlist] == ["01"]


def press(terminal: Terminal, keys: list[str], times: int, marks: Iterator[int]) -> float:
    """Presses keys and escape so often; returns CPU seconds of the program for each time."""
    before = terminal.cpu()
    for done in range(1, times + 1):
        terminal.send(b"".join(map(sent_for, keys)) + ESCAPE, 60)
        if done % 20 == 0:
            mark = f"mark-{next(marks)}-"
            terminal.send(b"/" + mark.encode(), 60)
            terminal.wait_for(mark, 60)
            terminal.send(ESCAPE)
            terminal.wait_until_gone(mark, 60)
    return (terminal.cpu() - before) / times


@pytest.mark.long
def test_a_thousand_of_each_key_cost_no_memory_and_no_speed(tmp_path: Path) -> None:
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
