"""The clocks of the machine, passed as an argument so that tests can replace them."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks, both in seconds."""

    def now(self) -> float:
        """Return seconds since the epoch, UTC; never steps back while the program runs."""

    def boot(self) -> float:
        """Return seconds since a fixed moment, including the time that the machine is suspended."""


class SystemClock:
    """The clocks of this machine.

    `now` is read once and then advances with the boot clock: setting the wall clock makes no negative age and no burst
    of calls, and the time of a suspended machine still counts.
    """

    def __init__(self) -> None:
        self._offset = time.time() - _boot()

    def now(self) -> float:
        """Return seconds since the epoch, UTC, by the wall clock as it was at the start."""
        return self._offset + _boot()

    def boot(self) -> float:
        """Return seconds since the machine started, including suspend if the system has such a clock."""
        return _boot()


def _boot() -> float:
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
