"""P10: what a key and an update cost with five thousand jobs, within one process and without a terminal's own pace."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from unittest import mock

from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, quantile
from tests.support.scripted import ScriptedEngine
from tests.support.seeing import Glass, Sight, looking_at
from tests.support.world import watched_world
from zjobtui.domain.watchlist import Watchlist
from zjobtui.polling.ports import State
from zjobtui.ui import monitor

JOBS, ROWS = 5_000, 50
_KEYS: dict[str, Sequence[str]] = {
    "filter as one types": (*"/status:wa", *["backspace"] * 10, "escape"),
    "sort": ("s", "down", "enter") * 3,
    "page": (*["pagedown"] * 10, *["pageup"] * 10),
    "mark": (*["space"] * 10, "*", "*"),
}


def crowd(trials: int) -> Iterator[Table]:
    """The 95th percentile of the time from each key to the bytes for the terminal, and the time of an update."""
    samples = [asyncio.run(_trial()) for _ in range(trials)]
    keys = [{name: sample[name] for name in _KEYS} for sample in samples]
    title = f"P10 · key to bytes for the terminal, {JOBS:,} jobs, 95th percentile"
    by_name = {name: [sample[name] for sample in keys] for name in _KEYS}
    yield Table(title=title, unit="ms", trials=by_name, reach="≤ 50 ms", digits=1)
    updates = {name: [sample[name] for sample in samples] for name in ("all shown", "filtered, while a person moves")}
    yield Table(
        title=f"P10 · one update of {ROWS} rows of {JOBS:,}", unit="ms", trials=updates, reach="≤ 4 ms", digits=1
    )


async def _trial() -> Sample:
    engine = watched_world(jobs=JOBS, elapsed=64.0, step=32.0)
    monitor.ATTEND_AFTER = monitor.TICK = 1_000.0  # what is drawn later by the clock is not drawn for a key
    async with looking_at(engine) as sight:
        taken = {name: quantile([await _press(sight, key) for key in keys], 0.95) for name, keys in _KEYS.items()}
        taken["all shown"] = _update(sight, engine)
        await sight.press("/", *"status:wa", "enter", "down")
        taken["filtered, while a person moves"] = _update(sight, engine)
    return taken


async def _press(sight: Sight, key: str) -> float:
    """Milliseconds until the last that the key does has been written; the waiting that makes sure of it is not counted."""
    writes: list[float] = []

    def noted(data: str) -> None:
        writes.append(time.perf_counter())
        Glass.write(sight.glass, data)

    with mock.patch.object(sight.glass, "write", noted):
        at = time.perf_counter()
        await sight.press(key)
    return (max(writes, default=at) - at) * 1_000


def _update(sight: Sight, engine: ScriptedEngine) -> float:
    """Milliseconds of the screen's thread for states in which other rows each time have been heard of anew."""
    times = []
    for turn in range(40):
        watches = dict(engine.state.watchlist.watches)
        for job in list(watches)[turn * ROWS : (turn + 1) * ROWS]:
            watches[job] = replace(watches[job], seen_at=engine.clock.now(), label=f"turn {turn}")
        engine.state = State(Watchlist(watches), engine.state.pulses)
        at = time.perf_counter()
        sight.app._monitor._draw(engine.state)
        times.append((time.perf_counter() - at) * 1_000)
    return quantile(times, 0.5)
