from collections.abc import Sequence
from concurrent.futures import Future

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from tests.support.building import dashed, job, job_id, missed, watch
from tests.support.credentials import TOKEN_TEXTS
from tests.support.screen_harness import TENANT, join_lines, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import bring_response, staged
from tests.ui.sizes import NARROW_FIRST
from zjobtui.models.assessment import apply_observation
from zjobtui.models.problem import ProblemKind
from zjobtui.models.tenant import TenantKind
from zjobtui.polling.state import EditResult

TICKET = f"""Hi, order {job_id(7).given} hangs, and so does
"job": "{dashed(job_id(8))}", see also {job_id(1).given}. Another: {job_id(9).given[:-1]}"""


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_opens_a_text_field_and_summarizes_its_text(size: tuple[int, int]) -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine, size) as view:
        await view.press("a")
        dialog = view.frame("Add jobs")
        assert any("No job ids yet." in line for line in dialog)
        await view.paste(TICKET)
        result = join_lines("\n".join(view.frame("Add jobs")))
        assert "2 new jobs, 1 watched, 1 not valid" in result
        assert "not valid" in next(line for line in view.frame("Add jobs") if f"{job_id(9).given[:8]}…" in line)
        await view.press("enter")
        assert len([row for row in view.jobs if row]) == 3
        assert "2 jobs added, 1 known, 1 refused; u to undo." in view.text
        assert engine.state.watchlist.get(job(8)) is not None


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_a_paste_anywhere_opens_the_dialog_with_the_text(size: tuple[int, int]) -> None:
    async with run_monitor(staged(), size) as view:
        await view.paste(TICKET)
        result = join_lines("\n".join(view.frame("Add jobs")))
        assert "3 new jobs, 0 watched, 1 not valid" in result
        assert "[x] 00000007…e73bdceb new Hi, order … hangs, and so" in result
        await view.press("enter")
        assert "3 jobs added, 0 known, 1 refused; u to undo." in view.text
        assert len([row for row in view.jobs if row]) == 3


async def test_a_paste_while_reading_the_detail_opens_the_dialog_too() -> None:
    async with run_monitor(staged("recorded-processing")) as view:
        await view.press("tab")
        await view.paste(TICKET)
        assert view.frame("Add jobs")


@pytest.mark.slow
async def test_a_text_does_not_bring_back_a_removed_job_that_zuora_does_not_know() -> None:
    engine = staged()
    unknown = apply_observation(watch(7), missed(ProblemKind.NOT_FOUND), 5.0).watch
    engine.removed = (unknown, watch(8, label="known to Zuora"))
    async with run_monitor(engine) as view:
        for size in (100, 5_000):
            await view.paste(f"see {job_id(7).given} and {job_id(8).given} {'x ' * size}")
            await view.press("enter")
            assert [one.label for one in engine.state.watchlist] == ["known to Zuora"]
            assert f"1 not added ({job_id(7).given[:8]}" in view.text
        await view.paste(f"'{job_id(7).given}'")
        await view.press("enter")
        assert job(7) in engine.state.watchlist.watches


async def test_escape_adds_nothing() -> None:
    engine = staged()
    async with run_monitor(engine) as view:
        await view.paste(TICKET)
        await view.press("escape")
        assert "Add jobs" not in view.text
        assert len(engine.state.watchlist) == 0


@pytest.mark.slow
async def test_enter_without_an_id_adds_nothing_and_shows_nothing() -> None:
    engine = staged()
    async with run_monitor(engine) as view:
        await view.press("a", *"hello", "enter")
        assert "Add jobs" not in view.text
        assert "refused" not in view.text
        assert len(engine.state.watchlist) == 0


@pytest.mark.slow
async def test_an_id_can_be_typed() -> None:
    async with run_monitor(staged()) as view:
        await view.press("a", *job_id(3).given[:31])
        assert "1 not valid" in view.text
        await view.press(job_id(3).given[31])
        assert "1 new job, 0 watched" in view.text


@pytest.mark.slow
async def test_a_thousand_pasted_ids_are_added_in_one_step_even_if_not_all_are_shown() -> None:
    engine = staged()
    async with run_monitor(engine) as view:
        await view.paste("\n".join(f"line {number}: {job_id(number).given} {'x' * 200}" for number in range(1_000)))
        assert "1,000 new jobs, 0 watched" in view.text
        await view.press("enter")
        assert len(engine.state.watchlist) == 1_000
        assert "1,000 jobs added, 0 known, 0 refused; u to undo." in view.text


async def test_a_paste_in_the_dialog_is_added_to_its_text() -> None:
    async with run_monitor(staged()) as view:
        await view.paste(job_id(1).given)
        assert "1 new job, 0 watched" in view.text
        await view.paste(job_id(2).given)
        assert "2 new jobs, 0 watched" in view.text
        await view.press("enter")
        assert len([row for row in view.jobs if row]) == 2


async def test_a_broken_id_is_reported_in_a_long_text_too() -> None:
    async with run_monitor(staged()) as view:
        await view.paste(f"{TICKET} {'word ' * 5_000}")
        assert "3 new jobs, 0 watched, 1 not valid" in view.text


async def test_an_edit_that_cannot_be_saved_is_reported_at_once() -> None:
    engine = staged()
    engine.why_unsaved = "disk full"
    async with run_monitor(engine) as view:
        await view.paste(job_id(1).given)
        await view.press("enter")
        assert view.toast == "1 job added, 0 known, 0 refused; u to undo. Not saved yet: disk full"
        assert "Not saved: disk full" in view.rows[1]


async def test_a_low_dialog_still_shows_summary_and_key_hints() -> None:
    async with run_monitor(staged(), (50, 15)) as view:
        await view.press("a")
        assert "No job ids yet." in view.text
        assert "enter add · esc cancel" in view.text


@pytest.mark.parametrize("size", NARROW_FIRST)
async def test_the_cursor_goes_to_the_added_job_and_u_removes_it(size: tuple[int, int]) -> None:
    engine = staged(*["recorded-processing"] * 40)
    async with run_monitor(engine, size) as view:
        await view.press("home")
        await view.paste(f"{job_id(50).given} {job_id(3).given}")
        await view.press("enter")
        assert view.detail_title == job_id(50).given
        assert any("00000032" in row for row in view.jobs)
        await view.press("u")
        assert view.toast == "Undone: 00000032…e73bdceb added."
        assert engine.state.watchlist.get(job(50)) is None
        assert len(engine.state.watchlist) == 40


@pytest.mark.slow
async def test_after_a_paste_of_several_jobs_an_untouched_cursor_stays_on_the_most_urgent() -> None:
    engine = staged()
    async with run_monitor(engine) as view:
        await view.press("a")
        await view.paste(TICKET)
        await view.press("enter")
        bring_response(engine, 8, "recorded-failed-lock")
        await view.settled()
        assert view.detail_title == dashed(job_id(8))


@pytest.mark.slow
async def test_a_paste_of_a_known_job_selects_it_or_reports_the_filter() -> None:
    async with run_monitor(staged(*["recorded-processing"] * 40)) as view:
        await view.paste(f"see {job_id(3).given}")
        await view.press("enter")
        assert view.detail_title == job_id(3).given
        assert view.toast == "0 jobs added, 1 known, 0 refused."
        await view.press("/", *"status:failed", "enter")
        await view.paste(f"see {job_id(3).given}")
        await view.press("enter")
        assert view.toast == "0 jobs added, 1 known, 0 refused; hidden by the filter."


async def test_with_several_tenants_the_dialog_names_the_tenant() -> None:
    engine = staged("recorded-processing")
    tenants = (replace(TENANT, name="other"), TENANT)
    async with run_monitor(engine, tenants=tenants) as view:
        await view.paste(TICKET)
        assert view.frame("Add jobs to env"), "the tenant of the selected job comes first"


TOKEN = "6d151216ef504f65b8ff6e9e9e8356d3"


@pytest.mark.slow
@pytest.mark.parametrize("name", TOKEN_TEXTS)
async def test_a_pasted_credential_is_neither_shown_nor_added(name: str) -> None:
    engine = staged()
    async with run_monitor(engine) as view:
        await view.paste(TOKEN_TEXTS[name])
        assert "[masked]" in view.text
        assert "skipped" in join_lines("\n".join(view.frame("Add jobs")))
        await view.press("enter")
        assert [one.job.id.given for one in engine.state.watchlist] == ["622638b100b62fb49212a73044c4ac46"]
        assert TOKEN not in view.sent.lower()


async def test_credentials_in_a_long_text_are_counted_and_dropped() -> None:
    engine = staged()
    async with run_monitor(engine) as view:
        await view.paste(f"{'word ' * 2_000} access_token={TOKEN} requestId={job_id(4).given} jobId={job_id(3).given}")
        result = join_lines("\n".join(view.frame("Add jobs")))
        assert "1 new job, 0 watched, 1 other id skipped, 1 credential skipped" in result
        assert TOKEN not in view.sent


@pytest.mark.slow
async def test_a_typed_credential_is_not_added() -> None:
    async with run_monitor(staged()) as view:
        await view.press("a", *f"token={TOKEN}")
        assert "No job ids yet, 1 credential skipped (6d1512…)." in view.text


@pytest.mark.slow
async def test_a_skipped_id_is_added_when_only_it_is_pasted() -> None:
    engine = staged()
    async with run_monitor(engine) as view:
        await view.paste(f"order {job_id(2).given}: jobId={job_id(1).given} of 3")
        result = join_lines("\n".join(view.frame("Add jobs")))
        assert "1 new job, 0 watched, 1 not added" in result
        assert "[ ] 00000002…e73bdceb not named as a job" in result
        await view.paste(job_id(2).given)
        assert "2 new jobs, 0 watched" in view.text
        assert "not added" not in view.text
        await view.press("enter")
        assert len(engine.state.watchlist) == 2


@pytest.mark.parametrize(
    "text",
    [
        f"\x1b[36m{job_id(7).given[:9]}\x1b[0m{job_id(7).given[9:]} {job_id(8).given[:9]}\u200b{job_id(8).given[9:]}",
        f"%22{job_id(7).given}%22 {dashed(job_id(8))}".replace("-", "\u2013"),
        f"{job_id(7).given[:9]}=\n{job_id(7).given[9:]} \\u001b[1m{job_id(8).given}",
        f"\u200b{job_id(7).given}\u200b{job_id(8).given}\0",
    ],
)
async def test_ids_within_encodings_are_added_from_a_paste(text: str) -> None:
    engine = staged()
    async with run_monitor(engine) as view:
        await view.paste(text)
        assert "2 new jobs, 0 watched" in join_lines("\n".join(view.frame("Add jobs")))
        await view.press("enter")
    assert [watch.job for watch in engine.state.watchlist] == [job(7), job(8)]


@pytest.mark.parametrize("filler", ["", "x" * 5_000])
async def test_an_id_that_a_line_end_breaks_is_shown_and_added_once_it_is_ticked(filler: str) -> None:
    engine, given = staged(), job_id(7).given
    async with run_monitor(engine) as view:
        await view.paste(f"{filler} {given[:16]}\n{given[16:]}")
        shown = join_lines("\n".join(view.frame("Add jobs")))
        assert "0 new jobs, 0 watched, 1 split by a line break enter add" in shown
        assert "[ ] 00000007…e73bdceb split by a line break" in shown
        await view.press("space", "enter")
    assert [watch.job for watch in engine.state.watchlist] == [job(7)]


PRODUCTION = replace(TENANT, name="eu-prod", kind=TenantKind.PRODUCTION)
MIXED = f"""Renewals for Q4
jobId={job_id(7).given} hangs, token=6d151216ef504f65b8ff6e9e9e8356d3
jobId={job_id(1).given} requestId={job_id(5).given} and {job_id(6).given}"""


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), pytest.param((140, 40), marks=pytest.mark.slow)])
async def test_found_ids_are_listed_with_their_context_and_space_unticks_one(size: tuple[int, int]) -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine, size) as view:
        await view.paste(MIXED)
        rows = [row.strip() for row in view.frame("Add jobs") if "…e73bdceb" in row]
        assert [" ".join(row.split())[:40] for row in rows] == [
            "[ ] 00000006…e73bdceb not named as a job",
            "[ ] 00000005…e73bdceb not a job: request",
            "[x] 00000007…e73bdceb new jobId=… hangs,",
            "[x] 00000001…e73bdceb watched jobId=… re",
        ]
        assert "enter add 1 job ·" in view.text
        await view.press("space", "down", "space")
        assert "enter add 1 job ·" in view.text, "one more and one less"
        await view.press("enter")
        assert "1 job added, 1 known, 0 refused, 1 other id skipped, 1 credential skipped" in view.toast
        assert {watch.job for watch in engine.state.watchlist} == {job(1), job(6)}


@pytest.mark.parametrize(
    ("keys", "name"), [((), "Renewals Q4 14:00"), (("ctrl+u",), ""), (("ctrl+u", *"mine"), "mine")]
)
async def test_asterisk_ticks_all_ids_then_none_and_keeps_the_name_of_the_batch(keys: Sequence[str], name: str) -> None:
    named = f"jobId={job_id(7).given}\njobId={job_id(8).given}"
    async with run_monitor(staged()) as view:
        await view.paste(f"Renewals Q4\n{named}\nrequestId={job_id(5).given}\nsee {job_id(6).given}")
        await view.press(*["tab"] * 4, *keys, *["shift+tab"] * 4)
        field = view.app.screen.query_one("#batch", Input)
        for new in (4, 0, 4):
            await view.press("*")
            assert f"{new} new jobs, 0 watched" in view.text
            assert field.value == name


@pytest.mark.slow
async def test_entered_fields_apply_to_new_and_known_jobs_and_are_undone_in_one_step() -> None:
    engine = staged("recorded-processing", labels=("before",))
    engine.tag([job(1)], ("old",))
    async with run_monitor(engine) as view:
        await view.paste(f"Renewals for Q4 {job_id(7).given} {job_id(8).given} {job_id(1).given}")
        await view.press("tab", *"CS-1", "tab", *"q4", "tab", *"see")
        assert any(row.strip().startswith("Batch") and "Renewals for Q4 14:00" in row for row in view.frame("Add jobs"))
        await view.press("enter")
        assert "2 jobs added, 1 known: edited, 0 refused; u to undo." in view.toast
        known, *new = engine.state.watchlist
        assert (known.label, known.tags, known.note, known.batch) == ("CS-1", ("old", "q4"), "see", "")
        assert {(watch.label, watch.tags, watch.note) for watch in new} == {("CS-1", ("q4",), "see")}
        assert {watch.batch for watch in new} == {"Renewals for Q4 14:00"}
        await view.press("u")
        (watch,) = engine.state.watchlist
        assert (watch.label, watch.tags, watch.note) == ("before", ("old",), "")


async def test_undoing_a_paste_keeps_edits_of_another_window_on_known_jobs() -> None:
    engine = staged("recorded-processing", "recorded-processing", labels=("first", "second"))
    async with run_monitor(engine) as view:
        await view.paste(f"{job_id(1).given} {job_id(2).given} {job_id(7).given}")
        await view.press("tab", "tab", *"q4", "enter")
        assert "1 job added, 2 known: edited" in view.toast
        engine.label([job(1)], "theirs")
        engine.tag([job(2)], ("q4", "urgent"))
        await view.press("u")
        assert [(watch.label, watch.tags) for watch in engine.state.watchlist] == [
            ("theirs", ()),
            ("second", ("q4", "urgent")),
        ]


@pytest.mark.parametrize(
    ("numbers", "added", "undone"),
    [
        ((1,), "0 jobs added, 1 known: edited", "CS 1 · 00000001 edited"),
        ((1, 7), "1 job added, 1 known: edited", "CS-1 · 00000007 added, CS 1 · 00000001 edited"),
        ((1, 2, 7, 8), "2 jobs added, 2 known: edited", "2 jobs added, 2 jobs edited"),
    ],
)
async def test_undoing_a_paste_reports_how_many_jobs_were_added_and_edited(
    numbers: tuple[int, ...], added: str, undone: str
) -> None:
    engine = staged("recorded-processing", "recorded-processing", labels=("CS 1", "CS 2"))
    before = tuple(engine.state.watchlist)
    async with run_monitor(engine) as view:
        await view.paste(" ".join(job_id(number).given for number in numbers))
        await view.press("tab", *"CS-1", "tab", *"q4", "tab", *"see", "enter")
        assert view.toast == f"{added}, 0 refused; u to undo."
        await view.press("u")
        assert view.toast == f"Undone: {undone}."
        assert tuple(engine.state.watchlist) == before


async def test_a_paste_of_which_only_the_labels_could_be_undone_can_be_undone_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = staged("recorded-processing", "recorded-processing", labels=("CS 1", "CS 2"))
    before = tuple(engine.state.watchlist)

    def fail_to_tag(*_: object) -> "Future[EditResult]":
        future: Future[EditResult] = Future()
        future.set_exception(RuntimeError("disk full"))
        return future

    async with run_monitor(engine) as view:
        await view.paste(f"{job_id(1).given} {job_id(2).given} {job_id(7).given}")
        await view.press("tab", *"CS-1", "tab", *"q4", "enter")
        monkeypatch.setattr(engine, "tag", fail_to_tag)
        await view.press("u")
        assert [(watch.label, watch.tags) for watch in engine.state.watchlist] == [("CS 1", ("q4",)), ("CS 2", ("q4",))]
        monkeypatch.undo()
        await view.press("u")
        assert view.toast == "Undone: 2 jobs edited."
        assert tuple(engine.state.watchlist) == before


@pytest.mark.slow
async def test_nothing_entered_leaves_known_jobs_as_they_are() -> None:
    engine = staged("recorded-processing", labels=("before",))
    async with run_monitor(engine) as view:
        before = engine.state.watchlist.get(job(1))
        await view.paste(f"{job_id(7).given} {job_id(8).given} {job_id(1).given}")
        await view.press("enter")
        assert "2 jobs added, 1 known, 0 refused" in view.toast
        assert engine.state.watchlist.get(job(1)) == before


@pytest.mark.slow
async def test_an_entered_batch_is_kept_and_given_to_known_jobs_and_a_single_job_has_none() -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine) as view:
        await view.paste(job_id(6).given)
        await view.press("enter")
        assert engine.state.watchlist.get(job(6)).batch == ""  # type: ignore[union-attr]
        await view.paste(f"{job_id(7).given} {job_id(8).given} {job_id(1).given}")
        await view.press(*["tab"] * 4, "ctrl+u", *"mine", "enter")
        assert {watch.batch for watch in engine.state.watchlist if watch.job != job(6)} == {"mine"}
        assert len(engine.state.watchlist) == 4


@pytest.mark.parametrize("size", [(80, 24), pytest.param((30, 8), marks=pytest.mark.slow)])
async def test_production_is_named_and_coloured_and_another_tenant_can_be_chosen(size: tuple[int, int]) -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine, size, tenants=(TENANT, PRODUCTION)) as view:
        await view.paste(f"{job_id(1).given} {job_id(7).given}")
        assert view.frame("Add jobs to env")
        assert "enter add 1 job ·" in view.text
        await view.press("tab", "right")
        assert "to PRODUCTION" in view.text
        assert "enter add 2 jobs" in view.text, "production does not know job 1"
        assert view.app.screen.query_one("#dialog").styles.border_top[1] != view.app.screen.styles.background
        await view.press("enter")
        assert {watch.job.tenant for watch in engine.state.watchlist} == {"env", "eu-prod"}
        assert len(engine.state.watchlist) == 3


PREPROD = replace(TENANT, name="eu-preprod")


def in_two_tenants() -> ScriptedEngine:
    """Return an engine with two jobs of production and one, which is selected first, of another tenant."""
    engine = staged()
    engine.watch([watch(3, tenant="eu-preprod"), watch(1, tenant="eu-prod"), watch(2, tenant="eu-prod")])
    return engine


@pytest.mark.parametrize("size", [(100, 30), pytest.param((30, 8), marks=pytest.mark.slow)])
async def test_the_tenant_in_which_the_pasted_ids_are_watched_is_offered(size: tuple[int, int]) -> None:
    engine = in_two_tenants()
    async with run_monitor(engine, size, tenants=(PREPROD, PRODUCTION)) as view:
        await view.paste(f"{job_id(1).given} {job_id(2).given}")
        assert "to PRODUCTION eu-" in view.text
        assert "0 new jobs, 2 watched" in join_lines("\n".join(view.frame("Add")))
        await view.press("enter")
        assert len(engine.state.watchlist) == 3


async def test_ids_watched_in_another_tenant_are_added_again_only_on_request() -> None:
    engine = in_two_tenants()
    async with run_monitor(engine, (100, 30), tenants=(PREPROD, PRODUCTION)) as view:
        for _ in range(2):
            await view.paste(f"{job_id(1).given} {job_id(2).given} {job_id(3).given} {job_id(4).given}")
            assert view.frame("Add jobs to eu-preprod"), "no tenant has all of them"
            shown = join_lines("\n".join(view.frame("Add jobs")))
            assert "[ ] 00000001…e73bdceb watched in eu-prod" in shown
            assert "[x] 00000003…e73bdceb watched " in shown
            assert "2 watched in eu-prod" in shown
            await view.press("enter")
            assert [watch.job for watch in engine.state.watchlist][3:] == [job(4, "eu-preprod")]
        await view.paste(f"{job_id(1).given} {job_id(2).given} {job_id(3).given}")
        await view.press("tab", "right", "right")
        assert "enter add 2 jobs" in view.text
        await view.press("enter")
        assert len(engine.state.watchlist) == 6


async def test_the_title_of_the_dialog_has_one_order_of_words() -> None:
    async with run_monitor(staged("recorded-processing"), (100, 30), tenants=(TENANT, PRODUCTION)) as view:
        await view.press("a")
        assert view.frame("Add jobs to env")
        await view.press("tab", "right")
        assert view.frame("Add jobs to PRODUCTION eu-prod")


async def test_the_smallest_screen_shows_ticks_counts_and_keys() -> None:
    async with run_monitor(staged(), (30, 8)) as view:
        await view.paste(TICKET)
        assert "3 new jobs, 0 watched" in view.text
        assert "enter add 3 jobs" in view.text
        await view.press("down", "space")
        assert "[ ] 00000007…" in view.text
        assert "enter add 2 jobs" in view.text
        await view.press(*["tab"] * 4)
        assert "Batch" in view.text
        await view.press("enter")
        assert len(view.engine.state.watchlist) == 2


LONG_TICKET = "\n".join(f"job {job_id(n).given} done because of a rather long context" for n in range(1, 13))


@pytest.mark.parametrize(
    ("size", "hints"),
    [
        ((66, 20), ["tab next field · esc", "cancel"]),
        pytest.param((80, 21), ["enter add 1 job · space tick · tab next field · esc cancel"], marks=pytest.mark.slow),
        ((60, 19), ["enter add 1 job · space tick · tab next · esc cancel"]),
        pytest.param((30, 8), ["enter add 1 job · esc "], marks=pytest.mark.slow),
    ],
)
async def test_counts_and_key_hints_stay_below_a_long_list(size: tuple[int, int], hints: list[str]) -> None:
    async with run_monitor(staged(*["recorded-processing"] * 11), size, tenants=(TENANT, PRODUCTION)) as view:
        await view.paste(LONG_TICKET)
        assert "1 new job, 11 watched" in view.text
        assert all(hint in view.text for hint in hints)
        assert "……" not in view.text
        assert "… …" not in view.text
        if size == (60, 19):
            assert sum("  watched  " in row for row in view.rows) == 10
            await view.press("end")
            assert "  new    " in view.text


@pytest.mark.slow
async def test_a_paste_on_the_list_is_added_to_the_text() -> None:
    async with run_monitor(staged()) as view:
        await view.paste(job_id(1).given)
        await view.press("space")
        await view.paste(job_id(2).given)
        assert "1 new job, 0 watched" in view.text, "what was unticked stays so"
        await view.press("enter")
        assert [watch.job for watch in view.engine.state.watchlist] == [job(2)]
