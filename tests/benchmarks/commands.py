"""Measures the start of commands that print, beside the bare interpreter and click alone."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.report import run
from tests.benchmarks.stored import data_env, store
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure
from tests.support.process import environment
from zjobtui.simulator.world import World

JOBS, MANY = 1_000, 10_000
REACH = "ls ≤ 150 ms over click"
UNWANTED = ("textual", "rich", "httpx", "httpx_aiohttp", "aiohttp")

COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "python -c 'import click'": ("-c", "import click"),
    "zjobtui --help": ("-m", "zjobtui", "--help"),
    f"zjobtui ls, {JOBS:,} jobs": ("-m", "zjobtui", "ls"),
    f"zjobtui ls --json, {JOBS:,} jobs": ("-m", "zjobtui", "ls", "--json"),
}


def starts(trials: int) -> Iterator[Table]:
    """Wall and CPU milliseconds from start to end of each command."""
    with TemporaryDirectory() as place:
        folder = store(Path(place), World(jobs=JOBS).job_ids)
        env = environment(data_env(folder))
        subjects = {name: partial(_started, arguments, env) for name, arguments in COMMANDS.items()}
        in_turns(1, subjects)
        samples = in_turns(trials, subjects)
        unwanted = [name for name in UNWANTED if name in _imported(COMMANDS[f"zjobtui ls, {JOBS:,} jobs"], env)]
    note = f"`zjobtui ls` imports {', '.join(unwanted) or 'none'} of {', '.join(UNWANTED)}."
    title, base = "P9 · start of a command that prints", "python -c 'import click'"
    yield Table(
        title=title, unit="wall, ms", trials=measure(samples, "wall"), base=base, reach=REACH, digits=0, notes=(note,)
    )
    yield Table(title=f"{title}: CPU", unit="CPU, ms", trials=measure(samples, "cpu"), base=base, digits=0)


def adding(trials: int) -> Iterator[Table]:
    """CPU milliseconds of adding many ids from standard input, beside the same command with one."""
    ids = World(jobs=MANY).job_ids
    with TemporaryDirectory() as place:
        texts = {f"zjobtui add -, {len(some):,} ids": "\n".join(some) for some in (ids[:1], ids)}
        subjects = {name: partial(_added, text, Path(place)) for name, text in texts.items()}
        samples = in_turns(trials, subjects)
    one, _ = texts
    reach = f"{MANY:,} ids ≤ 1,000 ms over one"
    yield Table(
        title="Adding ids: CPU", unit="CPU, ms", trials=measure(samples, "cpu"), base=one, reach=reach, digits=0
    )


def _added(text: str, place: Path) -> Sample:
    with TemporaryDirectory(dir=place) as folder:
        return _started(("-m", "zjobtui", "add", "-"), environment(data_env(Path(folder))), text)


def _started(arguments: tuple[str, ...], env: Mapping[str, str], text: str = "") -> Sample:
    cpu, wall = _children_cpu(), time.perf_counter()
    command = [sys.executable, *arguments]
    subprocess.run(command, env=env, check=True, input=text.encode(), stdout=subprocess.DEVNULL)
    return {"wall": (time.perf_counter() - wall) * 1000, "cpu": (_children_cpu() - cpu) * 1000}


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _imported(arguments: tuple[str, ...], env: Mapping[str, str]) -> set[str]:
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


if __name__ == "__main__":
    run(__doc__ or "", {"P9": starts, "add": adding}, trials=15)
