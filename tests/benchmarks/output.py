"""P5: what is sent to the terminal while nothing changes, and when one row in view changes."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.film import Filmed
from tests.benchmarks.served import ending, lasting, served
from tests.benchmarks.stored import answered, copied
from tests.benchmarks.subjects import FLOOR, FLOOR_TEXTS, MONITOR, SHOWN, monitor_env, rival
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure
from zjobtui.simulator.scenarios import Outcome

WORLD, JOBS, FEWER_JOBS = 10_000, 1_000, 300
_LASTS = 190.0
SETTLE, _LATER, _QUIET, _RIVAL_QUIET = 5.0, 70.0, 60.0, 15.0
_ENDS_AFTER, _ENDS_BEFORE = 25.0, 35.0
_PATIENCE = 90.0
"""Seconds until the first call at the most: all jobs were polled a moment before."""

_NOTICED = 80.0
"""Seconds within which the end of one of fewer jobs is noticed at the program's own pace."""

_WINDOW = 0.2
"""Seconds before and after a change within which everything sent counts as sent for it."""

RIVAL_JOBS = 30
"""Jobs of the rival for one change: with a thousand it draws without a pause, and no change can be distinguished."""

BY_END_KEY = ("end", *["up"] * 12)
"""To the last row, and the cursor off it: a job that is done stays where it stands when it is the last."""


def quiet(trials: int) -> Iterator[Table]:
    """Bytes a second while a thousand jobs are polled and stay as they are."""
    ids = lasting(WORLD, JOBS, _LASTS)
    with TemporaryDirectory() as place:
        stored = _answered(Path(place) / "stored", ids)
        ids_file = _listed(ids, Path(place) / "ids")
        subjects = {
            "floor": lambda: _quiet(FLOOR, {}, FLOOR_TEXTS[-1], 1.0, _RIVAL_QUIET),
            "rival": lambda: _quiet_rival(ids_file),
            "monitor, while waits are shown in steps of ten seconds": lambda: quiet_monitor(
                copied(stored, Path(place) / "work"), SETTLE
            ),
            "monitor, from then on": lambda: quiet_monitor(copied(stored, Path(place) / "work"), _LATER),
        }
        samples = in_turns(trials, subjects)
    title = "P5 · bytes a second, 1,000 running jobs are polled and nothing changes"
    yield Table(title=title, unit="B/s", trials=measure(samples, "bytes"), reach="≤ 1,000 B/s", digits=1)
    unit = "share of seconds, %"
    yield Table(title=f"{title}: seconds with any", unit=unit, trials=measure(samples, "seconds"), digits=0)


def changing(trials: int) -> Iterator[Table]:
    """Bytes sent around the moment in which one job ends, among others that run on."""
    done = ending(WORLD, Outcome.ORDER, _ENDS_AFTER, _ENDS_BEFORE)
    failed = ending(WORLD, Outcome.LOCKED, _ENDS_AFTER, _ENDS_BEFORE)
    others = lasting(WORLD, FEWER_JOBS - 1, _LASTS)
    with TemporaryDirectory() as place:
        work = Path(place) / "work"
        stored = {job_id: _answered(Path(place) / job_id, (*others, job_id)) for job_id in (done, failed)}
        ids_file = _listed((done, *others[: RIVAL_JOBS - 1]), Path(place) / "ids")
        subjects = {
            f"rival with {RIVAL_JOBS} jobs, one row done": lambda: _change_rival(ids_file, done),
            "monitor, one row done": lambda: _change(copied(stored[done], work), done, "done", BY_END_KEY),
            "monitor, one fails and goes on top": lambda: _change(copied(stored[failed], work), failed, "failed", ()),
        }
        samples = in_turns(trials, subjects)
    title = "P5 · bytes when one row in view changes"
    yield Table(title=title, unit="bytes", trials=measure(samples, "bytes"), reach="≤ 1,000 bytes", digits=0)


def quiet_monitor(folder: Path, settle: float, world: int = WORLD) -> Sample:
    """Count the bytes of a minute, `settle` seconds after the first calls about a tenant of so many jobs."""
    with served(world) as tenant:
        return _quiet(MONITOR, monitor_env(tenant, folder), "/s", settle, _QUIET)


def _quiet_rival(ids_file: Path) -> Sample:
    with served(WORLD) as tenant:
        return _quiet(rival(ids_file), tenant.env, "Processing", SETTLE, _RIVAL_QUIET)


def _quiet(command: Sequence[str], env: Mapping[str, str], awaited: str, settle: float, seconds: float) -> Sample:
    with Filmed(command, env) as terminal:
        terminal.until_sent(awaited, _PATIENCE)
        terminal.bytes_within(settle)
        each = [terminal.bytes_within(1.0) for _ in range(round(seconds))]
    return {"bytes": sum(each) / len(each), "seconds": 100 * sum(count > 0 for count in each) / len(each)}


def _change(folder: Path, job_id: str, word: str, keys: Sequence[str]) -> Sample:
    with served(WORLD) as tenant:
        return _bytes_for(MONITOR, monitor_env(tenant, folder), job_id, word, keys)


def _change_rival(ids_file: Path, job_id: str) -> Sample:
    with served(WORLD) as tenant:
        return _bytes_for(rival(ids_file), tenant.env, job_id, "Completed", ())


def _bytes_for(command: Sequence[str], env: Mapping[str, str], job_id: str, word: str, keys: Sequence[str]) -> Sample:
    """Everything sent within `_WINDOW` of the moment in which the job's row first shows the word."""
    with Filmed(command, env) as terminal:
        terminal.bytes_within(2.0)
        for key in keys:
            terminal.press(key)
            terminal.bytes_within(0.1)
        at = _shown_at(terminal, job_id[:SHOWN], word)
        terminal.bytes_within(2 * _WINDOW)
    return {"bytes": terminal.display.bytes_between(at - _WINDOW, at + _WINDOW)}


def _shown_at(terminal: Filmed, name: str, word: str) -> float:
    """When a row first held both texts."""
    end = time.perf_counter() + _ENDS_BEFORE + _NOTICED
    while time.perf_counter() < end:
        for at in terminal.display.play():
            if any(name in row and word in row for row in terminal.text().splitlines()):
                return at
        terminal.bytes_within(0.5)
    raise AssertionError(f"the row never said {word!r}:\n{terminal.text()}")


def _listed(ids: Sequence[str], file: Path) -> Path:
    file.write_text("\n".join(ids), encoding="utf-8")
    return file


def _answered(folder: Path, ids: Sequence[str]) -> Path:
    with served(WORLD) as tenant:
        return answered(folder, ids, tenant)
