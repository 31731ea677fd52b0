"""One trial of HTTP alone, run by `children.py`: forty workers ask about jobs; prints wall, CPU and polls as JSON."""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from tests.benchmarks.clients import CLIENTS, CONNECTIONS, Ask

_WARM_UP = 400


def main() -> None:
    """Ask with one client, first to warm up, then measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=sorted(CLIENTS))
    parser.add_argument("ids_file", type=Path)
    parser.add_argument("--count", type=int, default=4_000)
    asked = parser.parse_args()
    job_ids = cycle(asked.ids_file.read_text(encoding="utf-8").split())
    print(json.dumps(asyncio.run(_measure(asked.client, job_ids, asked.count))))


async def _measure(client: str, job_ids: Iterator[str], count: int) -> dict[str, float]:
    async with CLIENTS[client]() as ask:
        await _ask_all(ask, islice(job_ids, _WARM_UP))
        wall, cpu = time.perf_counter(), time.process_time()
        await _ask_all(ask, islice(job_ids, count))
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "polls": count}


async def _ask_all(ask: Ask, job_ids: Iterator[str]) -> None:
    async def work() -> None:
        for job_id in job_ids:
            await ask(job_id)

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


if __name__ == "__main__":
    main()
