import pytest
from hypothesis import given
from hypothesis import strategies as st

from zjobtui.models.text import clean
from zjobtui.models.text_width import cells, fit, wrap

TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs"))).map(clean)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("有効", 4),
        ("ｱ", 1),
        ("🎉", 2),
        ("e\u0301", 1),
        ("กั", 1),
        ("한", 2),
        ("\u1112\u1161\u11ab", 2),
    ],
)
def test_a_text_has_the_width_that_a_terminal_gives_it(text: str, width: int) -> None:
    assert cells(text) == width


@pytest.mark.parametrize("text", ["👍🏽", "👨\u200d👩", "❤\ufe0f", "🇩🇪", "a\u200bb", "क\u094d\u200dष"])
def test_no_joiner_or_selector_changes_the_width_of_a_text(text: str) -> None:
    parts = clean(text)
    assert cells(parts) == sum(cells(one) for one in parts)
    assert cells(fit(parts, 12)) == 12


@given(TEXTS, st.integers(min_value=1, max_value=40))
def test_a_fitted_cell_has_exactly_its_width(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cells(fitted) == width
    assert fitted.startswith(text) or "…" in fitted


def test_a_wide_character_that_fits_only_half_is_left_out() -> None:
    assert fit("有効です", 5) == "有効…"
    assert fit("有効です", 4) == "有… "


@given(TEXTS, st.integers(min_value=2, max_value=40))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_lines_break_between_words_and_within_those_that_are_too_long() -> None:
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("abcdefghij kl", 4) == ["abcd", "efgh", "ij", "kl"]
    assert wrap("", 4) == [""]
    assert "".join(wrap("有効有効", 1)) == "有効有効"
