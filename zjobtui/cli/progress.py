"""The states of the engine one by one, and what they say of jobs and tenants."""

import os
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import Protocol

from zjobtui.bootstrap.output import write_error
from zjobtui.formatting.events import news_line
from zjobtui.formatting.status import SteadyStatuses, count_texts, status_text, worst_status
from zjobtui.formatting.symbols import counts
from zjobtui.formatting.text_width import cells, fit
from zjobtui.formatting.times import duration
from zjobtui.models.diff import differences
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.protocols import State, Subscriber

TICK = 1.0
"""Seconds after which a follower is woken although nothing has happened."""


class PollingEndedError(Exception):
    """The engine has come to its end by a fault; nothing more will be heard of it. The message is for people."""


class PolledEngine(Protocol):
    """What a follower needs of the engine."""

    @property
    def state(self) -> State:
        """The newest state."""

    def start(self) -> None:
        """Starts to poll."""

    def subscribe(self, subscriber: Subscriber, /) -> None:
        """Names the one who is told of every new state."""

    def poll_now(self, jobs: Iterable[JobRef], /) -> None:
        """Asks about jobs before all others."""


def states(
    engine: PolledEngine, first: Iterable[JobRef] = (), wait: Callable[[], float] = lambda: TICK
) -> Iterator[State | None]:
    """Starts the engine, with these jobs first, and gives every state; None when `wait` seconds brought none.

    Raises `PollingEndedError` after the last state.
    """
    queue: SimpleQueue[State] = SimpleQueue()
    engine.subscribe(queue.put)  # before the start, for a thread that dies at once tells it but once
    engine.start()
    engine.poll_now(first)
    while True:
        try:
            state = queue.get(timeout=max(0.0, min(TICK, wait())))
        except Empty:
            yield None
            continue
        yield state
        if state.fault not in engine.state.fault:
            raise PollingEndedError(state.fault)  # what a tenant stumbles over, the engine keeps in its own state


class Progress:
    """How these jobs stand; what keeps their tenants from being polled is told once each time."""

    def __init__(self, jobs: Iterable[JobRef], now: float) -> None:
        self._tenants = frozenset(job.tenant for job in jobs)
        self._began = now
        self._is_live = sys.stderr.isatty()
        self._before: Watchlist | None = None
        self._troubles = Troubles()
        self._steady = SteadyStatuses()

    def tell(self, watches: Iterable[WatchedJob], state: State, now: float) -> None:
        """What is new; on a terminal the line anew."""
        known = Watchlist({watch.job: watch for watch in watches})
        if news := [*self._news(known, now), *self._troubles.news(state, self._tenants)]:
            self.close()
            write_error("".join(f"{line}\n" for line in news))  # words of responses are not logged
        if self._is_live:
            self._draw(known, [pulse for name, pulse in state.statuses.items() if name in self._tenants], now)

    def close(self) -> None:
        """Takes the live line away."""
        if self._is_live:
            write_error("\r\x1b[K")

    def _draw(self, known: Watchlist, pulses: list[TenantStatus], now: float) -> None:
        counted = [text for text, _, _ in count_texts(counts(known))]
        waiting = sum(not watch.is_final for watch in known)
        pulse = status_text(worst_status(self._steady.hold(pulses, now)), now, waiting)
        took, width = duration(now - self._began), max(20, _columns() - 1)
        lines = [" · ".join((*counted, text.rstrip(), took)) for text in (pulse.full, *pulse.texts)]
        line = next((line for line in lines if cells(line) <= width), fit(lines[-1], width).rstrip())
        write_error(f"\r\x1b[K{line}")

    def _news(self, known: Watchlist, now: float) -> list[str]:
        before, self._before = self._before, known
        if before is None or self._is_live:
            return []
        told = (EventKind.STATUS, EventKind.CONTRADICTED)
        return [news_line(event, watch, now) for event, watch in differences(before, known) if event in told]


class Troubles:
    """What keeps tenants from being polled and changes from being saved, each told once until it is another."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def news(self, state: State, tenants: Container[str]) -> list[str]:
        """The sentences that are new; of tenants only these count."""
        unsaved = state.unsaved and f"Not saved: {state.unsaved}"
        now = {"fault": state.fault, "unsaved": unsaved, "notice": state.notice}
        for name, pulse in state.statuses.items():
            if pulse.problem is not None and name in tenants:
                now[f"tenant {name}"] = f"{name}: {pulse.problem}. {pulse.problem.kind.meaning}"
        before, self._told = self._told, now
        return [text for key, text in now.items() if text and text != before.get(key)]


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 80
