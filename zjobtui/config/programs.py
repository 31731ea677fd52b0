"""Run commands without shell, terminal or secrets: to read a secret, to send notifications, to copy text."""

import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from queue import Full, Queue
from subprocess import DEVNULL
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.redaction import MASK, mask_secrets
from zjobtui.models.tenant import Secret
from zjobtui.models.text import clean, clean_lines, shorten
from zjobtui.signals import before_exit, forget

SECRET_TIME_LIMIT = 20.0
"""Seconds that a command may take by default; one that prompts for a password takes longer and is refused."""

OUTPUT_LIMIT = 16 * 1024
"""Bytes of output that are read; more than that is not a secret."""

ERROR_OUTPUT_BYTES = 4 * 1024
"""Bytes kept of the error output; more than one line."""

ERROR_LINE_CHARACTERS = 160
"""Characters of the last line that are shown."""

_LEAST_SECRET = 4

_WORD = r"[^\s“”\"'<>()\[\]]"
_OPAQUE = lazy_pattern(rf"(?={_WORD}*[A-Za-z])(?={_WORD}*\d){_WORD}{{6,}}|[A-Za-z+/=]{{24,}}")
"""Words that may be secret: at least six characters with letters and digits, or a long run of letters."""

_COLOUR = re.compile(r"\x1b\[[\d;:]*m")

WITHHELD_VARIABLES = frozenset({"ZUORA_CLIENT_SECRET", "ZUORA_BEARER_TOKEN"})
"""Environment variables that are never passed to a command."""

NO_SECRET = Secret("")

_TICK = 0.05

NOTIFY_TIME_LIMIT = 30.0
"""Seconds that one run of the notification command may take."""

NOTIFICATIONS_AT_ONCE = 4
"""Runs of the notification command at the same time."""

QUEUED = 200
"""Notifications that may wait for a run; further ones are dropped, and `NotifyCommand.fault` reports it."""


def child_environment(environ: Mapping[str, str], withheld: Collection[str] = ()) -> dict[str, str]:
    """Return the environment for a command: all variables but those that hold secrets."""
    return {name: text for name, text in environ.items() if name not in WITHHELD_VARIABLES and name not in withheld}


class CommandOutput(NamedTuple):
    """What a command printed; why it failed, or ""; and the last line of its standard error, safe to show."""

    secret: Secret
    error: str
    message: str = ""


def run_command(words: Sequence[str], environ: Mapping[str, str], time_limit: float) -> CommandOutput:
    """Run a command; return what it printed and its last message, or no secret and why the command failed.

    It runs in a session of its own: it cannot draw over the screen or wait for keys, and all its processes are killed.
    """
    process = start_program(words, environ, stdin=DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if isinstance(process, str):
        return CommandOutput(NO_SECRET, process)
    deadline = time.monotonic() + time_limit
    with kill_at_exit(process):
        output, messages = _read(process, deadline)
        is_long = len(output) > OUTPUT_LIMIT
        error = "printed too much text for a secret" if is_long else wait_for_exit(process, deadline, time_limit)
    secret = Secret(output.decode(errors="replace"))
    message = last_message(messages.decode(errors="replace"), secret)
    return CommandOutput(NO_SECRET if error else secret, error, message)


def start_program(
    words: Sequence[str], environ: Mapping[str, str], *, stdin: int | IO[bytes], stdout: int, stderr: int = DEVNULL
) -> subprocess.Popen[bytes] | str:
    """Start a command in a session of its own; return its process, or why it could not be started."""
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own configuration names the program
            words, env=dict(environ), stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
        )
    except (OSError, ValueError) as error:
        return f"could not be started: {getattr(error, 'strerror', None) or 'not a valid command'}"


def feed_command(words: Sequence[str], environ: Mapping[str, str], text: str, time_limit: float) -> tuple[str, str]:
    """Run a command that reads `text`; return what it printed and "", or an empty text and why the command failed.

    Files take the place of pipes: a command that exits may leave a process behind on purpose, as xclip does to serve
    the clipboard, and that process is neither awaited nor killed. A command that does not exit in time is killed with
    all its processes.
    """
    try:
        with TemporaryFile() as file, TemporaryFile() as printed:
            file.write(text.encode(errors="replace"))
            file.seek(0)
            process = start_program(words, environ, stdin=file, stdout=printed.fileno())
            if isinstance(process, str):
                return "", process
            with kill_at_exit(process):
                error = wait_for_exit(process, time.monotonic() + time_limit, time_limit)
            printed.seek(0)
            return ("", error) if error else (printed.read(OUTPUT_LIMIT).decode(errors="replace"), "")
    except OSError as error:
        return "", f"could not be started, because its input could not be written: {error.strerror}"


def wait_for_exit(process: subprocess.Popen[bytes], deadline: float, time_limit: float) -> str:
    """Wait until the process exits or `deadline` (monotonic) has passed; return why it failed, or ""."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, deadline - time.monotonic()))
    if process.returncode is None:
        return f"did not exit within {time_limit:g}s and was stopped"
    if process.returncode < 0:
        return f"was killed by signal {-process.returncode}"
    return f"failed with exit status {process.returncode}" if process.returncode > 0 else ""


@contextmanager
def kill_at_exit(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill the process and all processes that it started, unless it has exited, after the block and at any exit."""
    kill = partial(_kill_group, process)
    before_exit(kill)
    try:
        yield
    finally:
        for stream in filter(None, (process.stdout, process.stderr)):
            stream.close()
        kill()
        process.wait()
        forget(kill)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
    """Return standard output and the end of standard error until the process exits.

    Not until the pipes are closed: a daemon may keep them open.
    """
    texts: dict[IO[bytes] | None, bytes] = {process.stdout: b"", process.stderr: b""}
    with selectors.DefaultSelector() as selector:
        for stream in filter(None, texts):
            selector.register(stream, selectors.EVENT_READ, stream)
        while selector.get_map() and len(texts[process.stdout]) <= OUTPUT_LIMIT and time.monotonic() < deadline:
            has_exited = process.poll() is not None
            ready = selector.select(0 if has_exited else _TICK)
            for key, _ in ready:
                if chunk := os.read(key.fd, OUTPUT_LIMIT):
                    texts[key.data] += chunk
                else:
                    selector.unregister(key.fileobj)
            texts[process.stderr] = texts[process.stderr][-ERROR_OUTPUT_BYTES:]
            if has_exited and not ready:
                break
    return texts[process.stdout], texts[process.stderr]


def last_message(text: str, secret: Secret) -> str:
    """Return the last line of an error output, cleaned and without what is, or may be, a secret; "" if none is left.

    A word with letters and digits is masked if it is as long as a password, and whatever was printed as the secret.
    """
    text = clean_lines(_COLOUR.sub("", text).replace("\r", "\n")).strip()
    line = mask_secrets(clean(text.rpartition("\n")[2]))
    for part in secret.reveal().split():
        line = line.replace(part, MASK) if len(part) >= _LEAST_SECRET else line
    line = _OPAQUE.sub(MASK, line)
    return shorten(line, ERROR_LINE_CHARACTERS) if line.replace(MASK, "").strip() else ""


class NotifyCommand:
    """Run a command once for each notification, which it reads from its standard input."""

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
            self.fault = (
                f"The command in [notify] is too slow: {QUEUED} notifications are queued, further ones are dropped."
            )
        if len(self._threads) < NOTIFICATIONS_AT_ONCE:
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
                process = start_program(self._words, self._environ, stdin=file, stdout=DEVNULL)
        except OSError as error:
            return f"could not be started, because its input could not be written: {error.strerror}"
        if isinstance(process, str):
            return process
        with kill_at_exit(process):
            return wait_for_exit(process, time.monotonic() + self._time_limit, self._time_limit)
