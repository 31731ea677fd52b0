import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.models.text import CELL_LIMIT, clean, clean_lines, parse_tags, shorten

HOSTILE = {
    "escape": "\x1b[31mred\x1b[0m",
    "C1 control sequence": "\x9b31mred",
    "clipboard": "\x1b]52;c;aGk=\x07",
    "link": "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "device control": "\x90q\x9c",
    "null": "a\x00b",
    "backspace and return": "good\x08\x08\rbad",
    "delete": "a\x7fb",
    "right to left": "\u202eevil\u202c \u2066x\u2069",
    "zero width": "a\u200bb\u200db\u2060",
    "byte order mark": "\ufeffa",
    "tags": "a\U000e0041\U000e007f",
    "lone surrogate": "a\ud800b\udfff",
    "soft hyphen": "a\u00adb",
    "variation selectors": "a\ufe0f\U000e0101",
    "line separators": "a\u2028b\u2029c\x85d",
    "fillers that look like nothing": "a\u3164\uffa0\u115fb",
}
VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Format characters that are visible: signs that stand before a number in Arabic, Syriac and Kaithi."""

ANYTHING = st.text(st.characters(exclude_categories=()))


def is_harmless(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or character in VISIBLE_FORMATS


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_hostile_is_left_and_the_length_is_kept(text: str) -> None:
    cleaned = clean(text)
    assert all(map(is_harmless, cleaned))
    assert len(cleaned) == len(text)
    assert cleaned != text


@pytest.mark.slow
def test_no_control_or_format_character_of_unicode_passes() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    passed = {one for one, cleaned in zip(everything, clean(everything), strict=True) if one == cleaned}
    assert [hex(ord(one)) for one in passed if not is_harmless(one)] == []


@pytest.mark.parametrize("ranges", [("\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180b", "\u3164", "\ufe00")])
def test_characters_that_draw_nothing_are_made_visible(ranges: tuple[str, ...]) -> None:
    assert clean("".join(ranges)) == "\ufffd" * len(ranges)


def test_replaced_characters_are_shown_as_control_pictures() -> None:
    assert clean("\x1b[2J\x00\x7f\x9b\u202e") == "␛[2J␀␡\ufffd\ufffd"


@pytest.mark.parametrize("text", ["Żółć 有効 ✓ 🎉 e\u0301", "O-00000001 [40000050]: locked!", "  two  spaces  "])
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert clean(text) == text


def test_every_kind_of_space_becomes_a_plain_space() -> None:
    assert clean("a\u00a0b\u2003c\u202fd") == "a b c d"


@given(ANYTHING)
def test_cleaning_keeps_the_length_and_is_idempotent(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert clean(cleaned) == cleaned
    assert all(map(is_harmless, cleaned))
    cleaned.encode()


@given(ANYTHING)
def test_multiline_text_also_keeps_line_ends_and_tabs(text: str) -> None:
    cleaned = clean_lines(text)
    assert clean_lines(cleaned) == cleaned
    assert all(is_harmless(one) or one in "\n\t" for one in cleaned)


def test_windows_line_ends_become_line_ends() -> None:
    assert clean_lines("a\r\nb\tc\rd") == "a\nb\tc␍d"


@given(st.text(max_size=30), st.integers(min_value=1, max_value=20))
def test_a_long_text_is_cut_with_a_mark(text: str, limit: int) -> None:
    shortened = shorten(text, limit)
    assert len(shortened) <= limit
    assert shortened == text or (shortened.endswith("…") and text.startswith(shortened[:-1]))


def test_a_field_is_never_longer_than_a_cell() -> None:
    assert len(shorten("x" * 1_000_000)) == CELL_LIMIT


@pytest.mark.parametrize(
    ("texts", "tags"),
    [
        (("a, b,,c  a",), ("a", "b", "c")),
        (("a,b", "b c"), ("a", "b", "c")),
        (("x\x1b[2J\u202ey z\u00a0w",), ("x␛[2J\ufffdy", "z", "w")),
        (("", " , "), ()),
    ],
)
def test_tags_are_clean_unique_words(texts: tuple[str, ...], tags: tuple[str, ...]) -> None:
    assert parse_tags(*texts) == tags
