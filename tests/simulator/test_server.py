import gc
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from tests.simulator.conftest import Call, Start
from zjobtui.simulator.server import Simulator, running

ALONE = """
from zjobtui.simulator.server import serve_forever
serve_forever(lambda server: print(server.base_url, flush=True), seed=7, jobs=3)
print("stopped")
"""


def test_the_simulator_listens_on_loopback_only(start: Start) -> None:
    port = int(start().base_url.removeprefix("http://127.0.0.1:"))
    with socket.create_connection(("127.0.0.1", port)):
        pass
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port)):
        pass


def test_the_same_seed_is_the_same_tenant(start: Start) -> None:
    first, same, other = start(seed=7), start(seed=7), start(seed=8)
    assert (first.client_id, first.client_secret, first.job_ids) == (same.client_id, same.client_secret, same.job_ids)
    assert first.client_id != other.client_id


def test_a_used_port_and_an_invalid_switch_are_raised_to_the_caller(start: Start) -> None:
    taken = start().port
    with pytest.raises(OSError, match="already in use"), running(port=taken):
        pass
    with pytest.raises(ValueError, match="“fire=1”"), running(faults="fire=1"):
        pass
    assert [thread.name for thread in threading.enumerate()].count("simulator") == 1


def test_it_stops_immediately_with_open_connections_and_running_calls(call: Call) -> None:
    with running(seed=7, faults="latency=30") as server:
        caller = call(server)
        waiting = threading.Thread(target=_ask_in_vain, args=[caller.http])
        waiting.start()
        while not server.requests.total:
            time.sleep(0.001)
        begun = time.perf_counter()
    assert time.perf_counter() - begun < 0.5
    waiting.join()


def test_a_connection_accepted_just_before_the_stop_is_closed_too() -> None:
    for _ in range(40):
        with running(seed=7, jobs=1) as server:
            late = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
        for connection in late:
            connection.close()
    gc.collect()  # an unclosed transport warns when it is collected, and a warning fails the test


async def test_it_serves_in_the_loop_of_its_caller() -> None:
    async with Simulator(seed=7) as server, httpx.AsyncClient(base_url=server.base_url) as http:
        assert (await http.get("/v1/async-jobs/" + "f" * 32)).json()["success"] is False


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_forever_ends_at_a_signal(number: int) -> None:
    command = [sys.executable, "-c", ALONE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as alone:
        assert alone.stdout is not None
        url = alone.stdout.readline().strip()
        assert httpx.get(f"{url}/v1/nothing", trust_env=False).json()["success"] is False
        alone.send_signal(number)
        assert alone.stdout.read() == "stopped\n"
    assert alone.returncode == 0


def _ask_in_vain(http: httpx.Client) -> None:
    with pytest.raises(httpx.TransportError):
        http.get("/v1/nothing")
