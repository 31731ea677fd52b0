from dataclasses import replace
from datetime import UTC

import pytest

from tests.support.building import NOW
from zjobtui.domain.problem import Problem, ProblemKind
from zjobtui.domain.pulse import Pulse
from zjobtui.domain.verdict import Kind
from zjobtui.wording.outline import Tone
from zjobtui.wording.totals import SILENCE, count_texts, further, pulse_text, worst

DOWN = Pulse(tenant="env", problem=Problem(ProblemKind.TIMED_OUT, "no answer"), down_since=NOW - 60, answered_at=NOW)


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
        (Pulse(tenant="env"), 3, "○ asking", "○", Tone.MUTED),
        (Pulse(tenant="env"), 0, "○ nothing to ask", "○", Tone.MUTED),
        (Pulse(tenant="env", answered_at=NOW), 0, "● all finished, nothing to ask", "● idle", Tone.MUTED),
        (Pulse(tenant="env", answered_at=NOW, calls_per_second=1.44), 3, "● 1.4 calls/s", "● 1.4/s", Tone.GOOD),
        (Pulse(tenant="env", answered_at=NOW, calls_per_second=12.6), 3, "● 13 calls/s", "● 13/s", Tone.GOOD),
        (Pulse(tenant="env", answered_at=NOW - SILENCE), 3, "● 0.0 calls/s", "● 0.0/s", Tone.GOOD),
        (
            Pulse(tenant="env", answered_at=NOW - SILENCE - 1),
            3,
            "✗ nothing since 13:59:29 UTC",
            "✗ 13:59:29 UTC",
            Tone.BAD,
        ),
        (
            Pulse(tenant="env", is_following=True, problem=DOWN.problem),
            3,
            "● another window asks, this one follows",
            "● follows",
            Tone.MUTED,
        ),
        (DOWN, 3, "✗ timed out: no answer · since 13:59:00 UTC", "✗ timed out", Tone.BAD),
        (Pulse(tenant="env", problem=Problem(ProblemKind.FORBIDDEN)), 3, "✗ forbidden", "✗ forbidden", Tone.BAD),
        (
            Pulse(tenant="env", is_paused=True, problem=DOWN.problem),
            3,
            "‖ paused, nothing is asked",
            "‖ paused",
            Tone.ATTENTION,
        ),
    ],
)
def test_the_pulse_says_whether_polling_is_alive(
    pulse: Pulse | None, waiting: int, text: str, short: str, tone: Tone
) -> None:
    told = pulse_text(pulse, NOW, waiting, UTC)
    assert (told.text, told.short, told.tone) == (text, short, tone)


FINE = Pulse(tenant="us", answered_at=NOW, calls_per_second=1.0)


@pytest.mark.parametrize(
    ("pulses", "told"),
    [
        ([FINE], ()),
        ([replace(FINE, ceiling=180.0, day_share=0.124)], ("every 3 min", "12 % of today's share")),
        ([replace(FINE, ceiling=75.2)], ("every 75 s",)),
        ([replace(FINE, ceiling=9_000.0, day_share=1.7)], ("every 2 h", "100 % of today's share")),
        ([replace(FINE, ceiling=180.0, day_share=0.5, is_paused=True)], ()),
        (
            [FINE, replace(FINE, tenant="eu", ceiling=180.0, day_share=0.5)],
            ("eu every 3 min", "eu 50 % of today's share"),
        ),
        (
            [
                FINE,
                replace(DOWN, tenant="ap"),
                replace(DOWN, tenant="eu", down_since=NOW - 90),
                replace(FINE, tenant="qa"),
            ],
            ("ap timed out", "us, qa fine"),
        ),
    ],
)
def test_the_bar_tells_the_other_tenants_the_real_interval_and_the_share_of_the_day(
    pulses: list[Pulse], told: tuple[str, ...]
) -> None:
    assert further(pulses) == told


def test_of_several_tenants_the_one_that_is_down_for_longest_is_named_first() -> None:
    shown = worst([FINE, replace(DOWN, tenant="ap"), replace(DOWN, tenant="eu", down_since=NOW - 90)])
    assert pulse_text(shown, NOW, 1, UTC).text == "✗ eu timed out: no answer · since 13:58:30 UTC"
    together = worst([FINE, replace(FINE, tenant="qa", answered_at=NOW - 60)])
    assert pulse_text(together, NOW, 1, UTC).text == "● 2.0 calls/s"
