"""What printing commands say alike: exit statuses and complaints."""

import sys

OK, SOME_REFUSED, USAGE = 0, 1, 2
"""Exit statuses: done; done in part, what was refused is named; nothing done."""

INTERRUPTED = 130
"""The exit status after ctrl+c."""


def complain(sentence: str) -> None:
    """Tells on standard error what is not what was asked for."""
    print(sentence, file=sys.stderr)
