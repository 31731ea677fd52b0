"""A program on a pseudo-terminal: read its screen, and send keys."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.display import Display
from tests.support.escapes import modes_left_on
from tests.support.keys import key_bytes
from tests.support.process import cpu_seconds, open_file_count, resident_mib, start_on_terminal, thread_count

Expected = str | Callable[[str], bool]
"""Text on the screen, or a predicate over the text of the screen."""

ESCAPE_PAUSE = 0.25
"""Seconds after which an escape is certainly read as the key, not as the start of a sequence (that takes 0.1)."""


class Terminal:
    """A program on a pseudo-terminal, started at once; `env` adds to this environment, less a developer's own tenant.

    Nothing is read between the calls, as from a terminal that is scroll-locked.
    """

    def __init__(
        self,
        command: Sequence[str],
        columns: int = 140,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        *,
        ignoring_hangup: bool = False,
    ) -> None:
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        self._set_size(columns, rows)
        self._raw = bytearray()
        self.display = Display(columns, rows)
        self.attributes_before = self.attributes()
        self.started = time.perf_counter()
        self._process = start_on_terminal(
            command, os.ttyname(self._slave), env=env or {}, cwd=cwd, ignoring_hangup=ignoring_hangup
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id of the program, which leads its own session."""
        return self._process.pid

    @property
    def raw(self) -> bytes:
        """All bytes read so far."""
        return bytes(self._raw)

    @property
    def is_running(self) -> bool:
        """Whether the program is running."""
        return self._process.poll() is None

    def text(self) -> str:
        """Return the screen without trailing blanks in each row."""
        return self.display.text()

    def row(self, number: int) -> str:
        """Return a row of the screen in full width; the first is 0."""
        return "".join(self.display.cells(number))

    def wait_for(self, expected: Expected, seconds: float = 10.0) -> float:
        """Read until the screen is as expected, and return the seconds that took; fail with the screen."""
        is_met = expected if callable(expected) else lambda text: expected in text
        return self._wait(is_met, seconds, f"never saw {expected!r}")

    def wait_until_gone(self, expected: Expected, seconds: float = 10.0) -> float:
        """Read until the screen is no longer as expected."""
        is_met = expected if callable(expected) else lambda text: expected in text
        return self._wait(lambda text: not is_met(text), seconds, f"still saw {expected!r}")

    def wait_exit(self, seconds: float = 10.0) -> int:
        """Read until the program ends, and return its exit status, negative for a signal."""
        end = time.perf_counter() + seconds
        while self.is_running:
            if time.perf_counter() >= end:
                raise AssertionError(f"did not end within {seconds} s:\n{self.text().rstrip()}")
            self._take(0.02)
        while self._take(0):
            pass
        return self._process.wait()

    def bytes_within(self, seconds: float) -> int:
        """Read for this time, and return the number of bytes; return early if the program ends."""
        end, count = time.perf_counter() + seconds, len(self._raw)
        while self._more(end):
            pass
        return len(self._raw) - count

    def press(self, *keys: str) -> None:
        """Press keys by name (`down`, `ctrl+q`, `shift+tab`, …) or character."""
        for key in keys:
            self.send(key_bytes(key))
            if key in {"esc", "escape"}:
                self.bytes_within(ESCAPE_PAUSE)

    def paste(self, text: str) -> None:
        """Paste with bracketed paste."""
        self.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")

    def send(self, data: bytes, seconds: float = 10.0) -> None:
        """Write bytes to the program, and read its output while it accepts no more."""
        end, rest = time.perf_counter() + seconds, memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._master, rest) :]
            except BlockingIOError:
                if time.perf_counter() >= end:
                    raise AssertionError(f"took no input for {seconds} s:\n{self.text().rstrip()}") from None
                self._take(0.01)

    def resize(self, columns: int, rows: int) -> None:
        """Resize the terminal; the kernel sends SIGWINCH to the program."""
        self.display.resize(columns, rows)
        self._set_size(columns, rows)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program only."""
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal, like a broken SSH connection."""
        for end in (self._slave, self._master):
            if end >= 0:
                os.close(end)
        self._slave = self._master = -1

    def modes(self) -> frozenset[str]:
        """Return the names of the terminal modes that the program has switched on."""
        return modes_left_on(self.raw)

    def attributes(self) -> list[object]:
        """Return the termios attributes, to be compared with `attributes_before`."""
        return list(termios.tcgetattr(self._slave))

    def cpu(self) -> float:
        """Return the CPU seconds of the program, including its threads."""
        return cpu_seconds(self.pid)

    def memory(self) -> float:
        """Return the resident memory of the program in MiB."""
        return resident_mib(self.pid)

    def threads(self) -> int:
        """Return the number of threads of the program."""
        return thread_count(self.pid)

    def open_files(self) -> int:
        """Return the number of open file descriptors of the program."""
        return open_file_count(self.pid)

    def close(self) -> None:
        """End the program with its process group, and close the terminal."""
        if self.is_running:
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self.hang_up()

    def _wait(self, is_met: Callable[[str], bool], seconds: float, complaint: str) -> float:
        start = time.perf_counter()
        while not is_met(self.text()):
            if not self._more(start + seconds):
                state = "" if self.is_running else f"; the program ended with {self._process.returncode}"
                raise AssertionError(f"{complaint} within {seconds} s{state}:\n{self.text().rstrip()}")
        return time.perf_counter() - start

    def _more(self, end: float) -> bool:
        """Read until something comes; return False if the time is over or the program has ended and all is read."""
        while True:
            was_running = self.is_running
            if self._take(max(0.0, min(0.02, end - time.perf_counter()))):
                return True
            if not was_running or time.perf_counter() >= end:
                return False

    def _take(self, seconds: float) -> int:
        if self._master < 0:
            time.sleep(seconds)
            return 0
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        if not poll.poll(seconds * 1000):
            return 0
        data = os.read(self._master, 65536)
        self._raw += data
        self.display.feed(data)
        return len(data)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
