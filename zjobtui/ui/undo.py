"""Results of edits, and the stack of undo steps.

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
    """How to undo a change: the engine calls, the text of what was done to jobs, and an optional follow-up."""

    revert: "Callable[[Watches], Iterable[Future[EditResult]]]"
    result_text: Callable[[Watches], str]
    follow_up: Callable[[Watches], object] = lambda _: None


class UndoStack:
    """Wait for edits of the engine, show their results with the undo key, and undo them.

    Edits and undos take turns in the order in which the user asked for them. `note_action` is called when one is made.
    """

    def __init__(self, screen: Screen[None], key: str, note_action: Callable[[], None]) -> None:
        self._screen = screen
        self._key = key
        self._note_action = note_action
        self._steps: deque[tuple[UndoStep, Watches]] = deque(maxlen=MAX_STEPS)
        self._turn = asyncio.Lock()  # wakes those that wait in their order

    def track(
        self,
        futures: "Iterable[Future[EditResult]]",
        step: UndoStep,
        result_text: Callable[[Watches], str] | None = None,
    ) -> None:
        """Show the result once the edits have ended, as in “2 jobs removed”, and keep the undo step.

        `result_text` returns another text for the changed jobs than that of the step. Without a text nothing is shown.
        """
        self._note_action()
        self._screen.run_worker(self._end_edits(tuple(futures), step, result_text or step.result_text))

    def undo(self) -> None:
        """Undo the last change, after all earlier edits and undos have ended; what fails can be undone again."""
        self._screen.run_worker(self._undo())

    async def _end_edits(
        self, futures: "Sequence[Future[EditResult]]", step: UndoStep, result_text: Callable[[Watches], str]
    ) -> None:
        async with self._turn:
            ended = await _wait_for(futures)
            if ended.watches:
                self._steps.append((step, ended.watches))
            self._show(ended, result_text, f"; {self._key} to undo" if ended.watches else "")

    async def _undo(self) -> None:
        async with self._turn:
            if not self._steps:
                toast(self._screen.app, "Nothing to undo.")
                return
            step, watches = self._steps.pop()
            self._note_action()
            ended = await _wait_for(step.revert(watches))
            if ended.watches:
                step.follow_up(ended.watches)
            if ended.error:
                self._steps.append((step, watches))  # what is undone already has changed since, and is left alone
            self._show(ended, partial(self._undo_text, step, watches))

    def _undo_text(self, step: UndoStep, watches: Watches, reverted: Watches) -> str:
        if reverted:
            return f"Undone: {step.result_text(reverted)}"
        more = f"; {self._key} undoes the change before it" if self._steps else ""
        return f"Nothing left to undo of “{step.result_text(watches)}”{more}"

    def _show(self, ended: "_EndedEdits", result_text: Callable[[Watches], str], hint: str = "") -> None:
        """Show what has changed, and why the rest has not."""
        text = result_text(ended.watches) if ended.watches or not ended.error else ""
        texts = [f"{text}{hint}."] if text else []
        if ended.error:
            texts.append(f"The change{' to other jobs' if texts else ''} failed: {ended.error}")
        if texts:
            toast(self._screen.app, " ".join(texts), ended.unsaved)


class _EndedEdits(Struct, frozen=True):
    """Each changed job once, as it is now; why the first edit that failed did; why edits are not on disk yet."""

    watches: Watches
    error: str
    unsaved: str


async def _wait_for(futures: "Iterable[Future[EditResult]]") -> _EndedEdits:
    """Wait until all edits have ended, successful or not."""
    results: list[EditResult] = []
    errors: list[str] = []
    if pending := [asyncio.wrap_future(future) for future in futures]:
        await asyncio.wait(pending)
    for future in pending:
        try:
            results.append(future.result())
        except (Exception, asyncio.CancelledError) as error:  # the screen must survive an engine that has ended
            log.exception("an edit failed")
            errors.append(str(error) or "polling has stopped.")
    changes = [result.change for result in results]
    watches = {watch.job: watch for change in changes for watch in (*change.added, *change.removed, *change.annotated)}
    unsaved = " ".join(dict.fromkeys(result.unsaved for result in results if result.unsaved))
    return _EndedEdits(tuple(watches.values()), errors[0] if errors else "", unsaved)


def result_text(done: str, watches: Watches) -> str:
    """Return what was done to jobs, as in “2 jobs removed”; "" if there are none."""
    return f"{describe_jobs(watches)} {done}" if watches else ""


def describe_jobs(watches: Sequence[WatchedJob]) -> str:
    """Return label and short id of one job, the number of several."""
    return plural(len(watches), "job") if len(watches) > 1 else job_name(watches[0])
