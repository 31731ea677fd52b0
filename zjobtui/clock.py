"""The machine's clocks, handed to whoever must tell time, so that tests can hand over others."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time in two ways, both in seconds."""

    def now(self) -> float:
        """Seconds since the epoch, UTC; never steps back while the program runs."""

    def boot(self) -> float:
        """Seconds since some fixed moment, counting the time that the machine sleeps."""


class SystemClock:
    """The clocks of this machine.

    `now` is anchored once and goes on with the boot clock: a wall clock that is set by a day makes no negative age and
    no burst of calls, and a suspended machine's hours still count.
    """

    def __init__(self) -> None:
        self._offset = time.time() - _boot()

    def now(self) -> float:
        """Seconds since the epoch, UTC, by the wall clock as it was at the start."""
        return self._offset + _boot()

    def boot(self) -> float:
        """Seconds since the machine started, its sleep included where the system tells."""
        return _boot()


def _boot() -> float:
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
