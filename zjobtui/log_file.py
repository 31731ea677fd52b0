"""The file of the log: takes records of all loggers, masks and cleans them, and writes them on a thread of its own.

A slow disk holds up nobody, and a full or lost one ends nothing: lines that are not written are counted.
"""

import fcntl
import logging
import os
import platform
import re
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from errno import ENOSPC
from importlib.metadata import PackageNotFoundError, version
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue

from zjobtui import __version__
from zjobtui.models.text import clean, shorten

SIZE_LIMIT = 5_000_000
"""Bytes of one file; a full one is renamed to `NAME.1`, and those before it to `.2` and `.3`."""

KEPT = 3
"""Full files that are kept beside the current one."""

LINE_LIMIT = 8_000
"""Characters of one line; most of them may be a traceback."""

PENDING_LIMIT = 10_000
"""Records that may wait for the disk; what comes beyond them is counted and dropped."""

STOP_LIMIT = 0.5
"""Seconds that the end of the program waits for the disk."""

LIBRARIES = ("textual", "httpx", "aiohttp", "click")
"""Packages whose versions are logged at the start."""

_SECRET = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}|(?<=://)[^\s/@]+@")
"""Credentials whatever their value: those of an Authorization header, and user and password of a URL."""


def describe_program() -> str:
    """Return the versions of the program, of Python, of the platform and of `LIBRARIES`."""
    parts = [f"zjobtui {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            parts.append(f"{name} {version(name)}")
    return ", ".join(parts)


class LogError(OSError):
    """The file cannot be used as a log; the message says why and what to do."""


class LogFile:
    """The log while it is on: a handler of the root logger, a queue, and the thread that writes. Raises `LogError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = RotatingFile(path)
        self._masks: list[Callable[[str], str]] = []
        self._queue: SimpleQueue[logging.LogRecord | None] = SimpleQueue()
        self._handler = _Handler(self._queue, self._lose)
        self._lost, self._fault, self._counting = 0, "", threading.Lock()
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._hook_before = threading.excepthook

    def add_mask(self, mask_text: Callable[[str], str]) -> None:
        """Let every line pass a function that masks secrets."""
        self._masks.append(mask_text)

    def begin(self) -> None:
        """Take the records of all loggers: our own at any level, those of libraries from WARNING on."""
        logging.getLogger().addHandler(self._handler)
        logging.getLogger("zjobtui").setLevel(logging.DEBUG)
        threading.excepthook = self._thread_failed
        self._thread.start()

    def log(self, name: str, level: int, message: str, args: tuple[object, ...], *, has_traceback: bool) -> None:
        """Log by the logger of that name."""
        logging.getLogger(name).log(level, message, *args, exc_info=has_traceback)

    def end(self) -> str:
        """Write what is left, for `STOP_LIMIT` seconds; return what is to be said if lines are missing, or ""."""
        logging.getLogger().removeHandler(self._handler)
        logging.getLogger("zjobtui").setLevel(logging.NOTSET)
        threading.excepthook = self._hook_before
        self._queue.put(None)
        self._thread.join(STOP_LIMIT)
        if self._thread.is_alive():
            self._lose("the disk does not answer", self._queue.qsize())
        else:
            self._file.close()
        if not self._lost:
            return ""
        lines = f"{self._lost:,} line{'s are' if self._lost > 1 else ' is'} missing"
        return f"The log {clean(str(self.path))} is incomplete: {lines} ({self._fault})."

    def _lose(self, why: str, count: int = 1) -> None:
        """Count lines that are not written; the first reason is named at the end."""
        with self._counting:
            self._lost += count
            self._fault = self._fault or why

    def _write_all(self) -> None:
        while (record := self._queue.get()) is not None:
            try:
                self._file.write(f"{self._line(record)}\n".encode(errors="replace"))
            except OSError as fault:  # the next line is tried again: a disk does not stay full
                self._lose(clean(fault.strerror or str(fault)))

    def _line(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        head = f"{at}.{int(record.msecs):03d}Z {os.getpid()} {record.levelname} {record.name}: "
        return head + shorten(clean(self._masked(record.getMessage())), LINE_LIMIT)

    def _masked(self, text: str) -> str:
        for mask_text in tuple(self._masks):
            try:
                text = mask_text(text)
            except RuntimeError:  # a secret was added meanwhile on another thread
                return "[not shown: secrets could not be masked]"
        return _SECRET.sub("[masked]", text)

    def _thread_failed(self, failed: threading.ExceptHookArgs) -> None:
        name, fault = failed.thread.name if failed.thread else "?", failed.exc_value or failed.exc_type()
        logging.getLogger(__name__).error("thread %s ended by an exception", name, exc_info=fault)
        self._hook_before(failed)


class _Handler(QueueHandler):
    """Formats a record, its traceback included, on the thread that logs, and queues it; never blocks, never raises."""

    def __init__(self, queue: "SimpleQueue[logging.LogRecord | None]", lose: Callable[[str], None]) -> None:
        super().__init__(queue)
        self._pending = queue
        self._lose = lose

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue a record, or count it if too many wait; the queue may be used within signal handlers."""
        if self._pending.qsize() < PENDING_LIMIT:
            self._pending.put(record)
        else:
            self._lose("the disk is too slow")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging gives it
        """Count a record that cannot be formatted; logging would write a traceback over the screen."""
        self._lose(f"a record of {record.name} could not be formatted")


class RotatingFile:
    """A regular file of the user's own that lines are appended to; used by one thread at a time.

    Other processes may append to it, rename it when it is full, or delete it: the file is opened again if its path
    leads elsewhere. Raises `LogError`, and `OSError` on writing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = _open(path)
        self._is_broken_off = False

    def write(self, line: bytes) -> None:
        """Append one line in one call; the rest of a line that did not fit on the disk is given up."""
        if self._is_lost() or self._is_full(len(line)):
            self._open_again()
        data = b"\n" + line if self._is_broken_off else line
        written = os.write(self._handle, data)
        self._is_broken_off = written < len(data)
        if self._is_broken_off:
            raise OSError(ENOSPC, "the line was cut off")

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def _is_lost(self) -> bool:
        try:
            found, ours = self.path.lstat(), os.fstat(self._handle)
        except FileNotFoundError:
            return True
        return (found.st_dev, found.st_ino) != (ours.st_dev, ours.st_ino)

    def _is_full(self, more: int) -> bool:
        """Whether the line does not fit; then the file is renamed, by one process of several."""
        if os.fstat(self._handle).st_size + more <= SIZE_LIMIT:
            return False
        with suppress(OSError):  # without locks, as on some network file systems, one file may be lost
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not self._is_lost():
            for number in range(KEPT, 0, -1):
                before = self.path if number == 1 else _numbered(self.path, number - 1)
                with suppress(FileNotFoundError):
                    before.replace(_numbered(self.path, number))
        return True

    def _open_again(self) -> None:
        handle, self._handle = self._handle, _open(self.path)
        os.close(handle)
        self._is_broken_off = False


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _open(path: Path) -> int:
    """Open a regular file of the user's own for appending, or make it, with mode 0600 in either case.

    Without O_NONBLOCK a pipe in its place would hold up the program until somebody reads it.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(path, flags, 0o600)
    except (OSError, ValueError) as fault:
        raise LogError(_refusal(path, _why_not_opened(path, fault))) from None
    found = os.fstat(handle)
    why = "" if stat.S_ISREG(found.st_mode) else "it is not a regular file"
    if not why and found.st_uid != os.geteuid():
        why = "it belongs to another user"
    if why:
        os.close(handle)
        raise LogError(_refusal(path, why))
    if stat.S_IMODE(found.st_mode) != 0o600:
        with suppress(OSError):  # a file system without modes
            os.fchmod(handle, 0o600)
    return handle


def _why_not_opened(path: Path, fault: Exception) -> str:
    with suppress(OSError, ValueError):
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return "it is a symbolic link, which is not followed"
        if not stat.S_ISREG(mode):
            return "it is not a regular file"
    return getattr(fault, "strerror", None) or "that is not a valid path"


def _refusal(path: Path, why: str) -> str:
    return f"The log cannot be written to {clean(str(path))}: {why}. Name another file with --log or ZJOBTUI_LOG."
