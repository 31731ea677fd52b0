"""Layout of list and detail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.seeing import Sight, looking_at
from tests.support.staging import staged
from tests.support.world import watched_world
from zjobtui.ui.split_view import clamp_divider

pytestmark = pytest.mark.slow

RUNNING = "recorded-processing"


def corners(sight: Sight) -> list[tuple[int, int]]:
    """Return row and column of the upper left corner of each frame."""
    return [(y, x) for y, row in enumerate(sight.cells) for x, cell in enumerate(row) if cell == "╭"]


@pytest.mark.parametrize("size", [(59, 40), (99, 19), (140, 19), (46, 12)], ids=str)
async def test_on_a_small_screen_enter_shows_the_detail_instead_of_the_list(
    size: tuple[int, int],
) -> None:
    async with looking_at(staged(RUNNING, labels=("CS-4390",)), size) as sight:
        assert len(corners(sight)) == 1
        assert "CS-4390" in sight.jobs[0]
        for opens, closes in (("enter", "escape"), ("tab", "tab")):
            await sight.press(opens)
            assert len(corners(sight)) == 1
            assert "Zuora is working on it." in flat(sight)
            await sight.press(closes)
            assert "CS-4390" in sight.jobs[0]
        await sight.press("down")
        assert "CS-4390" in sight.jobs[0]


def flat(sight: Sight) -> str:
    return " ".join(" ".join(row.strip("│ ") for row in sight.rows).split())


async def test_a_focused_detail_stays_visible_when_the_screen_is_resized() -> None:
    async with looking_at(staged(RUNNING, labels=("CS-4390",)), (50, 30)) as sight:
        await sight.press("enter")
        await sight.resize(140, 40)
        assert len(corners(sight)) == 2
        await sight.resize(50, 30)
        assert "Zuora is working on it." in flat(sight)
        await sight.press("escape")
        assert "CS-4390" in sight.jobs[0]


async def test_keys_work_again_after_a_terminal_of_size_zero() -> None:
    async with looking_at(watched_world(jobs=10, elapsed=64.0)) as sight:
        before = sight.detail_title
        await sight.resize(1, 1)
        await sight.resize(140, 40)
        await sight.press("down")
        assert sight.detail_title != before


@pytest.mark.slow
@pytest.mark.parametrize(("size", "axis"), [((140, 40), 1), ((80, 30), 0)], ids=["beside", "below"])
async def test_keys_move_the_divider_within_its_limits(size: tuple[int, int], axis: int) -> None:
    async with looking_at(watched_world(jobs=60, elapsed=64.0), size) as sight:
        start = corners(sight)[1][axis]
        await sight.press(">", ">")
        assert corners(sight)[1][axis] > start
        await sight.press("<", "<")
        assert corners(sight)[1][axis] == start
        sight.glass.receive("<" * 30)
        await sight.settled()
        assert corners(sight)[1][axis] == (30, 6)[1 - axis]
        sight.glass.receive(">" * 50)
        await sight.settled()
        assert (size[0] - corners(sight)[1][1] if axis else size[1] - 1 - corners(sight)[1][0]) == (30, 5)[1 - axis]
        assert sight.crooked() == []


@pytest.mark.parametrize(
    ("size", "start", "end", "expected"),
    [
        ((140, 40), (69, 10), (49, 10), (1, 50)),
        ((140, 40), (70, 10), (90, 10), (1, 91)),
        ((80, 30), (9, 14), (9, 18), (19, 0)),
    ],
    ids=["left", "right", "down"],
)
async def test_the_divider_is_dragged_with_the_mouse(
    size: tuple[int, int], start: tuple[int, int], end: tuple[int, int], expected: tuple[int, int]
) -> None:
    async with looking_at(watched_world(jobs=60, elapsed=64.0), size) as sight:
        chosen = sight.detail_title
        await sight.drag(start, end)
        assert corners(sight)[1] == expected
        await sight.drag((expected[1] + 5, 25), (3, 3))
        assert corners(sight)[1] == expected
        assert sight.detail_title == chosen


@given(cells=st.integers(-9, 600), total=st.integers(0, 500), least=st.integers(0, 40))
def test_both_sides_of_the_divider_keep_their_minimum(cells: int, total: int, least: int) -> None:
    first = clamp_divider(cells, total, least)
    assert min(first, total - first) >= min(least, total // 2)
    if least <= cells <= total - least:
        assert first == cells
