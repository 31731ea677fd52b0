from dataclasses import replace

import pytest

from tests.support.seeing import TENANT, Sight, looking_at
from tests.support.staging import staged
from tests.support.world import watched_world
from zjobtui.models.problem import Problem, ProblemKind

SIZES = [
    (1, 1),
    pytest.param((5, 3), marks=pytest.mark.slow),
    pytest.param((20, 5), marks=pytest.mark.slow),
    (60, 20),
    pytest.param((100, 30), marks=pytest.mark.slow),
    pytest.param((200, 60), marks=pytest.mark.slow),
]


def frames(sight: Sight) -> list[tuple[int, int]]:
    """Return row and column of the upper left corner of each frame."""
    return [(y, x) for y, row in enumerate(sight.cells) for x, cell in enumerate(row) if cell == "╭"]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_every_size_works_with_every_key(size: tuple[int, int]) -> None:
    engine = watched_world(jobs=60, elapsed=64.0)
    async with looking_at(engine, size) as sight:
        await sight.press("down", "pagedown", "end", "home", "tab", "down", "enter", "right", "left", "end", "escape")
        await sight.press(*"234", "tab", "/", "a", "enter", "n", "d", "escape", "escape", "1")
        await sight.press("?", "escape", "a", "escape", "l", "escape", "/", "escape", "s", "escape", "p")
        assert len(sight.rows) == size[1]
        assert all(len(row) <= size[0] for row in sight.rows)
        assert sight.crooked() == []
        await sight.press("ctrl+p")
        await sight.press("escape", "r", "x", "u")


@pytest.mark.slow
async def test_a_huge_screen_is_filled() -> None:
    async with looking_at(watched_world(jobs=300, elapsed=64.0), (500, 200)) as sight:
        await sight.press("end")
        assert len([row for row in sight.jobs if row]) == 196
        assert sight.crooked() == []


@pytest.mark.parametrize(("width", "is_wide"), [(60, False), (99, False), (100, True), (200, True)])
async def test_from_a_hundred_columns_on_the_detail_is_beside_the_list(width: int, is_wide: bool) -> None:
    async with looking_at(staged("recorded-processing"), (width, 30)) as sight:
        (top, left), (other_top, other_left) = frames(sight)
        assert (top == other_top) == is_wide
        assert (left == other_left) != is_wide
        assert "Zuora is working on it." in sight.words


async def test_a_resize_updates_the_whole_layout() -> None:
    engine = watched_world(jobs=60, elapsed=64.0)
    async with looking_at(engine, (140, 40)) as sight:
        before = sight.rows
        for width, height in ((80, 24), (1, 1), (300, 100), (100, 30), (99, 30), (140, 40)):
            await sight.resize(width, height)
            assert sight.crooked() == []
        assert sight.rows == before


async def test_the_row_under_the_cursor_stays_in_view_in_any_size() -> None:
    engine = watched_world(jobs=200, elapsed=64.0)
    async with looking_at(engine, (140, 60)) as sight:
        await sight.press("pagedown", "pagedown")
        chosen = sight.detail_title[:8]
        for size in ((140, 20), (80, 16), (200, 50), (60, 12)):
            await sight.resize(*size)
            assert any(chosen in row for row in sight.jobs), size


async def test_long_tenant_names_do_not_hide_the_counts() -> None:
    tenant = replace(TENANT, title="The production tenant of a company with a rather long name in Europe")
    async with looking_at(staged("recorded-failed-lock"), (80, 24), tenant=tenant) as sight:
        assert "✗ 1" in sight.bar
        assert "● " in sight.bar


@pytest.mark.parametrize("width", [46, 60, 80, 100, 120, 200])
async def test_a_row_shows_at_least_eight_characters_of_the_id(width: int) -> None:
    engine = staged("recorded-processing", "recorded-completed-order-pending")
    async with looking_at(engine, (width, 24)) as sight:
        for watch in engine.state.watchlist:
            assert any(watch.job.id.given[:8] in row for row in sight.jobs)


@pytest.mark.slow
async def test_an_open_dialog_survives_a_terminal_of_size_zero() -> None:
    async with looking_at(staged("recorded-processing")) as sight:
        for opens in ("s", "ctrl+p", "a", "?", "/"):
            await sight.press(opens)
            await sight.resize(1, 1)
            await sight.resize(140, 40)
            await sight.press("escape")
            await sight.until("Zuora is working on it.")


NOTICE = "Something was found that a person should know of, and it takes many more words than there is room for. " * 5


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        (
            (140, 40),
            ("there is room for.…", "✗ cannot be reached", "─ 0f1e937d781d2dc663f06748db2112aa ─", "ended 2h ago"),
        ),
        (
            (40, 22),
            ("there is room for. Somethi…", "✗ unreacha…", "─ 0f1e937d781d2dc663f06748db2112aa ─", "ended 2h ago"),
        ),
        ((26, 16), ("and it takes many more …", "✓ …", "─ 0f1e937d…748db2112aa ─", "ended 2h a… │")),
        ((10, 9), ("found t…", "! …", "─ 0f1… ─", "✗ fai… │", "? help  …")),
    ],
    ids=str,
)
async def test_cut_text_ends_with_an_ellipsis_and_ids_are_cut_in_the_middle(
    size: tuple[int, int], seen: tuple[str, ...]
) -> None:
    engine = watched_world(jobs=60, elapsed=64.0)
    problem = Problem(ProblemKind.UNREACHABLE, "a reason in many words " * 5)
    engine.pulse = replace(engine.pulse, problem=problem, down_since=0.0)
    engine.clock.at += 9_000
    engine.publish()
    async with looking_at(engine, size, notice=NOTICE) as sight:
        await sight.press(*["<"] * 30, "tab")
        for text in seen:
            assert text in sight.text
        assert sight.crooked() == []
