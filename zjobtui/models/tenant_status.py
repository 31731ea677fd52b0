"""Status of polling one tenant, as shown to the user."""

from enum import Enum

from msgspec import Struct

from zjobtui.models.problem import Problem


class Limit(Enum):
    """What keeps jobs from being polled more often."""

    CALLS_PER_SECOND = "calls_per_second"
    """The tenant's share of calls a second, or the setting of that name."""

    DAILY_CALLS = "daily_calls"
    """What is left of the calls of the day: the tenant's share, or the setting of that name."""

    HOURLY_CALLS = "hourly calls"
    """What is left of the tenant's share of calls an hour, which has no setting; `daily_calls` replaces it."""

    HOST = "host"
    """The host throttles, or its headers say that few calls are left."""


class TenantStatus(Struct, frozen=True, kw_only=True):
    """The status of polling one tenant. Times are seconds since the epoch, UTC.

    `answered_at` is when the host last gave a good response about any job; `problem` is what keeps the whole tenant
    from being polled, since `down_since`, and `next_try_at` is when it is tried again (None: only by the user);
    `is_one_of_several` is set when it is shown for tenants of which others may be fine; `is_following` when another
    window polls and this one reads what it stores, also its outage; `ceiling` is the longest interval in seconds that
    the budget forces; `interval` is the mean planned interval in seconds between two calls about a running job, 0 if
    none is running; `limit` is what limits polling, None if nothing does; `calls_per_second` counts every request of
    the last ten seconds; `day_share` is the share of the day's calls that is used (1 is all).
    """

    tenant: str
    answered_at: float | None = None
    problem: Problem | None = None
    down_since: float | None = None
    next_try_at: float | None = None
    is_paused: bool = False
    is_following: bool = False
    is_one_of_several: bool = False
    ceiling: float = 60.0
    interval: float = 0.0
    limit: Limit | None = None
    calls_per_second: float = 0.0
    day_share: float = 0.0


def status_words(status: TenantStatus) -> str:
    """Return the status of a tenant's polling in words that change only with the status: no times, no figures."""
    if status.problem is not None:
        return f"not polled, {status.problem.for_log}"
    if status.is_paused:
        return "paused by the user"
    if status.is_following:
        return "another window is polling"
    if status.day_share >= 1:
        return "the daily calls are used up"
    return f"polled, limited by {status.limit.value}" if status.limit else "polled"


def changes_with_time(status: TenantStatus) -> bool:
    """Return whether the status changes with time alone."""
    return bool(status.calls_per_second or status.limit or status.next_try_at)
