"""P3: CPU time of one poll, from bare HTTP to the whole engine with its store."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.children import fetched, paced, sweeps
from tests.benchmarks.clients import CONNECTIONS
from tests.benchmarks.served import lasting, served
from tests.benchmarks.stored import copied, store
from tests.benchmarks.subjects import monitor_env
from tests.benchmarks.table import Table
from tests.benchmarks.trials import Sample, in_turns, measure
from zjobtui.polling.rate_limiter import CONCURRENCY

WORLD, JOBS = 10_000, 1_000
LASTS = 180.0
POLLS = 4_000
_SETTLE, _SECONDS = 5.0, 20.0

_FETCHERS = {
    "httpx alone": "httpx",
    "httpx on aiohttp alone": "httpx-on-aiohttp",
    "aiohttp alone": "aiohttp",
    "own client: HTTP, decode, report": "own",
}


def cost(trials: int) -> Iterator[Table]:
    """CPU milliseconds a poll; every trial on a tenant whose jobs run on, so that each poll confirms what is known."""
    ids = lasting(WORLD, JOBS, LASTS)
    with TemporaryDirectory() as place:
        stored = store(Path(place) / "stored", ids)
        (ids_file := Path(place) / "ids").write_text("\n".join(ids), encoding="utf-8")
        subjects = {name: partial(_fetched, client, ids_file) for name, client in _FETCHERS.items()}
        for calls in (CONNECTIONS, CONCURRENCY):
            name = f"engine and store, all due, {calls} calls at once"
            subjects[name] = partial(_swept, stored, Path(place) / "work", calls)
        subjects["engine and store, at its own pace"] = partial(_paced, stored, Path(place) / "work")
        samples = in_turns(trials, subjects)
    title = "P3 · CPU of one poll"
    reach = "≤ 0.5 ms for the engine, everything included"
    yield Table(title=title, unit="CPU, ms", trials=measure(samples, "cpu"), base="httpx alone", reach=reach, digits=3)
    yield Table(title=f"{title}: polls a second", unit="polls/s", trials=measure(samples, "rate"), digits=0)


def _fetched(client: str, ids_file: Path) -> Sample:
    with served(WORLD) as tenant:
        return _a_poll(fetched(client, tenant.env, ids_file, POLLS))


def _swept(stored: Path, work: Path, calls: int) -> Sample:
    with served(WORLD) as tenant:
        return _a_poll(sweeps(monitor_env(tenant, copied(stored, work)), POLLS // JOBS, calls))


def _paced(stored: Path, work: Path) -> Sample:
    with served(WORLD) as tenant:
        return _a_poll(paced(monitor_env(tenant, copied(stored, work)), _SETTLE, _SECONDS))


def _a_poll(sample: Sample) -> Sample:
    return {"cpu": sample["cpu"] / sample["polls"] * 1000, "rate": sample["polls"] / sample["wall"]}
