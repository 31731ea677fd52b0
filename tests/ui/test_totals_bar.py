from dataclasses import replace
from datetime import UTC

import pytest
from textual.color import Color

from tests.support.building import NOW
from tests.support.scripted import ScriptedEngine
from tests.support.seeing import TENANT, looking_at
from tests.support.staging import staged, tell
from tests.ui.test_themes import contrast
from zjobtui.config.settings import COLOURS
from zjobtui.formatting.status import other_statuses, status_text
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import TenantKind
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.verdict import Kind
from zjobtui.polling.protocols import State
from zjobtui.ui.status_bar import bar_spans
from zjobtui.ui.styled_line import cell_length
from zjobtui.ui.themes import DEFAULT

MIXED = ("recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing", "derived-not-found")


def beating(engine: ScriptedEngine, **fields: object) -> ScriptedEngine:
    engine.pulse = replace(engine.pulse, **fields)  # type: ignore[arg-type]  # the fields of `Pulse`
    engine.publish()
    return engine


async def test_the_bar_names_the_tenant_and_counts_the_jobs_by_verdict() -> None:
    async with looking_at(staged(*MIXED)) as sight:
        told = " zjobtui  EU API sandbox   ✗ 1 failed  ! 1 attention  ? 1 unknown  ◌ 1 waiting  ✓ 0 done"
        assert sight.bar.startswith(told)
        assert sight.bar.endswith("● 1.4 calls/s")


async def test_in_few_columns_the_bar_keeps_the_tenant_the_counts_and_the_pulse() -> None:
    async with looking_at(staged(*MIXED), size=(80, 24)) as sight:
        assert sight.bar.startswith(" zjobtui  EU API sandbox   ✗ 1  ! 1  ? 1  ◌ 1  ✓ 0 ")
        assert sight.bar.endswith(" ● 1.4 calls/s")
        await sight.resize(40, 24)
        assert sight.bar.split() == ["✗", "1", "!", "1", "?", "1", "◌", "1", "✓", "0", "●", "1.4/s"]


async def test_the_counts_follow_the_jobs() -> None:
    engine = staged("recorded-processing", "recorded-processing")
    async with looking_at(engine) as sight:
        assert "◌ 2 waiting  ✓ 0 done" in sight.bar
        tell(engine, 1, "recorded-completed-localised")
        await sight.settled()
        assert "◌ 1 waiting  ✓ 1 done" in sight.bar


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"is_paused": True}, "‖ paused, nothing is polled"),
        ({"answered_at": None}, "○ polling"),
        ({"answered_at": NOW - 31}, "✗ nothing since 13:59:29 UTC"),
        ({"calls_per_second": 23.7, "interval": 4.0}, "● 24 calls/s · each job every 4 s"),
        (
            {"problem": Problem(ProblemKind.UNREACHABLE, "connection refused"), "down_since": NOW - 120},
            "✗ cannot be reached since 13:58 UTC · connection refused · r tries again",
        ),
        (
            {"problem": Problem(ProblemKind.SIGNED_OUT, "invalid client")},
            "✗ signed out · invalid client · r tries again",
        ),
        (
            {"problem": Problem(ProblemKind.THROTTLED, "Request exceeded limit")},
            "✗ throttled · Request exceeded limit · r tries again",
        ),
    ],
)
async def test_the_pulse_says_what_polling_does(fields: dict[str, object], told: str) -> None:
    async with looking_at(beating(staged("recorded-processing"), **fields)) as sight:
        assert sight.bar.endswith(told)


async def test_a_pulse_that_went_silent_is_told_without_any_news() -> None:
    engine = staged("recorded-processing")
    async with looking_at(engine) as sight:
        engine.clock.at += 31
        await sight.until("✗ nothing since 14:00:00 UTC")


async def test_when_every_job_has_ended_silence_is_no_trouble() -> None:
    engine = beating(staged("recorded-completed-localised"), answered_at=NOW - 3_600)
    async with looking_at(engine) as sight:
        assert sight.bar.endswith("● all finished, no jobs to poll")


async def test_before_the_first_state_the_bar_says_that_it_starts() -> None:
    engine = staged("recorded-processing")
    engine.state = State(engine.state.watchlist)
    async with looking_at(engine) as sight:
        assert sight.bar.endswith("○ starting")


@pytest.mark.parametrize(
    ("size", "title", "told", "no_color"),
    [
        ((140, 40), "EU production", " EU PRODUCTION ", False),
        ((80, 24), "Europe", " PRODUCTION · Europe ", True),
        ((40, 15), "Europe", " PRODUCTION · Europe ", True),
        ((30, 15), "Europe", " PROD ", True),
        ((30, 15), "Europe", " PROD ", False),
    ],
)
async def test_production_looks_like_nothing_else_and_says_so_in_any_room_without_colours_too(
    size: tuple[int, int], title: str, told: str, no_color: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    looks = []
    for kind in (TenantKind.PRODUCTION, TenantKind.API_SANDBOX):
        async with looking_at(staged(), size, tenant=replace(TENANT, title=title, kind=kind)) as sight:
            assert (told in sight.bar) == (kind is TenantKind.PRODUCTION)
            cells = sight.glass.display.screen.buffer[0]
            looks.append({cells[x].bg for x in range(size[0])})
    assert no_color or looks[0] != looks[1]


LIKELY = {"red", "yellow"}


@pytest.mark.parametrize(
    "colour",
    [
        *(one if one in LIKELY else pytest.param(one, marks=pytest.mark.slow) for one in sorted(COLOURS)),
        "#7f7f7f",
        pytest.param("#d0d0d0", marks=pytest.mark.slow),
        pytest.param("#202020", marks=pytest.mark.slow),
    ],
)
async def test_a_tenants_name_stands_on_its_own_colour_and_can_be_read(colour: str) -> None:
    async with looking_at(staged(), tenant=replace(TENANT, colour=colour)) as sight:
        cell = sight.glass.display.screen.buffer[0][sight.bar.index("EU API sandbox")]
        assert f"#{cell.bg}" == Color.parse(colour).hex.lower()
        assert contrast(cell.fg, cell.bg) >= 4.5


WELL = TenantStatus(tenant="env", answered_at=NOW, calls_per_second=12.0, interval=40.0, day_share=0.62)
DOWN = replace(WELL, problem=Problem(ProblemKind.UNREACHABLE, "no route to host"), down_since=NOW, next_try_at=NOW + 12)
HELD = replace(WELL, limit=Limit.DAILY_CALLS)


def bar_of(pulse: TenantStatus, width: int, more: tuple[str, ...] = ()) -> str:
    spans = bar_spans((TENANT,), dict.fromkeys(Kind, 3), status_text(pulse, NOW, 3, UTC, "r"), width, more)
    return "".join(text for text, _ in spans)


@pytest.mark.parametrize("width", [*range(1, 200, 7), 80, 100, 140])
@pytest.mark.parametrize("pulse", [WELL, HELD, DOWN, replace(DOWN, next_try_at=None), replace(WELL, is_following=True)])
def test_the_bar_never_says_more_than_fits_and_keeps_whole_parts_of_the_pulse(width: int, pulse: TenantStatus) -> None:
    bar, told = bar_of(pulse, width), status_text(pulse, NOW, 3, UTC, "r")
    assert len(bar) <= width
    assert width < 48 or bar.endswith((told.full, *told.texts))


@pytest.mark.parametrize(
    ("pulse", "width", "ends"),
    [
        (WELL, 80, "● 12/s · every 40 s"),
        (WELL, 100, "● 12 calls/s · each job every 40 s"),
        (WELL, 140, "✓ 3 done             ● 12 calls/s · each job every 40 s"),
        (WELL, 200, "● 12 calls/s · each job every 40 s · 62 % of today's share"),
        (HELD, 80, "✓ 3        ● every 40 s (daily_calls)"),
        (HELD, 100, "● 12/s · every 40 s (daily_calls)"),
        (HELD, 140, "● 12 calls/s · each job every 40 s · held back by daily_calls"),
        (HELD, 200, "● 12 calls/s · each job every 40 s · held back by daily_calls (62 % of today's share)"),
        (DOWN, 80, "✗ cannot be reached since 14:00 UTC"),
        (DOWN, 100, "✗ cannot be reached since 14:00 UTC · next try in 12 s"),
        (
            DOWN,
            200,
            "✗ cannot be reached since 14:00 UTC · no route to host · next try in 12 s · 62 % of today's share",
        ),
        (replace(DOWN, next_try_at=None), 80, "✗ cannot be reached · r tries again"),
    ],
)
def test_the_most_important_stands_first_in_any_room(pulse: TenantStatus, width: int, ends: str) -> None:
    assert bar_of(pulse, width, other_statuses([pulse])).rstrip().endswith(ends)


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_figures_that_get_longer_move_nothing_before_them(width: int) -> None:
    starts = {
        bar_of(replace(WELL, calls_per_second=rate, interval=interval), width).index("●")
        for rate in (0.0, 0.4, 9.9, 12.0, 140.0)
        for interval in (0.3, 2.5, 4.0, 42.0, 500.0, 3_600.0)
    }
    assert len(starts) == 1
    tries = {bar_of(replace(DOWN, next_try_at=NOW + left), width).index("✗ cannot") for left in (0, 3, 12, 60, 180)}
    assert len(tries) == 1


@pytest.mark.parametrize("width", range(34, 45))
def test_a_pulse_that_does_not_fit_is_cut_with_a_mark(width: int) -> None:
    pulse = TenantStatus(tenant="env", down_since=NOW, problem=Problem(ProblemKind.UNREACHABLE, ""))
    spans = bar_spans((TENANT,), dict.fromkeys(Kind, 3), status_text(pulse, NOW, 3), width)
    assert "".join(text for text, _ in spans).endswith(("✗ unreachable", "…"))
    assert cell_length(spans) <= width


async def test_the_bar_says_how_often_jobs_are_polled_and_what_is_spent_as_far_as_there_is_room() -> None:
    engine = beating(staged("recorded-processing"), interval=180.0, day_share=0.12)
    async with looking_at(engine) as sight:
        assert sight.bar.endswith("● 1.4 calls/s · each job every 3 min · 12 % of today's share")
        await sight.resize(100, 24)
        assert sight.bar.endswith("● 1.4 calls/s · each job every 3 min")
        await sight.resize(60, 24)
        assert sight.bar.endswith("● 1.4/s · every 3 min")


async def test_a_rate_that_hardly_changes_is_not_drawn_anew() -> None:
    engine = beating(staged("recorded-processing"), calls_per_second=8.0)
    async with looking_at(engine) as sight:
        before = len(sight.sent)
        for rate in (8.3, 7.7, 8.0, 7.9):
            engine.clock.at += 3
            beating(engine, calls_per_second=rate, answered_at=engine.clock.at)
            await sight.settled()
            assert sight.bar.endswith("● 8.0 calls/s")
        assert "8.0" not in sight.sent[before:]
        beating(engine, calls_per_second=8.5)
        await sight.settled()
        assert sight.bar.endswith("● 8.5 calls/s")


async def test_while_a_tenant_is_down_the_seconds_to_the_next_try_go_by() -> None:
    problem = Problem(ProblemKind.UNREACHABLE, "connection refused")
    engine = beating(staged("recorded-processing"), problem=problem, down_since=NOW, next_try_at=NOW + 12)
    async with looking_at(engine) as sight:
        assert sight.bar.endswith("✗ cannot be reached since 14:00 UTC · connection refused · next try in 12 s")
        start = sight.bar.index("✗ cannot")
        for left in (11, 9):
            engine.clock.at, before = NOW + 12 - left, len(sight.sent)
            await sight.until(f"next try in {left} s")
            assert len(sight.sent) - before < 1_000
        engine.clock.at = NOW + 12.5
        await sight.until("· trying now")
        assert sight.bar.index("✗ cannot") == start


async def test_the_key_that_tries_again_is_the_one_in_force() -> None:
    problem = Problem(ProblemKind.SIGNED_OUT, "invalid client")
    engine = beating(staged("recorded-processing"), problem=problem)
    async with looking_at(engine, look=replace(DEFAULT, keys={"ask_now": "f5"})) as sight:
        assert sight.bar.endswith("✗ signed out · invalid client · f5 tries again")


@pytest.mark.parametrize("width", [140, 50])
def test_production_is_seen_where_several_tenants_are_watched(width: int) -> None:
    tenants = (replace(TENANT, title="EU sandbox"), replace(TENANT, title="US", kind=TenantKind.PRODUCTION))
    spans = bar_spans(tenants, dict.fromkeys(Kind, 3), status_text(None, NOW, 3), width)
    badges = {name: text.strip() for text, name in spans if name in {"tenant", "production"}}
    assert badges == (
        {"tenant": "EU sandbox", "production": "PRODUCTION · US"} if width == 140 else {"production": "PROD"}
    )


async def test_where_the_whole_trouble_has_no_room_it_is_said_since_when() -> None:
    problem = Problem(ProblemKind.UNREACHABLE, "a reason that is far too long to stand beside the counts of a bar")
    engine = beating(staged("recorded-processing"), problem=problem, down_since=NOW - 120, next_try_at=NOW + 9)
    async with looking_at(engine, size=(100, 24)) as sight:
        assert sight.bar.endswith("✗ cannot be reached since 13:58 UTC · next try in 9 s")
        await sight.resize(70, 24)
        assert sight.bar.endswith("✗ cannot be reached since 13:58 UTC")
        await sight.resize(50, 24)
        assert sight.bar.endswith("✗ cannot be reached")
        await sight.resize(36, 24)
        assert sight.bar.endswith("✗ unreachable")


def test_production_keeps_its_look_whatever_colour_it_was_given() -> None:
    tenant = replace(TENANT, kind=TenantKind.PRODUCTION, colour="green")
    assert (f" PRODUCTION · {tenant.title} ", "production") in bar_spans(
        (tenant,), dict.fromkeys(Kind, 0), status_text(None, NOW, 0), 140
    )


async def test_without_colours_a_tenants_own_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with looking_at(staged(), tenant=replace(TENANT, colour="orange")) as sight:
        cell = sight.glass.display.screen.buffer[0][sight.bar.index("EU API sandbox")]
        assert (cell.bg, cell.reverse) == ("default", True)
