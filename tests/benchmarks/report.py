"""What the benchmark commands share: their switches, the machine in a line, and tables or JSON on standard output."""

import argparse
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.comparison import Comparison
from tests.benchmarks.table import Table

Figure = Callable[[int], Iterable[Table | Comparison]]
"""Takes so many trials of one figure, and gives its tables."""

_PACKAGES = ("textual", "httpx", "httpx-aiohttp", "aiohttp", "click")


def run(
    about: str, figures: Mapping[str, Figure], trials: int, switches: Sequence[argparse.ArgumentParser] = ()
) -> None:
    """Run the figures that the command line requests, and print each as soon as it is there.

    `switches` are parsers with the command's own switches, which it reads itself.
    """
    parser = argparse.ArgumentParser(description=about, parents=switches)
    parser.add_argument("--trials", type=int, default=trials, metavar="N", help=f"trials of each ({trials})")
    parser.add_argument("--only", default=",".join(figures), metavar="P…", help="figures, separated by commas")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    before, tables = _load(), []
    if not asked.json:
        print(f"{_machine()}\n")
    for name in asked.only.split(","):
        loaded = _load()
        for table in figures[name](asked.trials):
            tables.append(table)
            if not asked.json:
                print(f"{table.markdown()}\n\nLoad average {loaded} before, {_load()} after.\n", flush=True)
    if asked.json:
        loads = {"before": before, "after": _load()}
        print(json.dumps({"machine": _machine(), "load": loads, "tables": [table.record() for table in tables]}))


def _load() -> str:
    return f"{os.getloadavg()[0]:.2f}"


def _machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"{os.cpu_count()} cores ({_processor()}), Python {platform.python_version()}, {packages}."


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
