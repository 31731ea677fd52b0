"""Hands on keys one after the other: what is typed ahead waits until the key before it has opened what it opens."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from textual.app import App, ScreenStackError
from textual.dom import DOMNode
from textual.events import Event, Key
from textual.screen import Screen

from zjobtui.logs import get_logger

log = get_logger(__name__)

PATIENCE = 5.0
"""Seconds after which the next key goes on whatever the one before still does."""

PENDING_LIMIT = 256
"""Keys that may wait; whatever sends more is no keyboard, and the rest is dropped."""


class KeyQueue:
    """Of `/x`, sent in one go by a slow line, the x must reach the filter and not remove a job.

    Textual sends a key to whatever has the focus when it comes, even if a key before it is about to move the focus.
    """

    def __init__(self, app: App[int], hand_on: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Event] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a key is still being dealt with."""
        return self._task is not None and not self._task.done()

    @property
    def pending(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    async def take(self, event: Event) -> None:
        """Hands it on at once, or when its turn comes; drops a key for which too many wait."""
        if isinstance(event, Key) and self.pending >= PENDING_LIMIT:
            return
        self._waiting.append(event)
        if not self.is_busy:
            settled = await self._hand_on_next()
            self._task = asyncio.create_task(self._go_on(settled))

    async def _go_on(self, settled: Awaitable[None]) -> None:
        try:
            await settled
            while self._waiting and self._app.is_running:
                await (await self._hand_on_next())
        except ScreenStackError:
            self._waiting.clear()  # the program is ending, and nobody is left to take a key
        except Exception as fault:  # it ends the program as it would have in Textual's own loop
            log.exception("a key could not be handled: the program ends")
            self._app.call_later(_fail, fault)

    async def _hand_on_next(self) -> Awaitable[None]:
        """Hands on one key; what it gives ends when that key is dealt with."""
        screen = self._app.screen
        target = self._app.focused or screen
        await self._hand_on(self._waiting.popleft())
        return self._settled(target, screen)

    async def _settled(self, target: DOMNode, screen: Screen[object]) -> None:
        # The key goes up to the app, whose action may ask the app to move the focus or to show another screen.
        for node in (target, *target.ancestors, self._app):
            await _once(node.call_later)
        if self._app.screen is not screen:
            await _once(self._app.screen.call_after_refresh)


def _fail(fault: Exception) -> None:
    raise fault


async def _once(call: Callable[[Callable[[], object]], bool]) -> None:
    done = asyncio.Event()
    if call(done.set):
        try:
            await asyncio.wait_for(done.wait(), PATIENCE)
        except TimeoutError:
            return
