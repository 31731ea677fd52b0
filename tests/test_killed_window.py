"""A killed window: the next one polls at once, and never reports that another window does."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.storage.opening import opened
from tests.support.process import environment
from tests.support.program import PROGRAM, pointed_at, started
from zjobtui.config.paths import STORE_NAME
from zjobtui.polling.lease import LEASE_NAME
from zjobtui.simulator.server import Simulator, running


@pytest.fixture(scope="module")
def served() -> Iterator[Simulator]:
    """A tenant whose jobs have all ended but one."""
    starts, began = iter([0.0]), time.monotonic()
    with running(jobs=12, seed=7, clock=lambda: next(starts, 200.0 + time.monotonic() - began)) as simulator:
        yield simulator


@contextmanager
def watching(env: Mapping[str, str]) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        [*PROGRAM, "watch", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def next_job(window: "subprocess.Popen[str]") -> str:
    """Return the job of the next line that the program prints."""
    assert window.stdout is not None
    return str(json.loads(window.stdout.readline())["job_id"])


@pytest.fixture
def env(served: Simulator, tmp_path: Path) -> dict[str, str]:
    return environment(pointed_at(served, tmp_path))


@pytest.fixture
def lease_end(served: Simulator, env: dict[str, str], tmp_path: Path) -> float:
    """When the lease of a killed window expires; there is a job that it has not polled."""
    running_job, ended_job = served.job_ids[6], served.job_ids[0]
    subprocess.run([*PROGRAM, "add", running_job], env=env, check=True, capture_output=True)
    with watching(env) as window:
        assert next_job(window) == running_job
        window.kill()
    subprocess.run([*PROGRAM, "add", ended_job], env=env, check=True, capture_output=True)
    with opened(tmp_path / STORE_NAME) as (store, _):
        return store.lease_holder(LEASE_NAME.format("env"))[1]


@pytest.mark.slow
def test_watch_prints_changes_before_the_lease_of_a_killed_window_ends(
    served: Simulator, env: dict[str, str], lease_end: float
) -> None:
    with watching(env) as window:
        assert next_job(window) == served.job_ids[0]
        assert time.time() < lease_end
        window.terminate()
        printed, complained = window.communicate(timeout=20)
    assert "another window" not in printed + complained


@pytest.mark.slow
def test_a_new_window_never_shows_that_a_killed_window_polls(env: dict[str, str], lease_end: float) -> None:
    with started(env) as window:
        window.wait_for("1 done", 20)
        assert time.time() < lease_end
        assert b"another window" not in window.raw
