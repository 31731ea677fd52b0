"""Notifications by bell, desktop, toast and a program of the user; each event is notified once."""

import json
import os
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Protocol

from msgspec import Struct

from zjobtui.clock import Clock
from zjobtui.daemon_thread import run_on_daemon_thread
from zjobtui.formatting.events import notification_line, notification_records
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.notifications import (
    DOWN_AFTER,
    NotificationQueue,
    Reported,
    Topic,
    notifications_of,
    timed_notifications,
)
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.watchlist import Watchlist
from zjobtui.ui.clipboard import notification_sequence
from zjobtui.ui.tmux import read_tmux

BELL = "\a"

CHECK_SECONDS = 5.0
"""Seconds between two looks for jobs that have become overdue and tenants that have been down for long."""


_TIMED = frozenset({Topic.OVERDUE, Topic.TENANT_DOWN})


class NotifyProgram(Protocol):
    """A program that the user configured for notifications."""

    @property
    def fault(self) -> str:
        """Why the program failed, for the user; empty if it did not."""

    def hand_over(self, text: str, /) -> None:
        """Pass a text to the program; return at once."""


class NotificationSettings(Struct, frozen=True, kw_only=True):
    """Which events to notify about, and through which channels; `osc` is 9, 777 or off.

    `tenant_down_after` is how long a tenant must be down, in seconds.
    """

    on: frozenset[Topic] = frozenset(Topic)
    has_bell: bool = True
    osc: str = "off"
    has_toast: bool = False
    program: NotifyProgram | None = None
    tenant_down_after: float = DOWN_AFTER


class Notifier:
    """Notify about differences between watchlists.

    `write` writes to the terminal, `toast` shows a message, and `run` runs a coroutine in the background.
    """

    def __init__(
        self,
        settings: NotificationSettings,
        clock: Clock,
        write: Callable[[str], None],
        toast: Callable[[str], None],
        run: Callable[[Coroutine[None, None, None]], object],
    ) -> None:
        self.is_muted = False
        """Whether notifications are muted; what happens meanwhile is not notified later."""
        self._settings = settings
        self._clock = clock
        self._write = write
        self._toast = toast
        self._run = run
        self._osc_fault = ""
        self._queue = NotificationQueue()
        self._reported = Reported()
        self._checked_at = -CHECK_SECONDS

    @property
    def fault(self) -> str:
        """Why the last notification failed, for the user; empty if it did not."""
        return (self._settings.program.fault if self._settings.program else "") or self._osc_fault

    def observe(self, before: Watchlist, after: Watchlist) -> None:
        """Queue notifications for what changed between two watchlists."""
        if before is not after and not self.is_muted:
            self._queue = self._queue.add(notifications_of(before, after, self._settings.on))

    def check(self, watchlist: Watchlist, statuses: Iterable[TenantStatus], typical: TypicalByTenant) -> None:
        """Queue notifications for what has come about with time alone, every few seconds."""
        if self._clock.boot() - self._checked_at < CHECK_SECONDS or self._settings.on.isdisjoint(_TIMED):
            return
        self._checked_at = self._clock.boot()
        found, self._reported = timed_notifications(
            watchlist,
            statuses,
            typical,
            self._clock.now(),
            self._reported,
            down_after=self._settings.tenant_down_after,
        )
        if not self.is_muted:
            self._queue = self._queue.add(tuple(one for one in found if one.topic in self._settings.on))

    def flush(self, watchlist: Watchlist) -> None:
        """Send the queued notifications if they are due."""
        settings = self._settings
        if self.is_muted:
            self._queue = NotificationQueue(sent_at=self._queue.sent_at)
        self._queue, due = self._queue.take_due(self._clock.boot())
        if not due:
            return
        if settings.has_bell:
            self._write(BELL)
        if settings.osc == "off" and not settings.has_toast and settings.program is None:
            return
        if settings.osc != "off":
            self._send_to_desktop(notification_line(due, watchlist))
        if settings.has_toast:
            self._toast(notification_line(due, watchlist))
        if settings.program is not None:
            for record in notification_records(due, tuple(watchlist), self._clock.now()):
                settings.program.hand_over(json.dumps(record, ensure_ascii=False))

    def _send_to_desktop(self, line: str) -> None:
        sequence = notification_sequence(line, self._settings.osc, os.environ)
        if os.environ.get("TMUX"):
            self._run(self._send_through_tmux(sequence))
        else:
            self._write(sequence)

    async def _send_through_tmux(self, sequence: str) -> None:
        """Send the sequence if tmux passes it on now; otherwise ring the bell, which tmux always passes on."""
        tmux = await run_on_daemon_thread(partial(read_tmux, os.environ))
        if tmux is not None and tmux.passes_through:
            self._osc_fault = ""
            self._write(sequence)
            return
        if not self._settings.has_bell:
            self._write(BELL)
        self._osc_fault = "tmux blocked a desktop notification; the bell rang instead. See zjobtui doctor."
