"""Lazy patterns behave as compiled ones, and all of them are valid."""

import re
from collections.abc import Iterator
from types import ModuleType

import pytest

from zjobtui.models import filters, id_finder, lazy_pattern, pasted_text, redaction

MODULES = (filters, filters, id_finder, pasted_text, redaction, pasted_text, pasted_text)


def late_patterns(value: object) -> Iterator["re.Pattern[str]"]:
    if isinstance(value, lazy_pattern._LazyPattern):
        yield value._compiled
    elif isinstance(value, dict):
        yield from late_patterns(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from late_patterns(one)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_pattern_compiles(module: ModuleType) -> None:
    assert list(late_patterns(list(vars(module).values())))


def test_a_lazy_pattern_finds_the_same_as_a_compiled_one() -> None:
    late = lazy_pattern.lazy_pattern(r"(?P<word>b+)", re.IGNORECASE)
    assert [found["word"] for found in late.finditer("aBb b")] == ["Bb", "b"]
    assert late.sub("-", "abc") == late.sub("-", "abc") == "a-c"
    assert late.fullmatch("a") is None
    with pytest.raises(AttributeError):
        _ = late.unknown  # type: ignore[attr-defined]


def test_an_invalid_pattern_fails_on_first_use() -> None:
    faulty = lazy_pattern.lazy_pattern("(")
    with pytest.raises(re.error):
        faulty.match("(")
