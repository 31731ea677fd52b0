"""What came of one call about a job: a report, or the problem that stood in its way."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from zjobtui.models.problem import Problem
from zjobtui.models.rate_limits import RateLimits

if TYPE_CHECKING:
    from zjobtui.models.report import Report


@dataclass(frozen=True, slots=True)
class Call:
    """The request behind an observation, as Zuora's support asks for it; `latency` in seconds.

    `limits` are the headers about limits as they came, `rate_limits` what they say. Only the headers are stored.
    """

    url: str = ""
    track_id: str = ""
    request_id: str = ""
    process_id: str = ""
    http_status: int | None = None
    latency: float = 0.0
    limits: tuple[tuple[str, str], ...] = ()
    rate_limits: RateLimits = field(default_factory=RateLimits)


@dataclass(frozen=True, slots=True)
class Success:
    """A good answer, and when it came (seconds since the epoch, UTC)."""

    report: "Report"
    at: float
    call: Call = Call()


@dataclass(frozen=True, slots=True)
class PreviousBody:
    """The body of the answer that the last one replaced, and when it first came (seconds since the epoch, UTC)."""

    raw: str
    at: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A call without a good answer, and when that was known (seconds since the epoch, UTC)."""

    problem: Problem
    at: float
    call: Call = Call()


Observation: TypeAlias = Success | Failure
