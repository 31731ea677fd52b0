"""P10: what a key and an update cost with 5,000 jobs in 50 batches, in one process, without a terminal's own pace."""

import asyncio
import gc
import time
from collections.abc import Iterator, Sequence
from unittest import mock

from msgspec.structs import replace

from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, quantile
from tests.support.screen_harness import FakeTerminal, ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.world import watched_world
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.state import State
from zjobtui.ui import detail_controller, monitor

JOBS, BATCHES, ROWS = 5_000, 50, 50
_KEYS: dict[str, Sequence[str]] = {
    "filter as one types": (*"/status:ru", *["backspace"] * 10, "escape"),
    "sort": ("s", "down", "enter") * 3,
    "page": (*["pagedown"] * 10, *["pageup"] * 10),
    "mark": (*["space"] * 10, "*", "*"),
    "fold and unfold": ("z", "down") * 5,
    "wallboard": ("w", "escape") * 3,
}


def crowd(trials: int) -> Iterator[Table]:
    """The time from each key to the last bytes for the terminal, and the time of an update."""
    samples = [asyncio.run(_trial()) for _ in range(trials)]
    for share, reach in ((0.5, ""), (0.95, "≤ 100 ms")):
        title = (
            f"P10 · key to the last bytes for the terminal, {JOBS:,} jobs in {BATCHES} batches, {share:.0%} of the keys"
        )
        taken = {name: [sample[f"{name} {share}"] for sample in samples] for name in _KEYS}
        yield Table(title=title, unit="ms", trials=taken, reach=reach, digits=1)
    updates = {name: [sample[name] for sample in samples] for name in ("all shown", "filtered, while the user moves")}
    yield Table(
        title=f"P10 · one update of {ROWS} rows of {JOBS:,}", unit="CPU, ms", trials=updates, reach="≤ 4 ms", digits=1
    )


async def _trial() -> Sample:
    engine = watched_world(jobs=JOBS, elapsed=64.0, step=32.0)
    watches = dict(engine.state.watchlist.watches)
    for number, (job, watch) in enumerate(watches.items()):
        watches[job] = replace(watch, batch=f"batch {number * BATCHES // JOBS + 1}")
    engine.state = State(Watchlist(watches), engine.state.statuses)
    gc.collect()
    gc.disable()  # as the program does when it starts; the monitor turns it on again
    # What is drawn later by the clock is not drawn for a key.
    detail_controller.SELECTION_DELAY = monitor.TICK_SECONDS = 1_000.0
    async with run_monitor(engine) as view:
        delays = {name: [await _press(view, key) for key in keys] for name, keys in _KEYS.items()}
        taken = {f"{name} {share}": quantile(delays[name], share) for name in _KEYS for share in (0.5, 0.95)}
        taken["all shown"] = _update(view, engine)
        await view.press("/", *"status:ru", "enter", "down")
        taken["filtered, while the user moves"] = _update(view, engine)
    return taken


async def _press(view: ScreenView, key: str) -> float:
    """Milliseconds until the last that the key does, the detail included, has been written."""
    writes: list[float] = []

    def noted(data: str) -> None:
        writes.append(time.perf_counter())
        FakeTerminal.write(view.terminal, data)

    with mock.patch.object(view.terminal, "write", noted):
        at = time.perf_counter()
        await view.press(key)
    return (max(writes, default=at) - at) * 1_000


def _update(view: ScreenView, engine: ScriptedEngine) -> float:
    """CPU milliseconds of the screen's thread for states in which other rows each time have a new response."""
    times = []
    for turn in range(40):
        watches = dict(engine.state.watchlist.watches)
        for job in list(watches)[turn * ROWS : (turn + 1) * ROWS]:
            watches[job] = replace(watches[job], last_answer_at=engine.clock.now(), label=f"turn {turn}")
        engine.state = State(Watchlist(watches), engine.state.statuses)
        at = time.thread_time()
        view.app._monitor._draw(engine.state)
        times.append((time.thread_time() - at) * 1_000)
    return quantile(times, 0.5)
