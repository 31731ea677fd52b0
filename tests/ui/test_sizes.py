import pytest
from msgspec.structs import replace

from tests.support.screen_harness import TENANT, ScreenView, run_monitor
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


def frames(view: ScreenView) -> list[tuple[int, int]]:
    """Return row and column of the upper left corner of each frame."""
    return [(y, x) for y, row in enumerate(view.cells) for x, cell in enumerate(row) if cell == "╭"]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_every_size_works_with_every_key(size: tuple[int, int]) -> None:
    engine = watched_world(jobs=60, elapsed=64.0)
    async with run_monitor(engine, size) as view:
        await view.press("down", "pagedown", "end", "home", "tab", "down", "enter", "right", "left", "end", "escape")
        await view.press(*"234", "tab", "/", "a", "enter", "n", "d", "escape", "escape", "1")
        await view.press("?", "escape", "a", "escape", "l", "escape", "/", "escape", "s", "escape", "p")
        assert len(view.rows) == size[1]
        assert all(len(row) <= size[0] for row in view.rows)
        assert view.crooked() == []
        await view.press("ctrl+p")
        await view.press("escape", "r", "x", "u")


@pytest.mark.slow
async def test_a_huge_screen_is_filled() -> None:
    async with run_monitor(watched_world(jobs=300, elapsed=64.0), (500, 200)) as view:
        await view.press("end")
        assert len([row for row in view.jobs if row]) == 195
        assert view.crooked() == []


@pytest.mark.parametrize(("width", "is_wide"), [(60, False), (99, False), (100, True), (200, True)])
async def test_from_a_hundred_columns_on_the_detail_is_beside_the_list(width: int, is_wide: bool) -> None:
    async with run_monitor(staged("recorded-processing"), (width, 30)) as view:
        (top, left), (other_top, other_left) = frames(view)
        assert (top == other_top) == is_wide
        assert (left == other_left) != is_wide
        assert "Zuora is working on it." in view.words


@pytest.mark.slow
async def test_a_resize_updates_the_whole_layout() -> None:
    engine = watched_world(jobs=60, elapsed=64.0)
    async with run_monitor(engine, (140, 40)) as view:
        before = view.rows
        for width, height in ((80, 24), (1, 1), (300, 100), (100, 30), (99, 30), (140, 40)):
            await view.resize(width, height)
            assert view.crooked() == []
        assert view.rows == before


@pytest.mark.slow
async def test_the_row_under_the_cursor_stays_in_view_in_any_size() -> None:
    engine = watched_world(jobs=200, elapsed=64.0)
    async with run_monitor(engine, (140, 60)) as view:
        await view.press("pagedown", "pagedown")
        chosen = view.detail_title[:8]
        for size in ((140, 20), (80, 16), (200, 50), (60, 12)):
            await view.resize(*size)
            assert any(chosen in row for row in view.jobs), size


async def test_long_tenant_names_do_not_hide_the_counts() -> None:
    tenant = replace(TENANT, title="The production tenant of a company with a rather long name in Europe")
    async with run_monitor(staged("recorded-failed-lock"), (80, 24), tenant=tenant) as view:
        assert "✗ 1" in view.bar
        assert "● " in view.bar


@pytest.mark.parametrize("width", [46, 60, 80, 100, 120, 200])
async def test_a_row_shows_at_least_eight_characters_of_the_id(width: int) -> None:
    engine = staged("recorded-processing", "recorded-completed-order-pending")
    async with run_monitor(engine, (width, 24)) as view:
        for watch in engine.state.watchlist:
            assert any(watch.job.id.given[:8] in row for row in view.jobs)


@pytest.mark.slow
async def test_an_open_dialog_survives_a_terminal_of_size_zero() -> None:
    async with run_monitor(staged("recorded-processing")) as view:
        for opens in ("s", "ctrl+p", "a", "?", "/"):
            await view.press(opens)
            await view.resize(1, 1)
            await view.resize(140, 40)
            await view.press("escape")
            await view.until("Zuora is working on it.")


NOTICE = "Something was found that a person should know of, and it takes many more words than there is room for. " * 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "seen"),
    [
        (
            (140, 40),
            ("there is room for.…", "✗ cannot be reached", "─ 0f1e937d781d2dc663f06748db2112aa ─", "ended 2h ago"),
        ),
        (
            (40, 22),
            ("there is room for. Somethi…", "  ✗ unreachable", "─ 0f1e937d781d2dc663f06748db2112aa ─", "ended 2h ago"),
        ),
        ((26, 16), ("and it takes many more …", "! 6 …   ✗ unreachable", "─ 0f1e937d…748db2112aa ─", "ended 2h a… │")),
        ((10, 9), ("found t…", "✗ unreach…", "─ 0f1… ─", "✗ fai… │", "? help  …")),
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
    async with run_monitor(engine, size, notice=NOTICE) as view:
        await view.press(*["<"] * 30, "tab")
        for text in seen:
            assert text in view.text
        assert view.crooked() == []
