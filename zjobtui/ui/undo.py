"""What was done to the watchlist, told after the commit, and the ways back from it, the last one first."""

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

KEPT = 100
"""Changes that can be taken back: each holds the jobs as they were before it."""


@dataclass(frozen=True, slots=True)
class UndoStep:
    """A way back from what was done: what takes it for the watches it was done to, and what is told and done then."""

    back: "Callable[[Watches], Iterable[Future[EditResult]]]"
    done: str
    name: str = "undoes it"
    then: Callable[[Watches], object] = lambda _: None


class UndoStack:
    """Waits for what the engine does, tells it with the key that takes it back, and takes it back."""

    def __init__(self, screen: Screen[None], key: str) -> None:
        self._screen = screen
        self._key = key
        self._ways: deque[tuple[UndoStep, Watches]] = deque(maxlen=KEPT)
        self._followed: list[Worker[None]] = []

    def do(self, futures: "Iterable[Future[EditResult]]", done: str, way: UndoStep | None = None) -> None:
        """Tells what was done to which watches; of none there is nothing to tell."""
        self.follow(futures, lambda watches: f"{describe_jobs(watches)} {done}" if watches else "", way)

    def follow(
        self, futures: "Iterable[Future[EditResult]]", told: Callable[[Watches], str], way: UndoStep | None = None
    ) -> None:
        """Tells what `told` makes of the watches that were changed, and keeps the way back."""
        self._followed = [worker for worker in self._followed if not worker.is_finished]
        self._followed.append(self._screen.run_worker(self._wait(futures, told, way)))

    def undo(self) -> None:
        """Take back what was done last; an edit whose commit is still awaited is what was done last, too."""
        if any(not worker.is_finished for worker in self._followed):
            self._screen.run_worker(self._undo_when_settled())
        else:
            self._undo()

    async def _undo_when_settled(self) -> None:
        for worker in tuple(self._followed):
            await worker.wait()
        self._undo()

    def _undo(self) -> None:
        if not self._ways:
            toast(self._screen.app, "There is nothing to undo.")
            return
        way, watches = self._ways.pop()

        def told(back: Watches) -> str:
            way.then(back)
            return f"{describe_jobs(back)} {way.done}" if back else ""

        self.follow(way.back(watches), told)

    async def _wait(
        self, futures: "Iterable[Future[EditResult]]", told: Callable[[Watches], str], way: UndoStep | None
    ) -> None:
        tell = partial(toast, self._screen.app)
        try:
            edited = [await asyncio.wrap_future(future) for future in futures]
        except Exception as fault:  # an engine that is gone must not take the screen with it
            log.exception("an edit was not done")
            tell(f"That was not done: {fault}")
            return
        changes = [one.change for one in edited]
        watches = tuple(watch for one in changes for watch in (*one.added, *one.removed, *one.annotated))
        undo = ""
        if way is not None and watches:
            self._ways.append((way, watches))
            undo = f"; {self._key} {way.name}"
        if text := told(watches):
            tell(f"{text}{undo}.", edited[-1].unsaved)


def describe_jobs(watches: Sequence[WatchedJob]) -> str:
    """One by its label or the beginning of its id, several by their number."""
    if len(watches) > 1:
        return plural(len(watches), "job")
    return watches[0].label or short_id(watches[0].job.id.given)
