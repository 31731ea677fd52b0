"""Which of several windows on one store polls a tenant: the one that holds its lease; the others follow the store."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

from zjobtui.clock import Clock
from zjobtui.polling.ports import Shelf

NAME = "polling {}"
"""Its name by the tenant: a window may watch one tenant alone, and then asks about no other."""

LIFE = 8.0
"""Seconds after which a window that is gone, or stopped, is no longer waited for."""

RENEW = 4.0
"""Seconds between two renewals; with `LIFE` another window takes over within about ten seconds."""

OnDisk = Callable[[Callable[[], bool]], Awaitable[bool]]


class Lease:
    """Takes the lease when there is something to poll, keeps it, and gives it back when there is nothing more.

    A store that cannot be written decides nothing: then this window polls, since a job unseen is worse than one seen
    twice.
    """

    def __init__(self, shelf: Shelf, on_disk: OnDisk, clock: Clock, changed: Callable[[], None], tenant: str) -> None:
        self.is_held = False
        self.is_inherited = False
        """Whether another window had it before, and so has asked lately."""
        self._name = NAME.format(tenant)
        self._shelf = shelf
        self._on_disk = on_disk
        self._clock = clock
        self._changed = changed
        self._holder = uuid.uuid4().hex
        self._others = (0.0, 0.0)  # the end of another's lease, and since when it stands, by the boot clock

    async def keep(self, is_wanted: Callable[[], bool]) -> None:
        """Takes and keeps the lease whenever `is_wanted`, until it is cancelled."""
        while True:
            await self._look(wanted=is_wanted())
            await asyncio.sleep(RENEW if self.is_held else 1.0)

    async def let_go(self) -> None:
        """Gives the lease back, so that another window takes over at once."""
        if self.is_held:
            await self._look(wanted=False)

    async def _look(self, *, wanted: bool) -> None:
        before = self.is_held
        try:
            if wanted:
                self.is_held = await self._on_disk(self._hold)
            elif before:
                self.is_held = await self._on_disk(self._give_back)
        except Exception:  # noqa: BLE001 - a shelf may fail in any way
            self.is_held = wanted
        if self.is_held != before:
            self._changed()

    def _hold(self) -> bool:
        """Takes it also where nobody has renewed it for `LIFE`: by a clock that was set its end may be a day away."""
        if self._shelf.hold(self._name, self._holder, self._clock.now(), LIFE):
            return True
        self.is_inherited = True
        until, now = self._shelf.held_until(self._name), self._clock.boot()
        if until != self._others[0]:
            self._others = (until, now)
        is_given_up = now - self._others[1] > LIFE
        return is_given_up and self._shelf.hold(self._name, self._holder, until + 0.001, LIFE)

    def _give_back(self) -> bool:
        self._shelf.let_go(self._name, self._holder)
        self.is_inherited = False
        return False
