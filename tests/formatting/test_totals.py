from dataclasses import replace
from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from zjobtui.models.verdict import Kind

DOWN = TenantStatus(
    tenant="env", problem=Problem(ProblemKind.TIMED_OUT, "no answer"), down_since=NOW - 60, answered_at=NOW
)


def texts_of(pulse: TenantStatus | None, waiting: int = 3, key: str = "") -> list[str]:
    """What the pulse says at `NOW`: in full, and in ever fewer cells."""
    told = status_text(pulse, NOW, waiting, UTC, key)
    return [text.rstrip() for text in (told.full, *told.texts)]


def test_kinds_that_no_job_has_are_left_out_but_for_waiting_and_done() -> None:
    none = dict.fromkeys(Kind, 0)
    assert [text for text, _, _ in count_texts(none)] == ["◌ 0 waiting", "✓ 0 done"]
    some = {**none, Kind.FAILED: 2, Kind.ATTENTION: 1_000}
    assert [text for text, _, _ in count_texts(some)] == [
        "✗ 2 failed",
        "! 1,000 attention",
        "◌ 0 waiting",
        "✓ 0 done",
    ]
    assert count_texts(some)[0][1:] == ("✗ 2", Tone.BAD)


@pytest.mark.parametrize(
    ("pulse", "waiting", "text", "short", "tone"),
    [
        (None, 3, "○ starting", "○", Tone.MUTED),
        (TenantStatus(tenant="env"), 3, "○ polling", "○", Tone.MUTED),
        (TenantStatus(tenant="env"), 0, "○ no jobs to poll", "○", Tone.MUTED),
        (TenantStatus(tenant="env", answered_at=NOW), 0, "● all finished, no jobs to poll", "● idle", Tone.MUTED),
        (TenantStatus(tenant="env", answered_at=NOW, calls_per_second=1.44), 3, "● 1.4 calls/s", "● 1.4/s", Tone.GOOD),
        (TenantStatus(tenant="env", answered_at=NOW, calls_per_second=12.6), 3, "● 13 calls/s", "● 13/s", Tone.GOOD),
        (TenantStatus(tenant="env", answered_at=NOW, calls_per_second=9.97), 3, "● 10 calls/s", "● 10/s", Tone.GOOD),
        (TenantStatus(tenant="env", answered_at=NOW - SILENCE), 3, "● <0.1 calls/s", "● <0.1/s", Tone.GOOD),
        (
            TenantStatus(tenant="env", answered_at=NOW - SILENCE - 1),
            3,
            "✗ nothing since 13:59:29 UTC",
            "✗ 13:59:29 UTC",
            Tone.BAD,
        ),
        (
            TenantStatus(tenant="env", is_following=True, problem=DOWN.problem),
            3,
            "● another window polls, this one follows",
            "● follows",
            Tone.MUTED,
        ),
        (DOWN, 3, "✗ timed out since 13:59 UTC · no answer", "✗ timed out", Tone.BAD),
        (TenantStatus(tenant="env", problem=Problem(ProblemKind.FORBIDDEN)), 3, "✗ forbidden", "✗ forbidden", Tone.BAD),
        (
            TenantStatus(tenant="env", is_paused=True, problem=DOWN.problem),
            3,
            "‖ paused, nothing is polled",
            "‖ paused",
            Tone.ATTENTION,
        ),
    ],
)
def test_the_pulse_says_whether_polling_is_alive(
    pulse: TenantStatus | None, waiting: int, text: str, short: str, tone: Tone
) -> None:
    told = texts_of(pulse, waiting)
    assert (told[0], told[-1], status_text(pulse, NOW, waiting).tone) == (text, short, tone)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (0.02, "0.1 s"),
        (0.44, "0.4 s"),
        (2.4, "2.5 s"),
        (3.9, "4 s"),
        (9.8, "10 s"),
        (42.4, "42 s"),
        (130, "2 min"),
        (9_000, "2 h"),
    ],
)
def test_while_all_is_well_the_rate_stands_with_the_mean_interval(interval: float, text: str) -> None:
    told = texts_of(TenantStatus(tenant="env", answered_at=NOW, calls_per_second=12, interval=interval))
    planned = f"● 12 calls/s · each job every {text}"
    assert told == [planned, planned, f"● 12/s · every {text}", "● 12/s"]


@pytest.mark.parametrize(
    ("limit", "full", "texts"),
    [
        (
            Limit.DAILY_CALLS,
            "held back by daily_calls (62 % of today's share)",
            ("held back by daily_calls", "(daily_calls)"),
        ),
        (
            Limit.CALLS_PER_SECOND,
            "held back by calls_per_second",
            ("held back by calls_per_second", "(calls_per_second)"),
        ),
        (Limit.HOST, "held back by the host", ("held back by the host", "(the host)")),
    ],
)
def test_what_holds_polling_back_is_named(limit: Limit, full: str, texts: tuple[str, str]) -> None:
    pulse = TenantStatus(tenant="env", answered_at=NOW, calls_per_second=3, interval=40.0, limit=limit, day_share=0.62)
    planned = "● 3.0 calls/s · each job every 40 s"
    assert texts_of(pulse)[:3] == [f"{planned} · {full}", f"{planned} · {texts[0]}", f"● 3.0/s · every 40 s {texts[1]}"]


UNREACHABLE = TenantStatus(
    tenant="env", problem=Problem(ProblemKind.UNREACHABLE, "refused"), down_since=NOW - 90, answered_at=NOW
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (12, "next try in 12 s"),
        (0.2, "next try in 1 s"),
        (0, "trying now"),
        (-9, "trying now"),
        (150, "next try in 2 min"),
    ],
)
def test_a_tenant_that_is_down_says_since_when_and_counts_down_to_the_next_try(seconds: float, text: str) -> None:
    assert texts_of(replace(UNREACHABLE, next_try_at=NOW + seconds)) == [
        f"✗ cannot be reached since 13:58 UTC · refused · {text}",
        f"✗ cannot be reached since 13:58 UTC · {text}",
        "✗ cannot be reached since 13:58 UTC",
        "✗ cannot be reached",
        "✗ unreachable",
    ]


def test_a_tenant_that_is_tried_again_only_by_hand_names_the_key() -> None:
    told = texts_of(replace(DOWN, problem=Problem(ProblemKind.SIGNED_OUT, "invalid client")), key="ctrl+r")
    assert told[0] == "✗ signed out since 13:59 UTC · invalid client · ctrl+r tries again"
    assert told[2] == "✗ signed out · ctrl+r tries again"


@pytest.mark.parametrize(("interval", "waiting", "silence"), [(60.0, 1, 180), (60.0, 100, 30), (4.0, 1, 30)])
def test_silence_is_trouble_only_after_a_call_should_have_come(interval: float, waiting: int, silence: float) -> None:
    pulse = TenantStatus(tenant="env", answered_at=NOW, interval=interval, calls_per_second=1.0)
    assert status_text(pulse, NOW + silence, waiting).full.startswith("● 1.0 calls/s")
    assert status_text(pulse, NOW + silence + 1, waiting).full.startswith("✗ nothing since")


def figures(rates: list[float], step: float = 1.0) -> list[float]:
    """The figures that stand while these rates come, `step` seconds apart."""
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
    told = figures(rates, step)
    assert abs(told[-1] - rates[-1]) <= max(0.1 * rates[-1], 0.1001)
    changes = [number * step for number, (a, b) in enumerate(pairwise(told)) if a != b and a]
    assert all(b - a >= RATE_STANDS - 1e-6 for a, b in pairwise(changes))


@pytest.mark.parametrize(
    "rates", [[0.2, 0.3, 0.3, 0.2, 0.3, 0.2] * 5, [12.0, 12.4, 11.6, 12.2] * 8, [1.0, 1.1, 0.9] * 9]
)
def test_a_figure_that_wavers_stands_still(rates: list[float]) -> None:
    assert len(set(figures(rates))) == 1


def test_a_rate_that_stays_one_call_lower_is_shown_in_the_end() -> None:
    assert figures([0.3, *[0.2] * 10])[-1] == 0.2
    assert figures([0.1, *[0.0] * 10])[-1] == 0.0


@pytest.mark.parametrize("interval", [4.9, 3.1])
def test_an_interval_stands_until_it_differs_by_a_quarter(interval: float) -> None:
    steady, pulse = SteadyStatuses(), TenantStatus(tenant="env", interval=4.0)
    others = [replace(pulse, tenant="eu", interval=40.0), replace(pulse, interval=interval)]
    steady.hold([pulse], NOW)
    assert [held.interval for held in steady.hold(others, NOW)] == [40.0, 4.0]
    for other in (5.1, 2.9, 0.0):
        assert steady.hold([replace(pulse, interval=other)], NOW)[0].interval == other
        steady.hold([pulse], NOW)


def test_what_holds_polling_back_for_a_moment_is_not_shown_nor_that_it_does_not() -> None:
    steady, held = SteadyStatuses(), TenantStatus(tenant="env", limit=Limit.HOST)
    pulses = {**dict.fromkeys(range(20), held), **dict.fromkeys((2, 12, 15, 16), replace(held, limit=None))}
    told = [steady.hold([pulses[second]], NOW + second)[0].limit for second in range(20)]
    assert told == [*[None] * 7, *[Limit.HOST] * 13]
    free = [steady.hold([replace(held, limit=None)], NOW + 20 + second)[0].limit for second in range(6)]
    assert free == [*[Limit.HOST] * 4, None, None]


FINE = TenantStatus(tenant="us", answered_at=NOW, calls_per_second=1.0, interval=4.0)


@pytest.mark.parametrize(
    ("pulses", "told"),
    [
        ([FINE], ()),
        ([replace(FINE, interval=180.0, day_share=0.124)], ("12 % of today's share",)),
        ([replace(FINE, day_share=1.7)], ("100 % of today's share",)),
        ([replace(FINE, limit=Limit.DAILY_CALLS, day_share=0.5)], ()),
        ([replace(FINE, limit=Limit.HOST, day_share=0.5)], ("50 % of today's share",)),
        ([replace(FINE, interval=180.0, day_share=0.5, is_paused=True)], ()),
        ([FINE, replace(FINE, tenant="eu", interval=4.4, day_share=0.5)], ("eu 50 % of today's share",)),
        (
            [FINE, replace(FINE, tenant="eu", interval=40.0, limit=Limit.DAILY_CALLS, day_share=0.5)],
            ("eu every 40 s, held back by daily_calls (50 % of today's share)", "us every 4 s"),
        ),
        (
            [
                FINE,
                replace(DOWN, tenant="ap"),
                replace(UNREACHABLE, tenant="eu"),
                replace(UNREACHABLE, tenant="sa", down_since=NOW),
                replace(FINE, tenant="qa"),
            ],
            ("ap timed out", "sa cannot be reached", "us, qa fine"),
        ),
    ],
)
def test_the_bar_tells_the_other_tenants_their_intervals_and_the_share_of_the_day(
    pulses: list[TenantStatus], told: tuple[str, ...]
) -> None:
    assert other_statuses(pulses) == told


def test_of_several_tenants_the_one_that_is_down_for_longest_is_named_first() -> None:
    shown = worst_status([FINE, replace(DOWN, tenant="ap"), replace(DOWN, tenant="eu", down_since=NOW - 90)])
    assert texts_of(shown)[0] == "✗ eu timed out since 13:58 UTC · no answer"
    together = worst_status([FINE, replace(FINE, tenant="qa", answered_at=NOW - 60)])
    assert texts_of(together)[0] == "● 2.0 calls/s · each job every 4 s"


@pytest.mark.parametrize("fields", [{"interval": 40.0}, {"limit": Limit.HOST}])
def test_an_interval_that_does_not_hold_for_all_tenants_is_not_said_of_all(fields: dict[str, object]) -> None:
    other = replace(FINE, tenant="qa", **fields)  # type: ignore[arg-type]  # the fields of `Pulse`
    assert texts_of(worst_status([FINE, other]))[0] == "● 2.0 calls/s"
