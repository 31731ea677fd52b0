"""Supervision: a task that ends by an unexpected exception is started again, and the user sees the error."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from zjobtui.logs import get_logger
from zjobtui.models.observation import Failure, Observation
from zjobtui.models.problem import Problem, ProblemKind

log = get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0
"""Seconds until a task is started again; each pause is twice the one before, up to the longest."""

STEADY = 60.0
"""Seconds without an error after which the next pause is the first one again."""

INTERRUPTED = "was interrupted and continues"


class Supervisor:
    """Keep the last error of each supervised part; `changed` is called when there is a new one."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._errors: dict[str, str] = {}

    @property
    def fault(self) -> str:
        """The errors, for the user; empty if there was none."""
        return " ".join(self._errors.values())

    async def run(self, what: str, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task until it returns or is cancelled; start it again after an exception. `what` names it."""
        loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
        while True:
            started = loop.time()
            try:
                await task()
            except Exception as error:  # whatever it was, rows must not stop changing unnoticed
                pause = FIRST_PAUSE if loop.time() - started >= STEADY else pause
                log.exception("internal error, %s starts again in %gs", what, pause)
                with self.guard("publishing"):
                    self.record(what, error)
                    self._changed()
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    @contextmanager
    def guard(self, what: str) -> Iterator[None]:
        """Record an exception of the block in place of raising it; the same one is logged only once."""
        try:
            yield
        except Exception as error:  # what follows the block must happen all the same
            if self.record(what, error):
                log.exception("internal error: %s", what)

    def record(self, what: str, error: Exception, outcome: str = INTERRUPTED) -> bool:
        """Keep an error for the user; return whether it differs from the one before."""
        before = self._errors.get(what)
        self._errors[what] = f"Internal error: {what} {outcome} ({describe_error(error)})."
        return self._errors[what] != before

    def clear(self, what: str) -> None:
        """Forget the error of a part that could not start and now has."""
        self._errors.pop(what, None)


async def repeat(seconds: float, do: Callable[[], Awaitable[None]]) -> None:
    """Call a function every so many seconds, until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        await do()


def describe_error(error: BaseException) -> str:
    """Return the type and the text of an exception; `MemoryError` and failed assertions often have no text."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def internal_failure(error: Exception, at: float, observation: Observation | None = None) -> Failure:
    """Return a call as failed for an error in zjobtui itself: it concerns one job, whose row shows it."""
    problem = Problem(ProblemKind.UNREADABLE, f"internal error in zjobtui: {type(error).__name__}")
    return Failure(problem, at) if observation is None else Failure(problem, at, observation.call)
