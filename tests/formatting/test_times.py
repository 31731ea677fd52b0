import time
from datetime import timedelta, timezone

import pytest
from hypothesis import strategies as st

from tests.support.building import NOW
from zjobtui.formatting.times import age, duration, moment, stamp, unknown_zone

CET = timezone(timedelta(hours=1), "CET")
SECONDS = st.floats(min_value=0, max_value=1e7)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((-5, "now"), (0, "now"), (9.9, "now"), (10, "10s"), (59, "50s"), (60, "1m"), (3_599, "59m")),
        *((3_600, "1h"), (86_399, "23h"), (86_400, "1d"), (864_000, "10d")),
    ],
)
def test_an_age_is_coarse(seconds: float, text: str) -> None:
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *(
            (-1, "0.0s"),
            (0.44, "0.4s"),
            (9.94, "9.9s"),
            (9.97, "10s"),
            (10, "10s"),
            (59.9, "59s"),
            (60, "1m00s"),
            (269, "4m29s"),
        ),
        *((3_725, "1h02m"), (86_399, "23h59m"), (273_600, "3d04h")),
    ],
)
def test_a_duration_has_two_parts_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_time_has_a_date_only_if_it_is_not_today() -> None:
    assert moment(NOW - 60, NOW, CET) == "14:59:00 CET"
    assert moment(NOW - 86_400, NOW, CET) == "Nov 22 15:00:00 CET"
    assert moment(NOW - 366 * 86_400, NOW, CET) == "2025-11-22 15:00:00 CET"


def test_today_is_the_day_in_the_time_zone_of_the_user() -> None:
    tokyo = timezone(timedelta(hours=9), "JST")
    assert moment(NOW, NOW + 7_200, tokyo) == "Nov 23 23:00:00 JST"
    assert moment(NOW, NOW + 7_200, CET) == "15:00:00 CET"


def test_a_machine_readable_timestamp_is_utc() -> None:
    assert stamp(NOW) == "2026-11-23T14:00:00Z"


def test_the_zone_name_is_the_one_in_force_at_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    assert moment(NOW, NOW) == "15:00:00 CET"
    assert moment(NOW - 120 * 86_400, NOW) == "Jul 26 16:00:00 CEST"
    monkeypatch.undo()
    time.tzset()


def test_a_zone_is_not_repeated_beside_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    summer = NOW - 120 * 86_400
    assert moment(NOW, NOW, beside=NOW - 60) == "15:00:00"
    assert moment(summer, NOW, beside=NOW) == "Jul 26 16:00:00 CEST"
    assert moment(NOW, NOW, beside=summer) == "15:00:00 CET"


@pytest.mark.parametrize(
    ("name", "is_unknown", "text"),
    [
        *(
            (name, True, "14:00:00 UTC")
            for name in ("Mars/Phobos", ":bad", "Europe", "12", "/etc/passwd", "/no", "é" * 300)
        ),
        *(("", False, "14:00:00 UTC"), ("UTC", False, "14:00:00 UTC"), ("GMT0", False, "14:00:00 GMT")),
        *(("JST-9", False, "23:00:00 JST"), ("<+05>-5", False, "19:00:00 +05")),
    ],
)
def test_times_of_an_unknown_zone_are_named_utc(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch, *, is_unknown: bool
) -> None:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    try:
        assert moment(NOW, NOW) == text
        assert unknown_zone() == (name if is_unknown else "")
    finally:
        monkeypatch.undo()
        time.tzset()
