"""Tells a person who does not look: by bell, desktop, or a program of that person's own; never twice."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass

from zjobtui.clock import Clock
from zjobtui.formatting.events import line_of, records_of
from zjobtui.models.notifications import NotificationQueue, Topic, notifications_of
from zjobtui.models.watchlist import Watchlist
from zjobtui.ui.clipboard import notification
from zjobtui.ui.protocols import NotifyProgram

BELL = "\a"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSettings:
    """Of what a person wants to be told, and how; `osc` is 9, 777 or off."""

    on: frozenset[Topic] = frozenset(Topic)
    has_bell: bool = True
    osc: str = "off"
    has_toast: bool = False
    program: NotifyProgram | None = None


class Notifier:
    """Compares each watchlist with the one before; writes to the terminal by `write`, says a line by `say`."""

    def __init__(
        self, ways: NotificationSettings, clock: Clock, write: Callable[[str], None], say: Callable[[str], None]
    ) -> None:
        self.is_muted = False
        """Whether a person wants silence; what comes meanwhile is not told afterwards."""
        self._ways = ways
        self._clock = clock
        self._write = write
        self._say = say
        self._telling = NotificationQueue()

    @property
    def fault(self) -> str:
        """What a person should know of the program that is to be told."""
        return self._ways.program.fault if self._ways.program else ""

    def compare(self, before: Watchlist, after: Watchlist) -> None:
        """Takes note of what is new."""
        if before is not after and not self.is_muted:
            self._telling = self._telling.add(notifications_of(before, after, self._ways.on))

    def tell(self, watchlist: Watchlist) -> None:
        """Tells what has gathered, if it is time for that."""
        if self.is_muted:
            self._telling = NotificationQueue(sent_at=self._telling.sent_at)
        self._telling, told = self._telling.take_due(self._clock.boot())
        if not told:
            return
        if self._ways.has_bell:
            self._write(BELL)
        if self._ways.osc == "off" and not self._ways.has_toast and self._ways.program is None:
            return
        if self._ways.osc != "off":
            self._write(notification(line_of(told, watchlist), self._ways.osc, os.environ))
        if self._ways.has_toast:
            self._say(line_of(told, watchlist))
        if self._ways.program is not None:
            for one in records_of(told, tuple(watchlist), self._clock.now()):
                self._ways.program.hand_over(json.dumps(one, ensure_ascii=False))
