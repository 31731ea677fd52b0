"""The name of the host cannot be resolved, which takes long: a command that polls still ends in time."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.process import environment

HANGING = """
import socket, sys, time

def hang(*_, **__):
    time.sleep(60)
    raise socket.gaierror(socket.EAI_AGAIN, "no name server responds")

socket.getaddrinfo = hang
from zjobtui.__main__ import main
main()
"""
"""The program on a machine whose name servers do not respond."""

JOB = "1bc24f315d7b48d3a20245bfe73bdceb"

LIMIT = 8.0
"""Seconds from the timeout, or from the signal, in which the command must have ended."""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(
        {
            "ZUORA_BASE_URL": "https://rest.example.invalid",
            "ZUORA_CLIENT_ID": "id",
            "ZUORA_CLIENT_SECRET": "sentinel",
            "HOME": str(tmp_path),
            "ZJOBTUI_DATA_DIR": str(tmp_path / "data"),
        }
    )


@pytest.mark.slow
def test_waiting_ends_with_its_timeout(env: dict[str, str]) -> None:
    began = time.monotonic()
    command = [sys.executable, "-c", HANGING, "wait", JOB, "--timeout", "1s"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=False)
    assert time.monotonic() - began <= 1 + LIMIT
    assert (done.returncode, done.stdout.split()[1:3]) == (6, ["running", JOB])


@pytest.mark.slow
def test_watching_ends_after_a_signal(env: dict[str, str]) -> None:
    command = [sys.executable, "-c", HANGING, "watch"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        assert watching.stderr.readline().startswith("Watching 0 jobs")
        subprocess.run(
            [sys.executable, "-m", "zjobtui", "add", JOB], env=env, capture_output=True, timeout=30, check=True
        )
        time.sleep(4)  # the job is read from the store, and polled
        watching.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert watching.wait(90) == 128 + signal.SIGTERM
        assert time.monotonic() - began <= LIMIT
