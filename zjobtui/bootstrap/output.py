"""Exit statuses, and output to standard error."""

import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from zjobtui.formatting.ascii_text import TABLE, is_utf8
from zjobtui.logs import get_logger
from zjobtui.models.text import clean, shorten

log = get_logger(__name__)

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")

OK, SOME_REFUSED, USAGE = 0, 1, 2
"""Exit statuses: done; done in part, and what was refused is printed; nothing done."""

UNWRITTEN = 7
"""The exit status if standard output cannot be written, as on a full disk."""

CRASHED = 70
"""The exit status after an unexpected exception: EX_SOFTWARE of sysexits.h."""

CLOSED = 141
"""The exit status if the reader of standard output has gone: 128 and SIGPIPE, as shells report it."""


_KEY_LOG = "SSLKEYLOGFILE"
"""The variable that names a file which Python opens as soon as TLS is imported."""


class OutputError(Exception):
    """Standard output cannot be written; `status` is the exit status, the message the reason.

    Not an `OSError`, so that no handler takes it for an error of a file or of the network.
    """

    def __init__(self, reason: str = "", status: int = UNWRITTEN) -> None:
        super().__init__(f"The output cannot be written: {reason}.")
        self.status = status


def exit_status_of(interruption: KeyboardInterrupt) -> int:
    """Return 128 and the number of the signal, as shells do: 130 after Ctrl+C, which has no number."""
    return int(interruption.args[0]) if interruption.args else 130


def os_error_text(error: OSError) -> str:
    """Return what the operating system says of a file or an address: `/x: No such file or directory.`."""
    if error.strerror is None:
        return str(error)
    path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    variable = f"{_KEY_LOG}: " if path and path == os.environ.get(_KEY_LOG) else ""
    where = f"{variable}{shorten(clean(path), 200)}: " if path else ""
    return f"{where}{clean(error.strerror).removesuffix('.')}."


def print_error(sentence: str) -> None:
    """Print an error, warning or notice to standard error, and log it."""
    log.warning("printed: %s", sentence)
    write_error(f"{sentence}\n")


def write_error(text: str) -> None:
    """Write to standard error; drop what cannot be written, since a command must not fail because of it."""
    with suppress(OSError, ValueError):
        sys.stderr.write(text.translate(TABLE) if is_plain_terminal(sys.stderr) else text)
        sys.stderr.flush()


def is_plain_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that does not show symbols, so that they are replaced by ASCII."""
    return stream.isatty() and not is_utf8(stream)


def print_json(value: object) -> None:
    """Print a value as JSON in one line, at once."""
    write_json(f"{json.dumps(value, ensure_ascii=False)}\n")
    sys.stdout.flush()


def write_json(text: str) -> None:
    """Write JSON to standard output; if that is not in UTF-8, characters beyond ASCII are escaped, so none is lost."""
    if not is_utf8(sys.stdout):
        text = _BEYOND_ASCII.sub(lambda match: json.dumps(match.group())[1:-1], text)
    sys.stdout.write(text)


def has_cursor(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal can move its cursor, by what the environment says of its type."""
    return environ.get("TERM", "").strip().lower() not in {"", "dumb", "unknown"}
