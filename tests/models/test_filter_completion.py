"""Completion of filters: fields, values of the watched jobs, quotation marks, and saved filters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import watch
from zjobtui.models.filter_completion import candidate_names, complete, expand_saved
from zjobtui.models.filter_fields import vocabulary_of
from zjobtui.models.filters import Filter, parse

WATCHES = tuple(
    replace(watch(number), label=label, tags=tags, batch=batch)
    for number, (label, tags, batch) in enumerate(
        (
            ("CS-1", ("acme", "alpha"), "renewals Q4"),
            ("CS-2", ("alpha",), "renewals Q4"),
            ('bulk "price"', (), "Renewals Q3"),
        ),
        1,
    )
)
SAVED = {"mine": "status:failed tag:acme", "late": "is:overdue"}


def completed(text: str) -> tuple[str, ...]:
    return complete(text, WATCHES, vocabulary_of(WATCHES, ["eu-prod", "eu-test"]), SAVED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sta", ("status:",)),
        ("renewal !ta", ("renewal !tag:",)),
        ("ag", ("age<", "age>")),
        ("tag:a", ("tag:alpha", "tag:acme")),
        ("tag:alpha,", ("tag:alpha,acme",)),
        ("TAG:AL", ("TAG:alpha",)),
        ("tenant:eu", ("tenant:eu-prod", "tenant:eu-test")),
        ("status:att", ("status:attention",)),
        ("status:need", ('status:"needs attention"',)),
        ("is:o", ("is:overdue",)),
        ("batch:ren", ('batch:"renewals Q4"', 'batch:"Renewals Q3"')),
        ('batch:"renewals Q4', ('batch:"renewals Q4"',)),
        ("label:bulk", ('label:"bulk ""price"""',)),
        ("@m", ("@mine",)),
        ("age>", ("age>10m", "age>1h", "age>1d")),
        ("", ()),
        ("tag:alpha ", ()),
        ("zzz", ()),
        ("id:", ()),
    ],
)
def test_the_last_term_is_completed(text: str, expected: tuple[str, ...]) -> None:
    assert completed(text) == expected


@given(st.text(alphabet='ab :,"!<@tag', max_size=20))
def test_a_completion_continues_the_text(text: str) -> None:
    for candidate in completed(text):
        assert candidate.casefold().replace('"', "").startswith(text.casefold().replace('"', ""))
        assert len(candidate) > len(text)


def test_completed_values_match_the_jobs_that_have_them() -> None:
    for text in ("tag:", "label:", "batch:"):
        for candidate in completed(text):
            parsed = parse(candidate)
            assert isinstance(parsed, Filter)
            assert any(parsed.matches(each, 0.0) for each in WATCHES), candidate


def test_candidates_are_listed_by_their_last_value() -> None:
    assert candidate_names(["x tag:alpha,acme", 'batch:"renewals Q4"', "a status:", "x @mine"]) == [
        "acme",
        '"renewals Q4"',
        "status:",
        "@mine",
    ]


@pytest.mark.parametrize(
    ("text", "expected", "unknown"),
    [
        ("@mine", "status:failed tag:acme", ""),
        ("age<1d @late", "age<1d is:overdue", ""),
        ("@nobody x", "@nobody x", "nobody"),
        ('"@mine" a@late', '"@mine" a@late', ""),
    ],
)
def test_a_saved_filter_replaces_its_name(text: str, expected: str, unknown: str) -> None:
    assert expand_saved(text, SAVED) == (expected, unknown)
