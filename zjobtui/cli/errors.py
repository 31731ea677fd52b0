"""How the program ends: its exit status, errors in one sentence, and standard output written in full."""

import os
import select
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from zjobtui import logs
from zjobtui.bootstrap.output import (
    CLOSED,
    CRASHED,
    USAGE,
    OutputError,
    exit_status_of,
    is_plain_terminal,
    os_error_text,
    print_error,
)
from zjobtui.formatting.ascii_text import ERROR_HANDLER, TABLE
from zjobtui.logs import get_logger
from zjobtui.models.tenant import strip_scheme
from zjobtui.models.text import clean_lines
from zjobtui.zuora.mask import Mask

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

log = get_logger(__name__)

SECRETS = ("ZUORA_CLIENT_SECRET", "ZUORA_BEARER_TOKEN")
"""Environment variables whose values are masked in the log."""


@contextmanager
def exit_cleanly() -> Iterator[None]:
    """End the program with an exit status and at most one sentence, whatever happens to its input and output.

    Silent on Ctrl+C and if the reader of the output has gone. An unexpected exception is reported with its traceback,
    but without the values of local variables, one of which may be a secret.
    """
    _replace_closed_streams()
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(errors=ERROR_HANDLER)
    with _flushed_errors(), _checked_output():
        try:
            yield
        except OutputError:
            raise
        except OSError as error:
            log.exception("the program ends")
            print_error(os_error_text(error))
            sys.exit(USAGE)
        except Exception as error:  # the boundary of every command: nothing else would report it
            log.exception("internal error")
            _report_crash(error)
            sys.exit(CRASHED)


def _replace_closed_streams() -> None:
    """Open the null device for a standard stream that was closed when the program started: Python has None for it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the program ends


class _Output(BufferedWriter):
    """Standard output: a failed write raises `OutputError`, and a full pipe in non-blocking mode is waited for.

    It writes to the file itself: with another Python layer below it, an interruption between a write and the count of
    written bytes would write them twice.
    """

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all the data; raise `OutputError`."""
        left = memoryview(data).cast("B")
        with _output_errors():
            while True:
                try:
                    super().write(left)
                except BlockingIOError as full:
                    left = left[full.characters_written :]
                    select.select((), (self,), ())
                else:
                    return memoryview(data).nbytes

    def flush(self) -> None:
        """Write what is in the buffer; raise `OutputError`."""
        with _output_errors():
            while True:
                try:
                    return super().flush()
                except BlockingIOError:
                    select.select((), (self,), ())


@contextmanager
def _output_errors() -> Iterator[None]:
    """Raise `OutputError` for an `OSError` of the block."""
    try:
        yield
    except BrokenPipeError:
        raise OutputError(status=CLOSED) from None
    except OSError as error:
        raise OutputError(error.strerror or str(error)) from None


class _Text(TextIOWrapper):
    """The text layer over an `_Output`; a terminal that shows no symbols gets ASCII."""

    def write(self, text: str, /) -> int:
        """Write the text."""
        return super().write(text.translate(TABLE) if not text.isascii() and is_plain_terminal(self) else text)


@contextmanager
def _checked_output() -> Iterator[None]:
    """Write standard output in full before the outermost block ends; exit if it cannot be written."""
    before = sys.stdout
    if isinstance(before, _Text):
        yield
        return
    if isinstance(before, TextIOWrapper):
        before.reconfigure(errors=ERROR_HANDLER)  # do not fail because an encoding lacks ✗
    if before is sys.__stdout__ and isinstance(before, TextIOWrapper):
        sys.stdout = _Text(
            _Output(FileIO(before.fileno(), "w", closefd=False)),
            before.encoding,
            before.errors,
            line_buffering=before.line_buffering,
            write_through=before.write_through,
        )
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt as interruption:
        status, reason = exit_status_of(interruption), ""
    except OutputError as error:
        status, reason = error.status, "" if error.status == CLOSED else str(error)
    else:
        return
    finally:
        ours, sys.stdout = sys.stdout, before
    if ours is not before:
        _discard(1)  # the rest of the buffer must not fail again when the interpreter flushes it
    if reason:
        print_error(reason)
    sys.exit(status)


@contextmanager
def _flushed_errors() -> Iterator[None]:
    """Flush standard error after the block: the interpreter does it at exit, and would exit with 120 if that failed."""
    try:
        yield
    finally:
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            if sys.stderr is sys.__stderr__:
                _discard(2)


def _discard(descriptor: int) -> None:
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _report_crash(error: Exception) -> None:
    place = traceback.extract_tb(error.__traceback__)[-1]
    print_error(f"zjobtui: internal error: {type(error).__name__} in {place.name}; this is a bug")
    print_error(clean_lines("".join(traceback.format_exception(error)).rstrip()))


def start_log(name: str) -> None:
    """Start the log, with the secrets of the environment masked in it; raise `OSError` if the file cannot be used."""
    from zjobtui.config.paths import is_kept_by_program  # noqa: PLC0415 - 10 ms (platformdirs), only with a log

    if is_kept_by_program(Path(name)):
        why = "zjobtui keeps its own data in that file"
        raise OSError(f"The log cannot be written to {name}: {why}. Choose another file with --log or ZJOBTUI_LOG.")
    logs.start(name)
    mask = Mask()
    for variable in SECRETS:
        mask.add(strip_scheme(os.environ.get(variable, "")))
    logs.add_mask(mask.mask_text)
