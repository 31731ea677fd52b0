"""What printing commands say alike: exit statuses and complaints."""

import sys
from contextlib import suppress

from zjobtui.logs import get_logger

log = get_logger(__name__)

OK, SOME_REFUSED, USAGE = 0, 1, 2
"""Exit statuses: done; done in part, what was refused is named; nothing done."""

UNWRITTEN = 7
"""The exit status if standard output cannot be written, as on a full disk."""

CRASHED = 70
"""The exit status after an unexpected exception: EX_SOFTWARE of sysexits.h."""

CLOSED = 141
"""The exit status if the reader of standard output has gone: 128 and SIGPIPE, as shells report it."""


class OutputError(Exception):
    """Standard output cannot be written; `status` is the exit status, the message the reason.

    Not an `OSError`, so that no handler of those takes it for a fault of a file or of the network.
    """

    def __init__(self, reason: str = "", status: int = UNWRITTEN) -> None:
        super().__init__(f"The output cannot be written: {reason}.")
        self.status = status


def status_of(interruption: KeyboardInterrupt) -> int:
    """128 and the number of the signal, as shells say it: 130 after ctrl+c, which names none."""
    return int(interruption.args[0]) if interruption.args else 130


def print_error(sentence: str) -> None:
    """Tells on standard error, and in the log, what is not what was asked for."""
    log.warning("said: %s", sentence)
    write_error(f"{sentence}\n")


def write_error(text: str) -> None:
    """Write to standard error; drop what cannot be written, since a command must not fail for want of a reader."""
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
