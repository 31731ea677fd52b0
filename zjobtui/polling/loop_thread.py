"""A daemon thread with an event loop; other threads may submit work at any time, before its start and after its end."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

from zjobtui.logs import get_logger

log = get_logger(__name__)

T = TypeVar("T")


class LoopThread:
    """Run the coroutine `main` on a thread and an event loop of its own; `task` is what it does, for messages.

    `main` calls `open` as soon as work may be submitted. `ended` is called on the thread when it ends, with the
    exception that ended it, or on the caller of `start` if the system has no thread left. Every other method may be
    called from any thread; those that submit work start the thread.
    """

    def __init__(
        self,
        name: str,
        task: str,
        main: Callable[[], Coroutine[object, object, None]],
        ended: Callable[[BaseException | None], None],
    ) -> None:
        self.has_begun = False
        """Whether `start` has been called."""
        self.why_ended = ""
        """Text of the exception of work that is submitted too late; empty for a general one."""
        self._task = task
        self._main = main
        self._ended = ended
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._starting = threading.Lock()
        self._is_open = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None  # while it accepts work
        self._submitting = threading.Lock()
        self._stop_request: Callable[[], object] | None = None
        self._futures: set[Future[object]] = set()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread if it has not been started, and wait until work can be submitted, or it has ended."""
        with self._starting:
            if not self.has_begun:
                self.has_begun = True
                try:
                    self._thread.start()
                except RuntimeError as fault:  # the system has no thread left
                    log.exception("internal error: %s could not start", self._task)
                    self._end(fault)
        self._is_open.wait()

    def open(self) -> None:
        """Accept work from now on; called by `main`. A stop that was requested before is passed on."""
        self._loop = asyncio.get_running_loop()
        self._is_open.set()
        if self._stop_request is not None:
            self._stop_request()

    def stop(self, request: Callable[[], object], seconds: float) -> None:
        """Call `request` on the loop, which is to end `main`, and wait for the thread, at most `seconds`."""
        if not self.has_begun:  # `is_alive` is still false while the thread begins
            return
        ends = time.monotonic() + seconds
        self._stop_request = request
        if self._is_open.wait(seconds):  # a signal may come before the thread has its loop
            self._call_soon(request)
        self.join(max(0.0, ends - time.monotonic()))

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, at most `seconds`."""
        with suppress(RuntimeError):  # it could not start
            self._thread.join(seconds)

    def submit(self, coroutine: Coroutine[object, object, T]) -> "Future[T]":
        """Run a coroutine on the loop; the future is cancelled if `main` ends first, and fails if it has ended."""
        self.start()
        with self._submitting:
            if self._loop is not None:
                future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
                self._futures.add(future)  # type: ignore[arg-type]  # only to cancel it
                future.add_done_callback(self._futures.discard)
                return future
        coroutine.close()
        failed: Future[T] = Future()
        failed.set_exception(RuntimeError(self.why_ended or f"{self._task} has ended"))
        return failed

    def call_soon(self, call: Callable[[], object]) -> None:
        """Call a function on the loop, unless `main` has ended or never began."""
        self.start()
        self._call_soon(call)

    def _call_soon(self, call: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it has been closed meanwhile
                loop.call_soon_threadsafe(call)

    def _run(self) -> None:
        main, fault = self._run_main(), None
        try:
            asyncio.run(main)
        except BaseException as error:  # a thread that ends unnoticed would leave stale rows that look polled
            log.exception("internal error: %s stopped", self._task)
            fault = error
        finally:
            main.close()  # it has not begun if there is no loop, as without file descriptors
            self._end(fault)

    async def _run_main(self) -> None:
        try:
            await self._main()
        finally:
            await self._refuse_work()

    async def _refuse_work(self) -> None:
        """Accept no more work, and cancel what has been accepted while the loop can still do that.

        A closed loop would leave coroutines that are never awaited and tasks that are never cancelled.
        """
        with self._submitting:
            self._loop = None
        await asyncio.sleep(0)  # until the tasks of all futures have been created
        for future in tuple(self._futures):
            future.cancel()
        await asyncio.sleep(0)

    def _end(self, fault: BaseException | None) -> None:
        self._ended(fault)
        self._is_open.set()
