"""Trials without a screen, each in a process of its own: what they cost in wall and CPU seconds, and how many polls."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.trials import Sample
from tests.support.process import environment

_LIMIT = 300.0


def sweep_once(env: Mapping[str, str], calls: int = 0) -> Sample:
    """From the start of the engine until every unfinished job has an answer; `calls` at once, 0 for its own number."""
    return _run("engine_trial", env, "start", "--calls", str(calls))


def sweeps(env: Mapping[str, str], count: int, calls: int = 0) -> Sample:
    """`count` sweeps over all jobs, each time all due at once."""
    return _run("engine_trial", env, "sweeps", "--calls", str(calls), "--count", str(count))


def paced(env: Mapping[str, str], settle: float, seconds: float) -> Sample:
    """Polls as it does by itself; measured for `seconds`, `settle` seconds after the first sweep."""
    return _run("engine_trial", env, "pace", "--settle", str(settle), "--seconds", str(seconds))


def fetched(client: str, env: Mapping[str, str], ids_file: Path, count: int) -> Sample:
    """`count` answers fetched by one of the clients of `clients.py`, with forty connections."""
    return _run("transport_trial", env, client, str(ids_file), "--count", str(count))


def _run(module: str, env: Mapping[str, str], *arguments: str) -> Sample:
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    done = subprocess.run(command, env=environment(env), check=True, stdout=subprocess.PIPE, text=True, timeout=_LIMIT)
    sample: dict[str, float] = json.loads(done.stdout)
    return sample
