from datetime import UTC

import pytest
from msgspec.structs import replace
from textual.color import Color

from tests.support.building import NOW, failed, job, watch
from tests.support.screen_harness import TENANT, run_monitor
from tests.support.scripted import FixedClock, ScriptedEngine
from tests.support.staging import bring_response, staged
from tests.ui.test_themes import contrast
from zjobtui.config.settings import COLOURS
from zjobtui.formatting.status import other_statuses, status_text
from zjobtui.models.filters import Filter, parse
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant import Tenant, TenantKind
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.verdict import VerdictKind
from zjobtui.polling.state import State
from zjobtui.ui.filter_terms import choose_tenant, chosen_tenant
from zjobtui.ui.status_bar import status_spans
from zjobtui.ui.tenant_badges import Badges
from zjobtui.ui.themes import DEFAULT

MIXED = ("recorded-failed-lock", "recorded-completed-order-pending", "recorded-processing", "derived-not-found")


def with_status(engine: ScriptedEngine, **fields: object) -> ScriptedEngine:
    engine.pulse = replace(engine.pulse, **fields)
    engine.publish()
    return engine


async def test_the_bar_names_the_tenant_and_counts_the_jobs_by_verdict() -> None:
    async with run_monitor(staged(*MIXED)) as view:
        result = " zjobtui  EU API sandbox   ✗ 1 failed  ! 1 attention  ? 1 unknown  ◌ 1 running  ✓ 0 done"
        assert view.bar.startswith(result)
        assert view.bar.endswith("● 1.4 calls/s")


async def test_a_narrow_bar_keeps_tenant_counts_and_status() -> None:
    async with run_monitor(staged(*MIXED), size=(80, 24)) as view:
        assert view.bar.startswith(" zjobtui  EU API sandbox   ✗ 1  ! 1  ? 1  ◌ 1  ✓ 0 ")
        assert view.bar.endswith(" ● 1.4 calls/s")
        await view.resize(40, 24)
        assert view.bar.split() == ["✗", "1", "!", "1", "?", "1", "◌", "1", "✓", "0", "●", "1.4/s"]


async def test_the_counts_follow_the_jobs() -> None:
    engine = staged("recorded-processing", "recorded-processing")
    async with run_monitor(engine) as view:
        assert "◌ 2 running  ✓ 0 done" in view.bar
        bring_response(engine, 1, "recorded-completed-localised")
        await view.settled()
        assert "◌ 1 running  ✓ 1 done" in view.bar


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"is_paused": True}, "‖ polling paused"),
        ({"answered_at": None}, "○ polling"),
        ({"answered_at": NOW - 31}, "✗ no response since 13:59:29 UTC"),
        ({"calls_per_second": 23.7, "interval": 4.0}, "● 24 calls/s · each job every 4s"),
        (
            {"problem": Problem(ProblemKind.UNREACHABLE, "connection refused"), "down_since": NOW - 120},
            "✗ cannot be reached since 13:58 UTC · connection refused · r to retry",
        ),
        (
            {"problem": Problem(ProblemKind.SIGNED_OUT, "invalid client")},
            "✗ signed out · invalid client · r to retry",
        ),
        (
            {"problem": Problem(ProblemKind.THROTTLED, "Request exceeded limit")},
            "✗ throttled · Request exceeded limit · r to retry",
        ),
    ],
)
async def test_the_status_shows_what_polling_does(fields: dict[str, object], expected: str) -> None:
    async with run_monitor(with_status(staged("recorded-processing"), **fields)) as view:
        assert view.bar.endswith(expected)


async def test_a_missing_response_is_shown_without_new_states() -> None:
    engine = staged("recorded-processing")
    async with run_monitor(engine) as view:
        engine.clock.at += 31
        await view.until("✗ no response since 14:00:00 UTC")


async def test_when_all_jobs_have_ended_silence_is_not_a_problem() -> None:
    engine = with_status(staged("recorded-completed-localised"), answered_at=NOW - 3_600)
    async with run_monitor(engine) as view:
        assert view.bar.endswith("● idle: all jobs have ended")


async def test_before_the_first_state_the_bar_shows_starting() -> None:
    engine = staged("recorded-processing")
    engine.state = State(engine.state.watchlist)
    async with run_monitor(engine) as view:
        assert view.bar.endswith("○ starting")


@pytest.mark.parametrize(
    ("size", "title", "expected", "no_color"),
    [
        ((140, 40), "EU production", " EU PRODUCTION ", False),
        ((80, 24), "Europe", " PRODUCTION · Europe ", True),
        ((40, 15), "Europe", " PRODUCTION · Europe ", True),
        ((30, 15), "Europe", " PROD ", True),
        ((30, 15), "Europe", " PROD ", False),
    ],
)
async def test_production_is_marked_at_any_width_and_without_colours(
    size: tuple[int, int], title: str, expected: str, no_color: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    looks = []
    for kind in (TenantKind.PRODUCTION, TenantKind.API_SANDBOX):
        async with run_monitor(staged(), size, tenant=replace(TENANT, title=title, kind=kind)) as view:
            assert (expected in view.bar) == (kind is TenantKind.PRODUCTION)
            cells = view.terminal.display.screen.buffer[0]
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
async def test_a_tenant_badge_has_its_colour_and_is_readable(colour: str) -> None:
    async with run_monitor(staged(), tenant=replace(TENANT, colour=colour)) as view:
        cell = view.terminal.display.screen.buffer[0][view.bar.index("EU API sandbox")]
        assert f"#{cell.bg}" == Color.parse(colour).hex.lower()
        assert contrast(cell.fg, cell.bg) >= 4.5


RUNNING = {VerdictKind.RUNNING: 3}
WELL = TenantStatus(tenant="env", answered_at=NOW, calls_per_second=12.0, interval=40.0, day_share=0.62)
DOWN = replace(WELL, problem=Problem(ProblemKind.UNREACHABLE, "no route to host"), down_since=NOW, next_try_at=NOW + 12)
HELD = replace(WELL, limit=Limit.DAILY_CALLS)


def bar_of(pulse: TenantStatus, width: int, more: tuple[str, ...] = ()) -> str:
    spans = status_spans(
        Badges((TENANT,)), dict.fromkeys(VerdictKind, 3), status_text(pulse, NOW, RUNNING, UTC, "r"), width, more
    )
    return "".join(text for text, _ in spans)


@pytest.mark.parametrize("width", [*range(1, 200, 7), 80, 100, 140])
@pytest.mark.parametrize("pulse", [WELL, HELD, DOWN, replace(DOWN, next_try_at=None), replace(WELL, is_following=True)])
def test_the_bar_fits_and_keeps_whole_parts_of_the_status(width: int, pulse: TenantStatus) -> None:
    bar, result = bar_of(pulse, width), status_text(pulse, NOW, RUNNING, UTC, "r")
    assert len(bar) <= width
    assert width < 48 or bar.endswith((result.full, *result.texts))


@pytest.mark.parametrize(
    ("pulse", "width", "ends"),
    [
        (WELL, 80, "● 12/s · every 40s"),
        (WELL, 100, "● 12 calls/s · each job every 40s"),
        (WELL, 140, "✓ 3 done              ● 12 calls/s · each job every 40s"),
        (WELL, 200, "● 12 calls/s · each job every 40s · 62% of daily budget"),
        (HELD, 76, "✓ 3     ● every 40s (daily_calls)"),
        (HELD, 80, "✓ 3  ● 12/s · every 40s (daily_calls)"),
        (HELD, 100, "● 12/s · every 40s (daily_calls)"),
        (HELD, 140, "● 12 calls/s · each job every 40s · limited by daily_calls (62% of daily budget)"),
        (HELD, 160, "● 12 calls/s · each job every 40s · limited by daily_calls"),
        (HELD, 200, "● 12 calls/s · each job every 40s · limited by daily_calls (62% of daily budget)"),
        (DOWN, 80, "✗ cannot be reached since 14:00 UTC"),
        (DOWN, 100, "✗ cannot be reached since 14:00 UTC · next try in 12s"),
        (
            DOWN,
            200,
            "✗ cannot be reached since 14:00 UTC · no route to host · next try in 12s · 62% of daily budget",
        ),
        (replace(DOWN, next_try_at=None), 80, "✗ cannot be reached · r to retry"),
    ],
)
def test_the_most_important_part_is_kept_at_any_width(pulse: TenantStatus, width: int, ends: str) -> None:
    assert bar_of(pulse, width, other_statuses([pulse])).rstrip().endswith(ends)


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_longer_figures_do_not_move_the_text_before_them(width: int) -> None:
    starts = {
        bar_of(replace(WELL, calls_per_second=rate, interval=interval), width).index("●")
        for rate in (0.0, 0.4, 9.9, 12.0, 140.0)
        for interval in (0.3, 2.5, 4.0, 42.0, 500.0, 3_600.0)
    }
    assert len(starts) == 1
    tries = {bar_of(replace(DOWN, next_try_at=NOW + left), width).index("✗ cannot") for left in (0, 3, 12, 60, 180)}
    assert len(tries) == 1


MANY = dict(
    zip(
        (VerdictKind.FAILED, VerdictKind.ATTENTION, VerdictKind.UNKNOWN, VerdictKind.RUNNING, VerdictKind.DONE),
        (30, 55, 1, 3, 2114),
        strict=True,
    )
)


@pytest.mark.parametrize(
    ("width", "status", "words"),
    [
        *((width, DOWN, "✗ unreachable") for width in (13, 20, 30, 38, 44)),
        (30, replace(DOWN, is_one_of_several=True), "✗ env: unreachable"),
        (30, replace(WELL, is_paused=True), "‖ paused"),
        (30, replace(WELL, answered_at=NOW - 4_000), "✗ 12:53:20 UTC"),
    ],
)
def test_a_problem_is_complete_in_a_narrow_bar(width: int, status: TenantStatus, words: str) -> None:
    spans = status_spans(Badges((TENANT,)), MANY, status_text(status, NOW, RUNNING, UTC), width, is_muted=True)
    bar = "".join(text for text, _ in spans)
    assert bar.endswith((words, f"{words} · muted"))
    assert len(bar) == width
    assert width < 25 or bar.startswith("✗ 30")
    assert "2,114" in bar or width < 25 or " …" in bar


def test_without_problems_a_narrow_bar_shows_the_counts_that_fit() -> None:
    bars = [
        "".join(
            text for text, _ in status_spans(Badges((TENANT,)), MANY, status_text(WELL, NOW, RUNNING), width)
        ).rstrip()
        for width in (46, 36, 30)
    ]
    assert bars == ["✗ 30  ! 55  ? 1  ◌ 3  ✓ 2,114         ● 12/s", *["✗ 30  ! 55  ? 1  ◌ 3  ✓ 2,114"] * 2]


async def test_the_bar_shows_interval_and_budget_if_they_fit() -> None:
    engine = with_status(staged("recorded-processing"), interval=180.0, day_share=0.12)
    async with run_monitor(engine) as view:
        assert view.bar.endswith("● 1.4 calls/s · each job every 3m · 12% of daily budget")
        await view.resize(100, 24)
        assert view.bar.endswith("● 1.4 calls/s · each job every 3m")
        await view.resize(60, 24)
        assert view.bar.endswith("● 1.4/s · every 3m")


async def test_a_rate_that_hardly_changes_is_not_redrawn() -> None:
    engine = with_status(staged("recorded-processing"), calls_per_second=8.0)
    async with run_monitor(engine) as view:
        before = len(view.sent)
        for rate in (8.3, 7.7, 8.0, 7.9):
            engine.clock.at += 3
            with_status(engine, calls_per_second=rate, answered_at=engine.clock.at)
            await view.settled()
            assert view.bar.endswith("● 8.0 calls/s")
        assert "8.0" not in view.sent[before:]
        with_status(engine, calls_per_second=8.5)
        await view.settled()
        assert view.bar.endswith("● 8.5 calls/s")


async def test_while_a_tenant_is_down_the_next_try_is_counted_down() -> None:
    problem = Problem(ProblemKind.UNREACHABLE, "connection refused")
    engine = with_status(staged("recorded-processing"), problem=problem, down_since=NOW, next_try_at=NOW + 12)
    async with run_monitor(engine) as view:
        assert view.bar.endswith("✗ cannot be reached since 14:00 UTC · connection refused · next try in 12s")
        start = view.bar.index("✗ cannot")
        for left in (11, 9):
            engine.clock.at, before = NOW + 12 - left, len(view.sent)
            await view.until(f"next try in {left}s")
            assert len(view.sent) - before < 1_000
        engine.clock.at = NOW + 12.5
        await view.until("· trying now")
        assert view.bar.index("✗ cannot") == start


async def test_the_retry_key_is_the_configured_one() -> None:
    problem = Problem(ProblemKind.SIGNED_OUT, "invalid client")
    engine = with_status(staged("recorded-processing"), problem=problem)
    async with run_monitor(engine, look=replace(DEFAULT, keys={"refresh": "f5"})) as view:
        assert view.bar.endswith("✗ signed out · invalid client · f5 to retry")


@pytest.mark.parametrize("width", [140, 50])
def test_production_is_marked_among_several_tenants(width: int) -> None:
    tenants = (replace(TENANT, title="EU sandbox"), replace(TENANT, title="US", kind=TenantKind.PRODUCTION))
    spans = status_spans(Badges(tenants), dict.fromkeys(VerdictKind, 3), status_text(None, NOW, RUNNING), width)
    badges = {name: text.strip() for text, name in spans if name in {"tenant", "production"}}
    assert badges == (
        {"tenant": "EU sandbox", "production": "PRODUCTION · US"} if width == 140 else {"production": "PROD"}
    )


@pytest.mark.slow
async def test_a_problem_without_room_for_details_shows_its_time() -> None:
    problem = Problem(ProblemKind.UNREACHABLE, "a reason that is far too long to stand beside the counts of a bar")
    engine = with_status(staged("recorded-processing"), problem=problem, down_since=NOW - 120, next_try_at=NOW + 9)
    async with run_monitor(engine, size=(100, 24)) as view:
        assert view.bar.endswith("✗ cannot be reached since 13:58 UTC · next try in 9s")
        await view.resize(70, 24)
        assert view.bar.endswith("✗ cannot be reached since 13:58 UTC")
        await view.resize(50, 24)
        assert view.bar.endswith("✗ cannot be reached")
        await view.resize(36, 24)
        assert view.bar.endswith("✗ unreachable")


def test_production_keeps_its_style_whatever_colour_is_configured() -> None:
    tenant = replace(TENANT, kind=TenantKind.PRODUCTION, colour="green")
    assert (f" PRODUCTION · {tenant.title} ", "production") in status_spans(
        Badges((tenant,)), dict.fromkeys(VerdictKind, 0), status_text(None, NOW, {}), 140
    )


async def test_without_colours_a_tenant_colour_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with run_monitor(staged(), tenant=replace(TENANT, colour="orange")) as view:
        cell = view.terminal.display.screen.buffer[0][view.bar.index("EU API sandbox")]
        assert (cell.bg, cell.reverse) == ("default", True)


SEVERAL = (
    Tenant(name="eu", base_url="http://127.0.0.1", title="eu live", kind=TenantKind.PRODUCTION),
    Tenant(name="eu-test", base_url="http://127.0.0.1", title="eu-test"),
    Tenant(name="us", base_url="http://127.0.0.1", title="us"),
)
NARROW_AND_WIDE = pytest.mark.parametrize("width", [80, 140])


def several_tenants(*troubled: str) -> ScriptedEngine:
    """Return an engine with one, two and three running jobs of three tenants, of which some cannot be polled."""
    engine = ScriptedEngine(FixedClock(NOW))
    numbers = {"eu": (1,), "eu-test": (2, 3), "us": (4, 5, 6)}
    engine.watch(watch(number, tenant=tenant) for tenant, jobs in numbers.items() for number in jobs)
    problem = Problem(ProblemKind.SIGNED_OUT, "invalid client")
    statuses = {tenant.name: TenantStatus(tenant=tenant.name, answered_at=NOW) for tenant in SEVERAL}
    statuses |= {name: replace(statuses[name], problem=problem, down_since=NOW - 60) for name in troubled}
    engine.state = State(engine.state.watchlist, statuses)
    return engine


@NARROW_AND_WIDE
async def test_a_tenant_with_a_problem_keeps_its_name_and_production_is_marked(width: int) -> None:
    async with run_monitor(several_tenants("us"), (width, 24), tenants=SEVERAL) as view:
        assert " ✗ us " in view.bar
        assert "PROD" in view.bar
        assert "✗ us: signed out" in view.bar
        assert "◌ 6" in view.bar
        assert len(view.bar) <= width


@pytest.mark.parametrize(("width", "badge"), [(30, " ✗ 1 of +2"), (60, " ✗ us "), (100, " ✗ us "), (140, " ✗ us ")])
async def test_with_another_tenant_chosen_the_one_with_a_problem_is_named_or_counted(width: int, badge: str) -> None:
    async with run_monitor(several_tenants("us"), (width, 24), tenants=SEVERAL) as view:
        await view.press("T")
        assert badge in view.bar
        await view.click(badge.strip())
        assert " us " in view.bar if badge.endswith("us ") else " eu-test " in view.bar


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (145, "since 14:00 UTC · no route to host · next try in 12s"),
        (120, "· no route to host · next try in 12s"),
        (110, "since 14:00 UTC · no route to host · next try in 12s"),
    ],
)
def test_the_start_of_an_outage_is_shown_before_the_names_of_tenants_that_can_be_polled(width: int, words: str) -> None:
    status = status_text(replace(DOWN, tenant="us", is_one_of_several=True), NOW, RUNNING, UTC)
    counts = {VerdictKind.RUNNING: 3, VerdictKind.DONE: 3}
    bar = "".join(text for text, _ in status_spans(Badges(SEVERAL, {"us"}), counts, status, width))
    assert bar.rstrip().endswith(f"✗ us: cannot be reached {words}")


@NARROW_AND_WIDE
async def test_all_tenants_with_problems_are_marked(width: int) -> None:
    async with run_monitor(several_tenants("eu", "us"), (width, 24), tenants=SEVERAL) as view:
        assert "✗ eu: signed out" in view.bar
        assert " ✗ PROD" in view.bar
        assert (" ✗ us " in view.bar) or "✗ 2 of 3 tenants" in view.bar


@NARROW_AND_WIDE
async def test_a_key_shows_one_tenant_after_the_other_with_its_counts(width: int) -> None:
    async with run_monitor(several_tenants("us"), (width, 24), tenants=SEVERAL) as view:
        await view.press("f")
        for title, count, terms in (
            ("eu live", 1, "tenant:eu !tenant:eu-test status:running"),
            ("eu-test", 2, "tenant:eu-test status:running"),
            ("us", 3, "tenant:us status:running"),
        ):
            await view.press("T")
            assert f" {title} " in view.bar.replace("PRODUCTION", "").replace("live", "live ")
            assert f"◌ {count}" in view.bar
            assert f"filter: {terms[:28]}" in view.text
            assert len(view.jobs) >= count
        assert "✗ signed out" in view.bar
        await view.press("T")
        assert "◌ 6" in view.bar
        assert "tenant:" not in view.text


async def test_a_chosen_tenant_stays_chosen_while_its_counts_are_filtered() -> None:
    async with run_monitor(several_tenants(), (140, 24), tenants=SEVERAL) as view:
        await view.press("T", "T")
        await view.click("◌ 2")
        assert "filter: tenant:eu-test status:running" in view.text
        await view.press("f")
        assert "filter: tenant:eu-test" in view.text


async def test_a_click_on_a_badge_shows_its_tenant_and_a_second_click_all() -> None:
    async with run_monitor(several_tenants(), (200, 24), tenants=SEVERAL) as view:
        await view.click(" us ")
        assert "filter: tenant:us" in view.text
        assert "◌ 3 running" in view.bar
        await view.click(" us ")
        assert "tenant:" not in view.text
        await view.resize(80, 24)
        await view.click("3 tenants")
        assert "filter: tenant:eu !tenant:eu-test" in view.text


async def test_each_tenant_has_its_counts_if_there_is_room() -> None:
    engine = several_tenants()
    async with run_monitor(engine, (200, 24), tenants=SEVERAL) as view:
        assert " eu-test · ◌ 2   us · ◌ 3  " in view.bar
        assert "◌ 6 running" in view.bar
        engine.bring((job(4, "us"), failed()))
        await view.until("us · ✗ 1 ◌ 2")
        await view.click("us · ✗ 1")
        assert "filter: tenant:us" in view.text
        assert "✗ 1 failed" in view.bar
        assert "·" not in view.bar.partition("✗ 1 failed")[0].replace("PRODUCTION ·", ""), "these counts are of one"
        await view.press("T")
        await view.resize(70, 24)
        assert "· ✗ 1" not in view.bar
        assert "3 tenants" in view.bar


async def test_with_one_tenant_the_key_says_so() -> None:
    async with run_monitor(staged("recorded-processing")) as view:
        await view.press("T")
        await view.until("Only one tenant is configured.")


@pytest.mark.parametrize("name", ["eu", "my eu", "Überall"])
def test_a_filter_for_a_tenant_is_exact_and_can_be_undone(name: str) -> None:
    names = (name, f"{name}-2", "us")
    text = choose_tenant('status:failed "not tenant:us" tenant:us', name, names)
    assert chosen_tenant(text, names) == name
    parsed = parse(text)
    assert isinstance(parsed, Filter)
    shown = parse(choose_tenant("", name, names))
    assert isinstance(shown, Filter)
    assert [one for one in names if shown.matches(watch(tenant=one), NOW)] == [name]
    assert choose_tenant(text, "", names) == 'status:failed "not tenant:us"'
    assert chosen_tenant("tenant:eu,us", ("eu", "us")) == ""
    assert chosen_tenant("tenant:US status:failed", ("eu", "us-sandbox")) == "us-sandbox"
    assert chosen_tenant("!tenant:us", ("eu", "us-sandbox")) == "eu"
    assert chosen_tenant("tenant:", ("eu", "us")) == chosen_tenant('"tenant:us"', ("eu", "us")) == ""
