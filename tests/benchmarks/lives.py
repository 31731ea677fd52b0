"""A tenant on loopback whose jobs last as long as a trial requires, in its own process, with the time of every call.

    python -m tests.benchmarks.lives

reads a `Plan` as JSON from standard input, prints its port, and serves until it is terminated. All lives begin with the
first call about a job. Times are those of `time.perf_counter`, which on Linux is the same clock in every process.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from itertools import count
from random import Random
from typing import Any

from aiohttp import web

from tests.benchmarks.populations import Population
from tests.support.process import environment

LATENCY = 0.05
"""Seconds after which a call is answered; what the job is then decides the answer."""

_HOST, _STOP_LIMIT = "127.0.0.1", 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a tenant does: the life of each job in seconds, by its id, and headers that every answer carries."""

    lives: Mapping[str, float]
    latency: float = LATENCY
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One call about a job: when it came, when it was answered, and whether the answer was the job's end."""

    asked_at: float
    answered_at: float
    job_id: str
    is_final: bool


def drawn(population: Population, jobs: int, seed: int) -> dict[str, float]:
    """Lives by job id; ids differ in their first eight digits, by which a row is known."""
    chance = Random(f"{population.title} {jobs} {seed}")
    heads = chance.sample(range(16**8), jobs)
    return {f"{head:08x}{chance.getrandbits(96):024x}": population.draw(chance) for head in heads}


class Tenant:
    """The server's side."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._numbers = dict(zip(plan.lives, count(1), strict=False))
        self._began: float | None = None
        self._calls: list[tuple[float, float, str, bool]] = []
        self._reads: list[tuple[float, float]] = []

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request: a sign-in, a question about a job, or the trial's own about what has been recorded."""
        match request.path.split("/"):
            case [_, "oauth", "token"]:
                token = {"access_token": "a" * 32, "token_type": "bearer", "expires_in": 3598, "scope": "user.zuora"}
                return self._reply(request, token)
            case [_, "began"]:
                return self._reply(request, self._began)
            case [_, "calls"]:
                return self._reply(request, self._calls)
            case [_, "reads"]:
                return self._reply(request, self._reads)
            case [_, "v1", "orders", number]:
                return await self._read(request, number)
            case [_, "v1", "async-jobs", job_id] if job_id in self._plan.lives:
                return await self._ask(request, job_id)
        return web.Response(status=404)

    async def _ask(self, request: web.BaseRequest, job_id: str) -> web.Response:
        asked_at = time.perf_counter()
        if self._began is None:
            self._began = asked_at
        await asyncio.sleep(self._plan.latency)
        answered_at = time.perf_counter()
        is_final = answered_at - self._began >= self._plan.lives[job_id]
        self._calls.append((asked_at, answered_at, job_id, is_final))
        status, result = ("Completed", self._result(job_id)) if is_final else ("Processing", None)
        return self._reply(request, {"status": status, "errors": None, "result": result, "success": True})

    async def _read(self, request: web.BaseRequest, number: str) -> web.Response:
        asked_at = time.perf_counter()
        await asyncio.sleep(self._plan.latency)
        order = {"orderNumber": number, "status": "Completed", "orderDate": "2026-07-01", "category": "NewSales"}
        response = self._reply(request, {"success": True, "order": order})
        self._reads.append((asked_at, time.perf_counter()))
        return response

    def _result(self, job_id: str) -> dict[str, object]:
        number = self._numbers[job_id]
        return {
            "orderNumber": f"O-{number:08}",
            "accountNumber": f"A{number:08}",
            "status": "Completed",
            "subscriptions": [{"subscriptionNumber": f"A-S{number:08}", "status": "Active"}],
            "jobType": "AsyncCreateOrder",
        }

    def _reply(self, request: web.BaseRequest, value: object) -> web.Response:
        headers = {**self._plan.headers, "Content-Type": "application/json;charset=utf-8"}
        if track_id := request.headers.get("Zuora-Track-Id"):
            headers["Zuora-Track-Id"] = track_id
        return web.Response(body=json.dumps(value).encode(), headers=headers)


@dataclass(frozen=True, slots=True)
class Serving:
    """The trial's side: where the tenant listens, and what it has recorded."""

    port: int

    @property
    def env(self) -> dict[str, str]:
        """What points a program at the tenant."""
        names = {"ZUORA_CLIENT_ID": "11111111-2222-3333-4444-555555555555", "ZUORA_CLIENT_SECRET": "s3cr3t" * 6}
        return {"ZUORA_BASE_URL": f"http://{_HOST}:{self.port}", **names}

    def began(self) -> float | None:
        """When the first call about a job came, and with it all lives began; None before."""
        began: float | None = self._get("/began")
        return began

    def calls(self) -> list[Call]:
        """All calls about jobs that have been answered so far."""
        return [Call(*call) for call in self._get("/calls")]

    def reads(self) -> list[tuple[float, float]]:
        """When each read of an order came, and when it was answered."""
        return [(asked_at, answered_at) for asked_at, answered_at in self._get("/reads")]

    def _get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        connection = HTTPConnection(_HOST, self.port, timeout=_STOP_LIMIT)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def serving(plan: Plan) -> Iterator[Serving]:
    """Serve the plan while the block runs."""
    command = [sys.executable, "-m", "tests.benchmarks.lives"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment({})
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(asdict(plan)))
            process.stdin.close()
            yield Serving(int(process.stdout.readline()))
        finally:
            process.terminate()
            process.wait(_STOP_LIMIT)


async def _serve(plan: Plan) -> None:
    server = await asyncio.get_running_loop().create_server(web.Server(Tenant(plan).answer), _HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Plan(**json.load(sys.stdin))))
