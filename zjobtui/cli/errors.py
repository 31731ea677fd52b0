"""How a command ends: quietly on ctrl+c and a closed pipe, with one sentence on an error, and with the log closed."""

import os
import select
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from zjobtui import logs
from zjobtui.bootstrap.output import CLOSED, CRASHED, USAGE, OutputError, print_error, status_of
from zjobtui.logs import get_logger
from zjobtui.models.text import clean_lines
from zjobtui.storage.database import StoreError, UncommittedError
from zjobtui.zuora.mask import Mask

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

log = get_logger(__name__)


NO_TERMINAL = "zjobtui needs a terminal; without one use its other commands, such as: zjobtui ls --json"

SECRETS = ("ZUORA_CLIENT_SECRET", "ZUORA_BEARER_TOKEN")
"""Variables of the environment whose values are in no line of the log."""


@contextmanager
def exit_cleanly() -> Iterator[None]:
    """End the program with an exit status and at most one sentence, whatever happens to its input and output.

    Silent on Ctrl+C and if the reader of the output has gone. An unexpected exception is reported with its traceback,
    but without the values of local variables, one of which may be a secret.
    """
    _open_what_is_closed()
    with _settled_errors(), _checked_output():
        try:
            yield
        except OutputError:
            raise
        except OSError as fault:
            log.exception("the program ends")
            print_error(str(fault))
            sys.exit(USAGE)
        except Exception as fault:  # the boundary of every command: nobody else would report it
            log.exception("internal error")
            _report(fault)
            sys.exit(CRASHED)


def _open_what_is_closed() -> None:
    """Whoever starts a program may have closed its input or output; Python then has none at all."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - to the program's end


class _Output(BufferedWriter):
    """Standard output, whose failed writes raise `OutputError`; one that is full and does not block is waited for.

    Below this class there is none in Python: an interruption between a write and the count of what was written would
    write it twice.
    """

    def write(self, data: "ReadableBuffer", /) -> int:
        """Take all the data; raise `OutputError`."""
        left = memoryview(data).cast("B")
        with _mapped_failures():
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
        with _mapped_failures():
            while True:
                try:
                    return super().flush()
                except BlockingIOError:
                    select.select((), (self,), ())


@contextmanager
def _mapped_failures() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise OutputError(status=CLOSED) from None
    except OSError as fault:
        raise OutputError(fault.strerror or str(fault)) from None


class _Text(TextIOWrapper):
    """The text over an `_Output`."""


@contextmanager
def _checked_output() -> Iterator[None]:
    """Standard output is written in full when the outermost block ends; exits if it cannot be."""
    before = sys.stdout
    if isinstance(before, _Text):
        yield
        return
    if isinstance(before, TextIOWrapper):
        before.reconfigure(errors="replace")  # a terminal without ✗ is no reason to fail
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
        status, reason = status_of(interruption), ""
    except OutputError as fault:
        status, reason = fault.status, "" if fault.status == CLOSED else str(fault)
    else:
        return
    finally:
        ours, sys.stdout = sys.stdout, before
    if ours is not before:
        _discard(1)  # what is left in the buffer must not fail once more when the interpreter flushes it
    if reason:
        print_error(reason)
    sys.exit(status)


@contextmanager
def _settled_errors() -> Iterator[None]:
    """Python flushes standard error once more at its end, and takes a failure for one of the program."""
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


def _report(fault: Exception) -> None:
    place = traceback.extract_tb(fault.__traceback__)[-1]
    print_error(f"zjobtui: internal error: {type(fault).__name__} in {place.name}; this is a bug")
    print_error(clean_lines("".join(traceback.format_exception(fault)).rstrip()))


def start_log(name: str) -> None:
    """Switch the log on, the secrets of the environment being masked in it; raises `OSError`."""
    from zjobtui.config.paths import is_kept_by_program  # noqa: PLC0415 - 10 ms (platformdirs), only with a log

    if is_kept_by_program(Path(name)):
        why = "zjobtui keeps its data or its settings there"
        raise OSError(f"The log cannot be written to {name}: {why}. Name another file with --log or ZJOBTUI_LOG.")
    logs.start(name)
    mask = Mask()
    for variable in SECRETS:
        mask.add(os.environ.get(variable, ""))
    logs.add_mask(mask.mask_text)


def need_terminal() -> None:
    """Ends the program where there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print_error(NO_TERMINAL)
        sys.exit(USAGE)


@contextmanager
def report_errors(entered: Sequence[str] = ()) -> Iterator[None]:
    """Report in one sentence, without a traceback, what the user can fix; the ids that were entered follow it."""
    try:
        yield
    except (StoreError, ValueError, OSError) as fault:
        log.exception("the command ends")
        heading = "Added at the next start:" if isinstance(fault, UncommittedError) else "Not added:"
        print_error("\n".join((str(fault), heading, *entered)) if entered else str(fault))
        sys.exit(USAGE)
