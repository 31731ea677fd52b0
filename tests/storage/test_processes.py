"""Several processes on one watchlist, some of them killed: a job that was reported as added is there afterwards."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.storage.opening import kept, quick_folder
from tests.support.building import job_id
from zjobtui.models.job import JobId, JobRef
from zjobtui.storage.ids_log import LogAction, actions, path_beside

ADDING = """
import sys
from pathlib import Path
from tests.support.building import watch
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

store, watchlist = open_store(Path(sys.argv[1]), read_report)
print("ready", flush=True)
for number in range(int(sys.argv[2]), int(sys.argv[2]) + int(sys.argv[3])):
    store.apply(watchlist.add([watch(number)]))
    print(watch(number).job.id, flush=True)
"""
WITHOUT_END = 1_000_000


@pytest.fixture
def path() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder / "store"


def adding(path: Path, first: int, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", ADDING, str(path), str(first), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def acknowledged(output: str) -> list[JobRef]:
    """The jobs that were reported as added; an incomplete line reports nothing."""
    lines = output.splitlines(keepends=True)
    assert not any("\n" not in line for line in lines[:-1])
    return [JobRef("env", JobId(line.strip())) for line in lines if line.endswith("\n") and line != "ready\n"]


def test_two_processes_that_add_at_once_keep_everything(path: Path) -> None:
    with adding(path, 0, 200) as one, adding(path, 1_000, 200) as other:
        acknowledged_jobs = [job for process in (one, other) for job in acknowledged(process.communicate()[0])]
    assert (one.returncode, other.returncode) == (0, 0)
    assert len(acknowledged_jobs) == 400
    assert set(kept(path).watches) == set(acknowledged_jobs)
    assert actions(path_beside(path)) == dict.fromkeys(
        ((job.tenant, job.id.key) for job in acknowledged_jobs), LogAction.ADD
    )


def test_processes_that_start_together_without_a_store_create_one(path: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(adding(path, 100 * number, 3)) for number in range(4)]
        acknowledged_jobs = [job for process in processes for job in acknowledged(process.communicate()[0])]
    assert (
        set(kept(path).watches)
        == set(acknowledged_jobs)
        == {JobRef("env", job_id(100 * n + m)) for n in range(4) for m in range(3)}
    )
    assert {file.name for file in path.parent.iterdir()} == {path.name, "ids.log"}


@pytest.mark.slow
def test_no_confirmed_id_is_lost_in_twenty_kills(path: Path) -> None:
    kill_repeatedly(path, rounds=5)


@pytest.mark.long
def test_no_confirmed_id_is_lost_in_two_hundred_kills(path: Path) -> None:
    kill_repeatedly(path, rounds=50)


def kill_repeatedly(path: Path, rounds: int, at_once: int = 4) -> None:
    chance = random.Random(rounds)
    acknowledged_jobs: set[JobRef] = set()
    for number in range(rounds):
        firsts = [(number * at_once + one) * WITHOUT_END for one in range(at_once)]
        with ExitStack() as stack:
            processes = [stack.enter_context(adding(path, first, WITHOUT_END)) for first in firsts]
            for process in processes:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                time.sleep(chance.uniform(0, 0.1))
                process.kill()
            acknowledged_jobs.update(*(acknowledged(process.communicate()[0]) for process in processes))
        assert {process.returncode for process in processes} == {-9}
        assert acknowledged_jobs <= set(kept(path).watches)
    assert len(acknowledged_jobs) > rounds * at_once
    assert list(path.parent.glob("*.broken-*")) == []
