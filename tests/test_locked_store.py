"""Another program holds the lock of the store: entered jobs are shown, saved later, or printed on exit."""

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.opening import kept
from tests.support.locks import locked, release_after
from tests.support.process import environment
from tests.support.program import PROGRAM, pointed_at, started, stored
from tests.support.terminal import Terminal
from zjobtui.config.paths import STORE_NAME
from zjobtui.simulator.server import Simulator, running

LEAVING = {
    "q": lambda terminal: terminal.press("q"),
    "ctrl+q": lambda terminal: terminal.press("ctrl+q"),
    "SIGTERM": lambda terminal: terminal.signal(signal.SIGTERM),
    "SIGHUP": lambda terminal: terminal.signal(signal.SIGHUP),
}
JOBS = 3


@pytest.fixture(scope="module")
def served() -> Iterator[Simulator]:
    with running(jobs=40, seed=7, clock=lambda: 0.0) as simulator:
        yield simulator


def enter(terminal: Terminal, given: str) -> None:
    """Add a job through the dialog, and wait for its row."""
    terminal.paste(f"job {given}")
    terminal.wait_for("1 new job")
    terminal.press("enter")
    terminal.wait_for(lambda text: f"Jobs · {JOBS + 1}" in text and given[:8] in text, 2)


def leave(terminal: Terminal, way: str) -> None:
    LEAVING[way](terminal)
    began = time.monotonic()
    terminal.wait_exit(10)
    assert time.monotonic() - began <= 3
    assert terminal.modes() == frozenset()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "way", "delay"),
    [
        ("IMMEDIATE", "SIGTERM", 0.3),
        pytest.param("IMMEDIATE", "q", 0.0, marks=pytest.mark.slow),
        pytest.param("EXCLUSIVE", "SIGHUP", 0.0, marks=pytest.mark.slow),
    ],
)
def test_an_id_entered_under_a_lock_is_shown_and_named_on_exit(
    mode: str, way: str, delay: float, tmp_path: Path, served: Simulator
) -> None:
    stored(tmp_path, served, count=JOBS)
    given = served.job_ids[20]
    with started(pointed_at(served, tmp_path)) as terminal, locked(tmp_path / STORE_NAME, mode):
        enter(terminal, given)
        terminal.bytes_within(delay)
        leave(terminal, way)
        assert given in terminal.text()
        assert served.job_ids[0] not in terminal.text(), "what is stored need not be named"


@pytest.mark.long
def test_fifty_exits_under_a_lock_lose_no_id_unnamed(tmp_path: Path, served: Simulator) -> None:
    chance = random.Random(5)
    for number in range(50):
        folder = tmp_path / str(number)
        folder.mkdir()
        stored(folder, served, count=JOBS)
        given = f"{number:032x}"
        with (
            started(pointed_at(served, folder)) as terminal,
            locked(folder / STORE_NAME, chance.choice(["IMMEDIATE", "EXCLUSIVE"])) as lock,
        ):
            enter(terminal, given)
            terminal.bytes_within(chance.uniform(0, 1))
            releasing = threading.Thread(target=release_after, args=(lock, chance.uniform(0, 4)))
            releasing.start()
            leave(terminal, chance.choice(list(LEAVING)))
            named = given in terminal.text()
            releasing.join()
        assert named or given in {watch.job.id.given for watch in kept(folder / STORE_NAME)}


@pytest.mark.slow
def test_the_lock_is_reported_and_what_was_entered_is_saved_when_it_is_released(
    tmp_path: Path, served: Simulator
) -> None:
    stored(tmp_path, served, count=JOBS)
    given = served.job_ids[20]
    with started(pointed_at(served, tmp_path)) as terminal:
        with locked(tmp_path / STORE_NAME):
            enter(terminal, given)
            assert terminal.wait_for("Not saved: ", 3) <= 3
            terminal.wait_for("is locked by another program")
        terminal.wait_until_gone("Not saved: ", 6)
        assert given in {watch.job.id.given for watch in kept(tmp_path / STORE_NAME)}
        leave(terminal, "q")
        assert given not in terminal.text()


@pytest.mark.slow
def test_a_removal_a_label_and_an_undo_under_a_lock_are_named_on_exit(tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served, count=JOBS)
    with started(pointed_at(served, tmp_path)) as terminal, locked(tmp_path / STORE_NAME):
        terminal.press("home", "l", *"CS-1", "enter", "x")
        terminal.wait_for(f"Jobs · {JOBS - 1} ", 3)
        terminal.wait_for("removed", 5)
        leave(terminal, "q")
        assert "Removed or archived, but still in the stored watchlist (1 job):" in terminal.text()


def run(folder: Path, served: Simulator, *arguments: str, text: str = "") -> tuple[int, str, float]:
    began = time.monotonic()
    done = subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(pointed_at(served, folder)),
        input=text,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr, time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["IMMEDIATE", pytest.param("EXCLUSIVE", marks=pytest.mark.long)])
def test_ids_that_could_not_be_added_are_named(mode: str, tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served, count=JOBS)
    with locked(tmp_path / STORE_NAME, mode):
        status, complaint, _ = run(tmp_path, served, "add", "-", text=f"job {served.job_ids[20]}")
    assert status == 2
    assert complaint.splitlines() == [
        f"The watchlist {tmp_path / STORE_NAME} is locked by another program (database is locked).",
        "Not added:",
        served.job_ids[20],
    ]


@pytest.mark.slow
@pytest.mark.parametrize("words", [("add", "-"), ("wait", "-")], ids=lambda words: words[0])
def test_ids_of_a_command_that_is_interrupted_before_it_could_save_them_are_named(
    words: tuple[str, ...], tmp_path: Path, served: Simulator
) -> None:
    stored(tmp_path, served, count=JOBS)
    env, pipe = environment(pointed_at(served, tmp_path)), subprocess.PIPE
    with (
        locked(tmp_path / STORE_NAME),
        subprocess.Popen([*PROGRAM, *words], env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process,
    ):
        assert process.stdin is not None
        process.stdin.write(f"job {served.job_ids[20]}")
        process.stdin.close()
        process.stdin = None
        time.sleep(1)
        for _ in range(50):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.002)
        _, complaint = process.communicate(timeout=10)
    assert process.returncode == 143
    assert served.job_ids[20] in complaint
    assert "Traceback" not in complaint


FULL_DISK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (40_960, resource.RLIM_INFINITY))
from zjobtui.cli.main import main
sys.argv = ["zjobtui", "add", "{new}", "--label", "CS-1"]
main()
"""


@pytest.mark.parametrize(("logged", "heading"), [(1_000, "Added at the next start:"), (40_900, "Not added:")])
def test_the_message_about_ids_not_stored_on_a_full_disk_is_true(
    logged: int, heading: str, tmp_path: Path, served: Simulator
) -> None:
    stored(tmp_path, served, count=JOBS)
    with closing(sqlite3.connect(tmp_path / STORE_NAME)) as connection:
        connection.executescript("CREATE TABLE filler (content); INSERT INTO filler VALUES (zeroblob(100000));")
    (tmp_path / "ids.log").write_text((tmp_path / "ids.log").read_text().ljust(logged, "#"))
    new = "2c92c8f97c1d4e0a017c1d6a3b5f0001"
    command = [sys.executable, "-B", "-c", FULL_DISK.format(new=new)]
    env = environment(pointed_at(served, tmp_path))
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-2:] == [heading, new]
    is_there = new in {watch.job.id.given for watch in kept(tmp_path / STORE_NAME)}
    assert is_there == (heading == "Added at the next start:")


@pytest.mark.slow
def test_waiting_keeps_its_timeout_under_a_lock_and_names_new_ids(tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served, count=JOBS)
    with locked(tmp_path / STORE_NAME):
        status, complaint, took = run(tmp_path, served, "wait", served.job_ids[20], "--timeout", "2s")
    assert status == 6
    assert 2 <= took <= 6
    assert "is locked by another program" in complaint
    assert complaint.splitlines()[-1].split() == [served.job_ids[20], "env"]


@pytest.mark.slow
def test_wait_polls_a_new_job_while_the_store_is_locked(tmp_path: Path) -> None:
    with running(jobs=4, seed=7, clock=iter([0.0, *[1e5] * 10_000]).__next__) as served:
        stored(tmp_path, served, count=1)
        with locked(tmp_path / STORE_NAME):
            status, complaint, _ = run(tmp_path, served, "wait", served.job_ids[0], served.job_ids[2])
    assert status in {0, 3}
    assert served.job_ids[2] in complaint


@pytest.mark.slow
@pytest.mark.parametrize("done", ["x", "l"])
def test_an_edit_undone_before_it_is_saved_is_undone(done: str, tmp_path: Path, served: Simulator) -> None:
    stored(tmp_path, served, count=JOBS)
    with started(pointed_at(served, tmp_path)) as terminal:
        with locked(tmp_path / STORE_NAME):
            terminal.press("home", *(("x",) if done == "x" else ("l", *"LBL", "enter")))
            terminal.wait_for(f"Jobs · {JOBS - 1} " if done == "x" else "running   LBL", 3)
            terminal.press("u")
            terminal.wait_for(lambda text: f"Jobs · {JOBS} " in text and "running   LBL" not in text, 6)
        terminal.wait_until_gone("Not saved: ", 8)
        leave(terminal, "q")
    assert [watch.label for watch in kept(tmp_path / STORE_NAME)] == [""] * JOBS
