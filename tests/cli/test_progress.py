import sys

import pytest
from msgspec.structs import replace

from tests.support.building import NOW, watch
from zjobtui.cli.progress import Progress
from zjobtui.models.problem import Problem, ProblemKind
from zjobtui.models.tenant_status import Limit, TenantStatus
from zjobtui.models.watchlist import Watchlist
from zjobtui.polling.state import State

STATUS = TenantStatus(tenant="env", answered_at=NOW, calls_per_second=4.0, interval=40.0, limit=Limit.HOST)


def live_lines(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *statuses: TenantStatus
) -> list[str]:
    """Return the live line on a terminal with this width, for each status, a second apart."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("zjobtui.cli.progress._columns", lambda: columns)
    progress = Progress([watch(1).job], NOW)
    for second, status in enumerate(statuses):
        progress.update([watch(1)], State(Watchlist({}), {"env": status}), NOW + second)
    return capsys.readouterr().err.split("\r\x1b[K")[1:]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (120, "● 4.0 calls/s · each job every 40s · limited by the host"),
        (70, "● 4.0/s · every 40s (the host)"),
        (60, "● every 40s (the host)"),
        (40, "● 4.0/s"),
    ],
)
def test_a_narrow_live_line_drops_parts_of_the_status_instead_of_cutting_them(
    columns: int, expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, line = live_lines(columns, capsys, monkeypatch, *[STATUS] * 7)
    assert line == f"◌ 1 running · ✓ 0 done · {expected} · 6.0s"


def test_the_figures_of_the_live_line_are_steady(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = (4.0, 4.1, 3.9, 4.0)
    statuses = [replace(STATUS, calls_per_second=rate, interval=10 * rate, limit=None) for rate in rates]
    lines = live_lines(120, capsys, monkeypatch, *statuses)
    assert {line.rpartition(" · ")[0] for line in lines} == {
        "◌ 1 running · ✓ 0 done · ● 4.0 calls/s · each job every 40s"
    }


def test_the_live_line_counts_down_to_the_next_try(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    down = replace(STATUS, problem=Problem(ProblemKind.UNREACHABLE), next_try_at=NOW + 12)
    lines = live_lines(120, capsys, monkeypatch, down, down)
    assert [line.split(" · ")[3] for line in lines if "running" in line] == ["next try in 12s", "next try in 11s"]
