"""Lease per tenant: of several windows on one store, the holder of the lease polls; the others follow the store."""

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

LEASE_NAME = "polling {}"
"""The name of a lease by tenant: a window may watch a single tenant, and then polls no other."""

LIFE = 8.0
"""Seconds after which a lease of a window that ended or was stopped expires."""

LEASE_RENEW_SECONDS = 4.0
"""Seconds between two renewals; with `LIFE` another window takes over within about ten seconds."""

LEASE_RETRY_SECONDS = 1.0
"""Seconds between two attempts to acquire the lease."""

ACQUIRE_LIMIT = 6.0
"""Seconds for an attempt to acquire the lease: a disk that hangs must not stop polling. A locked store reports an error
before.
"""

RunIo = Callable[[Callable[[], bool]], Awaitable[bool]]


class Lease:
    """Acquire the lease while there is something to poll, renew it, and release it when there is nothing to poll.

    If the store cannot be written, this window polls: polling twice is better than not at all. `changed` is called when
    `is_held` or `is_elsewhere` has changed; before the first attempt both are False. `count` adds the calls of this
    window to the stored count of the day and reads it, when the lease is acquired and before it is released.
    """

    def __init__(
        self,
        store: WatchlistStore,
        run_io: RunIo,
        clock: Clock,
        changed: Callable[[], None],
        tenant: str,
        count: Callable[[], Awaitable[None]],
    ) -> None:
        self.is_held = False
        self.is_elsewhere = False
        """Whether another live window holds it: its process is visible from here, or it has renewed the lease."""
        self.was_taken_over = False
        """Whether another window held it before, and so has polled recently."""
        self._name = LEASE_NAME.format(tenant)
        self._store = store
        self._run_io = run_io
        self._clock = clock
        self._changed = changed
        self._count = count
        self._holder = name_holder(os.getpid())
        self._woken = asyncio.Event()
        self._other_until, self._other_since = 0.0, 0.0
        self._is_other_renewed = self._is_other_alive = False

    async def run(self, is_wanted: Callable[[], bool]) -> None:
        """Hold the lease whenever `is_wanted` returns True, until cancelled."""
        while True:
            self._woken.clear()
            await self._update(wanted=is_wanted())
            with suppress(TimeoutError):
                async with asyncio.timeout(LEASE_RENEW_SECONDS if self.is_held else LEASE_RETRY_SECONDS):
                    await self._woken.wait()

    def wake(self) -> None:
        """Try at once to acquire the lease if it is not held: there may be something to poll now."""
        if not self.is_held:
            self._woken.set()

    async def release(self) -> None:
        """Release the lease, so that another window takes over at once."""
        if self.is_held:
            await self._update(wanted=False)

    async def _update(self, *, wanted: bool) -> None:
        before = self.is_held, self.is_elsewhere
        try:
            if wanted:
                async with asyncio.timeout(None if self.is_held else ACQUIRE_LIMIT):
                    is_acquired = await self._run_io(self._acquire)
                    if is_acquired and not self.is_held:
                        await self._count()
                self.is_held = is_acquired
            elif self.is_held:
                await self._count()
                self.is_held = await self._run_io(self._release)
            self.is_elsewhere = wanted and not self.is_held and self._is_other_alive
        except Exception:  # a store may fail in any way
            log.exception("%s: the lease could not be read from or written to the store", self._name)
            self.is_held, self.is_elsewhere = wanted, False
        if (self.is_held, self.is_elsewhere) != before:
            log.info("%s: lease %s", self._name, self._state)
            self._changed()

    @property
    def _state(self) -> str:
        if self.is_held:
            return "taken from another window" if self.was_taken_over else "taken"
        return "held by another window" if self.is_elsewhere else "not held"

    def _acquire(self) -> bool:
        if self._store.acquire_lease(self._name, self._holder, self._clock.now(), LIFE):
            self._other_until, self._is_other_renewed = 0.0, False
            return True
        self.was_taken_over = True
        holder, until = self._store.lease_holder(self._name)
        is_alive = is_running(holder)
        if is_alive is False:
            self._store.release_lease(self._name, holder)
            return self._store.acquire_lease(self._name, self._holder, self._clock.now(), LIFE)
        is_expired = self._is_expired(until)
        self._is_other_alive = is_alive is True or self._is_other_renewed
        return is_expired and self._store.acquire_lease(self._name, self._holder, until + 0.001, LIFE)

    def _is_expired(self, until: float) -> bool:
        """Return whether nobody has renewed the lease for `LIFE` seconds.

        Its end says little: if a clock was set, it may be a day away.
        """
        now = self._clock.boot()
        if until != self._other_until:
            self._is_other_renewed = self._other_until > 0
            self._other_until, self._other_since = until, now
        return now - self._other_since > LIFE

    def _release(self) -> bool:
        self._store.release_lease(self._name, self._holder)
        self.was_taken_over = False
        return False


def name_holder(pid: int) -> str:
    """Return a unique name for a window of this process, or of another one visible from here: `host:…:pid:uuid`."""
    return f"{_process_scope()}:{pid}:{uuid.uuid4().hex}"


def is_running(holder: str) -> bool | None:
    """Return whether the process of a holder exists; None if that cannot be determined here.

    The id of a process that has ended may be in use again; then it seems to exist.
    """
    machine, *numbers = holder.rsplit(":", 2)
    if machine != _process_scope() or not numbers or not numbers[0].isdecimal():
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


def _process_scope() -> str:
    """Return what processes that see each other share: host name, boot id, and namespace of process ids.

    Containers and machines may have the same host name; if only that is available, it has to suffice.
    """
    parts = [os.uname().nodename.encode("ascii", "backslashreplace").decode()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115 - the link names a namespace, not a path
    return ":".join(parts)
