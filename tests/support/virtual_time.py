"""An event loop with virtual time: if nothing is ready, time jumps to the next timer. It has no IO."""

import asyncio
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple, cast

START = 1_773_133_200.0
"""The default start of virtual time: 10 March 2026, 09:00 UTC."""

_BOOT = 1_000.0

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class DeadlockError(RuntimeError):
    """Every task waits, and nothing will ever wake one."""


class SpinError(RuntimeError):
    """The loop turns without ever sleeping: a real one would keep a core busy."""


MOST_TURNS = 20_000
"""Turns of the loop at one moment of virtual time; a test with a thousand jobs needs a few hundred."""


class VirtualLoop(BaseEventLoop):
    """The loop; executors run functions immediately and in no time, sockets raise."""

    def __init__(self, start: float = START) -> None:
        super().__init__()
        self._selector = self
        self._start = start
        self._now = _BOOT
        self._turns = 0
        self.waits = 0
        """How often a real loop would have slept."""

    def time(self) -> float:
        """Return virtual seconds since a fixed moment, the time of timers."""
        return self._now

    def wall(self) -> float:
        """Return virtual seconds since the epoch."""
        return self._start + self._now - _BOOT

    def select(self, timeout: float | None) -> list[object]:
        """Advance to the next timer, where other loops wait for IO."""
        if timeout is None:
            raise DeadlockError("nothing is ready and no timer is set: the loop would wait for ever")
        self._now += timeout
        self.waits += timeout > 0
        self._turns = self._turns + 1 if timeout <= 0 else 0
        if self._turns > MOST_TURNS:
            raise SpinError(f"{MOST_TURNS} turns in no time")
        return []

    def run_in_executor(
        self,
        executor: object,  # noqa: ARG002 - no thread is needed
        func: Callable[[*_Ts], _T],
        *args: *_Ts,
    ) -> asyncio.Future[_T]:
        """Call the function immediately."""
        future = cast("asyncio.Future[_T]", self.create_future())
        try:
            future.set_result(func(*args))
        except Exception as fault:  # noqa: BLE001 - raised where the future is awaited
            future.set_exception(fault)
        return future

    def _process_events(self, event_list: list[object]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


class VirtualClock:
    """The clocks of a machine in the virtual time of the running loop."""

    def __init__(self) -> None:
        self._asleep = 0.0

    def now(self) -> float:
        """Return seconds since the epoch."""
        return _running().wall() + self._asleep

    def boot(self) -> float:
        """Return seconds since a fixed moment, including suspend."""
        return _running().time() + self._asleep

    def suspend(self, seconds: float) -> None:
        """Suspend the machine: both clocks advance, timers do not."""
        self._asleep += seconds


def run_virtually(coroutine: Coroutine[Any, Any, _T], start: float = START) -> _T:
    """Run the coroutine in virtual time from `start` (seconds since the epoch)."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(start)) as runner:
        return runner.run(coroutine)


def wall() -> float:
    """Return virtual seconds since the epoch, inside `run_virtually`."""
    return _running().wall()


def waits() -> int:
    """Return how often the loop has slept so far."""
    return _running().waits


def _running() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise TypeError("this is real time")
    return loop
