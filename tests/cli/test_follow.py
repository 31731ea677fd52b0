"""`add --follow`: ids are added as they come, in the real process, with bounded memory."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.locks import locked
from tests.support.process import environment, resident_mib
from tests.support.running import run
from zjobtui.config.paths import store_path

ONE, TWO, THREE = (f"{digit}22638b100b62fb49212a73044c4ac46" for digit in "678")
TOKEN = "6d151216ef504f65b8ff6e9e9e8356d3"


@contextmanager
def following(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "zjobtui", "add", "--follow", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment({})) as process:
        try:
            yield process
        finally:
            process.kill()


def send(process: "subprocess.Popen[bytes]", text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text.encode())
    process.stdin.flush()


def ended(process: "subprocess.Popen[bytes]") -> tuple[int, list[str], str]:
    printed, complained = process.communicate(timeout=30)
    return process.returncode, printed.decode().splitlines(), complained.decode()


def watched() -> list[str]:
    return [one["job_id"] for one in json.loads(run("ls", "--json").stdout)["jobs"]]


def wait_for_ids(expected: list[str], limit: float) -> float:
    """Wait until these ids are watched; return after how many seconds they were."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        if store_path().exists() and watched() == expected:
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(watched())


@pytest.mark.slow
def test_ids_are_added_once_as_they_arrive_and_credentials_are_not() -> None:
    run("add", TWO)
    run("rm", TWO)
    with following("-", "--label", "CS-1", "--tag", "a") as process:
        send(process, f'job started\n"access_token":\n  "{TOKEN}"\njobId={ONE}\n')
        wait_for_ids([ONE], 20)
        send(
            process,
            f"jobId={ONE} again, {TOKEN}\nrequestId={TOKEN[::-1]}\njobId={TWO}\njobId={THREE[:-1]}\njobId={THREE}",
        )
        time.sleep(1.0)
        assert watched() == [ONE], "the last line has not ended, and the other job was removed"
        status, printed, complained = ended(process)
    assert (status, printed) == (1, [f"{ONE} added", f"{THREE} added", "2 jobs added, 1 known, 1 refused."])
    assert watched() == [ONE, THREE]
    for sentence in (
        "was removed or archived; add it with",
        f"“{THREE[:-1]}” looks like a job id",
        "Skipped 1 other id",
    ):
        assert sentence in complained
    listed = json.loads(run("ls", "--json").stdout)["jobs"]
    assert [(one["label"], one["tags"]) for one in listed] == [("CS-1", ["a"])] * 2
    kept = b"".join(path.read_bytes() for path in store_path().parent.iterdir() if path.is_file())
    assert TOKEN not in complained
    assert TOKEN.encode() not in kept


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_keeps_the_added_ids_and_prints_a_summary(number: signal.Signals, status: int) -> None:
    with following() as process:
        send(process, f"job {ONE}\n")
        wait_for_ids([ONE], 20)
        send(process, f"job {TWO}\njob {THREE[:20]}")
        time.sleep(0.1)
        process.send_signal(number)
        assert ended(process)[:2] == (
            status,
            [f"{ONE} added", f"{TWO} added", "2 jobs added, 0 known, 0 refused."],
        )
    assert watched() == [ONE, TWO]


@pytest.mark.slow
def test_an_id_on_an_unfinished_line_is_added_on_an_interruption() -> None:
    with following() as process:
        send(process, f"job {ONE}\n")
        wait_for_ids([ONE], 20)
        send(process, f"job {TWO}\njob {THREE}")
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert ended(process)[:1] == (143,)
    assert watched() == [ONE, TWO, THREE]


@pytest.mark.slow
@pytest.mark.parametrize("is_read", [True, False])
def test_no_id_is_lost_if_the_output_is_not_read(is_read: bool) -> None:
    """Of many ids some are printed; then the reader closes the pipe, or stops reading and a signal ends the command."""
    ids = [f"{number:032x}" for number in range(0xA1B2C3, 0xA1B2C3 + 3_000)]
    with following() as process:
        send(process, "".join(f"job {each}\n" for each in ids))
        assert process.stdout is not None
        process.stdout.readline()
        if is_read:
            send(process, f"job {ONE}")
            process.stdout.close()
            process.stdout = None
            assert process.wait(20) == 141
        else:
            time.sleep(1)
            send(process, f"job {ONE}")
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 143
    assert set(ids) <= set(watched())


def test_an_empty_input_ends_the_command_at_once() -> None:
    with following("-") as process:
        assert ended(process)[:2] == (0, ["0 jobs added, 0 known, 0 refused."])


@pytest.mark.slow
def test_ids_that_cannot_be_saved_are_saved_later() -> None:
    run("add", ONE)
    with following() as process:
        with locked(store_path()):
            send(process, f"job {TWO}\n")
            time.sleep(1)
        assert ended(process)[:1] == (0,)
    assert watched() == [ONE, TWO]


@pytest.mark.slow
def test_a_fast_stream_without_ids_takes_no_memory() -> None:
    lines = "".join(
        f"2026-11-23T14:02:31Z INFO order O-{number} posted in {number % 977} ms\n" for number in range(15_000)
    )
    with following() as process:
        send(process, f"{lines}\n")
        before = resident_mib(process.pid)
        for _ in range(60):
            send(process, lines)
        assert resident_mib(process.pid) < before + 15
        send(process, f"job {ONE}\n")
        assert wait_for_ids([ONE], 20) < 3
        assert ended(process)[0] == 0
