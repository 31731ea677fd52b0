"""Fewer bytes draw the same picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich._palettes import EIGHT_BIT_PALETTE

from tests.support.display import Display
from zjobtui.ui.slim import slim

COLOURS = ["31", "97", "38;5;200", "38;2;1;2;3", "38;2;3;2;1", "44", "105", "48;5;7", "48;2;9;8;7"]
STYLES = st.lists(st.sampled_from([*COLOURS, "1", "2", "3", "4", "7", "9", "0", "39", "49"]), min_size=1, max_size=4)
PIECES = st.one_of(
    STYLES.map(lambda codes: f"\x1b[{';'.join(codes)}m"),
    st.tuples(STYLES, st.text("ab 漢é", min_size=1, max_size=9)).map(
        lambda one: f"\x1b[{';'.join(one[0])}m{one[1]}\x1b[0m"
    ),
    st.tuples(st.integers(1, 6), st.integers(1, 20)).map(lambda at: f"\x1b[{at[0]};{at[1]}H"),
    st.tuples(st.integers(1, 6), st.integers(1, 20)).map(lambda at: f"\n\x1b[{at[0]};{at[1]}H"),
    st.sampled_from(["\x1b[m", "\x1b[?2026h", "\x1b[?2026l", "plain", "\x1b[K", "\x1b[2J", "\x1b[?25l"]),
)


def picture(data: str) -> list[list[object]]:
    display = Display(24, 60)
    display.feed(data.encode())
    return [[display.screen.buffer[y][x] for x in range(24)] for y in range(60)]


@given(pieces=st.lists(PIECES, max_size=25))
def test_the_picture_is_the_same_and_what_follows_is_drawn_in_the_terminals_own_style(pieces: list[str]) -> None:
    data = "".join(pieces)
    assert picture(slim(data) + "\x1b[6;1Hx") == picture(data + "\x1b[0m\x1b[6;1Hx")
    assert len(slim(data)) <= len(data) + len("\x1b[0m") + len("\x1b[0;39;49m") * len(pieces)


def test_a_colour_that_is_in_force_is_not_sent_again() -> None:
    row = "\x1b[38;2;1;2;3;48;2;4;5;6m{}\x1b[0m"
    data = f"\x1b[1;9H{row.format('2m')}\n\x1b[2;9H{row.format('3m')}"
    assert slim(data) == "\x1b[1;9H\x1b[38;2;1;2;3;48;2;4;5;6m2m\x1b[2;9H3m\x1b[m"


def test_bold_goes_without_the_colours() -> None:
    assert slim("\x1b[1;31;40ma\x1b[0m\x1b[31;40mb\x1b[0m") == "\x1b[1;31;40ma\x1b[22mb\x1b[m"


def test_a_colour_that_every_terminal_knows_by_number_is_said_by_it() -> None:
    row = "\x1b[38;2;{0};{0};{0};48;2;0;95;135m{1}\x1b[0m"
    assert slim(row.format(228, "a")) == "\x1b[38;5;254;48;5;24ma\x1b[m"
    assert slim("\x1b[38;2;0;0;0;48;2;0;0;95ma") == "\x1b[38;2;0;0;0;48;2;0;0;95ma\x1b[m", "some give these others"


@pytest.mark.parametrize("depth", [3, 4])
def test_colours_by_number_are_those_of_the_usual_table(depth: int) -> None:
    for number in range(22, 256):
        red, green, blue = EIGHT_BIT_PALETTE[number]
        assert slim(f"\x1b[{depth}8;2;{red};{green};{blue}mx").startswith(f"\x1b[{depth}8;5;{number}m")
