"""The terminal and what the environment says about it: corrected before anything reads it, or refused."""

import os
import sys
from collections.abc import MutableMapping

from zjobtui.bootstrap.output import USAGE, has_cursor, print_error
from zjobtui.formatting.ascii_text import ERROR_HANDLER
from zjobtui.models.text import clean, shorten

_CONTROLS = "\x1b[0m~+"

NO_TERMINAL = "zjobtui needs a terminal; without one, run a command such as: zjobtui ls --json"


def forget_stale_size(environ: MutableMapping[str, str]) -> None:
    """Remove COLUMNS and LINES if the terminal itself states its size: they stay as they are when it is resized.

    If standard output is not a terminal, they are the only statement, and if the terminal does not know its size, too.
    """
    try:
        is_known = all(os.get_terminal_size(sys.__stdout__.fileno())) if sys.__stdout__ else False
    except (OSError, ValueError):
        return
    if is_known:
        for name in ("COLUMNS", "LINES"):
            environ.pop(name, None)


def need_terminal() -> None:
    """Make the terminal ready for a screen; exit with an error if there is none, or one that cannot have a screen."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print_error(NO_TERMINAL)
        sys.exit(USAGE)
    if not has_cursor(os.environ):
        term = shorten(clean(os.environ.get("TERM", "")), 40)
        print_error(
            f"TERM is “{term}”: the monitor cannot be drawn. Set it to the type of your terminal, such as:"
            " export TERM=xterm-256color"
        )
        sys.exit(USAGE)
    if os.environ.get("NO_COLOR") == "":
        del os.environ["NO_COLOR"]  # https://no-color.org: only if it is not empty; Textual takes any
    _draw_on_terminal()


def _draw_on_terminal() -> None:
    """Let Textual, which draws on the original standard error, draw on standard output if only that is a terminal.

    Messages still go to where the user sends standard error, by `sys.stderr`. An encoding that writes control sequences
    in another way than ASCII, such as UTF-16, would garble the screen, which is then drawn in ASCII.
    """
    drawn = sys.__stderr__ if sys.__stderr__ is not None and sys.__stderr__.isatty() else sys.__stdout__
    if drawn is None:
        return
    encoding = drawn.encoding if _contains_ascii(drawn.encoding) else "ascii"
    if drawn is not sys.__stderr__ or encoding != drawn.encoding:
        sys.__stderr__ = open(os.dup(drawn.fileno()), "w", encoding=encoding, errors=ERROR_HANDLER)  # type: ignore[misc]  # noqa: PTH123, SIM115


def _contains_ascii(encoding: str) -> bool:
    try:
        return _CONTROLS.encode(encoding) == _CONTROLS.encode("ascii")
    except (LookupError, UnicodeError):
        return False
