"""What a filter can ask of a watch: named fields, each of which turns a typed value into a test; knows no syntax."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from zjobtui.domain.digest import Digest
from zjobtui.domain.freshness import is_stale
from zjobtui.domain.late_pattern import late_pattern
from zjobtui.domain.spans import PART, read_span
from zjobtui.domain.suggestions import nearest
from zjobtui.domain.text import shorten
from zjobtui.domain.verdict import Kind, Verdict
from zjobtui.domain.watch import Watch

Test = Callable[[Watch, float], bool]
"""Whether a watch is meant, at a moment in seconds since the epoch, UTC."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a term cannot be tested, and a term that could; unfinished is what may become right by typing on."""

    what: str
    right: str
    is_unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a term can name. `read` takes an operator and one casefolded value."""

    name: str
    example: str
    about: str
    read: Callable[[str, str], Test | Wrong]
    operators: tuple[str, ...] = (":",)
    is_timed: bool = False
    """Whether the answer may be another one when nothing but time has passed."""


STATUSES = {
    "failed": Kind.FAILED,
    "attention": Kind.ATTENTION,
    "needs attention": Kind.ATTENTION,
    "unknown": Kind.UNKNOWN,
    "waiting": Kind.WAITING,
    "done": Kind.DONE,
}
"""The words for verdicts."""

ZUORA_STATUSES = ("processing", "completed", "failed")
KINDS = ("order", "preview")

STATES: Mapping[str, Test] = {
    "stale": is_stale,
    "unseen": lambda watch, _: watch.is_unseen,
    "labelled": lambda watch, _: bool(watch.label),
    "final": lambda watch, _: watch.is_final,
}

_SPAN_BEGUN = late_pattern(rf"(?:{PART})*(?:[0-9]{{1,9}}(?:\.[0-9]{{0,3}})?)?")
_NO_DIGEST = Digest("", Verdict(Kind.WAITING, ""))


def _digest(watch: Watch) -> Digest:
    return watch.digest or _NO_DIGEST


def _holding(text: Callable[[Watch], str]) -> Callable[[str, str], Test]:
    return lambda _, value: lambda watch, _now: value in text(watch).casefold()


def _starting(texts: Callable[[Watch], Iterable[str]]) -> Callable[[str, str], Test]:
    def read(_: str, value: str) -> Test:
        return lambda watch, _now: any(text.casefold().startswith(value) for text in texts(watch))

    return read


def _read_id(_: str, value: str) -> Test | Wrong:
    digits = value.replace("-", "")
    if not re.fullmatch("[0-9a-f]+", digits):
        return Wrong(f"“{shorten(value, 40)}” is no part of a job id", "id:1bc24f31")
    return lambda watch, _now: digits in watch.job.id.key


def _read_status(_: str, value: str) -> Test | Wrong:
    kinds = tuple(kind for word, kind in STATUSES.items() if word.startswith(value))
    if not kinds and (wrong := _misspelt("status", value, (*STATUSES, *ZUORA_STATUSES))):
        return wrong
    return lambda watch, _now: watch.verdict.kind in kinds or _digest(watch).status.casefold().startswith(value)


def _read_type(_: str, value: str) -> Test | Wrong:
    return _misspelt("type", value, KINDS) or (lambda watch, _now: _digest(watch).kind.casefold().startswith(value))


def _read_state(_: str, value: str) -> Test | Wrong:
    found = next((name for name in STATES if name.startswith(value)), None)
    if found is not None:
        return STATES[found]
    right = f"status:{value}" if value in STATUSES else f"is:{nearest(value, STATES) or next(iter(STATES))}"
    return Wrong(f"“{shorten(value, 40)}” is nothing that a job can be", right)


def _misspelt(field: str, value: str, known: Iterable[str]) -> Wrong | None:
    """What is wrong with a value that is almost a known one; any other may be a word of Zuora's."""
    names = tuple(known)
    near = "" if any(name.startswith(value) for name in names) else nearest(value, names, 0.75)
    return Wrong(f"“{shorten(value, 40)}” is no {field}", f"{field}:{near}") if near else None


def _since(field: str, moment: Callable[[Watch], float | None]) -> Callable[[str, str], Test | Wrong]:
    def read(operator: str, value: str) -> Test | Wrong:
        span = read_span(value)
        if span is None:
            return _no_span(field, operator, value)
        if operator == ">":
            return lambda watch, now: (at := moment(watch)) is not None and now - at > span
        return lambda watch, now: (at := moment(watch)) is not None and now - at < span

    return read


def _no_span(field: str, operator: str, value: str) -> Wrong:
    if _SPAN_BEGUN.fullmatch(value):
        right = f"{field}{operator}{value.rstrip('.')}m"
        return Wrong(f"“{value}” has no unit yet: s, m, h or d", right, is_unfinished=True)
    return Wrong(f"“{shorten(value, 40)}” is no span of time", f"{field}{operator}10m")


_COMPARED = ("<", ">")

FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field(
            "status", "status:failed,attention", "the verdict, or Zuora's own word; its beginning will do", _read_status
        ),
        Field("order", "order:O-0001", "part of the order number", _holding(lambda watch: _digest(watch).order_number)),
        Field("account", "account:A-17", "part of the account number", _holding(lambda w: _digest(w).account_number)),
        Field("id", "id:1bc24f31", "part of the job id, with dashes or without", _read_id),
        Field("label", "label:CS-4390", "part of the label", _holding(lambda watch: watch.label)),
        Field("tag", "tag:acme", "the beginning of a tag", _starting(lambda watch: watch.tags)),
        Field(
            "tenant", "tenant:eu", "the beginning of the tenant's name", _starting(lambda watch: (watch.job.tenant,))
        ),
        Field("type", "type:preview", "order, preview, or the job type as Zuora wrote it", _read_type),
        Field("is", "is:unseen", "stale, unseen, labelled or final", _read_state, is_timed=True),
        Field(
            "age", "age>10m", "how long ago it was added", _since("age", lambda w: w.added_at), _COMPARED, is_timed=True
        ),
        Field(
            "ended",
            "ended<1h",
            "how long ago it ended, where it did",
            _since("ended", lambda w: w.ended_at),
            _COMPARED,
            is_timed=True,
        ),
    )
}
"""Every field by its name, in the order of the help."""
