"""The language in which watches are found: words, phrases and typed terms, readable at every stage of typing.

text   = term…                                all terms must match
term   = ["!" | "-"] (word | phrase | typed)  ! and - invert
phrase = '"' … '"'                            with "" for a quotation mark inside
typed  = name ":" value ["," value]…          one of the values must match
       | name ("<" | ">") span                90s, 10m, 1h30m, 2d
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from zjobtui.domain.criteria import FIELDS, Field, Test, Wrong
from zjobtui.domain.haystack import haystack
from zjobtui.domain.late_pattern import late_pattern
from zjobtui.domain.suggestions import nearest
from zjobtui.domain.text import clean, shorten
from zjobtui.domain.watch import Watch

_QUOTED = r'"([^"]*(?:""[^"]*)*)(?:"|$)'
_TYPED = r"[A-Za-z]+(?::|[<>]=?)"
_TERM = late_pattern(
    rf"(?=\S)(?P<sign>[!-]?)(?:{_QUOTED.replace('(', '(?P<phrase>', 1)}"
    rf"|(?P<name>[A-Za-z]+)(?P<operator>:|[<>]=?)(?P<values>(?:{_QUOTED}|[^\s\",][^\s,]*|,)*)"
    r"|(?P<word>\S*))"
)
_VALUE = late_pattern(rf'{_QUOTED}|([^\s",][^\s,]*)')
_PLAIN_VALUE = late_pattern(r'[^\s",][^\s,]*')
_PLAIN_WORD = late_pattern(rf'(?!{_TYPED}|[!"-])\S+')
_PIECE_OF_ID = late_pattern(r"(?=.*-)-*(?:[0-9a-f]-*){8,32}")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition in its plain spelling, by which it is compared, and the test that it stands for."""

    text: str
    test: Test = field(compare=False, repr=False)
    is_timed: bool = field(default=False, compare=False)
    """Whether time alone may change what it says of a watch."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all be met; one without any lets everything through. `parse(str(it))` is equal to it."""

    terms: tuple[Term, ...] = ()

    def matches(self, watch: Watch, now: float) -> bool:
        """Whether a watch is meant, at `now` (seconds since the epoch, UTC)."""
        return all(term.test(watch, now) for term in self.terms)

    def at(self, now: float) -> Callable[[Watch], bool]:
        """What tells of a watch whether it is meant at `now`; at all times the same where time has no part."""
        return (lambda watch: self.matches(watch, now)) if self.is_timed else self._matches_always

    @property
    def is_timed(self) -> bool:
        """Whether time alone may change what it lets through."""
        return any(term.is_timed for term in self.terms)

    def _matches_always(self, watch: Watch) -> bool:
        return self.matches(watch, 0.0)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        return " ".join(term.text for term in self.terms)


@dataclass(frozen=True, slots=True)
class FilterProblem:
    """The first term that cannot be applied, at its position in the text, and the filter that the others make.

    `wrong` says what is the matter, `right` is a term that would do; what is unfinished needs no alarm.
    """

    term: str
    position: int
    wrong: str
    right: str
    is_unfinished: bool
    rest: Filter = Filter()

    def __str__(self) -> str:
        return f"{self.wrong}; try {self.right}"


def parse(text: str) -> Filter | FilterProblem:
    """The filter that a text describes; whatever cannot be understood is told and left out, and nothing is raised."""
    terms: list[Term] = []
    problems: list[FilterProblem] = []
    for found in _TERM.finditer(clean(re.sub(r"\s", " ", text))):
        match _read(found):
            case Term() as term:
                terms.append(term)
            case Wrong() as wrong:
                term_text = shorten(found.group(), 80)
                problems.append(FilterProblem(term_text, found.start(), wrong.what, wrong.right, wrong.is_unfinished))
            case None:
                pass
    made = Filter(tuple(dict.fromkeys(terms)))
    return replace(problems[0], rest=made) if problems else made


def _read(found: re.Match[str]) -> Term | Wrong | None:
    term = _read_typed(found) if found["name"] else _read_words(found)
    return _inverted(term) if found["sign"] and isinstance(term, Term) else term


def _inverted(term: Term) -> Term:
    return Term(f"!{term.text}", lambda watch, now: not term.test(watch, now), term.is_timed)


def _read_words(found: re.Match[str]) -> Term | Wrong | None:
    if found["phrase"] is None and not found["word"]:
        return Wrong(f"“{found['sign']}” inverts nothing yet", "!is:final", is_unfinished=True)
    words = found["word"] if found["phrase"] is None else found["phrase"].replace('""', '"')
    if not words.strip():
        return None
    return Term(words if _PLAIN_WORD.fullmatch(words) else _quoted(words), _finding(words.casefold()))


def _finding(words: str) -> Test:
    if _PIECE_OF_ID.fullmatch(words):
        digits = words.replace("-", "")
        return lambda watch, _now: digits in (hay := haystack(watch)) or words in hay
    return lambda watch, _now: words in haystack(watch)


def _read_typed(found: re.Match[str]) -> Term | Wrong:
    name, operator = found["name"].casefold(), found["operator"][0]
    asked = FIELDS.get(name)
    if asked is None:
        return _no_field(name, found)
    if operator not in asked.operators:
        return Wrong(f"“{name}” is followed by {' or '.join(asked.operators)}", asked.example)
    values = tuple(dict.fromkeys(_values(found["values"])))
    if not values:
        return Wrong(f"“{name}{operator}” has no value yet", asked.example, is_unfinished=True)
    return _read_values(asked, operator, values)


def _no_field(name: str, found: re.Match[str]) -> Wrong:
    near = FIELDS.get(nearest(name, FIELDS))
    return Wrong(
        f"There is no “{shorten(name, 40)}” to ask for",
        near.example if near else _quoted(shorten(found.group().removeprefix(found["sign"]), 40)),
    )


def _values(text: str) -> Iterable[str]:
    for quoted, plain in _VALUE.findall(text):
        value = plain or quoted.replace('""', '"')
        if value.strip():
            yield value


def _read_values(asked: Field, operator: str, values: tuple[str, ...]) -> Term | Wrong:
    tests: list[Test] = []
    for value in values:
        test = asked.read(operator, value.casefold())
        if isinstance(test, Wrong):
            return test
        tests.append(test)
    spelt = ",".join(value if _PLAIN_VALUE.fullmatch(value) else _quoted(value) for value in values)
    test = tests[0] if len(tests) == 1 else _any_of(tests)
    return Term(f"{asked.name}{operator}{spelt}", test, asked.is_timed)


def _any_of(tests: list[Test]) -> Test:
    return lambda watch, now: any(test(watch, now) for test in tests)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
