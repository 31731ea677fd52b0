import pytest

from zjobtui.models.durations import parse_duration


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
def test_a_span_is_read_as_people_write_it(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds
