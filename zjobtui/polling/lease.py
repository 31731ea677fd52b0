"""Which of several windows on one store polls a tenant: the one that holds its lease; the others follow the store."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from zjobtui.clock import Clock
from zjobtui.logs import get_logger
from zjobtui.polling.protocols import WatchlistStore

log = get_logger(__name__)

NAME = "polling {}"
"""Its name by the tenant: a window may watch one tenant alone, and then asks about no other."""

LIFE = 8.0
"""Seconds after which a window that is gone, or stopped, is no longer waited for."""

RENEW = 4.0
"""Seconds between two renewals; with `LIFE` another window takes over within about ten seconds."""

LOOK = 1.0
"""Seconds between two looks while the lease is not held."""

RunIo = Callable[[Callable[[], bool]], Awaitable[bool]]


class Lease:
    """Takes the lease when there is something to poll, keeps it, and gives it back when there is nothing more.

    A store that cannot be written decides nothing: then this window polls, since a job unseen is worse than one seen
    twice. `changed` is called when `is_held` or `is_elsewhere` has changed; before the first look both are False.
    """

    def __init__(
        self, store: WatchlistStore, run_io: RunIo, clock: Clock, changed: Callable[[], None], tenant: str
    ) -> None:
        self.is_held = False
        self.is_elsewhere = False
        """Whether another window holds it that is alive: its process is seen from here, or it has renewed the lease."""
        self.was_taken_over = False
        """Whether another window had it before, and so has asked lately."""
        self._name = NAME.format(tenant)
        self._store = store
        self._run_io = run_io
        self._clock = clock
        self._changed = changed
        self._holder = name_holder(os.getpid())
        self._woken = asyncio.Event()
        self._other_until, self._other_since = 0.0, 0.0
        self._is_other_renewed = self._is_other_alive = False

    async def run(self, is_wanted: Callable[[], bool]) -> None:
        """Takes and keeps the lease whenever `is_wanted`, until it is cancelled."""
        while True:
            self._woken.clear()
            await self._look(wanted=is_wanted())
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEW if self.is_held else LOOK):
                    await self._woken.wait()

    def wake(self) -> None:
        """Look at once if the lease is not held: there may be something to poll now."""
        if not self.is_held:
            self._woken.set()

    async def release(self) -> None:
        """Gives the lease back, so that another window takes over at once."""
        if self.is_held:
            await self._look(wanted=False)

    async def _look(self, *, wanted: bool) -> None:
        before = self.is_held, self.is_elsewhere
        try:
            if wanted:
                self.is_held = await self._run_io(self._hold)
            elif self.is_held:
                self.is_held = await self._run_io(self._give_back)
            self.is_elsewhere = wanted and not self.is_held and self._is_other_alive
        except Exception:  # a shelf may fail in any way
            log.exception("%s: the store could not be asked who holds the lease", self._name)
            self.is_held, self.is_elsewhere = wanted, False
        if (self.is_held, self.is_elsewhere) != before:
            log.info("%s: lease %s", self._name, self._state)
            self._changed()

    @property
    def _state(self) -> str:
        if self.is_held:
            return "taken from another window" if self.was_taken_over else "taken"
        return "held by another window" if self.is_elsewhere else "not held"

    def _hold(self) -> bool:
        if self._store.acquire_lease(self._name, self._holder, self._clock.now(), LIFE):
            self._other_until, self._is_other_renewed = 0.0, False
            return True
        self.was_taken_over = True
        holder, until = self._store.lease_holder(self._name)
        is_alive = is_running(holder)
        if is_alive is False:
            self._store.release_lease(self._name, holder)
            return self._store.acquire_lease(self._name, self._holder, self._clock.now(), LIFE)
        is_given_up = self._is_silent(until)
        self._is_other_alive = is_alive is True or self._is_other_renewed
        return is_given_up and self._store.acquire_lease(self._name, self._holder, until + 0.001, LIFE)

    def _is_silent(self, until: float) -> bool:
        """Whether nobody has renewed the lease for `LIFE`: by a clock that was set, its end may be a day away."""
        now = self._clock.boot()
        if until != self._other_until:
            self._is_other_renewed = self._other_until > 0
            self._other_until, self._other_since = until, now
        return now - self._other_since > LIFE

    def _give_back(self) -> bool:
        self._store.release_lease(self._name, self._holder)
        self.was_taken_over = False
        return False


def name_holder(pid: int) -> str:
    """A unique name for a window of this process, or of another one that is visible from here: `host:…:pid:uuid`."""
    return f"{_visible_from_here()}:{pid}:{uuid.uuid4().hex}"


def is_running(holder: str) -> bool | None:
    """Whether the process of a holder exists; None if that cannot be seen from here.

    The id of a process that has ended may be in use again; then it seems to exist.
    """
    machine, *numbers = holder.rsplit(":", 2)
    if machine != _visible_from_here() or not numbers or not numbers[0].isdecimal():
        return None
    try:
        os.kill(int(numbers[0]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return None
    return True


def _visible_from_here() -> str:
    """What processes that see each other have in common: the host name, the boot, and the namespace of process ids.

    Containers and machines may have the same host name; where only that is known, it has to do.
    """
    parts = [os.uname().nodename.encode("ascii", "backslashreplace").decode()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115 - the link names a namespace, not a path
    return ":".join(parts)
