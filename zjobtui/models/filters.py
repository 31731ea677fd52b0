"""Filters: terms such as `status:failed age>10m`, words, and what they match."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from zjobtui.models.duration_stats import TypicalByTenant
from zjobtui.models.filter_fields import (
    FILTER_FIELDS,
    NO_TYPICAL,
    RENAMED_VALUES,
    Context,
    Field,
    FilterError,
    Test,
    Vocabulary,
    present_value,
    unknown_value,
)
from zjobtui.models.lazy_pattern import lazy_pattern
from zjobtui.models.text import clean, nearest, shorten
from zjobtui.models.watched_job import WatchedJob

KnownWords = Callable[[], Vocabulary]
"""Returns the words that values are checked against; called only if a term needs them."""

CACHED_TEXTS_LIMIT = 20_000
"""Texts that are cached: a list is filtered on every key and drawing, and few of its jobs differ in between."""

_CACHE: dict[int, tuple[WatchedJob, str]] = {}


def haystack(watch: WatchedJob) -> str:
    """Return the searchable text of a job, casefolded, one field a line: no phrase spans two fields.

    Cached by identity, which the cached job itself guarantees: hashing a job costs as much as building its text.
    """
    cached = _CACHE.get(id(watch))
    if cached is not None:
        return cached[1]
    if len(_CACHE) >= CACHED_TEXTS_LIMIT:
        _CACHE.clear()
    text = _text(watch)
    _CACHE[id(watch)] = watch, text
    return text


def _text(watch: WatchedJob) -> str:
    given, digest = watch.job.id.given, watch.digest
    parts = [given, given.replace("-", ""), watch.label, watch.note, watch.batch, *watch.tags]
    parts += (watch.verdict.sentence, watch.contradiction, digest.why if digest else "")
    if watch.problem is not None:
        parts.append(str(watch.problem))
    if digest is not None:
        parts += (digest.order_number, digest.account_number, digest.words, *digest.subscriptions, *digest.invoices)
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


class Filter(Struct, frozen=True):
    """Conditions that must all be met; an empty filter matches everything. `parse(str(it))` is equal to it."""

    terms: tuple[Term, ...] = ()

    def matches(self, watch: WatchedJob, now: float, typical: TypicalByTenant = NO_TYPICAL) -> bool:
        """Return whether a job matches at `now` (seconds since the epoch, UTC), with typical times by tenant."""
        return all(term.test(watch, Context(now, typical)) for term in self.terms)

    def at(self, now: float, typical: TypicalByTenant = NO_TYPICAL) -> Callable[[WatchedJob], bool]:
        """Return a function that tests jobs at `now`; always the same one if the filter does not depend on time."""
        return (lambda watch: self.matches(watch, now, typical)) if self.is_timed else self._matches_always

    @property
    def is_timed(self) -> bool:
        """Whether its result may change with time alone."""
        return any(term.is_timed for term in self.terms)

    def _matches_always(self, watch: WatchedJob) -> bool:
        return self.matches(watch, 0.0, NO_TYPICAL)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        return " ".join(term.text for term in self.terms)


class FilterProblem(Struct, frozen=True):
    """The first invalid term, its position in the text, the filter of the valid ones, and the other invalid ones.

    `wrong` is the error message, `right` a valid term; an unfinished term needs no alarm.
    """

    term: str
    position: int
    wrong: str
    right: str
    is_unfinished: bool
    rest: Filter = Filter()
    known: str = ""
    """The values that are known, if one was given that is not."""
    others: "tuple[FilterProblem, ...]" = ()

    def __str__(self) -> str:
        known = f" (known: {self.known})" if self.known else ""
        return " · ".join((f"{self.wrong}; try {self.right}{known}", *map(str, self.others)))

    @property
    def alarm(self) -> str:
        """What is wrong with the terms, but for those that are not finished."""
        alone = (replace(problem, others=()) for problem in (self, *self.others) if not problem.is_unfinished)
        return " · ".join(map(str, alone))


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
            if present_value(field, given) == given:
                return value.group()
            notices.append(f"{field}:{former} is now {field}:{present}")
            return present

        head = len(term.group()) - len(term["values"])
        return term.group()[:head] + _VALUE.sub(translate_value, term["values"])

    return _TERM.sub(translate_term, text), tuple(dict.fromkeys(notices))


def parse(text: str, known_words: KnownWords | None = None) -> Filter | FilterProblem:
    """Parse a filter; invalid terms are reported and left out, and nothing is raised.

    With `known_words`, a status, type or tenant that none of them begins with is invalid.
    """
    terms: list[Term] = []
    problems: list[FilterProblem] = []
    for term_match in _TERM.finditer(clean(re.sub(r"\s", " ", text))):
        match _read(term_match, known_words):
            case Term() as term:
                terms.append(term)
            case FilterError() as wrong:
                term_text = shorten(term_match.group(), 80)
                problems.append(
                    FilterProblem(
                        term_text,
                        term_match.start(),
                        wrong.what,
                        wrong.right,
                        wrong.is_unfinished,
                        known=wrong.known,
                    )
                )
            case None:
                pass
    parsed = Filter(tuple(dict.fromkeys(terms)))
    return replace(problems[0], rest=parsed, others=tuple(problems[1:])) if problems else parsed


def _read(match: re.Match[str], known_words: KnownWords | None) -> Term | FilterError | None:
    term = _read_typed(match, known_words) if match["name"] else _read_words(match)
    return _inverted(term) if match["sign"] and isinstance(term, Term) else term


def _inverted(term: Term) -> Term:
    return Term(f"!{term.text}", lambda watch, context: not term.test(watch, context), term.is_timed)


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
        return lambda watch, _: digits in (hay := haystack(watch)) or words in hay
    return lambda watch, _: words in haystack(watch)


def _read_typed(match: re.Match[str], known_words: KnownWords | None) -> Term | FilterError:
    name, operator = match["name"].casefold(), match["operator"][0]
    field = FILTER_FIELDS.get(name)
    if field is None:
        return _no_field(name, match)
    if operator not in field.operators:
        return FilterError(f"“{name}” needs {' or '.join(field.operators)} after it", field.example)
    values = tuple(dict.fromkeys(present_value(name, value) for value in _values(match["values"])))
    if not values:
        return FilterError(f"“{name}{operator}” has no value yet", field.example, is_unfinished=True)
    if field.known is not None and known_words is not None:
        vocabulary = known_words()
        for value in values:
            if wrong := unknown_value(field, value.casefold(), vocabulary):
                return wrong
    return _read_values(field, operator, values)


def _no_field(name: str, match: re.Match[str]) -> FilterError:
    near = FILTER_FIELDS.get(nearest(name, FILTER_FIELDS))
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
    return lambda watch, context: any(test(watch, context) for test in tests)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
