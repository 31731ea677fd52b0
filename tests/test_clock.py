import sys
import time

import pytest

from zjobtui.clock import SystemClock

DAY = 86_400.0


@pytest.mark.parametrize("days", [-1, 1])
def test_setting_the_wall_clock_by_a_day_does_not_affect_the_clock(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before, wall = clock.now(), time.time
    monkeypatch.setattr(time, "time", lambda: wall() + days * DAY)
    assert 0 <= clock.now() - before < 60
    assert abs(SystemClock().now() - before - days * DAY) < 60


@pytest.mark.parametrize(
    ("platform", "clocks", "advances"),
    [
        ("linux", {"CLOCK_BOOTTIME": 7, "CLOCK_MONOTONIC": 1}, True),
        ("darwin", {"CLOCK_MONOTONIC": 6, "CLOCK_MONOTONIC_RAW": 4, "CLOCK_UPTIME_RAW": 8}, True),
        ("freebsd14", {"CLOCK_MONOTONIC": 4}, False),
    ],
)
def test_hours_of_sleep_count_on_a_platform_with_a_clock_for_them(
    monkeypatch: pytest.MonkeyPatch, platform: str, clocks: dict[str, int], *, advances: bool
) -> None:
    sleep, counts_sleep = 0.0, {clocks.get("CLOCK_BOOTTIME", 6)}
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_UPTIME_RAW"):
        monkeypatch.delattr(time, name, raising=False)
    for name, number in clocks.items():
        monkeypatch.setattr(time, name, number, raising=False)
    monkeypatch.setattr(time, "clock_gettime", lambda number: 1_000 + sleep * (number in counts_sleep))
    monkeypatch.setattr(sys, "platform", platform)
    clock = SystemClock()
    before = clock.now(), clock.boot()
    sleep = 8 * 3_600
    passed = [clock.now() - before[0], clock.boot() - before[1]]
    assert [seconds >= sleep for seconds in passed] == [advances, advances]
