import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.payloads import PAYLOADS, payload
from zjobtui.formatting.raw_json import SHOWN_BODY_CHARACTERS, cut_note, difference, pretty


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_recorded_body_is_unchanged(name: str) -> None:
    assert pretty(payload(name).decode()) == payload(name).decode().rstrip("\n").split("\n")


@pytest.mark.parametrize("number", ["1.10", "100000000000000000000000.50", "1e400", "-0.0", "1E-9", "9" * 5_000, "NaN"])
def test_a_number_is_unchanged(number: str) -> None:
    assert pretty(f'{{"a":{number}}}') == ["{", f'  "a": {number}', "}"]


def test_empty_parts_and_words_are_shown_on_one_line() -> None:
    assert pretty('{"a":[],"b":{},"c":[true,false,null,"有効"]}') == [
        *("{", '  "a": [],', '  "b": {},', '  "c": ['),
        *("    true,", "    false,", "    null,", '    "有効"', "  ]", "}"),
    ]


def test_a_body_that_is_not_json_is_unchanged() -> None:
    assert pretty("<html>\r\n\t<p>down\x1b[2J</p>") == ["<html>", "  <p>down␛[2J</p>"]
    assert pretty("[" * 100_000)[0] == "[" * 100_000


def test_invisible_characters_are_shown() -> None:
    assert pretty('"\\u001b[2J \\u202e \\ud800"') == ['"\\u001b[2J \ufffd \ufffd"']


def test_a_long_body_is_cut_with_a_note() -> None:
    lines = pretty(json.dumps("x" * SHOWN_BODY_CHARACTERS))
    assert sum(map(len, lines[:-1])) == SHOWN_BODY_CHARACTERS
    assert lines[-1] == "… 2 more characters"
    assert cut_note(lines) == "2 more characters are not shown, searched or compared"
    assert (cut_note(lines[:-1]), cut_note([])) == ("", "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('ab有 "\\/'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
)


@given(JSON)
def test_an_indented_body_is_equivalent(value: object) -> None:
    assert json.loads("\n".join(pretty(json.dumps(value)))) == value


def test_a_difference_shows_changes_with_context() -> None:
    before = [*map(str, range(20)), "old", *map(str, range(20, 40))]
    after = [*map(str, range(20)), "new", "newer", *map(str, range(20, 40))]
    assert list(difference(before, after)) == [
        ("⋯", "17 unchanged lines"),
        *((" ", str(number)) for number in (17, 18, 19)),
        *[("-", "old"), ("+", "new"), ("+", "newer")],
        *((" ", str(number)) for number in (20, 21, 22)),
        ("⋯", "17 unchanged lines"),
    ]


LINES = st.lists(st.sampled_from("abc"), max_size=12)


@given(LINES, LINES)
def test_a_difference_has_all_removed_and_added_lines(before: list[str], after: list[str]) -> None:
    result = list(difference(before, after))
    left_out = sum(int(line.split()[0]) for sign, line in result if sign == "⋯")
    for sign, body in (("-", before), ("+", after)):
        assert len([one for one, _ in result if one in {sign, " "}]) + left_out == len(body)
    if not left_out:
        assert [line for sign, line in result if sign != "+"] == before
        assert [line for sign, line in result if sign != "-"] == after


def test_bodies_that_are_too_long_are_shown_as_removed_and_added() -> None:
    before, after = ([f"{word} {number}" for number in range(3_000)] for word in ("old", "new"))
    result = list(difference(["same", *before], ["same", *after]))
    assert result[0] == (" ", "same")
    assert [sign for sign, _ in result[1:]] == ["-"] * 3_000 + ["+"] * 3_000
