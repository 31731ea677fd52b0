"""The simulator in its own process, and which of its jobs are still running, or over, when a trial ends."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import islice
from urllib.parse import urlsplit

from tests.support.process import environment
from zjobtui.simulator.scenarios import Outcome
from zjobtui.simulator.world import World

SEED = 7
_STOP_LIMIT = 5.0


@dataclass(frozen=True, slots=True)
class Served:
    """A simulator that runs: the environment of a client, and the ids of all its jobs."""

    env: dict[str, str]
    job_ids: tuple[str, ...]

    def calls_left(self) -> int:
        """Calls that the tenant may still get in this minute of its world; the query itself is one of them."""
        connection = HTTPConnection(urlsplit(self.env["ZUORA_BASE_URL"]).netloc, timeout=_STOP_LIMIT)
        try:
            connection.request("GET", "/v1/async-jobs/0")
            return int(connection.getresponse().headers["ratelimit-remaining"])
        finally:
            connection.close()


@contextmanager
def served(jobs: int, latency: float = 0.05) -> Iterator[Served]:
    """Run `zjobtui simulate` while the block runs; its world begins with the block."""
    command = [sys.executable, "-m", "zjobtui", "simulate", "--jobs", str(jobs), "--seed", str(SEED)]
    command += ["--faults", f"latency={latency}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment({})
    ) as process:
        assert process.stdout is not None
        try:
            said = [line.strip() for line in islice(process.stdout, 3 + jobs)]
            exports = [line.removeprefix("export ").partition("=") for line in said if line.startswith("export ")]
            job_ids = tuple(line.removeprefix("# ") for line in said if line.startswith("# "))
            yield Served({name: value for name, _, value in exports}, job_ids)
        finally:
            process.terminate()
            process.wait(_STOP_LIMIT)


def lasting(jobs: int, count: int, seconds: float) -> tuple[str, ...]:
    """`count` ids of a world of `jobs` jobs that still run `seconds` after its start."""
    return _first(jobs, count, lambda end, _: end > seconds)


def over(jobs: int, count: int) -> tuple[str, ...]:
    """`count` ids of jobs that had ended when the world began."""
    return _first(jobs, count, lambda end, _: end < 0)


def ending(jobs: int, outcome: Outcome, after: float, before: float) -> str:
    """The id of a job that ends with this outcome, between two moments in seconds after the world's start."""
    return _first(jobs, 1, lambda end, how: after < end < before and how is outcome)[0]


def _first(jobs: int, count: int, is_wanted: Callable[[float, Outcome], bool]) -> tuple[str, ...]:
    world = World(SEED, jobs)
    lives = (life for job_id in world.job_ids if (life := world.job(job_id)) is not None)
    found = tuple(islice((life.id for life in lives if is_wanted(life.script.end, life.outcome)), count))
    assert len(found) == count, f"only {len(found)} of {count} jobs in a world of {jobs}"
    return found
