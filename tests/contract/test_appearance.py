"""The monitor in terminals of three sizes, without colour, and the demo."""

import re
from functools import partial

import pytest

from tests.contract.conftest import LABEL, Known
from tests.contract.names import SIGN, Exit, Key, Screen
from tests.contract.program import User
from tests.contract.window import footer_is_drawn, press
from tests.support.terminal import Terminal

COLOUR = re.compile(rb"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m")
SMALL = (50, 15)
SIZES = ((80, 24), (100, 30), (140, 40))


def fills(window: Terminal, size: tuple[int, int], _: str = "") -> bool:
    """Whether the screen is drawn to its last column and row."""
    lines = window.text().splitlines()
    return (max(map(len, lines)), len(lines)) == size and footer_is_drawn(window)


@pytest.mark.slow
def test_every_job_is_shown_with_its_verdict_at_every_size(user: User, known: Known) -> None:
    with user.window() as window:
        window.wait_for(Screen.POLLING)
        assert COLOUR.search(window.raw)
        for size in (*SIZES, SMALL):
            window.resize(*size)
            window.wait_for(partial(fills, window, size))
            window.wait_for(lambda text: all(one[:8] in text for one in known.all if one != known.failed))
            assert LABEL[:7] in window.text()
            assert all(sign in window.text() for sign in SIGN.values())
            assert window.text().count("╭─") == (1 if size == SMALL else 2), "list and detail"
        window.resize(*SIZES[-1])
        window.wait_for(lambda _: fills(window, SIZES[-1]))
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK


@pytest.mark.slow
def test_without_colour_everything_is_readable(user: User) -> None:
    with user.window(size=SIZES[0], NO_COLOR="1") as window:
        window.wait_for(Screen.POLLING_NARROW)
        press(window, "down")
        window.bytes_within(0.3)
        for row in window.display.screen.buffer.values():
            assert all(cell.fg != cell.bg or cell.fg == "default" for cell in row.values() if cell.data.strip())
        assert all(sign in window.text() for sign in SIGN.values())
        press(window, "ctrl+q")
        assert window.wait_exit() == Exit.OK
        assert COLOUR.findall(window.raw) == []


@pytest.mark.parametrize("theme", ["dark", "light", "colour-blind", "ansi"])
@pytest.mark.slow
def test_every_theme_is_accepted_and_draws_the_list(user: User, theme: str) -> None:
    user.config.write_text(f'[screen]\ntheme = "{theme}"\n', encoding="utf-8")
    with user.window(size=SIZES[0]) as window:
        window.wait_for(Screen.POLLING_NARROW)
        assert all(sign in window.text() for sign in SIGN.values())


@pytest.mark.slow
def test_the_demo_shows_jobs_and_stores_nothing(new_user: User) -> None:
    with new_user.window("demo", "--jobs", "30", "--seed", "3") as window:
        window.wait_for(f"{Screen.LIST}30 ")
        window.wait_for(r"✗")
        press(window, Key.QUIT)
        assert window.wait_exit() == Exit.OK
        assert window.modes() == frozenset()
    assert list(new_user.home.rglob("*.sqlite3")) == []
