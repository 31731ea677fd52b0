"""Starts programs whose signals are at their defaults, and reads from /proc what they cost."""

import os
import signal
import subprocess
import sys
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
)
_TICKS = os.sysconf("SC_CLK_TCK")

# A shell in a new session opens the terminal and so makes it the controlling one, without Python between fork and exec.
_ON_TERMINAL = 'exec "$@" <>"$0" >&0 2>&0'

_WITH_DEFAULT_SIGNALS = """
import os, signal, sys
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""

_IGNORED_BY_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}
"""These `subprocess` restores by itself."""


def with_default_signals(command: Sequence[str]) -> list[str]:
    """The command, started so that no signal is ignored in it.

    What a process ignores its children ignore, too, and of a shell that runs tests in the background that is SIGINT,
    of `nohup` SIGHUP. A launcher that replaces itself sets them to their defaults: code between fork and exec is not
    safe in a process with threads.
    """
    ignored = {one for one in signal.valid_signals() if signal.getsignal(one) is signal.SIG_IGN} - _IGNORED_BY_PYTHON
    return [*((sys.executable, "-ISc", _WITH_DEFAULT_SIGNALS) if ignored else ()), *command]


def start_on_terminal(
    command: Sequence[str], terminal: str, *, env: Mapping[str, str], cwd: Path | None, ignoring_hangup: bool
) -> subprocess.Popen[bytes]:
    """Runs the command as leader of a session whose controlling terminal is the device named `terminal`."""
    script = f"trap '' HUP; {_ON_TERMINAL}" if ignoring_hangup else _ON_TERMINAL
    return subprocess.Popen(
        with_default_signals(["/bin/sh", "-c", script, terminal, *command]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(env),
        cwd=cwd,
        start_new_session=True,
    )


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This environment without a developer's own tenant and without what changes how a terminal is used."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", **extra}


def cpu_seconds(pid: int) -> float:
    """CPU time of the process so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mib(pid: int) -> float:
    """Memory that the process holds."""
    return _status(pid, "VmRSS") / 1024


def thread_count(pid: int) -> int:
    """Threads of the process."""
    return _status(pid, "Threads")


def open_file_count(pid: int) -> int:
    """File descriptors that the process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
