import time

import pytest

from zjobtui.clock import SystemClock

DAY = 86_400.0


@pytest.mark.parametrize("days", [-1, 1])
def test_a_wall_clock_that_is_set_by_a_day_moves_nothing(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before, wall = clock.now(), time.time
    monkeypatch.setattr(time, "time", lambda: wall() + days * DAY)
    assert 0 <= clock.now() - before < 60
    assert abs(SystemClock().now() - before - days * DAY) < 60


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system tells nothing of its sleep")
def test_hours_of_sleep_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before, boot, asked = (clock.now(), clock.boot()), time.clock_gettime, []

    def slept(which: int) -> float:
        asked.append(which)
        return boot(which) + 8 * 3_600

    monkeypatch.setattr(time, "clock_gettime", slept)
    assert clock.now() - before[0] >= 8 * 3_600
    assert clock.boot() - before[1] >= 8 * 3_600
    assert set(asked) == {time.CLOCK_BOOTTIME}
