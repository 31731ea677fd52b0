"""Hands the newest state from the engine's thread to the screen's; what nobody took in time is replaced."""

import threading
from collections.abc import Callable

from zjobtui.polling.ports import State


class Mailbox:
    """Holds one state. However many are put in while the screen is busy, it is told once and takes the last."""

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._state: State | None = None
        self._lock = threading.Lock()

    def put(self, state: State) -> None:
        """Leaves a state, from any thread."""
        with self._lock:
            was_empty, self._state = self._state is None, state
        if was_empty:
            self._ring()

    def take(self) -> State | None:
        """Takes the newest state out."""
        with self._lock:
            state, self._state = self._state, None
        return state
