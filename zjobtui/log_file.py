"""The log file: takes records of all loggers, masks secrets, and writes lines on a thread of its own.

A slow disk does not block the program, and a full or lost one does not end it: lines that are not written are counted.
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
from zjobtui.signals import block_job_control

LOG_FILE_BYTES = 5_000_000
"""Bytes of one file; a full one is renamed to `NAME.1`, and those before it to `.2` and `.3`."""

LOG_FILES_KEPT = 3
"""Full files that are kept in addition to the current one."""

LOG_LINE_CHARACTERS = 8_000
"""Characters of one line; most of them may be a traceback."""

PENDING_RECORDS = 10_000
"""Records that may wait for the disk; further ones are counted and dropped."""

LOG_STOP_SECONDS = 0.5
"""Seconds that the program waits for the disk when it ends."""

LIBRARIES = ("textual", "httpx", "aiohttp", "click")
"""Packages whose versions are logged at the start."""

_SECRET = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}|(?<=://)[^\s/@]+@")
"""Credentials of any value: those of an Authorization header, and user and password of a URL."""


def describe_program() -> str:
    """Return the versions of the program, of Python, of the platform and of `LIBRARIES`."""
    parts = [f"zjobtui {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            parts.append(f"{name} {version(name)}")
    return ", ".join(parts)


class LogError(OSError):
    """The file cannot be used as a log; the message gives the reason and what to do."""


class LogFile:
    """The log while it is on: a handler of the root logger, a queue, and a writer thread. Raises `LogError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = RotatingFile(path)
        self._masks: list[Callable[[str], str]] = []
        self._queue: SimpleQueue[logging.LogRecord | None] = SimpleQueue()
        self._handler = _Handler(self._queue, self._lose)
        self._lost, self._reason, self._lock = 0, "", threading.Lock()
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._hook_before = threading.excepthook

    def add_mask(self, mask_text: Callable[[str], str]) -> None:
        """Apply a function that masks secrets to every line, once however often it is added."""
        if mask_text not in self._masks:
            self._masks.append(mask_text)

    def start(self) -> None:
        """Start taking the records of all loggers: our own at any level, those of libraries from WARNING."""
        logging.getLogger().addHandler(self._handler)
        logging.getLogger("zjobtui").setLevel(logging.DEBUG)
        threading.excepthook = self._thread_failed
        with block_job_control():
            self._thread.start()

    def log(self, name: str, level: int, message: str, args: tuple[object, ...], *, has_traceback: bool) -> None:
        """Log a record with the logger of this name."""
        logging.getLogger(name).log(level, message, *args, exc_info=has_traceback)

    def stop(self) -> str:
        """Write what is left, for at most `LOG_STOP_SECONDS` seconds; return a sentence if lines are missing, or ""."""
        logging.getLogger().removeHandler(self._handler)
        logging.getLogger("zjobtui").setLevel(logging.NOTSET)
        threading.excepthook = self._hook_before
        self._queue.put(None)
        self._thread.join(LOG_STOP_SECONDS)
        if self._thread.is_alive():
            self._lose("the disk does not respond", self._queue.qsize())
        else:
            self._file.close()
        if not self._lost:
            return ""
        lines = f"{self._lost:,} line{'s are' if self._lost > 1 else ' is'} missing"
        return f"The log {clean(str(self.path))} is incomplete: {lines} ({self._reason})."

    def _lose(self, why: str, count: int = 1) -> None:
        """Count lines that are not written; the first reason is reported at the end."""
        with self._lock:
            self._lost += count
            self._reason = self._reason or why

    def _write_all(self) -> None:
        while (record := self._queue.get()) is not None:
            try:
                self._file.write(f"{self._line(record)}\n".encode(errors="replace"))
            except OSError as error:  # the next line may be written: a disk does not stay full
                self._lose(clean(error.strerror or str(error)))

    def _line(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        head = f"{at}.{int(record.msecs):03d}Z {os.getpid()} {record.levelname} {record.name}: "
        return head + shorten(clean(self._masked(record.getMessage())), LOG_LINE_CHARACTERS)

    def _masked(self, text: str) -> str:
        for mask_text in tuple(self._masks):
            try:
                text = mask_text(text)
            except RuntimeError:  # another thread added a secret at the same time
                return "[not shown: secrets could not be masked]"
        return _SECRET.sub("[masked]", text)

    def _thread_failed(self, failed: threading.ExceptHookArgs) -> None:
        name, error = failed.thread.name if failed.thread else "?", failed.exc_value or failed.exc_type()
        logging.getLogger(__name__).error("thread %s ended by an exception", name, exc_info=error)
        self._hook_before(failed)


class _Handler(QueueHandler):
    """Format a record with its traceback on the thread that logs, and queue it; never block and never raise."""

    def __init__(self, queue: "SimpleQueue[logging.LogRecord | None]", lose: Callable[[str], None]) -> None:
        super().__init__(queue)
        self._pending = queue
        self._lose = lose

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue a record, or count it as lost if the queue is full; safe inside signal handlers."""
        if self._pending.qsize() < PENDING_RECORDS:
            self._pending.put(record)
        else:
            self._lose("the disk is too slow")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - declared by logging
        """Count a record that cannot be formatted; logging would print a traceback over the screen."""
        self._lose(f"a record of {record.name} could not be formatted")


class RotatingFile:
    """A regular file of the user to which lines are appended; used by one thread at a time.

    Other processes may append to it, rename it when it is full, or delete it: it is opened again if its path is another
    file. Raises `LogError`, and `OSError` when a line cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = _open(path)
        self._is_cut_off = False

    def write(self, line: bytes) -> None:
        """Append one line in one call; the rest of a line that does not fit on the disk is dropped."""
        if self._is_replaced() or self._is_full(len(line)):
            self._reopen()
        data = b"\n" + line if self._is_cut_off else line
        written = os.write(self._handle, data)
        self._is_cut_off = written < len(data)
        if self._is_cut_off:
            raise OSError(ENOSPC, "the line was cut off")

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def _is_replaced(self) -> bool:
        try:
            named, opened = self.path.lstat(), os.fstat(self._handle)
        except FileNotFoundError:
            return True
        return (named.st_dev, named.st_ino) != (opened.st_dev, opened.st_ino)

    def _is_full(self, more: int) -> bool:
        """Return whether the line does not fit; then one process of several has renamed the file."""
        if os.fstat(self._handle).st_size + more <= LOG_FILE_BYTES:
            return False
        with suppress(OSError):  # without locks, as on some network file systems, an old file may be lost
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not self._is_replaced():
            for number in range(LOG_FILES_KEPT, 0, -1):
                before = self.path if number == 1 else _numbered(self.path, number - 1)
                with suppress(FileNotFoundError):
                    before.replace(_numbered(self.path, number))
        return True

    def _reopen(self) -> None:
        handle, self._handle = self._handle, _open(self.path)
        os.close(handle)
        self._is_cut_off = False


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _open(path: Path) -> int:
    """Open or create a regular file of the user for appending, with mode 0600 in either case.

    Without O_NONBLOCK, opening a named pipe would block until somebody reads it.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(path, flags, 0o600)
    except (OSError, ValueError) as error:
        raise LogError(_refusal(path, _why_not_opened(path, error))) from None
    status = os.fstat(handle)
    why = "" if stat.S_ISREG(status.st_mode) else "it is not a regular file"
    if not why and status.st_uid != os.geteuid():
        why = "it belongs to another user"
    if why:
        os.close(handle)
        raise LogError(_refusal(path, why))
    if stat.S_IMODE(status.st_mode) != 0o600:
        with suppress(OSError):  # a file system without modes
            os.fchmod(handle, 0o600)
    return handle


def _why_not_opened(path: Path, error: Exception) -> str:
    with suppress(OSError, ValueError):
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return "it is a symbolic link, which is not followed"
        if not stat.S_ISREG(mode):
            return "it is not a regular file"
    return getattr(error, "strerror", None) or "it is not a valid path"


def _refusal(path: Path, why: str) -> str:
    return f"The log cannot be written to {clean(str(path))}: {why}. Choose another file with --log or ZJOBTUI_LOG."
