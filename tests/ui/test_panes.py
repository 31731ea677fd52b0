"""The list and the detail share whatever room there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.seeing import Sight, looking_at
from tests.support.staging import staged
from tests.support.world import watched_world
from zjobtui.ui.split_view import bounded

pytestmark = pytest.mark.slow

RUNNING = "recorded-processing"


def corners(sight: Sight) -> list[tuple[int, int]]:
    """Row and column of the upper left corner of each frame."""
    return [(y, x) for y, row in enumerate(sight.cells) for x, cell in enumerate(row) if cell == "╭"]


@pytest.mark.parametrize("size", [(59, 40), (99, 19), (140, 19), (46, 12)], ids=str)
async def test_where_there_is_room_for_one_the_list_is_alone_and_enter_opens_the_detail_over_it(
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


async def test_the_detail_that_is_read_stays_in_sight_when_the_room_grows_and_shrinks() -> None:
    async with looking_at(staged(RUNNING, labels=("CS-4390",)), (50, 30)) as sight:
        await sight.press("enter")
        await sight.resize(140, 40)
        assert len(corners(sight)) == 2
        await sight.resize(50, 30)
        assert "Zuora is working on it." in flat(sight)
        await sight.press("escape")
        assert "CS-4390" in sight.jobs[0]


async def test_keys_work_again_after_a_terminal_of_no_size() -> None:
    async with looking_at(watched_world(jobs=10, elapsed=64.0)) as sight:
        before = sight.detail_title
        await sight.resize(1, 1)
        await sight.resize(140, 40)
        await sight.press("down")
        assert sight.detail_title != before


@pytest.mark.slow
@pytest.mark.parametrize(("size", "axis"), [((140, 40), 1), ((80, 30), 0)], ids=["beside", "below"])
async def test_the_divider_is_moved_by_keys_as_far_as_both_can_be_read(size: tuple[int, int], axis: int) -> None:
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
def test_both_sides_of_the_divider_keep_room(cells: int, total: int, least: int) -> None:
    first = bounded(cells, total, least)
    assert min(first, total - first) >= min(least, total // 2)
    if least <= cells <= total - least:
        assert first == cells
