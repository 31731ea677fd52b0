import asyncio
from dataclasses import replace

import pytest

from tests.support.building import NOW, job, watch
from tests.support.scripted import FixedClock, ScriptedEngine
from tests.support.seeing import Sight, looking_at
from tests.support.staging import heard, staged, tell
from tests.ui.sizes import NARROW_FIRST
from zjobtui.models.observation import Failure
from zjobtui.models.problem import Problem, ProblemKind

DONE = "recorded-completed-localised"
PENDING = "recorded-completed-order-pending"
FAILED = "recorded-failed-lock"
RUNNING = "recorded-processing"
SOON = 0.1


@pytest.fixture(autouse=True)
def _seen_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.ui.monitor.FOCUS_DELAY", SOON)
    monkeypatch.setattr("zjobtui.ui.monitor.VISIBLE_ROWS_DELAY", SOON)


def waiting(count: int) -> ScriptedEngine:
    """Return running jobs, each added one second after the one before."""
    engine = ScriptedEngine(FixedClock(NOW))
    engine.watch(replace(watch(number), added_at=NOW - 1_000 + number) for number in range(1, count + 1))
    engine.bring(*((job(number), heard(RUNNING)) for number in range(1, count + 1)))
    return engine


def id_of(number: int) -> str:
    """Return the part of the id that every row shows."""
    return f"{number:08x}…"


def ids(sight: Sight) -> list[str]:
    """Return the ids in the rows, as far as every row shows them."""
    return [row[2:].split()[2][:9] for row in sight.jobs if row]


def signs(sight: Sight) -> str:
    """Return the first cell of each row: the sign for marked or unread."""
    return "".join(row[0] for row in sight.jobs if row)


async def wait_for_unfreeze(sight: Sight) -> None:
    """Wait without keys until the order may change again."""
    sight.engine.clock.at += 10
    await asyncio.sleep(0.15)
    await sight.settled()


async def rest_cursor(sight: Sight) -> None:
    """Rest the cursor until the job is marked as read."""
    await asyncio.sleep(2 * SOON)
    await sight.settled()


def cursor_row(sight: Sight) -> int:
    """Return the index of the row that is drawn as the cursor."""
    buffer = sight.glass.display.screen.buffer
    looks = [buffer[2 + y][1].bg for y in range(len(sight.jobs))]
    usual = max(set(looks), key=looks.count)
    (place,) = [y for y, look in enumerate(looks) if look != usual]
    return place


def selected(sight: Sight) -> str:
    """Return the id in the row of the cursor; check that the detail shows the same job."""
    chosen = ids(sight)[cursor_row(sight)]
    assert sight.detail_title.startswith(chosen[:-1])
    return chosen


async def test_a_row_shows_verdict_name_order_account_and_age() -> None:
    engine = staged(PENDING, RUNNING, labels=("CS-4390",))
    tell(engine, 2, RUNNING, after=250)
    async with looking_at(engine) as sight:
        assert sight.jobs[:3] == [
            "● ! attention CS-4390           O-00005577   A00000218       4m ago",
            "  ◌ running   00000002…e73bdceb –            –                   4m",
            "",
        ]
        await sight.resize(200, 40)
        assert sight.jobs[0].split() == [
            "●",
            "!",
            "attention",
            "CS-4390",
            "O-00005577",
            "A00000218",
            "ended",
            "4m",
            "ago",
        ]
        assert sight.jobs[1].endswith("running for 4m")


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_every_verdict_has_a_glyph_and_a_word(size: tuple[int, int]) -> None:
    async with looking_at(staged(FAILED, PENDING, "derived-not-found", RUNNING, DONE), size) as sight:
        assert [row[2:].split()[:2] for row in sight.jobs[:5]] == [
            ["✗", "failed"],
            ["!", "attention"],
            ["?", "unknown"],
            ["◌", "running"],
            ["✓", "done"],
        ]


async def test_a_narrow_row_keeps_verdict_name_and_time() -> None:
    async with looking_at(staged(PENDING, labels=("CS-4390",)), size=(46, 24)) as sight:
        assert sight.jobs[0].split() == ["●", "!", "attention", "CS-4390", "just", "now"]


async def test_a_long_label_is_cut_with_a_mark_and_pushes_nothing() -> None:
    async with looking_at(staged(PENDING, PENDING, labels=("CS-1", "renewal of " * 30))) as sight:
        assert sight.jobs[1].startswith("● ! attention renewal of renew… O-00005577 ")
        assert sight.jobs[1].index("O-0") == sight.jobs[0].index("O-0")


@pytest.mark.parametrize("size", [*NARROW_FIRST, (100, 30)])
async def test_columns_do_not_move_when_a_scrollbar_appears(size: tuple[int, int]) -> None:
    async with looking_at(staged(*[PENDING] * 50, labels=("only",)), size) as sight:
        await sight.press("s", "end", "enter", "home")
        before = sight.row("! attention only")[: size[0] // 2 - 4]
        await sight.press("/", *"only", "enter")
        assert "Jobs · 1 of 50" in sight.rows[1]
        assert sight.row("! attention only")[: size[0] // 2 - 4] == before


async def test_the_most_urgent_and_newest_jobs_come_first() -> None:
    engine = staged(RUNNING, RUNNING, RUNNING, RUNNING, RUNNING)
    for number, result in ((1, DONE), (2, FAILED), (3, PENDING), (4, "derived-not-found")):
        tell(engine, number, result)
    async with looking_at(engine) as sight:
        assert ids(sight) == [id_of(number) for number in (3, 2, 4, 5, 1)]


async def test_a_row_without_an_answer_in_time_is_marked_stale() -> None:
    engine = staged(RUNNING)
    async with looking_at(engine) as sight:
        assert sight.jobs[0].endswith("<1m")
        engine.clock.at += 16
        await sight.until("stale 10s")
        engine.clock.at += 400
        await sight.until("stale 6m")
        assert sight.jobs[0].startswith("  ◌ running ")
        tell(engine, 1, RUNNING)
        await sight.settled()
        assert "stale" not in sight.text


async def test_a_job_without_an_answer_shows_it() -> None:
    engine = staged(None)
    engine.clock.at += 60
    async with looking_at(engine) as sight:
        assert sight.jobs[0].endswith("no answer")


async def test_a_failed_call_does_not_make_a_row_look_fresh() -> None:
    engine = staged(RUNNING)
    async with looking_at(engine) as sight:
        tell(engine, 1, Failure(Problem(ProblemKind.TIMED_OUT, "no answer"), 0.0), after=100)
        await sight.settled()
        assert sight.jobs[0].endswith("stale 1m")


async def test_ages_of_running_jobs_do_not_grow_while_polling_is_paused() -> None:
    engine = staged(RUNNING)
    tell(engine, 1, RUNNING, after=60)
    async with looking_at(engine) as sight:
        await sight.press("p")
        engine.clock.at += 600
        await sight.until("stale 10m")
        await sight.press("p")
        tell(engine, 1, RUNNING)
        await sight.settled()
        assert sight.jobs[0].endswith(" 11m")


async def test_until_it_is_moved_the_cursor_is_on_the_first_row() -> None:
    engine = waiting(10)
    async with looking_at(engine) as sight:
        assert (cursor_row(sight), selected(sight)) == (0, id_of(1))
        tell(engine, 7, FAILED)
        await sight.settled()
        assert (cursor_row(sight), selected(sight)) == (0, id_of(7))


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_cursor_stays_with_its_job_when_rows_move(size: tuple[int, int]) -> None:
    engine = waiting(10)
    async with looking_at(engine, size) as sight:
        await sight.press("down", "down", "down")
        assert selected(sight) == id_of(4)
        tell(engine, 9, FAILED)
        tell(engine, 1, DONE)
        await wait_for_unfreeze(sight)
        assert (cursor_row(sight), selected(sight)) == (3, id_of(4))
        tell(engine, 4, FAILED)
        await wait_for_unfreeze(sight)
        assert selected(sight) == id_of(4)


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_while_the_user_navigates_rows_keep_their_order_and_are_updated(size: tuple[int, int]) -> None:
    engine = waiting(5)
    async with looking_at(engine, size) as sight:
        await sight.press("down")
        tell(engine, 4, FAILED)
        await sight.settled()
        assert ids(sight) == [id_of(number) for number in (1, 2, 3, 4, 5)]
        assert sight.jobs[3].startswith("● ✗ failed ")
        await sight.press("down")
        assert ids(sight)[0] == id_of(1)
        await wait_for_unfreeze(sight)
        assert ids(sight) == [id_of(number) for number in (4, 1, 2, 3, 5)]
        assert selected(sight) == id_of(3)


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_job_under_the_cursor_keeps_its_place_on_the_screen(size: tuple[int, int]) -> None:
    engine = waiting(200)
    async with looking_at(engine, size) as sight:
        await sight.press("pagedown", "pagedown", "pagedown", "up", "up", "up", "up")
        place, chosen = cursor_row(sight), selected(sight)
        for number in range(190, 196):
            tell(engine, number, FAILED)
        await wait_for_unfreeze(sight)
        assert (cursor_row(sight), selected(sight)) == (place, chosen)
        for number in range(1, 12):
            tell(engine, number, DONE)
        await wait_for_unfreeze(sight)
        assert (cursor_row(sight), selected(sight)) == (place, chosen)


async def test_a_new_job_does_not_move_the_cursor_to_another() -> None:
    engine = waiting(5)
    async with looking_at(engine) as sight:
        await sight.press("down")
        engine.watch([replace(watch(77), added_at=NOW - 5_000)])
        await sight.settled()
        assert selected(sight) == id_of(2)


@pytest.mark.parametrize(("moves", "gone", "then"), [(2, 3, 4), (4, 5, 4), (0, 1, 2)])
async def test_when_the_selected_job_goes_its_neighbour_is_selected(moves: int, gone: int, then: int) -> None:
    engine = waiting(5)
    async with looking_at(engine) as sight:
        await sight.press("down", "up", *["down"] * moves)
        assert selected(sight) == id_of(gone)
        engine.remove([job(gone)])
        await sight.settled()
        assert selected(sight) == id_of(then)


async def test_keys_move_the_cursor_by_lines_by_screens_and_to_the_ends() -> None:
    async with looking_at(waiting(100), size=(140, 24)) as sight:
        page = len(sight.jobs) - 1
        for key, number in (
            ("j", 2),
            ("down", 3),
            ("k", 2),
            ("pagedown", 2 + page),
            ("end", 100),
            ("down", 100),
            ("pageup", 100 - page),
            ("home", 1),
            ("up", 1),
            ("G", 100),
            ("g", 1),
        ):
            await sight.press(key)
            assert selected(sight) == id_of(number), key


async def test_a_click_selects_a_row_and_a_second_one_goes_to_the_detail() -> None:
    async with looking_at(waiting(9)) as sight:
        await sight.click(id_of(6))
        assert selected(sight) == id_of(6)
        await sight.click(id_of(6))
        await sight.press("down")
        assert selected(sight) == id_of(6)


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_wheel_scrolls_and_new_states_keep_the_position(size: tuple[int, int]) -> None:
    engine = waiting(100)
    async with looking_at(engine, size) as sight:
        await sight.press("down", "up")
        for _ in range(4):
            sight.glass.receive("\x1b[<65;10;5M")
            await sight.settled()
        shown = ids(sight)
        assert id_of(1) not in shown
        engine.label([job(1), job(60)], "CS-1")
        await wait_for_unfreeze(sight)
        assert ids(sight) == shown
        assert sight.detail_title.startswith("CS-1 · 00000001")


async def test_the_engine_is_told_which_job_is_focused() -> None:
    engine = waiting(5)
    async with looking_at(engine) as sight:
        await sight.press("down", "down")
        await sight.until(lambda _: engine.attended[-1:] == [job(3)])
        engine.remove(job(number) for number in range(1, 6))
        await sight.until(lambda _: engine.attended[-1] is None)


def last_shown(engine: ScriptedEngine) -> list[str]:
    """Return the visible jobs that the engine was told about last, as far as every row shows their ids."""
    return [f"{one.id.given[:8]}…" for one in engine.shown[-1]]


async def assert_engine_knows_rows(sight: Sight) -> None:
    await sight.until(lambda _: last_shown(sight.engine) == ids(sight))


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_engine_is_told_which_jobs_are_on_screen_however_they_came_there(size: tuple[int, int]) -> None:
    engine = waiting(100)
    async with looking_at(engine, size) as sight:
        assert len(last_shown(engine)) == len(ids(sight)) > 5
        for _ in range(4):
            sight.glass.receive("\x1b[<65;10;5M")
            await sight.settled()
        await assert_engine_knows_rows(sight)
        for keys in (["end"], ["s", "down", "enter"], ["home"], ["/", *"00000009", "enter"], ["escape"]):
            await sight.press(*keys)
            await assert_engine_knows_rows(sight)
        await sight.resize(size[0], size[1] - 5)
        await assert_engine_knows_rows(sight)
        tell(engine, 3, FAILED)
        await wait_for_unfreeze(sight)
        await assert_engine_knows_rows(sight)
        engine.remove(job(number) for number in range(1, 101))
        await assert_engine_knows_rows(sight)
        engine.watch([watch(101)])
        await assert_engine_knows_rows(sight)


async def test_the_engine_is_told_of_visible_jobs_only_after_changes() -> None:
    engine = waiting(100)
    async with looking_at(engine) as sight:
        await sight.press("down", "down", "tab", "tab", "2")
        tell(engine, 1, RUNNING)
        engine.label([job(2)], "CS-7")
        await asyncio.sleep(2 * SOON)
        await sight.settled()
        assert len(engine.shown) == 1
        for _ in range(20):
            sight.glass.receive("\x1b[<65;10;5M")
        await assert_engine_knows_rows(sight)
        assert len(engine.shown) < 6


async def test_a_key_renews_the_focus_report_from_time_to_time() -> None:
    engine = waiting(3)
    async with looking_at(engine) as sight:
        await sight.press("down")
        await sight.until(lambda _: engine.attended[-1:] == [job(2)])
        await asyncio.sleep(10 * SOON)  # the start has its own timer
        before = len(engine.attended)
        await sight.press(*"2121")
        assert len(engine.attended) == before
        engine.clock.at += 400
        await sight.press("1")
        await sight.until(lambda _: len(engine.attended) > before)


async def test_the_border_shows_the_number_of_jobs() -> None:
    engine = waiting(1_200)
    async with looking_at(engine) as sight:
        assert "╭─ Jobs · 1,200 · by urgency ─" in sight.rows[1]
        engine.remove([job(1)])
        await sight.settled()
        assert "╭─ Jobs · 1,199 · by urgency ─" in sight.rows[1]


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_unread_jobs_are_on_top_with_a_sign_until_they_are_read(size: tuple[int, int]) -> None:
    engine = staged(FAILED, FAILED, RUNNING, RUNNING, DONE)
    engine.mark_read([job(2)])
    async with looking_at(engine, size) as sight:
        assert ids(sight) == [id_of(number) for number in (1, 3, 4, 2, 5)]
        assert signs(sight) == "●   ●"
        await sight.press("end", "up", "up")
        tell(engine, 3, FAILED)
        await wait_for_unfreeze(sight)
        assert ids(sight) == [id_of(number) for number in (3, 1, 4, 2, 5)]
        assert signs(sight).startswith("●● ")
        await sight.press("home")
        await sight.until(lambda _: signs(sight)[0] == " ")
        await wait_for_unfreeze(sight)
        assert ids(sight) == [id_of(number) for number in (1, 4, 3, 2, 5)]
        await sight.press("A")
        assert signs(sight) == "     "


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_change_under_the_cursor_is_read_after_a_key(size: tuple[int, int]) -> None:
    engine = waiting(3)
    async with looking_at(engine, size) as sight:
        await sight.press("down")
        await sight.until(lambda _: len(engine.attended) == 2)
        tell(engine, 2, FAILED)
        await wait_for_unfreeze(sight)
        await rest_cursor(sight)
        assert signs(sight) == "●  "
        await sight.press("2")
        await sight.until(lambda _: signs(sight) == "   ")


@pytest.mark.parametrize(("key", "size"), [("tab", (140, 40)), ("3", (80, 24)), ("enter", (50, 15))])
async def test_opening_the_first_job_marks_it_as_read(key: str, size: tuple[int, int]) -> None:
    async with looking_at(staged(FAILED, RUNNING), size) as sight:
        await rest_cursor(sight)
        assert signs(sight) == "● "
        await sight.press(key)
        await rest_cursor(sight)
        await sight.press("escape")
        assert signs(sight) == "  "


async def test_n_goes_to_the_next_unread_job() -> None:
    engine = staged(RUNNING, RUNNING, FAILED, RUNNING, DONE)
    async with looking_at(engine) as sight:
        assert ids(sight) == [id_of(number) for number in (3, 1, 2, 4, 5)]
        await sight.press("n")
        assert selected(sight) == id_of(5)
        await sight.press("n")
        assert selected(sight) == id_of(3)


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_space_marks_and_actions_act_on_the_marked(size: tuple[int, int]) -> None:
    engine = waiting(6)
    async with looking_at(engine, size) as sight:
        await sight.press("space", "down", "space")
        assert signs(sight) == "◆ ◆   "
        assert "2 marked" in sight.rows[1]
        await sight.press("r")
        assert engine.asked == [job(1), job(3)]
        await sight.press("x")
        assert ids(sight) == [id_of(number) for number in (2, 4, 5, 6)]
        assert "marked" not in sight.rows[1]
        await sight.press("u")
        assert len(ids(sight)) == 6


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_range_or_all_jobs_can_be_marked_and_escape_unmarks(size: tuple[int, int]) -> None:
    async with looking_at(waiting(6), size) as sight:
        await sight.press("down", "space", "down", "down", "V")
        assert signs(sight) == " ◆◆◆◆ "
        await sight.press("escape")
        assert signs(sight) == "      "
        await sight.press("*")
        assert signs(sight) == "◆◆◆◆◆◆"
        await sight.press("*")
        assert signs(sight) == "      "


async def test_a_mark_stays_with_its_job() -> None:
    engine = waiting(4)
    async with looking_at(engine) as sight:
        await sight.press("down", "space")
        tell(engine, 4, FAILED)
        await wait_for_unfreeze(sight)
        assert dict(zip(ids(sight), signs(sight), strict=True))[id_of(2)] == "◆"


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_an_empty_watchlist_explains_what_to_do(size: tuple[int, int]) -> None:
    async with looking_at(staged(), size) as sight:
        assert "Paste any text that contains job ids to add them." in sight.words
        assert "◌ 0" in sight.bar
        assert not any(sight.jobs)
        assert len({cell.bg for cell in sight.glass.display.screen.buffer[2].values()}) == 1, "no cursor either"
        await sight.press("down", "enter", "x", "l", "r", "left", "right", "end", "tab")
        assert "No jobs." in sight.text
