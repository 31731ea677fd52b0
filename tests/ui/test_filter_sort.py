from dataclasses import replace

import pytest

from tests.support.building import NOW, job, watch
from tests.support.scripted import FixedClock, ScriptedEngine
from tests.support.seeing import Sight, looking_at
from tests.support.staging import heard, staged, tell
from tests.ui.sizes import WIDE_FIRST
from zjobtui.models.problem import Problem, ProblemKind

FAILED, PENDING, RUNNING = "recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing"
PENDING_TOO = "derived-completed-everything"
KINDS = ("recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing", "derived-preview")
LABELS = ("beta", "Alpha one", "", "gamma")


def shown(sight: Sight) -> int:
    return len([row for row in sight.jobs if row])


def names(sight: Sight) -> list[str]:
    return [row[14:25].strip() for row in sight.jobs if row]


def engine() -> ScriptedEngine:
    return staged(*KINDS, labels=LABELS)


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_slash_filters_with_every_key_and_the_title_shows_the_filter(size: tuple[int, int]) -> None:
    async with looking_at(engine(), size) as sight:
        await sight.press("/")
        await sight.press(*"alpha")
        assert names(sight) == ["Alpha one"]
        assert "Jobs · 1 of 4 · filter: alpha · by urgency" in sight.rows[1]
        assert sight.detail_title.startswith("Alpha one")
        await sight.press("enter")
        assert shown(sight) == 1
        await sight.press("x")
        assert shown(sight) == 0
        assert "No jobs match the filter." in sight.words


async def test_escape_in_the_filter_shows_all_jobs_again() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("/")
        await sight.press(*"status:failed")
        assert names(sight) == ["beta"]
        await sight.press("escape")
        assert shown(sight) == 4
        assert "filter" not in sight.rows[1]


async def test_escape_in_the_list_clears_the_filter() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("/")
        await sight.press(*"alpha", "enter", "escape")
        assert shown(sight) == 4


@pytest.mark.parametrize("words", ["zzz", "alpha"])
async def test_clearing_a_filter_restores_the_cursor(words: str) -> None:
    async with looking_at(engine()) as sight:
        await sight.press("end", "up")
        before = sight.detail_title
        await sight.press("/", *words)
        assert sight.detail_title != before
        await sight.press("escape")
        assert sight.detail_title == before


@pytest.mark.parametrize("size", [*WIDE_FIRST, (50, 15)])
async def test_a_filter_is_typed_above_the_keys_and_nothing_covers_it(size: tuple[int, int]) -> None:
    async with looking_at(engine(), size) as sight:
        keys = sight.rows[-1]
        await sight.press("x", "/")
        assert "words, status:failed, order:O-1" in sight.rows[-2]
        assert "▌" not in sight.text
        assert sight.rows[-1] == keys


async def test_the_filter_input_opens_with_the_current_filter() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("/")
        await sight.press(*"alp", "enter")
        await sight.press("/")
        assert sight.rows[-2].strip() == "alp"
        await sight.press("end", *"ha")
        assert names(sight) == ["Alpha one"]


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_an_invalid_term_is_reported_and_the_rest_applies(size: tuple[int, int]) -> None:
    async with looking_at(engine(), size) as sight:
        await sight.press("/")
        await sight.press(*"alpha stats:failed")
        assert names(sight) == ["Alpha one"]
        assert "Unknown field “stats”; try status:failed" in sight.row("╰─")
        await sight.press("escape")
        assert "There is no" not in sight.text


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


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_every_word_and_term_matches_its_rows(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zjobtui.ui.monitor.FOCUS_DELAY", 1_000.0)
    stage = staged(*KINDS, RUNNING, labels=("a", "b Alpha", "c", "d", "e"))
    stage.tag([job(3)], ("acme",))
    stage.mark_read([job(1)])
    stage.clock.at += 900
    stage.bring((job(3), heard(RUNNING, stage.clock.at)), planned=60.0)
    recent = [replace(one, added_at=stage.clock.at - 60) for one in stage.state.watchlist]
    for number in (0, 1, 3):
        stage.remove([recent[number].job])
        stage.restore([recent[number]])
    async with looking_at(stage, size) as sight:
        await sight.press("/")
        for text, expected in FOUND.items():
            await sight.press("ctrl+u")
            await sight.paste(text)
            assert sorted(name[0] for name in names(sight)) == list(expected), text
            assert f" filter: {text} " in sight.rows[1]


@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_a_filter_by_age_is_updated_without_new_states(size: tuple[int, int]) -> None:
    stage = staged(RUNNING, labels=("alpha",))
    stage.bring((job(1), heard(RUNNING)), planned=300.0)
    async with looking_at(stage, size) as sight:
        await sight.press("/", *"age>10m", "enter")
        assert shown(sight) == 0
        stage.clock.at += 601
        await sight.until("◌ running   alpha")
        await sight.press("/", "ctrl+u", *"is:stale", "enter")
        assert shown(sight) == 0
        stage.clock.at += 300
        await sight.until("◌ running   alpha")


async def test_keys_typed_into_the_filter_do_nothing_else() -> None:
    stage = engine()
    async with looking_at(stage) as sight:
        await sight.press("/")
        await sight.press(*"xrpqau?")
        assert not stage.asked
        assert not stage.is_paused
        assert len(stage.state.watchlist) == 4
        assert not sight.app._exit


async def test_a_paste_into_the_filter_stays_there() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("/")
        await sight.paste("alpha")
        assert names(sight) == ["Alpha one"]
        assert "Add jobs" not in sight.text


async def test_a_job_that_starts_to_match_is_shown() -> None:
    stage = engine()
    async with looking_at(stage) as sight:
        await sight.press("/")
        await sight.press(*"status:failed", "enter")
        tell(stage, 3, "recorded-failed-input")
        await sight.settled()
        assert shown(sight) == 2


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
    async with looking_at(stage, size) as sight:
        await sight.click(count)
        assert [row.split()[1] for row in sight.jobs if row] == ["!"]
        await sight.click(trouble)
        assert shown(sight) == 1, "what is wrong with polling is no count of failed jobs"
        await sight.click(count)
        assert shown(sight) == 4


ORDERS = {
    "urgency": ["gamma", "beta", "", "Alpha one"],
    "age, oldest first": ["Alpha one", "beta", "", "gamma"],
    "added, newest first": ["gamma", "", "beta", "Alpha one"],
    "last change, newest first": ["gamma", "", "beta", "Alpha one"],
    "account": ["gamma", "Alpha one", "beta", ""],
    "label": ["Alpha one", "beta", "gamma", ""],
}


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDE_FIRST)
async def test_s_sorts_by_the_chosen_order(
    size: tuple[int, int],
) -> None:
    stage = ScriptedEngine(FixedClock(NOW))
    old = ((1, "beta", FAILED), (2, "Alpha one", PENDING), (3, "", RUNNING), (4, "gamma", PENDING_TOO))
    ages = {1: 300.0, 2: 600.0, 3: 200.0, 4: 100.0}
    stage.watch(watch(number, label=label, added_at=NOW - ages[number]) for number, label, _ in old)
    stage.bring(*((job(number), heard(result, NOW - ages[number] + 50)) for number, _, result in old))
    stage.mark_read([job(2)])
    async with looking_at(stage, size) as sight:
        for place, (title, expected) in enumerate(ORDERS.items()):
            await sight.press("s")
            assert [line.strip() for line in sight.frame("Sort by")] == ["", *ORDERS, ""]
            await sight.press("home", *["j"] * place, "enter")
            assert f" by {title} " in sight.rows[1]
            assert [name if name[:1] != "0" else "" for name in names(sight)] == expected, title
        await sight.press("s", "escape")
        assert " by label " in sight.rows[1]


@pytest.mark.parametrize("size", [(140, 40), (50, 14)], ids=str)
async def test_f_shows_one_verdict_after_the_other_and_then_all(size: tuple[int, int]) -> None:
    engine = staged("recorded-failed-lock", "recorded-processing", "recorded-completed-order-pending")
    async with looking_at(engine, size) as sight:
        for word in ("failed", "attention", "running"):
            await sight.press("f")
            assert f"Jobs · 1 of 3 · filter: status:{word}"[: size[0] - 8] in sight.text
            assert f" {word}" in sight.jobs[0]
        await sight.press("f")
        assert "Jobs · 3 · by urgency" in sight.text


@pytest.mark.parametrize("size", [(140, 20), (50, 14)], ids=str)
async def test_the_row_under_the_cursor_stays_in_view_when_the_order_changes(size: tuple[int, int]) -> None:
    engine = staged(*["recorded-processing"] * 40, labels=[f"CS-{99 - number}" for number in range(40)])
    async with looking_at(engine, size) as sight:
        await sight.press("end", "n")
        chosen = sight.jobs[-1].split()[2]
        await sight.press("s", "end", "enter")
        assert any(chosen in row for row in sight.jobs)
        tell(engine, 7, "recorded-failed-lock")
        await sight.press("n")
        assert any("CS-93" in row and "failed" in row for row in sight.jobs)


@pytest.mark.parametrize("size", [(140, 40), (60, 20), (50, 15)])
async def test_the_next_job_is_read_without_going_back_to_the_list(size: tuple[int, int]) -> None:
    async with looking_at(staged(*["recorded-processing"] * 3, labels=("CS-1", "CS-2", "CS-3")), size) as sight:
        await sight.press("home", "enter", "2")
        before = sight.detail_title if size[0] > 50 else sight.rows[1]
        assert "CS-1" in before
        for key, name in (("J", "CS-2"), ("J", "CS-3"), ("J", "CS-3"), ("K", "CS-2")):
            await sight.press(key)
            assert f"─ {name} ·" in sight.text
            assert "[2 Timeline]" in sight.text


async def test_n_goes_to_the_next_unread_job_and_reports_the_end() -> None:
    engine = staged("recorded-processing", "recorded-failed-lock", "recorded-failed-lock", labels=("a", "b", "c"))
    async with looking_at(engine) as sight:
        await sight.press("end", "tab", "3", "n")
        first = sight.detail_title
        await sight.press("n")
        assert {first[0], sight.detail_title[0]} == {"b", "c"}
        engine.mark_read([job(2), job(3)])
        await sight.press("n")
        assert sight.toast == "No other unread jobs."


async def test_marking_all_as_read_is_confirmed_and_undone() -> None:
    async with looking_at(staged("recorded-failed-lock", "recorded-failed-lock", "recorded-processing")) as sight:
        await sight.press("A")
        assert sight.toast == "2 jobs marked as read; u to undo."
        assert "●" not in "".join(sight.jobs)
        await sight.press("A")
        assert sight.toast == "No unread jobs."
        await sight.press("u")
        assert sight.toast == "Undone: 2 jobs marked as read."
        assert "".join(sight.jobs).count("●") == 2


async def test_a_range_without_a_first_mark_explains_how_to_mark() -> None:
    async with looking_at(staged(*["recorded-processing"] * 4)) as sight:
        await sight.press("V")
        assert sight.toast == "Mark a job with space first; then V marks all jobs up to the cursor."
        await sight.press("space", "down", "V")
        assert "3 marked" in sight.text


async def test_the_cursor_stays_on_an_edited_job_when_another_becomes_more_urgent() -> None:
    engine = staged("recorded-processing", "recorded-processing", labels=("CS-1", "CS-2"))
    async with looking_at(engine) as sight:
        await sight.press("l", "end", "x")
        tell(engine, 2, "recorded-failed-lock")
        await sight.press("enter")
        assert sight.detail_title.startswith("CS-1x ·")


async def test_a_renamed_term_is_accepted_and_reported_below_the_list() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("/", *"status:waiting", "enter")
        assert shown(sight) == 1
        assert "filter: status:running" in sight.rows[1]
        assert "status:waiting is now status:running" in sight.text
        await sight.press("/")
        assert "status:running" in sight.text
        await sight.press("escape")
        assert "is now" not in sight.text
