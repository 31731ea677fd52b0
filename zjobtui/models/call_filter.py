"""Filter of the call log: words and terms such as `outcome:failed`, spelt as those of the list."""

import re
from collections.abc import Callable

from msgspec import Struct

from zjobtui.models.call_log import LoggedCall
from zjobtui.models.job import JobRef
from zjobtui.models.text import clean, shorten, suggest

JobName = Callable[[JobRef], str]
"""Returns the label of a job, or ""."""

_PART = r'(?:"[^"]*"?|[^\s"])'
_TERM = re.compile(rf"(?P<sign>[!-]?)(?:(?P<field>[A-Za-z]+):(?P<values>{_PART}*)|(?P<word>{_PART}+))")
_VALUE = re.compile(r'"([^"]*)"?|([^,"]+)')


def _job(call: LoggedCall, name: JobName) -> tuple[str, ...]:
    return () if call.job is None else (call.job.id.given, call.job.id.key, name(call.job))


def _what(call: LoggedCall, _: JobName) -> tuple[str, ...]:
    reference = call.reference
    return (call.kind.value, *((reference.kind.word, reference.key) if reference else ()))


def _outcome(call: LoggedCall, _: JobName) -> tuple[str, ...]:
    result = (str(call.problem), call.problem.code) if call.problem is not None else (call.status,)
    return (*result, str(call.call.http_status or ""))


CALL_FIELDS: dict[str, Callable[[LoggedCall, JobName], tuple[str, ...]]] = {
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
        texts = [text.casefold() for text in (CALL_FIELDS[self.field](call, name) if self.field else _all(call, name))]
        return any(self._has(value, call, texts) for value in self.values) != self.is_inverted

    def _has(self, value: str, call: LoggedCall, texts: list[str]) -> bool:
        if self.field == "outcome" and value in _RESULTS:
            return call.is_failure == _RESULTS[value]
        return any(value in text for text in texts)


def _all(call: LoggedCall, name: JobName) -> tuple[str, ...]:
    ids = (call.call.request_id, call.call.track_id, call.call.process_id)
    return (*(text for read in CALL_FIELDS.values() for text in read(call, name)), *ids)


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
        if field and field not in CALL_FIELDS:
            problems.append(f"Unknown field “{shorten(field, 20)}”; {suggest(field, CALL_FIELDS)}")
        elif any(values):
            terms.append(_Term(field, tuple(filter(None, values)), bool(match["sign"])))
    return CallFilter(tuple(terms), " · ".join(dict.fromkeys(problems)))
