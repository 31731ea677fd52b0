"""Filters: terms such as `status:failed age>10m`, words, and what they match."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from zjobtui.models.digest import Digest
from zjobtui.models.durations import PART, parse_duration
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.text import clean, nearest, shorten
from zjobtui.models.verdict import Kind, Verdict
from zjobtui.models.watched_job import WatchedJob, is_stale

Test = Callable[[WatchedJob, float], bool]
"""Whether a job matches, at a moment in seconds since the epoch, UTC."""


@dataclass(frozen=True, slots=True)
class FilterError:
    """Why a term is not valid, and a valid one; an unfinished term may become valid by typing on."""

    what: str
    right: str
    is_unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Field:
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


STATUSES = {
    "failed": Kind.FAILED,
    "attention": Kind.ATTENTION,
    "needs attention": Kind.ATTENTION,
    "unknown": Kind.UNKNOWN,
    "running": Kind.RUNNING,
    "done": Kind.DONE,
}
"""The words for verdicts."""

ZUORA_STATUSES = ("processing", "completed", "failed")
KINDS = ("order", "preview")

STATES: Mapping[str, Test] = {
    "stale": is_stale,
    "unread": lambda watch, _: watch.is_unread,
    "labelled": lambda watch, _: bool(watch.label),
    "final": lambda watch, _: watch.is_final,
}

RENAMED_VALUES: Mapping[str, tuple[str, str]] = {"is": ("unseen", "unread"), "status": ("waiting", "running")}
"""Fields with a value that had another name: its former and its present one. The former one stays accepted."""

_SPAN_BEGUN = lazy_pattern(rf"(?:{PART})*(?:[0-9]{{1,9}}(?:\.[0-9]{{0,3}})?)?")
_NO_DIGEST = Digest("", Verdict(Kind.RUNNING, ""))


def _digest(watch: WatchedJob) -> Digest:
    return watch.digest or _NO_DIGEST


def _holding(text: Callable[[WatchedJob], str]) -> Callable[[str, str], Test]:
    return lambda _, value: lambda watch, _now: value in text(watch).casefold()


def _starting(texts: Callable[[WatchedJob], Iterable[str]]) -> Callable[[str, str], Test]:
    def read(_: str, value: str) -> Test:
        return lambda watch, _now: any(text.casefold().startswith(value) for text in texts(watch))

    return read


def _read_id(_: str, value: str) -> Test | FilterError:
    digits = value.replace("-", "")
    if not re.fullmatch("[0-9a-f]+", digits):
        return FilterError(f"“{shorten(value, 40)}” is not part of a job id", "id:1bc24f31")
    return lambda watch, _now: digits in watch.job.id.key


def _read_status(_: str, value: str) -> Test | FilterError:
    kinds = tuple(kind for word, kind in STATUSES.items() if word.startswith(value))
    if not kinds and (wrong := _misspelt("status", value, (*STATUSES, *ZUORA_STATUSES))):
        return wrong
    return lambda watch, _now: watch.verdict.kind in kinds or _digest(watch).status.casefold().startswith(value)


def _read_type(_: str, value: str) -> Test | FilterError:
    return _misspelt("type", value, KINDS) or (lambda watch, _now: _digest(watch).kind.casefold().startswith(value))


def _read_state(_: str, value: str) -> Test | FilterError:
    state = next((name for name in STATES if name.startswith(value)), None)
    if state is not None:
        return STATES[state]
    status = _present_value("status", value)
    right = f"status:{status}" if status in STATUSES else f"is:{nearest(value, STATES) or next(iter(STATES))}"
    return FilterError(f"“{shorten(value, 40)}” is not a valid state", right)


def _misspelt(field: str, value: str, known: Iterable[str]) -> FilterError | None:
    """Return an error for a near-miss of a known value; accept anything else, since Zuora may add values."""
    names = tuple(known)
    near = "" if any(name.startswith(value) for name in names) else nearest(value, names, 0.75)
    return FilterError(f"“{shorten(value, 40)}” is not a valid {field}", f"{field}:{near}") if near else None


def _since(field: str, moment: Callable[[WatchedJob], float | None]) -> Callable[[str, str], Test | FilterError]:
    def read(operator: str, value: str) -> Test | FilterError:
        span = parse_duration(value)
        if span is None:
            return _no_span(field, operator, value)
        if operator == ">":
            return lambda watch, now: (at := moment(watch)) is not None and now - at > span
        return lambda watch, now: (at := moment(watch)) is not None and now - at < span

    return read


def _no_span(field: str, operator: str, value: str) -> FilterError:
    if _SPAN_BEGUN.fullmatch(value):
        right = f"{field}{operator}{value.rstrip('.')}m"
        return FilterError(f"“{value}” needs a unit: s, m, h or d", right, is_unfinished=True)
    return FilterError(f"“{shorten(value, 40)}” is not a valid duration", f"{field}{operator}10m")


_COMPARED = ("<", ">")

FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field(
            "status",
            "status:failed,attention",
            "the verdict, or Zuora's own status; the first letters are enough",
            _read_status,
        ),
        Field("order", "order:O-0001", "part of the order number", _holding(lambda watch: _digest(watch).order_number)),
        Field("account", "account:A-17", "part of the account number", _holding(lambda w: _digest(w).account_number)),
        Field("id", "id:1bc24f31", "part of the job id, with dashes or without", _read_id),
        Field("label", "label:CS-4390", "part of the label", _holding(lambda watch: watch.label)),
        Field("tag", "tag:acme", "the first letters of a tag", _starting(lambda watch: watch.tags)),
        Field(
            "tenant",
            "tenant:eu",
            "the first letters of the tenant's name",
            _starting(lambda watch: (watch.job.tenant,)),
        ),
        Field("type", "type:preview", "order, preview, or the job type as Zuora wrote it", _read_type),
        Field("is", "is:unread", "stale, unread, labelled or final", _read_state, is_timed=True),
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


LIMIT = 20_000
"""Texts that are cached: a list is filtered on every key and drawing, and few of its jobs differ in between."""

_CACHE: dict[int, tuple[WatchedJob, str]] = {}


def haystack(watch: WatchedJob) -> str:
    """Return the searchable text of a job, casefolded, one field a line: no phrase spans two fields.

    Cached by identity, which the cached job itself guarantees: hashing a job costs as much as building its text.
    """
    cached = _CACHE.get(id(watch))
    if cached is not None:
        return cached[1]
    if len(_CACHE) >= LIMIT:
        _CACHE.clear()
    text = _text(watch)
    _CACHE[id(watch)] = watch, text
    return text


def _text(watch: WatchedJob) -> str:
    given, digest = watch.job.id.given, watch.digest
    parts = [given, given.replace("-", ""), watch.label, watch.note, *watch.tags]
    parts += (watch.verdict.sentence, watch.contradiction)
    if watch.problem is not None:
        parts.append(str(watch.problem))
    if digest is not None:
        parts += (digest.order_number, digest.account_number, digest.words)
    return "\n".join(parts).casefold()


_QUOTED = r'"([^"]*(?:""[^"]*)*)(?:"|$)'
_TYPED = r"[A-Za-z]+(?::|[<>]=?)"
_TERM = lazy_pattern(
    rf"(?=\S)(?P<sign>[!-]?)(?:{_QUOTED.replace('(', '(?P<phrase>', 1)}"
    rf"|(?P<name>[A-Za-z]+)(?P<operator>:|[<>]=?)(?P<values>(?:{_QUOTED}|[^\s\",][^\s,]*|,)*)"
    r"|(?P<word>\S*))"
)
_VALUE = lazy_pattern(rf'{_QUOTED}|([^\s",][^\s,]*)')
_PLAIN_VALUE = lazy_pattern(r'[^\s",][^\s,]*')
_PLAIN_WORD = lazy_pattern(rf'(?!{_TYPED}|[!"-])\S+')
_PIECE_OF_ID = lazy_pattern(r"(?=.*-)-*(?:[0-9a-f]-*){8,32}")


@dataclass(frozen=True, slots=True)
class Term:
    """A condition in its normalized spelling, by which it is compared, and its test."""

    text: str
    test: Test = field(compare=False, repr=False)
    is_timed: bool = field(default=False, compare=False)
    """Whether its result may change with time alone."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all be met; an empty filter matches everything. `parse(str(it))` is equal to it."""

    terms: tuple[Term, ...] = ()

    def matches(self, watch: WatchedJob, now: float) -> bool:
        """Return whether a job matches at `now` (seconds since the epoch, UTC)."""
        return all(term.test(watch, now) for term in self.terms)

    def at(self, now: float) -> Callable[[WatchedJob], bool]:
        """Return a function that tests jobs at `now`; always the same one if the filter does not depend on time."""
        return (lambda watch: self.matches(watch, now)) if self.is_timed else self._matches_always

    @property
    def is_timed(self) -> bool:
        """Whether its result may change with time alone."""
        return any(term.is_timed for term in self.terms)

    def _matches_always(self, watch: WatchedJob) -> bool:
        return self.matches(watch, 0.0)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        return " ".join(term.text for term in self.terms)


@dataclass(frozen=True, slots=True)
class FilterProblem:
    """The first invalid term, its position in the text, and the filter of the others.

    `wrong` is the error message, `right` a valid term; an unfinished term needs no alarm.
    """

    term: str
    position: int
    wrong: str
    right: str
    is_unfinished: bool
    rest: Filter = Filter()

    def __str__(self) -> str:
        return f"{self.wrong}; try {self.right}"


def translate(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with renamed values by their present names, and a sentence for each renamed value in it.

    `!is:unseen` becomes `!is:unread`; the sentence is “is:unseen is now is:unread”.
    """
    notices: list[str] = []

    def translate_term(term: re.Match[str]) -> str:
        field = (term["name"] or "").casefold()
        if field not in RENAMED_VALUES or term["operator"] != ":":
            return term.group()
        former, present = RENAMED_VALUES[field]

        def translate_value(value: re.Match[str]) -> str:
            given = value.group().strip('"')
            if _present_value(field, given) == given:
                return value.group()
            notices.append(f"{field}:{former} is now {field}:{present}")
            return present

        head = len(term.group()) - len(term["values"])
        return term.group()[:head] + _VALUE.sub(translate_value, term["values"])

    return _TERM.sub(translate_term, text), tuple(dict.fromkeys(notices))


def _present_value(field: str, value: str) -> str:
    """Return the present name of a value if this is the former one or the beginning of it; else the value."""
    former, present = RENAMED_VALUES.get(field, ("", ""))
    begun = value.casefold()
    return present if begun and former.startswith(begun) and not present.startswith(begun) else value


def parse(text: str) -> Filter | FilterProblem:
    """Parse a filter; invalid terms are reported and left out, and nothing is raised."""
    terms: list[Term] = []
    problems: list[FilterProblem] = []
    for term_match in _TERM.finditer(clean(re.sub(r"\s", " ", text))):
        match _read(term_match):
            case Term() as term:
                terms.append(term)
            case FilterError() as wrong:
                term_text = shorten(term_match.group(), 80)
                problems.append(
                    FilterProblem(term_text, term_match.start(), wrong.what, wrong.right, wrong.is_unfinished)
                )
            case None:
                pass
    parsed = Filter(tuple(dict.fromkeys(terms)))
    return replace(problems[0], rest=parsed) if problems else parsed


def _read(match: re.Match[str]) -> Term | FilterError | None:
    term = _read_typed(match) if match["name"] else _read_words(match)
    return _inverted(term) if match["sign"] and isinstance(term, Term) else term


def _inverted(term: Term) -> Term:
    return Term(f"!{term.text}", lambda watch, now: not term.test(watch, now), term.is_timed)


def _read_words(match: re.Match[str]) -> Term | FilterError | None:
    if match["phrase"] is None and not match["word"]:
        return FilterError(f"“{match['sign']}” needs a word or a term after it", "!is:final", is_unfinished=True)
    words = match["word"] if match["phrase"] is None else match["phrase"].replace('""', '"')
    if not words.strip():
        return None
    return Term(words if _PLAIN_WORD.fullmatch(words) else _quoted(words), _containing(words.casefold()))


def _containing(words: str) -> Test:
    if _PIECE_OF_ID.fullmatch(words):
        digits = words.replace("-", "")
        return lambda watch, _now: digits in (hay := haystack(watch)) or words in hay
    return lambda watch, _now: words in haystack(watch)


def _read_typed(match: re.Match[str]) -> Term | FilterError:
    name, operator = match["name"].casefold(), match["operator"][0]
    field = FIELDS.get(name)
    if field is None:
        return _no_field(name, match)
    if operator not in field.operators:
        return FilterError(f"“{name}” must be followed by {' or '.join(field.operators)}", field.example)
    values = tuple(dict.fromkeys(_present_value(name, value) for value in _values(match["values"])))
    if not values:
        return FilterError(f"“{name}{operator}” needs a value", field.example, is_unfinished=True)
    return _read_values(field, operator, values)


def _no_field(name: str, match: re.Match[str]) -> FilterError:
    near = FIELDS.get(nearest(name, FIELDS))
    return FilterError(
        f"Unknown field “{shorten(name, 40)}”",
        near.example if near else _quoted(shorten(match.group().removeprefix(match["sign"]), 40)),
    )


def _values(text: str) -> Iterable[str]:
    for quoted, plain in _VALUE.findall(text):
        value = plain or quoted.replace('""', '"')
        if value.strip():
            yield value


def _read_values(field: Field, operator: str, values: tuple[str, ...]) -> Term | FilterError:
    tests: list[Test] = []
    for value in values:
        test = field.read(operator, value.casefold())
        if isinstance(test, FilterError):
            return test
        tests.append(test)
    spelt = ",".join(value if _PLAIN_VALUE.fullmatch(value) else _quoted(value) for value in values)
    test = tests[0] if len(tests) == 1 else _any_of(tests)
    return Term(f"{field.name}{operator}{spelt}", test, field.is_timed)


def _any_of(tests: list[Test]) -> Test:
    return lambda watch, now: any(test(watch, now) for test in tests)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
