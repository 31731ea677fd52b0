"""Run the user's commands without shell, terminal or secrets: to read a secret, and to send notifications."""

import atexit
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from queue import Full, Queue
from subprocess import DEVNULL
from tempfile import TemporaryFile
from typing import IO

from zjobtui.models.tenant import Secret

SECRET_TIME_LIMIT = 20.0
"""Seconds that a command may take; one that prompts for a password takes longer and is refused."""

OUTPUT_LIMIT = 16 * 1024
"""Bytes of output that are read; more than that is not a secret."""

WITHHELD = frozenset({"ZUORA_CLIENT_SECRET", "ZUORA_BEARER_TOKEN"})
"""Environment variables that are never passed to a command."""

NO_SECRET = Secret("")

_TICK = 0.05

NOTIFY_TIME_LIMIT = 30.0
"""Seconds that one run of the notification command may take."""

AT_ONCE = 4
"""Runs of the notification command at the same time."""

QUEUED = 200
"""Notifications that may wait for a run; further ones are dropped, and `NotifyCommand.fault` reports it."""


def child_environment(environ: Mapping[str, str], withheld: Collection[str] = ()) -> dict[str, str]:
    """Return the environment for a command: all variables but those that hold secrets."""
    return {name: text for name, text in environ.items() if name not in WITHHELD and name not in withheld}


def run_command(words: Sequence[str], environ: Mapping[str, str], time_limit: float) -> tuple[Secret, str]:
    """Run a command; return what it printed and "", or no secret and why the command failed.

    It runs in a session of its own: it cannot draw over the screen or wait for keys, and all its processes are killed.
    """
    process = start(words, environ, stdin=DEVNULL, stdout=subprocess.PIPE)
    if isinstance(process, str):
        return NO_SECRET, process
    deadline, kill = time.monotonic() + time_limit, partial(kill_group, process)
    atexit.register(kill)  # a program that exits meanwhile does not wait for the command
    try:
        output = _read(process, deadline)
        is_long = len(output) > OUTPUT_LIMIT
        error = "printed too much text for a secret" if is_long else wait_for_exit(process, deadline, time_limit)
    finally:
        atexit.unregister(kill)
        kill()
    return (NO_SECRET, error) if error else (Secret(output.decode(errors="replace")), "")


def start(
    words: Sequence[str], environ: Mapping[str, str], *, stdin: int | IO[bytes], stdout: int
) -> subprocess.Popen[bytes] | str:
    """Start a command in a session of its own; return its process, or why it could not be started."""
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own configuration names the program
            words, env=dict(environ), stdin=stdin, stdout=stdout, stderr=DEVNULL, start_new_session=True
        )
    except (OSError, ValueError) as error:
        return f"could not be started: {getattr(error, 'strerror', None) or 'not a valid command'}"


def wait_for_exit(process: subprocess.Popen[bytes], deadline: float, time_limit: float) -> str:
    """Wait until the process exits or `deadline` (monotonic) has passed; return why it failed, or ""."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, deadline - time.monotonic()))
    if process.returncode is None:
        return f"did not exit within {time_limit:g}s and was stopped"
    if process.returncode < 0:
        return f"was killed by signal {-process.returncode}"
    return f"failed with exit status {process.returncode}" if process.returncode > 0 else ""


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and all processes that it started, unless it has exited."""
    if process.stdout is not None:
        process.stdout.close()
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _read(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Return the output until the process exits, not until the pipe is closed: a daemon may keep that open."""
    output, stream = b"", _stream(process)
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(output) <= OUTPUT_LIMIT and time.monotonic() < deadline:
            has_exited = process.poll() is not None
            if selector.select(0 if has_exited else _TICK):
                chunk = os.read(stream.fileno(), OUTPUT_LIMIT)
                if not chunk:
                    break
                output += chunk
            elif has_exited:
                break
    return output


def _stream(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise RuntimeError("the command was started without a pipe")
    return process.stdout


class NotifyCommand:
    """Runs a command once for each notification, which it reads from its standard input."""

    def __init__(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        withheld: Collection[str] = (),
        time_limit: float = NOTIFY_TIME_LIMIT,
    ) -> None:
        self.fault = ""
        """Why the last run failed, for the user; empty after a run that succeeded."""
        self._words = tuple(words)
        self._environ = child_environment(environ, withheld)
        self._time_limit = time_limit
        self._texts: Queue[str] = Queue(QUEUED)
        self._threads: list[threading.Thread] = []

    def hand_over(self, text: str) -> None:
        """Queue the text of a notification; returns at once."""
        try:
            self._texts.put_nowait(text)
        except Full:
            self.fault = f"The command in [notify] is too slow: {QUEUED} notifications are queued, more are dropped."
        if len(self._threads) < AT_ONCE:
            self._threads.append(threading.Thread(target=self._work, name="notify", daemon=True))
            self._threads[-1].start()

    def _work(self) -> None:
        while True:
            error = self._run(self._texts.get())
            self.fault = f"The command in [notify] {error}." if error else ""

    def _run(self, text: str) -> str:
        try:
            with TemporaryFile() as file:
                file.write(text.encode(errors="replace"))
                file.seek(0)
                process = start(self._words, self._environ, stdin=file, stdout=DEVNULL)
        except OSError as error:
            return f"could not be started, because its input could not be written: {error.strerror}"
        if isinstance(process, str):
            return process
        try:
            return wait_for_exit(process, time.monotonic() + self._time_limit, self._time_limit)
        finally:
            kill_group(process)
