"""Hands texts to a program of the user's own, a few at a time, on threads that nothing waits for."""

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from queue import Full, Queue
from subprocess import DEVNULL
from tempfile import TemporaryFile

from zjobtui.storage.secret_command import child_environment, end, start, what_came_of

TIME_LIMIT = 30.0
"""Seconds that one run may take."""

AT_ONCE = 4
"""Runs at a time."""

WAITING = 200
"""Texts that wait for their turn; what comes beyond them is not handed over, and that is told."""


class OwnCommand:
    """Runs `words`, without shell, terminal or secrets, once for each text, which it reads from its standard input."""

    def __init__(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        withheld: Collection[str] = (),
        time_limit: float = TIME_LIMIT,
    ) -> None:
        self.fault = ""
        """Why the last run was of no use, for people; nothing after one that ended well."""
        self._words = tuple(words)
        self._environ = child_environment(environ, withheld)
        self._time_limit = time_limit
        self._texts: Queue[str] = Queue(WAITING)
        self._threads: list[threading.Thread] = []

    def hand_over(self, text: str) -> None:
        """Returns at once."""
        try:
            self._texts.put_nowait(text)
        except Full:
            self.fault = (
                f"The command in [notify] is too slow: {WAITING} jobs wait for it, and more are not handed over."
            )
        if len(self._threads) < AT_ONCE:
            self._threads.append(threading.Thread(target=self._work, name="notify", daemon=True))
            self._threads[-1].start()

    def _work(self) -> None:
        while True:
            fault = self._run(self._texts.get())
            self.fault = f"The command in [notify] {fault}." if fault else ""

    def _run(self, text: str) -> str:
        try:
            with TemporaryFile() as given:
                given.write(text.encode(errors="replace"))
                given.seek(0)
                process = start(self._words, self._environ, stdin=given, stdout=DEVNULL)
        except OSError as fault:
            return f"was given nothing: {fault.strerror}"
        if isinstance(process, str):
            return process
        try:
            return what_came_of(process, time.monotonic() + self._time_limit, self._time_limit)
        finally:
            end(process)
