"""Exit statuses, and output to standard error."""

import sys
from contextlib import suppress

from zjobtui.logs import get_logger

log = get_logger(__name__)

OK, SOME_REFUSED, USAGE = 0, 1, 2
"""Exit statuses: done; done in part, and what was refused is printed; nothing done."""

UNWRITTEN = 7
"""The exit status if standard output cannot be written, as on a full disk."""

CRASHED = 70
"""The exit status after an unexpected exception: EX_SOFTWARE of sysexits.h."""

CLOSED = 141
"""The exit status if the reader of standard output has gone: 128 and SIGPIPE, as shells report it."""


class OutputError(Exception):
    """Standard output cannot be written; `status` is the exit status, the message the reason.

    Not an `OSError`, so that no handler takes it for an error of a file or of the network.
    """

    def __init__(self, reason: str = "", status: int = UNWRITTEN) -> None:
        super().__init__(f"The output cannot be written: {reason}.")
        self.status = status


def status_of(interruption: KeyboardInterrupt) -> int:
    """Return 128 and the number of the signal, as shells do: 130 after Ctrl+C, which has no number."""
    return int(interruption.args[0]) if interruption.args else 130


def print_error(sentence: str) -> None:
    """Print an error, warning or notice to standard error, and log it."""
    log.warning("printed: %s", sentence)
    write_error(f"{sentence}\n")


def write_error(text: str) -> None:
    """Write to standard error; drop what cannot be written, since a command must not fail because of it."""
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
