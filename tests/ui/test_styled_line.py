from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from zjobtui.ui.styled_line import Spans, cell_length, changed_cells, fit_exact, to_strip, truncate

TEXT = st.text("ab 漢字👍\u0301\u0e31", max_size=24)
STYLES = st.sampled_from(["plain", "bad"])
SPANS = st.lists(st.tuples(TEXT, STYLES), max_size=4).map(tuple)
CELLS = st.lists(st.tuples(st.text("ab 漢字👍", max_size=9), STYLES), max_size=4).map(tuple)


@given(SPANS, st.integers(1, 40))
def test_text_is_cut_with_an_ellipsis_and_blanks_without(spans: Spans, width: int) -> None:
    whole, cut = ("".join(text for text, _ in one) for one in (spans, truncate(spans, width)))
    assert cell_len(cut) <= width
    if cell_len(whole.rstrip()) <= width:
        assert cut.rstrip() == whole.rstrip()
    else:
        assert cut.rstrip().endswith("…")
        assert whole.startswith(cut.rstrip()[:-1].rstrip())


@given(TEXT, st.integers(1, 30))
def test_a_fitted_text_has_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(fit_exact(text, width)) == width


@given(SPANS, st.integers(1, 30))
def test_a_strip_has_exactly_its_width(spans: Spans, width: int) -> None:
    strip = to_strip(spans, width, lambda _: Style())
    assert strip.cell_length == cell_len(strip.text) == width
    assert cell_length(spans) <= width or cell_length(spans) > width


@given(CELLS, CELLS, CELLS, CELLS)
def test_two_lines_are_equal_outside_the_cells_that_changed(start: Spans, old: Spans, new: Spans, end: Spans) -> None:
    before, now = start + old + end, start + new + end
    changed, width = changed_cells(before, now), max(cell_length(before), cell_length(now), 1)
    drawn = [to_strip(spans, width, lambda name: Style(bold=name == "bad")) for spans in (before, now)]
    for first, end_of_part in ((0, changed.start), (changed.stop, width)):
        parts = [strip.crop(first, max(first, end_of_part)) for strip in drawn]
        old_part, new_part = ([(text, part.style) for part in strip for text in part.text] for strip in parts)
        assert old_part == new_part


def test_a_text_that_is_cut_at_an_ellipsis_has_only_one() -> None:
    assert [fit_exact("job … done", width) for width in (5, 6, 7, 8)] == ["job …", "job … ", "job …  ", "job … d…"]
