"""P4: from a key press to the changed screen, while a thousand jobs are watched and polled."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.benchmarks.film import ROWS, Film, Filmed
from tests.benchmarks.served import lasting, over, served
from tests.benchmarks.stored import answered, copied, store
from tests.benchmarks.subjects import FLOOR, FLOOR_TEXTS, MONITOR, monitor_env
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure, quantile
from tests.support.keys import key_bytes

WORLD, RUNNING, ENDED = 10_000, 500, 500
"""Jobs of the tenant; of those watched, how many run for the whole trial and how many are over."""

REACH = "p95 ≤ 2 × floor's"
_LASTS = 60.0
_SETTLE = 5.0
_WARM_UP = ("down", "down", "up", "down")
_STEPS = 20
_COLUMN = 6
"""A column of the list's text in both programs."""


def echo(trials: int) -> Iterator[Table]:
    """The median and the 95th percentile of each trial's forty keys."""
    with TemporaryDirectory() as place:
        with served(WORLD) as tenant:
            stored = answered(Path(place) / "stored", over(WORLD, ENDED), tenant)
        store(stored, lasting(WORLD, RUNNING, _LASTS))
        monitor = partial(echo_monitor, stored, Path(place) / "work", WORLD)
        samples = in_turns(trials, {"floor": echo_floor, "monitor, polling": monitor})
    title = "P4 · key press to changed screen, 1,000 jobs"
    for name, reach in (("p50", ""), ("p95", REACH)):
        yield Table(
            title=f"{title}, {name} of {2 * _STEPS} keys",
            unit=f"{name}, ms",
            trials=measure(samples, name),
            base="floor",
            reach=reach,
            digits=1,
        )
    yield Table(title=f"{title}: calls a second meanwhile", unit="calls/s", trials=measure(samples, "rate"), digits=0)


def echo_monitor(stored: Path, work: Path, world: int) -> Sample:
    """Measure the keys of the monitor with a copy of a watchlist, while it polls a tenant of so many jobs."""
    folder = copied(stored, work)
    with served(world) as tenant, Filmed(MONITOR, monitor_env(tenant, folder)) as terminal:
        terminal.until_sent("/s")
        terminal.bytes_within(_SETTLE)
        left, at = tenant.calls_left(), time.perf_counter()
        delays = _echo(terminal)
        rate = (left - tenant.calls_left() - 1) / (time.perf_counter() - at)
    return {**delays, "rate": rate}


def echo_floor() -> Sample:
    """Measure the keys of the floor."""
    with Filmed(FLOOR) as terminal:
        terminal.until_sent(FLOOR_TEXTS[-1])
        return _echo(terminal)


def _echo(terminal: Filmed) -> Sample:
    for key in _WARM_UP:
        _press(terminal, key)
    terminal.display.play_all()
    row = _cursor_row(terminal.display)
    presses = [(_press(terminal, "down"), row + step + 1) for step in range(_STEPS)]
    presses += [(_press(terminal, "up"), row + _STEPS - step - 1) for step in range(_STEPS)]
    delays = list(_delays(terminal.display, presses))
    assert len(delays) == len(presses), f"{len(presses) - len(delays)} keys were not answered"
    return {"p50": quantile(delays, 0.5), "p95": quantile(delays, 0.95)}


def _press(terminal: Filmed, key: str) -> float:
    """Press a key, out of step with everything that goes by a clock; return the time of the press."""
    terminal.bytes_within(0.1 + Random().uniform(0.0, 0.1))
    at = time.perf_counter()
    terminal.send(key_bytes(key))
    terminal.bytes_within(0.1)
    return at


def _delays(film: Film, presses: Sequence[tuple[float, int]]) -> Iterator[float]:
    """Milliseconds from each press until the row it leads to has the colour of the cursor."""
    cursor = film.background(_cursor_row(film), _COLUMN)
    waiting = list(presses)
    for at in film.play():
        while waiting and at > waiting[0][0] and film.background(waiting[0][1], _COLUMN) == cursor:
            yield (at - waiting.pop(0)[0]) * 1000


def _cursor_row(film: Film) -> int:
    """The one row whose background differs from that of the rows above and below it."""
    colours = [film.background(row, _COLUMN) for row in range(ROWS)]
    return next(row for row in range(3, ROWS - 3) if colours[row - 1] == colours[row + 1] != colours[row])
