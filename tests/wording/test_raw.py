import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.payloads import PAYLOADS, payload
from zjobtui.wording.raw import LIMIT, pretty


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_recorded_body_reads_as_it_was_written(name: str) -> None:
    assert pretty(payload(name).decode()) == payload(name).decode().rstrip("\n").split("\n")


@pytest.mark.parametrize("number", ["1.10", "100000000000000000000000.50", "1e400", "-0.0", "1E-9", "9" * 5_000, "NaN"])
def test_a_number_is_shown_as_it_came(number: str) -> None:
    assert pretty(f'{{"a":{number}}}') == ["{", f'  "a": {number}', "}"]


def test_empty_parts_and_words_are_shown_on_one_line() -> None:
    assert pretty('{"a":[],"b":{},"c":[true,false,null,"有効"]}') == [
        *("{", '  "a": [],', '  "b": {},', '  "c": ['),
        *("    true,", "    false,", "    null,", '    "有効"', "  ]", "}"),
    ]


def test_a_body_that_is_no_json_is_shown_as_it_is() -> None:
    assert pretty("<html>\r\n\t<p>down\x1b[2J</p>") == ["<html>", "  <p>down␛[2J</p>"]
    assert pretty("[" * 100_000)[0] == "[" * 100_000


def test_what_is_hidden_in_a_text_is_shown() -> None:
    assert pretty('"\\u001b[2J \\u202e \\ud800"') == ['"\\u001b[2J \ufffd \ufffd"']


def test_a_long_body_is_cut_and_the_cut_is_said() -> None:
    lines = pretty(json.dumps("x" * LIMIT))
    assert sum(map(len, lines[:-1])) == LIMIT
    assert lines[-1] == "… 2 characters more"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('ab有 "\\/'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
)


@given(JSON)
def test_an_indented_body_says_the_same(value: object) -> None:
    assert json.loads("\n".join(pretty(json.dumps(value)))) == value
