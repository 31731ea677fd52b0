from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.building import NOW
from zjobtui.formatting.outline import Tone
from zjobtui.formatting.status import (
    RATE_STANDS,
    SILENCE,
    SteadyStatuses,
    count_texts,
    other_statuses,
    status_text,
    worst_status,
)
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.verdict import VerdictKind

DOWN = TenantStatus(
    tenant="env", problem=Problem(ProblemKind.TIMED_OUT, "no answer"), down_since=NOW - 60, answered_at=NOW
)


def running(number: int) -> dict[VerdictKind, int]:
    """Return the numbers of jobs by verdict if that many are running and there are no others."""
    return {VerdictKind.RUNNING: number}


def texts_of(pulse: TenantStatus | None, waiting: int = 3, key: str = "") -> list[str]:
    """Return the status text at `NOW`: in full, and in fewer and fewer cells."""
    result = status_text(pulse, NOW, running(waiting), UTC, key)
    return [text.rstrip() for text in (result.full, *result.texts)]


def test_zero_counts_are_left_out_except_running_and_done() -> None:
    none = dict.fromkeys(VerdictKind, 0)
    assert [text for text, _, _ in count_texts(none)] == ["◌ 0 running", "✓ 0 done"]
    some = {**none, VerdictKind.FAILED: 2, VerdictKind.ATTENTION: 1_000}
    assert [text for text, _, _ in count_texts(some)] == [
        "✗ 2 failed",
        "! 1,000 attention",
        "◌ 0 running",
        "✓ 0 done",
    ]
    assert count_texts(some)[0][1:] == ("✗ 2", Tone.BAD)


@pytest.mark.parametrize(
    ("pulse", "waiting", "text", "short", "tone"),
    [
        (None, 3, "○ starting", "○", Tone.MUTED),
        (TenantStatus(tenant="env"), 3, "○ polling", "○", Tone.MUTED),
        (TenantStatus(tenant="env"), 0, "○ idle: no jobs", "○ idle", Tone.MUTED),
        (TenantStatus(tenant="env", answered_at=NOW), 0, "● idle: no jobs", "● idle", Tone.MUTED),
        (TenantStatus(tenant="env", answered_at=NOW, calls_per_second=1.44), 3, "● 1.4 calls/s", "● 1.4/s", Tone.GOOD),
        (TenantStatus(tenant="env", answered_at=NOW, calls_per_second=12.6), 3, "● 13 calls/s", "● 13/s", Tone.GOOD),
        (TenantStatus(tenant="env", answered_at=NOW, calls_per_second=9.97), 3, "● 10 calls/s", "● 10/s", Tone.GOOD),
        (TenantStatus(tenant="env", answered_at=NOW - SILENCE), 3, "● <0.1 calls/s", "● <0.1/s", Tone.GOOD),
        (
            TenantStatus(tenant="env", answered_at=NOW - SILENCE - 1),
            3,
            "✗ no response since 13:59:29 UTC",
            "✗ 13:59:29 UTC",
            Tone.BAD,
        ),
        (
            TenantStatus(tenant="env", is_following=True),
            3,
            "● another window is polling",
            "● following",
            Tone.MUTED,
        ),
        (
            replace(DOWN, is_following=True),
            3,
            "✗ timed out since 13:59 UTC · no answer · another window retries",
            "✗ timed out",
            Tone.BAD,
        ),
        (DOWN, 3, "✗ timed out since 13:59 UTC · no answer", "✗ timed out", Tone.BAD),
        (TenantStatus(tenant="env", problem=Problem(ProblemKind.FORBIDDEN)), 3, "✗ forbidden", "✗ forbidden", Tone.BAD),
        (
            TenantStatus(tenant="env", is_paused=True, problem=DOWN.problem),
            3,
            "‖ polling paused",
            "‖ paused",
            Tone.ATTENTION,
        ),
    ],
)
def test_the_status_shows_whether_polling_works(
    pulse: TenantStatus | None, waiting: int, text: str, short: str, tone: Tone
) -> None:
    result = texts_of(pulse, waiting)
    assert (result[0], result[-1], status_text(pulse, NOW, running(waiting)).tone) == (text, short, tone)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (0.02, "0.1s"),
        (0.44, "0.4s"),
        (2.4, "2.5s"),
        (3.9, "4s"),
        (9.8, "10s"),
        (42.4, "42s"),
        (130, "2m"),
        (9_000, "2h30m"),
    ],
)
def test_without_problems_rate_and_mean_interval_are_shown(interval: float, text: str) -> None:
    result = texts_of(TenantStatus(tenant="env", answered_at=NOW, calls_per_second=12, interval=interval))
    planned = f"● 12 calls/s · each job every {text}"
    assert result == [planned, planned, f"● 12/s · every {text}", "● 12/s"]


@pytest.mark.parametrize(
    ("limit", "full", "texts"),
    [
        (
            Limit.DAILY_CALLS,
            "limited by daily_calls (62% of daily budget)",
            ("limited by daily_calls", "(daily_calls)"),
        ),
        (
            Limit.CALLS_PER_SECOND,
            "limited by calls_per_second",
            ("limited by calls_per_second", "(calls_per_second)"),
        ),
        (
            Limit.HOURLY_CALLS,
            "limited by hourly calls",
            ("limited by hourly calls", "(hourly calls)"),
        ),
        (Limit.HOST, "limited by the host", ("limited by the host", "(the host)")),
    ],
)
def test_the_limit_of_polling_is_named(limit: Limit, full: str, texts: tuple[str, str]) -> None:
    pulse = TenantStatus(tenant="env", answered_at=NOW, calls_per_second=3, interval=40.0, limit=limit, day_share=0.62)
    planned = "● 3.0 calls/s · each job every 40s"
    assert texts_of(pulse)[:3] == [f"{planned} · {full}", f"{planned} · {texts[0]}", f"● 3.0/s · every 40s {texts[1]}"]


UNREACHABLE = TenantStatus(
    tenant="env", problem=Problem(ProblemKind.UNREACHABLE, "refused"), down_since=NOW - 90, answered_at=NOW
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (12, "next try in 12s"),
        (0.2, "next try in 1s"),
        (0, "trying now"),
        (-9, "trying now"),
        (150, "next try in 2m"),
    ],
)
def test_an_outage_shows_its_start_and_the_next_try(seconds: float, text: str) -> None:
    assert texts_of(replace(UNREACHABLE, next_try_at=NOW + seconds)) == [
        f"✗ cannot be reached since 13:58 UTC · refused · {text}",
        f"✗ cannot be reached · refused · {text}",
        f"✗ cannot be reached since 13:58 UTC · {text}",
        "✗ cannot be reached since 13:58 UTC",
        "✗ cannot be reached",
        "✗ unreachable",
    ]


@pytest.mark.parametrize(("answered_at", "sign"), [(None, "○"), (NOW - 3_600, "●")])
def test_a_tenant_is_without_jobs_only_if_none_are_listed(answered_at: float | None, sign: str) -> None:
    status = TenantStatus(tenant="env", answered_at=answered_at)
    ended = {**dict.fromkeys(VerdictKind, 0), VerdictKind.DONE: 3, VerdictKind.FAILED: 1}
    assert status_text(status, NOW, dict.fromkeys(VerdictKind, 0)).full == f"{sign} idle: no jobs"
    assert status_text(status, NOW, ended).full == f"{sign} idle: all jobs have ended"
    assert status_text(status, NOW, {**ended, VerdictKind.UNKNOWN: 1}).full == f"{sign} idle: no jobs are running"


def test_the_key_is_named_for_a_tenant_that_is_retried_only_on_request() -> None:
    result = texts_of(replace(DOWN, problem=Problem(ProblemKind.SIGNED_OUT, "invalid client")), key="ctrl+r")
    assert result[0] == "✗ signed out since 13:59 UTC · invalid client · ctrl+r to retry"
    assert result[3] == "✗ signed out · ctrl+r to retry"


@pytest.mark.parametrize(("interval", "waiting", "silence"), [(60.0, 1, 180), (60.0, 100, 30), (4.0, 1, 30)])
def test_silence_is_a_problem_only_after_a_missed_call(interval: float, waiting: int, silence: float) -> None:
    pulse = TenantStatus(tenant="env", answered_at=NOW, interval=interval, calls_per_second=1.0)
    assert status_text(pulse, NOW + silence, running(waiting)).full.startswith("● 1.0 calls/s")
    assert status_text(pulse, NOW + silence + 1, running(waiting)).full.startswith("✗ no response since")


def figures(rates: list[float], step: float = 1.0) -> list[float]:
    """Return the figures shown for these rates, `step` seconds apart."""
    steady = SteadyStatuses()
    pulses = [TenantStatus(tenant="env", calls_per_second=rate) for rate in rates]
    return [steady.hold([pulse], NOW + step * number)[0].calls_per_second for number, pulse in enumerate(pulses)]


@given(
    st.lists(st.integers(0, 400), max_size=20),
    st.integers(10, 400),
    st.lists(st.integers(0, 1), min_size=10, max_size=10),
    st.sampled_from([0.1, 0.5, 1.0]),
)
def test_the_figure_is_within_a_tenth_of_a_steady_rate_and_changes_seldom(
    before: list[int], steady: int, noise: list[int], step: float
) -> None:
    rates = [calls / 10 for calls in (*before, *(steady + one for one in noise for _ in range(int(1 / step))))]
    result = figures(rates, step)
    assert abs(result[-1] - rates[-1]) <= max(0.1 * rates[-1], 0.1001)
    changes = [number * step for number, (a, b) in enumerate(pairwise(result)) if a != b and a]
    assert all(b - a >= RATE_STANDS - 1e-6 for a, b in pairwise(changes))


@pytest.mark.parametrize(
    "rates", [[0.2, 0.3, 0.3, 0.2, 0.3, 0.2] * 5, [12.0, 12.4, 11.6, 12.2] * 8, [1.0, 1.1, 0.9] * 9]
)
def test_a_fluctuating_rate_does_not_change_the_figure(rates: list[float]) -> None:
    assert len(set(figures(rates))) == 1


def test_a_rate_that_stays_one_call_lower_is_shown_in_the_end() -> None:
    assert figures([0.3, *[0.2] * 10])[-1] == 0.2
    assert figures([0.1, *[0.0] * 10])[-1] == 0.0


@pytest.mark.parametrize("interval", [4.9, 3.1])
def test_the_shown_interval_changes_only_by_a_quarter(interval: float) -> None:
    steady, pulse = SteadyStatuses(), TenantStatus(tenant="env", interval=4.0)
    others = [replace(pulse, tenant="eu", interval=40.0), replace(pulse, interval=interval)]
    steady.hold([pulse], NOW)
    assert [held.interval for held in steady.hold(others, NOW)] == [40.0, 4.0]
    for other in (5.1, 2.9, 0.0):
        assert steady.hold([replace(pulse, interval=other)], NOW)[0].interval == other
        steady.hold([pulse], NOW)


def test_a_short_change_of_the_limit_is_not_shown() -> None:
    steady, held = SteadyStatuses(), TenantStatus(tenant="env", limit=Limit.HOST)
    pulses = {**dict.fromkeys(range(20), held), **dict.fromkeys((2, 12, 15, 16), replace(held, limit=None))}
    result = [steady.hold([pulses[second]], NOW + second)[0].limit for second in range(20)]
    assert result == [*[None] * 7, *[Limit.HOST] * 13]
    free = [steady.hold([replace(held, limit=None)], NOW + 20 + second)[0].limit for second in range(6)]
    assert free == [*[Limit.HOST] * 4, None, None]


FINE = TenantStatus(tenant="us", answered_at=NOW, calls_per_second=1.0, interval=4.0)


@pytest.mark.parametrize(
    ("pulses", "expected"),
    [
        ([FINE], ()),
        ([replace(FINE, interval=180.0, day_share=0.124)], ("12% of daily budget",)),
        ([replace(FINE, day_share=1.7)], ("100% of daily budget",)),
        ([replace(FINE, limit=Limit.DAILY_CALLS, day_share=0.5)], ()),
        ([replace(FINE, limit=Limit.HOST, day_share=0.5)], ("50% of daily budget",)),
        ([replace(FINE, interval=180.0, day_share=0.5, is_paused=True)], ()),
        ([FINE, replace(FINE, tenant="eu", interval=4.4, day_share=0.5)], ("eu 50% of daily budget",)),
        (
            [FINE, replace(FINE, tenant="eu", interval=40.0, limit=Limit.DAILY_CALLS, day_share=0.5)],
            ("eu every 40s, limited by daily_calls (50% of daily budget)", "us every 4s"),
        ),
        (
            [
                FINE,
                replace(DOWN, tenant="ap"),
                replace(UNREACHABLE, tenant="eu"),
                replace(UNREACHABLE, tenant="sa", down_since=NOW),
                replace(FINE, tenant="qa"),
            ],
            ("ap: timed out", "sa: cannot be reached", "us, qa ok"),
        ),
    ],
)
def test_the_notes_list_other_tenants_intervals_and_the_daily_budget(
    pulses: list[TenantStatus], expected: tuple[str, ...]
) -> None:
    assert other_statuses(pulses) == expected


def test_the_longest_outage_of_several_tenants_comes_first() -> None:
    shown = worst_status([FINE, replace(DOWN, tenant="ap"), replace(DOWN, tenant="eu", down_since=NOW - 90)])
    assert texts_of(shown)[0] == "✗ eu: timed out since 13:58 UTC · no answer"
    together = worst_status([FINE, replace(FINE, tenant="qa", answered_at=NOW - 60)])
    assert texts_of(together)[0] == "● 2.0 calls/s · each job every 4s"


@pytest.mark.parametrize("fields", [{"interval": 40.0}, {"limit": Limit.HOST}])
def test_an_interval_is_shown_only_if_it_is_true_for_all_tenants(fields: dict[str, object]) -> None:
    other = replace(FINE, tenant="qa", **fields)
    assert texts_of(worst_status([FINE, other]))[0] == "● 2.0 calls/s"
