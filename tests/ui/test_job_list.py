import asyncio

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, job, watch
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import FixedClock, ScriptedEngine
from tests.support.staging import bring_response, observation_of, staged
from tests.ui.sizes import NARROW_FIRST
from zjobtui.models.observation import Failure
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.ui.themes import FEW_COLOURS, OWN_THEMES, Appearance

DONE = "recorded-completed-localised"
PENDING = "recorded-completed-order-pending"
FAILED = "recorded-failed-lock"
RUNNING = "recorded-processing"
SOON = 0.1


@pytest.fixture(autouse=True)
def _seen_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.ui.detail_controller.SELECTION_DELAY", SOON)
    monkeypatch.setattr("zjobtui.ui.detail_controller.VISIBLE_ROWS_DELAY", SOON)


def waiting(count: int) -> ScriptedEngine:
    """Return running jobs, each added one second after the one before."""
    engine = ScriptedEngine(FixedClock(NOW))
    engine.watch(replace(watch(number), added_at=NOW - 1_000 + number) for number in range(1, count + 1))
    engine.bring(*((job(number), observation_of(RUNNING)) for number in range(1, count + 1)))
    return engine


def id_of(number: int) -> str:
    """Return the part of the id that every row shows."""
    return f"{number:08x}…"


def ids(view: ScreenView) -> list[str]:
    """Return the ids in the rows, as far as every row shows them."""
    return [f"{row[2:].split()[2][:8]}…" for row in view.jobs if row]


def signs(view: ScreenView) -> str:
    """Return the first cell of each row: the sign for marked or unread."""
    return "".join(row[0] for row in view.jobs if row)


async def wait_for_unfreeze(view: ScreenView) -> None:
    """Wait without keys until the order may change again."""
    view.engine.clock.at += 10
    await asyncio.sleep(0.15)
    await view.settled()


async def rest_cursor(view: ScreenView) -> None:
    """Rest the cursor until the job is marked as read."""
    await asyncio.sleep(2 * SOON)
    await view.settled()


def cursor_row(view: ScreenView) -> int:
    """Return the index of the row that is drawn as the cursor."""
    buffer = view.terminal.display.screen.buffer
    looks = [buffer[2 + bool(view.header) + y][1].bg for y in range(len(view.jobs))]
    usual = max(set(looks), key=looks.count)
    (place,) = [y for y, look in enumerate(looks) if look != usual]
    return place


def selected(view: ScreenView) -> str:
    """Return the id in the row of the cursor; check that the detail shows the same job."""
    chosen = ids(view)[cursor_row(view)]
    assert view.detail_title.startswith(chosen[:-1])
    return chosen


async def test_a_row_shows_verdict_name_reason_and_time_below_a_header() -> None:
    engine = staged(PENDING, RUNNING, labels=("CS-4390",))
    bring_response(engine, 2, RUNNING, after=250)
    async with run_monitor(engine) as view:
        assert view.header.split() == ["STATUS▼", "JOB", "WHY", "TIME"]
        assert " ".join(view.jobs[0].split()) == "● ! attention CS-4390 · 00000001 order Pending had ended"
        assert [word[:8] for word in view.jobs[1].split()] == ["◌", "running", "00000002", "4m"]
        await view.resize(200, 40)
        assert view.header.split() == ["STATUS▼", "JOB", "WHY", "ACCOUNT", "ORDER", "TIME"]
        for text in ("order Pending", "A00000218", "O-00005577", "had ended"):
            assert text in view.jobs[0]
        assert "00000002" in view.jobs[1]


async def test_without_colour_and_in_ascii_signs_and_arrows_are_words_and_letters() -> None:
    engine = staged(*[FAILED] * 40, RUNNING)
    engine.note([job(1)], "ask finance")
    async with run_monitor(engine, (200, 24), look=Appearance(is_ascii=True)) as view:
        assert "STATUS v" in view.rows[2]
        assert "v 21 new failed" in view.rows[1]
        assert " * " in view.rows[3][4:]
        await view.press("end")
        assert "^ 22 new failed" in view.rows[1]
        assert all(row.isascii() for row in view.rows)


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_every_verdict_has_a_glyph_and_a_word(size: tuple[int, int]) -> None:
    async with run_monitor(staged(FAILED, PENDING, "derived-not-found", RUNNING, DONE), size) as view:
        assert [row[2:].split()[:2] for row in view.jobs[:5]] == [
            ["✗", "failed"],
            ["!", "attention"],
            ["?", "unknown"],
            ["◌", "running"],
            ["✓", "done"],
        ]


async def test_a_narrow_row_keeps_verdict_name_and_reason() -> None:
    async with run_monitor(staged(PENDING, labels=("CS-4390",)), size=(50, 24)) as view:
        assert view.jobs[0].split() == ["●", "!", "attention", "CS-4390", "000000", "order", "Pending"]


async def test_a_low_terminal_has_no_header_but_the_order_in_the_title_and_the_reason() -> None:
    async with run_monitor(staged(PENDING, labels=("CS-4390",)), size=(30, 8)) as view:
        assert view.header == ""
        assert view.jobs[0].split() == ["●", "!", "00000001", "order", "Pending"]
        assert "Jobs · 1 · by urgency" in view.rows[1]


async def test_a_long_label_is_cut_with_a_mark_and_pushes_nothing() -> None:
    async with run_monitor(staged(PENDING, PENDING, labels=("CS-1", "renewal of " * 30))) as view:
        assert view.jobs[1].startswith("● ! attention renewal ")
        assert "… · 00000002 order Pending" in view.jobs[1]
        assert view.jobs[1].index("order") == view.jobs[0].index("order")


@pytest.mark.slow
@pytest.mark.parametrize("size", [*NARROW_FIRST, (100, 30)])
async def test_columns_do_not_move_when_a_scrollbar_appears(size: tuple[int, int]) -> None:
    async with run_monitor(staged(*[PENDING] * 50, labels=("only", *["many"] * 49)), size) as view:
        await view.press("s", "end", "enter", "home")
        before = view.row("! attention only")[2 : size[0] // 2 - 4]
        await view.press("/", *"only", "enter")
        assert "Jobs · 1 of 50" in view.rows[1]
        assert view.row("! attention only")[2 : size[0] // 2 - 4] == before


@pytest.mark.parametrize(
    "theme",
    ["dark", *(pytest.param(theme, marks=pytest.mark.slow) for theme in ("light", "high-contrast", "colour-blind"))],
)
async def test_with_few_colours_the_selected_row_is_reversed_and_no_row_has_a_background(
    theme: str,
) -> None:
    kinds = ("recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing", "derived-preview")
    async with run_monitor(staged(*kinds), (80, 24), look=Appearance(theme=theme)) as view:
        view.app.add_class(FEW_COLOURS)
        plain, ground = (getattr(OWN_THEMES[theme], name).strip("#") for name in ("foreground", "background"))
        for keys in ((), ("down",), ("down",), ("down",), ("tab",)):
            await view.press(*keys)
            verdicts = [view.terminal.display.screen.buffer[view.rows.index(view.row(row))][3] for row in view.jobs[:4]]
            (cursor,) = [cell for cell in verdicts if cell.reverse or cell.underscore]
            assert {cell.bg for cell in verdicts} == {ground}
            assert cursor.reverse is (keys != ("tab",))
            assert (cursor.fg == plain) is cursor.reverse


async def test_the_most_urgent_and_newest_jobs_come_first() -> None:
    engine = staged(RUNNING, RUNNING, RUNNING, RUNNING, RUNNING)
    for number, result in ((1, DONE), (2, FAILED), (3, PENDING), (4, "derived-not-found")):
        bring_response(engine, number, result)
    async with run_monitor(engine) as view:
        assert ids(view) == [id_of(number) for number in (2, 3, 4, 5, 1)]


async def test_a_row_without_a_response_in_time_is_marked_stale() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        assert view.jobs[0].endswith("<10s")
        engine.clock.at += 16
        await view.until("stale 10s")
        engine.clock.at += 400
        await view.until("stale 6m")
        assert view.jobs[0].startswith("  ◌ running ")
        bring_response(engine, 1, RUNNING)
        await view.settled()
        assert "stale" not in view.text


async def test_a_job_without_a_response_says_so() -> None:
    engine = staged(None)
    engine.clock.at += 60
    async with run_monitor(engine) as view:
        assert view.jobs[0].split()[-4:] == ["no", "response", "yet", "stale"]


async def test_a_failed_call_does_not_make_a_row_look_fresh() -> None:
    engine = staged(RUNNING)
    async with run_monitor(engine) as view:
        bring_response(engine, 1, Failure(Problem(ProblemKind.TIMED_OUT, "no answer"), 0.0), after=100)
        await view.settled()
        assert view.jobs[0].endswith("stale 1m")


async def test_ages_of_running_jobs_do_not_grow_while_polling_is_paused() -> None:
    engine = staged(RUNNING)
    bring_response(engine, 1, RUNNING, after=60)
    async with run_monitor(engine) as view:
        await view.press("p")
        engine.clock.at += 600
        await view.until("stale 10m")
        await view.press("p")
        bring_response(engine, 1, RUNNING)
        await view.settled()
        assert view.jobs[0].endswith(" 11m")


@pytest.mark.slow
async def test_until_it_is_moved_the_cursor_is_on_the_first_row() -> None:
    engine = waiting(10)
    async with run_monitor(engine) as view:
        assert (cursor_row(view), selected(view)) == (0, id_of(1))
        bring_response(engine, 7, FAILED)
        await view.settled()
        assert (cursor_row(view), selected(view)) == (0, id_of(7))


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_cursor_stays_with_its_job_when_rows_move(size: tuple[int, int]) -> None:
    engine = waiting(10)
    async with run_monitor(engine, size) as view:
        await view.press("down", "down", "down")
        assert selected(view) == id_of(4)
        bring_response(engine, 9, FAILED)
        bring_response(engine, 1, DONE)
        await wait_for_unfreeze(view)
        assert (cursor_row(view), selected(view)) == (3, id_of(4))
        bring_response(engine, 4, FAILED)
        await wait_for_unfreeze(view)
        assert selected(view) == id_of(4)


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_while_the_user_navigates_rows_keep_their_order_and_are_updated(size: tuple[int, int]) -> None:
    engine = waiting(5)
    async with run_monitor(engine, size) as view:
        await view.press("down")
        bring_response(engine, 4, FAILED)
        await view.settled()
        assert ids(view) == [id_of(number) for number in (1, 2, 3, 4, 5)]
        assert view.jobs[3].startswith("● ✗ failed ")
        await view.press("down")
        assert ids(view)[0] == id_of(1)
        await wait_for_unfreeze(view)
        assert (cursor_row(view), selected(view)) == (2, id_of(3))
        assert ids(view) == [id_of(number) for number in (1, 2, 3, 5)], "4 is above"
        assert "▲ 1 new failed" in view.rows[1]
        await view.press("n")
        assert ids(view) == [id_of(number) for number in (4, 1, 2, 3, 5)]
        assert selected(view) == id_of(4)


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_job_under_the_cursor_keeps_its_place_on_the_screen(size: tuple[int, int]) -> None:
    engine = waiting(200)
    async with run_monitor(engine, size) as view:
        await view.press("pagedown", "pagedown", "pagedown", "up", "up", "up", "up")
        place, chosen = cursor_row(view), selected(view)
        for number in range(190, 196):
            bring_response(engine, number, FAILED)
        await wait_for_unfreeze(view)
        assert (cursor_row(view), selected(view)) == (place, chosen)
        for number in range(1, 12):
            bring_response(engine, number, DONE)
        await wait_for_unfreeze(view)
        assert (cursor_row(view), selected(view)) == (place, chosen)


@pytest.mark.slow
async def test_a_new_job_does_not_move_the_cursor_to_another() -> None:
    engine = waiting(5)
    async with run_monitor(engine) as view:
        await view.press("down")
        engine.watch([replace(watch(77), added_at=NOW - 5_000)])
        await view.settled()
        assert selected(view) == id_of(2)


@pytest.mark.slow
@pytest.mark.parametrize(("moves", "gone", "then"), [(2, 3, 4), (4, 5, 4), (0, 1, 2)])
async def test_when_the_selected_job_is_removed_its_neighbour_is_selected(moves: int, gone: int, then: int) -> None:
    engine = waiting(5)
    async with run_monitor(engine) as view:
        await view.press("down", "up", *["down"] * moves)
        assert selected(view) == id_of(gone)
        engine.remove([job(gone)])
        await view.settled()
        assert selected(view) == id_of(then)


@pytest.mark.slow
async def test_keys_move_the_cursor_by_lines_by_screens_and_to_the_ends() -> None:
    async with run_monitor(waiting(100), size=(140, 24)) as view:
        page = len(view.jobs) - 1
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
            await view.press(key)
            assert selected(view) == id_of(number), key


@pytest.mark.slow
async def test_a_click_selects_a_row_and_a_second_one_goes_to_the_detail() -> None:
    async with run_monitor(waiting(9)) as view:
        await view.click(id_of(6))
        assert selected(view) == id_of(6)
        await view.click(id_of(6))
        await view.press("down")
        assert selected(view) == id_of(6)


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_wheel_scrolls_and_new_states_keep_the_position(size: tuple[int, int]) -> None:
    engine = waiting(100)
    async with run_monitor(engine, size) as view:
        await view.press("down", "up")
        for _ in range(4):
            view.terminal.receive("\x1b[<65;10;5M")
            await view.settled()
        shown = ids(view)
        assert id_of(1) not in shown
        engine.label([job(1), job(60)], "CS-1")
        await wait_for_unfreeze(view)
        assert ids(view) == shown
        assert view.detail_title.startswith("CS-1 · 00000001")


async def test_the_engine_knows_which_job_is_focused() -> None:
    engine = waiting(5)
    async with run_monitor(engine) as view:
        await view.press("down", "down")
        await view.until(lambda _: engine.attended[-1:] == [job(3)])
        engine.remove(job(number) for number in range(1, 6))
        await view.until(lambda _: engine.attended[-1] is None)


def last_shown(engine: ScriptedEngine) -> list[str]:
    """Return the visible jobs that were last reported to the engine, if every row shows its id."""
    return [f"{one.id.given[:8]}…" for one in engine.shown[-1]]


async def assert_engine_knows_rows(view: ScreenView) -> None:
    await view.until(lambda _: last_shown(view.engine) == ids(view))


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_engine_knows_which_jobs_are_on_screen(size: tuple[int, int]) -> None:
    engine = waiting(100)
    async with run_monitor(engine, size) as view:
        assert len(last_shown(engine)) == len(ids(view)) > 5
        for _ in range(4):
            view.terminal.receive("\x1b[<65;10;5M")
            await view.settled()
        await assert_engine_knows_rows(view)
        for keys in (["end"], ["s", "a", "enter"], ["home"], ["/", *"00000009", "enter"], ["escape"]):
            await view.press(*keys)
            await assert_engine_knows_rows(view)
        await view.resize(size[0], size[1] - 5)
        await assert_engine_knows_rows(view)
        bring_response(engine, 3, FAILED)
        await wait_for_unfreeze(view)
        await assert_engine_knows_rows(view)
        engine.remove(job(number) for number in range(1, 101))
        await assert_engine_knows_rows(view)
        engine.watch([watch(101)])
        await assert_engine_knows_rows(view)


@pytest.mark.slow
async def test_visible_jobs_are_reported_to_the_engine_only_after_changes() -> None:
    engine = waiting(100)
    async with run_monitor(engine) as view:
        await view.press("down", "down", "tab", "tab", "2")
        bring_response(engine, 1, RUNNING)
        engine.label([job(2)], "CS-7")
        await asyncio.sleep(2 * SOON)
        await view.settled()
        assert len(engine.shown) == 1
        for _ in range(20):
            view.terminal.receive("\x1b[<65;10;5M")
        await assert_engine_knows_rows(view)
        assert len(engine.shown) < 6


@pytest.mark.slow
async def test_a_key_renews_the_report_of_the_focused_job_from_time_to_time() -> None:
    engine = waiting(3)
    async with run_monitor(engine) as view:
        await view.press("down")
        await view.until(lambda _: engine.attended[-1:] == [job(2)])
        await asyncio.sleep(10 * SOON)  # the start has its own timer
        before = len(engine.attended)
        await view.press(*"2121")
        assert len(engine.attended) == before
        engine.clock.at += 400
        await view.press("1")
        await view.until(lambda _: len(engine.attended) > before)


@pytest.mark.slow
async def test_the_border_shows_the_number_of_jobs() -> None:
    engine = waiting(1_200)
    async with run_monitor(engine) as view:
        assert "╭─ Jobs · 1,200 ─" in view.rows[1]
        engine.remove([job(1)])
        await view.settled()
        assert "╭─ Jobs · 1,199 ─" in view.rows[1]


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_reading_a_job_only_removes_its_sign(size: tuple[int, int]) -> None:
    engine = staged(FAILED, FAILED, RUNNING, RUNNING, DONE)
    engine.mark_read([job(2)])
    async with run_monitor(engine, size) as view:
        order = [id_of(number) for number in (1, 2, 3, 4, 5)]
        assert (ids(view), signs(view)) == (order, "●   ●")
        await view.press("down", "up")
        await view.until(lambda _: signs(view)[0] == " ")
        await wait_for_unfreeze(view)
        assert (ids(view), signs(view)) == (order, "    ●")
        await view.press("A")
        await wait_for_unfreeze(view)
        assert (ids(view), signs(view)) == (order, "     ")


@pytest.mark.slow
@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_change_under_the_cursor_is_read_after_a_key(size: tuple[int, int]) -> None:
    engine = waiting(3)
    async with run_monitor(engine, size) as view:
        await view.press("down")
        await view.until(lambda _: engine.attended[-1:] == [job(2)])
        bring_response(engine, 2, FAILED)
        await wait_for_unfreeze(view)
        await rest_cursor(view)
        assert signs(view) == " ● ", "it is where the cursor came to it"
        await view.press("2")
        await view.until(lambda _: signs(view) == "   ")


@pytest.mark.slow
@pytest.mark.parametrize(("key", "size"), [("tab", (140, 40)), ("3", (80, 24)), ("enter", (50, 15))])
async def test_opening_the_first_job_marks_it_as_read(key: str, size: tuple[int, int]) -> None:
    async with run_monitor(staged(FAILED, RUNNING), size) as view:
        await rest_cursor(view)
        assert signs(view) == "● "
        await view.press(key)
        await rest_cursor(view)
        await view.press("escape")
        assert signs(view) == "  "


async def test_n_goes_to_the_next_unread_job() -> None:
    engine = staged(RUNNING, RUNNING, FAILED, RUNNING, DONE)
    async with run_monitor(engine) as view:
        assert ids(view) == [id_of(number) for number in (3, 1, 2, 4, 5)]
        await view.press("n")
        assert selected(view) == id_of(5)
        await view.press("n")
        assert selected(view) == id_of(3)


async def test_in_any_order_n_goes_to_failed_jobs_below_before_unread_jobs_in_view() -> None:
    async with run_monitor(staged(*[DONE] * 40, FAILED, DONE, PENDING, DONE), (140, 30)) as view:
        await view.press("s", "j", "enter", "home")
        assert ids(view)[:2] == [id_of(1), id_of(2)]
        assert "▼ 1 new failed, 1 new attention" in view.rows[1]
        await view.press("n")
        assert selected(view) == id_of(41)
        await rest_cursor(view)
        await view.press("n")
        assert selected(view) == id_of(43)
        assert "▼" not in view.rows[1]
        await rest_cursor(view)
        await view.press("n")
        assert selected(view) == id_of(44)


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_space_marks_and_actions_act_on_the_marked(size: tuple[int, int]) -> None:
    engine = waiting(6)
    async with run_monitor(engine, size) as view:
        await view.press("space", "down", "space")
        assert signs(view) == "◆ ◆   "
        assert "2 marked" in view.rows[1]
        await view.press("r")
        assert engine.asked == [job(1), job(3)]
        await view.press("x")
        assert ids(view) == [id_of(number) for number in (2, 4, 5, 6)]
        assert "marked" not in view.rows[1]
        await view.press("u")
        assert len(ids(view)) == 6


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_range_or_all_jobs_can_be_marked_and_escape_unmarks(size: tuple[int, int]) -> None:
    async with run_monitor(waiting(6), size) as view:
        await view.press("down", "space", "down", "down", "V")
        assert signs(view) == " ◆◆◆◆ "
        await view.press("escape")
        assert signs(view) == "      "
        await view.press("*")
        assert signs(view) == "◆◆◆◆◆◆"
        await view.press("*")
        assert signs(view) == "      "


async def test_a_mark_stays_with_its_job() -> None:
    engine = waiting(4)
    async with run_monitor(engine) as view:
        await view.press("down", "space")
        bring_response(engine, 4, FAILED)
        await wait_for_unfreeze(view)
        assert dict(zip(ids(view), signs(view), strict=True))[id_of(2)] == "◆"


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_an_empty_watchlist_explains_what_to_do(size: tuple[int, int]) -> None:
    async with run_monitor(staged(), size) as view:
        assert "Paste any text that contains job ids to add them." in view.words
        assert "◌ 0" in view.bar
        assert not any(view.jobs)
        assert len({cell.bg for cell in view.terminal.display.screen.buffer[2].values()}) == 1, "no cursor either"
        await view.press("down", "enter", "x", "l", "r", "left", "right", "end", "tab")
        assert "No jobs." in view.text


async def test_changes_above_and_below_are_in_the_title_and_cover_no_column() -> None:
    async with run_monitor(staged(*[FAILED] * 40, *[PENDING] * 40), (140, 30)) as view:
        assert "Jobs · 80 · ▼ 15 new failed, 40 new attention " in view.rows[1]
        titles = view.header
        await view.press("s", "w", "enter", *["pagedown"] * 2)
        assert titles.split() == ["STATUS▼", "JOB", "WHY", "ORDER", "TIME"]
        assert view.header.split() == ["STATUS", "JOB", "WHY▲", "ORDER", "TIME"]
        assert "Jobs · 80 · ▲ 24 new failed · ▼ 31 new attention" in view.rows[1]
        await view.click("▼")
        assert "! attention" in view.jobs[-1]
        await view.click("▲")
        assert "▲" not in view.rows[1]


async def test_changes_are_signs_and_numbers_if_the_title_has_no_room_for_words() -> None:
    async with run_monitor(staged(*[FAILED] * 40, *[PENDING] * 20), (47, 14)) as view:
        assert "Jobs · 60 · ▼ ✗ 31 ! 20 ─" in view.rows[1]
        assert view.header.split() == ["STATUS▼", "JOB", "WHY"]


async def test_the_title_names_an_order_whose_column_is_not_shown() -> None:
    async with run_monitor(staged(*[FAILED] * 40), (100, 30)) as view:
        await view.press("s", "w", "enter")
        assert "WHY▲" in view.header
        assert "by why" not in view.rows[1]
        await view.press("s", "a", "enter")
        assert "Jobs · 40 · by account · ▼ 1" in view.rows[1]
