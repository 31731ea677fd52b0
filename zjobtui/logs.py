"""The log: off by default; one line for each event, in a rotating file that only its owner can read.

Modules write `log = get_logger(__name__)` and use it like a logger of the standard library, which is imported only when
the log is switched on (5 ms). `log_file.py` then takes the records of all loggers.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zjobtui.log_file import LogFile

LOG_VARIABLE = "ZJOBTUI_LOG"
"""The environment variable that names the file."""


class Logger:
    """A logger of the standard library by name; while the log is off, a call compares one value and returns."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def is_on(self) -> bool:
        """Whether the log is on; for messages that are costly to make."""
        return _open_log is not None

    def debug(self, message: str, *args: object) -> None:
        """Log a detail that explains other lines."""
        if _open_log is not None:
            self._log(10, message, args)

    def info(self, message: str, *args: object) -> None:
        """Log an event."""
        if _open_log is not None:
            self._log(20, message, args)

    def warning(self, message: str, *args: object) -> None:
        """Log what may need an action of the user."""
        if _open_log is not None:
            self._log(30, message, args)

    def error(self, message: str, *args: object) -> None:
        """Log an error."""
        if _open_log is not None:
            self._log(40, message, args)

    def exception(self, message: str, *args: object) -> None:
        """Log the exception that is being handled, with its traceback but without the values of local variables."""
        if _open_log is not None:
            self._log(40, message, args, has_traceback=True)

    def _log(self, level: int, message: str, args: tuple[object, ...], *, has_traceback: bool = False) -> None:
        if _open_log is not None:
            _open_log.log(self.name, level, message, args, has_traceback=has_traceback)


def get_logger(name: str) -> Logger:
    """Return the logger of a module."""
    return Logger(name)


def add_mask(mask_text: Callable[[str], str]) -> None:
    """Apply a function that masks secrets to every line; does nothing while the log is off."""
    if _open_log is not None:
        _open_log.add_mask(mask_text)


def log_path() -> Path | None:
    """Return the log file, or None while the log is off."""
    return None if _open_log is None else _open_log.path


def start(name: str) -> None:
    """Switch the log on, or move it to another file; raises `LogError` if the file cannot be used."""
    global _open_log  # noqa: PLW0603 - one log in a process, like `logging`
    path = Path(os.path.abspath(os.path.expanduser(name)))  # noqa: PTH100, PTH111 - an unknown ~user is part of the name
    if _open_log is not None and _open_log.path == path:
        return
    from zjobtui.log_file import LogFile, describe_program  # noqa: PLC0415 - 40 ms (logging.handlers, importlib.metadata)

    opened = LogFile(path)
    stop(f"the log continues in {path}")
    opened.start()
    _open_log = opened
    get_logger(__name__).info("start: %s", describe_program())


def stop(reason: str) -> str:
    """Log the reason, write what is left, and switch the log off; return a sentence if lines are missing, or ""."""
    global _open_log
    if _open_log is None:
        return ""
    get_logger(__name__).info("end: %s", reason)
    ended, _open_log = _open_log, None
    return ended.stop()


@contextmanager
def stop_at_end() -> Iterator[None]:
    """Switch the log off when the block ends, with the exit status as the reason; report lost lines on stderr."""
    reason = "exit status 0"
    try:
        yield
    except SystemExit as end:
        reason = f"exit status {0 if end.code is None else end.code}"
        raise
    except BaseException as error:
        reason = type(error).__name__
        raise
    finally:
        if text := stop(reason):
            with suppress(OSError, ValueError):
                sys.stderr.write(f"{text}\n")
                sys.stderr.flush()


_open_log: "LogFile | None" = None
