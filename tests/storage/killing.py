"""Kill processes at random times while they write, migrate or recover a store, and check what is left.

Run as `python -m tests.storage.killing SCENARIO ROUNDS SEED`; an assertion that fails ends it with a traceback. A
separate process, since only one without threads may fork.
"""

import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import NoReturn

from tests.storage.old_stores import Content, content_of, old_store, version_of
from tests.storage.opening import kept, quick_folder
from tests.support.building import NOW, apply_observations, done, job, job_id, watch
from zjobtui.models.watchlist import Change, Watchlist
from zjobtui.storage.backup import back_up
from zjobtui.storage.migrations import SCHEMA_VERSION
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

JOBS = 30
Say = Callable[[str], None]


def killed_after(seconds: float | None, work: Callable[[Say], None]) -> list[str]:
    """Run `work` in a process that is killed so many seconds after its first output; return the other output."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run(work, writing)
    os.close(writing)
    os.read(reading, len("start\n"))
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, encoding="utf-8") as file:
        said = file.read()
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, said
    return said.split("\n")[:-1]


def _run(work: Callable[[Say], None], writing: int) -> NoReturn:
    status = 1

    def say(text: str) -> None:
        os.write(writing, f"{text}\n".encode())

    try:
        say("start")
        work(say)
        status = 0
    finally:
        os._exit(status)


def kill_while_writing(folder: Path, rounds: int, chance: random.Random) -> int:
    """What was confirmed is there after each kill: ids, labels, notes and removals."""
    path, confirmed = folder / "store", Confirmed()
    for number in range(rounds):
        for line in killed_after(chance.uniform(0, 0.3), partial(_write, path, number * 10_000)):
            action, _, digits = line.partition(" ")
            getattr(confirmed, action).add(int(digits))
        confirmed.check(kept(path))
        assert not list(folder.glob("*.broken-*"))
        if chance.random() < 0.2:
            path.unlink()  # the log alone must restore every id
            confirmed.note.clear()
            confirmed.check(kept(path))
    return len(confirmed.add)


@dataclass
class Confirmed:
    """The numbers of jobs that were added, noted and removed."""

    add: set[int] = field(default_factory=set)
    note: set[int] = field(default_factory=set)
    remove: set[int] = field(default_factory=set)

    def check(self, watches: Watchlist) -> None:
        assert not {job(number) for number in self.remove} & set(watches.watches)
        for number in self.add - self.remove:
            one = watches.get(job(number))
            if one is None:
                assert is_removed_at_last(number), (
                    f"{number} is lost"
                )  # removed, and killed before it could report that
            else:
                assert one.label == f"label {number}"
                assert one.note == f"note {number}" or number not in self.note


def is_removed_at_last(number: int) -> bool:
    return number % 5 == 0


def _write(path: Path, first: int, say: Say) -> None:
    store, watches = open_store(path, read_report)

    def save(change: Change) -> Watchlist:
        store.apply(change)
        return change.watchlist

    for number in range(first, first + 10_000):
        watches = save(watches.add([watch(number, label=f"label {number}")]))
        say(f"add {number}")
        watches = save(watches.note([job(number)], f"note {number}"))
        say(f"note {number}")
        watches = save(apply_observations(watches, [(job(number), done(NOW + 1), 5.0)]))
        if is_removed_at_last(number):
            watches = save(watches.remove([job(number)], NOW + 2))
            say(f"remove {number}")


def kill_while_migrating(folder: Path, rounds: int, chance: random.Random) -> int:
    """The store is of the old format, the new one or one between after each kill, and opens with everything in it."""
    expected = _migrated(folder / "whole" / "store")
    took = _duration(lambda: _migrated(folder / "timed" / "store"))
    interrupted = 0
    for number in range(rounds):
        path = folder / str(number) / "store"
        old_store(path)
        said = killed_after(chance.uniform(0, 1.2 * took), partial(_read_all, path))
        interrupted += not said
        assert version_of(path) in (range(1, SCHEMA_VERSION + 1) if not said else {SCHEMA_VERSION})
        assert content_of(path) == expected
        assert not list(path.parent.glob("*.broken-*"))
    return interrupted


def kill_at_each_statement(folder: Path, _rounds: int, _chance: random.Random) -> int:
    """As `kill_while_migrating`, before and after each statement of the process."""
    expected = _migrated(folder / "whole" / "store")
    for number in count(1):
        path = folder / str(number) / "store"
        old_store(path)
        said = killed_after(None, partial(_open_until, path, number))
        assert 1 <= version_of(path) <= SCHEMA_VERSION
        assert content_of(path) == expected
        if said:
            return number
    raise AssertionError


def _open_until(path: Path, number: int, say: Say) -> None:
    statements = count(1)

    def trace(_statement: str) -> None:
        if next(statements) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    class Traced(sqlite3.Connection):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[arg-type]
            self.set_trace_callback(trace)

    real = sqlite3.connect
    sqlite3.connect = lambda *arguments, **options: real(*arguments, factory=Traced, **options)  # type: ignore[assignment]
    content_of(path)
    say("done")


def kill_while_recovering(folder: Path, rounds: int, chance: random.Random) -> int:
    """All ids are back after each kill, with what the copy and the log have of them."""
    whole = folder / "whole" / "store"
    with open_store(whole, read_report)[0] as store:
        change = Watchlist({}).add(
            watch(number, label=f"label {number}", note=f"note {number}") for number in range(JOBS)
        )
        store.apply(change)
        store.apply(apply_observations(change.watchlist, [(job(number), done(NOW + 1), 5.0) for number in range(JOBS)]))
        back_up(whole)
        watches = kept(whole).remove([job(0)], NOW + 2)
        store.apply(watches)
        store.apply(watches.watchlist.add([watch(JOBS, label=f"label {JOBS}")]))
    content = whole.read_bytes()
    kinds = [b"", b"garbage" * 1_000, content[: len(content) // 2], bytes(4_096) + content[4_096:]]

    def damage(path: Path, kind: bytes) -> None:
        path.parent.mkdir()
        for one in whole.parent.iterdir():
            (path.parent / one.name).write_bytes(one.read_bytes())
        path.write_bytes(kind)

    damage(folder / "timed" / "store", kinds[2])
    took = _duration(lambda: content_of(folder / "timed" / "store"))
    interrupted = 0
    for number in range(rounds):
        path = folder / str(number) / "store"
        damage(path, kinds[number % len(kinds)])
        said = killed_after(chance.uniform(0, 1.2 * took), partial(_read_all, path))
        interrupted += not said
        found = kept(path)
        assert set(found.watches) == {job(number) for number in range(1, JOBS + 1)}, number
        assert all(one.label for one in found)
        assert [found.watches[job(number)].note for number in range(1, JOBS)] == [
            f"note {one}" for one in range(1, JOBS)
        ]
        assert str(job_id(1)) in path.with_name("ids.log").read_text()
        assert any(file.read_bytes() == kinds[number % len(kinds)] for file in path.parent.glob("*.broken-*"))
    return interrupted


def _read_all(path: Path, say: Say) -> None:
    content_of(path)
    say("done")


def _migrated(path: Path) -> Content:
    old_store(path)
    return content_of(path)


def _duration(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


SCENARIOS = {
    "writing": kill_while_writing,
    "migrating": kill_while_migrating,
    "each statement": kill_at_each_statement,
    "recovering": kill_while_recovering,
}

if __name__ == "__main__":
    scenario, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with quick_folder() as folder:
        counted = SCENARIOS[scenario](folder, rounds, random.Random(seed))
    sys.stdout.write(f"{scenario}: {rounds} kills, {counted} jobs confirmed, openings interrupted or statements\n")
