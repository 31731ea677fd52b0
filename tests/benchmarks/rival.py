"""The rival: a monitor written in an afternoon. It polls every job at each interval and draws every row again.

    python -m tests.benchmarks.rival IDS_FILE [INTERVAL_SECONDS]

with ZUORA_BASE_URL, ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET set.
"""

import asyncio
import os
import sys
from pathlib import Path

import httpx
from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header

CALLS_AT_ONCE = 40
INTERVAL = 5.0


class Rival(App[None]):
    """A DataTable over one shared `httpx.AsyncClient`."""

    def __init__(self, job_ids: list[str], interval: float) -> None:
        super().__init__()
        self._job_ids = job_ids
        self._interval = interval
        self._gate = asyncio.Semaphore(CALLS_AT_ONCE)
        self._client = httpx.AsyncClient(
            base_url=os.environ["ZUORA_BASE_URL"], limits=httpx.Limits(max_connections=CALLS_AT_ONCE)
        )

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable(cursor_type="row")
        yield Footer()

    async def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for name in ("status", "job", "order", "account"):
            table.add_column(name, key=name, width=34 if name == "job" else 14)
        for job_id in self._job_ids:
            table.add_row("?", job_id, "", "", key=job_id)
        await self._sign_in()
        self.run_worker(self._watch())

    async def _sign_in(self) -> None:
        form = {
            "client_id": os.environ["ZUORA_CLIENT_ID"],
            "client_secret": os.environ["ZUORA_CLIENT_SECRET"],
            "grant_type": "client_credentials",
        }
        answer = await self._client.post("/oauth/token", data=form)
        self._client.headers["Authorization"] = "Bearer " + answer.json()["access_token"]

    async def _watch(self) -> None:
        while True:
            await asyncio.gather(*(self._ask(job_id) for job_id in self._job_ids))
            await asyncio.sleep(self._interval)

    async def _ask(self, job_id: str) -> None:
        async with self._gate:
            body = (await self._client.get(f"/v1/async-jobs/{job_id}")).json()
        table, result = self.query_one(DataTable), body.get("result") or {}
        table.update_cell(job_id, "status", body.get("status", "?"))
        table.update_cell(job_id, "order", result.get("orderNumber", ""))
        table.update_cell(job_id, "account", result.get("accountNumber", ""))


if __name__ == "__main__":
    Rival(
        job_ids=Path(sys.argv[1]).read_text(encoding="utf-8").split(),
        interval=float(sys.argv[2]) if len(sys.argv) > 2 else INTERVAL,
    ).run()
