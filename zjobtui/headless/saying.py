"""What printing commands say alike: exit statuses and complaints."""

import sys

OK, SOME_REFUSED, USAGE = 0, 1, 2
"""Exit statuses: done; done in part, what was refused is named; nothing done."""


def status_of(interruption: KeyboardInterrupt) -> int:
    """128 and the number of the signal, as shells say it: 130 after ctrl+c, which names none."""
    return int(interruption.args[0]) if interruption.args else 130


def complain(sentence: str) -> None:
    """Tells on standard error what is not what was asked for."""
    print(sentence, file=sys.stderr)
