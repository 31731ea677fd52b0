"""Confirmation of edits, and the stack of undo steps.

An edit has ended when it is committed, or after some seconds with the reason why it is not saved yet.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from textual.screen import Screen
from textual.worker import Worker

from zjobtui.formatting.symbols import job_name, plural
from zjobtui.logs import get_logger
from zjobtui.models.watched_job import WatchedJob
from zjobtui.ui.toast import toast

if TYPE_CHECKING:
    from zjobtui.polling.state import EditResult

log = get_logger(__name__)

Watches: TypeAlias = tuple[WatchedJob, ...]

MAX_STEPS = 100
"""Number of changes that can be undone; each holds the jobs as they were before."""


class UndoStep(Struct, frozen=True):
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
        """Confirm the edits once they have ended, as in “2 jobs removed”, and keep the undo step.

        `confirmation` returns another text for the changed jobs. Without a text nothing is shown.
        """
        self._start(futures, confirmation or partial(_confirmation, step.done), step)

    def _start(
        self,
        futures: "Iterable[Future[EditResult]]",
        confirmation: Callable[[Watches], str],
        step: UndoStep | None = None,
        undone: tuple[UndoStep, Watches] | None = None,
    ) -> None:
        self._workers = [worker for worker in self._workers if not worker.is_finished]
        self._workers.append(self._screen.run_worker(self._confirm(futures, confirmation, step, undone)))

    def undo(self) -> None:
        """Undo the last change, after all pending edits have ended; what fails can be undone again."""
        if any(not worker.is_finished for worker in self._workers):
            self._screen.run_worker(self._undo_when_ended())
        else:
            self._undo()

    async def _undo_when_ended(self) -> None:
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
            if reverted:
                return f"Undone: {_confirmation(step.done, reverted)}"
            more = f"; {self._key} undoes the change before it" if self._steps else ""
            return f"Nothing left to undo of “{_confirmation(step.done, watches)}”{more}"

        self._start(step.revert(watches), confirmation, undone=(step, watches))

    async def _confirm(
        self,
        futures: "Iterable[Future[EditResult]]",
        confirmation: Callable[[Watches], str],
        step: UndoStep | None,
        undone: tuple[UndoStep, Watches] | None,
    ) -> None:
        """Wait for edits; if some of them fail, the others are confirmed and can be undone all the same."""
        results: list[EditResult] = []
        faults: list[str] = []
        if pending := [asyncio.wrap_future(future) for future in futures]:
            await asyncio.wait(pending)
        for future in pending:
            try:
                results.append(future.result())
            except (Exception, asyncio.CancelledError) as fault:  # the screen must survive an engine that has ended
                log.exception("an edit failed")
                faults.append(str(fault) or "polling has stopped.")
        changes = [result.change for result in results]
        watches = tuple(watch for change in changes for watch in (*change.added, *change.removed, *change.annotated))
        if faults and undone is not None:
            reverted = {watch.job for watch in watches}
            self._push(undone[0], tuple(watch for watch in undone[1] if watch.job not in reverted))
        hint = f"; {self._key} to undo" if self._push(step, watches) else ""
        text = confirmation(watches) if watches or not faults else ""
        texts = [f"{text}{hint}."] if text else []
        if faults:
            texts.append(f"The change{' to other jobs' if texts else ''} failed: {faults[0]}")
        if texts:
            toast(self._screen.app, " ".join(texts), results[-1].unsaved if results else "")

    def _push(self, step: UndoStep | None, watches: Watches) -> bool:
        """Keep how to undo the change of these jobs; return whether there is anything to undo."""
        if step is None or not watches:
            return False
        self._steps.append((step, watches))
        return True


def _confirmation(done: str, watches: Watches) -> str:
    return f"{describe_jobs(watches)} {done}" if watches else ""


def describe_jobs(watches: Sequence[WatchedJob]) -> str:
    """Return label and short id of one job, the number of several."""
    return plural(len(watches), "job") if len(watches) > 1 else job_name(watches[0])
