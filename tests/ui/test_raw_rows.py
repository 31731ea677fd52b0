import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.formatting.raw_json import pretty
from zjobtui.ui.raw_view import RawRows
from zjobtui.ui.styled_line import Spans, cell_length

TEXTS = st.text('abB 漢é"\\1:,', max_size=60)


def text_of(spans: Spans) -> str:
    return "".join(text for text, _ in spans)


def rows(*lines: str, width: int = 60, words: str = "") -> RawRows:
    return RawRows((), [("", line) for line in lines], width, words)


@given(st.lists(TEXTS, max_size=4), st.integers(6, 40), st.sampled_from(["", "+", "-", "⋯"]))
def test_every_row_fits_and_no_text_is_lost(lines: list[str], width: int, sign: str) -> None:
    made = RawRows((), [(sign, f"      {line}") for line in lines], width, "a")
    shown = [text_of(row.spans) for row in made]
    assert all(cell_length(row.spans) <= width for row in made)
    bare = "".join(line.removeprefix(f" {sign}") for line in shown).replace(" ", "")
    assert bare == "".join(lines).replace(" ", "")


@given(st.lists(TEXTS, max_size=4), TEXTS.map(str.strip).filter(bool), st.integers(6, 40))
def test_every_match_has_its_row_and_the_rows_have_their_order(lines: list[str], words: str, width: int) -> None:
    made = rows(*lines, width=width, words=words)
    assert len(made.matches) == sum(line.lower().count(words.lower()) for line in lines)
    assert made.matches == sorted(made.matches)
    for stop in made.matches:
        assert any(tone == "match" for _, tone in made[stop].spans)


@pytest.mark.parametrize(
    ("line", "spans"),
    [
        ('  "a": "b:",', [('"a"', "strong"), (": ", "muted"), ('"b:"', "good"), (",", "muted")]),
        ('"n": -1.5E+9', [('"n"', "strong"), (": ", "muted"), ("-1.5E+9", "running")]),
        ("[true, null]", [("[", "muted"), ("true", "key"), (", ", "muted"), ("null", "key"), ("]", "muted")]),
        ('"cut\\" of', [('"cut\\" of', "good")]),
        ("<html>12</html>", [("<html>", "muted"), ("12", "running"), ("</html>", "muted")]),
    ],
)
def test_json_tokens_have_their_tones(line: str, spans: list[tuple[str, str]]) -> None:
    (row,) = rows(line)
    assert [
        (text.strip(" ") if n == 0 else text, tone) for n, (text, tone) in enumerate(row.spans) if text.strip()
    ] == [(text, tone) for text, tone in spans]


def test_a_text_of_only_quotation_marks_is_scanned_in_linear_time() -> None:
    (row,) = rows('"\\' * 900, width=2_000)
    assert cell_length(row.spans) == 1_801


def test_a_deeply_nested_body_keeps_room_for_text() -> None:
    lines = pretty(json.dumps({"a": [[[[[[[[[[[["word " * 9]]]]]]]]]]]]}))
    shown = [text_of(row.spans) for row in rows(*lines, width=30)]
    assert sum(line.count("word") for line in shown) == 9
    assert all(len(line) <= 30 for line in shown)
