"""The fields that terms of a filter name: what each matches, and which values are known."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct

from zjobtui.models.digest import OPERATION, Digest
from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.durations import PART, parse_duration
from zjobtui.models.failure_groups import failure_key, fingerprint, read_alike
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.text import nearest, shorten
from zjobtui.models.verdict import Verdict, VerdictKind
from zjobtui.models.watched_job import WatchedJob, is_stale
from zjobtui.models.why import is_overdue

NO_TYPICAL: TypicalByTenant = {}
"""If typical times are not known: then no job is overdue."""


class Context(NamedTuple):
    """What a match depends on beside the job: the moment in seconds since the epoch, UTC, and typical times."""

    now: float
    typical: TypicalByTenant = NO_TYPICAL


Test = Callable[[WatchedJob, Context], bool]
"""Whether a job matches in a context."""


class Vocabulary(Struct, frozen=True):
    """The values that terms can have: those that are documented or configured, and those of the watched jobs."""

    statuses: tuple[str, ...]
    types: tuple[str, ...]
    tenants: tuple[str, ...]


class FilterError(Struct, frozen=True):
    """Why a term is not valid, and a valid one; an unfinished term may become valid by typing on."""

    what: str
    right: str
    is_unfinished: bool = False
    known: str = ""
    """The values that are known, as far as there is room."""


class Field(Struct, frozen=True):
    """A field that a term can name.

    `read` takes an operator and one casefolded value.
    """

    name: str
    example: str
    about: str
    read: Callable[[str, str], Test | FilterError]
    operators: tuple[str, ...] = (":",)
    is_timed: bool = False
    """Whether the result may change with time alone."""
    known: Callable[[Vocabulary], tuple[str, ...]] | None = None
    """The values of which one must begin with the given value; None if any value is valid."""


STATUSES = {
    "failed": VerdictKind.FAILED,
    "attention": VerdictKind.ATTENTION,
    "needs attention": VerdictKind.ATTENTION,
    "unknown": VerdictKind.UNKNOWN,
    "running": VerdictKind.RUNNING,
    "done": VerdictKind.DONE,
}
"""The words for verdicts."""

ZUORA_STATUSES = ("processing", "completed", "failed")
JOB_KINDS = ("order", "preview", OPERATION)

STATES: Mapping[str, Test] = {
    "stale": lambda watch, context: is_stale(watch, context.now),
    "unread": lambda watch, _: watch.is_unread,
    "labelled": lambda watch, _: bool(watch.label),
    "final": lambda watch, _: watch.is_final,
    "overdue": lambda watch, context: is_overdue(watch, context.typical.get(watch.job.tenant), context.now),
}

RENAMED_VALUES: Mapping[str, tuple[str, str]] = {"is": ("unseen", "unread"), "status": ("waiting", "running")}
"""Fields with a value that had another name: its former and its present one. The former one stays accepted."""

_SPAN_BEGUN = lazy_pattern(rf"(?:{PART})*(?:[0-9]{{1,9}}(?:\.[0-9]{{0,3}})?)?")
_NO_DIGEST = Digest("", Verdict(VerdictKind.RUNNING, ""))


def _digest(watch: WatchedJob) -> Digest:
    return watch.digest or _NO_DIGEST


def _holding(text: Callable[[WatchedJob], str]) -> Callable[[str, str], Test]:
    return lambda _operator, value: lambda watch, _: value in text(watch).casefold()


def _starting(texts: Callable[[WatchedJob], Iterable[str]]) -> Callable[[str, str], Test]:
    def read(_: str, value: str) -> Test:
        return lambda watch, _: any(text.casefold().startswith(value) for text in texts(watch))

    return read


def _read_id(_: str, value: str) -> Test | FilterError:
    digits = value.replace("-", "")
    if not re.fullmatch("[0-9a-f]+", digits):
        return FilterError(f"“{shorten(value, 40)}” is not part of a job id", "id:1bc24f31")
    return lambda watch, _: digits in watch.job.id.key


def _read_status(_: str, value: str) -> Test | FilterError:
    kinds = tuple(kind for word, kind in STATUSES.items() if word.startswith(value))
    if not kinds and (wrong := _misspelt("status", value, (*STATUSES, *ZUORA_STATUSES))):
        return wrong
    return lambda watch, _: watch.verdict.kind in kinds or _digest(watch).status.casefold().startswith(value)


def _read_code(_: str, value: str) -> Test:
    """Match the beginning of a code, or its end, since the last two digits say what happened."""

    def matches(watch: WatchedJob, _: Context) -> bool:
        code = _digest(watch).code.casefold()
        return code.startswith(value) or code.endswith(value)

    return matches


def _reason(watch: WatchedJob) -> str:
    digest = _digest(watch)
    return (
        f"{digest.why}\n{digest.message}" if watch.verdict.kind in {VerdictKind.FAILED, VerdictKind.ATTENTION} else ""
    )


def _read_alike(_: str, value: str) -> Test | FilterError:
    wanted = read_alike(value)
    if wanted is None:
        return FilterError(f"“{shorten(value, 40)}” is not a group of failures", "reason:lock", is_unfinished=True)

    def matches(watch: WatchedJob, _: Context) -> bool:
        key = failure_key(watch.digest)
        return key is not None and fingerprint(key) == wanted

    return matches


def _numbers(kept: Callable[[Digest], tuple[str, ...]], count: Callable[[Digest], int]) -> Callable[[str, str], Test]:
    """Match a part of one number; those that a digest has no room for are among its words."""

    def read(_: str, value: str) -> Test:
        def matches(watch: WatchedJob, _: Context) -> bool:
            digest = _digest(watch)
            numbers = kept(digest)
            is_cut = len(numbers) < count(digest)
            return any(value in number.casefold() for number in numbers) or (
                is_cut and value in digest.words.casefold()
            )

        return matches

    return read


def _read_type(_: str, value: str) -> Test | FilterError:
    return _misspelt("type", value, JOB_KINDS) or (lambda watch, _: _digest(watch).kind.casefold().startswith(value))


def _read_state(_: str, value: str) -> Test | FilterError:
    state = next((name for name in STATES if name.startswith(value)), None)
    if state is not None:
        return STATES[state]
    status = present_value("status", value)
    right = f"status:{status}" if status in STATUSES else f"is:{nearest(value, STATES) or next(iter(STATES))}"
    return FilterError(f"“{shorten(value, 40)}” is not a valid state", right)


def present_value(field: str, value: str) -> str:
    """Return the present name of a value if this is the former one or the beginning of it; else the value."""
    former, present = RENAMED_VALUES.get(field, ("", ""))
    begun = value.casefold()
    return present if begun and former.startswith(begun) and not present.startswith(begun) else value


def _misspelt(field: str, value: str, known: Iterable[str]) -> FilterError | None:
    """Return an error for a near-miss of a known value; accept anything else, since Zuora may add values."""
    names = tuple(known)
    near = "" if any(name.startswith(value) for name in names) else nearest(value, names, 0.75)
    return FilterError(f"“{shorten(value, 40)}” is not a valid {field}", f"{field}:{_spelt(near)}") if near else None


def _spelt(value: str) -> str:
    """Return a value as a term has it: in quotation marks if it has blanks or commas."""
    return value if re.fullmatch(r'[^\s",]+', value) else f'"{value}"'


def _since(field: str, moment: Callable[[WatchedJob], float | None]) -> Callable[[str, str], Test | FilterError]:
    def read(operator: str, value: str) -> Test | FilterError:
        span = parse_duration(value)
        if span is None:
            return _no_span(field, operator, value)
        if operator == ">":
            return lambda watch, context: (at := moment(watch)) is not None and context.now - at > span
        return lambda watch, context: (at := moment(watch)) is not None and context.now - at < span

    return read


def _no_span(field: str, operator: str, value: str) -> FilterError:
    if _SPAN_BEGUN.fullmatch(value):
        right = f"{field}{operator}{value.rstrip('.')}m"
        return FilterError(f"“{value}” needs a unit: s, m, h or d", right, is_unfinished=True)
    return FilterError(f"“{shorten(value, 40)}” is not a valid duration", f"{field}{operator}10m")


_COMPARED = ("<", ">")

FILTER_FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field(
            "status",
            "status:failed,attention",
            "the verdict, or Zuora's own status; the first letters are enough",
            _read_status,
            known=lambda vocabulary: vocabulary.statuses,
        ),
        Field("order", "order:O-0001", "part of the order number", _holding(lambda watch: _digest(watch).order_number)),
        Field("account", "account:A-17", "part of the account number", _holding(lambda w: _digest(w).account_number)),
        Field("code", "code:40000050", "the first or last digits of the error code, such as 50", _read_code),
        Field("reason", "reason:lock", "part of the reason: its title or the message", _holding(_reason)),
        Field("alike", "alike:lock-contention-3f2a9c81", "a group of the failures by reason", _read_alike),
        Field(
            "sub",
            "sub:A-S0042",
            "part of a subscription number",
            _numbers(lambda digest: digest.subscriptions, lambda digest: digest.subscription_count),
        ),
        Field(
            "invoice",
            "invoice:INV0042",
            "part of an invoice number",
            _numbers(lambda digest: digest.invoices, lambda digest: digest.invoice_count),
        ),
        Field("id", "id:1bc24f31", "part of the job id, with dashes or without", _read_id),
        Field("label", "label:CS-4390", "part of the label", _holding(lambda watch: watch.label)),
        Field("note", "note:refund", "part of the note", _holding(lambda watch: watch.note)),
        Field("batch", "batch:renewals", "part of the name of its batch", _holding(lambda watch: watch.batch)),
        Field("tag", "tag:acme", "the first letters of a tag", _starting(lambda watch: watch.tags)),
        Field(
            "tenant",
            "tenant:eu",
            "the first letters of the tenant's name",
            _starting(lambda watch: (watch.job.tenant,)),
            known=lambda vocabulary: vocabulary.tenants,
        ),
        Field(
            "type",
            "type:preview",
            f"order, preview, {OPERATION}, or the job type as Zuora wrote it",
            _read_type,
            known=lambda vocabulary: vocabulary.types,
        ),
        Field("is", "is:unread", "stale, unread, labelled, final or overdue", _read_state, is_timed=True),
        Field(
            "age", "age>10m", "how long ago it was added", _since("age", lambda w: w.added_at), _COMPARED, is_timed=True
        ),
        Field(
            "ended",
            "ended<1h",
            "how long ago it ended",
            _since("ended", lambda w: w.ended_at),
            _COMPARED,
            is_timed=True,
        ),
    )
}
"""Every field by its name, in the order of the help."""

_LISTED = 8
"""Known values that an error lists."""


def vocabulary_of(watches: Iterable[WatchedJob], tenants: Iterable[str] = ()) -> Vocabulary:
    """Return the values that are known with these jobs and these configured tenants."""
    present = [(watch.job.tenant, watch.digest) for watch in watches]
    digests = [digest for _, digest in present if digest is not None]
    return Vocabulary(
        _unique((*STATUSES, *ZUORA_STATUSES, *(digest.status for digest in digests))),
        _unique((*JOB_KINDS, *(digest.kind for digest in digests if digest.kind))),
        _unique((*tenants, *(tenant for tenant, _ in present))),
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Return names without those that differ from an earlier one only in case."""
    unique: dict[str, str] = {}
    for name in names:
        unique.setdefault(name.casefold(), name)
    return tuple(unique.values())


def unknown_value(field: Field, value: str, vocabulary: Vocabulary) -> FilterError | None:
    """Return an error if no known value of the field begins with the casefolded value."""
    known = field.known(vocabulary) if field.known is not None else ()
    if not known or any(name.casefold().startswith(value) for name in known):
        return None
    listed = ", ".join(shorten(name, 40) for name in known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    right = nearest(value, known) or known[0]
    wrong = f"“{shorten(value, 40)}” is not a valid {field.name}"
    return FilterError(wrong, f"{field.name}:{_spelt(right)}", known=listed)
