"""The engine's states as an iterator, and what `wait` and `watch` print about them to standard error."""

import os
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from queue import Empty, SimpleQueue

from zjobtui.bootstrap.output import has_cursor, write_error
from zjobtui.formatting.events import news_line
from zjobtui.formatting.status import SteadyStatuses, count_texts, status_text, worst_status
from zjobtui.formatting.symbols import counts
from zjobtui.formatting.times import duration
from zjobtui.models.diff import differences
from zjobtui.models.history import EventKind
from zjobtui.models.job import JobRef
from zjobtui.models.problem import TRANSIENT
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.text_width import cells, fit
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.engine import Engine
from zjobtui.polling.state import State

STATE_SECONDS = 1.0
"""Seconds after which `states` yields even if nothing has happened."""


class PollingEndedError(Exception):
    """Polling stopped with an error; no further state will come. The message is for the user."""


def states(
    engine: Engine, first: Iterable[JobRef] = (), wait: Callable[[], float] = lambda: STATE_SECONDS
) -> Iterator[State | None]:
    """Start the engine, polling these jobs first, and yield every state, or None if `wait` seconds brought none.

    Raises `PollingEndedError` after the last state.
    """
    queue: SimpleQueue[State] = SimpleQueue()
    engine.subscribe(queue.put)  # before the start: a thread that dies at once publishes that only once
    engine.start()
    engine.poll_now(first)
    while True:
        try:
            state = queue.get(timeout=max(0.0, min(STATE_SECONDS, wait())))
        except Empty:
            yield None
            continue
        yield state
        if state.has_ended:
            raise PollingEndedError(state.fault)


class Progress:
    """Print the progress of these jobs: changes and problems as lines, and on a terminal a live line below them."""

    def __init__(self, jobs: Iterable[JobRef], now: float) -> None:
        self._tenants = frozenset(job.tenant for job in jobs)
        self._began = now
        self._is_live = sys.stderr.isatty() and has_cursor(os.environ)
        self._before: Watchlist | None = None
        self._problems = Problems()
        self._steady = SteadyStatuses()

    def update(self, watches: Iterable[WatchedJob], state: State, now: float) -> None:
        """Print what is new, and draw the live line again."""
        watchlist = Watchlist({watch.job: watch for watch in watches})
        if lines := [*self._changes(watchlist, now), *self._problems.new_in(state, self._tenants)]:
            self.close()
            write_error("".join(f"{line}\n" for line in lines))  # words of responses are not logged
        if self._is_live:
            self._draw(watchlist, [status for name, status in state.statuses.items() if name in self._tenants], now)

    def close(self) -> None:
        """Erase the live line."""
        if self._is_live:
            write_error("\r\x1b[K")

    def _draw(self, watchlist: Watchlist, statuses: list[TenantStatus], now: float) -> None:
        """Draw counts, status and elapsed time; a narrow terminal gets a shorter text of the status."""
        jobs = counts(watchlist)
        count_parts = [text for text, _, _ in count_texts(jobs)]
        status = status_text(worst_status(self._steady.hold(statuses, now)), now, jobs)
        took, width = duration(now - self._began), max(20, _columns() - 1)
        lines = [" · ".join((*count_parts, text.rstrip(), took)) for text in (status.full, *status.texts)]
        line = next((line for line in lines if cells(line) <= width), fit(lines[-1], width).rstrip())
        write_error(f"\r\x1b[K{line}")

    def _changes(self, watchlist: Watchlist, now: float) -> list[str]:
        before, self._before = self._before, watchlist
        if before is None or self._is_live:
            return []
        printed = (EventKind.STATUS, EventKind.CONTRADICTED)
        has_tenant = len(self._tenants) > 1
        return [
            news_line(event, watch, now, has_tenant=has_tenant)
            for event, watch in differences(before, watchlist)
            if event in printed
        ]


class Problems:
    """What keeps tenants from being polled and changes from being saved; each is returned once until it changes.

    Each kind of problem is returned once per outage, since the words of a proxy's page may change with every call.
    """

    def __init__(self) -> None:
        self._before: dict[str, str] = {}
        self._returned: dict[str, set[object]] = {}

    def new_in(self, state: State, tenants: Container[str]) -> list[str]:
        """Return the sentences that are new in a state, of these tenants only."""
        unsaved = state.unsaved and f"Not saved: {state.unsaved}"
        now = {"fault": state.fault, "unsaved": unsaved, "notice": state.notice}
        before, self._before = self._before, now
        return [
            *(text for key, text in now.items() if text and text != before.get(key)),
            *self._new_outages(state, tenants),
        ]

    def _new_outages(self, state: State, tenants: Container[str]) -> list[str]:
        problems = {name: s.problem for name, s in state.statuses.items() if s.problem is not None and name in tenants}
        self._returned = {name: returned for name, returned in self._returned.items() if name in problems}
        new = list[str]()
        for name, problem in problems.items():
            key = problem.kind if problem.kind in TRANSIENT else problem
            returned = self._returned.setdefault(name, set())
            if key not in returned:
                returned.add(key)
                new.append(f"{name}: {problem.sentences}")
        return new


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80
