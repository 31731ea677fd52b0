"""Takes the engine's states as they come, one after the other, on the thread of the one who prints."""

from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import Protocol

from zjobtui.domain.job import Job
from zjobtui.polling.ports import State, Subscriber

TICK = 1.0
"""Seconds after which a follower is woken although nothing has happened."""


class PollingEndedError(Exception):
    """The engine has come to its end by a fault; nothing more will be heard of it. The message is for people."""


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
    """Starts the engine, with these jobs first, and gives every state; None when `wait` seconds brought none.

    Raises `PollingEndedError` after the last state.
    """
    queue: SimpleQueue[State] = SimpleQueue()
    engine.subscribe(queue.put)  # before the start, for a thread that dies at once tells it but once
    engine.start()
    engine.ask_now(first)
    while True:
        try:
            state = queue.get(timeout=max(0.0, min(TICK, wait())))
        except Empty:
            yield None
            continue
        yield state
        if state.fault not in engine.state.fault:
            raise PollingEndedError(state.fault)  # what a tenant stumbles over, the engine keeps in its own state
