"""Notifications: which changes trigger one, and the minimum interval between them."""

from collections.abc import Collection, Iterable
from enum import Enum
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.models.batches import BatchProgress, batch_progress
from zjobtui.models.diff import changed_pairs
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.job import JobRef
from zjobtui.models.tenant_status import TenantStatus
from zjobtui.models.verdict import VerdictKind
from zjobtui.models.watched_job import WatchedJob
from zjobtui.models.watchlist import Watchlist
from zjobtui.models.why import is_overdue

DOWN_AFTER = 300.0
"""Seconds for which a tenant must be down until that is reported, by default."""

COOLDOWN = 10.0
"""Seconds between two notifications: what happens in between is reported together at the end."""


class Topic(Enum):
    """What the user can be notified of."""

    FAILED = "failed"
    ATTENTION = "attention"
    BATCH_ENDED = "batch ended"
    ALL_DONE = "all done"
    OVERDUE = "overdue"
    TENANT_DOWN = "tenant down"


_TOPICS = {VerdictKind.FAILED: Topic.FAILED, VerdictKind.ATTENTION: Topic.ATTENTION}


class Notification(Struct, frozen=True):
    """A notification, about one job, one batch or one tenant unless it is about all jobs."""

    topic: Topic
    watch: WatchedJob | None = None
    batch: BatchProgress | None = None
    tenant: TenantStatus | None = None


def notifications_of(before: Watchlist, after: Watchlist, on: Collection[Topic]) -> tuple[Notification, ...]:
    """Return the notifications of a change from one watchlist to the next, of the topics `on`.

    A verdict is reported when a job that was watched before gets it; what was stored, or was restored, is not reported.
    That a batch has ended, or that all jobs are finished, is reported when the last running job ends, not when it is
    removed.
    """
    notifications: list[Notification] = []
    ended_batches: dict[str, None] = {}
    has_ended = False
    for old, new in changed_pairs(before, after):
        if old is None or old.verdict.kind is new.verdict.kind:
            continue
        if old.verdict.kind is VerdictKind.RUNNING:
            has_ended = True
            ended_batches[new.batch] = None
        topic = _TOPICS.get(new.verdict.kind)
        if topic is not None and topic in on:
            notifications.append(Notification(topic, new))
    if Topic.BATCH_ENDED in on:
        progresses = (batch_progress(name, after) for name in ended_batches)
        notifications += [Notification(Topic.BATCH_ENDED, batch=each) for each in progresses if each and each.has_ended]
    if has_ended and Topic.ALL_DONE in on and all(watch.verdict.kind is not VerdictKind.RUNNING for watch in after):
        notifications.append(Notification(Topic.ALL_DONE))
    return tuple(notifications)


class Reported(Struct, frozen=True):
    """Notifications that came due with time and were sent: of overdue jobs, and of outages by tenant and beginning."""

    overdue: frozenset[JobRef] = frozenset()
    outages: frozenset[tuple[str, float]] = frozenset()


def timed_notifications(
    watches: Iterable[WatchedJob],
    statuses: Iterable[TenantStatus],
    typical: TypicalByTenant,
    now: float,
    reported: Reported,
    *,
    down_after: float = DOWN_AFTER,
) -> tuple[tuple[Notification, ...], Reported]:
    """Return the notifications that are due at `now` (seconds since the epoch, UTC), and all that were sent with them.

    A job is reported as overdue once, an outage once when the tenant has been down for `down_after` seconds; jobs of a
    tenant that is paused or polled by another window are reported there.
    """
    overdue = [
        watch
        for watch in watches
        if watch.job not in reported.overdue and is_overdue(watch, typical.get(watch.job.tenant), now)
    ]
    down = [
        status
        for status in statuses
        if status.problem is not None
        and status.down_since is not None
        and not (status.is_paused or status.is_following)
        and now - status.down_since >= down_after
        and (status.tenant, status.down_since) not in reported.outages
    ]
    notifications = (
        *(Notification(Topic.OVERDUE, watch) for watch in overdue),
        *(Notification(Topic.TENANT_DOWN, tenant=status) for status in down),
    )
    if not notifications:
        return (), reported
    outages = reported.outages | {(status.tenant, status.down_since or 0.0) for status in down}
    return notifications, Reported(reported.overdue | {watch.job for watch in overdue}, outages)


class NotificationQueue(Struct, frozen=True):
    """Notifications that are not sent yet, and when the last one was sent, in seconds on a monotonic clock."""

    pending: tuple[Notification, ...] = ()
    sent_at: float = -inf

    def add(self, more: tuple[Notification, ...]) -> "NotificationQueue":
        """Return a copy with these notifications queued."""
        return replace(self, pending=self.pending + more)

    def take_due(self, now: float) -> tuple["NotificationQueue", tuple[Notification, ...]]:
        """Return the queue, and the notifications to send now: all or none."""
        if not self.pending or now - self.sent_at < COOLDOWN:
            return self, ()
        return NotificationQueue((), now), self.pending
