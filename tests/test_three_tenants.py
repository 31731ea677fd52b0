"""Three tenants in one window: a host that is down slows neither of the others, and is reported."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.certificates import CERTIFICATE
from tests.support.program import PROGRAM
from tests.support.terminal import Terminal
from tests.test_whole_program import free_port
from zjobtui.config.paths import STORE_NAME
from zjobtui.models.job import JobId, JobRef
from zjobtui.models.watched_job import WatchedJob
from zjobtui.simulator.server import Simulator, running
from zjobtui.storage.store import open_store
from zjobtui.zuora.parser import read_report

pytestmark = pytest.mark.slow

JOBS = 6


def table(name: str, url: str, client_id: str) -> str:
    return f'[tenants.{name}]\nurl = "{url}"\nclient_id = "{client_id}"\nsecret_env = "{name.upper()}_SECRET"\n'


def stored_for_all(folder: Path, tenants: dict[str, Simulator]) -> None:
    """Write a watchlist with a few jobs of each tenant."""
    watches = [
        WatchedJob(job=JobRef(name, JobId(one)), added_at=time.time(), added_by="test")
        for name, served in tenants.items()
        for one in served.job_ids[:JOBS]
    ]
    store, watchlist = open_store(folder / STORE_NAME, read_report)
    with closing(store):
        store.apply(watchlist.add(watches))


def fast(seed: int) -> AbstractContextManager[Simulator]:
    """A tenant whose jobs end twice as fast as others."""
    return running(jobs=JOBS, seed=seed, clock=lambda: 2 * time.monotonic())


@contextmanager
def watched(folder: Path, north: Simulator, south: Simulator) -> Iterator[Terminal]:
    config = folder / "config.toml"
    config.write_text(
        table("north", north.base_url, north.client_id)
        + table("dead", f"https://127.0.0.1:{free_port()}", "id")
        + table("south", south.base_url, south.client_id)
    )
    stored_for_all(folder, {"north": north, "dead": north, "south": south})
    env = {
        "HOME": str(folder),
        "ZJOBTUI_CONFIG": str(config),
        "ZJOBTUI_DATA_DIR": str(folder),
        "NORTH_SECRET": north.client_secret,
        "SOUTH_SECRET": south.client_secret,
        "DEAD_SECRET": "sentinel-of-the-dead",
        "SSL_CERT_FILE": str(CERTIFICATE),
    }
    with Terminal(PROGRAM, 140, 40, env=env) as terminal:
        terminal.wait_for("Jobs · 18", 20)
        yield terminal


def rows(text: str, tenant: str) -> list[str]:
    return [line[:70] for line in text.splitlines() if f" {tenant} " in line[:70] and "│" in line[:1]]


def is_fresh(text: str, tenant: str) -> bool:
    return any("no response" not in row for row in rows(text, tenant))


@pytest.mark.slow
def test_a_dead_host_is_reported_while_others_are_polled_and_own_certificates_are_named(tmp_path: Path) -> None:
    with fast(7) as north, fast(8) as south, watched(tmp_path, north, south) as terminal:
        terminal.wait_for("✗ dead: cannot be reached", 20)
        terminal.wait_for(lambda text: is_fresh(text, "north") and is_fresh(text, "south"), 20)
        assert "dead is polled with certificates from SSL_CERT_FILE=" in terminal.text()
        asked = north.requests.total, south.requests.total
        end = time.monotonic() + 20
        while north.requests.total == asked[0] or south.requests.total == asked[1]:
            assert time.monotonic() < end, (asked, north.requests, south.requests)
            terminal.bytes_within(0.3)
        assert len(rows(terminal.text(), "dead")) == JOBS
        assert [row for row in rows(terminal.text(), "dead") if "no response yet" not in row] == []
        assert "sentinel" not in terminal.text()
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_window_of_one_tenant_shows_only_its_jobs_and_keeps_all(tmp_path: Path) -> None:
    with fast(1) as south:
        config = tmp_path / "config.toml"
        config.write_text(table("south", south.base_url, south.client_id) + table("north", south.base_url, "id"))
        stored_for_all(tmp_path, {"north": south, "south": south, "gone": south})
        env = {
            "HOME": str(tmp_path),
            "ZJOBTUI_CONFIG": str(config),
            "ZJOBTUI_DATA_DIR": str(tmp_path),
            "SOUTH_SECRET": south.client_secret,
        }
        with Terminal([*PROGRAM, "--tenant", "south"], 140, 40, env=env) as terminal:
            terminal.wait_for(f"Jobs · {JOBS} ·", 20)
            store, watchlist = open_store(tmp_path / STORE_NAME, read_report)
            with closing(store):
                north = [watch.job for watch in watchlist if watch.job.tenant == "north"]
                store.apply(watchlist.note([*north, JobRef("south", JobId(south.job_ids[0]))], "from elsewhere"))
            terminal.press("/", *"elsewhere", "enter")
            terminal.wait_for(f"Jobs · 1 of {JOBS} ·")
        store, watchlist = open_store(tmp_path / STORE_NAME, read_report)
        with closing(store):
            assert len(watchlist) == 3 * JOBS
