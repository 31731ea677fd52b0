"""Layout of list and detail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.staging import staged
from tests.support.world import watched_world
from zjobtui.ui.split_view import clamp_divider, default_list_width

pytestmark = pytest.mark.slow

RUNNING = "recorded-processing"


def corners(view: ScreenView) -> list[tuple[int, int]]:
    """Return row and column of the upper left corner of each frame."""
    return [(y, x) for y, row in enumerate(view.cells) for x, cell in enumerate(row) if cell == "╭"]


@pytest.mark.parametrize("size", [(59, 40), (99, 19), (140, 19), (46, 12)], ids=str)
async def test_on_a_small_screen_enter_shows_the_detail_instead_of_the_list(
    size: tuple[int, int],
) -> None:
    async with run_monitor(staged(RUNNING, labels=("CS-4390",)), size) as view:
        assert len(corners(view)) == 1
        assert "CS-4390" in view.jobs[0]
        for opens, closes in (("enter", "escape"), ("tab", "tab")):
            await view.press(opens)
            assert len(corners(view)) == 1
            assert "Zuora is working on it." in flat(view)
            await view.press(closes)
            assert "CS-4390" in view.jobs[0]
        await view.press("down")
        assert "CS-4390" in view.jobs[0]


def flat(view: ScreenView) -> str:
    return " ".join(" ".join(row.strip("│ ") for row in view.rows).split())


async def test_a_focused_detail_stays_visible_when_the_screen_is_resized() -> None:
    async with run_monitor(staged(RUNNING, labels=("CS-4390",)), (50, 30)) as view:
        await view.press("enter")
        await view.resize(140, 40)
        assert len(corners(view)) == 2
        await view.resize(50, 30)
        assert "Zuora is working on it." in flat(view)
        await view.press("escape")
        assert "CS-4390" in view.jobs[0]


async def test_keys_work_again_after_a_terminal_of_size_zero() -> None:
    async with run_monitor(watched_world(jobs=10, elapsed=64.0)) as view:
        before = view.detail_title
        await view.resize(1, 1)
        await view.resize(140, 40)
        await view.press("down")
        assert view.detail_title != before


@pytest.mark.slow
@pytest.mark.parametrize(("size", "axis"), [((140, 40), 1), ((80, 30), 0)], ids=["beside", "below"])
async def test_keys_move_the_divider_within_its_limits(size: tuple[int, int], axis: int) -> None:
    async with run_monitor(watched_world(jobs=60, elapsed=64.0), size) as view:
        start = corners(view)[1][axis]
        await view.press(">", ">")
        assert corners(view)[1][axis] > start
        await view.press("<", "<")
        assert corners(view)[1][axis] == start
        view.terminal.receive("<" * 30)
        await view.settled()
        assert corners(view)[1][axis] == (30, 6)[1 - axis]
        view.terminal.receive(">" * 50)
        await view.settled()
        assert (size[0] - corners(view)[1][1] if axis else size[1] - 1 - corners(view)[1][0]) == (30, 5)[1 - axis]
        assert view.crooked() == []


@pytest.mark.parametrize(
    ("size", "start", "end", "expected"),
    [
        ((140, 40), (79, 10), (49, 10), (1, 50)),
        ((140, 40), (80, 10), (90, 10), (1, 91)),
        ((80, 30), (9, 14), (9, 18), (19, 0)),
    ],
    ids=["left", "right", "down"],
)
async def test_the_divider_is_dragged_with_the_mouse(
    size: tuple[int, int], start: tuple[int, int], end: tuple[int, int], expected: tuple[int, int]
) -> None:
    async with run_monitor(watched_world(jobs=60, elapsed=64.0), size) as view:
        chosen = view.detail_title
        await view.drag(start, end)
        assert corners(view)[1] == expected
        await view.drag((expected[1] + 5, 25), (3, 3))
        assert corners(view)[1] == expected
        assert view.detail_title == chosen


@pytest.mark.parametrize(("width", "expected"), [(100, 57), (140, 80), (200, 132), (300, 150), (500, 250)])
def test_by_default_the_list_is_as_wide_as_its_columns_can_use(width: int, expected: int) -> None:
    assert default_list_width(width) == expected


@given(cells=st.integers(-9, 600), total=st.integers(0, 500), least=st.integers(0, 40))
def test_both_sides_of_the_divider_keep_their_minimum(cells: int, total: int, least: int) -> None:
    first = clamp_divider(cells, total, least)
    assert min(first, total - first) >= min(least, total // 2)
    if least <= cells <= total - least:
        assert first == cells
