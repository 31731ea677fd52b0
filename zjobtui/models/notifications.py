"""What is worth telling a person who does not look: pure rules over two watchlists, and patience between tellings."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import repeat
from math import inf

from zjobtui.models.verdict import Kind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist

COOLDOWN = 10.0
"""Seconds between two tellings: what happens within them is told together at their end."""


class Topic(Enum):
    """What can be told."""

    FAILED = "failed"
    ATTENTION = "attention"
    ALL_DONE = "all done"


_TOPICS = {Kind.FAILED: Topic.FAILED, Kind.ATTENTION: Topic.ATTENTION}


@dataclass(frozen=True, slots=True)
class Notification:
    """Something to tell, about one job unless it is about all."""

    topic: Topic
    watch: WatchedJob | None = None


def changed_pairs(before: Watchlist, after: Watchlist) -> Iterator[tuple[WatchedJob | None, WatchedJob]]:
    """Watches that are not the very same as before, each with the one that it takes the place of.

    A watchlist keeps its order, so the two are walked side by side; a job is looked up only where they part.
    """
    others = before if len(before) == len(after) else repeat(None)
    for old, new in zip(others, after, strict=False):
        if old is not new:
            known = old if old is not None and old.job == new.job else before.get(new.job)
            if known is not new:
                yield known, new


def notifications_of(before: Watchlist, after: Watchlist, on: Collection[Topic]) -> tuple[Notification, ...]:
    """What of the change from one watchlist to the next is told where a person wants `on` told.

    A verdict is told when it comes to a job that was watched before; what was stored, or came back, is not news. That
    all is done is told when the last job that was waited for ends, not when it is removed.
    """
    told: list[Notification] = []
    has_ended = False
    for old, new in changed_pairs(before, after):
        if old is None or old.verdict.kind is new.verdict.kind:
            continue
        has_ended |= old.verdict.kind is Kind.RUNNING
        topic = _TOPICS.get(new.verdict.kind)
        if topic is not None and topic in on:
            told.append(Notification(topic, new))
    if has_ended and Topic.ALL_DONE in on and all(watch.verdict.kind is not Kind.RUNNING for watch in after):
        told.append(Notification(Topic.ALL_DONE))
    return tuple(told)


@dataclass(frozen=True, slots=True)
class NotificationQueue:
    """What is still to be told, and when something was told last, in seconds on a clock that never steps back."""

    pending: tuple[Notification, ...] = ()
    sent_at: float = -inf

    def add(self, more: tuple[Notification, ...]) -> "NotificationQueue":
        """With more to tell."""
        return replace(self, pending=self.pending + more)

    def take_due(self, now: float) -> tuple["NotificationQueue", tuple[Notification, ...]]:
        """What is told now, all at once or not at all, and what is left."""
        if not self.pending or now - self.sent_at < COOLDOWN:
            return self, ()
        return NotificationQueue((), now), self.pending
