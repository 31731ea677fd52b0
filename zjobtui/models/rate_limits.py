"""Rate limits that the headers of one response state."""

from collections.abc import Mapping

from msgspec import Struct, field


class RateLimits(Struct, frozen=True):
    """Limits that a response stated; None or empty if it did not.

    `remaining` calls are left to the tenant in one window until its `reset` in seconds; `window` is the length of that
    window in seconds. `windows` are the calls granted, by the length of the window. `retry_after` is for how many
    seconds the host wants no calls. `concurrent` is how many calls the tenant may have in flight.
    """

    window: int | None = None
    remaining: int | None = None
    reset: int | None = None
    windows: Mapping[int, int] = field(default_factory=dict)
    retry_after: float | None = None
    concurrent: int | None = None
