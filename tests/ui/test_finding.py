import pytest

from tests.support.building import job
from tests.support.scripted import ScriptedEngine
from tests.support.seeing import Sight, looking_at
from tests.support.staging import staged, tell

KINDS = ("recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing", "derived-preview")
LABELS = ("beta", "Alpha one", "", "gamma")
SIZES = [(140, 40), (80, 24)]


def shown(sight: Sight) -> int:
    return len([row for row in sight.jobs if row])


def names(sight: Sight) -> list[str]:
    return [row[14:25].strip() for row in sight.jobs if row]


def engine() -> ScriptedEngine:
    return staged(*KINDS, labels=LABELS)


@pytest.mark.parametrize("size", SIZES)
async def test_slash_filters_with_every_key_and_says_so_in_the_title(size: tuple[int, int]) -> None:
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
        assert "No job is shown." in sight.text


async def test_escape_in_the_filter_shows_everything_again() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("/")
        await sight.press(*"status:failed")
        assert names(sight) == ["beta"]
        await sight.press("escape")
        assert shown(sight) == 4
        assert "filter" not in sight.rows[1]


async def test_escape_in_the_list_takes_a_kept_filter_away() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("/")
        await sight.press(*"alpha", "enter", "escape")
        assert shown(sight) == 4


@pytest.mark.parametrize("words", ["zzz", "alpha"])
async def test_when_a_filter_is_dropped_the_cursor_is_where_it_was(words: str) -> None:
    async with looking_at(engine()) as sight:
        await sight.press("end", "up")
        before = sight.detail_title
        await sight.press("/", *words)
        assert sight.detail_title != before
        await sight.press("escape")
        assert sight.detail_title == before


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (50, 15)])
async def test_a_filter_is_typed_above_the_keys_and_nothing_covers_it(size: tuple[int, int]) -> None:
    async with looking_at(engine(), size) as sight:
        keys = sight.rows[-1]
        await sight.press("x", "/")
        assert "words, status:failed, order:O-1" in sight.rows[-2]
        assert "▌" not in sight.text
        assert sight.rows[-1] == keys


async def test_a_filter_is_taken_up_again_where_it_was_left() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("/")
        await sight.press(*"alp", "enter")
        await sight.press("/")
        assert sight.rows[-2].strip() == "alp"
        await sight.press("end", *"ha")
        assert names(sight) == ["Alpha one"]


async def test_a_term_that_is_not_understood_is_told_below_the_list_and_the_rest_holds() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("/")
        await sight.press(*"alpha stats:failed")
        assert names(sight) == ["Alpha one"]
        assert "There is no “stats” to ask for" in sight.row("╰─")
        await sight.press("escape")
        assert "There is no" not in sight.text


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


async def test_a_job_that_comes_to_match_is_shown() -> None:
    stage = engine()
    async with looking_at(stage) as sight:
        await sight.press("/")
        await sight.press(*"status:failed", "enter")
        tell(stage, 3, "recorded-failed-input")
        await sight.settled()
        assert shown(sight) == 2


async def test_what_is_hidden_is_not_acted_on_but_what_is_marked_is() -> None:
    stage = engine()
    async with looking_at(stage) as sight:
        await sight.press("/")
        await sight.press(*"status:waiting", "enter", "*", "r")
        assert stage.asked == [job(3)]


async def test_a_click_on_a_count_shows_just_those_and_another_all() -> None:
    async with looking_at(engine()) as sight:
        await sight.click("! 1 attention")
        assert names(sight) == ["Alpha one"]
        await sight.click("! 1 attention")
        assert shown(sight) == 4


async def test_s_offers_the_orders_and_the_title_names_the_one_in_force() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("s")
        assert "╭─ Sort by ─" in sight.text
        await sight.press("end", "enter")
        assert "by label" in sight.rows[1]
        assert names(sight)[:3] == ["Alpha one", "beta", "gamma"]
        await sight.press("s", "escape")
        assert "by label" in sight.rows[1]


async def test_tags_and_notes_are_shown_and_found() -> None:
    async with looking_at(engine()) as sight:
        await sight.press("t", *"acme, eu", "enter")
        await sight.press("o", *"asked Kim", "enter")
        assert "Tags acme, eu" in sight.words
        assert "Note asked Kim" in sight.words
        await sight.press("/")
        await sight.press(*"tag:acme", "enter")
        assert shown(sight) == 1


@pytest.mark.parametrize("size", [(140, 40), (50, 14)], ids=str)
async def test_a_key_shows_one_verdict_after_the_other_and_then_all(size: tuple[int, int]) -> None:
    engine = staged("recorded-failed-lock", "recorded-processing", "recorded-completed-order-pending")
    async with looking_at(engine, size) as sight:
        for word in ("failed", "attention", "waiting"):
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


async def test_n_goes_on_to_what_changed_while_reading_and_says_when_that_was_all() -> None:
    engine = staged("recorded-processing", "recorded-failed-lock", "recorded-failed-lock", labels=("a", "b", "c"))
    async with looking_at(engine) as sight:
        await sight.press("end", "tab", "3", "n")
        first = sight.detail_title
        await sight.press("n")
        assert {first[0], sight.detail_title[0]} == {"b", "c"}
        engine.acknowledge([job(2), job(3)])
        await sight.press("n")
        assert sight.toast == "No other job has changed since you looked."


async def test_that_all_are_seen_is_told_and_undone() -> None:
    async with looking_at(staged("recorded-failed-lock", "recorded-failed-lock", "recorded-processing")) as sight:
        await sight.press("A")
        assert sight.toast == "2 jobs seen; u undoes it."
        assert "●" not in "".join(sight.jobs)
        await sight.press("A")
        assert sight.toast == "All jobs shown are seen."
        await sight.press("u")
        assert sight.toast == "2 jobs unseen again."
        assert "".join(sight.jobs).count("●") == 2


async def test_a_range_without_a_first_mark_says_how_it_is_made() -> None:
    async with looking_at(staged(*["recorded-processing"] * 4)) as sight:
        await sight.press("V")
        assert sight.toast == "Mark one with space; V marks from there to here."
        await sight.press("space", "down", "V")
        assert "3 marked" in sight.text


async def test_whoever_acts_on_a_job_stays_with_it_though_another_becomes_more_urgent() -> None:
    engine = staged("recorded-processing", "recorded-processing", labels=("CS-1", "CS-2"))
    async with looking_at(engine) as sight:
        await sight.press("l", "end", "x")
        tell(engine, 2, "recorded-failed-lock")
        await sight.press("enter")
        assert sight.detail_title.startswith("CS-1x ·")
