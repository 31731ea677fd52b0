"""How the line to one tenant is doing, as a value for people to read."""

from dataclasses import dataclass

from zjobtui.domain.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The state of one tenant's polling. Times are seconds since the epoch, UTC.

    `answered_at` is when the host last gave a good answer about any job; `problem` is what keeps the whole tenant from
    being asked, since `down_since`, and `next_try_at` is when it is tried again (None: only by hand);
    `is_one_of_several` when it is shown for tenants of which others may do well; `is_following` when another window
    polls and this one reads what it stores; `ceiling` is the longest interval in seconds that the budget forces;
    `calls_per_second` counts every request of the last minute, `day_share` is how much of the day's calls is
    spent (1 is all).
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
    calls_per_second: float = 0.0
    day_share: float = 0.0
