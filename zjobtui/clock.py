"""The clocks of the machine, passed as an argument so that tests can replace them."""

import sys
import time
from collections.abc import Callable
from functools import partial
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
        self._boot = boot_clock()
        self._offset = time.time() - self._boot()

    def now(self) -> float:
        """Return seconds since the epoch, UTC, by the wall clock as it was at the start."""
        return self._offset + self._boot()

    def boot(self) -> float:
        """Return seconds since the machine started, including suspend if the system has such a clock."""
        return self._boot()


def boot_clock() -> Callable[[], float]:
    """Return the clock of this platform that advances while the machine is suspended, in seconds.

    On Linux it is `CLOCK_BOOTTIME`. On macOS it is `CLOCK_MONOTONIC` (`man clock_gettime`), whereas `time.monotonic`
    stops during sleep. On other platforms it is `time.monotonic`.
    """
    if hasattr(time, "CLOCK_BOOTTIME"):
        return partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    return time.monotonic
