from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from zjobtui.ui.spans import GAP, Spans, changed_regions, fitted, length_of, strip_of, within

TEXT = st.text("ab 漢字👍\u0301\u0e31", max_size=24)
SPANS = st.lists(st.tuples(TEXT, st.sampled_from(["plain", "bad"])), max_size=4).map(tuple)
WIDTH = 60


def cells(spans: Spans) -> list[tuple[str, str]]:
    """What a terminal holds cell by cell; a character without width belongs to the one before."""
    drawn: list[tuple[str, str]] = []
    for text, name in spans:
        for character in text:
            width = cell_len(character)
            if width == 0 and drawn:
                place = len(drawn) - (2 if drawn[-1][0] == "" else 1)
                drawn[place] = (drawn[place][0] + character, drawn[place][1])
            drawn += [(character, name), ("", name)][:width]
    return drawn + [(" ", "")] * (WIDTH * 4 - len(drawn))


@given(SPANS, SPANS)
def test_drawing_the_changed_parts_makes_the_new_line_of_the_old_one(old: Spans, new: Spans) -> None:
    screen, wanted = cells(old), cells(new)
    for region in changed_regions(old, new, y=3):
        assert (region.y, region.height) == (3, 1)
        assert wanted[region.x][0] != "", "begins within a wide character"
        assert wanted[region.right][0] != "", "ends within a wide character"
        screen[region.x : region.right] = wanted[region.x : region.right]
    assert [text for text, _ in screen] == [text for text, _ in wanted]


@given(SPANS, st.integers(1, 40))
def test_what_has_no_room_is_cut_with_an_ellipsis_and_blanks_are_just_cut(spans: Spans, width: int) -> None:
    whole, cut = ("".join(text for text, _ in one) for one in (spans, within(spans, width)))
    assert cell_len(cut) <= width
    if cell_len(whole.rstrip()) <= width:
        assert cut.rstrip() == whole.rstrip()
    else:
        assert cut.rstrip().endswith("…")
        assert whole.startswith(cut.rstrip()[:-1].rstrip())


def test_a_line_that_is_the_same_is_not_drawn() -> None:
    spans = (("waiting ", "good"), ("漢", "plain"))
    assert changed_regions(spans, spans, 0) == []


def test_a_blank_looks_the_same_in_every_style_but_one_with_a_ground_of_its_own() -> None:
    assert changed_regions((("   ", "waiting"),), (("   ", "good"),), 0) == []
    assert [region.width for region in changed_regions((("   ", "good"),), (("   ", "production"),), 0)] == [3]
    assert [region.width for region in changed_regions((("wait  ", "good"),), (("done  ", "bad"),), 0)] == [4]


def test_a_row_of_equal_wide_characters_that_moves_by_a_cell_is_drawn_whole() -> None:
    (region,) = changed_regions((("漢" * 10, ""),), (("a" + "漢" * 10, ""),), 0)
    assert (region.x, region.width) == (0, 21)


def test_changes_that_are_close_are_drawn_as_one() -> None:
    old, near, far = "a" * 30, "b" + "a" * (GAP - 1) + "b", "b" + "a" * GAP + "b"
    assert len(changed_regions(((old, ""),), ((near + "a" * (30 - len(near)), ""),), 0)) == 1
    assert len(changed_regions(((old, ""),), ((far + "a" * (30 - len(far)), ""),), 0)) == 2


@given(TEXT, st.integers(1, 30))
def test_a_fitted_text_has_just_its_width(text: str, width: int) -> None:
    assert cell_len(fitted(text, width)) == width


@given(SPANS, st.integers(1, 30))
def test_a_strip_has_just_its_width(spans: Spans, width: int) -> None:
    strip = strip_of(spans, width, lambda _: Style())
    assert strip.cell_length == cell_len(strip.text) == width
    assert length_of(spans) <= width or length_of(spans) > width
