"""What a value in the configuration may be; a check gives the value as the program uses it, or says what it must be."""

import re
from collections.abc import Callable, Iterable
from dataclasses import field
from datetime import date
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

from zjobtui.domain.spans import read_span
from zjobtui.domain.tenant import TenantKind
from zjobtui.domain.text import clean

T = TypeVar("T")
Check: TypeAlias = Callable[[object], T]

COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "magenta", "grey")
"""Colours that have a name here; any other is written as #rrggbb."""

_CODE = re.compile("#[0-9a-f]{6}")


class RefusedValueError(ValueError):
    """Says what the value must be, and never what it was: it could be a secret in the wrong place."""


def setting(check: Check[T], default: T, *, is_shown: bool = True) -> T:
    """A field of a dataclass that is a key of the file; `is_shown` False keeps its value out of `repr`."""
    return field(default=default, repr=is_shown, metadata={"check": check})


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one, or an empty text."""
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold().replace("-", "_"), folded, n=1)
    return folded[near[0]] if near else ""


def text_like(pattern: str, what: str) -> Check[str]:
    """A text that is wholly like a pattern and holds nothing a terminal could act on; spaces around it go."""
    expression = re.compile(pattern)

    def check(given: object) -> str:
        text = given.strip() if isinstance(given, str) else ""
        if not expression.fullmatch(text) or clean(text) != text:
            raise RefusedValueError(what)
        return text

    return check


def switch(given: object) -> bool:
    """True or false."""
    if not isinstance(given, bool):
        raise RefusedValueError("true or false, without quotes")
    return given


def number(low: int, high: int, unit: str) -> Check[float]:
    """A number from `low` to `high`."""

    def check(given: object) -> float:
        if isinstance(given, bool) or not isinstance(given, int | float) or not low <= given <= high:
            raise RefusedValueError(f"a number of {unit} from {low:,} to {high:,}, without quotes or commas")
        return float(given)

    return check


def positive_number(high: int) -> Check[float]:
    """A number above zero, up to `high`."""

    def check(given: object) -> float:
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= high:
            raise RefusedValueError(f"a number above 0 and up to {high:,}, without quotes or commas")
        return float(given)

    return check


def whole_number(low: int, high: int) -> Check[int]:
    """A whole number from `low` to `high`."""

    def check(given: object) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
            raise RefusedValueError(f"a whole number from {low:,} to {high:,}, without quotes or commas")
        return given

    return check


def span(given: object) -> float:
    """A span of time in seconds, endless for 0 or “never”."""
    word = str(given).strip() if isinstance(given, str | int) and not isinstance(given, bool) else ""
    seconds = 0.0 if word.casefold() in {"0", "never"} else read_span(word)
    if seconds is None:
        raise RefusedValueError('a span of time such as "14 days" or "12h", or 0 for never')
    return seconds or inf


def _word(given: object) -> str:
    return given.strip().casefold() if isinstance(given, str) else ""


def kind(given: object) -> TenantKind:
    """A kind of tenant by its name, whatever its case."""
    kinds = {kind.value.casefold(): kind for kind in TenantKind}
    word = re.sub(r"[\s_-]+", " ", _word(given))
    if word not in kinds:
        raise RefusedValueError(one_of(word, [kind.value for kind in TenantKind]))
    return kinds[word]


def colour(given: object) -> str:
    """A colour by name or as #rrggbb, in small letters."""
    word = _word(given)
    if word not in COLOURS and not _CODE.fullmatch(word):
        raise RefusedValueError(f"#rrggbb or {one_of(word, COLOURS)}")
    return word


def one_of(word: str, known: Iterable[str]) -> str:
    """The words that are right, and the one that was probably meant."""
    names = list(known)
    near = nearest(word, names)
    return f"one of {', '.join(names)}" + (f"; did you mean “{near}”?" if near else "")


def choice(*known: str) -> Check[str]:
    """One of a few words, whatever its case."""

    def check(given: object) -> str:
        word = _word(given)
        if word not in known:
            raise RefusedValueError(one_of(word, known))
        return word

    return check


def choices(*known: str) -> Check[tuple[str, ...]]:
    """A list of such words; an empty one is none of them."""
    one = choice(*known)

    def check(given: object) -> tuple[str, ...]:
        if not isinstance(given, list):
            raise RefusedValueError(f"a list of words, each {one_of('', known)}")
        return tuple(dict.fromkeys(one(word) for word in given))

    return check


def version(given: object) -> str:
    """A version of Zuora's API; TOML reads one without quotes as a date or a number, which is as good."""
    word = str(given) if isinstance(given, str | float) or type(given) is date else ""
    return text_like(r"\d{4}-\d\d-\d\d|\d{1,4}\.\d{1,2}", "a version such as 2025-08-12 or 186.0")(word)


def ids(given: object) -> str:
    """Ids as one text with commas, given so or as a list."""
    text = ",".join(given) if isinstance(given, list) and all(isinstance(item, str) for item in given) else given
    return text_like(r"[0-9A-Za-z][0-9A-Za-z ,-]{0,2000}", 'ids with commas between them, such as "a1,b2"')(text)


def words(given: object) -> tuple[str, ...]:
    """A program and its arguments, word by word, since no shell takes them apart."""
    is_list = isinstance(given, list) and all(isinstance(word, str) and "\0" not in word for word in given)
    if not is_list or not (found := cast("list[str]", given)) or not found[0].strip():
        raise RefusedValueError('a list of a program and its arguments, such as ["op", "read", "op://vault/item"]')
    return tuple(found)


def path(given: object) -> Path:
    """An absolute path; `~` is the user's home."""
    text = text_like(r"[/~].*", "an absolute path, or one that begins with ~/")(given)
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise RefusedValueError("an absolute path, or one that begins with ~/") from None
