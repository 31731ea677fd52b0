"""Reads of what jobs created, which the user asks for: sent before polls, at most four at a time, never repeated."""

import asyncio
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.models.related import ReadProblem, ReadProblemKind, ReadResult, Reference
from zjobtui.polling.protocols import JobSource
from zjobtui.polling.tenant_gate import TenantGate

log = get_logger(__name__)

MOST_IN_FLIGHT = 4
"""Reads in flight at a time, so that polling keeps most of the calls that may be."""

LONGEST_WAIT = 10.0
"""Seconds for which a read waits for the limits of the tenant; then the user gets a problem instead."""


class _Waiting(Struct, frozen=True):
    reference: Reference
    future: "asyncio.Future[ReadResult]"
    since: float


class ReadQueue:
    """The reads of one tenant.

    They pass the same rate limiter as polls, whether or not polling is paused or another window polls. While the tenant
    is down they are sent as well, since the user asked; a good response makes the next probe due.
    """

    def __init__(self, source: JobSource, gate: TenantGate, clock: Clock, changed: Callable[[], None]) -> None:
        self._source = source
        self._gate = gate
        self._clock = clock
        self._changed = changed
        self._waiting: deque[_Waiting] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def in_flight(self) -> int:
        """How many reads are in flight."""
        return len(self._tasks)

    def wait(self, polls: int) -> float | None:
        """Return the seconds until the next read may be sent beside `polls` polls in flight.

        None if no read is waiting, or if the next one can be sent only when a call in flight ends.
        """
        if not self._waiting or not self._has_room(polls):
            return None
        return self._gate.limiter.wait(self._clock.now(), is_read=True)

    def add(self, reference: Reference, future: "asyncio.Future[ReadResult]") -> None:
        """Read an object as soon as the limits allow, and set the result of the future; a cancelled one is not read."""
        if not self._waiting and not self._tasks:
            self._source.sign_in_again()
        self._waiting.append(_Waiting(reference, future, self._clock.now()))
        self._changed()

    def start(self, polls: int) -> None:
        """Send as many reads as the limits allow beside `polls` polls in flight; fail those that wait too long."""
        now = self._clock.now()
        self._waiting = deque(each for each in self._waiting if not each.future.done())
        while self._waiting:
            wait = self._gate.limiter.wait(now, is_read=True)
            if wait > 0:
                self._give_up(now, wait)
                return
            if not self._has_room(polls):
                return
            waiting = self._waiting.popleft()
            self._gate.count_call(now)
            task = asyncio.create_task(self._read(waiting, now))
            self._tasks.add(task)

    async def close(self) -> None:
        """Cancel the reads in flight."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    def _has_room(self, polls: int) -> bool:
        return self.in_flight < min(MOST_IN_FLIGHT, self._gate.limiter.concurrency - polls)

    def _give_up(self, now: float, wait: float) -> None:
        """Give up the reads that would wait for too long; the others keep their places."""
        is_day_used_up = self._gate.limiter.day_share(now) >= 1
        kind = ReadProblemKind.DAY_USED_UP if is_day_used_up else ReadProblemKind.THROTTLED
        detail = "" if is_day_used_up else "the tenant's limits allow no call within ten seconds"
        kept: deque[_Waiting] = deque()
        for each in self._waiting:
            if now + wait - each.since > LONGEST_WAIT:
                _finish(each.future, ReadProblem(each.reference, kind, detail, at=now))
            else:
                kept.append(each)
        self._waiting = kept

    async def _read(self, waiting: _Waiting, sent: float) -> None:
        reference = waiting.reference
        try:
            result = await self._source.read_related(reference)
        except asyncio.CancelledError:
            waiting.future.cancel()
            raise
        except Exception as fault:  # a source never raises; if it does, the user gets a problem
            log.exception("internal error in the read of %s %s", reference.kind.word, reference.key)
            detail = f"internal error in zjobtui: {type(fault).__name__}"
            result = ReadProblem(reference, ReadProblemKind.UNREADABLE, detail, at=self._clock.now())
        finally:
            if (task := asyncio.current_task()) is not None:
                self._tasks.discard(task)
        _finish(waiting.future, result)
        self._gate.record_read(result, sent, self._clock.now())
        self._changed()


def _finish(future: "asyncio.Future[ReadResult]", result: ReadResult) -> None:
    if not future.done():
        future.set_result(result)
