import sys
from dataclasses import replace

import pytest

from tests.support.building import NOW, watch
from zjobtui.cli.progress import Progress
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.protocols import State

PULSE = TenantStatus(tenant="env", answered_at=NOW, calls_per_second=4.0, interval=40.0, limit=Limit.HOST)


def live_lines(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *pulses: TenantStatus
) -> list[str]:
    """The live line on a terminal of so many columns, as it stands at each pulse, a second apart."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("\0zjobtui.cli.progress\0._columns", lambda: columns)
    progress = Progress([watch(1).job], NOW)
    for second, pulse in enumerate(pulses):
        progress.tell([watch(1)], State(Watchlist({}), {"env": pulse}), NOW + second)
    return capsys.readouterr().err.split("\r\x1b[K")[1:]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (120, "● 4.0 calls/s · each job every 40 s · held back by the host"),
        (70, "● 4.0/s · every 40 s (the host)"),
        (60, "● every 40 s (the host)"),
        (40, "● 4.0/s"),
    ],
)
def test_the_live_line_leaves_out_whole_parts_of_the_pulse(
    columns: int, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, line = live_lines(columns, capsys, monkeypatch, *[PULSE] * 7)
    assert line == f"◌ 1 waiting · ✓ 0 done · {told} · 6.0s"


def test_the_figures_of_the_live_line_stand_still(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = (4.0, 4.1, 3.9, 4.0)
    pulses = [replace(PULSE, calls_per_second=rate, interval=10 * rate, limit=None) for rate in rates]
    lines = live_lines(120, capsys, monkeypatch, *pulses)
    assert {line.rpartition(" · ")[0] for line in lines} == {
        "◌ 1 waiting · ✓ 0 done · ● 4.0 calls/s · each job every 40 s"
    }


def test_the_live_line_counts_down_to_the_next_try(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    down = replace(PULSE, problem=Problem(ProblemKind.UNREACHABLE), next_try_at=NOW + 12)
    lines = live_lines(120, capsys, monkeypatch, down, down)
    assert [line.split(" · ")[3] for line in lines if "waiting" in line] == ["next try in 12 s", "next try in 11 s"]
