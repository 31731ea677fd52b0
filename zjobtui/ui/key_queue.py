"""Strict order of keys, so that type-ahead reaches the widget that the previous key opened."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from textual.app import App, ScreenStackError
from textual.dom import DOMNode
from textual.events import Event, Key
from textual.screen import Screen

from zjobtui.logs import get_logger

log = get_logger(__name__)

KEY_TIMEOUT = 5.0
"""Seconds after which the next key is dispatched even if the previous one is still being processed."""

PENDING_LIMIT = 256
"""Keys that may wait; more do not come from a keyboard and are dropped."""


class KeyQueue:
    """Dispatch a key only after the previous one is processed.

    Textual sends a key to the widget that has the focus when the key arrives, even if an earlier key is about to move
    the focus. If a slow connection delivers `/x` at once, the x must reach the filter instead of removing a job.
    """

    def __init__(self, app: App[int], dispatch: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._dispatch = dispatch
        self._waiting: deque[Event] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a key is still being processed."""
        return self._task is not None and not self._task.done()

    @property
    def pending(self) -> int:
        """Number of events that wait."""
        return len(self._waiting)

    async def put(self, event: Event) -> None:
        """Dispatch an event, or queue it while another is processed; drop a key if too many wait."""
        if isinstance(event, Key) and self.pending >= PENDING_LIMIT:
            return
        self._waiting.append(event)
        if not self.is_busy:
            processed = await self._dispatch_next()
            self._task = asyncio.create_task(self._dispatch_rest(processed))

    async def _dispatch_rest(self, processed: Awaitable[None]) -> None:
        try:
            await processed
            while self._waiting and self._app.is_running:
                await (await self._dispatch_next())
        except ScreenStackError:
            self._waiting.clear()  # the program is ending
        except Exception as fault:  # it ends the program, as in Textual's own loop
            log.exception("a key could not be handled: the program ends")
            self._app.call_later(_raise, fault)

    async def _dispatch_next(self) -> Awaitable[None]:
        """Dispatch one event; return an awaitable that ends when the event is processed."""
        screen = self._app.screen
        target = self._app.focused or screen
        await self._dispatch(self._waiting.popleft())
        return self._wait_processed(target, screen)

    async def _wait_processed(self, target: DOMNode, screen: Screen[object]) -> None:
        # The key bubbles up to the app, whose action may move the focus or push a screen.
        for node in (target, *target.ancestors, self._app):
            await _wait_for_callback(node.call_later)
        if self._app.screen is not screen:
            await _wait_for_callback(self._app.screen.call_after_refresh)


def _raise(fault: Exception) -> None:
    raise fault


async def _wait_for_callback(call: Callable[[Callable[[], object]], bool]) -> None:
    done = asyncio.Event()
    if call(done.set):
        try:
            await asyncio.wait_for(done.wait(), KEY_TIMEOUT)
        except TimeoutError:
            return
