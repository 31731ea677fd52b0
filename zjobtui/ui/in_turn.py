"""Hands on keys one after the other: what is typed ahead waits until the key before it has opened what it opens."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from textual.app import App
from textual.dom import DOMNode
from textual.events import Event, Key
from textual.widgets import Input, TextArea

PATIENCE = 0.5
"""Seconds after which the next key goes on whatever the one before still does."""


class InTurn:
    """Of `/x`, sent in one go by a slow line, the x must reach the filter and not remove a job.

    Textual sends a key to whatever has the focus when it comes, even if a key before it is about to move the focus.
    """

    def __init__(self, app: App[int], hand_on: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Event] = deque()
        self._task: asyncio.Task[None] | None = None

    async def take(self, event: Event) -> None:
        """Hands it on at once, or when its turn comes."""
        if self._task is not None and not self._task.done():
            self._waiting.append(event)
            return
        target = self._target()
        await self._hand_on(event)
        self._task = asyncio.create_task(self._go_on(target, event))

    async def _go_on(self, target: DOMNode, event: Event) -> None:
        try:
            await self._settled(target, event)
            while self._waiting:
                event, target = self._waiting.popleft(), self._target()
                await self._hand_on(event)
                await self._settled(target, event)
        except Exception as fault:  # noqa: BLE001 - it ends the program as it would have in Textual's own loop
            self._app._handle_exception(fault)  # noqa: SLF001 - as that loop does

    def _target(self) -> DOMNode:
        return self._app.focused or self._app.screen

    async def _settled(self, target: DOMNode, event: Event) -> None:
        """Waits until everyone on the key's way has dealt with it and what came of it is on the screen."""
        for node in (target, *target.ancestors):
            await _once(node.call_later)
        is_text = isinstance(event, Key) and event.is_printable and isinstance(target, Input | TextArea)
        if not is_text:
            await _once(self._app.screen.call_after_refresh)


async def _once(call: Callable[[Callable[[], object]], bool]) -> None:
    done = asyncio.Event()
    if call(done.set):
        try:
            await asyncio.wait_for(done.wait(), PATIENCE)
        except TimeoutError:
            return
