"""What a command says when it cannot do its work."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from zjobtui.headless.saying import USAGE, complain
from zjobtui.logs import get_logger
from zjobtui.storage.database import StoreError, UncommittedError

log = get_logger(__name__)


@contextmanager
def faults_told(entered: Sequence[str] = ()) -> Iterator[None]:
    """Report in one sentence, without a traceback, what the user can fix; the ids that were entered follow it."""
    try:
        yield
    except (StoreError, ValueError, OSError) as fault:
        log.exception("the command ends")
        heading = "Added at the next start:" if isinstance(fault, UncommittedError) else "Not added:"
        complain("\n".join((str(fault), heading, *entered)) if entered else str(fault))
        sys.exit(USAGE)
