"""Calls back on the screen's own loop. Textual's timers and messages cost more than most of what is called here."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context

from textual.app import App

from zjobtui.logs import get_logger

log = get_logger(__name__)


class OwnTime:
    """Made on the screen's loop; whatever is called fails as a handler of Textual's would: loudly."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._beat: asyncio.TimerHandle | None = None

    def soon(self, do: Callable[[], object]) -> None:
        """Calls as soon as may be; from any thread, and to no avail when the screen is gone."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._call, do, context=self._context)

    def later(self, seconds: float, do: Callable[[], object]) -> asyncio.TimerHandle:
        """Calls once, `seconds` from now, unless the handle is cancelled before."""
        return self._loop.call_later(seconds, self._call, do, context=self._context)

    def every(self, seconds: float, do: Callable[[], object]) -> None:
        """Calls again and again until `stop`."""

        def beat() -> None:
            self._beat = self._loop.call_later(seconds, beat, context=self._context)
            self._call(do)

        self._beat = self._loop.call_later(seconds, beat, context=self._context)

    def stop(self) -> None:
        """Ends what is called again and again."""
        if self._beat is not None:
            self._beat.cancel()

    def _call(self, do: Callable[[], object]) -> None:
        if self._app._exit or not self._app.is_running:  # noqa: SLF001 - Textual's timers ask just so
            return
        try:
            do()
        except Exception as fault:  # as Textual's timers do: it ends the program, and says why
            log.exception("a call of the screen failed: the program ends")
            self._app._handle_exception(fault)  # noqa: SLF001 - as above
