"""Trials without a screen, each in its own process: what they cost in wall and CPU seconds, and how many polls."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.clients import CONNECTIONS
from tests.benchmarks.trials import Sample
from tests.support.process import environment

_LIMIT = 300.0


def first_sweep(env: Mapping[str, str], calls: int = CONNECTIONS) -> Sample:
    """From the engine's start over all unfinished jobs, `calls` at once, due at once and held to no budget."""
    return _run("engine_trial", env, "start", "--calls", str(calls))


def sweeps(env: Mapping[str, str], count: int, calls: int = CONNECTIONS) -> Sample:
    """`count` more sweeps after the first, which is not measured."""
    return _run("engine_trial", env, "sweeps", "--calls", str(calls), "--count", str(count))


def start(env: Mapping[str, str]) -> Sample:
    """Return the time from the engine's start until it has polled every unfinished job by itself."""
    return _run("engine_trial", env, "start")


def paced(env: Mapping[str, str], settle: float, seconds: float) -> Sample:
    """The engine as it polls by itself; measured for `seconds`, `settle` seconds after its start."""
    return _run("engine_trial", env, "pace", "--settle", str(settle), "--seconds", str(seconds))


def fetched(client: str, env: Mapping[str, str], ids_file: Path, count: int) -> Sample:
    """`count` answers fetched by one of the clients of `clients.py`, with forty connections."""
    return _run("transport_trial", env, client, str(ids_file), "--count", str(count))


def _run(module: str, env: Mapping[str, str], *arguments: str) -> Sample:
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    done = subprocess.run(command, env=environment(env), check=True, stdout=subprocess.PIPE, text=True, timeout=_LIMIT)
    sample: dict[str, float] = json.loads(done.stdout)
    return sample
