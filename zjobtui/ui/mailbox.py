"""Transfer of the newest state from the engine's thread to the screen, and detection of changes that matter."""

import threading
from collections.abc import Callable
from operator import attrgetter

from zjobtui.models.diff import changed_pairs
from zjobtui.models.watchlist import ANNOTATIONS
from zjobtui.polling.protocols import State

_annotations = attrgetter(*ANNOTATIONS)
_tenant_status = attrgetter("problem", "is_paused", "is_following")


class Mailbox:
    """Hold the newest state until it is taken; each `put` calls `notify`, even if an older state is still there."""

    def __init__(self, notify: Callable[[], object]) -> None:
        self._notify = notify
        self._state: State | None = None
        self._lock = threading.Lock()

    @property
    def newest(self) -> State | None:
        """The state that can be taken."""
        return self._state

    def put(self, state: State) -> None:
        """Store a state, from any thread."""
        with self._lock:
            self._state = state
        self._notify()

    def take(self) -> State | None:
        """Remove and return the newest state."""
        with self._lock:
            state, self._state = self._state, None
        return state


def has_news(before: State, after: State) -> bool:
    """Return whether the user waits for a change: a verdict, job, edit or problem, not only later times."""
    if (before.unsaved, before.fault, before.notice) != (after.unsaved, after.fault, after.notice):
        return True
    if before.statuses.keys() != after.statuses.keys() or len(before.watchlist) != len(after.watchlist):
        return True
    if any(_tenant_status(before.statuses[name]) != _tenant_status(status) for name, status in after.statuses.items()):
        return True
    return any(
        old is None or old.verdict.kind is not new.verdict.kind or _annotations(old) != _annotations(new)
        for old, new in changed_pairs(before.watchlist, after.watchlist)
    )
