"""What a command says when it cannot do its work."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from zjobtui.headless.saying import USAGE, complain
from zjobtui.logs import get_logger
from zjobtui.storage.database import StoreError

log = get_logger(__name__)


@contextmanager
def faults_told(consequence: str = "") -> Iterator[None]:
    """Report in one sentence, without a traceback, what the user can fix; the `consequence`, if any, follows it."""
    try:
        yield
    except (StoreError, ValueError, OSError) as fault:
        log.exception("the command ends")
        complain(f"{fault}\n{consequence}" if consequence else str(fault))
        sys.exit(USAGE)
