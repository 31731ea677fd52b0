"""The wallboard in any size: batches, big digits, newest failures, tenants with problems; drawn only if it changes."""

import re

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, job, read_body, watch
from tests.support.screen_harness import ScreenView, run_monitor
from tests.support.scripted import ScriptedEngine
from tests.support.staging import bring_response, staged
from tests.support.world import watched_world
from zjobtui.models.assessment import digest
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.ui.themes import Appearance
from zjobtui.ui.wallboard import Board, board_lines, number_lines

RUNNING, FAILED, DONE = "recorded-processing", "recorded-failed-lock", "recorded-completed-localised"


def two_batches() -> ScriptedEngine:
    engine = watched_world(30, 40, step=20)
    jobs = [one.job for one in engine.state.watchlist]
    engine.set_batch(jobs[:20], "renewals Q4")
    engine.set_batch(jobs[20:], "price change")
    return engine


@pytest.mark.parametrize(
    "size",
    [(30, 8), (80, 24), *(pytest.param(size, marks=pytest.mark.slow) for size in [(140, 40), (200, 60), (40, 60)])],
)
async def test_every_size_shows_each_batch_the_newest_failure_and_nothing_too_wide(size: tuple[int, int]) -> None:
    async with run_monitor(two_batches(), size) as view:
        await view.press("w")
        assert len(view.rows) == size[1]
        assert "price change" in view.text
        assert "renewals Q4" in view.text
        assert any(row.startswith((" ✗ ", " ! ")) for row in view.rows[-8:])
        assert all(view.app.screen.size.width >= len(row) for row in view.rows)


@pytest.mark.parametrize(("columns", "has_tenant"), [(30, False), (47, True)])
async def test_a_failure_has_its_reason_before_its_tenant(columns: int, has_tenant: bool) -> None:
    failing = watch(1, tenant="eu-prod", digest=digest(read_body(status="Failed", errors="[40000050] x", result=None)))
    board = Board(failures=(failing,), has_several_tenants=True, now=NOW)
    (line,) = (
        "".join(text for text, _ in line) for line in board_lines(board, columns, 8) if line and "✗" in line[0][0]
    )
    assert "  lock contention" in line
    assert ("eu-prod" in line) is has_tenant


async def test_the_counts_are_in_large_digits_with_glyph_and_word() -> None:
    engine = staged(FAILED, FAILED, RUNNING, *[DONE] * 12)
    engine.set_batch([one.job for one in engine.state.watchlist], "renewals Q4")
    async with run_monitor(engine, (80, 24)) as view:
        await view.press("w")
        assert view.row("failed").split() == ["✗", "failed", "◌", "running", "✓", "done"]
        at = view.rows.index(view.row("✗ failed"))
        expected = [" ".join(lines) for lines in zip(*map(big, (2, 1, 12)), strict=True)]
        assert [row.split() for row in view.rows[at - 10 : at : 2]] == [row.split() for row in expected]
        assert view.rows[2].endswith("░ 14/15")


def big(number: int) -> tuple[str, ...]:
    return number_lines(number, 4)


async def test_without_batches_all_jobs_are_one_group_and_jobs_in_none_are_others() -> None:
    engine = staged(RUNNING, DONE, FAILED, RUNNING)
    async with run_monitor(engine, (80, 24)) as view:
        await view.press("w")
        assert view.rows[0].startswith(" zjobtui · 4 jobs")
        assert view.rows[1].strip() == "all jobs"
        engine.set_batch([job(1), job(2)], "renewals Q4")
        await view.settled()
        assert view.rows[0].startswith(" zjobtui · 1 batch · 4 jobs")
        assert view.rows[1].split()[:2] == ["renewals", "Q4"]
        assert "other jobs" in view.text


async def test_it_follows_the_jobs_shows_the_end_of_a_batch_and_sends_nothing_while_nothing_changes() -> None:
    engine = staged(RUNNING, RUNNING, labels=("CS-4398",))
    engine.set_batch([job(1), job(2)], "renewals Q4")
    async with run_monitor(engine, (80, 24)) as view:
        await view.press("w")
        assert "0/2" in view.text
        before = len(view.sent)
        engine.clock.at += 3
        view.app._monitor._tick()
        await view.settled()
        assert len(view.sent) == before
        bring_response(engine, 1, FAILED)
        await view.settled()
        assert "1/2" in view.text
        assert view.row("CS-4398").startswith(" ✗ CS-4398 · 00000001  lock contention")
        bring_response(engine, 2, DONE)
        await view.settled()
        assert view.toast == "renewals Q4: 1 done, 1 failed, 5s"
        await view.press("j")
        assert not view.toast


async def test_a_tenant_with_a_problem_and_unsaved_changes_are_shown() -> None:
    engine = staged(RUNNING)
    engine.pulse = replace(engine.pulse, problem=Problem(ProblemKind.SIGNED_OUT, "invalid client"), down_since=NOW - 60)
    engine.why_unsaved = "the disk is full"
    async with run_monitor(engine, (80, 24)) as view:
        engine.publish()
        await view.press("w")
        assert view.row("signed out") == " ✗ env: signed out since 13:59 UTC · invalid client"
        assert view.row("Not saved") == " Not saved: the disk is full"


@pytest.mark.slow
@pytest.mark.parametrize(("key", "is_start"), [("escape", False), ("w", False), ("q", False), ("escape", True)])
async def test_keys_lead_back_to_the_list(key: str, is_start: bool) -> None:
    async with run_monitor(two_batches(), (80, 24), wallboard=is_start) as view:
        if not is_start:
            await view.press("w")
        assert view.rows[0].endswith("esc list · q quit" if is_start else "esc list")
        await view.press(key)
        assert_is_list(view)
        await view.press("w")
        assert "esc list" in view.rows[0]


async def test_another_key_of_the_settings_opens_and_closes_it() -> None:
    async with run_monitor(two_batches(), (80, 24), look=Appearance(keys={"wallboard": "f8"})) as view:
        await view.press("f8")
        assert "esc list" in view.rows[0]
        await view.press("f8")
        assert_is_list(view)


def assert_is_list(view: ScreenView) -> None:
    assert "╭─ Jobs" in view.text or "┏━ Jobs" in view.text


async def test_q_ends_a_program_that_was_started_with_the_wallboard() -> None:
    async with run_monitor(two_batches(), (80, 24), wallboard=True) as view:
        await view.press("q")
        assert not view.app.is_running


async def test_it_is_drawn_in_ascii_and_without_colours_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with run_monitor(two_batches(), (80, 24), look=Appearance(theme="light", is_ascii=True)) as view:
        await view.press("w")
        assert view.text.isascii()
        assert "#" in view.text
        assert re.search(r"x (\d+ )?failed .*! (\d+ )?attention .*\. (\d+ )?running .*\+ (\d+ )?done", view.text)
        buffer = view.terminal.display.screen.buffer
        assert {buffer[y][x].fg for y in range(24) for x in range(80)} == {"default"}
