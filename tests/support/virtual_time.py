"""An event loop whose time jumps: nothing ready, and it is already the moment of the next timer. It knows no IO."""

import asyncio
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple, cast

START = 1_773_133_200.0
"""When virtual time starts unless told otherwise: 10 March 2026, 09:00 UTC."""

_BOOT = 1_000.0

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class DeadlockError(RuntimeError):
    """Every task waits for something that no task will ever do."""


class VirtualLoop(BaseEventLoop):
    """The loop; what is handed to an executor runs at once and takes no time, anything with a socket raises."""

    def __init__(self, start: float = START) -> None:
        super().__init__()
        self._selector = self
        self._start = start
        self._now = _BOOT
        self.waits = 0
        """How often it had nothing to do until some moment: a real loop would have slept and been woken."""

    def time(self) -> float:
        """Virtual seconds since some moment; timers go by them."""
        return self._now

    def wall(self) -> float:
        """Virtual seconds since the epoch."""
        return self._start + self._now - _BOOT

    def select(self, timeout: float | None) -> list[object]:
        """The step that waits for IO in other loops."""
        if timeout is None:
            raise DeadlockError("nothing is ready and no timer is set: the loop would wait for ever")
        self._now += timeout
        self.waits += timeout > 0
        return []

    def run_in_executor(
        self,
        executor: object,  # noqa: ARG002 - no thread is needed
        func: Callable[[*_Ts], _T],
        *args: *_Ts,
    ) -> asyncio.Future[_T]:
        """Calls the function here and now."""
        future = cast("asyncio.Future[_T]", self.create_future())
        try:
            future.set_result(func(*args))
        except Exception as fault:  # noqa: BLE001 - whoever awaits the future gets it
            future.set_exception(fault)
        return future

    def _process_events(self, event_list: list[object]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


class VirtualClock:
    """The clocks of a machine in virtual time; asks the running loop."""

    def __init__(self) -> None:
        self._asleep = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return _running().wall() + self._asleep

    def boot(self) -> float:
        """Seconds since some fixed moment, the machine's sleep included."""
        return _running().time() + self._asleep

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: both clocks go on, timers do not."""
        self._asleep += seconds


def run_virtually(coroutine: Coroutine[Any, Any, _T], start: float = START) -> _T:
    """Runs the coroutine to its end in virtual time, from `start` (seconds since the epoch) on."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(start)) as runner:
        return runner.run(coroutine)


def wall() -> float:
    """Virtual seconds since the epoch, in a coroutine that runs virtually."""
    return _running().wall()


def waits() -> int:
    """How often the loop has slept so far."""
    return _running().waits


def _running() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise TypeError("this is real time")
    return loop
