"""Runs the user's own programs without shell, terminal or secrets: one that prints a secret, one that is notified."""

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
"""Seconds that a command may take; one that asks a person for a password takes longer, and is refused."""

OUTPUT_LIMIT = 16 * 1024
"""Bytes that are read; a command that prints more prints no secret."""

WITHHELD = frozenset({"ZUORA_CLIENT_SECRET", "ZUORA_BEARER_TOKEN"})
"""Variables that no child process is given."""

NOTHING = Secret("")

_TICK = 0.05

NOTIFY_TIME_LIMIT = 30.0
"""Seconds that one run may take."""

AT_ONCE = 4
"""Runs at a time."""

QUEUED = 200
"""Texts that wait for their turn; what comes beyond them is not handed over, and that is told."""


def child_environment(environ: Mapping[str, str], withheld: Collection[str] = ()) -> dict[str, str]:
    """The environment for a child process: all but the variables that hold secrets."""
    return {name: text for name, text in environ.items() if name not in WITHHELD and name not in withheld}


def run_command(words: Sequence[str], environ: Mapping[str, str], time_limit: float) -> tuple[Secret, str]:
    """What a program printed, and why that is not to be used: an empty text where it ended well.

    It runs in a session of its own: it cannot draw over the screen or wait for keys, and it ends with all it started.
    """
    process = start(words, environ, stdin=DEVNULL, stdout=subprocess.PIPE)
    if isinstance(process, str):
        return NOTHING, process
    deadline, ending = time.monotonic() + time_limit, partial(end, process)
    atexit.register(ending)  # whoever leaves meanwhile does not wait for it
    try:
        output = _read(process, deadline)
        is_long = len(output) > OUTPUT_LIMIT
        fault = "printed far more than a secret" if is_long else what_came_of(process, deadline, time_limit)
    finally:
        atexit.unregister(ending)
        ending()
    return (NOTHING, fault) if fault else (Secret(output.decode(errors="replace")), "")


def start(
    words: Sequence[str], environ: Mapping[str, str], *, stdin: int | IO[bytes], stdout: int
) -> subprocess.Popen[bytes] | str:
    """The program in a session of its own, or why it could not be started."""
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own configuration names the program
            words, env=dict(environ), stdin=stdin, stdout=stdout, stderr=DEVNULL, start_new_session=True
        )
    except (OSError, ValueError) as fault:
        return f"could not be started: {getattr(fault, 'strerror', None) or 'that is no program'}"


def what_came_of(process: subprocess.Popen[bytes], deadline: float, time_limit: float) -> str:
    """Waits for its end until `deadline` (monotonic); says why it did not end well, or nothing."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, deadline - time.monotonic()))
    if process.returncode is None:
        return f"did not end within {time_limit:g} seconds and was stopped"
    if process.returncode < 0:
        return f"was ended by signal {-process.returncode}"
    return f"failed with exit status {process.returncode}" if process.returncode > 0 else ""


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends it with all that it started, if it has not ended."""
    if process.stdout is not None:
        process.stdout.close()
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _read(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """What it prints until it ends: not until the pipe ends, which a daemon that it started may hold open."""
    output, stream = b"", _stream(process)
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(output) <= OUTPUT_LIMIT and time.monotonic() < deadline:
            has_ended = process.poll() is not None
            if selector.select(0 if has_ended else _TICK):
                chunk = os.read(stream.fileno(), OUTPUT_LIMIT)
                if not chunk:
                    break
                output += chunk
            elif has_ended:
                break
    return output


def _stream(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise RuntimeError("the command was started without a pipe")
    return process.stdout


class NotifyCommand:
    """Runs `words`, without shell, terminal or secrets, once for each text, which it reads from its standard input."""

    def __init__(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        withheld: Collection[str] = (),
        time_limit: float = NOTIFY_TIME_LIMIT,
    ) -> None:
        self.fault = ""
        """Why the last run was of no use, for people; nothing after one that ended well."""
        self._words = tuple(words)
        self._environ = child_environment(environ, withheld)
        self._time_limit = time_limit
        self._texts: Queue[str] = Queue(QUEUED)
        self._threads: list[threading.Thread] = []

    def hand_over(self, text: str) -> None:
        """Returns at once."""
        try:
            self._texts.put_nowait(text)
        except Full:
            self.fault = (
                f"The command in [notify] is too slow: {QUEUED} jobs wait for it, and more are not handed over."
            )
        if len(self._threads) < AT_ONCE:
            self._threads.append(threading.Thread(target=self._work, name="notify", daemon=True))
            self._threads[-1].start()

    def _work(self) -> None:
        while True:
            fault = self._run(self._texts.get())
            self.fault = f"The command in [notify] {fault}." if fault else ""

    def _run(self, text: str) -> str:
        try:
            with TemporaryFile() as given:
                given.write(text.encode(errors="replace"))
                given.seek(0)
                process = start(self._words, self._environ, stdin=given, stdout=DEVNULL)
        except OSError as fault:
            return f"was given nothing: {fault.strerror}"
        if isinstance(process, str):
            return process
        try:
            return what_came_of(process, time.monotonic() + self._time_limit, self._time_limit)
        finally:
            end(process)
