"""Call log: the last calls of all tenants, in memory only, and the last call about each job."""

from collections import OrderedDict, deque
from collections.abc import Callable
from enum import Enum
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from zjobtui.models.job import JobRef

if TYPE_CHECKING:
    from zjobtui.models.observation import Call
    from zjobtui.models.problem import Problem
    from zjobtui.models.related import Reference

CALLS_KEPT = 500
"""Calls that are kept."""

JOBS_KEPT = 1_000
"""Jobs whose last call is kept, however many calls about other jobs have followed: 2 MB."""


class CallKind(Enum):
    """Why a request was sent."""

    POLL = "poll"
    REFRESH = "refresh"
    PROBE = "probe"
    READ = "read"
    TOKEN = "token"  # noqa: S105 - a word, not a secret


class LoggedCall(Struct, frozen=True, kw_only=True):
    """One request and what came of it; a good response has the job's `status`, any other outcome a `problem`.

    A call is about a `job`, or reads what `reference` names, with the status of that; or it is a sign-in.
    `at` is when it ended (seconds since the epoch, UTC). `waited` are the seconds for which it was due before it was
    started, `took` those from its start to its end, with sign-in and connection; `call.latency` is the request alone.
    `body` is the beginning of a response without a report, without secrets.
    """

    at: float
    tenant: str
    kind: CallKind
    call: "Call"
    job: JobRef | None = None
    reference: "Reference | None" = None
    status: str = ""
    problem: "Problem | None" = None
    waited: float = 0.0
    took: float = 0.0
    body: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether it brought no good response."""
        return self.problem is not None

    @property
    def was_sent(self) -> bool:
        """Whether the request itself was sent; a call is not if there is no token for it."""
        return self.kind is CallKind.TOKEN or not (self.call.url == "" or self.call.url.endswith("/oauth/token"))


RecordCall: TypeAlias = Callable[[LoggedCall], None]


class CallLog:
    """The last calls, oldest first. Calls are recorded on one thread and read on another."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: deque[LoggedCall] = deque(maxlen=CALLS_KEPT)
        self._last: OrderedDict[JobRef, LoggedCall] = OrderedDict()
        self._recorded = 0

    @property
    def recorded(self) -> int:
        """Number of calls recorded so far; as long as it is the same, there is nothing new to read."""
        return self._recorded

    def record(self, call: LoggedCall) -> None:
        """Add a call, and forget the oldest if there are too many."""
        with self._lock:
            self._recorded += 1
            self._calls.append(call)
            if call.job is not None:
                self._last[call.job] = call
                self._last.move_to_end(call.job)
                if len(self._last) > JOBS_KEPT:
                    self._last.popitem(last=False)

    def calls(self) -> tuple[int, tuple[LoggedCall, ...]]:
        """Return the number of the first call that is kept, counted from 0, and the calls, oldest first."""
        with self._lock:
            return self._recorded - len(self._calls), tuple(self._calls)

    def last(self, job: JobRef) -> LoggedCall | None:
        """Return the last call about a job since the program was started, or None."""
        with self._lock:
            return self._last.get(job)
