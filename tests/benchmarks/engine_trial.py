"""One trial of the engine, run by `children.py`: polls the stored watchlist, prints wall, CPU and polls as JSON."""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from unittest.mock import patch

from zjobtui.clock import SystemClock
from zjobtui.config.paths import store_path
from zjobtui.config.tenants import environment_tenant
from zjobtui.models.job import JobRef
from zjobtui.models.rate_limits import RateLimits
from zjobtui.polling import tenant_set
from zjobtui.polling.engine import Engine
from zjobtui.polling.rate_limiter import Limits, RateLimiter
from zjobtui.storage.store import open_store
from zjobtui.zuora.api import ZuoraApi
from zjobtui.zuora.parser import read_report
from zjobtui.zuora.transport import Transport

_LOOK = 0.005
_PATIENCE = 200.0


class Unbound(RateLimiter):
    """Lets so many calls go at once, and as many a second as come; what the host has left is not heeded."""

    def __init__(self, calls: int, now: float) -> None:
        super().__init__(Limits(per_second=1e6), now)
        self.concurrency = calls

    def learn(self, limits: RateLimits, now: float) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Trial:
    """An engine, the jobs that it is to ask about, its clock, and its clients once it has made them."""

    engine: Engine
    jobs: tuple[JobRef, ...]
    clock: SystemClock
    clients: list[ZuoraApi]

    def measured(self, work: Callable[[], None]) -> dict[str, float]:
        """What the work cost: wall and CPU seconds of the whole process, and calls."""
        calls, wall, cpu = self._calls(), time.perf_counter(), time.process_time()
        work()
        return {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "polls": self._calls() - calls,
        }

    def start(self) -> None:
        """Start the engine, and wait until it has polled every job by itself."""
        since = self.clock.now()
        self.engine.start()
        self._wait(since)

    def sweep(self) -> None:
        """Ask about every job now, and wait until every one has an answer."""
        since = self.clock.now()
        self.engine.poll_now(self.jobs)
        self._wait(since)

    def _wait(self, since: float) -> None:
        waiting, end = list(self.jobs), time.monotonic() + _PATIENCE
        while waiting:
            watchlist = self.engine.state.watchlist
            while waiting and (watch := watchlist.get(waiting[-1])) is not None and watch.last_call_at >= since:
                waiting.pop()
            assert time.monotonic() < end, f"{len(waiting)} jobs had no answer"
            time.sleep(_LOOK)

    def _calls(self) -> int:
        return sum(client.requests for client in self.clients)


@contextmanager
def prepared() -> Iterator[Trial]:
    """A trial over the tenant and the watchlist that the environment names."""
    clock, clients = SystemClock(), list[ZuoraApi]()
    configured = environment_tenant(os.environ)
    assert configured is not None
    tenant, credentials = configured

    def make() -> ZuoraApi:
        clients.append(ZuoraApi(tenant, credentials, clock, Transport(tenant.base_url, clock)))
        return clients[-1]

    store, watchlist = open_store(store_path(), read_report)
    with store:
        engine = Engine(watchlist, store, [(tenant, make)], clock)
        try:
            yield Trial(engine, tuple(watch.job for watch in watchlist if not watch.is_final), clock, clients)
        finally:
            engine.stop()


def unbound(calls: int) -> AbstractContextManager[object]:
    """While it lasts, engines make `calls` calls at once and keep to no budget: they take neither as a parameter."""
    return patch.object(tenant_set, "RateLimiter", lambda _, now: Unbound(calls, now))


def main() -> None:
    """One of three trials."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["start", "sweeps", "pace"])
    parser.add_argument(
        "--calls", type=int, default=0, help="calls at once without a budget; 0 for the engine as it is"
    )
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--settle", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=0.0)
    asked = parser.parse_args()
    with unbound(asked.calls) if asked.calls else nullcontext(), prepared() as trial:
        print(json.dumps(_measure(trial, asked)))


def _measure(trial: Trial, asked: argparse.Namespace) -> dict[str, float]:
    if asked.what == "start":
        return trial.measured(trial.start)
    if asked.what == "sweeps":
        trial.start()
        return trial.measured(lambda: _sweep_often(trial, asked.count))
    trial.engine.start()
    time.sleep(asked.settle)
    return trial.measured(lambda: time.sleep(asked.seconds))


def _sweep_often(trial: Trial, count: int) -> None:
    for _ in range(count):
        trial.sweep()


if __name__ == "__main__":
    main()
