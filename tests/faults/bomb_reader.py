"""A separate process that reads huge responses and prints by how many MiB its memory grew at most."""

import asyncio
import resource
import sys

from tests.faults.clients import JOB, kinds, open_client


async def read(base_url: str) -> None:
    """Warm up with good responses, then read as many huge ones; the server decides which is which."""
    async with open_client(base_url, limit=20) as client:
        for _ in range(10):
            await client.observe(JOB)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        observations = [await client.observe(JOB) for _ in range(2)]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.stdout.write(f"{[kind and kind.name for kind in kinds(observations)]} {grown / 1024:.1f}\n")


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1]))
