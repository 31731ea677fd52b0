"""Call log: the last calls of all tenants, in memory only, the last call about each job, and filters of calls.

A filter has words and terms such as `outcome:failed`, spelt as those of the list.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from enum import Enum
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from zjobtui.models.job import JobRef
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.text import clean, shorten, suggest

if TYPE_CHECKING:
    from zjobtui.models.observation import Call
    from zjobtui.models.problem import Problem
    from zjobtui.models.related import Reference

CALLS_KEPT = 500
"""Calls that are kept."""

JOBS_KEPT = 1_000
"""Jobs whose last call is kept, however many calls about other jobs have followed: 2 MB."""


_PART = r'(?:"[^"]*"?|[^\s"])'
_TERM = lazy_pattern(rf"(?P<sign>[!-]?)(?:(?P<field>[A-Za-z]+):(?P<values>{_PART}*)|(?P<word>{_PART}+))")
_VALUE = lazy_pattern(r'"([^"]*)"?|([^,"]+)')


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

JobName: TypeAlias = Callable[[JobRef], str]
"""Returns the label of a job, or ""."""


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


def _job(call: LoggedCall, name: JobName) -> tuple[str, ...]:
    return () if call.job is None else (call.job.id.given, call.job.id.key, name(call.job))


def _what(call: LoggedCall, _: JobName) -> tuple[str, ...]:
    reference = call.reference
    return (call.kind.value, *((reference.kind.word, reference.key) if reference else ()))


def _outcome(call: LoggedCall, _: JobName) -> tuple[str, ...]:
    result = (str(call.problem), call.problem.code) if call.problem is not None else (call.status,)
    return (*result, str(call.call.http_status or ""))


_FIELDS: dict[str, Callable[[LoggedCall, JobName], tuple[str, ...]]] = {
    "job": _job,
    "tenant": lambda call, _: (call.tenant,),
    "what": _what,
    "outcome": _outcome,
}
"""What each field is compared with: a value must be a part of one of the texts."""

_RESULTS = {"ok": False, "failed": True}
"""Values of `outcome` for whether the call failed; a call that says that the job failed did not."""


class _Term(Struct, frozen=True):
    field: str
    values: tuple[str, ...]
    is_inverted: bool

    def matches(self, call: LoggedCall, name: JobName) -> bool:
        texts = [text.casefold() for text in (_FIELDS[self.field](call, name) if self.field else _all(call, name))]
        return any(self._has(value, call, texts) for value in self.values) != self.is_inverted

    def _has(self, value: str, call: LoggedCall, texts: list[str]) -> bool:
        if self.field == "outcome" and value in _RESULTS:
            return call.is_failure == _RESULTS[value]
        return any(value in text for text in texts)


def _all(call: LoggedCall, name: JobName) -> tuple[str, ...]:
    ids = (call.call.request_id, call.call.track_id, call.call.process_id)
    return (*(text for read in _FIELDS.values() for text in read(call, name)), *ids)


class CallFilter(Struct, frozen=True):
    """Terms that must all match; `problem` says which term is not valid and was left out."""

    terms: tuple[_Term, ...] = ()
    problem: str = ""

    def matches(self, call: LoggedCall, name: JobName) -> bool:
        """Return whether a call matches; `name` returns the label of its job."""
        return all(term.matches(call, name) for term in self.terms)


def parse_call_filter(text: str) -> CallFilter:
    """Parse a filter; unknown fields are reported and left out, and nothing is raised."""
    terms: list[_Term] = []
    problems: list[str] = []
    for match in _TERM.finditer(clean(text)):
        field = (match["field"] or "").casefold()
        values = tuple(
            (quoted or plain).casefold() for quoted, plain in _VALUE.findall(match["values"] or match["word"] or "")
        )
        if field and field not in _FIELDS:
            problems.append(f"Unknown field “{shorten(field, 20)}”; {suggest(field, _FIELDS)}")
        elif any(values):
            terms.append(_Term(field, tuple(filter(None, values)), bool(match["sign"])))
    return CallFilter(tuple(terms), " · ".join(dict.fromkeys(problems)))
