"""What guards every command, the monitor too: no traceback for what a person did or can mend."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from zjobtui.headless.saying import USAGE, complain, status_of

CLOSED = 141
"""The exit status when nobody reads what is printed: 128 and SIGPIPE, as shells say it."""

UNWRITTEN = 1
"""The exit status when what is printed cannot be written, as on a full disk."""

NO_TERMINAL = "zjobtui needs a terminal; without one use its other commands, such as: zjobtui ls --json"


@contextmanager
def ended_quietly() -> Iterator[None]:
    """Ends the program without a word on ctrl+c, and when nobody reads its output; on a full disk with one."""
    _open_what_is_closed()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without ✗ is no reason to fail
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt as interruption:
        sys.exit(status_of(interruption))
    except BrokenPipeError:
        _print_no_more()
        sys.exit(CLOSED)
    except OSError as fault:
        _print_no_more()
        complain(str(fault))
        sys.exit(UNWRITTEN)


def _open_what_is_closed() -> None:
    """Whoever starts a program may have closed its input or output; Python then has none at all."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - to the program's end


def _print_no_more() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is flushed at the end must not fail once more


def need_terminal() -> None:
    """Ends the program where there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        complain(NO_TERMINAL)
        sys.exit(USAGE)


@contextmanager
def faults_told(consequence: str = "") -> Iterator[None]:
    """What a person can mend is told in one sentence, without a traceback; the `consequence`, if any, follows it."""
    from zjobtui.storage.database import StoreError

    try:
        yield
    except BrokenPipeError:
        raise
    except (StoreError, ValueError, OSError) as fault:
        complain(f"{fault}\n{consequence}" if consequence else str(fault))
        sys.exit(USAGE)
