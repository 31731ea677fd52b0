"""Transfer of the newest state from the engine's thread to the screen: when it is drawn."""

import threading
from collections.abc import Callable
from contextlib import suppress
from operator import attrgetter

from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from zjobtui.clock import Clock
from zjobtui.models.diff import changed_pairs
from zjobtui.models.watchlist import ANNOTATIONS
from zjobtui.polling.state import State

SOON_EVERY = 0.2
"""Minimum seconds between updates for changes that must be drawn soon, in a burst; the first one is drawn at once."""

TIMES_EVERY = 0.5
"""Seconds for which states are collected that differ only in times."""

KEYS_WITHIN = 1.0
"""Seconds after a key for which the user may wait for its result: each state is drawn at once."""

_annotations = attrgetter(*ANNOTATIONS)
_tenant_status = attrgetter("problem", "is_paused", "is_following")


class StateArrived(Message):
    """The feed has a new state."""

    def can_replace(self, message: Message) -> bool:
        """Return whether `message` may be dropped for this one: the feed has only the newest state."""
        return isinstance(message, StateArrived)


class StateFeed:
    """Hold the newest state until it is drawn: at once while the user presses keys, else soon or later by what changed.

    `put` may be called on any thread; it posts `StateArrived` to the screen, whose handler calls `schedule`.
    """

    def __init__(self, screen: Screen[None], clock: Clock, draw: Callable[[State], None]) -> None:
        self._screen = screen
        self._clock = clock
        self._draw = draw
        self._newest: State | None = None
        self._lock = threading.Lock()
        self._drawn_soon_at = self._key_at = 0.0
        self._timer: Timer | None = None

    @property
    def newest(self) -> State | None:
        """The state that has not been drawn yet."""
        return self._newest

    def put(self, state: State) -> None:
        """Take a state in place of the one before, from any thread."""
        with self._lock:
            self._newest = state
        with suppress(RuntimeError):  # the loop has ended
            self._screen.post_message(StateArrived())

    def note_key(self) -> None:
        """Note that the user has just pressed a key."""
        self._key_at = self._clock.boot()

    def schedule(self, shown: State) -> None:
        """Draw the newest state now or in a moment; `shown` is the state on the screen."""
        now, state = self._clock.boot(), self._newest
        if state is None:
            return
        if now - self._key_at <= KEYS_WITHIN:
            self.draw_now()
        elif must_draw_soon(shown, state):
            self._draw_in(self._drawn_soon_at + SOON_EVERY - now, self._draw_soon)
        elif self._timer is None:
            self._draw_in(TIMES_EVERY, self.draw_now)

    def draw_now(self) -> None:
        """Draw the newest state, if it has not been drawn yet."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        with self._lock:
            state, self._newest = self._newest, None
        if state is not None:
            self._draw(state)

    def _draw_in(self, seconds: float, draw: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.stop()
        if seconds > 0:
            self._timer = self._screen.set_timer(seconds, draw, name="draw")
        else:
            draw()

    def _draw_soon(self) -> None:
        self._drawn_soon_at = self._clock.boot()
        self.draw_now()


def must_draw_soon(before: State, after: State) -> bool:
    """Return whether the user waits for a change: a verdict, job, edit, message or tenant, not only later times."""
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
