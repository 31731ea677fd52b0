from dataclasses import replace

import pytest
from textual.color import Color

from tests.support.building import NOW
from tests.support.scripted import ScriptedEngine
from tests.support.seeing import TENANT, looking_at
from tests.support.staging import staged, tell
from tests.ui.test_themes import contrast
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.pulse import Pulse
from zjobtui.domain.tenant import TenantKind
from zjobtui.domain.verdict import Kind
from zjobtui.polling.ports import State
from zjobtui.storage.setting_values import COLOURS
from zjobtui.ui.spans import length_of
from zjobtui.ui.totals_bar import bar_spans
from zjobtui.wording.totals import pulse_text

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
        assert sight.bar.endswith(" ● 1.4/s")
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
        ({"is_paused": True}, "‖ paused, nothing is asked"),
        ({"answered_at": None}, "○ asking"),
        ({"answered_at": NOW - 31}, "✗ nothing since 13:59:29 UTC"),
        ({"calls_per_second": 23.7}, "● 24 calls/s"),
        (
            {"problem": Problem(ProblemKind.UNREACHABLE, "connection refused"), "down_since": NOW - 120},
            "✗ unreachable: connection refused · since 13:58:00 UTC",
        ),
        ({"problem": Problem(ProblemKind.SIGNED_OUT, "invalid client")}, "✗ signed out: invalid client"),
        ({"problem": Problem(ProblemKind.THROTTLED, "Request exceeded limit")}, "✗ throttled: Request exceeded limit"),
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
        assert sight.bar.endswith("● all finished, nothing to ask")


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
        ((40, 15), "Europe", " PROD ", True),
        ((40, 15), "Europe", " PROD ", False),
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


@pytest.mark.parametrize("width", range(1, 200, 7))
def test_the_bar_never_says_more_than_fits_and_keeps_the_pulse(width: int) -> None:
    pulse = Pulse(tenant="env", problem=Problem(ProblemKind.UNREACHABLE, "no route to host"), down_since=NOW)
    spans = bar_spans((TENANT,), dict.fromkeys(Kind, 3), pulse_text(pulse, NOW, 3), width)
    if width >= 45:
        assert length_of(spans) <= width
        assert "".join(text for text, _ in spans).rstrip().endswith(("unreachable", "since 14:00:00 UTC"))


@pytest.mark.parametrize("width", range(34, 45))
def test_a_pulse_that_does_not_fit_is_cut_with_a_mark(width: int) -> None:
    pulse = Pulse(tenant="env", down_since=NOW, problem=Problem(ProblemKind.UNREACHABLE, ""))
    spans = bar_spans((TENANT,), dict.fromkeys(Kind, 3), pulse_text(pulse, NOW, 3), width)
    assert "".join(text for text, _ in spans).endswith(("✗ unreachable", "…"))
    assert length_of(spans) <= width


async def test_the_bar_says_how_often_is_asked_and_what_is_spent_as_far_as_there_is_room() -> None:
    engine = beating(staged("recorded-processing"), ceiling=180.0, day_share=0.12)
    async with looking_at(engine) as sight:
        assert sight.bar.endswith("● 1.4 calls/s · every 3 min · 12 % of today's share")
        await sight.resize(100, 24)
        assert sight.bar.endswith("● 1.4 calls/s · every 3 min")
        await sight.resize(70, 24)
        assert sight.bar.endswith("● 1.4 calls/s")


async def test_a_rate_that_hardly_changes_is_not_drawn_anew() -> None:
    engine = staged("recorded-processing")
    async with looking_at(engine) as sight:
        beating(engine, calls_per_second=1.7)
        await sight.settled()
        assert sight.bar.endswith("● 1.4 calls/s")
        beating(engine, calls_per_second=2.4)
        await sight.settled()
        assert sight.bar.endswith("● 2.4 calls/s")


@pytest.mark.parametrize("width", [140, 50])
def test_production_is_seen_where_several_tenants_are_watched(width: int) -> None:
    tenants = (replace(TENANT, title="EU sandbox"), replace(TENANT, title="US", kind=TenantKind.PRODUCTION))
    spans = bar_spans(tenants, dict.fromkeys(Kind, 3), pulse_text(None, NOW, 3), width)
    badges = {name: text.strip() for text, name in spans if name in {"tenant", "production"}}
    assert badges == (
        {"tenant": "EU sandbox", "production": "PRODUCTION · US"} if width == 140 else {"production": "PROD"}
    )


async def test_where_the_whole_trouble_has_no_room_it_is_said_since_when() -> None:
    problem = Problem(ProblemKind.UNREACHABLE, "a reason that is far too long to stand beside the counts of a bar")
    engine = beating(staged("recorded-processing"), problem=problem, down_since=NOW - 120)
    async with looking_at(engine, size=(80, 24)) as sight:
        assert sight.bar.endswith("✗ unreachable since 13:58:00 UTC")
        await sight.resize(50, 24)
        assert sight.bar.endswith("✗ unreachable")


def test_production_keeps_its_look_whatever_colour_it_was_given() -> None:
    tenant = replace(TENANT, kind=TenantKind.PRODUCTION, colour="green")
    assert (f" PRODUCTION · {tenant.title} ", "production") in bar_spans(
        (tenant,), dict.fromkeys(Kind, 0), pulse_text(None, NOW, 0), 140
    )


async def test_without_colours_a_tenants_own_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with looking_at(staged(), tenant=replace(TENANT, colour="orange")) as sight:
        cell = sight.glass.display.screen.buffer[0][sight.bar.index("EU API sandbox")]
        assert (cell.bg, cell.reverse) == ("default", True)
