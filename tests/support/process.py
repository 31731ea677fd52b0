"""Start programs on a terminal, with default signals, and read their costs from /proc."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_FOREIGN = (
    "PYTHONDONTWRITEBYTECODE",
    "ZUORA_",
    "TEXTUAL",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "COLUMNS",
    "LINES",
    "TERM_PROGRAM",
    "TMUX",
    "STY",
    "DISPLAY",
    "WAYLAND_DISPLAY",
)
_TICKS = os.sysconf("SC_CLK_TCK")

# A shell in a new session opens the terminal and so makes it the controlling one, without Python between fork and exec.
_ON_TERMINAL = 'exec "$@" <>"$0" >&0 2>&0'

_IGNORED_BY_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}
"""Signals that `subprocess` restores itself."""


def stop_inheriting_ignored_signals() -> None:
    """Start all further programs with default signals: replace each ignored signal of this process by an empty handler.

    Programs inherit ignored signals (SIGINT from a shell that runs the tests in the background, SIGHUP from `nohup`),
    but no handlers.
    """
    for number in signal.valid_signals() - _IGNORED_BY_PYTHON:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def start_on_terminal(
    command: Sequence[str], terminal: str, *, env: Mapping[str, str], cwd: Path | None, ignoring_hangup: bool
) -> subprocess.Popen[bytes]:
    """Run the command as leader of a session whose controlling terminal is the device `terminal`."""
    script = f"trap '' HUP; {_ON_TERMINAL}" if ignoring_hangup else _ON_TERMINAL
    return subprocess.Popen(
        ["/bin/sh", "-c", script, terminal, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(env),
        cwd=cwd,
        start_new_session=True,
    )


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return this environment without the developer's own tenant and terminal settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", **extra}


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of the process, including its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mib(pid: int) -> float:
    """Return the resident memory of the process in MiB."""
    return _status(pid, "VmRSS") / 1024


def thread_count(pid: int) -> int:
    """Return the number of threads of the process."""
    return _status(pid, "Threads")


def open_file_count(pid: int) -> int:
    """Return the number of open file descriptors of the process."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
