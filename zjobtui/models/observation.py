"""Observations: the result of one call about a job, a report or a problem."""

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from zjobtui.models.problem import Problem
from zjobtui.models.rate_limits import RateLimits

if TYPE_CHECKING:
    from zjobtui.models.report import Report


class Call(Struct, frozen=True):
    """The request behind an observation, as Zuora's support asks for it; `latency` in seconds.

    `limits` are the rate limit headers, `rate_limits` their parsed values. Only the headers are stored.
    """

    url: str = ""
    track_id: str = ""
    request_id: str = ""
    process_id: str = ""
    http_status: int | None = None
    latency: float = 0.0
    limits: tuple[tuple[str, str], ...] = ()
    rate_limits: RateLimits = field(default_factory=RateLimits)


class Success(Struct, frozen=True):
    """A good response, and when it came (seconds since the epoch, UTC)."""

    report: "Report"
    at: float
    call: Call = Call()


class PreviousBody(Struct, frozen=True):
    """The body of the response that the last one replaced, and when it first came (seconds since the epoch, UTC)."""

    raw: str
    at: float


class Failure(Struct, frozen=True):
    """A call without a good response, and when that was known (seconds since the epoch, UTC).

    `is_no_operation` says that Zuora has no operation job of this id either. `body` is the beginning of the response,
    if there was one, without secrets; it is never stored.
    """

    problem: Problem
    at: float
    call: Call = Call()
    is_no_operation: bool = False
    body: str = ""


Observation: TypeAlias = Success | Failure
