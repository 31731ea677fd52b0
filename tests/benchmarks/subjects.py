"""The programs that are measured, as commands to run in a terminal."""

import sys
from pathlib import Path

from tests.benchmarks.served import Served
from tests.benchmarks.stored import data_env

FLOOR = (sys.executable, "-m", "tests.benchmarks.floor")
MONITOR = (sys.executable, "-m", "zjobtui")

FLOOR_TEXTS = ("READY", *(f"row {number}" for number in range(30)))
"""What the floor shows when it is painted; the last of it comes last."""

SHOWN = 8
"""Characters of a job id that a row shows at least."""


def rival(ids_file: Path) -> tuple[str, ...]:
    """The rival over the ids in a file, at its own interval."""
    return (sys.executable, "-m", "tests.benchmarks.rival", str(ids_file))


def monitor_env(tenant: Served, folder: Path) -> dict[str, str]:
    """The environment of the monitor: the simulated tenant, and the watchlist in `folder`."""
    return {**tenant.env, **data_env(folder)}
