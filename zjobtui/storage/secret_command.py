"""Runs the program that prints a secret, without shell or terminal; tells how it ended, never what it said."""

import atexit
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import IO

from zjobtui.domain.tenant import Secret

TIME_LIMIT = 20.0
"""Seconds that a command may take; one that asks a person for a password takes longer, and is refused."""

OUTPUT_LIMIT = 16 * 1024
"""Bytes that are read; a command that prints more prints no secret."""

WITHHELD = frozenset({"ZUORA_CLIENT_SECRET", "ZUORA_BEARER_TOKEN"})
"""Variables that no child process is given."""

NOTHING = Secret("")

_TICK = 0.05


def child_environment(environ: Mapping[str, str], withheld: Collection[str] = ()) -> dict[str, str]:
    """The environment for a child process: all but the variables that hold secrets."""
    return {name: text for name, text in environ.items() if name not in WITHHELD and name not in withheld}


def run_command(words: Sequence[str], environ: Mapping[str, str], time_limit: float) -> tuple[Secret, str]:
    """What a program printed, and why that is not to be used: an empty text where it ended well.

    It runs in a session of its own: it cannot draw over the screen or wait for keys, and it ends with all it started.
    """
    process = start(words, environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
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
            words, env=dict(environ), stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, start_new_session=True
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
