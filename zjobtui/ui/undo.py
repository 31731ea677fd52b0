"""Confirmation of edits after their commit, and the stack of undo steps."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from textual.screen import Screen
from textual.worker import Worker

from zjobtui.formatting.symbols import plural, short_id
from zjobtui.logs import get_logger
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.toast import toast

if TYPE_CHECKING:
    from zjobtui.polling.protocols import EditResult

log = get_logger(__name__)

Watches: TypeAlias = tuple[WatchedJob, ...]

MAX_STEPS = 100
"""Number of changes that can be undone; each holds the jobs as they were before."""


@dataclass(frozen=True, slots=True)
class UndoStep:
    """How to undo a change: the engine calls, what was done, as in “removed”, and an optional follow-up."""

    revert: "Callable[[Watches], Iterable[Future[EditResult]]]"
    done: str
    follow_up: Callable[[Watches], object] = lambda _: None


class UndoStack:
    """Wait for edits of the engine, confirm them with the undo key, and undo them."""

    def __init__(self, screen: Screen[None], key: str) -> None:
        self._screen = screen
        self._key = key
        self._steps: deque[tuple[UndoStep, Watches]] = deque(maxlen=MAX_STEPS)
        self._workers: list[Worker[None]] = []

    def track(
        self,
        futures: "Iterable[Future[EditResult]]",
        step: UndoStep,
        confirmation: Callable[[Watches], str] | None = None,
    ) -> None:
        """Confirm the edits once they are committed, as in “2 jobs removed”, and keep the undo step.

        `confirmation` returns another text for the changed jobs. Without a text nothing is shown.
        """
        self._start(futures, confirmation or partial(_confirmation, step.done), step)

    def _start(
        self,
        futures: "Iterable[Future[EditResult]]",
        confirmation: Callable[[Watches], str],
        step: UndoStep | None = None,
    ) -> None:
        self._workers = [worker for worker in self._workers if not worker.is_finished]
        self._workers.append(self._screen.run_worker(self._confirm(futures, confirmation, step)))

    def undo(self) -> None:
        """Undo the last change, after all pending edits are committed."""
        if any(not worker.is_finished for worker in self._workers):
            self._screen.run_worker(self._undo_when_committed())
        else:
            self._undo()

    async def _undo_when_committed(self) -> None:
        for worker in tuple(self._workers):
            await worker.wait()
        self._undo()

    def _undo(self) -> None:
        if not self._steps:
            toast(self._screen.app, "Nothing to undo.")
            return
        step, watches = self._steps.pop()

        def confirmation(reverted: Watches) -> str:
            step.follow_up(reverted)
            return f"Undone: {_confirmation(step.done, reverted)}" if reverted else ""

        self._start(step.revert(watches), confirmation)

    async def _confirm(
        self,
        futures: "Iterable[Future[EditResult]]",
        confirmation: Callable[[Watches], str],
        step: UndoStep | None,
    ) -> None:
        app = self._screen.app
        try:
            results = [await asyncio.wrap_future(future) for future in futures]
        except Exception as fault:  # the screen must survive an engine that has failed
            log.exception("an edit failed")
            toast(app, f"The change failed: {fault}")
            return
        changes = [result.change for result in results]
        watches = tuple(watch for change in changes for watch in (*change.added, *change.removed, *change.annotated))
        hint = ""
        if step is not None and watches:
            self._steps.append((step, watches))
            hint = f"; {self._key} to undo"
        if text := confirmation(watches):
            toast(app, f"{text}{hint}.", results[-1].unsaved)


def _confirmation(done: str, watches: Watches) -> str:
    return f"{describe_jobs(watches)} {done}" if watches else ""


def describe_jobs(watches: Sequence[WatchedJob]) -> str:
    """Return the label or short id of one job, the number of several."""
    if len(watches) > 1:
        return plural(len(watches), "job")
    return watches[0].label or short_id(watches[0].job.id.given)
