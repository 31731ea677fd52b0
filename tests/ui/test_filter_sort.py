import pytest
from msgspec.structs import replace

from tests.support.building import NOW, job, watch
from tests.support.screen_harness import ScreenView, join_lines, run_monitor
from tests.support.scripted import FixedClock, ScriptedEngine
from tests.support.staging import bring_response, observation_of, staged
from tests.ui.sizes import WIDE_FIRST
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.ui.filter_terms import join_terms, split_verdict

FAILED, PENDING, RUNNING = "recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing"
PENDING_TOO = "derived-completed-everything"
KINDS = ("recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing", "derived-preview")
LABELS = ("beta", "Alpha one", "", "gamma")


def shown(view: ScreenView) -> int:
    return len([row for row in view.jobs if row])


def names(view: ScreenView) -> list[str]:
    return [row[14:].partition(" · ")[0].strip() for row in view.jobs if row]


def engine() -> ScriptedEngine:
    return staged(*KINDS, labels=LABELS)


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_slash_filters_with_every_key_and_the_title_shows_the_filter(size: tuple[int, int]) -> None:
    async with run_monitor(engine(), size) as view:
        await view.press("/")
        await view.press(*"alpha")
        assert names(view) == ["Alpha one"]
        assert "Jobs · 1 of 4 · filter: alpha ─" in view.rows[1]
        assert view.detail_title.startswith("Alpha one")
        await view.press("enter")
        assert shown(view) == 1
        await view.press("x")
        assert shown(view) == 0
        assert "No jobs match “alpha”. Esc clears the filter." in view.words
        assert "No jobs match “alpha”. Esc clears the filter." in view.row("─ No jobs")


async def test_an_unknown_saved_filter_is_reported() -> None:
    async with run_monitor(engine()) as view:
        await view.press("/")
        await view.press(*"@nope")
        assert "“@nope” is not a saved filter" in view.text


@pytest.mark.slow
async def test_escape_in_the_filter_shows_all_jobs_again() -> None:
    async with run_monitor(engine()) as view:
        await view.press("/")
        await view.press(*"status:failed")
        assert names(view) == ["beta"]
        await view.press("escape")
        assert shown(view) == 4
        assert "filter" not in view.rows[1]


async def test_escape_in_the_list_clears_the_filter() -> None:
    async with run_monitor(engine()) as view:
        await view.press("/")
        await view.press(*"alpha", "enter", "escape")
        assert shown(view) == 4


@pytest.mark.parametrize("words", ["zzz", "alpha"])
async def test_clearing_a_filter_restores_the_cursor(words: str) -> None:
    async with run_monitor(engine()) as view:
        await view.press("end", "up")
        before = view.detail_title
        await view.press("/", *words)
        assert view.detail_title != before
        await view.press("escape")
        assert view.detail_title == before


@pytest.mark.parametrize("size", [*WIDE_FIRST, (50, 15)])
async def test_a_filter_is_typed_above_the_keys_and_nothing_covers_it(size: tuple[int, int]) -> None:
    async with run_monitor(engine(), size) as view:
        await view.press("x", "/")
        assert "words, status:failed, order:O-1" in view.rows[-2]
        assert "▌" not in view.text
        assert view.rows[-1].startswith(" enter keep  tab accept ")


async def test_the_filter_input_opens_with_the_current_filter() -> None:
    async with run_monitor(engine()) as view:
        await view.press("/")
        await view.press(*"alp", "enter")
        await view.press("/")
        assert view.rows[-2].strip() == "alp"
        await view.press("end", *"ha")
        assert names(view) == ["Alpha one"]


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_an_invalid_term_is_reported_and_the_rest_applies(size: tuple[int, int]) -> None:
    async with run_monitor(engine(), size) as view:
        await view.press("/")
        await view.press(*"alpha stats:failed")
        assert names(view) == ["Alpha one"]
        assert "Unknown field “stats”; try status:failed" in view.row("╰─")
        await view.press("escape")
        assert "There is no" not in view.text


TWO_PROBLEMS = "Unknown field “stats”; try status:failed,attention · “bar” is not a valid state; try is:stale"


@pytest.mark.parametrize(
    "size", [(30, 10), pytest.param((100, 30), marks=pytest.mark.slow), pytest.param((80, 18), marks=pytest.mark.slow)]
)
async def test_filter_errors_are_shown_in_full_during_and_after_typing(size: tuple[int, int]) -> None:
    async with run_monitor(engine(), size) as view:
        await view.press("/", *"alpha stats:failed")
        assert "Unknown field “stats”; try status:failed" in join_lines(view.text)
        await view.press(*" is:bar order:")
        lines = 2 if size == (30, 10) else 3
        typed = join_lines(" ".join(view.rows[-2 - lines : -2]))
        assert typed.endswith(TWO_PROBLEMS) or (size == (30, 10) and typed.endswith("…"))
        await view.press("enter")
        after = join_lines(" ".join(view.rows[1:4]))
        assert after.startswith(TWO_PROBLEMS) or size == (30, 10)
        await view.press("escape")
        assert "Unknown field" not in view.text


FOUND = {
    "00000003": "c",
    "ALPHA": "b",
    "o-00005577": "b",
    "a00000218": "b",
    "a-s00012346": "b",
    "acme": "c",
    "lock competition": "a",
    "status:failed": "a",
    "status:failed,attention": "ab",
    "status:Processing": "ce",
    "order:5577": "b",
    "account:218": "b",
    "tag:acme": "c",
    "type:preview": "d",
    "age>10m": "ce",
    "age<10m": "abd",
    "is:stale": "e",
    "is:unread": "bd",
    "!is:unread": "ace",
    "!status:running !type:preview": "ab",
    "status:running !tag:acme": "e",
}


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_every_word_and_term_matches_its_rows(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.ui.detail_controller.SELECTION_DELAY", 1_000.0)
    stage = staged(*KINDS, RUNNING, labels=("a", "b Alpha", "c", "d", "e"))
    stage.tag([job(3)], ("acme",))
    stage.mark_read([job(1)])
    stage.clock.at += 900
    stage.bring((job(3), observation_of(RUNNING, stage.clock.at)), planned=60.0)
    recent = [replace(one, added_at=stage.clock.at - 60) for one in stage.state.watchlist]
    for number in (0, 1, 3):
        stage.remove([recent[number].job])
        stage.restore([recent[number]])
    async with run_monitor(stage, size) as view:
        await view.press("/")
        for text, expected in FOUND.items():
            await view.press("ctrl+u")
            await view.paste(text)
            assert sorted(name[0] for name in names(view)) == list(expected), text
            assert f" filter: {text} " in view.rows[1]


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_a_filter_by_age_is_updated_without_new_states(size: tuple[int, int]) -> None:
    stage = staged(RUNNING, labels=("alpha",))
    stage.bring((job(1), observation_of(RUNNING)), planned=300.0)
    async with run_monitor(stage, size) as view:
        await view.press("/", *"age>10m", "enter")
        assert shown(view) == 0
        stage.clock.at += 601
        await view.until("◌ running   alpha")
        await view.press("/", "ctrl+u", *"is:stale", "enter")
        assert shown(view) == 0
        stage.clock.at += 300
        await view.until("◌ running   alpha")


async def test_keys_typed_into_the_filter_do_nothing_else() -> None:
    stage = engine()
    async with run_monitor(stage) as view:
        await view.press("/")
        await view.press(*"xrpqau?")
        assert not stage.asked
        assert not stage.is_paused
        assert len(stage.state.watchlist) == 4
        assert not view.app._exit


async def test_a_paste_into_the_filter_stays_there() -> None:
    async with run_monitor(engine()) as view:
        await view.press("/")
        await view.paste("alpha")
        assert names(view) == ["Alpha one"]
        assert "Add jobs" not in view.text


@pytest.mark.slow
async def test_a_job_that_starts_to_match_is_shown() -> None:
    stage = engine()
    async with run_monitor(stage) as view:
        await view.press("/")
        await view.press(*"status:failed", "enter")
        bring_response(stage, 3, "recorded-failed-input")
        await view.settled()
        assert shown(view) == 2


@pytest.mark.parametrize(
    ("size", "count", "trouble"),
    [
        ((140, 40), "! 1 attention", "✗ cannot be reached"),
        ((80, 24), "! 1", "✗ cannot be reached"),
        ((40, 20), "! 1", "✗ unreachable"),
    ],
)
async def test_a_click_on_a_count_filters_and_a_second_click_shows_all(
    size: tuple[int, int], count: str, trouble: str
) -> None:
    stage = engine()
    stage.pulse = replace(stage.pulse, problem=Problem(ProblemKind.UNREACHABLE, "refused"), down_since=NOW)
    stage.publish()
    async with run_monitor(stage, size) as view:
        await view.click(count)
        assert [row.split()[1] for row in view.jobs if row] == ["!"]
        await view.click(trouble)
        assert shown(view) == 1, "what is wrong with polling is no count of failed jobs"
        await view.click(count)
        assert shown(view) == 4


ORDERS = {
    "urgency": ("urgency, done first", "STATUS▲", ["", "Alpha one", "gamma", "beta"]),
    "label or id": ("label or id", "JOB▲", ["Alpha one", "beta", "gamma", ""]),
    "account": ("account", "by account", ["gamma", "Alpha one", "beta", ""]),
    "added, newest first": ("added, newest first", "ADDED▼", ["gamma", "", "beta", "Alpha one"]),
    "added, newest first ": ("added, oldest first", "ADDED▲", ["Alpha one", "beta", "", "gamma"]),
    "last change, newest first": ("last change, newest first", "TIME▼", ["gamma", "", "beta", "Alpha one"]),
}
"""What is chosen one after the other, the order that then is marked, where the screen shows it, and the rows."""


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_s_sorts_by_the_chosen_column_and_the_marked_one_the_other_way(size: tuple[int, int]) -> None:
    stage = ScriptedEngine(FixedClock(NOW))
    old = ((1, "beta", FAILED), (2, "Alpha one", PENDING), (3, "", RUNNING), (4, "gamma", PENDING_TOO))
    ages = {1: 300.0, 2: 600.0, 3: 200.0, 4: 100.0}
    stage.watch(watch(number, label=label, added_at=NOW - ages[number]) for number, label, _ in old)
    stage.bring(*((job(number), observation_of(result, NOW - ages[number] + 50)) for number, _, result in old))
    stage.mark_read([job(2)])
    marked = "▼ urgency"
    async with run_monitor(stage, size) as view:
        for title, (other, shown_as, expected) in ORDERS.items():
            await view.press("s")
            lines = [line.rstrip() for line in view.frame("Sort by")]
            offered = [line[3:] for line in lines]
            assert [line[1:] for line in lines if line[1:2] in {"▲", "▼"}] == [marked]
            place = next(number for number, one in enumerate(offered) if one == title.strip())
            await view.press("home", *["j"] * (place - 1), "enter")
            assert shown_as in view.header + view.rows[1]
            assert [name if name[:1] != "0" else "" for name in names(view)] == expected, title
            marked = f"{shown_as[-1] if shown_as[-1] in '▲▼' else '▲'} {other}"
        await view.press("s", "escape")
        assert "TIME▼" in view.header


@pytest.mark.slow
async def test_sorting_says_so_if_the_first_row_is_not_in_view() -> None:
    async with run_monitor(staged(*["recorded-processing"] * 80), (100, 30)) as view:
        await view.press(*["pagedown"] * 2)
        await view.click("JOB")
        assert view.toast == "24 rows above; home goes to the first."
        await view.press("home")
        assert "00000001" in names(view)[0]


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_the_sort_menu_marks_the_order_and_enter_on_it_turns_it_round(size: tuple[int, int]) -> None:
    async with run_monitor(engine(), size) as view:
        await view.press("s")
        assert "▼ urgency" in view.text
        await view.press("enter")
        assert "STATUS▲" in view.header
        await view.press("s")
        assert "▲ urgency, done first" in view.text
        await view.press("escape")
        assert "STATUS▲" in view.header


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_columns_are_chosen_in_a_list_with_ticks(size: tuple[int, int]) -> None:
    async with run_monitor(engine(), size) as view:
        await view.press("C")
        assert "[x] why" in view.text
        await view.press("space", "down", "down", "space")
        assert "[ ] why" in view.text
        await view.press("enter")
        assert view.header.split()[:2] == ["STATUS▼", "JOB"]
        assert "WHY" not in view.header
        await view.press("C", "escape", "C", "j", "j", "space", "enter")
        assert view.header.split()[:3] == ["STATUS▼", "JOB", "WHY"]


async def test_the_columns_are_moved_in_the_list_with_ticks() -> None:
    async with run_monitor(engine(), (140, 40)) as view:
        await view.press("C", "down", "down", "K", "K", "K", "J", "enter")
        assert view.header.split()[:3] == ["STATUS▼", "WHY", "JOB"]
        await view.press("C", "down", "space", "enter")
        assert "WHY" not in view.header
        await view.press("C", "down", "down", "space", "enter")
        assert view.header.split()[:3] == ["STATUS▼", "JOB", "WHY"], "at its place among all columns"


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_a_click_on_the_title_of_a_column_sorts_by_it_and_the_next_one_the_other_way(
    size: tuple[int, int],
) -> None:
    async with run_monitor(engine(), size) as view:
        await view.press("down")
        await view.click("JOB")
        assert names(view)[:3] == ["Alpha one", "beta", "gamma"]
        await view.click("JOB▲")
        assert names(view)[:3] == ["gamma", "beta", "Alpha one"]
        await view.click("WHY")
        assert "WHY▲" in view.header


@pytest.mark.parametrize("size", [(140, 40), (50, 14)], ids=str)
async def test_f_shows_one_verdict_after_the_other_and_then_all(size: tuple[int, int]) -> None:
    engine = staged("recorded-failed-lock", "recorded-processing", "recorded-completed-order-pending")
    async with run_monitor(engine, size) as view:
        for word in ("failed", "attention", "running"):
            await view.press("f")
            assert f"Jobs · 1 of 3 · filter: status:{word}"[: size[0] - 8] in view.text
            assert f" {word}" in view.jobs[0]
        await view.press("backspace")
        assert "filter: status:attention" in view.text
        await view.press("f", "f")
        assert "Jobs · 3 ─" in view.text
        await view.press("backspace")
        assert "filter: status:running" in view.text


async def test_f_and_clicks_on_counts_keep_the_typed_filter_and_escape_goes_back_step_by_step() -> None:
    async with run_monitor(staged(FAILED, RUNNING, FAILED, PENDING, labels=("lock", "lock", "", "lock"))) as view:
        await view.press("/", *"label:lock", "enter", "f")
        assert "filter: label:lock status:failed ─" in view.rows[1]
        await view.press("f", "f", "backspace")
        assert "filter: label:lock status:attention ─" in view.rows[1]
        await view.press("backspace", "backspace")
        assert "Jobs · 3 of 4 · filter: label:lock ─" in view.rows[1]
        await view.click("✗ 2")
        assert "filter: label:lock status:failed ─" in view.rows[1]
        await view.click("✓ 0")
        assert "filter: label:lock status:done ─" in view.rows[1]
        await view.press("escape")
        assert "filter: label:lock ─" in view.rows[1]
        await view.press("escape")
        assert "Jobs · 4 ─" in view.rows[1]
        await view.press("/", *"status:failed", "enter", "escape")
        assert "Jobs · 4 ─" in view.rows[1], "a typed verdict is no step of its own"


def test_a_verdict_within_a_phrase_or_another_term_is_not_the_verdict_filter() -> None:
    assert split_verdict('a status:failed "b status:done"') == ('a "b status:done"', "status:failed")
    assert split_verdict("!status:failed status:failed,done status:failures") == (
        "!status:failed status:failed,done status:failures",
        "",
    )
    assert join_terms('"a b', "status:done") == '"a b" status:done'


@pytest.mark.parametrize(
    "size",
    [(47, 12), *(pytest.param(size, marks=pytest.mark.slow) for size in ((140, 40), (100, 30), (80, 24)))],
    ids=str,
)
async def test_all_errors_of_a_filter_are_shown_and_its_valid_terms_apply(size: tuple[int, int]) -> None:
    async with run_monitor(staged(FAILED, RUNNING), size) as view:
        await view.press("/", *"status:nope locked bar:1 is:baz")
        await view.press("enter")
        text = " ".join(view.text.replace("│", " ").split())
        for wrong in ("“nope” is not a valid status; try status:", "Unknown field “bar”; try", "is:"):
            assert wrong in text or size == (47, 12)
        if size == (47, 12):
            assert "“nope” is not a valid status; try status:" in text
        await view.press("escape")
        assert "nope" not in view.text


@pytest.mark.parametrize("size", [(140, 20), (50, 14)], ids=str)
async def test_the_row_under_the_cursor_stays_in_view_when_the_order_changes(size: tuple[int, int]) -> None:
    engine = staged(*["recorded-processing"] * 40, labels=[f"CS-{99 - number}" for number in range(40)])
    async with run_monitor(engine, size) as view:
        await view.press("end", "n")
        chosen = view.jobs[-1].split()[2]
        await view.press("s", "end", "enter")
        assert any(chosen in row for row in view.rows)
        bring_response(engine, 7, "recorded-failed-lock")
        await view.press("n")
        assert any("CS-93" in row and "failed" in row for row in view.rows)


@pytest.mark.parametrize("size", [(140, 40), (60, 20), (50, 15)])
async def test_the_next_job_is_read_without_going_back_to_the_list(size: tuple[int, int]) -> None:
    async with run_monitor(staged(*["recorded-processing"] * 3, labels=("CS-1", "CS-2", "CS-3")), size) as view:
        await view.press("home", "enter", "2")
        before = view.detail_title if size[0] > 50 else view.rows[1]
        assert "CS-1" in before
        for key, name in (("J", "CS-2"), ("J", "CS-3"), ("J", "CS-3"), ("K", "CS-2")):
            await view.press(key)
            assert f"─ {name} ·" in view.text
            assert "[2 Timeline]" in view.text


async def test_n_goes_to_the_next_unread_job_and_reports_when_there_is_none() -> None:
    engine = staged("recorded-processing", "recorded-failed-lock", "recorded-failed-lock", labels=("a", "b", "c"))
    async with run_monitor(engine) as view:
        await view.press("end", "tab", "3", "n")
        first = view.detail_title
        await view.press("n")
        assert {first[0], view.detail_title[0]} == {"b", "c"}
        engine.mark_read([job(2), job(3)])
        await view.press("n")
        assert view.toast == "No other unread jobs."


async def test_marking_all_as_read_is_confirmed_and_undone() -> None:
    async with run_monitor(staged("recorded-failed-lock", "recorded-failed-lock", "recorded-processing")) as view:
        await view.press("A")
        assert view.toast == "2 jobs marked as read; u to undo."
        assert "●" not in "".join(view.jobs)
        await view.press("A")
        assert view.toast == "No unread jobs."
        await view.press("u")
        assert view.toast == "Undone: 2 jobs marked as read."
        assert "".join(view.jobs).count("●") == 2


async def test_undoing_marking_all_as_read_restores_when_each_job_was_read() -> None:
    engine = staged(*["recorded-completed-order-pending"] * 3)
    engine.mark_read([job(1), job(2)])
    for number in (1, 2):
        bring_response(engine, number, "recorded-failed-lock", after=60)
    before = {watch.job: watch.read_at for watch in engine.state.watchlist}
    async with run_monitor(engine) as view:
        await view.press("A")
        bring_response(engine, 2, "recorded-completed-order-pending", after=60)
        engine.mark_read([job(2)])
        await view.press("u")
        assert view.toast == "Undone: 2 jobs marked as read."
    after = {watch.job: watch.read_at for watch in engine.state.watchlist}
    assert after == before | {job(2): engine.clock.at}


async def test_a_range_without_a_first_mark_explains_how_to_mark() -> None:
    async with run_monitor(staged(*["recorded-processing"] * 4)) as view:
        await view.press("V")
        assert view.toast == "Mark a job with space first; then V marks all jobs up to the cursor."
        await view.press("space", "down", "V")
        assert "3 marked" in view.text


async def test_the_cursor_stays_on_an_edited_job_when_another_becomes_more_urgent() -> None:
    engine = staged("recorded-processing", "recorded-processing", labels=("CS-1", "CS-2"))
    async with run_monitor(engine) as view:
        await view.press("l", "end", "x")
        bring_response(engine, 2, "recorded-failed-lock")
        await view.press("enter")
        assert view.detail_title.startswith("CS-1x ·")


@pytest.mark.slow
async def test_a_renamed_term_is_accepted_and_reported_below_the_list() -> None:
    async with run_monitor(engine()) as view:
        await view.press("/", *"status:waiting", "enter")
        assert shown(view) == 1
        assert "filter: status:running" in view.rows[1]
        assert "status:waiting is now status:running" in view.text
        await view.press("/")
        assert "status:running" in view.text
        await view.press("escape")
        assert "is now" not in view.text
