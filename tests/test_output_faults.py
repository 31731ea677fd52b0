"""Exit statuses when standard output or standard error cannot be written, and after an internal error."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.storage.opening import added, opened
from tests.support.building import job_id, watch
from tests.support.process import environment
from tests.support.program import PROGRAM, pointed_at
from zjobtui.config.paths import store_path
from zjobtui.simulator.server import Simulator, running


@pytest.fixture(scope="module")
def world() -> Iterator[Simulator]:
    """A tenant whose jobs have all ended but one: 0 is done, 1 failed."""
    starts, began = iter([0.0]), time.monotonic()
    with running(jobs=12, seed=7, clock=lambda: next(starts, 200.0 + time.monotonic() - began)) as served:
        yield served


def shell(line: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Return exit status and standard error of a shell command in which `zjobtui` is the program."""
    script = f'zjobtui() {{ "{sys.executable}" -m zjobtui "$@"; }}; {line}'
    done = subprocess.run(["/bin/sh", "-c", script], env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def many() -> None:
    """Add more jobs than fit into a buffer or a pipe."""
    with opened(store_path()) as (store, _):
        added(store, *(watch(number) for number in range(1, 1_201)))


@pytest.mark.slow
@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("line", "status", "sentence"),
    [
        ("zjobtui ls >/dev/full", 7, "No space left on device"),
        ("zjobtui show 00000001 >/dev/full", 7, "No space left on device"),
        ("zjobtui wait --help >/dev/full", 7, "No space left on device"),
        ("zjobtui export >/dev/full 2>/dev/full", 7, ""),
        ("zjobtui show 00000001 2>/dev/full", 0, ""),
        ("zjobtui rm nothing 2>/dev/full", 2, ""),
        ("zjobtui nonsense 2>/dev/full", 2, ""),
        ("zjobtui ls --filter label:none 2>&- >&- <&-", 0, ""),
        ("{ zjobtui --help; echo $? >&2; } | true", 0, "141\n"),
        ("{ zjobtui rm nothing 2>&1; echo $? >&3; } 3>&2 | true", 0, "2\n"),
    ],
)
def test_unwritable_output_ends_a_command_with_7_and_unwritable_errors_change_nothing(
    line: str, status: int, sentence: str
) -> None:
    ended, complained = shell(line)
    assert ended == status
    assert sentence in complained
    assert complained.count("\n") == bool(sentence)


@pytest.mark.slow
def test_wait_continues_without_progress_output_and_exits_with_1_only_for_a_failed_job(
    world: Simulator, tmp_path: Path
) -> None:
    env = environment(pointed_at(world, tmp_path))
    done, failed = world.job_ids[:2]
    assert shell(f"zjobtui wait {done} --timeout 60s >/dev/null 2>/dev/full", env) == (0, "")
    assert shell(f"{{ zjobtui wait {failed} >/dev/null 2>&1; echo $? >&3; }} 3>&2 2>&1 | true", env) == (0, "1\n")
    assert shell(f"zjobtui wait {failed} >/dev/full 2>/dev/full", env) == (7, "")


@pytest.mark.usefixtures("many")
def test_a_full_pipe_that_does_not_block_is_waited_for() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with subprocess.Popen([*PROGRAM, "ls"], stdout=writer, stderr=subprocess.PIPE) as started:
        end = time.monotonic() + 20
        while select.select((), (writer,), (), 0)[1]:
            assert time.monotonic() < end
            time.sleep(0.01)
        os.close(writer)
        with os.fdopen(reader, "rb") as output:
            assert output.read().count(b"\n") == 1_201
        assert started.communicate()[1] == b""
    assert started.returncode == 0


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("is_blocking", [True, False])
def test_output_written_before_an_interruption_is_not_repeated(is_blocking: bool) -> None:
    whole = subprocess.run([*PROGRAM, "ls"], capture_output=True, check=True).stdout
    reader, writer = os.pipe()
    os.set_blocking(writer, is_blocking)
    command = [*PROGRAM, "ls"]
    with subprocess.Popen(command, stdout=writer, stderr=subprocess.PIPE) as started, os.fdopen(reader, "rb") as output:
        wait_until_asleep_over_a_full_pipe(started.pid, writer)
        os.close(writer)
        started.send_signal(signal.SIGINT)
        written = output.read()
        assert started.wait(20) == 130
    assert whole.startswith(written)
    assert len(written) > 4_096


@pytest.mark.slow
@pytest.mark.parametrize("words", [("watch",), ("wait", "--timeout", "60s")], ids=lambda words: words[0])
def test_a_signal_ends_a_command_whose_output_is_not_read(
    words: tuple[str, ...], world: Simulator, tmp_path: Path
) -> None:
    env = environment(pointed_at(world, tmp_path))
    subprocess.run([*PROGRAM, "add", world.job_ids[0]], env=env, check=True, capture_output=True)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4_096)
    os.set_blocking(writer, True)
    command = [*PROGRAM, *words, *([world.job_ids[0]] if words[0] == "wait" else [])]
    with subprocess.Popen(command, env=env, stdout=writer, stderr=subprocess.PIPE) as process:
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(15) == 143
        finally:
            process.kill()
            os.close(reader)
            os.close(writer)


def wait_until_asleep_over_a_full_pipe(pid: int, writer: int) -> None:
    end = time.monotonic() + 20
    while select.select((), (writer,), (), 0)[1] or Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][1] != "S":
        assert time.monotonic() < end
        time.sleep(0.01)


CRASHING = """
import sys
from zjobtui.bootstrap import configuration
from zjobtui.__main__ import main

def fail(*_, **__):
    secret = "sentinel-7f3e9c"
    raise TypeError("it broke \\x1b[2J")

configuration.configuration = fail
sys.argv = ["zjobtui", *sys.argv[1:]]
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("words", [["wait", job_id().given], ["tenants"]])
def test_an_internal_error_prints_its_traceback_and_exits_with_70(words: list[str]) -> None:
    command = [sys.executable, "-c", CRASHING, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith("zjobtui: internal error: TypeError in fail; this is a bug\nTraceback ")
    assert done.stderr.endswith("\nTypeError: it broke ␛[2J\n")
    assert "sentinel" not in done.stderr
    with Path("/dev/full").open("wb") as full:
        assert subprocess.run(command, stdout=full, stderr=full, check=False).returncode == 70
