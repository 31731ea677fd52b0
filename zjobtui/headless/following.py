"""Takes the engine's states as they come, one after the other, on the thread of the one who prints."""

from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import Protocol

from zjobtui.domain.job import Job
from zjobtui.polling.ports import State, Subscriber

TICK = 1.0
"""Seconds after which a follower is woken although nothing has happened."""


class Polled(Protocol):
    """What a follower needs of the engine."""

    @property
    def state(self) -> State:
        """The newest state."""

    def start(self) -> None:
        """Starts to poll."""

    def subscribe(self, subscriber: Subscriber, /) -> None:
        """Names the one who is told of every new state."""

    def ask_now(self, jobs: Iterable[Job], /) -> None:
        """Asks about jobs before all others."""


def states(
    engine: Polled, first: Iterable[Job] = (), wait: Callable[[], float] = lambda: TICK
) -> Iterator[State | None]:
    """Starts the engine, with these jobs first, and gives every state; None when `wait` seconds brought none."""
    queue: SimpleQueue[State] = SimpleQueue()
    engine.start()
    engine.subscribe(queue.put)
    engine.ask_now(first)
    while True:
        try:
            yield queue.get(timeout=max(0.0, min(TICK, wait())))
        except Empty:
            yield None
