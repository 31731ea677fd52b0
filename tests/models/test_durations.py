import pytest

from zjobtui.models.durations import about, format_duration, format_rounded, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("1h30m", 5_400),
        ("1.5h", 5_400),
        ("2d", 172_800),
        ("14 days", 1_209_600),
        ("1 day 12 hours", 129_600),
        (" 1H ", 3_600),
        ("", None),
        ("15", None),
        ("m", None),
        ("15x", None),
        ("-1m", None),
        ("1daysx", None),
    ],
)
def test_a_duration_is_parsed_in_usual_notations(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "exact", "rounded"),
    [
        (-3, "0s", "0s"),
        (12.9, "12s", "12s"),
        (60, "1m00s", "1m"),
        (64, "1m04s", "1m04s"),
        (3_600, "1h00m", "1h00m"),
        (7_500, "2h05m", "2h05m"),
        (273_600, "3d04h", "3d04h"),
    ],
)
def test_a_duration_has_at_most_two_units_and_a_rounded_one_no_zero_seconds(
    seconds: float, exact: str, rounded: str
) -> None:
    assert (format_duration(seconds), format_rounded(seconds)) == (exact, rounded)


def test_usual_times_are_rounded_and_limits_are_rounded_up() -> None:
    assert [about(seconds) for seconds in (0.2, 7.4, 72, 580)] == ["1s", "7s", "1m10s", "10m"]
    assert [about(seconds, is_limit=True) for seconds in (7.4, 72, 580)] == ["8s", "1m15s", "10m"]
